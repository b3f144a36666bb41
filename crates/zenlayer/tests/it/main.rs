//! The whole adapter over recorded exchanges.
#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside the test functions")]

mod cloud;
mod create;
mod delete;
mod list;
mod offers;
mod secrets;
mod status;
