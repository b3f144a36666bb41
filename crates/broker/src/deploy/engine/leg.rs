//! One attempt of an intent at one provider.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Handle, Marker, State};

use super::{Fault, earlier};
use crate::deploy::Choice;

/// Where a leg is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// It is written down, and nothing was sent.
    Planned,
    /// A create is about to be sent, or was.
    Sending,
    /// The provider accepted it.
    Accepted,
    /// The machine is being built.
    Provisioning,
    /// The machine is up, and handed over. It is never deleted but on request.
    Running,
    /// The create was refused, or never sent. There is no machine.
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
    /// The machine was handed over and is no longer there.
    Vanished,
    /// A person has to decide.
    AskUser,
}

impl LegState {
    /// Every state, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::Planned,
        Self::Sending,
        Self::Accepted,
        Self::Provisioning,
        Self::Running,
        Self::Rejected,
        Self::Uncertain,
        Self::Found,
        Self::Absent,
        Self::Duplicate,
        Self::Deleting,
        Self::DeleteUnconfirmed,
        Self::Gone,
        Self::Vanished,
        Self::AskUser,
    ];

    /// The state as one word, as it stands in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Provisioning => "provisioning",
            Self::Running => "running",
            Self::Rejected => "rejected",
            Self::Uncertain => "uncertain",
            Self::Found => "found",
            Self::Absent => "absent",
            Self::Duplicate => "duplicate",
            Self::Deleting => "deleting",
            Self::DeleteUnconfirmed => "delete_unconfirmed",
            Self::Gone => "gone",
            Self::Vanished => "vanished",
            Self::AskUser => "ask_user",
        }
    }

    /// Whether nothing more can come of the leg, so that another may start in its place.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Rejected | Self::Absent | Self::Gone => true,
            Self::Planned
            | Self::Sending
            | Self::Accepted
            | Self::Provisioning
            | Self::Running
            | Self::Uncertain
            | Self::Found
            | Self::Duplicate
            | Self::Deleting
            | Self::DeleteUnconfirmed
            | Self::Vanished
            | Self::AskUser => false,
        }
    }

    /// Whether its machine is expected to come up.
    #[must_use]
    pub fn is_coming(self) -> bool {
        matches!(self, Self::Accepted | Self::Provisioning | Self::Found | Self::Duplicate)
    }

    /// Whether its machine is being deleted.
    #[must_use]
    pub fn is_ending(self) -> bool {
        matches!(self, Self::Deleting | Self::DeleteUnconfirmed)
    }
}

impl fmt::Display for LegState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Why a machine is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was not up in time.
    TooLate,
    /// Nobody approved its order in time.
    NotApproved,
    /// It failed; what the provider says of it.
    Failed(String),
    /// Another machine of the same create, or of a later one, is kept.
    Doubled,
    /// It is no longer wanted.
    Unwanted,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLate => f.write_str("it was not up in time"),
            Self::NotApproved => f.write_str("nobody approved its order in time"),
            Self::Failed(why) => write!(f, "it failed: {why}"),
            Self::Doubled => f.write_str("another machine is kept in its place"),
            Self::Unwanted => f.write_str("it is no longer wanted"),
        }
    }
}

/// What a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Was the create carried out? It cannot be proven that it was not.
    Created,
    /// Is the machine gone? It was deleted, and that cannot be proven.
    Gone,
    /// Is the machine still there? Nobody deleted it, and the provider, which shows active machines only, does not show
    /// it any more.
    Unlisted,
}

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// This is its machine.
    Adopt(Handle),
    /// There is no machine.
    ConfirmAbsent,
    /// Every machine of it is kept: the further ones of a doubled create too.
    KeepBoth,
}

/// A machine of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The provider's reference, as now known.
    pub handle: Handle,
    /// When we first knew of it.
    pub since: Timestamp,
    /// What was last seen of it; absent: it was never seen.
    pub state: Option<State>,
    /// When that changed.
    pub seen_at: Option<Timestamp>,
    /// The last time at which it is known to have cost money; absent: it was never seen to.
    pub billed_at: Option<Timestamp>,
    /// The first time at which it is known to cost nothing any more; absent: it may still.
    pub unbilled_at: Option<Timestamp>,
    /// One look said that it is gone, at this time.
    pub missing_since: Option<Timestamp>,
    /// It is to be deleted, since when.
    pub ending_since: Option<Timestamp>,
    /// It is proven gone, since when.
    pub gone_at: Option<Timestamp>,
}

impl Machine {
    /// A machine of which we know now, at an account whose answers may be this old.
    pub(crate) fn new(handle: Handle, at: Timestamp, lag: Duration) -> Self {
        let state = handle.last_seen.map(|seen| seen.state);
        let seen_at = handle.last_seen.map(|seen| seen.at);
        let mut machine = Self {
            handle,
            since: at,
            state: None,
            seen_at,
            billed_at: None,
            unbilled_at: None,
            missing_since: None,
            ending_since: None,
            gone_at: None,
        };
        if let Some((state, at)) = state.zip(seen_at).filter(|(state, _)| state.may_be_billed()) {
            machine.bill(at, lag, state);
        }
        machine.state = state;
        machine
    }

