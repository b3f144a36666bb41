//! The engine below every face: seeds, faults as they look on the wire, the control face.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod connection;
mod control;
mod inside;
mod reception;
mod seeds;
mod speaker;
