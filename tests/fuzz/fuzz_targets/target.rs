//! Each target of `vmbroker_tests::fuzz` for libFuzzer; the variable `FUZZ_TARGET` says which. From `tests`:
//!
//! ```text
//! FUZZ_TARGET=zenlayer-list cargo +nightly fuzz run target /tmp/found corpus/zenlayer-list
//! ```
//!
//! `cargo test -p vmbroker-tests --test fuzz -- --list` names them all.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names no target"));

libfuzzer_sys::fuzz_target!(|input: &[u8]| vmbroker_tests::fuzz::run(&TARGET, input));
