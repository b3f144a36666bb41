//! The real program is killed: at every persist point, before and after, and at any moment; and it meets disks that
//! are full, read-only, damaged or taken. The clouds are another process, and their ledgers are the judge.
//!
//! A binary of its own, because it lives by the real clock: cargo runs it alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod anytime;
mod disk;
mod lost;
mod points;
#[path = "../it/program.rs"]
#[expect(dead_code, reason = "the tests of the program's other commands use the rest")]
mod program;
mod stories;
mod world;
