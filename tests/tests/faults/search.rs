//! All sets of faults at one cloud: each run shows the points at which one more fault can be.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::kind::{Class, Kind, Rank};
use crate::plot::{Plot, promises};
use crate::script::Passed;
use crate::set::FaultSet;
use crate::story::{Manner, Told, tell};

/// Threads side by side: the gate has two cores.
const AT_ONCE: usize = 2;
/// After so many failing sets nothing more is learnt from going on.
const ENOUGH: usize = 5;

/// How large sets may be whose widest fault is of each rank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) core: usize,
    pub(crate) more: usize,
    pub(crate) all: usize,
}

impl Sizes {
    fn allow(self, set: &FaultSet) -> bool {
        let most = match set.rank() {
            Rank::Core => self.core,
            Rank::More => self.more,
            Rank::All => self.all,
        };
        set.len() <= most
    }
}

/// Which sets are told, and which of them over SQLite, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) plain: Sizes,
    pub(crate) sqlite: Sizes,
}

/// What was tried, and what failed.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// How many sets of each size.
    pub(crate) sets: [u64; 4],
    /// How many of them were told over SQLite, too.
    pub(crate) over_sqlite: u64,
    /// How many points the run without faults passes, by class.
    pub(crate) points: BTreeMap<&'static str, u64>,
    /// How many points the longest run passed.
    pub(crate) longest: u64,
    pub(crate) lives: u64,
    pub(crate) questions: u64,
    pub(crate) creates: u64,
    pub(crate) machines: u64,
    pub(crate) bills: u64,
    /// The sets that failed, with the complaint.
    pub(crate) failed: Vec<(FaultSet, String)>,
}

/// What is still to be told.
#[derive(Debug)]
struct Stack {
    sets: Vec<FaultSet>,
    busy: usize,
    enough: usize,
    tried: Tried,
}

/// Tells all sets up to these sizes; with a program that lacks something, until one is found out.
pub(crate) fn all(plot: &Plot, manner: Manner, limits: Limits) -> Tried {
    let enough = if manner.lack.is_some() { 1 } else { ENOUGH };
    let sets = vec![FaultSet::default()];
    let stack = Mutex::new(Stack { sets, busy: 0, enough, tried: Tried::default() });
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| work(plot, manner, limits, &stack));
        }
    });
    stack.into_inner().unwrap().tried
}

fn work(plot: &Plot, manner: Manner, limits: Limits, stack: &Mutex<Stack>) {
    while let Some(next) = take(stack) {
        let Some(set) = next else {
            std::thread::yield_now();
            continue;
        };
        let told = tell_both(plot, manner, limits, &set);
        let further = told.as_ref().map(|told| further(plot, limits.plain, &set, &told.passed));
        let further = further.unwrap_or_default();
        let mut stack = stack.lock().unwrap();
        stack.busy -= 1;
        stack.tried.over_sqlite += u64::from(limits.sqlite.allow(&set));
        stack.tried.note(set, told);
        // The last one first: so few wait at any time.
        stack.sets.extend(further);
    }
}

/// The next set; the inner absence: the other thread may still find some; the outer: there is none left.
#[expect(clippy::option_option, reason = "two absences that mean different things")]
fn take(stack: &Mutex<Stack>) -> Option<Option<FaultSet>> {
    let mut stack = stack.lock().unwrap();
    if stack.tried.failed.len() >= stack.enough {
        return None;
    }
    match stack.sets.pop() {
        Some(set) => {
            stack.busy += 1;
            Some(Some(set))
        }
        None if stack.busy > 0 => Some(None),
        None => None,
    }
}

/// The set over a plain journal, and over SQLite where it is small: both must pass the same points.
fn tell_both(plot: &Plot, manner: Manner, limits: Limits, set: &FaultSet) -> Result<Told, String> {
    let told = tell(plot, manner, set)?;
    if limits.sqlite.allow(set) {
        let other = tell(plot, Manner { sqlite: true, ..manner }, set)?;
        let points = |told: &Told| told.passed.iter().map(|it| (it.point, it.fails)).collect::<Vec<_>>();
        if points(&told) != points(&other) {
            return Err(format!(
                "SQLite and a plain journal part ways: {:?} {:?}",
                told.passed, other.passed
            ));
        }
    }
    Ok(told)
}

/// The sets with one fault more, at a point after the last: so each order of faults is told, and told once.
fn further(plot: &Plot, sizes: Sizes, set: &FaultSet, passed: &[Passed]) -> Vec<FaultSet> {
    let after = passed.iter().rposition(|passed| passed.kind.is_some()).map_or(0, |last| last + 1);
    let free = (after..passed.len()).filter(|at| !passed[*at].fails);
    let sets = free.flat_map(|at| {
        let (point, class) = (passed[at].point, passed[at].class());
        // Look-ups follow each other until one fails: whichever it is, nothing was sent yet.
        let alike = class == Class::Ask && at > 0 && passed[at - 1].class() == Class::Ask;
        let least = if alike { Rank::More } else { Rank::Core };
        Kind::at(class, promises(plot.dialect)).map(move |kind| set.with(point, kind, kind.rank.max(least)))
    });
    sets.filter(|set| sizes.allow(set)).collect()
}

impl Tried {
    fn note(&mut self, set: FaultSet, told: Result<Told, String>) {
        self.sets[set.len()] += 1;
        let told = match told {
            Ok(told) => told,
            Err(complaint) => return self.failed.push((set, complaint)),
        };
        if set.len() == 0 {
            for passed in &told.passed {
                *self.points.entry(class_name(passed.class())).or_default() += 1;
            }
        }
        self.longest = self.longest.max(u64::try_from(told.passed.len()).unwrap());
        self.lives += told.lives;
        self.questions += told.questions;
        self.creates += told.creates;
        self.machines += told.machines;
        self.bills += told.bills;
    }

    /// How many runs there were.
    pub(crate) fn runs(&self) -> u64 {
        self.sets.iter().sum()
    }

    /// The same for the table of all that was tried.
    pub(crate) fn counts(&self) -> [(&'static str, u64); 9] {
        [
            ("sets of one", self.sets[1]),
            ("sets of two", self.sets[2]),
            ("sets of three", self.sets[3]),
            ("sets told over SQLite, too", self.over_sqlite),
            ("programs", self.lives),
            ("questions to a person", self.questions),
            ("creates", self.creates),
            ("machines", self.machines),
            ("bills inside their receipts", self.bills),
        ]
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Create => "creates",
        Class::Look => "looks",
        Class::Delete => "deletions",
        Class::Ask => "other calls",
        Class::Commit => "commits",
    }
}
