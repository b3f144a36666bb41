//! What follows from one answer of a provider, row by row.

use vmbroker_core::{
    Deletion, Effect, ErrorKind, Finding, Handle, Instance, Listing, Next, Observation, Pages, State,
};

use super::super::{Deployment, Event, Fault, Question, Reason, What};
use super::model::{at, choice, marker};
use super::story::{
    Story, absent, accepted, and, asked, deleting, doubled, gone, handle, planned, running, seen, sending,
    tell, told, unclear, under,
};
use crate::deploy::{OnUncertain, Ready};

fn words(whats: &[What]) -> Vec<&'static str> {
    whats.iter().map(What::word).collect()
}

/// What follows when this machine is seen in this state.
fn sees(state: &Deployment, machine: usize, id: &str, now: State) -> Vec<&'static str> {
    let seen = Observation::found(handle(id), at(400), now, "word");
    words(&state.observed(marker(1), machine, &seen, at(400)))
}

/// What follows when this machine is not found by a look that was asked for at this second.
fn misses(story: Story, machine: usize, second: i64) -> Vec<&'static str> {
    let seen = Observation::not_found(handle("vm-1"), at(second));
    words(&told(story).observed(marker(1), machine, &seen, at(second)))
}

fn listing(rows: Vec<Instance>) -> Listing {
    let mut pages = Pages::new();
    pages.add(rows, 0, None, true);
    pages.finish(at(0)).unwrap()
}

fn row(id: &str, state: State, created: i64) -> Instance {
    let mut row = Instance::new(handle(id), marker(1).to_string(), state, "word");
    row.created_at = Some(at(created));
    row
}

/// What follows from a complete list of account `a` with these rows.
fn lists(state: &Deployment, rows: Vec<Instance>, second: i64) -> Vec<What> {
    state.listed(&"a".parse().unwrap(), &listing(rows), at(second), at(second))
}

#[test]
fn an_answer_counts_only_for_a_create_that_is_on_its_way() {
    let answer = || Ok(handle("vm-1"));
    assert_eq!(words(&told(sending()).sent(marker(1), answer(), at(1))), ["accepted"]);
    for story in [planned(), unclear(), accepted(), gone()] {
        assert_eq!(told(story).sent(marker(1), answer(), at(1)), []);
    }
    assert_eq!(words(&told(sending()).sent(marker(1), Err(Fault::unclear("lost")), at(1))), ["unclear"]);
    let refused = |kind| words(&told(sending()).sent(marker(1), Err(Fault::new(kind, "no")), at(1)));
    assert_eq!(refused(ErrorKind::OutOfCapacity), ["refused", "blocked"]);
    assert_eq!(refused(ErrorKind::InvalidRequest), ["refused", "halted"]);
    assert_eq!(refused(ErrorKind::RateLimited), ["refused"]);
}

#[test]
fn a_machine_that_is_not_found_may_be_hidden_or_the_answer_old() {
    // Never seen: hidden for 10 seconds, and an answer is 20 seconds old at most.
    assert_eq!((misses(accepted(), 0, 30), misses(accepted(), 0, 31)), (vec![], vec!["missing"]));
    let seen_at_5 = and(accepted(), vec![seen(5, 0, "vm-1", State::Provisioning)]);
    assert_eq!((misses(seen_at_5.clone(), 0, 24), misses(seen_at_5, 0, 25)), (vec![], vec!["missing"]));
    // Where nobody can say how long it is hidden, only one that was seen can be missed.
    let endless = |story: Story| {
        let hides =
            |head: &mut super::super::Head| head.rules.values_mut().for_each(|it| it.visible_within = None);
        let seen = Observation::not_found(handle("vm-1"), at(9_999));
        words(&under(told(story), hides).observed(marker(1), 0, &seen, at(9_999)))
    };
    assert_eq!((endless(accepted()), endless(running())), (vec![], vec!["missing"]));
}

/// The same at an account that shows active machines only.
fn active_only(story: Story) -> Deployment {
    under(told(story), |head| head.rules.values_mut().for_each(|it| it.lists_inactive = false))
}

