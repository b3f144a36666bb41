//! Where machines come and go.

use std::collections::BTreeSet;

/// Something that happens to the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A machine ends: its row leaves the list, and is counted among those that ended.
    Ends,
    /// A row leaves the list in another way: staff unlinks it, or moves it to another project.
    Leaves,
    /// A machine is made: its row stands last.
    Begins,
    /// A row comes from another project: it stands where its time of creation puts it.
    Arrives,
}

impl Change {
    /// What a count of ended rows shows.
    pub(super) const COUNTED: [Self; 2] = [Self::Ends, Self::Begins];
    /// Whatever can happen.
    pub(super) const ALL: [Self; 4] = [Self::Ends, Self::Leaves, Self::Begins, Self::Arrives];
}

/// A list of machines, by when they were created, of which something changes before each answer.
#[derive(Debug)]
pub(super) struct Place {
    rows: BTreeSet<u64>,
    /// Those that were there in the beginning and still are.
    stayed: BTreeSet<u64>,
    /// Those that were there at any time.
    known: BTreeSet<u64>,
    pub(super) ended: usize,
    /// How often a row came or went.
    pub(super) changes: u64,
    /// The most rows of a page.
    pub(super) most: usize,
    happens: Vec<Change>,
    pub(super) random: fastrand::Rng,
}

/// How far apart rows begin: room for those that arrive.
const APART: u64 = 1_000;

impl Place {
    pub(super) fn new(seed: u64, happens: &[Change]) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let most = if random.u8(..4) == 0 { 300 } else { 24 };
        let count = random.usize(most / 2..most * 6);
        let rows: BTreeSet<u64> = (1..).take(count).map(|at: u64| at * APART).collect();
        let happens = happens.to_vec();
        Self { stayed: rows.clone(), known: rows.clone(), rows, ended: 0, changes: 0, most, happens, random }
    }

    /// One page and the count with it, after whatever happens first; absent past the end.
    pub(super) fn answer(&mut self, size: usize, page: usize) -> Option<(Vec<u64>, usize)> {
        self.happen();
        let size = size.min(self.most);
        let start = size * (page - 1);
        if start >= self.rows.len() && page > 1 {
            return None;
        }
        Some((self.rows.iter().skip(start).take(size).copied().collect(), self.rows.len()))
    }

    /// Mostly nothing; else up to six changes, as when a deployment ends beside another that begins.
    pub(super) fn happen(&mut self) {
        if self.random.u8(..5) > 0 {
            return;
        }
        for _ in 0..self.random.usize(1..=6) {
            let change = self.happens[self.random.usize(..self.happens.len())];
            self.change(change);
        }
    }

    fn change(&mut self, change: Change) {
        self.changes += 1;
        let last = self.rows.last().copied().unwrap_or(0);
        let row = match change {
            Change::Begins => last + APART,
            Change::Arrives => self.random.u64(1..=last.max(1)),
            Change::Ends | Change::Leaves => {
                let at = self.random.usize(..self.rows.len().max(1));
                let Some(row) = self.rows.iter().nth(at).copied() else { return };
                self.rows.remove(&row);
                self.stayed.remove(&row);
                self.ended += usize::from(change == Change::Ends);
                return;
            }
        };
        self.rows.insert(row);
        self.known.insert(row);
    }

    /// What is wrong with this list, if anything.
    pub(super) fn wrong(&self, listed: &[u64]) -> Option<String> {
        let once: BTreeSet<u64> = listed.iter().copied().collect();
        if once.len() < listed.len() {
            return Some("a row stands twice".to_owned());
        }
        if let Some(missed) = self.stayed.difference(&once).next() {
            return Some(format!("{missed} was there all the while, and is missed"));
        }
        once.difference(&self.known).next().map(|row| format!("{row} was never there"))
    }
}
