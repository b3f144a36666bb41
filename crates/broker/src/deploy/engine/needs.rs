//! What has to be looked at, and when.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Handle, Marker, ProviderId};

use super::{Deployment, Leg, LegState, Question, Rules, later};

/// When an account was looked at last, and how the looks are paced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// When its last complete list was asked for; absent: not in this run.
    pub(crate) listed_at: Option<Timestamp>,
    /// When its machines were asked about; absent: not in this run.
    pub(crate) asked_at: Option<Timestamp>,
    /// How many looks in a row showed nothing new.
    pub(crate) quiet: u32,
}

/// One machine of one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) leg: Marker,
    pub(crate) machine: usize,
    pub(crate) handle: Handle,
}

impl Looked {
    /// The pause before the next look: a quarter of the account's pace first, half as much more each quiet look,
    /// four times the pace at most.
    fn pause(&self, rules: &Rules) -> Duration {
        let mut pause = (rules.poll_every / 4).max(Duration::from_millis(1));
        let most = rules.poll_every.saturating_mul(4).max(pause);
        for _ in 0..self.quiet.min(16) {
            pause = pause.saturating_add(pause / 2).min(most);
        }
        pause
    }
}

impl Deployment {
    /// Whether a complete list of its account may tell something of this leg.
    pub(crate) fn wants_a_list(&self, leg: &Leg) -> bool {
        leg.is_stuck() || leg.watch.is_some()
    }

    /// Until when a late machine of this leg is looked for: as long after its last create as after the first absence
    /// that was proven; absent: none is.
    pub(crate) fn watched_until(&self, leg: &Leg) -> Option<Timestamp> {
        let watch = leg.watch?;
        let last = leg.sent_at.filter(|_| leg.creates > 1).unwrap_or(watch.from);
        Some(watch.until.max(later(last, self.head.policy.late_watch)))
    }

    /// When the next complete list is worth having for this leg; absent: never.
    pub(crate) fn list_due(&self, leg: &Leg, looked: &Looked) -> Option<Timestamp> {
        let rules = self.rules(&leg.choice.account);
        if leg.state == LegState::Uncertain {
            let since = leg.sent_at.unwrap_or(leg.since);
            let Some(last) = looked.listed_at.filter(|last| *last >= since) else { return Some(since) };
            let second = leg.missed_at.map(|first| later(first, rules.poll_every / 4));
            let moments = [later(since, rules.grace())].into_iter().chain(second);
            let next = later(last, looked.pause(&rules));
            return moments.filter(|at| last < *at).chain([next]).min();
        }
        let (from, until) = match leg.watch {
            Some(watch) => (watch.from, self.watched_until(leg)),
            None if leg.is_stuck() => (leg.since, None),
            None => return None,
        };
        Some(doubling(from, until, rules.grace().max(rules.poll_every), looked.listed_at))
    }

    /// When the machines of this leg are to be asked about; absent: never. `verify` asks once about those that were
    /// handed over, too.
    pub(crate) fn status_due(&self, leg: &Leg, looked: &Looked, verify: bool) -> Option<Timestamp> {
        if self.targets(leg, verify && looked.asked_at.is_none()).is_empty() {
            return None;
        }
        let rules = self.rules(&leg.choice.account);
        let spare = leg.machines.iter().skip(1).any(super::Machine::is_ending);
        if leg.state == LegState::AskUser && !spare {
            let step = rules.poll_every.saturating_mul(8);
            return Some(doubling(leg.since, None, step, looked.asked_at));
        }
        match looked.asked_at {
            None => Some(leg.since),
            Some(last) => Some(later(last, looked.pause(&rules))),
        }
    }

    /// The machines of a leg that are to be asked about.
    pub(crate) fn targets(&self, leg: &Leg, verify: bool) -> Vec<Target> {
        let kept = leg.state.is_coming()
            || leg.state.is_ending()
            || (leg.state == LegState::AskUser && leg.question != Some(Question::Created))
            || (verify && leg.state == LegState::Running);
        let wanted = |place: usize, machine: &super::Machine| {
            machine.gone_at.is_none() && if place == 0 { kept } else { machine.is_ending() }
        };
        let rows = leg.machines.iter().enumerate().filter(|(place, machine)| wanted(*place, machine));
        rows.map(|(machine, row)| Target { leg: leg.marker, machine, handle: row.handle.clone() }).collect()
    }

    /// The machines of an account that are to be deleted and not proven gone.
    pub(crate) fn endings(&self, account: &ProviderId) -> Vec<Target> {
        let legs = self.legs.values().filter(|leg| leg.choice.account == *account);
        legs.flat_map(|leg| {
            let rows = leg.machines.iter().enumerate().filter(|(_, machine)| machine.is_ending());
            rows.map(|(machine, row)| Target { leg: leg.marker, machine, handle: row.handle.clone() })
        })
        .collect()
    }

    /// The accounts at which there is anything to look at or to end.
    pub(crate) fn accounts(&self) -> std::collections::BTreeSet<ProviderId> {
        self.legs.values().map(|leg| leg.choice.account.clone()).collect()
    }

    /// When somebody has to look at this leg although nobody waits for it, and until when; absent: it is settled.
    pub(crate) fn look_later(&self, leg: &Leg, now: Timestamp) -> Option<(Timestamp, Option<Timestamp>)> {
        let looked = Looked { listed_at: Some(now), asked_at: Some(now), quiet: 0 };
        let list = self.list_due(leg, &looked);
        let status = self.status_due(leg, &looked, false);
        let sending = (leg.state == LegState::Sending).then_some(now);
        let due = [list, status, sending].into_iter().flatten().min()?;
        let until = leg
            .watch
            .and_then(|_| self.watched_until(leg))
            .filter(|_| leg.state.is_over() || leg.state == LegState::Running);
        Some((due, until))
    }
}

/// The first of the moments `from` + step, + 2 steps, + 4 steps, … after the last look, and the end at the latest.
fn doubling(from: Timestamp, until: Option<Timestamp>, step: Duration, last: Option<Timestamp>) -> Timestamp {
    let last = last.unwrap_or(from);
    let mut after = step.max(Duration::from_secs(1));
    let mut at = later(from, after);
    while at <= last && after < Duration::from_secs(1 << 40) {
        after = after.saturating_mul(2);
        at = later(from, after);
    }
    until.map_or(at, |until| at.min(until.max(last)))
}
