//! What sightings tell of a machine's bill: the latest time at which it cost money for sure, and the first at which it
//! costs none.

use vmbroker_core::{Handle, State};

use super::super::Machine;
use super::model::at;

/// Sightings a second apart, and what follows: the seconds of the last cost and of the first time without.
fn billed(states: &[State]) -> (Option<i64>, Option<i64>) {
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
    let rows: &[(&[State], (Option<i64>, Option<i64>))] = &[
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
        // A word that nobody knows may cost money, and proves no cost.
        (&[Running, Unrecognised], (Some(1), None)),
        (&[Running, Recycled, Unrecognised], (Some(1), None)),
    ];
    for (states, expected) in rows {
        assert_eq!(billed(states), *expected, "{states:?}");
    }
}
