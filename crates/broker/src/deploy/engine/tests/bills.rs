//! What sightings tell of a machine's bill: the latest time at which it cost money for sure, and the first at which it
//! costs none.

use vmbroker_core::{Handle, State};

use super::super::{Event, Machine, Reason, What};
use super::model::{at, choice, marker, opened};

/// The seconds of the last cost and of the first time without.
type Bill = (Option<i64>, Option<i64>);

/// Sightings a second apart, and what follows: the seconds of the last cost and of the first time without.
fn billed(states: &[State]) -> Bill {
    let mut machine = Machine::new(Handle::of_instance(&"a".parse().unwrap(), "1"), at(0));
    for (second, state) in (1..).zip(states) {
        machine.bill(at(second), *state);
        machine.state = Some(*state);
    }
    let seconds = |time: Option<jiff::Timestamp>| time.map(|time| time.duration_since(at(0)).as_secs());
    (seconds(machine.billed_at), seconds(machine.unbilled_at))
}

#[test]
fn only_what_costs_money_for_sure_is_billed_at_least() {
    use State::{Deleting, Failed, Gone, Provisioning, Recycled, Running, Unrecognised};
    let rows: &[(&[State], Bill)] = &[
        (&[Provisioning, Running], (Some(2), None)),
        (&[Failed], (Some(1), None)),
        // On its way out it may be on the way into the recycle bin, or out of it.
        (&[Running, Deleting], (Some(1), None)),
        (&[Running, Deleting, Recycled], (Some(1), Some(3))),
        (&[Running, Recycled, Deleting], (Some(1), Some(2))),
        (&[Running, Recycled, Deleting, Gone], (Some(1), Some(2))),
        // It came back.
        (&[Running, Deleting, Running], (Some(3), None)),
        (&[Running, Recycled, Running], (Some(3), None)),
        (&[Running, Gone, Deleting], (Some(1), None)),
        // A word that nobody knows may cost money, and proves no cost.
        (&[Running, Unrecognised], (Some(1), None)),
        (&[Running, Recycled, Unrecognised], (Some(1), None)),
    ];
    for (states, expected) in rows {
        assert_eq!(billed(states), *expected, "{states:?}");
    }
}

#[test]
fn a_step_towards_the_end_is_billed_unless_it_came_from_the_recycle_bin() {
    for (lay_in_bin, expected) in [(false, (Some(7), None)), (true, (Some(5), Some(9)))] {
        let mut state = opened(1, &[choice("a", 1)]);
        let leg = marker(1);
        let handle = Handle::of_instance(&"a".parse().unwrap(), "1");
        let stepped = if lay_in_bin { handle.clone().seen(at(9), State::Recycled) } else { handle.clone() };
        let planned = What::Planned { leg, intent: 1, number: 1, choice: Box::new(choice("a", 1)) };
        let story = [
            (1, planned),
            (2, What::Sending { leg }),
            (3, What::Accepted { leg, handle: Box::new(handle.clone()) }),
            (5, What::Ready { leg, handle: Box::new(handle) }),
            (8, What::Condemned { leg, reason: Reason::Unwanted }),
            (9, What::Stepped { leg, machine: 0, handle: Box::new(stepped), known: true, asked_at: at(7) }),
        ];
        state.fold(&story.map(|(second, what)| Event { at: at(second), what }));
        let machine = state.leg(leg).unwrap().machine().unwrap();
        assert_eq!((machine.billed_at, machine.unbilled_at), (expected.0.map(at), expected.1.map(at)));
    }
}
