//! What has to be looked at, and when.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::State;

use super::super::{Deployment, Looked, Question, Target, What};
use super::model::{at, choice, marker, opened};
use super::story::{
    Story, absent, accepted, and, asked, deleting, doubled, gone, handle, leg, planned, running, seen,
    sending, tell, told, unclear, under,
};

fn listed(second: i64, quiet: u32) -> Looked {
    Looked { listed_at: Some(at(second)), asked_at: None, quiet }
}

fn asked_at(second: i64, quiet: u32) -> Looked {
    Looked { listed_at: None, asked_at: Some(at(second)), quiet }
}

/// Milliseconds since the story began.
fn milliseconds(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(|moment| moment.as_millisecond() - at(0).as_millisecond())
}

fn list_due(story: Story, looked: &Looked) -> Option<i64> {
    let state = told(story);
    milliseconds(state.list_due(leg(&state), looked))
}

fn status_due(story: Story, looked: &Looked, verify: bool) -> Option<i64> {
    let state = told(story);
    milliseconds(state.status_due(leg(&state), looked, verify))
}

/// The machines that are asked about, by their place in the leg.
fn targets(story: Story, verify: bool) -> Vec<usize> {
    let state = told(story);
    state.targets(leg(&state), verify).iter().map(|target| target.machine).collect()
}

#[test]
fn looks_begin_at_a_quarter_of_the_pace_and_slow_down_to_four_times() {
    for (quiet, pause) in [(0, 2_000), (1, 3_000), (2, 4_500), (3, 6_750), (16, 32_000), (100, 32_000)] {
        assert_eq!(status_due(accepted(), &asked_at(100, quiet), false), Some(100_000 + pause), "{quiet}");
    }
    assert_eq!(status_due(accepted(), &Looked::default(), false), Some(1_000));
}

#[test]
fn a_lost_create_is_looked_for_at_once_and_at_each_moment_that_can_prove_something() {
    assert_eq!(list_due(unclear(), &Looked::default()), Some(1_000));
    assert_eq!(list_due(unclear(), &listed(0, 0)), Some(1_000), "a list from before proves nothing");
    assert_eq!(list_due(unclear(), &listed(1, 0)), Some(3_000));
    assert_eq!(list_due(unclear(), &listed(10, 0)), Some(12_000));
    // The first absence counts from the 61st second on, however quiet it was.
    assert_eq!(list_due(unclear(), &listed(40, 16)), Some(61_000));
    assert_eq!(list_due(unclear(), &listed(61, 16)), Some(93_000));
    // The second is looked for soon after the first.
    let missed = and(unclear(), vec![(61, What::Missed { leg: marker(1) })]);
    assert_eq!(list_due(missed, &listed(61, 16)), Some(63_000));
}

#[test]
fn a_late_machine_is_looked_for_ever_more_seldom_until_the_watch_ends() {
    assert_eq!(list_due(absent(), &Looked::default()), Some(160_000));
    let rows =
        [(159, 160), (160, 220), (219, 220), (220, 340), (1_000, 1_060), (1_061, 1_100), (1_200, 1_200)];
    for (last, due) in rows {
        assert_eq!(list_due(absent(), &listed(last, 0)), Some(due * 1_000), "{last}");
    }
    // Where a person is asked, there is no end.
    assert_eq!(list_due(asked(unclear(), Question::Created), &Looked::default()), Some(560_000));
    assert_eq!(list_due(asked(unclear(), Question::Created), &listed(5_000, 0)), Some(8_180_000));
    for story in
        [planned(), sending(), accepted(), running(), deleting(), gone(), asked(deleting(), Question::Gone)]
    {
        assert_eq!(list_due(story, &Looked::default()), None);
    }
    // A longer watch, asked for in a later run, holds from the proof on.
    let longer = under(told(absent()), |head| head.policy.late_watch = Duration::from_secs(2_000));
    assert_eq!(longer.watched_until(leg(&longer)), Some(at(2_100)));
}

#[test]
fn a_list_is_wanted_only_where_it_can_tell_something() {
    let wants = |story: Story| {
        let state = told(story);
        state.wants_a_list(leg(&state))
    };
    assert!(wants(unclear()) && wants(absent()) && wants(asked(unclear(), Question::Created)));
    assert!(!wants(accepted()) && !wants(running()) && !wants(asked(deleting(), Question::Gone)));
    assert!(!wants(and(absent(), vec![(1_100, What::WatchEnded { leg: marker(1) })])));
}

