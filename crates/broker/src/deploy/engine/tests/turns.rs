//! What follows from the passing of time, and what is sent.

use std::time::Duration;

use vmbroker_core::{ErrorKind, State};

use super::super::{Decision, Deployment, Fault, LegState, Mode, Question, Reason, What};
use super::model::{at, choice, marker, opened};
use super::story::{
    Story, absent, accepted, and, asked, deleting, doubled, gone, leg, plan, planned, refused, running, seen,
    sending, tell, told, unclear, under,
};

const DROPPED: What = What::Dropped { intent: 1 };

/// The words of what is true by this second.
fn ticked(state: &Deployment, second: i64) -> Vec<&'static str> {
    state.tick(at(second)).iter().map(What::word).collect()
}

fn halted(story: Story, kind: ErrorKind) -> Deployment {
    under(told(story), |head| head.halted = Some(Fault::new(kind, "no")))
}

fn down(story: Story) -> Deployment {
    under(told(story), |head| head.mode = Mode::Down)
}

/// The first machine alone, so that nothing else is waited for.
fn alone(story: Story) -> Deployment {
    told(and(vec![(0, What::Dropped { intent: 2 })], story))
}

#[test]
fn what_is_not_wanted_is_withdrawn_or_deleted() {
    let unwanted = |state: &Deployment| state.tick(at(6));
    let condemned = [What::Condemned { leg: marker(1), reason: Reason::Unwanted }];
    for story in [accepted(), doubled(), running()] {
        assert_eq!(unwanted(&told(and(story.clone(), vec![(6, DROPPED)]))), condemned);
        assert_eq!(unwanted(&down(story.clone())), condemned);
        assert_eq!(unwanted(&told(story.clone())), []);
        assert_eq!(unwanted(&under(told(story), |head| head.mode = Mode::Held)), []);
    }
    let withdrawn = [What::Withdrawn { leg: marker(1) }];
    assert_eq!(unwanted(&told(and(planned(), vec![(6, DROPPED)]))), withdrawn);
    assert_eq!(unwanted(&halted(planned(), ErrorKind::InvalidRequest)), withdrawn);
    assert_eq!(unwanted(&down(planned())), withdrawn);
    assert_eq!(unwanted(&told(planned())), []);
    let suspended = asked(running(), Question::Unlisted);
    assert_eq!(unwanted(&told(and(suspended.clone(), vec![(6, DROPPED)]))), condemned);
    assert_eq!(unwanted(&down(suspended.clone())), condemned);
    assert_eq!(unwanted(&told(suspended)), []);
    let vanished = and(running(), vec![(5, What::Vanished { leg: marker(1) })]);
    assert_eq!(unwanted(&down(vanished.clone())), [What::Gone { leg: marker(1), machine: 0 }]);
    assert_eq!(unwanted(&told(vanished)), []);
    // A create that is on its way, or of which nobody knows, is not called back by wishing.
    for story in [sending(), unclear(), absent(), gone(), refused()] {
        assert_eq!(unwanted(&told(and(story, vec![(6, DROPPED)]))), []);
    }
}

#[test]
fn deadlines_fall_to_the_second() {
    let late = ["blocked", "condemned"];
    let state = told(accepted());
    assert_eq!((ticked(&state, 120), ticked(&state, 121)), (Vec::new(), late.to_vec()));
    let waits = told(and(accepted(), vec![seen(2, 0, "vm-1", State::AwaitingApproval)]));
    assert_eq!((ticked(&waits, 3_600), ticked(&waits, 3_601)), (Vec::new(), late.to_vec()));
    let reasons: Vec<_> =
        [(&state, 121), (&waits, 3_601)].map(|(state, second)| state.tick(at(second)).pop()).into();
    let condemned = |reason| Some(What::Condemned { leg: marker(1), reason });
    assert_eq!(reasons, [condemned(Reason::TooLate), condemned(Reason::NotApproved)]);

    let nobody_looked = |state: &Deployment| state.tick_but(at(1_000_000), |account| account.as_str() == "a");
    assert_eq!((nobody_looked(&state), nobody_looked(&waits)), (vec![], vec![]));
    assert_eq!(state.tick_but(at(121), |account| account.as_str() == "b").len(), 2);

    let ending = told(deleting());
    assert_eq!(ending.tick(at(609)), []);
    assert_eq!(ending.tick(at(610)), [What::Asked { leg: marker(1), question: Question::Gone }]);
    let lost = told(unclear());
    assert_eq!(lost.tick(at(360)), []);
    assert_eq!(lost.tick(at(361)), [What::Asked { leg: marker(1), question: Question::Created }]);
    for story in [sending(), running(), absent(), asked(unclear(), Question::Created)] {
        assert_eq!(told(story).tick(at(1_000_000)), []);
    }
}

