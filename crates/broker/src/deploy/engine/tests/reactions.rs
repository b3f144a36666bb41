//! The table of refusals, row by row.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Effect, ErrorKind, Retry};

use super::super::react::{MOST_REFUSALS, Reaction, to_failure, to_refusal};
use super::super::{Event, Fault, What};
use super::model::{at, choice, marker, opened};

/// What is blocked by a refusal of this kind: `offer`, `place`, `account`, and whether it ends by itself.
fn blocked(kind: ErrorKind, refusals: u32) -> (&'static str, bool) {
    let mut state = opened(1, &[choice("a", 1)]);
    let planned = What::Planned { leg: marker(1), intent: 1, number: 1, choice: Box::new(choice("a", 1)) };
    state.fold(&[Event { at: at(0), what: planned }]);
    let mut leg = state.leg(marker(1)).unwrap().clone();
    leg.refusals = refusals;
    match to_refusal(&leg, &Fault::new(kind, "no"), Duration::from_secs(8), at(0)) {
        Reaction::Again(_) => ("again", true),
        Reaction::Halt => ("halt", true),
        Reaction::Next(None) => ("next", true),
        Reaction::Next(Some(block)) => {
            let scope = match (&block.offer, &block.location) {
                (Some(_), _) => "offer",
                (None, Some(_)) => "place",
                (None, None) => "account",
            };
            (scope, block.until.is_some())
        }
    }
}

#[test]
fn each_kind_has_its_reaction() {
    let rows = [
        (ErrorKind::OutOfCapacity, 0, ("offer", true)),
        (ErrorKind::QuotaExceeded, 0, ("place", true)),
        (ErrorKind::InsufficientFunds, 0, ("account", true)),
        (ErrorKind::Unauthenticated, 0, ("account", false)),
        (ErrorKind::PermissionDenied, 0, ("account", false)),
        (ErrorKind::InvalidConfig, 0, ("account", false)),
        (ErrorKind::IncompatibleOffer, 0, ("offer", false)),
        (ErrorKind::InvalidRequest, 0, ("halt", true)),
        (ErrorKind::RateLimited, 0, ("again", true)),
        (ErrorKind::RateLimited, MOST_REFUSALS - 1, ("next", true)),
        (ErrorKind::Unavailable, 0, ("again", true)),
        (ErrorKind::Unavailable, 3, ("account", true)),
        (ErrorKind::DeadlineExceeded, 0, ("again", true)),
        (ErrorKind::DeadlineExceeded, 3, ("account", true)),
        (ErrorKind::NotFound, 0, ("offer", false)),
        (ErrorKind::Conflict, 0, ("offer", false)),
        (ErrorKind::Unsupported, 0, ("offer", false)),
        (ErrorKind::Protocol, 0, ("offer", false)),
        (ErrorKind::MachineFailed, 0, ("offer", false)),
    ];
    for (kind, refusals, wanted) in rows {
        assert_eq!(blocked(kind, refusals), wanted, "{kind:?} after {refusals}");
    }
    assert!(ErrorKind::ALL.iter().all(|kind| rows.iter().any(|row| row.0 == *kind)), "a kind has no row");
}

#[test]
fn no_kind_is_repeated_for_ever() {
    for kind in ErrorKind::ALL {
        assert_ne!(blocked(kind, MOST_REFUSALS - 1).0, "again", "{kind:?}");
    }
}

#[test]
fn a_told_pause_is_kept_and_clipped() {
    let mut state = opened(1, &[choice("a", 1)]);
    let planned = What::Planned { leg: marker(1), intent: 1, number: 1, choice: Box::new(choice("a", 1)) };
    state.fold(&[Event { at: at(0), what: planned }]);
    let leg = state.leg(marker(1)).unwrap();
    let again = |told: u64| {
        let fault = Fault {
            kind: ErrorKind::RateLimited,
            effect: Effect::None,
            retry: Retry::After(Duration::from_secs(told)),
            message: String::new(),
        };
        match to_refusal(leg, &fault, Duration::from_secs(8), at(0)) {
            Reaction::Again(at) => at,
            Reaction::Next(_) | Reaction::Halt => Timestamp::MAX,
        }
    };
    assert_eq!(again(0), at(4), "a quarter of the account's pace, doubled with each refusal");
    assert_eq!(again(90), at(90));
    assert_eq!(again(1_000_000), at(600));
}

#[test]
fn what_is_blocked_comes_back_after_its_time() {
    let mut state = opened(1, &[choice("a", 1)]);
    let planned = What::Planned { leg: marker(1), intent: 1, number: 1, choice: Box::new(choice("a", 1)) };
    state.fold(&[Event { at: at(0), what: planned }]);
    let mut leg = state.leg(marker(1)).unwrap().clone();
    leg.refusals = 3;
    let minutes = |kind: ErrorKind| match to_refusal(&leg, &Fault::new(kind, "no"), Duration::ZERO, at(0)) {
        Reaction::Next(Some(block)) => block.until.map(|until| until.duration_since(at(0)).as_secs() / 60),
        Reaction::Next(None) | Reaction::Again(_) | Reaction::Halt => None,
    };
    let rows = [
        (ErrorKind::OutOfCapacity, 10),
        (ErrorKind::QuotaExceeded, 30),
        (ErrorKind::InsufficientFunds, 60),
        (ErrorKind::Unavailable, 5),
    ];
    for (kind, wanted) in rows {
        assert_eq!(minutes(kind), Some(wanted), "{kind:?}");
    }
    let failed = to_failure(&leg, "it broke", at(0));
    assert_eq!((failed.account.as_str(), failed.why.as_str()), ("a", "it broke"));
    assert_eq!(failed.offer.zip(failed.location), Some((leg.choice.offer, leg.choice.location.to_string())));
    assert_eq!(failed.until, Some(at(300)));
}
