//! The whole state of the model, and the steps that lead from one to the next.

use std::collections::BTreeSet;

use crate::audit::{Audit, Breach};
use crate::one::leg::{Intent, Leg};
use crate::rules::Ticks;
use crate::world::{Marker, World};

/// What the controller holds in memory: gone when it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) runs: bool,
    /// The leg whose create is committed and leaves next.
    pub(crate) posting: Option<Marker>,
    /// The list it waits for: of which account, and asked for when.
    pub(crate) looking: Option<(u8, Ticks)>,
    /// The accounts whose list was asked for in this tick; each twice at most, more would tell nothing.
    pub(crate) listed: Vec<u8>,
    /// The machines that were asked about in this tick.
    pub(crate) asked: BTreeSet<u8>,
    /// The machines whose deletion was asked for in this tick.
    pub(crate) deleted: BTreeSet<u8>,
}

impl Program {
    /// A new tick: everything may be asked again.
    pub(crate) fn turn(&mut self) {
        self.listed.clear();
        self.asked.clear();
        self.deleted.clear();
    }
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: Ticks,
    /// The journal.
    pub(crate) intents: Vec<Intent>,
    /// The journal.
    pub(crate) legs: Vec<Leg>,
    pub(crate) program: Program,
    pub(crate) world: World,
    /// By marker.
    pub(crate) audits: Vec<Audit>,
    /// How many lists may still be wrong.
    pub(crate) wrong_lists: u8,
    pub(crate) breach: Option<Breach>,
}

impl State {
    pub(crate) fn leg(&self, marker: Marker) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.marker == marker)
    }

    pub(crate) fn leg_mut(&mut self, marker: Marker) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.marker == marker)
    }

    pub(crate) fn audit(&mut self, marker: Marker) -> &mut Audit {
        &mut self.audits[usize::from(marker)]
    }

    /// The legs of an intent, in their order.
    pub(crate) fn legs_of(&self, intent: u8) -> impl DoubleEndedIterator<Item = &Leg> {
        self.legs.iter().filter(move |leg| leg.intent == intent)
    }

    /// The leg of an intent that is not over.
    pub(crate) fn open_leg(&self, intent: u8) -> Option<&Leg> {
        self.legs_of(intent).rev().find(|leg| !leg.state.is_over())
    }

    /// Whether this leg's machine is wanted.
    pub(crate) fn is_wanted(&self, leg: &Leg) -> bool {
        self.intents[usize::from(leg.intent)].wanted
    }

    pub(crate) fn breach(&mut self, breach: Breach) {
        self.breach.get_or_insert(breach);
    }
}

/// What one look at one machine said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    Coming,
    Running,
    Failed,
    NotFound,
}

/// What became of a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The machine is gone.
    Done,
    /// It was accepted, and nothing happened.
    OnlyAccepted,
    /// It failed.
    Failed,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Time passes.
    Tick,
    /// The controller ends, at whatever it is.
    Crash,
    /// It starts, and reads the journal.
    Restart,
    /// A person no longer wants the machine.
    Drop { intent: u8 },
    /// The controller writes a new leg.
    Plan { intent: u8, account: u8 },
    /// It commits that a create is about to be sent.
    Write { leg: Marker },
    /// The create leaves.
    Post { leg: Marker },
    /// The provider carries a create out, whoever waits for it.
    Apply { create: usize },
    /// The answer arrives, and is committed.
    Accepted { leg: Marker },
    /// The refusal arrives, and is committed.
    Refused { leg: Marker },
    /// No answer arrives.
    Lost { leg: Marker },
    /// A complete list is asked for.
    Ask { account: u8 },
    /// It arrives, showing these machines of ours, one bit each.
    Listed { shown: u8 },
    /// It does not.
    ListFailed,
    /// A machine was asked about.
    Saw { leg: Marker, machine: u8, sight: Sight },
    /// A delete was sent.
    Delete { leg: Marker, machine: u8, outcome: Outcome },
    /// The leg withdraws, condemns its machine or asks, because of what is wanted or of the time.
    Due { leg: Marker },
    /// There is nothing left to try.
    GiveUp { intent: u8 },
}
