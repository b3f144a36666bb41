//! The decision engine: state and event give the next state, and what is to be done. No clock, no I/O.
//!
//! Reading order: [`Event`] (what happened), [`Leg`] and [`Deployment`] (the state), `apply` (the fold), `judge`
//! (from answers to events), `react` (the table of refusals), `choose` (which choice comes next), `tick` (deadlines
//! and what is to be sent), `needs` (what is to be looked at).
//!
//! Invariants of this room: times come inside events and arguments. `apply` decides nothing, everything else
//! changes nothing. Folding the event log gives the state.

mod apply;
mod choose;
mod event;
mod fault;
pub(crate) mod guards;
mod judge;
mod leg;
mod needs;
mod react;
mod rules;
mod state;
mod tick;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub(crate) use apply::Touched;
pub use event::{Event, Terms, What};
pub use fault::Fault;
pub(crate) use fault::told_to_wait;
pub use leg::{Decision, Leg, LegState, Machine, Question, Reason, Watch};
pub(crate) use needs::{Looked, Target};
pub use rules::Rules;
pub use state::{Block, Deployment, Head, Intent, Mode};

/// How many creates a leg may send that were not refused.
pub const MOST_CREATES: u32 = 2;

/// A time this long after another, never past the end of time.
pub(crate) fn later(at: Timestamp, after: Duration) -> Timestamp {
    let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
    at.saturating_add(after).unwrap_or(Timestamp::MAX)
}

/// A time before another by this long, never before the beginning of time.
pub(crate) fn earlier(at: Timestamp, before: Duration) -> Timestamp {
    let before = SignedDuration::try_from(before).unwrap_or(SignedDuration::MAX);
    at.saturating_sub(before).unwrap_or(Timestamp::MIN)
}

/// Whether this long has passed since then.
pub(crate) fn passed(since: Timestamp, long: Duration, now: Timestamp) -> bool {
    now >= later(since, long)
}

#[cfg(test)]
mod tests;