#[test]
fn the_next_moment_is_the_first_at_which_anything_falls_due() {
    let next = |story: Story| told(story).next_moment();
    assert_eq!(next(accepted()), Some(at(121)));
    assert_eq!(next(deleting()), Some(at(610)));
    assert_eq!(next(unclear()), Some(at(361)));
    assert_eq!(next(paused()), Some(at(50)));
    for story in [planned(), sending(), running(), absent(), gone(), asked(unclear(), Question::Created)] {
        assert_eq!(next(story), None);
    }
    let two = and(accepted(), vec![(0, plan(2, 2, "b")), (0, What::Sending { leg: marker(2) })]);
    let lost = What::Unclear { leg: marker(2), fault: Fault::unclear("lost") };
    assert_eq!(next(and(two, vec![(5, lost)])), Some(at(121)));
}

/// A leg that was refused at the first second, and is to be sent again at the fiftieth.
fn paused() -> Story {
    let fault = Fault::new(ErrorKind::RateLimited, "slowly");
    and(sending(), vec![(1, What::Refused { leg: marker(1), fault, again_at: Some(at(50)) })])
}

#[test]
fn only_what_is_planned_and_due_is_sent_and_only_while_it_is_brought_up() {
    let sends = |state: &Deployment, second: i64| state.sends(at(second));
    assert_eq!(sends(&told(planned()), 0), [marker(1)]);
    assert_eq!((sends(&told(paused()), 49), sends(&told(paused()), 50)), (vec![], vec![marker(1)]));
    for story in [sending(), unclear(), accepted(), refused(), absent(), gone()] {
        assert_eq!(sends(&told(story), 2_000), []);
    }
    for mode in [Mode::Held, Mode::Down] {
        assert_eq!(sends(&under(told(planned()), |head| head.mode = mode), 0), []);
    }
    assert_eq!(sends(&halted(planned(), ErrorKind::InvalidRequest), 0), []);
}

#[test]
fn creates_on_their_way_when_the_program_ended_are_of_unknown_outcome() {
    let found = told(sending()).interrupted();
    assert!(matches!(&found[..], [What::Unclear { leg, .. }] if *leg == marker(1)), "{found:?}");
    for story in [planned(), accepted(), unclear(), running()] {
        assert_eq!(told(story).interrupted(), []);
    }
}

#[test]
fn legs_are_started_for_what_is_wanted_and_has_none_with_the_next_number() {
    let starts = |state: &Deployment| {
        let mut drawn = 100;
        state.starts(at(2_000), &mut || {
            drawn += 1;
            Some(marker(drawn))
        })
    };
    let words = |state: &Deployment| -> Vec<&str> { starts(state).iter().map(What::word).collect() };
    assert_eq!(words(&told(Vec::new())), ["planned", "planned"]);
    assert_eq!(words(&told(accepted())), ["planned"], "one has a leg");
    assert_eq!(words(&alone(Vec::new())), ["planned"], "one is not wanted");
    let failed = What::Failed { intent: 1, why: vec!["no".to_owned()] };
    assert_eq!(words(&alone(vec![(1, failed)])), [""; 0], "there is nothing left to try");
    let held = under(told(Vec::new()), |head| head.mode = Mode::Held);
    assert_eq!(words(&held), [""; 0]);
    let numbers = starts(&alone(refused()));
    assert!(matches!(numbers[..], [What::Planned { intent: 1, number: 2, .. }]), "{numbers:?}");
    let third = vec![(2, second_leg()), (2, What::Withdrawn { leg: marker(2) })];
    let numbers = starts(&under(alone(and(refused(), third)), |head| head.choices.push(choice("c", 3))));
    assert!(matches!(numbers[..], [What::Planned { intent: 1, number: 3, .. }]), "{numbers:?}");
    // Each one that is planned counts for the next: three creates are open at the only account, and two wait.
    let mut five = opened(5, &[choice("a", 1)]);
    assert_eq!(words(&five), ["planned"; 3]);
    // The budget of 60 has room for two of 25.
    five = opened(5, &[choice("a", 25)]);
    assert_eq!(words(&five), ["planned"; 2]);
    // Where nothing is left for any, all are told so at once.
    five = under(five, |head| head.choices.clear());
    assert_eq!(words(&five), ["failed"; 5]);
    // Without a marker nothing starts.
    assert_eq!(told(Vec::new()).starts(at(0), &mut || None), []);
}

