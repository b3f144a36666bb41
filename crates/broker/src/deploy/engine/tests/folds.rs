//! What an event leaves in the state, event by event.

use std::collections::BTreeSet;
use std::time::Duration;

use vmbroker_core::{Effect, Error, ErrorKind, Handle, Retry, State};

use super::super::{
    Block, Decision, Deployment, Event, Fault, LegState, Machine, Mode, Question, Reason, Touched, What,
    told_to_wait,
};
use super::model::{at, choice, marker, opened};
use super::story::{
    Story, absent, accepted, and, asked, deleting, doubled, gone, handle, leg, plan, planned, refused,
    running, seen, sending, told, unclear,
};

fn block(offer: Option<&str>, location: Option<&str>, until: Option<i64>) -> Block {
    Block {
        account: "a".parse().unwrap(),
        offer: offer.map(|offer| vmbroker_core::OfferId(offer.to_owned())),
        location: location.map(str::to_owned),
        until: until.map(at),
        kind: ErrorKind::OutOfCapacity,
        why: "no".to_owned(),
    }
}

fn decided(second: i64, decision: Decision) -> (i64, What) {
    (second, What::Decided { leg: marker(1), decision })
}

fn ids(state: &Deployment) -> Vec<&str> {
    leg(state).machines.iter().map(|machine| machine.handle.id()).collect()
}

#[test]
fn an_event_tells_which_rows_it_changed() {
    let mut state = opened(1, &[choice("a", 1)]);
    let mut touched = |what: What| state.fold(&[Event { at: at(1), what }]);
    let fault = Fault::new(ErrorKind::InvalidRequest, "no");
    let head = BTreeSet::from([Touched::Head]);
    assert_eq!(touched(What::Turned { mode: Mode::Held }), head);
    assert_eq!(touched(What::Halted { fault }), head);
    assert_eq!(touched(What::Blocked { block: block(None, None, None) }), head);
    for what in
        [What::Wanted { intent: 2 }, What::Dropped { intent: 2 }, What::Failed { intent: 2, why: vec![] }]
    {
        assert_eq!(touched(what), BTreeSet::from([Touched::Intent(2)]));
    }
    for what in [plan(1, 1, "a"), What::Sending { leg: marker(1) }, What::WatchEnded { leg: marker(1) }] {
        assert_eq!(touched(what), BTreeSet::from([Touched::Leg(marker(1))]));
    }
    assert_eq!(Deployment::folded("web", &[]), None);
    let events = [What::Wanted { intent: 2 }, What::Wanted { intent: 3 }, What::Dropped { intent: 3 }];
    let events = events.map(|what| Event { at: at(3), what });
    let folded = Deployment::folded("web", &events).unwrap();
    assert_eq!((folded.name(), folded.head.created_at, folded.wanted().collect()), ("web", at(3), vec![2]));
}

#[test]
fn events_and_states_have_the_words_that_stand_in_the_journal() {
    let stories =
        [doubled(), running(), deleting(), absent(), asked(unclear(), Question::Gone), refused(), gone()];
    for (second, what) in stories.concat() {
        let event = Event { at: at(second), what };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["what"], event.what.word());
        assert_eq!(event.what.leg(), Some(marker(1)));
    }
    for state in LegState::ALL {
        let word = serde_json::to_value(state).unwrap();
        assert_eq!((word.as_str(), state.to_string().as_str()), (Some(state.word()), state.word()));
    }
    let reasons =
        [Reason::TooLate, Reason::NotApproved, Reason::Failed("no disk".to_owned()), Reason::Doubled];
    let words: BTreeSet<String> = reasons.iter().map(ToString::to_string).collect();
    assert!(words.len() == 4 && words.contains("it failed: no disk"), "{words:?}");
}

#[test]
fn a_block_bars_what_it_names_until_its_time() {
    let bars = |block: Block, second: i64| block.bars(&choice("a", 1), at(second));
    assert!(bars(block(None, None, None), 9) && !block(None, None, None).bars(&choice("b", 1), at(9)));
    assert!(bars(block(Some("small"), None, None), 9) && !bars(block(Some("large"), None, None), 9));
    let place = choice("a", 1).location.to_string();
    assert!(bars(block(None, Some(&place), None), 9) && !bars(block(None, Some("elsewhere"), None), 9));
    assert!(bars(block(None, None, Some(10)), 9) && !bars(block(None, None, Some(10)), 10));
}

