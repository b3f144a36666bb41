//! One controller and its journal, which survives it.
//!
//! `leg` is what is written, `state` everything there is and the steps there are, `choose` which of them are possible,
//! `take` what they do, `judge` what the controller concludes, `laws` what must hold. `holds` runs the real protocol,
//! `breaks` the broken ones.
//!
//! Left out, because they send nothing and free nothing that is not there in another form: prices and budgets, the
//! deadlines of a machine that does not come up (a failed one takes the same way), orders that wait for approval,
//! machines that vanish after they were handed over, and what a person answers when asked.
//!
//! Where the controller may choose (the next account, or the same once more) the model walks both.

mod breaks;
mod choose;
mod holds;
mod judge;
mod laws;
mod leg;
mod state;
mod take;

use stateright::{Model, Property};

use crate::one::leg::Intent;
use crate::one::state::{Program, State, Step};
use crate::rules::Setting;
use crate::world::World;

/// The model of one controller.
#[derive(Clone)]
pub(crate) struct One {
    pub(crate) setting: Setting,
    pub(crate) properties: fn() -> Vec<Property<One>>,
}

impl One {
    /// Whether time is up, and there is nothing left to do in it.
    pub(crate) fn is_the_end(&self, state: &State) -> bool {
        if state.now < self.setting.quiet_at {
            return false;
        }
        let mut steps = Vec::new();
        state.steps(&self.setting, &mut steps);
        steps.iter().all(|step| matches!(step, Step::Apply { .. }))
    }
}

impl Model for One {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let intents = (0..self.setting.intents).map(|_| Intent { wanted: true, failed: false }).collect();
        vec![State {
            now: 0,
            intents,
            legs: Vec::new(),
            program: Program { runs: true, ..Program::default() },
            world: World::default(),
            audits: Vec::new(),
            wrong_lists: self.setting.faults.wrong_lists,
            breach: None,
        }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        state.steps(&self.setting, steps);
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        next.take(&self.setting, step);
        Some(next)
    }

    /// A broken controller forgets its legs and starts new ones without end; the real one has one for each account.
    fn within_boundary(&self, state: &State) -> bool {
        state.audits.len() <= usize::from(self.setting.intents * self.setting.accounts)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        (self.properties)()
    }
}
