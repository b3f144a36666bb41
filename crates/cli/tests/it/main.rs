//! The whole program with surroundings of the tests' own: hermetic environment, own files, no network.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod bad_input;
mod cloud;
mod commands;
mod demo;
mod deploy;
mod journal;
mod offers;
mod sandbox;
mod world;
