//! Fluence's marketplace as it is asked: what is offered, estimated and created are one stock at one price.
#![expect(clippy::unwrap_used, reason = "a test")]

mod market;
mod strictness;
mod support;
