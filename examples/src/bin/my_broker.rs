//! The program of the README, word by word: one machine at an account whose address and key are given, then none.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an application of a reader's own")]

include!("../readme.rs");
