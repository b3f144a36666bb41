//! What a complete list says of a leg, and when.

use std::time::Duration;

use vmbroker_core::{Handle, Instance, Listing, Pages, State};

use super::super::{Deployment, Event, Fault, LegState, What};
use super::model::{at, choice, marker, opened};

/// The second at which the first create's absence was proven, and how long a late machine is looked for.
const PROVEN: i64 = 100;
const WATCH: i64 = 1_000;

/// A leg whose first create is proven absent, and whose second is on its way.
fn sending_again() -> Deployment {
    let mut state = opened(1, &[choice("a", 1)]);
    let (leg, fault) = (marker(1), Fault::unclear("lost"));
    let planned = What::Planned { leg, intent: 1, number: 1, choice: Box::new(choice("a", 1)) };
    let steps = [
        (0, planned),
        (0, What::Sending { leg }),
        (1, What::Unclear { leg, fault }),
        (PROVEN, What::ProvenAbsent { leg, watch_until: at(PROVEN + WATCH) }),
        (PROVEN + WATCH - 10, What::Sending { leg }),
    ];
    for (second, what) in steps {
        state.fold(&[Event { at: at(second), what }]);
    }
    state
}

fn list_with_its_machine() -> Listing {
    let handle = Handle::of_instance(&"a".parse().unwrap(), "vm-1");
    let row = Instance::new(handle, marker(1).to_string(), State::Provisioning, "word");
    let mut pages = Pages::new();
    pages.add(vec![row], 0, None, true);
    pages.finish(at(0)).unwrap()
}

#[test]
fn a_create_on_its_way_answers_for_itself_and_no_list_takes_its_place() {
    let mut state = sending_again();
    let (account, asked) = ("a".parse().unwrap(), at(PROVEN + WATCH - 9));
    assert_eq!(state.listed(&account, &list_with_its_machine(), asked, asked), []);
    let second = Handle::of_instance(&account, "vm-2");
    let accepted = state.sent(marker(1), Ok(second.clone()), asked);
    assert!(matches!(&accepted[..], [What::Accepted { handle, .. }] if **handle == second), "{accepted:?}");
    // As soon as it has answered, the late machine of the first one is found beside it.
    state.fold(&[Event { at: asked, what: accepted[0].clone() }]);
    let found = state.listed(&account, &list_with_its_machine(), asked, asked);
    assert!(found.iter().any(|what| matches!(what, What::Doubled { .. })), "{found:?}");
}

#[test]
fn a_late_machine_is_looked_for_as_long_after_the_last_create_as_after_the_first() {
    let mut state = sending_again();
    let (leg, account) = (marker(1), "a".parse().unwrap());
    let lost = PROVEN + WATCH - 5;
    state.fold(&[Event { at: at(lost), what: What::Unclear { leg, fault: Fault::unclear("lost") } }]);
    let found = state.listed(&account, &list_with_its_machine(), at(lost), at(lost + 1));
    state.fold(&[Event { at: at(lost + 1), what: found[0].clone() }]);
    assert_eq!(state.leg(leg).unwrap().state, LegState::Found);
    // The machine that was found may be the first create's: the second's may still come.
    let until = state.watched_until(state.leg(leg).unwrap()).unwrap();
    assert_eq!(until.duration_since(at(lost)).as_secs(), WATCH);
    let past_the_first = at(PROVEN + WATCH + 1);
    let seen = state.listed(&account, &list_with_its_machine(), past_the_first, past_the_first);
    assert!(!seen.contains(&What::WatchEnded { leg }), "{seen:?}");
}

#[test]
fn a_machine_counts_as_seen_when_the_list_came_and_not_when_it_was_asked_for() {
    let mut state = sending_again();
    let (leg, account) = (marker(1), "a".parse().unwrap());
    let lost = at(PROVEN + WATCH - 5);
    state.fold(&[Event { at: lost, what: What::Unclear { leg, fault: Fault::unclear("lost") } }]);
    let answered = lost.checked_add(Duration::from_secs(7)).unwrap();
    let found = state.listed(&account, &list_with_its_machine(), lost, answered);
    let Some(What::Found { handle, .. }) = found.first() else { panic!("{found:?}") };
    assert_eq!(handle.last_seen.map(|seen| seen.at), Some(answered));
}