#[test]
fn machines_are_asked_about_while_something_is_to_come_of_them() {
    for (story, wanted) in [
        (sending(), vec![]),
        (unclear(), vec![]),
        (accepted(), vec![0]),
        (doubled(), vec![0, 1]),
        (running(), vec![]),
        (deleting(), vec![0]),
        (gone(), vec![]),
        (asked(deleting(), Question::Gone), vec![0]),
        (asked(accepted(), Question::Created), vec![]),
        (and(doubled(), vec![(20, What::Gone { leg: marker(1), machine: 1 })]), vec![0]),
        (
            and(doubled(), vec![(20, What::Ready { leg: marker(1), handle: Box::new(handle("vm-1")) })]),
            vec![1],
        ),
    ] {
        let state = told(story.clone());
        assert_eq!(targets(story, false), wanted, "{}", leg(&state).state);
    }
    assert_eq!(targets(running(), true), [0]);
    assert_eq!(targets(unclear(), true), [0; 0]);
    let target = Target { leg: marker(1), machine: 0, handle: handle("vm-1") };
    let state = told(accepted());
    assert_eq!(state.targets(leg(&state), false), [target]);
}

#[test]
fn what_was_handed_over_is_asked_about_once_and_only_where_that_is_wanted() {
    assert_eq!(status_due(running(), &Looked::default(), true), Some(5_000));
    assert_eq!(status_due(running(), &asked_at(100, 0), true), None);
    assert_eq!(status_due(running(), &Looked::default(), false), None);
}

#[test]
fn where_a_person_is_asked_looks_are_seldom_unless_another_machine_is_to_end() {
    let gone = || asked(deleting(), Question::Gone);
    assert_eq!(status_due(gone(), &Looked::default(), false), Some(564_000));
    assert_eq!(status_due(gone(), &asked_at(564, 0), false), Some(628_000));
    let spare = asked(doubled(), Question::Gone);
    assert_eq!(status_due(spare, &asked_at(564, 0), false), Some(566_000));
}

#[test]
fn endings_are_those_of_the_account_that_are_not_proven_gone() {
    let endings = |state: &Deployment, account: &str| -> Vec<String> {
        let targets = state.endings(&account.parse().unwrap());
        targets.into_iter().map(|target| target.handle.id().to_owned()).collect()
    };
    let state = told(doubled());
    assert_eq!((endings(&state, "a"), endings(&state, "b")), (vec!["vm-2".to_owned()], Vec::new()));
    assert_eq!(endings(&told(deleting()), "a"), ["vm-1"]);
    assert_eq!(endings(&told(gone()), "a"), [""; 0]);
    let accounts: Vec<String> = state.accounts().iter().map(ToString::to_string).collect();
    assert_eq!(accounts, ["a"]);
    assert!(opened(1, &[choice("a", 1)]).accounts().is_empty());
}

#[test]
fn who_looks_later_is_told_when_and_until_when() {
    let look = |story: Story, second: i64| {
        let state = told(story);
        let due = state.look_later(leg(&state), at(second));
        due.map(|(due, until)| {
            (milliseconds(Some(due)).unwrap() / 1_000, milliseconds(until).map(|it| it / 1_000))
        })
    };
    assert_eq!(look(sending(), 50), Some((50, None)));
    assert_eq!(look(unclear(), 50), Some((52, None)));
    assert_eq!(look(accepted(), 50), Some((52, None)));
    assert_eq!(look(absent(), 150), Some((160, Some(1_100))));
    assert_eq!((look(running(), 50), look(planned(), 50)), (None, None));
    // A late machine that was found is looked at until it is up, and its twin until the watch ends.
    let found = and(absent(), vec![(200, What::Found { leg: marker(1), handle: Box::new(handle("vm-1")) })]);
    assert_eq!(look(found.clone(), 250), Some((252, None)));
    let up = and(found, vec![seen(210, 0, "vm-1", State::Provisioning), (220, ready())]);
    assert_eq!(look(up, 250), Some((340, Some(1_100))));
    let mut ended = told(absent());
    tell(&mut ended, vec![(1_100, What::WatchEnded { leg: marker(1) })]);
    assert_eq!(ended.look_later(leg(&ended), at(1_200)), None);
}

fn ready() -> What {
    What::Ready { leg: marker(1), handle: Box::new(handle("vm-1")) }
}