#[test]
fn a_machine_in_use_that_is_not_found_among_active_ones_is_asked_about_and_never_given_up() {
    let missing = (100, What::Missing { leg: marker(1), machine: 0 });
    let asked = (150, What::Asked { leg: marker(1), question: Question::Unlisted });
    let look = |more: Story| {
        let lost = Observation::not_found(handle("vm-1"), at(9_999));
        active_only(and(running(), more)).observed(marker(1), 0, &lost, at(9_999))
    };
    assert_eq!(words(&look(vec![])), ["missing"]);
    assert_eq!(look(vec![missing.clone()]), std::slice::from_ref(&asked.1));
    let asks = vec![missing, asked];
    assert_eq!(look(asks.clone()), [], "however often it is missed");
    let state = active_only(and(running(), asks));
    assert_eq!(sees(&state, 0, "vm-1", State::Running), ["ready"], "it is back");
    assert_eq!(sees(&state, 0, "vm-1", State::Stopped), ["seen"], "it is there, and nobody is to end it");
}

#[test]
fn the_end_of_a_machine_that_is_not_found_among_active_ones_needs_a_deletion_that_was_accepted() {
    let look = |story: Story| {
        let lost = Observation::not_found(handle("vm-1"), at(9_999));
        words(&active_only(story).observed(marker(1), 0, &lost, at(9_999)))
    };
    let up = vec![seen(5, 0, "vm-1", State::Running)];
    let ending =
        and(and(accepted(), up), vec![(10, What::Condemned { leg: marker(1), reason: Reason::TooLate })]);
    assert_eq!(look(ending.clone()), [""; 0], "it may have been suspended");
    assert_eq!(look(asked(ending.clone(), Question::Gone)), [""; 0], "and time proves nothing");
    let handle = Box::new(handle("vm-1"));
    let accepted = What::Stepped { leg: marker(1), machine: 0, handle, known: true, asked_at: at(11) };
    let ended = and(ending, vec![(12, accepted)]);
    assert_eq!(look(ended.clone()), ["missing"]);
    assert_eq!(look(and(ended, vec![(50, What::Missing { leg: marker(1), machine: 0 })])), ["gone"]);
}

#[test]
fn an_id_in_other_letters_is_the_same_machine() {
    let watched = vec![(100, What::ProvenAbsent { leg: marker(1), watch_until: at(90_000) })];
    let again = vec![(110, What::Sending { leg: marker(1) })];
    let twice = and(and(unclear(), watched), again);
    let twice = and(twice, vec![(111, What::Accepted { leg: marker(1), handle: Box::new(handle("0xAb")) })]);
    let state = told(twice);
    assert_eq!(lists(&state, vec![row("0xaB", State::Running, 1)], 900), [], "it is no double of itself");
    assert_eq!(words(&lists(&state, vec![row("0xaC", State::Running, 1)], 900)), ["doubled"]);
}

#[test]
fn the_second_look_that_misses_a_machine_is_believed() {
    let missing = |machine| (100, What::Missing { leg: marker(1), machine });
    assert_eq!(misses(and(accepted(), vec![missing(0)]), 0, 200), ["gone"]);
    assert_eq!(misses(and(running(), vec![missing(0)]), 0, 200), ["vanished"]);
    let up = (20, What::Ready { leg: marker(1), handle: Box::new(handle("vm-1")) });
    let spare = and(doubled(), vec![up, missing(1)]);
    assert_eq!(misses(spare.clone(), 1, 200), ["gone"], "the one that is kept is still there");
    assert_eq!(misses(spare, 0, 200), ["missing"]);
    // A provider that says so itself is believed no sooner.
    assert_eq!(sees(&told(accepted()), 0, "vm-1", State::Gone), ["missing"]);
    // It was there in between.
    let back = and(running(), vec![missing(0), seen(150, 0, "vm-1", State::Running)]);
    assert_eq!(misses(back, 0, 200), ["missing"]);
    assert_eq!(misses(gone(), 0, 200), [""; 0]);
    assert_eq!(misses(accepted(), 7, 200), [""; 0]);
}

