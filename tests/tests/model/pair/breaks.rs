//! Each safeguard taken out: a law breaks, and the last steps to that are printed.

use crate::pair::holds::pair;
use crate::pair::{Pair, laws};
use crate::rules::{Guard, Timing};
use crate::run;

fn breaks(guard: Guard, law: &'static str) {
    let model = Pair {
        without: Some(guard),
        crashes: false,
        properties: laws::all,
        ..pair(Timing::new(1, 1, 0), 1, 6)
    };
    run::breaks(&format!("two controllers without {guard:?}"), model, law);
}

#[test]
fn without_the_claim_both_create() {
    breaks(Guard::Claim, laws::ONE_PER_MARKER);
}

#[test]
fn without_the_lease_a_create_comes_from_one_who_was_overtaken() {
    breaks(Guard::Lease, laws::ONE_PER_MARKER);
}

#[test]
fn without_the_send_guard_one_who_stopped_sends_after_its_lease() {
    breaks(Guard::SendInTime, laws::IN_TIME);
}

#[test]
fn without_the_send_guard_two_machines_are_paid() {
    breaks(Guard::SendInTime, laws::ONE_PER_MARKER);
}
