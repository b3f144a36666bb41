//! How to wait for machines: the pace, the deadline, and what each look means.

use std::time::Duration;

use crate::{Clock, Effect, Error, ErrorKind, Finding, Handle, Observation, Result, Retry, State};

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The machine is on.
    Running,
    /// The machine is on and has a public address: at every provider running may come first.
    Reachable,
    /// The machine no longer exists.
    Gone,
}

/// How long and how often to look.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The time by which everything is measured.
    pub clock: Clock,
    /// When to stop looking, from now.
    pub deadline: Duration,
}

impl Wait {
    /// Looks for this long at most, at the provider's own pace.
    #[must_use]
    pub fn new(clock: Clock, deadline: Duration) -> Self {
        Self { clock, deadline }
    }
}

/// The pause between looks: a quarter of the provider's pace first, half as much more each quiet round, four
/// times the pace at most.
#[derive(Debug)]
pub(crate) struct Pace {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Pace {
    pub(crate) fn new(poll_every: Duration) -> Self {
        let first = poll_every / 4;
        Self { first, most: poll_every * 4, next: first }
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) fn next(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 3 / 2).min(self.most);
        now
    }
}

/// Who is told of each observation that differs from the one before.
pub(crate) type Seen<'a> = dyn for<'b> FnMut(&'b Observation) + Send + 'a;

/// Machines that are being waited for.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    visible_within: Option<Duration>,
    goal: Goal,
    wait: &'a Wait,
    started: Duration,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    handle: Handle,
    last: Option<Observation>,
    end: Option<Result<Observation>>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        visible_within: Option<Duration>,
        handles: &[Handle],
        goal: Goal,
        wait: &'a Wait,
    ) -> Self {
        let entry = |handle: &Handle| Entry { handle: handle.clone(), last: None, end: None };
        let entries = handles.iter().map(entry).collect();
        Self { visible_within, goal, wait, started: wait.clock.elapsed(), entries }
    }

    pub(crate) fn waited(&self) -> Duration {
        self.wait.clock.elapsed().saturating_sub(self.started)
    }

    pub(crate) fn open_handles(&self) -> Vec<Handle> {
        self.entries.iter().filter(|entry| entry.end.is_none()).map(|entry| entry.handle.clone()).collect()
    }

    /// Takes one round of observations, one for each open handle in order; whether anything changed.
    pub(crate) fn take(&mut self, observations: Vec<Observation>, seen: &mut Seen<'_>) -> bool {
        let waited = self.waited();
        let mut changed = false;
        let open = self.entries.iter_mut().filter(|entry| entry.end.is_none());
        for (entry, observation) in open.zip(observations) {
            let differs = entry.last.as_ref().is_none_or(|last| last.finding != observation.finding);
            if differs {
                changed = true;
                seen(&observation);
            }
            entry.end =
                verdict(self.goal, self.visible_within, self.wait, waited, &entry.handle, &observation);
            entry.handle = observation.handle.clone();
            entry.last = Some(observation);
        }
        changed
    }

    pub(crate) fn ends(self) -> Vec<Result<Observation>> {
        let (goal, deadline) = (self.goal, self.wait.deadline);
        let end = |entry: Entry| entry.end.unwrap_or_else(|| Err(late(&entry.handle, goal, deadline)));
        self.entries.into_iter().map(end).collect()
    }
}

/// What an observation means for a machine that is waited for; absent: keep looking.
fn verdict(
    goal: Goal,
    visible_within: Option<Duration>,
    wait: &Wait,
    waited: Duration,
    asked: &Handle,
    observation: &Observation,
) -> Option<Result<Observation>> {
    let Finding::Found { state, word, failure, .. } = &observation.finding else {
        return match goal {
            Goal::Gone => is_gone(observation, asked, visible_within, wait).then(|| Ok(observation.clone())),
            Goal::Running | Goal::Reachable => {
                // A machine that was seen and is no longer is gone; a new one may be invisible for a while.
                let long_enough = match (visible_within, asked.made_at) {
                    (Some(limit), None) => waited >= limit,
                    (limit, Some(_)) => is_older_than(asked, limit, wait),
                    (None, None) => false,
                };
                (asked.last_seen.is_some() || long_enough).then(|| {
                    let message = format!("`{asked}` is no longer there, or never came up");
                    Err(Error::new(ErrorKind::NotFound, message))
                })
            }
        };
    };
    let reached = match goal {
        Goal::Gone => *state == State::Gone,
        Goal::Running => *state == State::Running,
        Goal::Reachable => {
            *state == State::Running
                && observation.instance().is_some_and(|it| !it.public_addresses.is_empty())
        }
    };
    if reached {
        return Some(Ok(observation.clone()));
    }
    if goal == Goal::Gone || state.may_still_run() {
        return None;
    }
    let why = failure.as_deref().map(|why| format!(": {}", crate::clip(&crate::printable(why), 300)));
    let message = format!("`{asked}` is {state} ({}){}", crate::printable(word), why.unwrap_or_default());
    Some(Err(Error::new(ErrorKind::MachineFailed, message)))
}

/// Whether an observation proves that the machine is gone: the provider says so, or it knows it no longer after
/// it was seen, or after any new machine would be visible.
pub(crate) fn is_gone(
    observation: &Observation,
    asked: &Handle,
    visible_within: Option<Duration>,
    wait: &Wait,
) -> bool {
    match observation.finding {
        Finding::Found { state, .. } => state == State::Gone,
        Finding::NotFound => asked.last_seen.is_some() || is_older_than(asked, visible_within, wait),
    }
}

fn is_older_than(handle: &Handle, limit: Option<Duration>, wait: &Wait) -> bool {
    match (limit, handle.made_at) {
        (None, _) => false,
        (Some(limit), Some(made)) => {
            Duration::try_from(wait.clock.now().duration_since(made)).is_ok_and(|age| age >= limit)
        }
        // A handle read from text does not say how old it is: only the provider's own memory is left.
        (Some(limit), None) => limit.is_zero(),
    }
}

pub(crate) fn late(handle: &Handle, goal: Goal, deadline: Duration) -> Error {
    let aim = match goal {
        Goal::Running => "running",
        Goal::Reachable => "reachable",
        Goal::Gone => "gone",
    };
    let message = format!("`{handle}` was not {aim} after {} s", deadline.as_secs());
    Error::new(ErrorKind::DeadlineExceeded, message).with_effect(Effect::Unknown).with_retry(Retry::Backoff)
}
