//! Two controllers over one row, as the ground for what comes later: claim, lease and send guard.
//!
//! Each of the two may stop at any point and go on much later, or end and start again. All that they share is the
//! row, which is changed only by whom its version is known to (the claim). A claim holds until its lease ends (the
//! lease), and nobody sends after his own lease (the send guard).
//!
//! `row` is what they share, `state` everything there is, `choose` which steps are possible, `take` what they do.

mod breaks;
mod choose;
mod holds;
mod laws;
mod row;
mod state;
mod take;

use stateright::{Model, Property};

use crate::pair::state::{State, Step};
use crate::rules::{Guard, Ticks, Timing};

/// The model of two controllers.
#[derive(Clone)]
pub(crate) struct Pair {
    /// What is believed and true of the provider; here a machine that is made is visible at once.
    pub(crate) timing: Timing,
    /// How long a claim holds.
    pub(crate) lease: Ticks,
    /// Both may end and start again.
    pub(crate) crashes: bool,
    /// When the model stops.
    pub(crate) end_at: Ticks,
    /// The safeguard that is taken out.
    pub(crate) without: Option<Guard>,
    pub(crate) properties: fn() -> Vec<Property<Pair>>,
}

impl Pair {
    /// Whether the safeguard is in place.
    pub(crate) fn holds(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }
}

impl Model for Pair {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        state.steps(self, steps);
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        next.take(self, step);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        (self.properties)()
    }
}
