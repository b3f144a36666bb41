//! What a refused create means: the same again, another choice, or nothing more at all. One table.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::ErrorKind;

use super::fault::told_to_wait;
use super::{Block, Fault, Leg, later};

/// How many refused creates a leg may have.
pub(crate) const MOST_REFUSALS: u32 = 5;
/// How often a create that met an unreachable provider is tried again before another choice is taken.
const UNREACHABLE: u32 = 3;
/// How often a condition that is known to pass is asked about again: sold out offers come back within minutes,
/// quotas within the time a person needs, and money takes a transfer.
const SOLD_OUT_FOR: Duration = Duration::from_secs(10 * 60);
const QUOTA_FOR: Duration = Duration::from_secs(30 * 60);
const FUNDS_FOR: Duration = Duration::from_secs(60 * 60);
const DOWN_FOR: Duration = Duration::from_secs(5 * 60);

/// What follows from a refused create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// The same create again, not before this time.
    Again(Timestamp),
    /// Another choice; what is not worth trying meanwhile.
    Next(Option<Block>),
    /// It would be wrong everywhere.
    Halt,
}

/// What follows from this failure of this leg, whose create changed nothing.
pub(crate) fn to_refusal(leg: &Leg, fault: &Fault, poll_every: Duration, now: Timestamp) -> Reaction {
    let refusals = leg.refusals + 1;
    let scope = Scope { leg, fault };
    match fault.kind {
        ErrorKind::OutOfCapacity => Reaction::Next(Some(scope.offer(Some(later(now, SOLD_OUT_FOR))))),
        ErrorKind::QuotaExceeded => Reaction::Next(Some(scope.place(later(now, QUOTA_FOR)))),
        ErrorKind::InsufficientFunds => Reaction::Next(Some(scope.account(Some(later(now, FUNDS_FOR))))),
        ErrorKind::Unauthenticated | ErrorKind::PermissionDenied | ErrorKind::InvalidConfig => {
            Reaction::Next(Some(scope.account(None)))
        }
        ErrorKind::InvalidRequest => Reaction::Halt,
        ErrorKind::RateLimited if refusals < MOST_REFUSALS => {
            Reaction::Again(pause(fault, refusals, poll_every, now))
        }
        // Waited as told, often enough; it blocks nothing.
        ErrorKind::RateLimited => Reaction::Next(None),
        ErrorKind::Unavailable | ErrorKind::DeadlineExceeded if refusals <= UNREACHABLE => {
            Reaction::Again(pause(fault, refusals, poll_every, now))
        }
        ErrorKind::Unavailable | ErrorKind::DeadlineExceeded => {
            Reaction::Next(Some(scope.account(Some(later(now, DOWN_FOR)))))
        }
        ErrorKind::IncompatibleOffer
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Unsupported
        | ErrorKind::Protocol
        | ErrorKind::MachineFailed => Reaction::Next(Some(scope.offer(None))),
    }
}

/// What is not worth trying after a create of this leg came to nothing although it was not refused, or its machine
/// failed.
pub(crate) fn to_failure(leg: &Leg, why: &str, now: Timestamp) -> Block {
    let fault = Fault::new(ErrorKind::Unavailable, why);
    Scope { leg, fault: &fault }.offer(Some(later(now, DOWN_FOR)))
}

fn pause(fault: &Fault, refusals: u32, poll_every: Duration, now: Timestamp) -> Timestamp {
    let doubled = (poll_every / 4).saturating_mul(1 << refusals.min(6));
    later(now, doubled.max(told_to_wait(fault.retry)))
}

struct Scope<'a> {
    leg: &'a Leg,
    fault: &'a Fault,
}

impl Scope<'_> {
    fn account(&self, until: Option<Timestamp>) -> Block {
        Block {
            account: self.leg.choice.account.clone(),
            offer: None,
            location: None,
            until,
            kind: self.fault.kind,
            why: self.fault.message.clone(),
        }
    }

    fn place(&self, until: Timestamp) -> Block {
        Block { location: Some(self.leg.choice.location.to_string()), ..self.account(Some(until)) }
    }

    fn offer(&self, until: Option<Timestamp>) -> Block {
        let location = Some(self.leg.choice.location.to_string());
        Block { offer: Some(self.leg.choice.offer.clone()), location, ..self.account(until) }
    }
}
