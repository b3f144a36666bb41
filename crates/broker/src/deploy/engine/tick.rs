//! What follows from the passing of time, and what is to be sent now.

use jiff::Timestamp;
use vmbroker_core::{ErrorKind, Marker, ProviderId, State};

use super::choose::{Pick, Tally};
use super::guards::{Guard, holds};
use super::react::to_failure;
use super::{Deployment, Leg, LegState, Mode, Question, Reason, What, passed};

impl Deployment {
    /// What has become true by this time without anybody answering anything: deadlines, and machines that are no
    /// longer wanted.
    pub(crate) fn tick(&self, now: Timestamp) -> Vec<What> {
        self.tick_but(now, |_| false)
    }

    /// The same, where some accounts were not looked at yet in this run: what the deadline of a machine there says is
    /// not known before, for it may have come up while nobody looked.
    pub(crate) fn tick_but(&self, now: Timestamp, is_unseen: impl Fn(&ProviderId) -> bool) -> Vec<What> {
        let legs = self.legs.values();
        legs.flat_map(|leg| self.tick_leg(leg, now, is_unseen(&leg.choice.account))).collect()
    }

    fn tick_leg(&self, leg: &Leg, now: Timestamp, is_unseen: bool) -> Vec<What> {
        let marker = leg.marker;
        let wanted =
            self.head.mode != Mode::Down && self.intents.get(&leg.intent).is_some_and(|intent| intent.wanted);
        match leg.state {
            LegState::Planned if !wanted || self.head.halted.is_some() => {
                vec![What::Withdrawn { leg: marker }]
            }
            LegState::Accepted
            | LegState::Provisioning
            | LegState::Found
            | LegState::Duplicate
            | LegState::Running
                if !wanted =>
            {
                vec![What::Condemned { leg: marker, reason: Reason::Unwanted }]
            }
            LegState::Vanished if !wanted => vec![What::Gone { leg: marker, machine: 0 }],
            LegState::AskUser if !wanted && leg.is_in_use() => {
                vec![What::Condemned { leg: marker, reason: Reason::Unwanted }]
            }
            LegState::Accepted | LegState::Provisioning | LegState::Found | LegState::Duplicate => {
                let deadline = self.deadline(leg).filter(|(at, _)| now >= *at && !is_unseen);
                deadline.map_or_else(Vec::new, |(_, reason)| {
                    let block = to_failure(leg, &reason.to_string(), now);
                    vec![What::Blocked { block }, What::Condemned { leg: marker, reason }]
                })
            }
            LegState::Deleting | LegState::DeleteUnconfirmed => {
                let since = leg.machine().and_then(|machine| machine.ending_since).unwrap_or(leg.since);
                if passed(since, self.head.policy.delete_within, now) {
                    vec![What::Asked { leg: marker, question: Question::Gone }]
                } else {
                    Vec::new()
                }
            }
            LegState::Uncertain => {
                let since = leg.sent_at.unwrap_or(leg.since);
                if passed(since, self.rules(&leg.choice.account).patience(), now) {
                    vec![What::Asked { leg: marker, question: Question::Created }]
                } else {
                    Vec::new()
                }
            }
            LegState::Planned
            | LegState::Sending
            | LegState::Running
            | LegState::Rejected
            | LegState::Absent
            | LegState::Gone
            | LegState::Vanished
            | LegState::AskUser => Vec::new(),
        }
    }

    /// By when a machine must be up, and what is wrong when it is not.
    pub(crate) fn deadline(&self, leg: &Leg) -> Option<(Timestamp, Reason)> {
        let policy = &self.head.policy;
        let from = leg.accepted_at?;
        let waits = leg.machine().and_then(|machine| machine.state) == Some(State::AwaitingApproval);
        let (within, reason) = if waits {
            (policy.approval_within, Reason::NotApproved)
        } else {
            (policy.provision_within, Reason::TooLate)
        };
        Some((super::later(from, within), reason))
    }

    /// What is to be written before the next creates are sent: new legs, each with a marker of its own, and
    /// machines for which there is nothing left to try.
    pub(crate) fn starts(&self, now: Timestamp, draw: &mut dyn FnMut() -> Option<Marker>) -> Vec<What> {
        if self.head.mode != Mode::Up {
            return Vec::new();
        }
        let mut scratch = self.clone();
        let mut tally = Tally::of(&scratch);
        let mut events = Vec::new();
        // Machines without a leg are all alike: where one has to wait, so have the others, until something is taken.
        let mut new_ones_wait = false;
        for intent in self.intents.values().filter(|intent| intent.wanted && intent.failed.is_empty()) {
            let is_new = scratch.legs_of(intent.number).next().is_none();
            if is_new && new_ones_wait {
                continue;
            }
            let busy = scratch.open_leg(intent.number).is_some();
            if busy && (holds(Guard::OneLegAtATime) || !stuck(&scratch, intent.number)) {
                continue;
            }
            let event = match scratch.pick(intent.number, now, &tally) {
                Pick::Wait => {
                    new_ones_wait |= is_new;
                    continue;
                }
                Pick::Nothing(why) => What::Failed { intent: intent.number, why },
                Pick::Again(leg) => What::Sending { leg },
                Pick::Take(choice) => {
                    let Some(leg) = draw() else { continue };
                    let number = scratch.legs_of(intent.number).last().map_or(1, |leg| leg.number + 1);
                    What::Planned { leg, intent: intent.number, number, choice }
                }
            };
            scratch.fold(&[super::Event { at: now, what: event.clone() }]);
            if !matches!(event, What::Failed { .. }) {
                tally = Tally::of(&scratch);
                new_ones_wait = false;
            }
            events.push(event);
        }
        events
    }

