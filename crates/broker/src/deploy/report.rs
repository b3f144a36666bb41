//! How a deployment stands, for people and programs.

use jiff::Timestamp;
use serde::Serialize;
use vmbroker_core::{Handle, Marker, Money, ProviderId};

use super::engine::{Deployment, Fault, Leg, LegState, Question};

/// How a deployment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// Every machine that is or was wanted, by number.
    pub machines: Vec<MachineReport>,
    /// What somebody has to look at later, the one due first first.
    pub open: Vec<OpenLook>,
    /// What is held back of the budget; absent where there is none.
    pub reserved: Option<Money>,
}

/// How one wanted machine stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineReport {
    /// Its number in the deployment, from 1.
    pub number: u32,
    /// Whether it is still wanted.
    pub wanted: bool,
    /// How it stands.
    pub outcome: Outcome,
}

/// How a wanted machine stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is up.
    Running {
        /// The marker in its name.
        leg: Marker,
        /// The provider's reference.
        handle: Box<Handle>,
        /// Since when.
        since: Timestamp,
    },
    /// There is nothing left to try.
    Failed {
        /// Why, account by account.
        why: Vec<String>,
    },
    /// A person has to decide: `vmbroker resolve`.
    Asks {
        /// The marker in its name.
        leg: Marker,
        /// At which account.
        account: ProviderId,
        /// What is asked.
        question: Question,
        /// When its last create was sent.
        sent_at: Option<Timestamp>,
        /// What it may cost, for the run time wanted.
        reserve: Money,
        /// The provider's reference; absent where none is known.
        handle: Option<Box<Handle>>,
        /// The last thing that went wrong.
        fault: Option<Fault>,
    },
    /// It was up, and is no longer there. It is never made anew by itself.
    Vanished {
        /// The marker in its name.
        leg: Marker,
        /// The provider's reference.
        handle: Option<Box<Handle>>,
    },
    /// It is on its way, up or down.
    Open {
        /// The marker in its name.
        leg: Marker,
        /// At which account.
        account: ProviderId,
        /// Where it is.
        state: LegState,
        /// Since when.
        since: Timestamp,
        /// The provider's reference; absent where none is known.
        handle: Option<Box<Handle>>,
    },
    /// Nothing was started for it, or everything that was is gone.
    Nothing,
}

/// A look that somebody has to take later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenLook {
    /// At the machine with this marker.
    pub leg: Marker,
    /// At which account.
    pub account: ProviderId,
    /// Where its leg is.
    pub state: LegState,
    /// When it is due.
    pub due_at: Timestamp,
    /// When looking ends; absent: not before it is settled.
    pub until: Option<Timestamp>,
}

impl Report {
    /// How this state stands at this time.
    #[must_use]
    pub fn of(state: &Deployment, now: Timestamp) -> Self {
        let machine = |number: &u32| {
            let intent = state.intents.get(number)?;
            let outcome = outcome(state, *number, &intent.failed);
            Some(MachineReport { number: *number, wanted: intent.wanted, outcome })
        };
        let look = |leg: &std::sync::Arc<Leg>| {
            let (due_at, until) = state.look_later(leg, now)?;
            let account = leg.choice.account.clone();
            Some(OpenLook { leg: leg.marker, account, state: leg.state, due_at, until })
        };
        let mut open: Vec<OpenLook> = state.legs.values().filter_map(look).collect();
        open.sort_by_key(|look| (look.due_at, look.leg));
        Self {
            name: state.name().to_owned(),
            machines: state.intents.keys().filter_map(machine).collect(),
            open,
            reserved: state.reserved(None),
        }
    }

    /// How many wanted machines are up.
    #[must_use]
    pub fn running(&self) -> usize {
        let up = |it: &&MachineReport| it.wanted && matches!(it.outcome, Outcome::Running { .. });
        self.machines.iter().filter(up).count()
    }

    /// Whether every wanted machine is up.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.running() == self.machines.iter().filter(|it| it.wanted).count()
    }
}

fn outcome(state: &Deployment, number: u32, failed: &[String]) -> Outcome {
    let Some(leg) = state.open_leg(number) else {
        return if failed.is_empty() { Outcome::Nothing } else { Outcome::Failed { why: failed.to_vec() } };
    };
    let handle = leg.machine().map(|machine| Box::new(machine.handle.clone()));
    match (leg.state, handle) {
        (LegState::Running, Some(handle)) => {
            Outcome::Running { leg: leg.marker, handle, since: leg.ready_at.unwrap_or(leg.since) }
        }
        (LegState::Vanished, handle) => Outcome::Vanished { leg: leg.marker, handle },
        (LegState::AskUser, handle) => Outcome::Asks {
            leg: leg.marker,
            account: leg.choice.account.clone(),
            question: leg.question.unwrap_or(Question::Created),
            sent_at: leg.began_at,
            reserve: leg.choice.reserve,
            handle,
            fault: leg.fault.clone(),
        },
        (state, handle) => Outcome::Open {
            leg: leg.marker,
            account: leg.choice.account.clone(),
            state,
            since: leg.since,
            handle,
        },
    }
}