#[test]
fn a_machine_that_is_to_come_up_is_handed_over_when_it_is_ready_and_deleted_when_it_failed() {
    let state = told(accepted());
    assert_eq!(sees(&state, 0, "vm-1", State::Running), ["ready"]);
    assert_eq!(sees(&state, 0, "vm-1", State::Provisioning), ["seen"]);
    for hopeless in [State::Failed, State::Stopped, State::Deleting] {
        assert_eq!(sees(&state, 0, "vm-1", hopeless), ["seen", "blocked", "condemned"]);
    }
    let reachable = under(told(accepted()), |head| head.policy.ready = Ready::Reachable);
    let look = |addresses: &[&str], now: State| {
        let mut row = row("vm-1", now, 0);
        row.public_addresses = addresses.iter().map(|it| it.parse().unwrap()).collect();
        let seen = Observation::of_instance(handle("vm-1"), row, at(400));
        words(&reachable.observed(marker(1), 0, &seen, at(400)))
    };
    assert_eq!(look(&[], State::Running), ["seen"]);
    assert_eq!(look(&["192.0.2.1"], State::Running), ["ready"]);
    assert_eq!(look(&["192.0.2.1"], State::Provisioning), ["seen"]);
    assert_eq!(
        sees(&told(doubled()), 1, "vm-2", State::Running),
        ["seen"],
        "only the kept one is handed over"
    );
    let mut failed = Observation::found(handle("vm-1"), at(400), State::Failed, "word");
    if let Finding::Found { failure, .. } = &mut failed.finding {
        *failure = Some("no\u{1b}disk".to_owned());
    }
    let last = state.observed(marker(1), 0, &failed, at(400)).pop();
    let Some(What::Condemned { reason: Reason::Failed(why), .. }) = last else { panic!("{last:?}") };
    assert!(why.contains("disk") && !why.contains('\u{1b}'), "{why}");
}

#[test]
fn only_what_is_different_is_written_down() {
    let up = told(and(running(), vec![seen(6, 0, "vm-1", State::Running)]));
    assert_eq!(sees(&up, 0, "vm-1", State::Running), [""; 0]);
    assert_eq!(sees(&up, 0, "vm-1", State::Stopped), ["seen"]);
    let missed = told(and(running(), vec![(7, What::Missing { leg: marker(1), machine: 0 })]));
    assert_eq!(sees(&missed, 0, "vm-1", State::Running), ["seen"], "it is there again");
    // An order became a machine.
    let order = Handle { order: Some("o-1".to_owned()), ..handle("vm-1") };
    let seen = Observation::found(order, at(400), State::Running, "word");
    assert_eq!(words(&up.observed(marker(1), 0, &seen, at(400))), ["seen"]);
    let other = Observation::found(handle("vm-9"), at(400), State::Running, "word");
    assert_eq!(words(&up.observed(marker(1), 0, &other, at(400))), ["seen"]);
}

#[test]
fn a_list_counts_for_the_legs_of_its_account_that_it_can_tell_something_of() {
    let there = || vec![row("vm-1", State::Running, 5)];
    assert_eq!(words(&lists(&told(unclear()), there(), 10)), ["found"]);
    let elsewhere = told(unclear()).listed(&"b".parse().unwrap(), &listing(there()), at(10), at(10));
    assert_eq!(elsewhere, []);
    assert_eq!(lists(&told(unclear()), vec![row("vm-1", State::Gone, 5)], 10), []);
    for story in [planned(), sending(), running(), deleting()] {
        assert_eq!(lists(&told(story), vec![row("vm-7", State::Running, 5)], 10), []);
    }
    // Late, and known already: nothing new.
    let found = (200, What::Found { leg: marker(1), handle: Box::new(handle("vm-1")) });
    assert_eq!(lists(&told(and(absent(), vec![found])), there(), 250), []);
}

