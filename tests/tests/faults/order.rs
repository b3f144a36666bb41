//! What the command line orders.

use vmbroker_sim::Dialect;
use vmbroker_tests::Arguments;

use crate::lack::Lack;
use crate::search::{Limits, Sizes};
use crate::set::FaultSet;

/// What the command line orders.
#[derive(Debug)]
pub(crate) struct Order {
    /// Only this set is told, with all that happens.
    pub(crate) set: Option<FaultSet>,
    /// The program that is told lacks this.
    pub(crate) lack: Option<Lack>,
    /// What is told is told over SQLite.
    pub(crate) sqlite: bool,
    /// More than the gate has time for.
    pub(crate) wide: bool,
    /// Other tests are asked for, or a list of names.
    pub(crate) is_for_others: bool,
    cloud: Option<Dialect>,
}

impl Order {
    pub(crate) fn read() -> Self {
        let given = Arguments::with(&["--cloud", "--set", "--without"]);
        Self {
            set: given.text("--set").map(|text| text.parse().unwrap()),
            lack: given.text("--without").map(|text| text.parse().unwrap()),
            sqlite: given.has("--sqlite"),
            wide: given.has("--wide"),
            is_for_others: !given.ask_for("whole::faults") || given.has("--list"),
            cloud: given.text("--cloud").map(|text| text.parse().unwrap()),
        }
    }

    /// The cloud that is named; else all but the one whose stories have no end of looks.
    pub(crate) fn clouds(&self) -> Vec<Dialect> {
        let all = [Dialect::Fluence202505, Dialect::Wayscloud, Dialect::Waldur, Dialect::Zenlayer];
        self.cloud.map_or_else(|| all.to_vec(), |cloud| vec![cloud])
    }

    /// Which sets are told at this cloud. The gate has no time for all of a Waldur, whose story has the most points.
    pub(crate) fn limits(&self, cloud: Dialect) -> Limits {
        let (core, more, all) = match (self.wide, cloud) {
            (true, _) => (3, 2, 2),
            (false, Dialect::Waldur) => (2, 1, 1),
            (false, _) => (3, 2, 1),
        };
        let sqlite = if self.wide { 2 } else { 1 };
        Limits { plain: Sizes { core, more, all }, sqlite: Sizes { core: 2, more: sqlite, all: 1 } }
    }
}
