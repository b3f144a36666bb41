//! What a provider says of a machine, and what is left to do to end one.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Handle, Instance, State};

/// What one look at one machine showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The reference as now known: an order may have become an instance. It replaces the one asked with.
    pub handle: Handle,
    /// When the provider answered.
    pub at: Timestamp,
    /// What it said.
    pub finding: Finding,
}

/// What the provider said of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The provider does not know it, or does not show it yet. What that means depends on what was seen before:
    /// see [`Semantics::visible_within`](crate::Semantics::visible_within).
    NotFound,
    /// The provider knows it.
    Found {
        /// Where it is in its life.
        state: State,
        /// The provider's own word for that.
        word: String,
        /// Why it failed, in the provider's words; absent where it did not fail or does not say.
        failure: Option<String>,
        /// The machine itself; absent while only an order exists or where this look does not tell.
        instance: Option<Box<Instance>>,
    },
}

impl Observation {
    /// The state that was seen; absent when nothing was found.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        match &self.finding {
            Finding::NotFound => None,
            Finding::Found { state, .. } => Some(*state),
        }
    }

    /// The machine; absent where this look does not tell.
    #[must_use]
    pub fn instance(&self) -> Option<&Instance> {
        match &self.finding {
            Finding::NotFound => None,
            Finding::Found { instance, .. } => instance.as_deref(),
        }
    }

    /// The provider does not know this machine.
    #[must_use]
    pub fn not_found(handle: Handle, at: Timestamp) -> Self {
        Self { handle, at, finding: Finding::NotFound }
    }

    /// The provider knows this machine; the handle remembers it.
    #[must_use]
    pub fn found(handle: Handle, at: Timestamp, state: State, word: impl Into<String>) -> Self {
        let finding = Finding::Found { state, word: word.into(), failure: None, instance: None };
        Self { handle: handle.seen(at, state), at, finding }
    }

    /// What was seen is this machine: its handle, remembered state and all. What the asked handle knew and the
    /// machine does not tell (its order, when it was made) is kept.
    #[must_use]
    pub fn of_instance(asked: Handle, mut instance: Instance, at: Timestamp) -> Self {
        let mut handle = asked;
        handle.instance.clone_from(&instance.handle.instance);
        handle.marker = handle.marker.or(instance.marker);
        handle.made_at = handle.made_at.or(instance.created_at);
        let handle = handle.seen(at, instance.state);
        instance.handle = handle.clone();
        let finding = Finding::Found {
            state: instance.state,
            word: instance.word.clone(),
            failure: instance.failure.clone(),
            instance: Some(Box::new(instance)),
        };
        Self { handle, at, finding }
    }
}

/// What one step towards a machine's end achieved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Replaces the handle it was asked with: it may now hold the order that ends the machine.
    pub handle: Handle,
    /// What comes next.
    pub next: Next,
}

/// What comes after one step towards a machine's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The provider is at it: look until the machine is gone.
    Started,
    /// The machine cannot be ended yet: look, wait about this long, and call delete again.
    WaitThenRepeat {
        /// Why not now.
        why: String,
        /// How long to wait before the next step.
        wait: Duration,
    },
    /// The provider knows of nothing left to end. Proof is still a look or a listing.
    NothingLeft,
}
