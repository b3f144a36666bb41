//! The whole adapter over recorded exchanges.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod cloud;
mod create;
mod end;
mod list;
mod offers;
mod secrets;
mod status;
mod unset;
