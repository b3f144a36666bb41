//! The whole adapter over recorded exchanges.
#![expect(clippy::unwrap_used, reason = "a test")]

mod create;
mod delete;
mod look;
mod offers;
mod secrets;
mod world;
