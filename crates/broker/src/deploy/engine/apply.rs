//! The fold: state and event give the next state. Decides nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Handle, Marker, State};

use super::{
    Decision, Deployment, Event, Head, Intent, Leg, LegState, Machine, Question, Reason, Terms, Watch, What,
    earlier,
};
use crate::deploy::engine::Block;

/// Which rows an event changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Touched {
    Head,
    Intent(u32),
    Leg(Marker),
}

impl Deployment {
    /// The state after these events of the deployment with this name; absent where there is none.
    #[must_use]
    pub fn folded(name: &str, events: &[Event]) -> Option<Self> {
        let mut state = Self::new(name, events.first()?.at);
        state.fold(events);
        Some(state)
    }

    /// Takes in what happened; which rows it changed.
    pub(crate) fn fold(&mut self, events: &[Event]) -> BTreeSet<Touched> {
        let mut touched = BTreeSet::new();
        for event in events {
            self.apply(event, &mut touched);
        }
        touched
    }

    fn apply(&mut self, event: &Event, touched: &mut BTreeSet<Touched>) {
        let at = event.at;
        if let Some(marker) = event.what.leg() {
            touched.insert(Touched::Leg(marker));
        }
        match &event.what {
            What::Opened { terms, blocks } => {
                touched.insert(Touched::Head);
                open(Arc::make_mut(&mut self.head), terms, blocks, at);
                for number in self.intents.keys().copied().collect::<Vec<_>>() {
                    touched.insert(Touched::Intent(number));
                    let tried = self.legs_of(number).last().map_or(0, |leg| leg.number);
                    if let Some(intent) = self.intents.get_mut(&number) {
                        let intent = Arc::make_mut(intent);
                        intent.tried_before = tried;
                        intent.failed.clear();
                    }
                }
            }
            What::Turned { mode } => {
                touched.insert(Touched::Head);
                Arc::make_mut(&mut self.head).mode = *mode;
            }
            What::Halted { fault } => {
                touched.insert(Touched::Head);
                Arc::make_mut(&mut self.head).halted = Some(fault.clone());
            }
            What::Blocked { block } => {
                touched.insert(Touched::Head);
                add_block(Arc::make_mut(&mut self.head), block, at);
            }
            What::Wanted { intent } => {
                touched.insert(Touched::Intent(*intent));
                let made = Intent { number: *intent, wanted: true, failed: Vec::new(), tried_before: 0 };
                let row = self.intents.entry(*intent).or_insert_with(|| Arc::new(made));
                Arc::make_mut(row).wanted = true;
            }
            What::Dropped { intent } => self.change_intent(*intent, touched, |row| row.wanted = false),
            What::Failed { intent, why } => {
                self.change_intent(*intent, touched, |row| row.failed.clone_from(why));
            }
            What::Planned { leg, intent, number, choice } => {
                let made = Leg::planned(*leg, *intent, *number, (**choice).clone(), at);
                self.legs.insert(*leg, Arc::new(made));
                self.by_intent.entry(*intent).or_default().push(*leg);
            }
            what => {
                if let Some(leg) = what.leg().and_then(|marker| self.legs.get_mut(&marker)) {
                    let lag = self.head.lists_lag(&leg.choice.account);
                    Arc::make_mut(leg).apply(at, lag, what);
                }
            }
        }
    }

    fn change_intent(
        &mut self,
        number: u32,
        touched: &mut BTreeSet<Touched>,
        change: impl FnOnce(&mut Intent),
    ) {
        touched.insert(Touched::Intent(number));
        if let Some(row) = self.intents.get_mut(&number) {
            change(Arc::make_mut(row));
        }
    }
}

fn open(head: &mut Head, terms: &Terms, blocks: &[Block], at: Timestamp) {
    head.mode = super::Mode::Up;
    head.halted = None;
    head.file_hash.clone_from(&terms.file_hash);
    head.fields.clone_from(&terms.fields);
    head.choices.clone_from(&terms.choices);
    head.policy.clone_from(&terms.policy);
    head.rules.clone_from(&terms.rules);
    head.unresolved_elsewhere.clone_from(&terms.unresolved_elsewhere);
    // What had no end was for the run before.
    head.blocks.retain(|block| block.until.is_some());
    for block in blocks {
        add_block(head, block, at);
    }
}

fn add_block(head: &mut Head, block: &Block, at: Timestamp) {
    head.blocks.retain(|old| old.until.is_none_or(|until| at < until));
    let same = |old: &Block| {
        (&old.account, &old.offer, &old.location) == (&block.account, &block.offer, &block.location)
    };
    head.blocks.retain(|old| !same(old));
    head.blocks.push(block.clone());
}

