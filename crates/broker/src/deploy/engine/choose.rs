//! Which choice comes next for a machine.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vmbroker_core::{Marker, Money, ProviderId};

use super::guards::{Guard, holds};
use super::{Deployment, Leg, LegState, MOST_CREATES, Mode};
use crate::deploy::{Choice, OnUncertain, Strategy};

/// What comes next for a machine that has no open leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// A leg for this choice.
    Take(Box<Choice>),
    /// One more create of this leg, which is proven absent.
    Again(Marker),
    /// Something that is on its way decides it.
    Wait,
    /// There is nothing left to try; why, account by account.
    Nothing(Vec<String>),
}

/// Why a choice is not taken now.
enum Bar {
    /// It was tried for this machine in this run.
    Tried,
    /// It is not worth trying.
    Because(String),
    /// Creates whose answer will come stand in the way: worth waiting for.
    Busy,
    /// Creates whose outcome is looked for stand in the way: worth waiting for only where nothing else is left.
    Sought,
}

/// What all legs together take up: counted once for many picks.
#[derive(Debug)]
pub(crate) struct Tally {
    /// By account: the creates that are not decided yet.
    unresolved: BTreeMap<ProviderId, Open>,
    /// Held back for every machine that exists, may exist or has existed; absent where the budget has another
    /// currency than one of them.
    reserved: Option<Money>,
    /// Whether any create is not decided yet.
    open: bool,
}

/// The creates of one account that are not decided yet.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// About to be sent, on their way or of unknown outcome.
    all: u32,
    /// Of unknown outcome.
    stuck: u32,
    /// Of unknown outcome, and being looked for: time will tell.
    sought: u32,
}

impl Tally {
    pub(crate) fn of(state: &Deployment) -> Self {
        let elsewhere = state.head.unresolved_elsewhere.iter();
        let open = |count: u32| Open { all: count, stuck: count, sought: 0 };
        let mut unresolved: BTreeMap<ProviderId, Open> =
            elsewhere.map(|(account, count)| (account.clone(), open(*count))).collect();
        for leg in state.legs.values().filter(|leg| leg.is_unresolved()) {
            let entry = unresolved.entry(leg.choice.account.clone()).or_default();
            entry.all += 1;
            entry.stuck += u32::from(leg.is_stuck());
            entry.sought += u32::from(leg.state == LegState::Uncertain);
        }
        let open = state.legs.values().any(|leg| leg.is_unresolved());
        Self { unresolved, reserved: state.reserved(None), open }
    }

    fn at(&self, account: &ProviderId) -> Open {
        self.unresolved.get(account).copied().unwrap_or_default()
    }
}

impl Deployment {
    /// What is held back for all machines that exist, may exist or have existed, but for one leg that is asked
    /// about; absent where there is no budget, or it has another currency than one of them.
    #[must_use]
    pub fn reserved(&self, but: Option<Marker>) -> Option<Money> {
        let currency = self.head.policy.budget?.currency;
        let mut sum = Money::new(rust_decimal::Decimal::ZERO, currency);
        for leg in self.legs.values().filter(|leg| Some(leg.marker) != but) {
            for _ in 0..leg.held() {
                sum = sum.plus(leg.choice.reserve).ok()?;
            }
        }
        Some(sum)
    }

    /// What comes next for this machine.
    pub(crate) fn pick(&self, intent: u32, now: Timestamp, tally: &Tally) -> Pick {
        if self.head.mode != Mode::Up {
            return Pick::Wait;
        }
        if let Some(fault) = &self.head.halted {
            return Pick::Nothing(vec![fault.to_string()]);
        }
        let mut why: Vec<String> = Vec::new();
        let mut busy = false;
        for choice in self.ordered(intent) {
            match self.bar(intent, choice, now, tally) {
                None => return Pick::Take(Box::new(choice.clone())),
                Some(Bar::Tried) => {}
                Some(Bar::Because(reason)) => note(&mut why, format!("{}: {reason}", choice.account)),
                // A choice that is only held up is still the better one: it is waited for.
                Some(Bar::Busy) => {
                    busy = true;
                    break;
                }
                Some(Bar::Sought) => busy = true,
            }
        }
        if busy {
            return Pick::Wait;
        }
        for leg in self.legs_of(intent).filter(|leg| leg.number > self.tried_before(intent)) {
            if let Some(reason) = story(leg) {
                note(&mut why, format!("{}: {reason}", leg.choice.account));
            }
        }
        match self.legs_of(intent).last().filter(|leg| self.may_send_again(leg)) {
            Some(leg) if tally.at(&leg.choice.account).all >= self.head.policy.unresolved_most => {
                let open = tally.at(&leg.choice.account);
                // Where all wait for a person, time tells nothing.
                if open.stuck >= open.all && open.sought == 0 {
                    note(&mut why, format!("{}: {}", leg.choice.account, self.too_many_unknown()));
                    Pick::Nothing(why)
                } else {
                    Pick::Wait
                }
            }
            Some(leg) if self.affords(&leg.choice, self.reserved(Some(leg.marker))) => {
                Pick::Again(leg.marker)
            }
            _ => {
                if why.is_empty() {
                    why.push("there is no offer that meets the wish".to_owned());
                }
                Pick::Nothing(why)
            }
        }
    }

