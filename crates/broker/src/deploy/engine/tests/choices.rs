//! Which choice comes next, question by question.

use vmbroker_core::{ErrorKind, OfferId};

use super::super::choose::{Pick, Tally};
use super::super::{Block, Decision, Deployment, Fault, Mode, Question, Reason, Terms, What};
use super::model::{at, choice, marker, opened};
use super::story::{Story, absent, accepted, and, deleting, gone, plan, refused, running, tell, told, under};
use crate::deploy::{Choice, OnUncertain, Strategy};

/// What comes next for this machine, in words: an account and an offer, `again`, `wait`, or why nothing does.
fn next(state: &Deployment, intent: u32) -> String {
    match state.pick(intent, at(2_000), &Tally::of(state)) {
        Pick::Take(choice) => format!("{} {}", choice.account, choice.offer.0),
        Pick::Again(_) => "again".to_owned(),
        Pick::Wait => "wait".to_owned(),
        Pick::Nothing(why) => why.join("; "),
    }
}

fn large(account: &str, quote: u32) -> Choice {
    Choice { offer: OfferId("large".to_owned()), ..choice(account, quote) }
}

fn abroad(account: &str, quote: u32) -> Choice {
    let mut choice = choice(account, quote);
    choice.location.country = "FR".parse().ok();
    choice
}

/// A new run over the same choices.
fn again(state: &Deployment, second: i64) -> (i64, What) {
    let head = &state.head;
    let terms = Box::new(Terms {
        file_hash: String::new(),
        fields: head.fields.clone(),
        choices: head.choices.clone(),
        policy: head.policy.clone(),
        rules: head.rules.clone(),
        unresolved_elsewhere: head.unresolved_elsewhere.clone(),
    });
    (second, What::Opened { terms, blocks: Vec::new() })
}

fn block(account: &str) -> (i64, What) {
    let (account, why) = (account.parse().unwrap(), "no".to_owned());
    let kind = ErrorKind::PermissionDenied;
    let block = Block { account, offer: None, location: None, until: None, kind, why };
    (1_500, What::Blocked { block })
}

/// Legs 1 to 3, each of a machine of its own at `a`, and what becomes of each.
fn three(becomes: fn(u64) -> Vec<What>) -> Story {
    (1..=3)
        .flat_map(|n: u64| [vec![plan(n, u32::try_from(n).unwrap(), "a")], becomes(n)].concat())
        .map(|what| (1, what))
        .collect()
}

fn lost(number: u64) -> Vec<What> {
    let leg = marker(number);
    vec![What::Sending { leg }, What::Unclear { leg, fault: Fault::unclear("lost") }]
}

fn lost_and_asked(number: u64) -> Vec<What> {
    [lost(number), vec![What::Asked { leg: marker(number), question: Question::Created }]].concat()
}

#[test]
fn each_strategy_has_its_order() {
    let choices = [choice("a", 3), choice("b", 1), abroad("c", 2)];
    let up = |leg: u64, choice: Choice| {
        let (leg, intent) = (marker(leg), u32::try_from(leg).unwrap());
        let made = What::Planned { leg, intent, number: 1, choice: Box::new(choice) };
        vec![(1, made), (1, What::Sending { leg })]
    };
    let refused =
        What::Refused { leg: marker(3), fault: Fault::new(ErrorKind::OutOfCapacity, "no"), again_at: None };
    // One machine is on its way at `b`; what was refused or has vanished at `c` takes up no place there.
    let story = [
        up(1, choice("b", 1)),
        up(3, abroad("c", 2)),
        vec![(2, refused)],
        up(4, abroad("c", 2)),
        vec![(3, What::Vanished { leg: marker(4) })],
    ];
    let mut state = opened(4, &choices);
    tell(&mut state, story.concat());
    for (strategy, wanted) in [(Strategy::InOrder, "a"), (Strategy::Cheapest, "b"), (Strategy::Spread, "c")] {
        let state = under(state.clone(), |head| head.policy.strategy = strategy);
        assert_eq!(next(&state, 2), format!("{wanted} small"), "{strategy:?}");
    }
    // Within the country of the machine that is there, the other account.
    let state = under(state, |head| {
        head.policy.strategy = Strategy::Spread;
        head.choices.truncate(2);
    });
    assert_eq!(next(&state, 2), "a small");
}

