//! The Zenlayer face, asked directly and over HTTP.

#![expect(clippy::unwrap_used, reason = "a test")]

mod catalogue;
mod create;
mod describe;
mod face;
mod signing;
mod support;
mod walk;
