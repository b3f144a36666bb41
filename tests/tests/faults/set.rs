//! A set of faults: at which points of a run, and of which kind. Its text is how it is told again.

use std::fmt;
use std::str::FromStr;

use crate::kind::{Class, Kind, Rank};

/// A point of a run: the so-maniest call of one operation, or commit, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) operation: &'static str,
    pub(crate) nth: u32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}#{}", self.operation, self.nth))
    }
}

/// Faults at points of a run, in the order in which the run comes to them. Text: `create#1=lost commit#4=dies-after`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FaultSet {
    faults: Vec<(Point, &'static Kind)>,
    /// The widest rank of them.
    rank: Rank,
}

impl FaultSet {
    /// The set with one fault more, which is of this rank at this point.
    pub(crate) fn with(&self, point: Point, kind: &'static Kind, rank: Rank) -> Self {
        let mut faults = self.faults.clone();
        faults.push((point, kind));
        Self { faults, rank: rank.max(self.rank) }
    }

    pub(crate) fn len(&self) -> usize {
        self.faults.len()
    }

    /// What goes wrong at this point; absent: nothing.
    pub(crate) fn at(&self, point: Point) -> Option<&'static Kind> {
        self.faults.iter().find(|(it, _)| *it == point).map(|(_, kind)| *kind)
    }

    /// The widest rank among its faults; of none: the narrowest.
    pub(crate) fn rank(&self) -> Rank {
        self.rank
    }
}

impl fmt::Display for FaultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (point, kind)) in self.faults.iter().enumerate() {
            write!(f, "{}{point}={kind}", if place == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl FromStr for FaultSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = |word: &str| {
            let wrong = || format!("`{word}` is no fault such as `create#1=lost`");
            let (point, kind) = word.split_once('=').ok_or_else(wrong)?;
            let (operation, nth) = point.split_once('#').ok_or_else(wrong)?;
            let nth = nth.parse().map_err(|_| wrong())?;
            let class = Class::of(operation);
            let kind = Kind::find(class, kind).ok_or_else(|| format!("{class:?} has no kind `{kind}`"))?;
            // A set is read once a run of the program at most.
            Ok((Point { operation: operation.to_owned().leak(), nth }, kind))
        };
        let faults = text.split_whitespace().map(fault).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { faults, rank: Rank::All })
    }
}

/// Each kind comes back from its text; a test by hand, since this binary has no harness.
pub(crate) fn check_texts() {
    let mut set = FaultSet::default();
    for (place, kind) in (1..).zip(crate::kind::KINDS) {
        let operation = match kind.class {
            Class::Create => "create",
            Class::Look => "list",
            Class::Delete => "delete",
            Class::Ask => "images",
            Class::Commit => "commit",
        };
        set = set.with(Point { operation, nth: place }, kind, Rank::All);
    }
    assert_eq!(set.to_string().parse(), Ok(set));
    assert!("create#1=fails-not".parse::<FaultSet>().is_err() && "create=lost".parse::<FaultSet>().is_err());
}