#[test]
fn absence_is_proven_by_two_lists_after_the_grace() {
    let state = told(unclear());
    assert_eq!(
        (words(&lists(&state, vec![], 60)), words(&lists(&state, vec![], 61))),
        (vec![], vec!["missed"])
    );
    let missed = told(and(unclear(), vec![(61, What::Missed { leg: marker(1) })]));
    assert_eq!(lists(&missed, vec![], 61), [], "the same list once more");
    assert_eq!(words(&lists(&missed, vec![], 63)), ["proven_absent", "blocked"]);
    let asks = |story: Story| {
        under(told(story), |head| head.rules.values_mut().for_each(|it| it.on_uncertain = OnUncertain::Ask))
    };
    let first = || and(unclear(), vec![(61, What::Missed { leg: marker(1) })]);
    assert_eq!(words(&lists(&asks(first()), vec![], 63)), ["asked"]);
    assert_eq!(lists(&asks(asked(first(), Question::Created)), vec![], 900), [], "it was asked already");
    // A machine that is known and still there: whatever is unknown of its leg, that it is absent is not so.
    let known = (40, What::Found { leg: marker(1), handle: Box::new(handle("vm-1")) });
    let unsure = and(unclear(), vec![known, (61, What::Missed { leg: marker(1) })]);
    let unsure = told(asked(unsure, Question::Created));
    assert_eq!(lists(&unsure, vec![row("vm-1", State::Running, 5)], 900), []);
    assert_eq!(words(&lists(&unsure, vec![], 900)), ["proven_absent", "blocked"]);
    // The watch ends to the second.
    let watched = told(absent());
    assert_eq!(
        (words(&lists(&watched, vec![], 1_099)), words(&lists(&watched, vec![], 1_100))),
        (vec![], vec!["watch_ended"])
    );
}

#[test]
fn of_several_machines_the_healthiest_and_oldest_is_kept() {
    let rows = || {
        vec![row("vm-3", State::Running, 7), row("vm-1", State::Failed, 1), row("vm-2", State::Running, 5)]
    };
    let whats = lists(&told(unclear()), rows(), 10);
    assert_eq!(words(&whats), ["found", "doubled"]);
    let What::Doubled { handles, .. } = &whats[1] else { panic!("{whats:?}") };
    let ids: Vec<&str> = handles.iter().map(Handle::id).collect();
    assert_eq!(ids, ["vm-2", "vm-3", "vm-1"]);
    assert_eq!((handles[0].made_at, handles[0].marker), (Some(at(5)), Some(marker(1))));
    // A machine that is kept stays the one that is kept.
    let found = (200, What::Found { leg: marker(1), handle: Box::new(handle("vm-9")) });
    let whats = lists(&told(and(absent(), vec![found])), vec![row("vm-2", State::Running, 5)], 250);
    let [What::Doubled { handles, .. }] = &whats[..] else { panic!("{whats:?}") };
    assert_eq!(handles.iter().map(Handle::id).collect::<Vec<_>>(), ["vm-9", "vm-2"]);
}

#[test]
fn a_late_machine_is_kept_only_where_its_place_is_free_and_wanted() {
    let late = |state: &Deployment| lists(state, vec![row("vm-1", State::Running, 5)], 250);
    let kept = late(&told(absent()));
    assert_eq!(words(&kept), ["found"]);
    let condemned = |state: &Deployment| late(state).pop();
    let second = What::Planned { leg: marker(2), intent: 1, number: 2, choice: Box::new(choice("b", 2)) };
    let taken = told(and(absent(), vec![(150, second)]));
    assert_eq!(condemned(&taken), Some(What::Condemned { leg: marker(1), reason: Reason::Doubled }));
    let unwanted = Some(What::Condemned { leg: marker(1), reason: Reason::Unwanted });
    assert_eq!(condemned(&told(and(absent(), vec![(150, What::Dropped { intent: 1 })]))), unwanted);
    let down = under(told(absent()), |head| head.mode = super::super::Mode::Down);
    assert_eq!(condemned(&down), unwanted);
    let mut held = told(absent());
    tell(&mut held, vec![(150, What::Turned { mode: super::super::Mode::Held })]);
    assert_eq!(words(&late(&held)), ["found"]);
}

