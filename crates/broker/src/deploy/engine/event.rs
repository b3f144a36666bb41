//! What happened. Folding the events gives the state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Handle, Marker, ProviderId, State};

use super::{Block, Decision, Fault, Mode, Question, Reason, Rules};
use crate::deploy::{Choice, Policy};

/// Something that happened to a deployment. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The terms of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the file hashes to.
    pub file_hash: String,
    /// The hash of each field that may not change.
    pub fields: BTreeMap<String, String>,
    /// What may be rented, in order.
    pub choices: Vec<Choice>,
    /// What to do when it goes wrong.
    pub policy: Policy,
    /// How long each account keeps us in the dark.
    pub rules: BTreeMap<ProviderId, Rules>,
    /// How many creates of other deployments are unresolved, by account.
    pub unresolved_elsewhere: BTreeMap<ProviderId, u32>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A run began: the deployment is new, or resumed.
    Opened {
        /// Its terms.
        terms: Box<Terms>,
        /// What other deployments found not worth trying.
        blocks: Vec<Block>,
    },
    /// The deployment is brought up, held, or taken down.
    Turned {
        /// What is done from now on.
        mode: Mode,
    },
    /// The wish itself is wrong: nothing more is sent.
    Halted {
        /// What was said of it.
        fault: Fault,
    },
    /// Something is not worth trying for a while.
    Blocked {
        /// What, until when and why.
        block: Block,
    },
    /// One more machine is wanted.
    Wanted {
        /// Its number.
        intent: u32,
    },
    /// This machine is no longer wanted.
    Dropped {
        /// Its number.
        intent: u32,
    },
    /// There is nothing left to try for this machine.
    Failed {
        /// Its number.
        intent: u32,
        /// Why, account by account.
        why: Vec<String>,
    },
    /// A leg is about to start.
    Planned {
        /// Its marker.
        leg: Marker,
        /// For which machine.
        intent: u32,
        /// Its number in the intent.
        number: u32,
        /// What is to be rented.
        choice: Box<Choice>,
    },
    /// A create is about to be sent.
    Sending {
        /// For which leg.
        leg: Marker,
    },
    /// The provider accepted it.
    Accepted {
        /// Which leg.
        leg: Marker,
        /// The provider's reference.
        handle: Box<Handle>,
    },
    /// The provider refused it, or it was never sent: nothing changed.
    Refused {
        /// Which leg.
        leg: Marker,
        /// Why.
        fault: Fault,
        /// When the same create is tried again; absent: it is not.
        again_at: Option<Timestamp>,
    },
    /// Nobody knows whether it was carried out.
    Unclear {
        /// Which leg.
        leg: Marker,
        /// Why.
        fault: Fault,
    },
    /// A complete listing from after the latest moment did not show its machine.
    Missed {
        /// Which leg.
        leg: Marker,
    },
    /// It is proven that there is no machine.
    ProvenAbsent {
        /// Which leg.
        leg: Marker,
        /// Until when a late one is looked for.
        watch_until: Timestamp,
    },
    /// The leg never sent anything, and will not.
    Withdrawn {
        /// Which leg.
        leg: Marker,
    },
    /// Its machine was found by its marker.
    Found {
        /// Which leg.
        leg: Marker,
        /// The provider's reference.
        handle: Box<Handle>,
    },
    /// More than one machine has its marker: the first is kept.
    Doubled {
        /// Which leg.
        leg: Marker,
        /// The one that is kept, then the others.
        handles: Vec<Handle>,
    },
    /// Its machine was seen, and something changed.
    Seen {
        /// Which leg.
        leg: Marker,
        /// Which of its machines: 0 is the one that is kept.
        machine: usize,
        /// The reference as now known.
        handle: Box<Handle>,
        /// What was seen.
        state: State,
    },
    /// Its machine is up, and handed over.
    Ready {
        /// Which leg.
        leg: Marker,
        /// The reference as now known.
        handle: Box<Handle>,
    },
    /// Its machine is to be deleted.
    Condemned {
        /// Which leg.
        leg: Marker,
        /// Why.
        reason: Reason,
    },
    /// A step towards a machine's end was accepted.
    Stepped {
        /// Which leg.
        leg: Marker,
        /// Which of its machines.
        machine: usize,
        /// The reference for the next step.
        handle: Box<Handle>,
        /// Whether the provider still knew of the machine.
        known: bool,
        /// When it was asked for: until then the machine stood as before.
        asked_at: Timestamp,
    },
    /// One look said that a machine is gone.
    Missing {
        /// Which leg.
        leg: Marker,
        /// Which of its machines.
        machine: usize,
    },
    /// A machine is proven gone.
    Gone {
        /// Which leg.
        leg: Marker,
        /// Which of its machines.
        machine: usize,
    },
    /// A machine that was handed over is no longer there.
    Vanished {
        /// Which leg.
        leg: Marker,
    },
    /// A person has to decide.
    Asked {
        /// About which leg.
        leg: Marker,
        /// What.
        question: Question,
    },
    /// A person decided.
    Decided {
        /// About which leg.
        leg: Marker,
        /// What.
        decision: Decision,
    },
    /// The time in which a late machine is looked for is over.
    WatchEnded {
        /// Which leg.
        leg: Marker,
    },
}

impl What {
    /// The leg it is about; absent where it is about none.
    #[must_use]
    pub fn leg(&self) -> Option<Marker> {
        match self {
            Self::Opened { .. }
            | Self::Turned { .. }
            | Self::Halted { .. }
            | Self::Blocked { .. }
            | Self::Wanted { .. }
            | Self::Dropped { .. }
            | Self::Failed { .. } => None,
            Self::Planned { leg, .. }
            | Self::Sending { leg }
            | Self::Accepted { leg, .. }
            | Self::Refused { leg, .. }
            | Self::Unclear { leg, .. }
            | Self::Missed { leg }
            | Self::ProvenAbsent { leg, .. }
            | Self::Withdrawn { leg }
            | Self::Found { leg, .. }
            | Self::Doubled { leg, .. }
            | Self::Seen { leg, .. }
            | Self::Ready { leg, .. }
            | Self::Condemned { leg, .. }
            | Self::Stepped { leg, .. }
            | Self::Missing { leg, .. }
            | Self::Gone { leg, .. }
            | Self::Vanished { leg }
            | Self::Asked { leg, .. }
            | Self::Decided { leg, .. }
            | Self::WatchEnded { leg } => Some(*leg),
        }
    }

    /// The event as one word, as it stands in the journal; also the name of the persist point that writes it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Turned { .. } => "turned",
            Self::Halted { .. } => "halted",
            Self::Blocked { .. } => "blocked",
            Self::Wanted { .. } => "wanted",
            Self::Dropped { .. } => "dropped",
            Self::Failed { .. } => "failed",
            Self::Planned { .. } => "planned",
            Self::Sending { .. } => "sending",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Unclear { .. } => "unclear",
            Self::Missed { .. } => "missed",
            Self::ProvenAbsent { .. } => "proven_absent",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Found { .. } => "found",
            Self::Doubled { .. } => "doubled",
            Self::Seen { .. } => "seen",
            Self::Ready { .. } => "ready",
            Self::Condemned { .. } => "condemned",
            Self::Stepped { .. } => "stepped",
            Self::Missing { .. } => "missing",
            Self::Gone { .. } => "gone",
            Self::Vanished { .. } => "vanished",
            Self::Asked { .. } => "asked",
            Self::Decided { .. } => "decided",
            Self::WatchEnded { .. } => "watch_ended",
        }
    }
}