#[test]
fn a_new_block_takes_the_place_of_its_like_and_of_those_that_are_over() {
    let blocks = |story: Vec<(i64, Block)>| -> Vec<(bool, Option<i64>)> {
        let story = story.into_iter().map(|(second, block)| (second, What::Blocked { block }));
        let state = told(story.collect());
        let seconds = |block: &Block| block.until.map(|until| until.duration_since(at(0)).as_secs());
        state.head.blocks.iter().map(|block| (block.offer.is_some(), seconds(block))).collect()
    };
    let (all, small) = (|until| block(None, None, until), |until| block(Some("small"), None, until));
    assert_eq!(blocks(vec![(1, all(Some(10))), (2, all(Some(20)))]), [(false, Some(20))]);
    assert_eq!(blocks(vec![(1, all(Some(10))), (2, small(Some(20)))]), [(false, Some(10)), (true, Some(20))]);
    assert_eq!(blocks(vec![(1, all(Some(10))), (10, small(Some(20)))]), [(true, Some(20))]);
    assert_eq!(blocks(vec![(1, all(Some(10))), (9, small(None))]).len(), 2);
    assert_eq!(blocks(vec![(1, all(None)), (9_999, small(None))]).len(), 2);
}

#[test]
fn a_leg_counts_its_creates_and_refusals_and_remembers_since_when_it_is_what_it_is() {
    let state = told(and(refused(), Vec::new()));
    assert_eq!((leg(&state).creates, leg(&state).refusals, leg(&state).since), (0, 1, at(1)));
    let again = |second| (second, What::Sending { leg: marker(1) });
    let two = told(and(absent(), vec![again(150)]));
    assert_eq!((leg(&two).creates, leg(&two).refusals), (2, 0));
    assert_eq!((leg(&two).first_began_at, leg(&two).began_at), (Some(at(0)), Some(at(150))));
    let fault = Fault::new(ErrorKind::RateLimited, "slowly");
    let slowly =
        |second| (second, What::Refused { leg: marker(1), fault: fault.clone(), again_at: Some(at(90)) });
    let twice = told(and(sending(), vec![slowly(5), again(90), slowly(91)]));
    assert_eq!((leg(&twice).creates, leg(&twice).refusals, leg(&twice).not_before), (0, 2, Some(at(90))));
    assert_eq!((leg(&twice).state, leg(&twice).fault.as_ref()), (LegState::Planned, Some(&fault)));
    let withdrawn = told(and(planned(), vec![(3, What::Withdrawn { leg: marker(1) })]));
    assert_eq!((leg(&withdrawn).state, leg(&withdrawn).since), (LegState::Rejected, at(3)));
    let seen_twice = [seen(5, 0, "vm-1", State::Provisioning), seen(9, 0, "vm-1", State::Stopped)];
    let built = told(and(accepted(), seen_twice.to_vec()));
    assert_eq!((leg(&built).state, leg(&built).since), (LegState::Provisioning, at(5)));
    let ended = told(and(absent(), vec![(1_100, What::WatchEnded { leg: marker(1) })]));
    assert_eq!((leg(&ended).state, leg(&ended).watch), (LegState::Absent, None));
}

#[test]
fn sightings_move_a_leg_only_where_they_are_of_the_machine_that_is_kept() {
    let after = |story: Story, machine: usize, id: &str, state: State| {
        let state = told(and(story, vec![seen(50, machine, id, state)]));
        leg(&state).state
    };
    assert_eq!(after(accepted(), 0, "vm-1", State::Provisioning), LegState::Provisioning);
    assert_eq!(after(accepted(), 0, "vm-1", State::Gone), LegState::Accepted);
    assert_eq!(after(doubled(), 1, "vm-2", State::Provisioning), LegState::Duplicate);
    assert_eq!(after(running(), 0, "vm-1", State::Stopped), LegState::Running);
    assert_eq!(after(deleting(), 0, "vm-1", State::Running), LegState::Deleting);
    let step = |story: Story, machine: usize| {
        let handle = Box::new(handle("vm-1"));
        let what = What::Stepped { leg: marker(1), machine, handle, known: true, asked_at: at(50) };
        let state = told(and(story, vec![(51, what)]));
        leg(&state).state
    };
    assert_eq!((step(deleting(), 0), step(running(), 0)), (LegState::DeleteUnconfirmed, LegState::Running));
    let both = and(doubled(), vec![(15, What::Condemned { leg: marker(1), reason: Reason::TooLate })]);
    assert_eq!(
        (step(both.clone(), 1), step(both.clone(), 0)),
        (LegState::Deleting, LegState::DeleteUnconfirmed)
    );
    let ended =
        |machine| leg(&told(and(both.clone(), vec![(60, What::Gone { leg: marker(1), machine })]))).state;
    assert_eq!((ended(0), ended(1)), (LegState::Gone, LegState::Deleting));
}

