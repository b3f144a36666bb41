//! From what a provider answered to what happened. Pure: the same answer in the same state gives the same events.

use jiff::Timestamp;
use vmbroker_core::{
    Deletion, ErrorKind, Finding, Handle, Instance, Listing, Marker, Next, Observation, ProviderId, State,
};

use super::guards::{Guard, holds};
use super::react::{Reaction, to_failure, to_refusal};
use super::{Deployment, Fault, Leg, LegState, Machine, Question, Reason, Rules, What, later, passed};
use crate::deploy::{OnUncertain, Ready};

impl Deployment {
    /// What follows from the answer to a create.
    pub(crate) fn sent(&self, marker: Marker, answer: Result<Handle, Fault>, now: Timestamp) -> Vec<What> {
        let Some(leg) = self.legs.get(&marker).filter(|leg| leg.state == LegState::Sending) else {
            return Vec::new();
        };
        match answer {
            Ok(handle) => vec![What::Accepted { leg: marker, handle: Box::new(handle) }],
            Err(fault) if fault.effect == vmbroker_core::Effect::Unknown => {
                vec![What::Unclear { leg: marker, fault }]
            }
            Err(fault) => self.refused(leg, fault, now),
        }
    }

    fn refused(&self, leg: &Leg, fault: Fault, now: Timestamp) -> Vec<What> {
        let poll_every = self.rules(&leg.choice.account).poll_every;
        let marker = leg.marker;
        match to_refusal(leg, &fault, poll_every, now) {
            Reaction::Again(at) => vec![What::Refused { leg: marker, fault, again_at: Some(at) }],
            Reaction::Next(block) => {
                let block = block.map(|block| What::Blocked { block });
                [What::Refused { leg: marker, fault, again_at: None }].into_iter().chain(block).collect()
            }
            Reaction::Halt => vec![
                What::Refused { leg: marker, fault: fault.clone(), again_at: None },
                What::Halted { fault },
            ],
        }
    }

    /// What follows from one look at one machine of a leg, asked for at `asked_at`.
    pub(crate) fn observed(
        &self,
        marker: Marker,
        machine: usize,
        seen: &Observation,
        asked_at: Timestamp,
    ) -> Vec<What> {
        let Some(leg) = self.legs.get(&marker) else { return Vec::new() };
        let Some(row) = leg.machines.get(machine).filter(|row| row.gone_at.is_none()) else {
            return Vec::new();
        };
        let rules = self.rules(&leg.choice.account);
        match &seen.finding {
            Finding::Found { state: State::Gone, .. } => missing(leg, machine, row),
            Finding::NotFound if !is_absent(row, &rules, asked_at) => Vec::new(),
            Finding::NotFound if machine == 0 && !rules.lists_inactive => unlisted(leg, row),
            Finding::NotFound => missing(leg, machine, row),
            Finding::Found { state, failure, .. } => {
                let is_back = leg.state == LegState::AskUser && leg.is_in_use();
                if machine == 0 && leg.state.is_coming() {
                    self.coming(leg, row, seen, *state, failure.as_deref())
                } else if machine == 0 && is_back && *state == State::Running {
                    vec![What::Ready { leg: marker, handle: Box::new(seen.handle.clone()) }]
                } else {
                    changed(leg, machine, row, seen, *state)
                }
            }
        }
    }

    /// A machine that is to come up was seen in this state.
    fn coming(
        &self,
        leg: &Leg,
        row: &Machine,
        seen: &Observation,
        state: State,
        failure: Option<&str>,
    ) -> Vec<What> {
        let marker = leg.marker;
        let reachable = seen.instance().is_some_and(|it| !it.public_addresses.is_empty());
        let ready = match self.head.policy.ready {
            Ready::Running => true,
            Ready::Reachable => reachable,
        };
        if state == State::Running && ready {
            return vec![What::Ready { leg: marker, handle: Box::new(seen.handle.clone()) }];
        }
        let mut events = changed(leg, 0, row, seen, state);
        if !state.may_still_run() {
            let why = failure.map_or_else(
                || state.to_string(),
                |why| vmbroker_core::clip(&vmbroker_core::printable(why), 300),
            );
            events.push(What::Blocked { block: to_failure(leg, &why, seen.at) });
            events.push(What::Condemned { leg: marker, reason: Reason::Failed(why) });
        }
        events
    }