    fn tried_before(&self, intent: u32) -> u32 {
        self.intents.get(&intent).map_or(0, |intent| intent.tried_before)
    }

    /// The choices in the order of the strategy.
    fn ordered(&self, intent: u32) -> Vec<&Choice> {
        let mut choices: Vec<&Choice> = self.head.choices.iter().collect();
        match self.head.policy.strategy {
            Strategy::InOrder => {}
            Strategy::Cheapest => choices.sort_by_key(|choice| choice.quote.amount),
            Strategy::Spread => {
                let others: Vec<&Leg> = self
                    .legs
                    .values()
                    .map(|leg| &**leg)
                    .filter(|leg| {
                        leg.intent != intent && !leg.state.is_over() && leg.state != LegState::Vanished
                    })
                    .collect();
                choices.sort_by_cached_key(|choice| {
                    let there = others.iter().filter(|leg| leg.choice.account == choice.account).count();
                    let near = others
                        .iter()
                        .filter(|leg| leg.choice.location.country == choice.location.country)
                        .count();
                    (there, near, choice.quote.amount)
                });
            }
        }
        // Where this machine's create was lost already, the account's other offers come last.
        let lost: Vec<&ProviderId> = self
            .legs_of(intent)
            .filter(|leg| leg.number > self.tried_before(intent) && leg.state == LegState::Absent)
            .map(|leg| &leg.choice.account)
            .collect();
        choices.sort_by_key(|choice| lost.contains(&&choice.account));
        choices
    }

    fn bar(&self, intent: u32, choice: &Choice, now: Timestamp, tally: &Tally) -> Option<Bar> {
        let tried = self.legs_of(intent).filter(|leg| leg.number > self.tried_before(intent)).any(|leg| {
            let theirs = &leg.choice;
            (&theirs.account, &theirs.offer, &theirs.location)
                == (&choice.account, &choice.offer, &choice.location)
        });
        if tried {
            return Some(Bar::Tried);
        }
        if let Some(block) = self.head.blocks.iter().find(|block| block.bars(choice, now)) {
            return Some(Bar::Because(format!("{}: {}", block.kind, block.why)));
        }
        let most = self.head.policy.unresolved_most;
        let open = tally.at(&choice.account);
        if open.stuck >= most {
            let reason = self.too_many_unknown();
            return Some(if open.sought > 0 { Bar::Sought } else { Bar::Because(reason) });
        }
        if open.all >= most {
            return Some(Bar::Busy);
        }
        if !self.affords(choice, tally.reserved) {
            // What is on its way may come to nothing and free its part.
            let reason = || Bar::Because(self.too_dear(choice, tally));
            return Some(if tally.open { Bar::Busy } else { reason() });
        }
        None
    }

    fn too_many_unknown(&self) -> String {
        let most = self.head.policy.unresolved_most;
        format!("{most} creates there have an unknown outcome; no more are sent until that is known")
    }

    /// Whether the budget has room for one more machine of this choice, besides what is held back for all others.
    fn affords(&self, choice: &Choice, reserved: Option<Money>) -> bool {
        let Some(budget) = self.head.policy.budget else { return true };
        let total = reserved.and_then(|reserved| reserved.plus(choice.reserve).ok());
        total.is_some_and(|total| total.amount <= budget.amount)
    }

    fn too_dear(&self, choice: &Choice, tally: &Tally) -> String {
        let budget = self.head.policy.budget.map(|budget| budget.to_string()).unwrap_or_default();
        let held = tally.reserved.map(|held| held.to_string()).unwrap_or_default();
        format!(
            "{} more does not fit into the budget of {budget}, of which {held} is held back",
            choice.reserve
        )
    }

    /// Whether a leg whose absence is proven may send once more.
    fn may_send_again(&self, leg: &Leg) -> bool {
        let rules = self.rules(&leg.choice.account);
        let capped = holds(Guard::CapOnCreates) && leg.creates >= MOST_CREATES;
        leg.state == LegState::Absent
            && !capped
            && leg.number > self.tried_before(leg.intent)
            && leg.machines.is_empty()
            && rules.on_uncertain == OnUncertain::Proceed
    }
}

/// What became of a leg that is over, for a person; absent where it says nothing.
fn story(leg: &Leg) -> Option<String> {
    match leg.state {
        LegState::Rejected => leg.fault.as_ref().map(ToString::to_string),
        LegState::Absent => Some("the create's answer was lost, and no machine came of it".to_owned()),
        LegState::Gone => leg.reason.as_ref().map(|reason| format!("its machine was deleted: {reason}")),
        LegState::Planned
        | LegState::Sending
        | LegState::Accepted
        | LegState::Provisioning
        | LegState::Running
        | LegState::Uncertain
        | LegState::Found
        | LegState::Duplicate
        | LegState::Deleting
        | LegState::DeleteUnconfirmed
        | LegState::Vanished
        | LegState::AskUser => None,
    }
}

fn note(why: &mut Vec<String>, line: String) {
    if !why.contains(&line) {
        why.push(line);
    }
}