    /// Takes in what a sighting in this state tells of the bill, before the state itself is taken in. What was told may
    /// be as old as `lag`: it cost money then, and perhaps no longer.
    pub(crate) fn bill(&mut self, at: Timestamp, lag: Duration, state: State) {
        match state {
            State::Ordered
            | State::Provisioning
            | State::Running
            | State::Stopping
            | State::Stopped
            | State::Failed => {
                self.billed_at = self.billed_at.max(Some(earlier(at, lag)));
                self.unbilled_at = None;
            }
            // On its way out it may cost money or not: a machine that leaves the recycle bin costs nothing.
            State::Deleting if self.state == Some(State::Recycled) => {}
            State::Deleting | State::Unrecognised => self.unbilled_at = None,
            State::AwaitingApproval | State::Recycled | State::Gone => {
                self.unbilled_at.get_or_insert(at);
            }
        }
    }

    /// Whether it is to be deleted and not proven gone.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending_since.is_some() && self.gone_at.is_none()
    }

    /// Whether both references mean one machine.
    #[must_use]
    pub fn is(&self, other: &Handle) -> bool {
        self.handle.is_same(other)
    }
}

/// One attempt of an intent at one provider: all creates of it share its marker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The token in its machine's name.
    pub marker: Marker,
    /// The number of its intent.
    pub intent: u32,
    /// Its number in the intent, from 1.
    pub number: u32,
    /// What is rented.
    pub choice: Choice,
    /// Where it is in its life.
    pub state: LegState,
    /// Since when.
    pub since: Timestamp,
    /// How many creates were sent that were not refused.
    pub creates: u32,
    /// How many creates were refused.
    pub refusals: u32,
    /// Not to be sent again before this time.
    pub not_before: Option<Timestamp>,
    /// When the first create was about to be sent.
    pub first_began_at: Option<Timestamp>,
    /// When the last create was about to be sent.
    pub began_at: Option<Timestamp>,
    /// When the last create was known to be sent no more; until its outcome is known, when it was about to be.
    pub sent_at: Option<Timestamp>,
    /// When the first complete listing without its machine that counts was taken in.
    pub missed_at: Option<Timestamp>,
    /// Until when a machine that comes too late is looked for, and since when.
    pub watch: Option<Watch>,
    /// Its machines: the kept one first, then the further ones of a doubled create.
    pub machines: Vec<Machine>,
    /// When its machine was accepted or found.
    pub accepted_at: Option<Timestamp>,
    /// When its machine was handed over.
    pub ready_at: Option<Timestamp>,
    /// Why its machine is deleted.
    pub reason: Option<Reason>,
    /// What a person is asked.
    pub question: Option<Question>,
    /// A person said that further machines are kept.
    pub keeps_all: bool,
    /// The last thing that went wrong.
    pub fault: Option<Fault>,
}

/// The time in which a machine that comes too late is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Leg {
    /// The machine that is kept; absent: none is known.
    #[must_use]
    pub fn machine(&self) -> Option<&Machine> {
        self.machines.first()
    }

    /// Whether a create of it is about to be sent, on its way, or of unknown outcome.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        matches!(self.state, LegState::Planned | LegState::Sending) || self.is_stuck()
    }

    /// Whether nobody knows if its create was carried out.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.state == LegState::Uncertain
            || (self.state == LegState::AskUser && self.question == Some(Question::Created))
    }

    /// How many machines of it may cost or have cost money.
    #[must_use]
    pub fn held(&self) -> usize {
        match self.state {
            LegState::Rejected | LegState::Absent => self.machines.len(),
            LegState::Gone
            | LegState::Planned
            | LegState::Sending
            | LegState::Accepted
            | LegState::Provisioning
            | LegState::Running
            | LegState::Uncertain
            | LegState::Found
            | LegState::Duplicate
            | LegState::Deleting
            | LegState::DeleteUnconfirmed
            | LegState::Vanished
            | LegState::AskUser => self.machines.len().max(1),
        }
    }

    /// Whether this is a machine of it that is known: by its ids, or, where only an order is known, because there is
    /// no other. Which one.
    pub(crate) fn place_of(&self, handle: &Handle) -> Option<usize> {
        let only_ordered = |machine: &Machine| {
            machine.handle.instance.is_none() && self.machines.len() == 1 && self.creates == 1
        };
        self.machines
            .iter()
            .position(|machine| machine.is(handle))
            .or_else(|| self.machine().is_some_and(only_ordered).then_some(0))
    }

    /// Whether its kept machine was handed over, and nobody asked for its end.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        let stays = |machine: &Machine| machine.gone_at.is_none() && machine.ending_since.is_none();
        self.ready_at.is_some() && self.machine().is_some_and(stays)
    }

    /// Whether a machine of it may exist now.
    #[must_use]
    pub fn may_live(&self) -> bool {
        let spare = self.machines.iter().any(|machine| machine.gone_at.is_none());
        match self.state {
            LegState::Planned | LegState::Vanished => false,
            LegState::Rejected | LegState::Absent | LegState::Gone => spare,
            LegState::Sending
            | LegState::Accepted
            | LegState::Provisioning
            | LegState::Running
            | LegState::Uncertain
            | LegState::Found
            | LegState::Duplicate
            | LegState::Deleting
            | LegState::DeleteUnconfirmed
            | LegState::AskUser => true,
        }
    }
}