    /// What follows from a complete list of an account. What it lacks was absent when it was asked for; what it shows
    /// was there when the answer came, and perhaps not before.
    pub(crate) fn listed(
        &self,
        account: &ProviderId,
        listing: &Listing,
        asked_at: Timestamp,
        answered_at: Timestamp,
    ) -> Vec<What> {
        let legs = self.legs.values().filter(|leg| leg.choice.account == *account);
        legs.flat_map(|leg| {
            // A create that is on its way answers for itself: whoever moved the leg on would lose its handle.
            if !self.wants_a_list(leg) || leg.state == LegState::Sending {
                return Vec::new();
            }
            let there: Vec<&Instance> =
                listing.with_marker(leg.marker).filter(|instance| instance.state != State::Gone).collect();
            let new: Vec<&Instance> =
                there.iter().copied().filter(|instance| leg.place_of(&instance.handle).is_none()).collect();
            if new.is_empty() {
                self.unseen(leg, there.len(), asked_at)
            } else {
                self.appeared(leg, &new, answered_at)
            }
        })
        .collect()
    }

    /// Nothing new of this leg stands in a complete list.
    fn unseen(&self, leg: &Leg, known: usize, asked_at: Timestamp) -> Vec<What> {
        let marker = leg.marker;
        let rules = self.rules(&leg.choice.account);
        if self.watched_until(leg).is_some_and(|until| asked_at >= until) {
            return vec![What::WatchEnded { leg: marker }];
        }
        if !leg.is_stuck() || known > 0 {
            return Vec::new();
        }
        let since = leg.sent_at.unwrap_or(leg.since);
        if !passed(since, rules.grace(), asked_at) {
            return Vec::new();
        }
        if holds(Guard::SecondSighting) && leg.missed_at.is_none_or(|first| asked_at <= first) {
            let noted = leg.missed_at.is_some();
            return if noted { Vec::new() } else { vec![What::Missed { leg: marker }] };
        }
        match rules.on_uncertain {
            OnUncertain::Ask if leg.state == LegState::AskUser => Vec::new(),
            OnUncertain::Ask => vec![What::Asked { leg: marker, question: Question::Created }],
            OnUncertain::Proceed => vec![
                What::ProvenAbsent { leg: marker, watch_until: later(asked_at, self.head.policy.late_watch) },
                What::Blocked { block: to_failure(leg, "a create's answer was lost there", asked_at) },
            ],
        }
    }

    /// Machines with this leg's marker that we did not know.
    fn appeared(&self, leg: &Leg, new: &[&Instance], at: Timestamp) -> Vec<What> {
        let marker = leg.marker;
        let handle = |instance: &Instance| {
            let mut handle = instance.handle.clone();
            handle.marker = Some(marker);
            handle.made_at = handle.made_at.or(instance.created_at);
            handle.seen(at, instance.state)
        };
        let mut by_age = new.to_vec();
        // Healthy before failed, then the oldest; the id decides between twins, so that every look keeps the same.
        by_age.sort_by_key(|it| (!it.state.may_still_run(), it.created_at, it.handle.id().to_owned()));
        let mut handles: Vec<Handle> = by_age.into_iter().map(handle).collect();
        let mut events = Vec::new();
        let has_kept = leg.machine().is_some_and(|machine| machine.gone_at.is_none());
        if !has_kept {
            let kept = handles.remove(0);
            events.push(What::Found { leg: marker, handle: Box::new(kept.clone()) });
            let other = self.open_leg(leg.intent).is_some_and(|open| open.marker != marker);
            let wanted = self.intents.get(&leg.intent).is_some_and(|intent| intent.wanted);
            if other {
                events.push(What::Condemned { leg: marker, reason: Reason::Doubled });
            } else if !wanted || self.head.mode == super::Mode::Down {
                events.push(What::Condemned { leg: marker, reason: Reason::Unwanted });
            }
            if !handles.is_empty() {
                handles.insert(0, kept);
            }
        } else if let Some(machine) = leg.machine() {
            handles.insert(0, machine.handle.clone());
        }
        if handles.len() > 1 {
            events.push(What::Doubled { leg: marker, handles });
        }
        events
    }

