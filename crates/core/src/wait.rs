//! How to wait for machines: the pace, the deadline, and what each look means.

use std::time::Duration;

use crate::{
    Clock, Effect, Error, ErrorKind, Finding, Handle, Instance, Observation, Result, Retry, Semantics, State,
};

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
        // A pace of nothing would spin; a millisecond is the grain of every timer.
        let first = (poll_every / 4).max(Duration::from_millis(1));
        Self { first, most: poll_every.saturating_mul(4).max(first), next: first }
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) fn next(&mut self) -> Duration {
        let now = self.next;
        self.next = now.saturating_add(now / 2).min(self.most);
        now
    }
}

/// Who is told of each observation that differs from the one before.
pub(crate) type Seen<'a> = dyn for<'b> FnMut(&'b Observation) + Send + 'a;

/// Machines that are being waited for.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    shows: Shows,
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
    pub(crate) fn new(shows: Shows, handles: &[Handle], goal: Goal, wait: &'a Wait) -> Self {
        let entry = |handle: &Handle| Entry { handle: handle.clone(), last: None, end: None };
        let entries = handles.iter().map(entry).collect();
        Self { shows, goal, wait, started: wait.clock.elapsed(), entries }
    }

    pub(crate) fn waited(&self) -> Duration {
        self.wait.clock.elapsed().saturating_sub(self.started)
    }

    pub(crate) fn open_handles(&self) -> Vec<Handle> {
        self.entries.iter().filter(|entry| entry.end.is_none()).map(|entry| entry.handle.clone()).collect()
    }

    /// Takes one round of observations, one for each open handle in order; whether anything got further.
    ///
    /// # Errors
    /// `Protocol` where there are more or fewer: nobody could say which is whose.
    pub(crate) fn take(&mut self, observations: Vec<Observation>, seen: &mut Seen<'_>) -> Result<bool> {
        let waited = self.waited();
        let open: Vec<&mut Entry> = self.entries.iter_mut().filter(|entry| entry.end.is_none()).collect();
        if open.len() != observations.len() {
            let message = format!("{} observations came for {} handles", observations.len(), open.len());
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        let mut progress = false;
        for (entry, observation) in open.into_iter().zip(observations) {
            progress |= entry.last.as_ref().is_none_or(|last| got_further(last, &observation));
            if entry.last.as_ref().is_none_or(|last| differs(last, &observation)) {
                seen(&observation);
            }
            entry.end = verdict(self.goal, self.shows, self.wait, waited, &entry.handle, &observation);
            entry.handle = remembered(&observation);
            entry.last = Some(observation);
        }
        Ok(progress)
    }

    pub(crate) fn ends(self) -> Vec<Result<Observation>> {
        let (goal, deadline) = (self.goal, self.wait.deadline);
        let end = |entry: Entry| {
            let absent = entry.last.as_ref().is_some_and(|last| last.state().is_none());
            entry.end.unwrap_or_else(|| Err(late(&entry.handle, goal, deadline, absent)))
        };
        self.entries.into_iter().map(end).collect()
    }
}

/// What an observation means for a machine that is waited for; absent: keep looking.
fn verdict(
    goal: Goal,
    shows: Shows,
    wait: &Wait,
    waited: Duration,
    asked: &Handle,
    observation: &Observation,
) -> Option<Result<Observation>> {
    let Finding::Found { state, word, failure, .. } = &observation.finding else {
        if !absence_is_proven(asked, shows, waited, wait) {
            return None;
        }
        return Some(match goal {
            Goal::Gone => Ok(observation.clone()),
            Goal::Running | Goal::Reachable => {
                let message = format!("`{asked}` is no longer there, or never came up");
                Err(Error::new(ErrorKind::NotFound, message))
            }
        });
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
    let kind = if *state == State::Gone { ErrorKind::NotFound } else { ErrorKind::MachineFailed };
    Some(Err(Error::new(kind, message)))
}

/// Whether an observation proves that the machine is gone: the provider says so, or does not know it although
/// it must.
pub(crate) fn is_gone(
    observation: &Observation,
    asked: &Handle,
    shows: Shows,
    waited: Duration,
    wait: &Wait,
) -> bool {
    match observation.finding {
        Finding::Found { state, .. } => state == State::Gone,
        Finding::NotFound => absence_is_proven(asked, shows, waited, wait),
    }
}

/// When a provider shows what it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shows {
    /// How long a new machine may be invisible; absent: nobody can say.
    pub(crate) new_within: Option<Duration>,
    /// How old an answer may be.
    pub(crate) lag: Duration,
}

impl Shows {
    pub(crate) fn of(semantics: &Semantics) -> Self {
        Self { new_within: semantics.visible_within, lag: semantics.list_lags_by }
    }
}

/// Whether a machine that is not found does not exist: it was seen before, or any new machine would be visible by
/// now; and it is so old that an answer from before its time is impossible. A handle read from text does not say
/// how old it is, but the machine is at least as old as its first sighting and as the wait.
fn absence_is_proven(asked: &Handle, shows: Shows, waited: Duration, wait: &Wait) -> bool {
    let since = |at| Duration::try_from(wait.clock.now().duration_since(at)).ok();
    let made = asked.made_at.and_then(since).unwrap_or_default();
    let seen = asked.last_seen.and_then(|seen| since(seen.at)).unwrap_or_default();
    let age = made.max(seen).max(waited);
    let hidden = if asked.last_seen.is_some() { Some(Duration::ZERO) } else { shows.new_within };
    hidden.is_some_and(|hidden| age >= hidden.saturating_add(shows.lag))
}

/// The handle for the next look, which remembers this one even where the adapter forgot to.
pub(crate) fn remembered(observation: &Observation) -> Handle {
    let handle = observation.handle.clone();
    match observation.state() {
        Some(state) => handle.seen(observation.at, state),
        None => handle,
    }
}

/// Whether anything but the time of the look is different.
fn differs(before: &Observation, now: &Observation) -> bool {
    let timeless = |instance: &Instance| {
        let mut instance = instance.clone();
        instance.handle.last_seen = None;
        instance
    };
    got_further(before, now) || before.instance().map(timeless) != now.instance().map(timeless)
}

/// Whether the machine is in another state, or has got an id or an address: what makes the next look worth having
/// soon. Money spent and the like change with every look.
fn got_further(before: &Observation, now: &Observation) -> bool {
    let told = |it: &Observation| match &it.finding {
        Finding::NotFound => None,
        Finding::Found { state, word, failure, .. } => Some((*state, word.clone(), failure.clone())),
    };
    let addresses = |it: &Observation| it.instance().map(|instance| instance.public_addresses.clone());
    told(before) != told(now) || before.handle.id() != now.handle.id() || addresses(before) != addresses(now)
}

/// The time is over. Where the machine is absent and that proves nothing, the message says so.
pub(crate) fn late(handle: &Handle, goal: Goal, deadline: Duration, absent: bool) -> Error {
    let aim = match goal {
        Goal::Running => "running",
        Goal::Reachable => "reachable",
        Goal::Gone => "gone",
    };
    let mut message = format!("`{handle}` was not {aim} after {} s", deadline.as_secs());
    if absent {
        message = format!("{message}: it is not shown, but a new machine may be hidden for a while");
    }
    Error::new(ErrorKind::DeadlineExceeded, message).with_effect(Effect::Unknown).with_retry(Retry::Backoff)
}