#[test]
fn a_step_is_billed_only_where_the_machine_was_known_and_cost_money() {
    let billed = |known: bool, more: Story| {
        let story = [accepted(), vec![seen(5, 0, "vm-1", State::Running)], more].concat();
        let condemned = (10, What::Condemned { leg: marker(1), reason: Reason::TooLate });
        let handle = Box::new(handle("vm-1"));
        let step = (20, What::Stepped { leg: marker(1), machine: 0, handle, known, asked_at: at(19) });
        let state = told([story, vec![condemned, step]].concat());
        leg(&state).machines[0].billed_at
    };
    // An answer may be twenty seconds old.
    assert_eq!((billed(true, vec![]), billed(false, vec![])), (Some(at(-1)), Some(at(-15))));
    let missed = vec![(8, What::Missing { leg: marker(1), machine: 0 })];
    assert_eq!(billed(true, missed), Some(at(-15)), "from then on it may have cost nothing");
}

#[test]
fn a_known_machine_stays_one_and_a_new_one_is_kept_before_it() {
    let order = |id: &str| Handle { order: Some("o-1".to_owned()), ..handle(id) };
    let found = |handle: Handle| (20, What::Found { leg: marker(1), handle: Box::new(handle) });
    assert_eq!(ids(&told(and(accepted(), vec![found(order("vm-1"))]))), ["vm-1"]);
    assert_eq!(ids(&told(and(accepted(), vec![found(handle("vm-2"))]))), ["vm-2", "vm-1"]);
    // What was thought gone is not, when it is known again.
    let again =
        told(and(gone(), vec![(30, What::Found { leg: marker(1), handle: Box::new(handle("vm-1")) })]));
    let machine = leg(&again).machine().unwrap();
    assert_eq!((machine.gone_at, machine.unbilled_at, leg(&again).state), (None, None, LegState::Found));
    let machine = Machine::new(order("vm-1"), at(0), Duration::ZERO);
    let other = Handle { order: Some("o-2".to_owned()), ..handle("vm-2") };
    let same_order = Handle { order: Some("o-1".to_owned()), ..handle("vm-2") };
    assert!(machine.is(&handle("vm-1")) && machine.is(&same_order));
    assert!(!machine.is(&other) && !machine.is(&handle("vm-2")));
    let unknown = Machine::new(handle("vm-1"), at(0), Duration::ZERO);
    assert!(!unknown.is(&handle("vm-2")), "no order is not the same order");
}

#[test]
fn further_machines_of_a_create_are_to_end_unless_a_person_keeps_them() {
    let handles = || vec![handle("vm-1"), handle("vm-2"), handle("vm-3")];
    let ending =
        |state: &Deployment| -> Vec<bool> { leg(state).machines.iter().map(Machine::is_ending).collect() };
    let more = || (30, What::Doubled { leg: marker(1), handles: handles() });
    let state = told(and(doubled(), vec![more()]));
    assert_eq!((ids(&state), ending(&state)), (vec!["vm-1", "vm-2", "vm-3"], vec![false, true, true]));
    assert_eq!(leg(&state).machines[1].ending_since, Some(at(10)), "it has been since the first time");
    let kept = told(and(doubled(), vec![decided(20, Decision::KeepBoth), more()]));
    assert_eq!(ending(&kept), [false; 3]);
    let condemned = |reason| (40, What::Condemned { leg: marker(1), reason });
    let unwanted = told(and(doubled(), vec![decided(20, Decision::KeepBoth), condemned(Reason::Unwanted)]));
    assert_eq!(ending(&unwanted), [true; 2], "nobody wants any of them");
    let failed = told(and(doubled(), vec![decided(20, Decision::KeepBoth), condemned(Reason::TooLate)]));
    assert_eq!(ending(&failed), [true, false], "a person wanted the other one, too");
    let gone = told(and(doubled(), vec![(20, What::Gone { leg: marker(1), machine: 1 }), more()]));
    assert_eq!(ending(&gone), [false, false, true], "what is gone is not ended again");
    let state_after = |story: Story| leg(&told(and(story, vec![more()]))).state;
    assert_eq!(state_after(running()), LegState::Running, "what was handed over stays so");
    assert_eq!(state_after(deleting()), LegState::Deleting);
    assert_eq!(state_after(unclear()), LegState::Duplicate);
}

