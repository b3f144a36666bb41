//! What stands in the journal: it survives the controller.

use crate::rules::Ticks;
use crate::world::Marker;

/// Where a leg is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LegState {
    /// It is written down, and nothing was sent.
    Planned,
    /// A create is about to be sent, or was.
    Sending,
    /// The provider accepted it.
    Accepted,
    /// The machine is up, and handed over.
    Running,
    /// The create was refused, or never sent.
    Rejected,
    /// Nobody knows whether the create was carried out.
    Uncertain,
    /// The create's answer was lost, and its machine was found by its marker.
    Found,
    /// It is proven that the create was not carried out.
    Absent,
    /// More than one machine came of it; one is kept.
    Duplicate,
    /// The machine is to be deleted, and no step was accepted yet.
    Deleting,
    /// A deletion was accepted, and it is not proven that the machine is gone.
    DeleteUnconfirmed,
    /// The machine is proven gone.
    Gone,
    /// A person has to say whether the create was carried out.
    AskUser,
}

impl LegState {
    /// Whether nothing more can come of the leg, so that another may start in its place.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Absent | Self::Gone)
    }

    /// Whether its machine is expected to come up.
    pub(crate) fn is_coming(self) -> bool {
        matches!(self, Self::Accepted | Self::Found | Self::Duplicate)
    }

    /// Whether its machine is being deleted.
    pub(crate) fn is_ending(self) -> bool {
        matches!(self, Self::Deleting | Self::DeleteUnconfirmed)
    }

    /// Whether nobody knows if its create was carried out.
    pub(crate) fn is_stuck(self) -> bool {
        matches!(self, Self::Uncertain | Self::AskUser)
    }
}

/// A machine of a leg, as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    /// The provider's id: the machine's place in the world.
    pub(crate) id: u8,
    /// When we first knew of it.
    pub(crate) since: Ticks,
    /// It was seen.
    pub(crate) seen: bool,
    /// One look said that it is gone.
    pub(crate) missing: bool,
    /// It is to be deleted.
    pub(crate) ending: bool,
    /// It is proven gone.
    pub(crate) gone: bool,
}

impl Row {
    pub(crate) fn new(id: u8, since: Ticks, seen: bool) -> Self {
        Self { id, since, seen, missing: false, ending: false, gone: false }
    }
}

/// One attempt of an intent at one account: all creates of it share its marker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Leg {
    pub(crate) marker: Marker,
    pub(crate) intent: u8,
    pub(crate) account: u8,
    pub(crate) state: LegState,
    /// It is committed; only a broken controller has a row that is not.
    pub(crate) written: bool,
    /// How many creates were sent that were not refused.
    pub(crate) creates: u8,
    /// When the last create was known to be sent no more.
    pub(crate) sent_at: Ticks,
    /// A complete listing without its machine was seen that counts.
    pub(crate) missed: bool,
    /// Until when a machine that comes too late is looked for.
    pub(crate) watch_until: Option<Ticks>,
    /// Its machines: the kept one first.
    pub(crate) machines: Vec<Row>,
    /// Its machine was handed over.
    pub(crate) ready: bool,
}

impl Leg {
    pub(crate) fn planned(marker: Marker, intent: u8, account: u8, written: bool) -> Self {
        Self {
            marker,
            intent,
            account,
            state: LegState::Planned,
            written,
            creates: 0,
            sent_at: 0,
            missed: false,
            watch_until: None,
            machines: Vec::new(),
            ready: false,
        }
    }

    /// Its outcome is unknown from now on.
    pub(crate) fn unclear(&mut self, now: Ticks) {
        self.state = LegState::Uncertain;
        self.sent_at = now;
        self.missed = false;
    }

    /// The kept machine is to be deleted.
    pub(crate) fn condemn(&mut self) {
        if let Some(row) = self.machines.first_mut() {
            row.ending = true;
        }
        self.state = LegState::Deleting;
    }

    /// Whether a complete list of its account may tell something of it.
    pub(crate) fn wants_a_list(&self) -> bool {
        self.state.is_stuck() || self.watch_until.is_some()
    }

    /// The machines that are to be asked about.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Row> {
        let kept = self.state.is_coming() || self.state.is_ending();
        let asked = move |place: usize, row: &Row| !row.gone && if place == 0 { kept } else { row.ending };
        self.machines.iter().enumerate().filter(move |(place, row)| asked(*place, row)).map(|(_, row)| row)
    }

    /// The machines that are to be deleted and not proven gone.
    pub(crate) fn endings(&self) -> impl Iterator<Item = &Row> {
        self.machines.iter().filter(|row| row.ending && !row.gone)
    }
}

/// One wanted machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Intent {
    pub(crate) wanted: bool,
    /// There is nothing left to try.
    pub(crate) failed: bool,
}
