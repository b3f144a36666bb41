//! Sixty thousand inputs, or as many as the command line says, each made of those that a person wrote: whatever a provider,
//! a file or the command line brings, what must hold holds. `vmbroker_tests::fuzz` has the targets.
//!
//! - `cargo test -p vmbroker-tests --test fuzz -- --runs 1000000` tries more, `--seed 7` others, `--target NAME` one
//!   target alone, and `--list` names them all.
//! - `-- --target NAME --seed 7 --run 4321` tells that one execution again, as a failure says it.
//! - `-- --target NAME --file PATH` runs one file.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod blocks;
mod execute;
mod found_out;
mod shrink;
mod turns;

use std::collections::BTreeMap;

use blocks::{BLOCK, Ground};
use execute::execute;
use vmbroker_tests::fuzz::{Target, targets};
use vmbroker_tests::{Arguments, proof};

/// How many executions there are unless the command line says so: what the gate has seconds for.
const RUNS: u64 = 60_000;

fn main() {
    let given = Arguments::with(&["--target", "--seed", "--run", "--runs", "--file"]);
    if !given.ask_for("whole::fuzz") {
        return;
    }
    let all = targets();
    if given.has("--list") {
        all.iter().for_each(|target| println!("{} ({})", target.name, target.group));
        return;
    }
    let chosen = given.text("--target");
    let one = |target: &&Target| chosen.is_none_or(|name| name == target.name);
    let picked: Vec<Target> = all.iter().filter(one).copied().collect();
    assert!(!picked.is_empty(), "no target has this name; `--list` has all");
    execute::quiet();
    let seed = given.number("--seed").unwrap_or(1);
    if let Some(path) = given.text("--file") {
        let input = std::fs::read(path).unwrap();
        println!("{:?}", execute(picked[0].run, &input));
        return;
    }
    if let Some(number) = given.number("--run") {
        retell(&picked[0], seed, number);
        return;
    }
    let runs = given.number("--runs").unwrap_or(RUNS);
    let clock = vmbroker::Clock::system();
    found_out::check(&picked);
    let found = clock.elapsed().as_secs();
    let ground: Vec<Ground> = picked.into_iter().map(Ground::new).collect();
    let turns = turns::take(&ground, seed, runs);
    println!("fuzz: {} s, {found} of them for the doubles", clock.elapsed().as_secs());
    report(&turns, seed);
}

/// Tells one execution again, with those before it from which its input was made.
fn retell(target: &Target, seed: u64, number: u64) {
    let ground = Ground::new(*target);
    let mut last = None;
    let failure = ground.block(seed, number / BLOCK, number % BLOCK + 1, &mut |input, mark| {
        last = Some((input.to_vec(), mark));
    });
    if let Some((input, mark)) = last {
        println!("{}: seed {seed}, run {number}: {mark:?}", target.name);
        println!("{}", input.escape_ascii());
    }
    if let Err(failure) = failure {
        panic!("{failure}");
    }
}

/// Says what was tried, target by target, and group by group for the table of proofs.
fn report(turns: &[turns::Turn], seed: u64) {
    let mut groups: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for turn in turns {
        println!("{turn}");
        assert!(turn.taken > 0 && turn.refused > 0, "{turn}: only one end of it was ever reached");
        let group = groups.entry(turn.target.group).or_default();
        *group = (group.0 + turn.executions(), group.1 + 1);
    }
    for (group, (executions, targets)) in groups {
        let counts = [("executions", executions), ("targets", targets)];
        proof::tried(&format!("fuzzing, {group}"), &counts, &seed.to_string());
    }
}