impl Leg {
    fn planned(
        marker: Marker,
        intent: u32,
        number: u32,
        choice: crate::deploy::Choice,
        at: Timestamp,
    ) -> Self {
        Self {
            marker,
            intent,
            number,
            choice,
            state: LegState::Planned,
            since: at,
            creates: 0,
            refusals: 0,
            not_before: None,
            first_began_at: None,
            began_at: None,
            sent_at: None,
            missed_at: None,
            watch: None,
            machines: Vec::new(),
            accepted_at: None,
            ready_at: None,
            reason: None,
            question: None,
            keeps_all: false,
            fault: None,
        }
    }

    fn enter(&mut self, at: Timestamp, state: LegState) {
        if self.state != state {
            self.state = state;
            self.since = at;
        }
        if state != LegState::AskUser {
            self.question = None;
        }
    }

    fn apply(&mut self, at: Timestamp, lag: Duration, what: &What) {
        match what {
            What::Sending { .. } => {
                self.creates += 1;
                self.first_began_at.get_or_insert(at);
                self.began_at = Some(at);
                self.sent_at = Some(at);
                self.missed_at = None;
                self.not_before = None;
                self.enter(at, LegState::Sending);
            }
            What::Accepted { handle, .. } => {
                self.know(at, lag, handle);
                self.accepted_at.get_or_insert(at);
                self.enter(at, LegState::Accepted);
            }
            What::Refused { fault, again_at, .. } => {
                // A create that changed nothing is none of the two that a leg may send.
                self.creates = self.creates.saturating_sub(1);
                self.refusals += 1;
                self.fault = Some(fault.clone());
                self.not_before = *again_at;
                let next = if again_at.is_some() { LegState::Planned } else { LegState::Rejected };
                self.enter(at, next);
            }
            What::Unclear { fault, .. } => {
                self.fault = Some(fault.clone());
                // From the later of the two moments on nothing of it is on its way.
                self.sent_at = Some(at);
                self.missed_at = None;
                self.enter(at, LegState::Uncertain);
            }
            What::Missed { .. } => self.missed_at = Some(at),
            What::ProvenAbsent { watch_until, .. } => {
                self.watch = Some(Watch { from: at, until: *watch_until });
                self.enter(at, LegState::Absent);
            }
            What::Withdrawn { .. } => self.enter(at, LegState::Rejected),
            What::Found { handle, .. } => {
                self.know(at, lag, handle);
                self.accepted_at.get_or_insert(at);
                self.enter(at, LegState::Found);
            }
            What::Doubled { handles, .. } => self.double(at, lag, handles),
            What::Condemned { reason, .. } => {
                self.reason = Some(reason.clone());
                // Who wants none of it wants none of those that were kept besides, either.
                let ends_all = *reason == Reason::Unwanted;
                // After a person was asked about its end, the time that it may take begins anew.
                let again = self.state == LegState::AskUser && self.question == Some(Question::Gone);
                self.keeps_all &= !ends_all;
                for machine in self.machines.iter_mut().take(if ends_all { usize::MAX } else { 1 }) {
                    if machine.gone_at.is_none() {
                        let since = machine.ending_since.filter(|_| !again);
                        machine.ending_since = since.or(Some(at));
                    }
                }
                self.enter(at, LegState::Deleting);
            }
            What::Asked { question, .. } => {
                self.question = Some(*question);
                self.enter(at, LegState::AskUser);
            }
            What::Vanished { .. } => {
                if let Some(machine) = self.machines.first_mut() {
                    machine.gone_at = Some(at);
                    machine.unbilled_at.get_or_insert(at);
                }
                self.enter(at, LegState::Vanished);
            }
            What::WatchEnded { .. } => self.watch = None,
            What::Decided { decision, .. } => self.decide(at, lag, decision),
            _ => self.apply_to_machine(at, lag, what),
        }
    }

