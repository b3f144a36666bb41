//! A failing input without what it does not need.

use vmbroker_tests::fuzz::Run;

use crate::execute::execute;

/// The most executions that are spent on it.
const MOST: usize = 2_000;

/// The input with every part left out that is not needed for the same failure: half of it, a quarter, down to a byte.
pub(crate) fn shrunk(run: Run, mut input: Vec<u8>, said: &str) -> Vec<u8> {
    let same = |other: &str| kind(other) == kind(said);
    let mut left = MOST;
    let mut length = input.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < input.len() && left > 0 {
            left -= 1;
            let mut less = input.clone();
            less.drain(at..(at + length).min(input.len()));
            match execute(run, &less) {
                (Err(other), _) if same(&other) => input = less,
                _ => at += length,
            }
        }
        length = if length == 1 { 0 } else { length.div_ceil(2) };
    }
    input
}

/// What tells failures apart: where the sentence was said.
fn kind(said: &str) -> &str {
    said.rsplit_once(" (").map_or(said, |(_, place)| place)
}