#[test]
fn after_a_lost_create_the_other_offers_of_that_account_come_last_in_this_run() {
    let choices = [choice("a", 1), large("a", 2), choice("b", 3)];
    let with = |story: Story| {
        let mut state = opened(1, &choices);
        tell(&mut state, story);
        state
    };
    let mut state = with(absent());
    assert_eq!(next(&state, 1), "b small");
    assert_eq!(next(&with(refused()), 1), "a large", "a refusal says nothing of other offers");
    let run = again(&state, 1_200);
    tell(&mut state, vec![run]);
    assert_eq!(next(&state, 1), "a small", "a new run tries everything anew");
}

#[test]
fn an_account_with_too_many_open_creates_gets_no_more() {
    let only_a = |state: Deployment| under(state, |head| head.choices.truncate(1));
    let four = |story: Story| {
        let mut state = opened(4, &[choice("a", 1), choice("b", 2)]);
        tell(&mut state, story);
        state
    };
    // Answers are about to come: the better choice is waited for.
    assert_eq!(next(&four(three(|_| Vec::new())), 4), "wait");
    // They are looked for: another choice is taken, and only where there is none it is waited.
    let sought = four(three(lost));
    assert_eq!(next(&sought, 4), "b small");
    assert_eq!(next(&only_a(sought), 4), "wait");
    // A person is asked, or another deployment waits for them: that may take for ever.
    let why = "a: 3 creates there have an unknown outcome; no more are sent until that is known";
    let stuck = four(three(lost_and_asked));
    assert_eq!(next(&stuck, 4), "b small");
    assert_eq!(next(&only_a(stuck), 4), why);
    let elsewhere = under(only_a(four(Vec::new())), |head| {
        head.unresolved_elsewhere.insert("a".parse().unwrap(), 3);
    });
    assert_eq!(next(&elsewhere, 4), why);
    // One place is left.
    let mut two = three(lost);
    two.truncate(6);
    assert_eq!(next(&only_a(four(two)), 4), "a small");
}

#[test]
fn a_budget_is_held_back_for_all_that_may_cost_and_not_a_cent_more() {
    let dear = |quote: u32, story: Story| {
        let mut state = opened(2, &[choice("a", quote)]);
        let leg =
            What::Planned { leg: marker(1), intent: 1, number: 1, choice: Box::new(choice("a", quote)) };
        tell(&mut state, vec![(0, leg)]);
        tell(&mut state, story.into_iter().skip(1).collect());
        state
    };
    assert_eq!(next(&dear(30, running()), 2), "a small");
    let why = "a: 31 USD more does not fit into the budget of 60 USD, of which 31 USD is held back";
    assert_eq!(next(&dear(31, running()), 2), why);
    // What was deleted has cost all the same.
    assert_eq!(next(&dear(31, gone()), 2), why);
    // What is on its way may come to nothing.
    assert_eq!(next(&dear(31, Vec::new()), 2), "wait");
    assert_eq!(next(&dear(31, refused()), 2), "a small");
    let state = under(dear(31, running()), |head| head.policy.budget = None);
    assert_eq!((next(&state, 2), state.reserved(None)), ("a small".to_owned(), None));
    let held = dear(31, running());
    let amount = |but| held.reserved(but).map(|money| money.to_string());
    assert_eq!(
        (amount(None), amount(Some(marker(1)))),
        (Some("31 USD".to_owned()), Some("0 USD".to_owned()))
    );
}

#[test]
fn a_create_is_not_sent_again_while_those_before_it_wait_for_a_person() {
    let held_up = |by: Vec<What>| {
        let other = [vec![plan(2, 2, "a")], by].concat().into_iter().map(|what| (150, what)).collect();
        under(told(and(absent(), other)), |head| {
            head.choices.truncate(1);
            head.policy.unresolved_most = 1;
        })
    };
    let why = "a: the create's answer was lost, and no machine came of it; \
               a: 1 creates there have an unknown outcome; no more are sent until that is known";
    assert_eq!(next(&held_up(lost_and_asked(2)), 1), why, "time tells nothing");
    assert_eq!(next(&held_up(lost(2)), 1), "wait", "it is looked for");
    assert_eq!(next(&held_up(vec![What::Sending { leg: marker(2) }]), 1), "wait", "its answer will come");
}