fn second_leg() -> What {
    What::Planned { leg: marker(2), intent: 1, number: 2, choice: Box::new(choice("b", 2)) }
}

#[test]
fn a_deployment_is_settled_when_time_alone_changes_nothing_more() {
    let settled = |state: &Deployment| state.is_settled(at(6));
    for story in
        [planned(), sending(), unclear(), accepted(), doubled(), deleting(), refused(), absent(), gone()]
    {
        let state = alone(story);
        assert!(!settled(&state), "{:?}", state.legs.values().next().map(|leg| leg.state));
    }
    assert!(settled(&alone(running())));
    assert!(settled(&alone(asked(unclear(), Question::Created))));
    assert!(settled(&alone(vec![(1, DROPPED)])));
    assert!(!settled(&told(running())), "the second has no leg");
    assert!(!settled(&alone(Vec::new())));
    let failed = |intent| (6, What::Failed { intent, why: vec!["no".to_owned()] });
    assert!(settled(&alone(and(refused(), vec![failed(1)]))));
    // Held, it waits for nobody, and brings to an end what was begun.
    let held = |story: Story| settled(&under(told(story), |head| head.mode = Mode::Held));
    assert!(held(Vec::new()) && held(running()) && held(planned()));
    assert!(!held(sending()) && !held(accepted()) && !held(deleting()));
    // What is up and no longer wanted is still to be deleted.
    assert!(!settled(&alone(and(running(), vec![(6, DROPPED)]))));
    assert!(!settled(&down(running())));
    // A machine of a doubled create is waited for as long as a deletion may take.
    let up = What::Ready { leg: marker(1), handle: Box::new(super::story::handle("vm-1")) };
    let spare = alone(and(doubled(), vec![(20, up)]));
    assert_eq!(leg(&spare).state, LegState::Running);
    assert_eq!((spare.is_settled(at(609)), spare.is_settled(at(610))), (false, true));
    let mut ended = spare;
    tell(&mut ended, vec![(30, What::Gone { leg: marker(1), machine: 1 })]);
    assert!(ended.is_settled(at(31)));
}

#[test]
fn only_a_wish_that_is_wrong_itself_is_wrong_everywhere() {
    assert!(halted(Vec::new(), ErrorKind::InvalidRequest).is_wrong_everywhere());
    assert!(!halted(Vec::new(), ErrorKind::Unavailable).is_wrong_everywhere());
    assert!(!told(Vec::new()).is_wrong_everywhere());
}

#[test]
fn what_could_not_be_ended_in_time_is_ended_again() {
    let state = |story: Story| {
        under(told(story), |head| {
            (head.mode, head.policy.delete_within) = (Mode::Down, Duration::from_secs(100));
        })
    };
    let again = |story: Story, second: i64| state(story).ends_again(at(second));
    let condemned = |reason| What::Condemned { leg: marker(1), reason };
    let asks = What::Asked { leg: marker(1), question: Question::Gone };
    assert_eq!(again(asked(deleting(), Question::Gone), 600), [condemned(Reason::TooLate)]);
    assert_eq!(again(deleting(), 109), [], "it has time yet");
    assert_eq!(again(deleting(), 111), [asks, condemned(Reason::TooLate)]);
    for story in
        [asked(running(), Question::Unlisted), asked(unclear(), Question::Created), running(), gone()]
    {
        assert_eq!(again(story, 600), []);
    }
    let kept = vec![
        (20, What::Decided { leg: marker(1), decision: Decision::KeepBoth }),
        (30, condemned(Reason::TooLate)),
    ];
    let kept = asked(and(doubled(), kept), Question::Gone);
    assert_eq!(again(kept, 600), [condemned(Reason::Unwanted)], "nobody wants what was kept besides, either");

    let mut state = state(deleting());
    for what in state.ends_again(at(600)) {
        tell(&mut state, vec![(600, what)]);
    }
    let leg = leg(&state);
    assert_eq!((leg.state, leg.machines[0].ending_since), (LegState::Deleting, Some(at(600))));
    assert_eq!(state.tick(at(699)), [], "its time begins anew");
}
