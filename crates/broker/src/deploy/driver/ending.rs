//! When the next step towards a machine's end is due.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Next, State};

use crate::deploy::engine::{Deployment, Fault, Target, later, passed};

/// When to call delete again, machine by machine, so that none is forgotten and no account hammered.
///
/// A step that was accepted is repeated all the same while the machine stays: a deletion may be lost, or come to
/// nothing. The pause before that starts at four times the account's pace and doubles up to 64 times. A machine that
/// is seen in another state than at the last step, and in one that allows a step, is due at once.
#[derive(Debug, Default)]
pub(crate) struct Endings(BTreeMap<String, Ending>);

#[derive(Debug)]
struct Ending {
    /// When its first step was taken.
    began: Timestamp,
    due: Timestamp,
    pause: Duration,
    state: Option<State>,
}

/// What a step came to.
pub(crate) type Step = Result<Next, Fault>;

impl Endings {
    /// When the next step is due.
    pub(crate) fn due(&self, target: &Target, state: &Deployment) -> Timestamp {
        let Some(ending) = self.0.get(target.handle.id()) else { return Timestamp::UNIX_EPOCH };
        let seen = seen(target, state);
        if seen != ending.state && seen.is_some_and(State::allows_a_step) {
            Timestamp::UNIX_EPOCH
        } else {
            ending.due
        }
    }

    /// Whether the first step of this run is still to be taken, or was not longer ago than this.
    pub(crate) fn has_time(&self, target: &Target, within: Duration, now: Timestamp) -> bool {
        self.0.get(target.handle.id()).is_none_or(|ending| !passed(ending.began, within, now))
    }

    /// A step came to this.
    pub(crate) fn note(
        &mut self,
        target: &Target,
        step: &Step,
        state: &Deployment,
        poll_every: Duration,
        now: Timestamp,
    ) {
        let least = poll_every.max(Duration::from_millis(1)).saturating_mul(4);
        let new = Ending { began: now, due: now, pause: least, state: None };
        let ending = self.0.entry(target.handle.id().to_owned()).or_insert(new);
        ending.state = seen(target, state);
        let pause = match step {
            Ok(Next::WaitThenRepeat { wait, .. }) => *wait,
            Ok(Next::Started | Next::NothingLeft) | Err(_) => {
                let pause = ending.pause;
                ending.pause = pause.saturating_mul(2).min(least.saturating_mul(16));
                pause
            }
        };
        ending.due = later(now, pause);
    }
}

fn seen(target: &Target, state: &Deployment) -> Option<State> {
    state.legs.get(&target.leg)?.machines.get(target.machine)?.state
}
