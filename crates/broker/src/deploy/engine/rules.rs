//! How long an account keeps us in the dark.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vmbroker_core::Semantics;

use super::guards::{Guard, holds};
use crate::deploy::OnUncertain;

/// What the engine knows of an account's timing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// D: how long after our last byte a create may still be applied.
    pub applies_within: Duration,
    /// S: how old an answer may be.
    pub lists_lag: Duration,
    /// How long a new machine may be invisible; absent: nobody can say, and absence is never proven.
    pub visible_within: Option<Duration>,
    /// Whether a machine that is not running is shown. Where not, what is missing may still cost money.
    #[serde(default = "yes")]
    pub lists_inactive: bool,
    /// What to do when a create's outcome stays unknown.
    pub on_uncertain: OnUncertain,
    /// How long between two looks.
    pub poll_every: Duration,
}

/// Of what was written down before this was asked about.
fn yes() -> bool {
    true
}

impl Rules {
    /// The rules of an account. What `wanted` does not say follows from what the provider can prove: where a new
    /// machine may be invisible without limit, a person is asked.
    #[must_use]
    pub fn of(semantics: &Semantics, wanted: Option<OnUncertain>) -> Self {
        let provable = semantics.visible_within.is_some();
        let by_itself = if provable { OnUncertain::Proceed } else { OnUncertain::Ask };
        // Nobody can order us to believe an absence that proves nothing.
        let on_uncertain = if provable { wanted.unwrap_or(by_itself) } else { OnUncertain::Ask };
        Self {
            applies_within: semantics.create_applies_within,
            lists_lag: semantics.list_lags_by,
            visible_within: semantics.visible_within,
            lists_inactive: semantics.lists_inactive,
            on_uncertain,
            poll_every: semantics.poll_every,
        }
    }

    /// From how long after the last byte on a listing without the machine counts. By then the create was applied, or
    /// never is; what it made is no longer hidden; and no listing can be older than that. Two such listings prove
    /// that there is none: one alone may have lost a row.
    #[must_use]
    pub fn grace(&self) -> Duration {
        if !holds(Guard::Grace) {
            return Duration::ZERO;
        }
        let hidden = self.visible_within.unwrap_or_default();
        self.applies_within.saturating_add(hidden).saturating_add(self.lists_lag)
    }

    /// How long to look before a person is asked although nothing was proven: twice the grace, and time for 30
    /// looks that fail.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.grace().saturating_mul(2).saturating_add(self.poll_every.saturating_mul(30))
    }
}
