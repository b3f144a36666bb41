//! Every step that is possible in a state.

use crate::pair::Pair;
use crate::pair::row::{Controller, LegState, Plan, Who};
use crate::pair::state::{State, Step};
use crate::rules::Guard;

impl State {
    pub(crate) fn steps(&self, model: &Pair, out: &mut Vec<Step>) {
        if self.now < model.end_at {
            out.push(Step::Tick);
        }
        let unmade = self.world.creates.iter().enumerate().filter(|(_, create)| create.made.is_none());
        out.extend(unmade.map(|(create, _)| Step::Apply { create }));
        for (who, controller) in (0..).zip(&self.controllers) {
            self.steps_of(model, who, controller, out);
            if model.crashes && *controller != Controller::default() {
                out.push(Step::Restart(who));
            }
        }
    }

    fn steps_of(&self, model: &Pair, who: Who, controller: &Controller, out: &mut Vec<Step>) {
        match controller.plan {
            Plan::Read => out.push(Step::Read(who)),
            Plan::Post => out.push(Step::Post(who)),
            Plan::Wait { had } => {
                out.extend((self.made_by(who) > had).then_some(Step::Accepted(who)));
                out.push(Step::Lost(who));
            }
            Plan::Write { .. } => out.push(Step::Write(who)),
            Plan::Act => self.acts(model, who, controller, out),
        }
    }

    fn acts(&self, model: &Pair, who: Who, controller: &Controller, out: &mut Vec<Step>) {
        let row = &controller.row;
        if matches!(row.state, LegState::Accepted | LegState::Failed) {
            return;
        }
        let free = row.owner.is_none() || !model.holds(Guard::Lease) || self.now >= row.lease_until;
        if row.owner != Some(who) {
            // One that may not take the row yet looks at it again later.
            out.push(if free { Step::Claim(who) } else { Step::Read(who) });
            return;
        }
        // One that started again does not know its lease any more.
        if self.now >= controller.mine_until && model.holds(Guard::Lease) {
            out.push(Step::Claim(who));
            return;
        }
        match row.state {
            LegState::Planned => out.push(Step::Commit(who)),
            LegState::Absent if row.creates < 2 => out.push(Step::Commit(who)),
            LegState::Absent => out.push(Step::GiveUp(who)),
            LegState::Sending => out.push(Step::Recover(who)),
            LegState::Uncertain => {
                let must = |it| self.world.must_show(it, model.timing, self.now);
                let may = |it| self.world.may_show(it, model.timing, self.now);
                let machines = &self.world.machines;
                if machines.iter().any(may) {
                    out.push(Step::Look { who, shown: true });
                }
                if !machines.iter().any(must) {
                    out.push(Step::Look { who, shown: false });
                }
            }
            LegState::Accepted | LegState::Failed => {}
        }
    }
}