#[test]
fn only_a_create_that_is_proven_absent_is_sent_again_and_only_in_its_run() {
    let only_a = |story: Story| under(told(story), |head| head.choices.truncate(1));
    assert_eq!(next(&only_a(absent()), 1), "again");
    let absence = "a: the create's answer was lost, and no machine came of it";
    // Not where the leg is over for another reason.
    assert_eq!(next(&only_a(refused()), 1), "a: out of capacity: sold out");
    let ended = next(&only_a(gone()), 1);
    assert_eq!(ended, "a: its machine was deleted: it was not up in time");
    // Not a third time.
    let second = vec![(1_200, What::Sending { leg: marker(1) }), (1_201, lost(1).remove(1))];
    let proven = (1_300, What::ProvenAbsent { leg: marker(1), watch_until: at(2_300) });
    assert_eq!(next(&only_a([absent(), second, vec![proven]].concat()), 1), absence);
    // Not where a person is to be asked.
    let asks = |head: &mut super::super::Head| {
        head.rules.values_mut().for_each(|rules| rules.on_uncertain = OnUncertain::Ask);
    };
    assert_eq!(next(&under(only_a(absent()), asks), 1), absence);
    // Not where a machine is known: a person said that it does not exist, and may be wrong.
    let denied = What::Decided { leg: marker(1), decision: Decision::ConfirmAbsent };
    let found = What::Found { leg: marker(1), handle: Box::new(super::story::handle("vm-1")) };
    let story =
        vec![(150, found), (160, What::Asked { leg: marker(1), question: Question::Created }), (170, denied)];
    assert_eq!(next(&only_a(and(absent(), story)), 1), absence);
    // Not in another run, where the account is out of the question.
    let mut state = only_a(absent());
    let run = again(&state, 1_200);
    tell(&mut state, vec![run, block("a")]);
    assert_eq!(next(&state, 1), "a: permission denied: no");
    // Not while too much is open there.
    let mut state = opened(4, &[choice("a", 1)]);
    let others = three(lost).into_iter().map(|(second, what)| (second, moved(what)));
    tell(&mut state, others.collect());
    tell(&mut state, absent());
    assert_eq!(next(&state, 1), "wait");
    // Not where the budget has no room.
    let mut state = opened(2, &[choice("a", 1)]);
    let dear = What::Planned { leg: marker(9), intent: 2, number: 1, choice: Box::new(choice("a", 60)) };
    tell(&mut state, and(absent(), vec![(1, dear), (1, What::Sending { leg: marker(9) })]));
    assert_eq!(next(&state, 1), absence);
}

/// The same of the leg and the machine one further.
fn moved(what: What) -> What {
    let next =
        |leg: vmbroker_core::Marker| (1..=4).find(|n| marker(*n) == leg).map_or(leg, |n| marker(n + 1));
    match what {
        What::Planned { leg, intent, number, choice } => {
            What::Planned { leg: next(leg), intent: intent + 1, number, choice }
        }
        What::Sending { leg } => What::Sending { leg: next(leg) },
        What::Unclear { leg, fault } => What::Unclear { leg: next(leg), fault },
        other => other,
    }
}

#[test]
fn nothing_is_picked_for_what_is_held_and_every_reason_is_told_once() {
    let held = under(told(Vec::new()), |head| head.mode = Mode::Held);
    assert_eq!(next(&held, 1), "wait");
    let halted =
        under(told(Vec::new()), |head| head.halted = Some(Fault::new(ErrorKind::InvalidRequest, "bad name")));
    assert_eq!(next(&halted, 1), "invalid request: bad name");
    let none = under(told(Vec::new()), |head| head.choices.clear());
    assert_eq!(next(&none, 1), "there is no offer that meets the wish");
    let barred = under(told(vec![block("a"), block("b")]), |head| head.choices.push(large("a", 3)));
    assert_eq!(next(&barred, 1), "a: permission denied: no; b: permission denied: no");
    // A machine that is only being deleted tells nothing yet.
    let ending = under(told(deleting()), |head| head.choices.truncate(1));
    assert_eq!(next(&ending, 1), "there is no offer that meets the wish");
    let unwanted = What::Condemned { leg: marker(1), reason: Reason::Unwanted };
    let story = vec![(10, unwanted), (20, What::Gone { leg: marker(1), machine: 0 })];
    let state = under(told(and(accepted(), story)), |head| head.choices.truncate(1));
    assert_eq!(next(&state, 1), "a: its machine was deleted: it is no longer wanted");
}
