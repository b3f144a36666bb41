//! What one commit writes.

use vmbroker_core::{Marker, ProviderId};

use crate::{
    AttemptRow, BlockRow, DeploymentRow, EventRow, HandleRow, IntentRow, LegRow, LookRow, SightingRow,
};

/// Changes that become durable together, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Makes the row, or replaces the version before it.
    Deployment(DeploymentRow),
    /// Makes the row, or replaces the version before it.
    Intent(IntentRow),
    /// Makes the row, or replaces the version before it.
    Leg(Box<LegRow>),
    /// Makes or replaces the row of this leg and number.
    Attempt(AttemptRow),
    /// Makes or replaces the row of this leg and number.
    Handle(HandleRow),
    /// Makes the row, or replaces one for the same account, offer and place that ends earlier.
    Block(BlockRow),
    /// Makes or replaces the one look at this leg.
    Look(LookRow),
    /// No further look at this leg is needed.
    LookDone(Marker),
    /// Makes the row, or moves the last sighting of the one that is there.
    Sighting(SightingRow),
    /// Makes or replaces the login of this account.
    Login {
        /// The account.
        account: ProviderId,
        /// What tells its login from another.
        login: String,
    },
    /// Adds the event.
    Event(EventRow),
}

impl Batch {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a change, after those that are there.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The changes, in the order of writing.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl From<Vec<Change>> for Batch {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes }
    }
}