    /// The legs whose create is to be sent now.
    pub(crate) fn sends(&self, now: Timestamp) -> Vec<Marker> {
        if self.head.mode != Mode::Up || self.head.halted.is_some() {
            return Vec::new();
        }
        let due = |leg: &&std::sync::Arc<Leg>| {
            leg.state == LegState::Planned && leg.not_before.is_none_or(|at| now >= at)
        };
        self.legs.values().filter(due).map(|leg| leg.marker).collect()
    }

    /// What has become of creates that were on their way when a former run ended: nobody knows.
    pub(crate) fn interrupted(&self) -> Vec<What> {
        let sending = self.legs.values().filter(|leg| leg.state == LegState::Sending);
        sending
            .map(|leg| {
                let fault = super::Fault::unclear("the program ended before the answer came");
                What::Unclear { leg: leg.marker, fault }
            })
            .collect()
    }

    /// What tries once more to end the machines of which no end could be proven in time.
    pub(crate) fn ends_again(&self, now: Timestamp) -> Vec<What> {
        let again = |leg: &std::sync::Arc<Leg>| {
            let machine = leg.machine().filter(|machine| machine.is_ending())?;
            let late = leg.state.is_ending()
                && machine
                    .ending_since
                    .is_some_and(|since| passed(since, self.head.policy.delete_within, now));
            let asked = leg.state == LegState::AskUser && leg.question == Some(Question::Gone);
            // A machine that was kept besides goes with it.
            let kept = leg.machines.iter().any(|it| it.gone_at.is_none() && !it.is_ending());
            let reason = leg.reason.clone().filter(|_| !kept).unwrap_or(Reason::Unwanted);
            let ask = late.then_some(What::Asked { leg: leg.marker, question: Question::Gone });
            (late || asked).then(|| ask.into_iter().chain([What::Condemned { leg: leg.marker, reason }]))
        };
        self.legs.values().filter_map(again).flatten().collect()
    }

    /// Whether nothing more is to be done now: what is wanted is up, or there is nothing left to try, or a person
    /// has to decide; and nothing is on its way.
    #[must_use]
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let moving = self.legs.values().any(|leg| {
            let planned = leg.state == LegState::Planned && self.head.mode == Mode::Up;
            let spares = leg.machines.iter().skip(1).filter(|machine| machine.is_ending());
            let ending = spares
                .filter_map(|machine| machine.ending_since)
                .any(|since| !passed(since, self.head.policy.delete_within, now));
            let state = leg.state;
            planned
                || ending
                || state.is_coming()
                || state.is_ending()
                || matches!(state, LegState::Sending | LegState::Uncertain)
        });
        let waiting = self.head.mode == Mode::Up
            && self.intents.values().any(|intent| {
                intent.wanted && intent.failed.is_empty() && self.open_leg(intent.number).is_none()
            });
        !moving && !waiting && self.tick(now).is_empty()
    }

    /// The next moment at which [`tick`](Self::tick) or [`sends`](Self::sends) may have something to say; absent:
    /// none.
    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        let policy = &self.head.policy;
        let moments = self.legs.values().filter_map(|leg| match leg.state {
            LegState::Planned => leg.not_before,
            LegState::Uncertain => {
                let patience = self.rules(&leg.choice.account).patience();
                Some(super::later(leg.sent_at.unwrap_or(leg.since), patience))
            }
            LegState::Deleting | LegState::DeleteUnconfirmed => {
                let since = leg.machine().and_then(|machine| machine.ending_since).unwrap_or(leg.since);
                Some(super::later(since, policy.delete_within))
            }
            LegState::Accepted | LegState::Provisioning | LegState::Found | LegState::Duplicate => {
                self.deadline(leg).map(|(at, _)| at)
            }
            LegState::Sending
            | LegState::Running
            | LegState::Rejected
            | LegState::Absent
            | LegState::Gone
            | LegState::Vanished
            | LegState::AskUser => None,
        });
        moments.min()
    }

    /// The error of the whole wish, where it is wrong everywhere.
    #[must_use]
    pub fn is_wrong_everywhere(&self) -> bool {
        self.head.halted.as_ref().is_some_and(|fault| fault.kind == ErrorKind::InvalidRequest)
    }
}

/// Whether what an intent waits for is the outcome of a create.
fn stuck(state: &Deployment, intent: u32) -> bool {
    state.open_leg(intent).is_some_and(Leg::is_stuck)
}
