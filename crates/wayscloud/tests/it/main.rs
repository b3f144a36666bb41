//! The whole adapter over recorded exchanges.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod cloud;
mod create;
mod end;
mod list;
mod secrets;
mod status;