#[test]
fn an_order_is_the_machine_that_came_of_it_only_where_no_other_can_be() {
    let order = || Box::new(Handle::of_order(&"a".parse().unwrap(), "o-1"));
    let story =
        |more: Story| and(absent(), and(vec![(200, What::Found { leg: marker(1), handle: order() })], more));
    let lists = |story: Story| words(&lists(&told(story), vec![row("vm-1", State::Running, 5)], 250));
    assert_eq!(lists(story(vec![])), [""; 0]);
    // Two creates were sent: it may be the other's.
    let sent = |second| (second, What::Sending { leg: marker(1) });
    let again = (110, What::Unclear { leg: marker(1), fault: Fault::unclear("lost") });
    let two = and(absent(), vec![sent(105), again, (200, What::Found { leg: marker(1), handle: order() })]);
    assert_eq!(lists(two), ["doubled"]);
    // Two machines are known, or the one that is known is another.
    let handles = vec![*order(), handle("vm-2")];
    assert_eq!(lists(story(vec![(210, What::Doubled { leg: marker(1), handles })])), ["doubled"]);
    let other = (200, What::Found { leg: marker(1), handle: Box::new(handle("vm-5")) });
    assert_eq!(lists(and(absent(), vec![other])), ["doubled"]);
}

#[test]
fn a_step_towards_the_end_is_written_down_once() {
    let step = |state: &Deployment, machine: usize, handle: Handle, next: Next| {
        state.stepped(marker(1), machine, &Deletion { handle, next }, at(300))
    };
    let ending = told(deleting());
    let first = step(&ending, 0, handle("vm-1"), Next::Started);
    assert!(matches!(first[..], [What::Stepped { machine: 0, known: true, .. }]), "{first:?}");
    let unknown = step(&ending, 0, handle("vm-1"), Next::NothingLeft);
    assert!(matches!(unknown[..], [What::Stepped { known: false, .. }]), "{unknown:?}");
    let mut stepped = ending;
    stepped.fold(&[Event { at: at(300), what: first[0].clone() }]);
    assert_eq!(step(&stepped, 0, handle("vm-1"), Next::Started), []);
    for moved in [
        Handle { deletion_order: Some("d-1".to_owned()), ..handle("vm-1") },
        Handle { order: Some("o-1".to_owned()), ..handle("vm-1") },
    ] {
        assert_eq!(words(&step(&stepped, 0, moved, Next::Started)), ["stepped"]);
    }
    let handles = vec![handle("vm-1"), handle("vm-2")];
    let both = told(and(deleting(), vec![(20, What::Doubled { leg: marker(1), handles })]));
    assert_eq!(step(&both, 1, handle("vm-2"), Next::Started), []);
    assert_eq!(step(&told(running()), 0, handle("vm-1"), Next::Started), []);
}

#[test]
fn only_a_final_refusal_of_a_deletion_is_a_persons_to_decide() {
    let refused = |story: Story, machine: usize, kind: ErrorKind, effect: Effect| {
        let fault = Fault { effect, ..Fault::new(kind, "no") };
        told(story).step_refused(marker(1), machine, &fault)
    };
    let asks = [What::Asked { leg: marker(1), question: Question::Gone }];
    for kind in [ErrorKind::PermissionDenied, ErrorKind::Unsupported] {
        assert_eq!(refused(deleting(), 0, kind, Effect::None), asks);
        assert_eq!(refused(deleting(), 0, kind, Effect::Unknown), []);
        assert_eq!(refused(deleting(), 1, kind, Effect::None), []);
        assert_eq!(refused(running(), 0, kind, Effect::None), []);
    }
    assert_eq!(refused(deleting(), 0, ErrorKind::Unavailable, Effect::None), []);
    // An order that waits for approval and may not be withdrawn any more.
    let reason = Reason::NotApproved;
    let order = || and(accepted(), vec![(10, What::Condemned { leg: marker(1), reason: reason.clone() })]);
    assert_eq!(refused(order(), 0, ErrorKind::Conflict, Effect::None), asks);
    assert_eq!(refused(order(), 0, ErrorKind::Unavailable, Effect::None), []);
    assert_eq!(refused(deleting(), 0, ErrorKind::Conflict, Effect::None), []);
}