    fn apply_to_machine(&mut self, at: Timestamp, lag: Duration, what: &What) {
        match what {
            What::Seen { machine, handle, state, .. } => {
                self.see(at, lag, *machine, handle, *state);
                if *machine == 0 && self.state.is_coming() && *state != State::Gone {
                    self.enter(at, LegState::Provisioning);
                }
            }
            What::Ready { handle, .. } => {
                self.see(at, lag, 0, handle, State::Running);
                self.ready_at.get_or_insert(at);
                self.enter(at, LegState::Running);
            }
            What::Stepped { machine, handle, known, asked_at, .. } => {
                if let Some(row) = self.machines.get_mut(*machine) {
                    row.handle = (**handle).clone();
                    if handle.last_seen.is_some_and(|seen| seen.state == State::Recycled) {
                        // It lay in the recycle bin already: this step costs nothing any more.
                        row.bill(at, lag, State::Recycled);
                        row.state = Some(State::Recycled);
                    } else if *known && row.unbilled_at.is_none() {
                        // Where nothing was ever billed, an order that is taken back never will be. And that the
                        // machine was still known may be an old answer, too. Nothing was asked for after it was answered.
                        let known = earlier((*asked_at).min(at), lag);
                        row.billed_at = row.billed_at.map(|before| before.max(known));
                    }
                }
                if *machine == 0 && self.state == LegState::Deleting {
                    self.enter(at, LegState::DeleteUnconfirmed);
                }
            }
            What::Missing { machine, .. } => {
                let may_be_wrong = *machine == 0 && self.is_in_use();
                if let Some(row) = self.machines.get_mut(*machine) {
                    row.missing_since = Some(at);
                    if !may_be_wrong {
                        row.unbilled_at.get_or_insert(at);
                    }
                }
            }
            What::Gone { machine, .. } => {
                if let Some(row) = self.machines.get_mut(*machine) {
                    row.gone_at = Some(at);
                    row.unbilled_at.get_or_insert(at);
                }
                if *machine == 0 {
                    self.enter(at, LegState::Gone);
                }
            }
            _ => {}
        }
    }

    fn see(&mut self, at: Timestamp, lag: Duration, machine: usize, handle: &Handle, state: State) {
        if let Some(row) = self.machines.get_mut(machine) {
            row.handle = handle.clone().seen(at, state);
            row.bill(at, lag, state);
            row.state = Some(state);
            row.seen_at = Some(at);
            row.missing_since = None;
        }
    }

    /// The kept machine is this one.
    fn know(&mut self, at: Timestamp, lag: Duration, handle: &Handle) {
        match self.machines.first_mut() {
            Some(machine) if machine.is(handle) => machine.handle = handle.clone(),
            _ => self.machines.insert(0, Machine::new(handle.clone(), at, lag)),
        }
        // A machine that was thought to be ended is not, when it is known again.
        if let Some(machine) = self.machines.first_mut() {
            machine.gone_at = None;
            machine.missing_since = None;
            machine.unbilled_at = None;
        }
    }

    fn double(&mut self, at: Timestamp, lag: Duration, handles: &[Handle]) {
        let mut known = std::mem::take(&mut self.machines);
        for handle in handles {
            let machine = match known.iter().position(|machine| machine.is(handle)) {
                Some(place) => known.remove(place),
                None => Machine::new(handle.clone(), at, lag),
            };
            self.machines.push(machine);
        }
        self.machines.append(&mut known);
        self.accepted_at.get_or_insert(at);
        for machine in self.machines.iter_mut().skip(1).filter(|machine| machine.gone_at.is_none()) {
            if !self.keeps_all {
                machine.ending_since.get_or_insert(at);
            }
        }
        if !self.state.is_ending() && self.state != LegState::Running {
            self.enter(at, LegState::Duplicate);
        }
    }

    fn decide(&mut self, at: Timestamp, lag: Duration, decision: &Decision) {
        match decision {
            Decision::Adopt(handle) => {
                let is_back =
                    self.ready_at.is_some() && self.machine().is_some_and(|machine| machine.is(handle));
                self.know(at, lag, handle);
                self.accepted_at = Some(at);
                if let Some(machine) = self.machines.first_mut() {
                    machine.ending_since = None;
                }
                // What was handed over before is deleted on request only, however long it takes to come back.
                self.enter(at, if is_back { LegState::Running } else { LegState::Found });
            }
            Decision::ConfirmAbsent => match self.question {
                Some(Question::Gone | Question::Unlisted) => {
                    for machine in &mut self.machines {
                        machine.gone_at.get_or_insert(at);
                        machine.unbilled_at.get_or_insert(at);
                    }
                    self.enter(at, LegState::Gone);
                }
                Some(Question::Created) | None => {
                    // Should the person be wrong, it is found as any that comes late.
                    self.watch = Some(Watch { from: at, until: at });
                    self.enter(at, LegState::Absent);
                }
            },
            Decision::KeepBoth => {
                self.keeps_all = true;
                for machine in self.machines.iter_mut().skip(1) {
                    machine.ending_since = None;
                }
            }
        }
    }
}