    /// What follows from a step towards a machine's end that was asked for at `asked_at`, and accepted.
    pub(crate) fn stepped(
        &self,
        marker: Marker,
        machine: usize,
        step: &Deletion,
        asked_at: Timestamp,
    ) -> Vec<What> {
        let Some(leg) = self.legs.get(&marker) else { return Vec::new() };
        let first = machine == 0 && leg.state == LegState::Deleting;
        let ids = |it: &Handle| (it.instance.clone(), it.order.clone(), it.deletion_order.clone());
        let moved = leg.machines.get(machine).is_some_and(|row| ids(&row.handle) != ids(&step.handle));
        if first || moved {
            let known = step.next != Next::NothingLeft;
            let handle = Box::new(step.handle.clone());
            vec![What::Stepped { leg: marker, machine, handle, known, asked_at }]
        } else {
            Vec::new()
        }
    }

    /// What follows from a step towards a machine's end that was refused for good: an order that may not be
    /// withdrawn is a person's to decide.
    pub(crate) fn step_refused(&self, marker: Marker, machine: usize, fault: &Fault) -> Vec<What> {
        let Some(leg) = self.legs.get(&marker) else { return Vec::new() };
        let final_word = matches!(fault.kind, ErrorKind::PermissionDenied | ErrorKind::Unsupported)
            || (fault.kind == ErrorKind::Conflict && leg.reason == Some(Reason::NotApproved));
        if machine == 0 && leg.state.is_ending() && final_word && fault.effect == vmbroker_core::Effect::None
        {
            return vec![What::Asked { leg: marker, question: Question::Gone }];
        }
        Vec::new()
    }
}

/// The kept machine is not found where only active ones are shown: it may have been suspended, and cost money. One in
/// use is asked about, and of one that is to be deleted the end is believed only after a deletion was accepted.
fn unlisted(leg: &Leg, row: &Machine) -> Vec<What> {
    match leg.state {
        LegState::Deleting | LegState::AskUser => Vec::new(),
        LegState::Running if row.missing_since.is_some() => {
            vec![What::Asked { leg: leg.marker, question: Question::Unlisted }]
        }
        _ => missing(leg, 0, row),
    }
}

/// One look said that a machine is gone: the first is noted, the second believed.
fn missing(leg: &Leg, machine: usize, row: &Machine) -> Vec<What> {
    let marker = leg.marker;
    if row.missing_since.is_none() && holds(Guard::ProofBeforeGone) {
        return vec![What::Missing { leg: marker, machine }];
    }
    if machine == 0 && leg.state == LegState::Running {
        return vec![What::Vanished { leg: marker }];
    }
    vec![What::Gone { leg: marker, machine }]
}

/// A machine was seen; an event only where something is different.
fn changed(leg: &Leg, machine: usize, row: &Machine, seen: &Observation, state: State) -> Vec<What> {
    let same_ids = row.handle.instance == seen.handle.instance && row.handle.order == seen.handle.order;
    if row.state == Some(state) && same_ids && row.missing_since.is_none() {
        return Vec::new();
    }
    vec![What::Seen { leg: leg.marker, machine, handle: Box::new(seen.handle.clone()), state }]
}

/// Whether a machine that is not found does not exist: it was seen before, or would be visible by now; and an
/// answer from before its time is impossible.
fn is_absent(row: &Machine, rules: &Rules, asked_at: Timestamp) -> bool {
    let hidden = if row.state.is_some() { Some(std::time::Duration::ZERO) } else { rules.visible_within };
    hidden.is_some_and(|hidden| {
        passed(row.seen_at.unwrap_or(row.since), hidden.saturating_add(rules.lists_lag), asked_at)
    })
}
