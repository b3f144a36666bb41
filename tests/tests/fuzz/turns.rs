//! Whose turn it is: two threads, and all targets until there are executions enough.

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use vmbroker_tests::fuzz::{Mark, Target};

use crate::blocks::{BLOCK, Failure, Ground};

/// The gate has two cores.
const AT_ONCE: usize = 2;

/// What one target has had.
pub(crate) struct Turn {
    pub(crate) target: Target,
    pub(crate) taken: u64,
    pub(crate) refused: u64,
    ends: HashSet<Mark>,
    nanos: u64,
    /// Its next block.
    next: u64,
    /// What the blocks that are under way will have taken.
    promised: u64,
    /// One failure is enough of each.
    failed: Option<Failure>,
}

impl Turn {
    fn new(target: Target) -> Self {
        Self {
            target,
            taken: 0,
            refused: 0,
            ends: HashSet::new(),
            nanos: 0,
            next: 0,
            promised: 0,
            failed: None,
        }
    }

    pub(crate) fn executions(&self) -> u64 {
        self.taken + self.refused
    }

    fn add(&mut self, (mark, nanos): (Mark, u64)) {
        *(if mark.taken { &mut self.taken } else { &mut self.refused }) += 1;
        self.ends.insert(mark);
        self.nanos += nanos;
    }

    /// Who has the least of it is next. One whose executions take a hundred times as long so makes a tenth of them, in
    /// ten times the time: neither is forgotten.
    fn share(&self) -> u128 {
        u128::from(self.executions() + self.promised) * u128::from(self.nanos.max(1))
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (executions, name) = (self.executions().max(1), self.target.name);
        let each = self.nanos / executions;
        let taken = self.taken * 100 / executions;
        let (second, ends) = (1_000_000_000 / each.max(1), self.ends.len());
        write!(
            f,
            "fuzz: {name:<24} {executions:>9} executions, {second:>7} a second, {taken:>3} % taken, {ends:>6} ends"
        )
    }
}

/// Runs the corpora, then block after block until there were so many executions.
///
/// # Panics
/// Where an execution fails, with how to tell it again: one for each target.
pub(crate) fn take(ground: &[Ground], seed: u64, runs: u64) -> Vec<Turn> {
    let turns: Mutex<Vec<Turn>> = Mutex::new(ground.iter().map(|ground| Turn::new(ground.target)).collect());
    let (made, corpora) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                corpus(ground, &corpora, &turns);
                while made.fetch_add(BLOCK, Ordering::SeqCst) < runs && block(ground, seed, &turns) {}
            });
        }
    });
    let turns = turns.into_inner().unwrap();
    let failures: Vec<String> =
        turns.iter().filter_map(|turn| Some(turn.failed.as_ref()?.to_string())).collect();
    assert!(failures.is_empty(), "{} targets failed\n\n{}", failures.len(), failures.join("\n\n"));
    turns
}

/// Runs every file of every corpus as it is, target by target.
fn corpus(ground: &[Ground], next: &AtomicU64, turns: &Mutex<Vec<Turn>>) {
    loop {
        let at = usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap();
        let Some(one) = ground.get(at) else { return };
        let ends = one.corpus(one.target.run);
        let turn = &mut turns.lock().unwrap()[at];
        match ends {
            Ok(ends) => ends.into_iter().for_each(|end| turn.add(end)),
            Err(failure) => turn.failed = Some(failure),
        }
    }
}

/// One block of the target whose turn it is; whether there was one.
fn block(ground: &[Ground], seed: u64, turns: &Mutex<Vec<Turn>>) -> bool {
    let (at, number) = {
        let mut turns = turns.lock().unwrap();
        let well = (0..turns.len()).filter(|at| turns[*at].failed.is_none());
        let Some(at) = well.min_by_key(|at| turns[*at].share()) else { return false };
        turns[at].promised += BLOCK;
        turns[at].next += 1;
        (at, turns[at].next - 1)
    };
    let mut ends = Vec::new();
    let made = ground[at].block(seed, number, BLOCK, &mut |_, end| ends.push(end));
    let turn = &mut turns.lock().unwrap()[at];
    turn.promised -= BLOCK;
    ends.into_iter().for_each(|end| turn.add(end));
    turn.failed = turn.failed.take().or(made.err());
    true
}
