//! The real protocol: every law in every state.

use stateright::Property;

use crate::pair::{Pair, laws};
use crate::rules::Timing;
use crate::run;

fn properties() -> Vec<Property<Pair>> {
    [laws::all(), laws::reached()].concat()
}

pub(super) fn pair(timing: Timing, lease: u8, end_at: u8) -> Pair {
    Pair { timing, lease, crashes: true, end_at, without: None, properties }
}

#[test]
fn two_controllers_make_one_machine() {
    run::holds("two controllers", pair(Timing::new(1, 1, 0), 1, 5));
}

#[test]
#[ignore = "wide: about a minute"]
fn wide_two_controllers_with_stale_lists() {
    run::holds("wide: two controllers, stale lists", pair(Timing::new(1, 1, 0), 2, 8));
}