#[test]
fn what_a_person_decides_answers_what_was_asked() {
    let after = |story: Story, decision| told(and(story, vec![decided(600, decision)]));
    let absent = after(asked(unclear(), Question::Created), Decision::ConfirmAbsent);
    assert_eq!((leg(&absent).state, leg(&absent).question), (LegState::Absent, None));
    let gone = after(asked(deleting(), Question::Gone), Decision::ConfirmAbsent);
    assert_eq!((leg(&gone).state, leg(&gone).machines[0].gone_at), (LegState::Gone, Some(at(600))));
    let not_created = after(asked(accepted(), Question::Created), Decision::ConfirmAbsent);
    assert_eq!(leg(&not_created).machines[0].gone_at, None, "nobody was asked about that machine");
    assert_eq!(leg(&absent).watch.map(|watch| watch.from), Some(at(600)), "should the person be wrong");
    let suspended = || asked(running(), Question::Unlisted);
    let given_up = after(suspended(), Decision::ConfirmAbsent);
    assert_eq!((leg(&given_up).state, leg(&given_up).machines[0].gone_at), (LegState::Gone, Some(at(600))));
    let kept = after(suspended(), Decision::Adopt(handle("vm-1")));
    assert_eq!(leg(&kept).state, LegState::Running, "what was handed over has no time to come up in");
    assert_eq!(kept.tick(at(1_000_000)), []);
    let other = after(suspended(), Decision::Adopt(handle("vm-9")));
    assert_eq!(leg(&other).state, LegState::Found);
    let adopted = after(asked(deleting(), Question::Gone), Decision::Adopt(handle("vm-1")));
    assert_eq!((leg(&adopted).state, leg(&adopted).accepted_at), (LegState::Found, Some(at(600))));
    assert!(!leg(&adopted).machines[0].is_ending());
    assert_eq!(leg(&told(asked(unclear(), Question::Created))).question, Some(Question::Created));
}

#[test]
fn what_may_live_and_what_is_held_back_follow_from_state_and_machines() {
    let rows = [
        (planned(), false, 1),
        (sending(), true, 1),
        (unclear(), true, 1),
        (running(), true, 1),
        (doubled(), true, 2),
        (refused(), false, 0),
        (absent(), false, 0),
        (gone(), false, 1),
        (and(doubled(), vec![(20, What::Gone { leg: marker(1), machine: 0 })]), true, 2),
        (and(running(), vec![(20, What::Vanished { leg: marker(1) })]), false, 1),
    ];
    for (story, lives, held) in rows {
        let state = told(story);
        assert_eq!((leg(&state).may_live(), leg(&state).held()), (lives, held), "{}", leg(&state).state);
    }
    let state = told(running());
    assert_eq!((state.count(LegState::Running), state.count(LegState::Gone)), (1, 0));
    let two = told(and(refused(), vec![(1, plan(2, 2, "b")), (1, What::Withdrawn { leg: marker(2) })]));
    assert_eq!(two.count(LegState::Rejected), 2);
    assert!(state.leg(marker(7)).is_err());
    let open = |state: &Deployment| state.open_leg(1).map(|leg| leg.marker);
    assert_eq!((open(&state), open(&told(gone()))), (Some(marker(1)), None));
}

#[test]
fn a_fault_keeps_what_an_error_says_of_the_create() {
    let wait = Duration::from_secs(90);
    let error = Error::new(ErrorKind::Unavailable, "gone away\nfor now").with_effect(Effect::Unknown);
    let error = error.with_retry(Retry::After(wait)).with_code("E42");
    let fault = Fault::from(&error);
    assert_eq!(
        (fault.kind, fault.effect, fault.retry),
        (ErrorKind::Unavailable, Effect::Unknown, Retry::After(wait))
    );
    assert!(fault.message.contains("[E42]") && !fault.message.contains('\n'), "{}", fault.message);
    let back = Error::from(&fault);
    assert_eq!((back.kind(), back.effect(), back.retry()), (fault.kind, fault.effect, fault.retry));
    assert_eq!(Fault::unclear("lost").effect, Effect::Unknown);
    assert_eq!((told_to_wait(Retry::After(wait)), told_to_wait(Retry::Backoff)), (wait, Duration::ZERO));
}
