//! What a step does.

use crate::audit::{Audit, Breach};
use crate::one::leg::{Leg, LegState, Row};
use crate::one::state::{Outcome, Program, Sight, State, Step};
use crate::rules::{Guard, Setting};
use crate::world::Marker;

impl State {
    pub(crate) fn take(&mut self, setting: &Setting, step: Step) {
        let now = self.now;
        match step {
            Step::Tick => {
                self.now += 1;
                self.program.turn();
                let late = setting.truth.applies_within;
                let believed = setting.rules.applies_within.min(late);
                self.world.expire(if self.is_quiet(setting) { believed } else { late }, self.now);
            }
            Step::Crash => self.crash(),
            Step::Restart => {
                self.program.runs = true;
                for leg in self.legs.iter_mut().filter(|leg| leg.state == LegState::Sending) {
                    leg.unclear(now);
                }
            }
            Step::Drop { intent } => self.intents[usize::from(intent)].wanted = false,
            Step::GiveUp { intent } => self.intents[usize::from(intent)].failed = true,
            Step::Plan { intent, account } => self.plan(setting, intent, account),
            Step::Write { leg } => self.write(setting, leg),
            Step::Post { leg } => self.post(setting, leg),
            Step::Apply { create } => {
                let visible_from = now + setting.truth.visible_within;
                self.world.apply(create, setting.holds(Guard::Marker), visible_from);
            }
            Step::Accepted { .. } | Step::Refused { .. } | Step::Lost { .. } => self.answered(step),
            Step::Ask { account } => {
                self.program.looking = Some((account, now));
                self.program.listed.push(account);
                self.program.listed.sort_unstable();
            }
            Step::Listed { shown } => self.listed(setting, shown),
            Step::ListFailed => {
                let looking = self.program.looking.take();
                if let Some((account, asked_at)) =
                    looking.filter(|_| !setting.holds(Guard::FailedLookSaysNothing))
                {
                    self.judge_list(setting, account, &[], asked_at);
                }
            }
            Step::Saw { leg, machine, sight } => {
                self.program.asked.insert(machine);
                if sight == Sight::Failed {
                    self.world.machines[usize::from(machine)].failed = true;
                }
                if sight != Sight::NotFound {
                    self.world.show(machine, now);
                }
                self.judge_look(setting, leg, machine, sight);
            }
            Step::Delete { leg, machine, outcome } => self.delete(setting, leg, machine, outcome),
            Step::Due { leg } => self.due(leg),
        }
    }

    fn crash(&mut self) {
        let now = self.now;
        self.program = Program::default();
        self.legs.retain(|leg| leg.written);
        self.world.close(None, now);
        for audit in &mut self.audits {
            audit.close(now);
        }
    }

    fn plan(&mut self, setting: &Setting, intent: u8, account: u8) {
        if self.legs_of(intent).any(|leg| !leg.state.is_over()) {
            self.breach(Breach::StartedTooEarly);
        }
        let marker = u8::try_from(self.audits.len()).unwrap();
        self.audits.push(Audit::default());
        self.legs.push(Leg::planned(marker, intent, account, setting.holds(Guard::IntentFirst)));
    }

    /// Commits that a create is about to be sent; a broken controller sends it first.
    fn write(&mut self, setting: &Setting, marker: Marker) {
        let now = self.now;
        let posts = self.audit(marker).posts;
        let Some(leg) = self.leg_mut(marker) else { return };
        if !setting.holds(Guard::IntentFirst) && posts == leg.creates {
            self.program.posting = Some(marker);
            return;
        }
        leg.written = true;
        leg.state = LegState::Sending;
        leg.creates += 1;
        leg.sent_at = now;
        leg.missed = false;
        if setting.holds(Guard::IntentFirst) {
            self.program.posting = Some(marker);
        }
    }

    fn post(&mut self, setting: &Setting, marker: Marker) {
        let now = self.now;
        self.program.posting = None;
        let Some(leg) = self.leg(marker) else { return };
        let account = leg.account;
        if leg.creates <= self.audits[usize::from(marker)].posts {
            self.breach(Breach::SentUnwritten);
        }
        if let Some(breach) = self.audit(marker).post(setting.rules, now) {
            self.breach(breach);
        }
        self.world.post(marker, account, now);
    }

    /// An answer counts only for a leg that still waits for it.
    fn answered(&mut self, step: Step) {
        let now = self.now;
        let (Step::Accepted { leg: marker } | Step::Refused { leg: marker } | Step::Lost { leg: marker }) =
            step
        else {
            return;
        };
        let made = self.world.open(marker).and_then(|create| create.made);
        match step {
            Step::Lost { .. } => self.world.close(Some(marker), now),
            _ => self.world.answer(marker),
        }
        let audit = self.audit(marker);
        audit.close(now);
        if matches!(step, Step::Refused { .. }) {
            audit.refuse();
        }
        let Some(leg) = self.leg_mut(marker).filter(|leg| leg.state == LegState::Sending) else { return };
        match step {
            Step::Lost { .. } => leg.unclear(now),
            Step::Refused { .. } => {
                leg.creates -= 1;
                leg.state = LegState::Rejected;
            }
            _ => {
                let row = made.map(|id| Row::new(id, now, false));
                leg.machines.splice(0..0, row);
                leg.state = LegState::Accepted;
            }
        }
    }

    fn listed(&mut self, setting: &Setting, shown: u8) {
        let Some((account, asked_at)) = self.program.looking.take() else { return };
        let ids: Vec<u8> = (0..8).filter(|bit| shown & (1 << bit) != 0).collect();
        let hidden = |id: u8, machine: &crate::world::Machine| {
            machine.account == account
                && !ids.contains(&id)
                && self.world.must_show(machine, setting.truth, asked_at)
        };
        if (0..).zip(&self.world.machines).any(|(id, machine)| hidden(id, machine)) {
            self.wrong_lists -= 1;
        }
        let now = self.now;
        ids.iter().for_each(|id| self.world.show(*id, now));
        for place in 0..self.legs.len() {
            let leg = &self.legs[place];
            let marker = leg.marker;
            let shown = ids.iter().any(|id| self.world.machines[usize::from(*id)].marker == marker);
            if leg.account == account && leg.state.is_stuck() && !shown {
                self.audit(marker).absent(setting.rules, asked_at);
            }
        }
        self.judge_list(setting, account, &ids, asked_at);
    }

    fn delete(&mut self, setting: &Setting, marker: Marker, machine: u8, outcome: Outcome) {
        let now = self.now;
        self.program.deleted.insert(machine);
        let handed_over = self.leg(marker).is_some_and(|leg| {
            leg.ready && self.is_wanted(leg) && leg.machines.first().is_some_and(|row| row.id == machine)
        });
        if handed_over {
            self.breach(Breach::DeletedHandedOver);
        }
        if outcome == Outcome::Done {
            self.world.machines[usize::from(machine)].gone_at.get_or_insert(now);
        }
        if outcome != Outcome::Failed {
            self.judge_step(setting, marker, machine);
        }
    }

    fn due(&mut self, marker: Marker) {
        let Some(leg) = self.leg(marker) else { return };
        let wanted = self.is_wanted(leg);
        let Some(leg) = self.leg_mut(marker) else { return };
        match leg.state {
            LegState::Planned => leg.state = LegState::Rejected,
            LegState::Uncertain => leg.state = LegState::AskUser,
            _ if !wanted => leg.condemn(),
            _ => {}
        }
    }
}
