//! When the next step towards a machine's end is due.

use std::time::Duration;

use crate::{Next, State};

/// When to call delete again, so that no machine is forgotten and no provider hammered.
///
/// A step that was accepted is repeated all the same while the machine stays: a deletion may be lost, or fail and
/// leave the machine as it was. The pause before that starts at four times the provider's pace and doubles up to
/// 64 times. A state that was not seen before and that allows a step makes it due at once.
#[derive(Debug)]
pub(crate) struct Ending {
    due: Duration,
    stepped: Duration,
    pause: Duration,
    longest: Duration,
    seen: Vec<Option<State>>,
}

impl Ending {
    pub(crate) fn new(poll_every: Duration) -> Self {
        let least = poll_every.max(Duration::from_millis(1));
        Self {
            due: Duration::ZERO,
            stepped: Duration::ZERO,
            pause: least.saturating_mul(4),
            longest: least.saturating_mul(64),
            seen: Vec::new(),
        }
    }

    /// Whether to call delete now, so long after the start. `last` is what was seen last.
    pub(crate) fn is_due(&self, waited: Duration, last: Option<State>) -> bool {
        // A machine that is on its way out needs no help, unless it takes very long.
        let due = if last == Some(State::Deleting) {
            self.due.max(self.stepped.saturating_add(self.longest))
        } else {
            self.due
        };
        waited >= due
    }

    /// The provider accepted a step.
    pub(crate) fn step_taken(&mut self, waited: Duration, next: &Next) {
        self.stepped = waited;
        let pause = match next {
            Next::WaitThenRepeat { wait, .. } => *wait,
            Next::Started | Next::NothingLeft => {
                let pause = self.pause;
                self.pause = pause.saturating_mul(2).min(self.longest);
                pause
            }
        };
        self.due = waited.saturating_add(pause);
    }

    /// A look showed this; whether it was never seen before.
    pub(crate) fn look_taken(&mut self, waited: Duration, state: Option<State>) -> bool {
        if self.seen.contains(&state) {
            return false;
        }
        // What the first look shows, the first step has met.
        if !self.seen.is_empty() && state.is_some_and(State::allows_a_step) {
            self.due = self.due.min(waited);
        }
        self.seen.push(state);
        true
    }
}
