//! Every step that is possible in a state.

use crate::one::leg::{Leg, LegState};
use crate::one::state::{Outcome, Sight, State, Step};
use crate::rules::{Guard, OnUncertain, Setting, Ticks};

impl State {
    /// Before the quiet everything may go wrong, and the controller may be as slow as it likes.
    pub(crate) fn is_quiet(&self, setting: &Setting) -> bool {
        self.now >= setting.quiet_at
    }

    pub(crate) fn steps(&self, setting: &Setting, out: &mut Vec<Step>) {
        if self.program.runs {
            self.own_steps(setting, out);
            self.answers(setting, out);
        } else {
            out.push(Step::Restart);
        }
        // In the quiet time does not pass before the controller has done what it can; before that only a call
        // keeps it from passing.
        let waits = if self.is_quiet(setting) { !out.is_empty() } else { self.call_ends_now(setting) };
        let settled = self.is_quiet(setting) && self.is_finished();
        if !waits && !settled && self.now < setting.end_at {
            out.push(Step::Tick);
        }
        self.provider_steps(out);
        if !self.is_quiet(setting) {
            self.faults(setting, out);
        }
    }

    /// Whether a call has waited for its answer as long as any does.
    fn call_ends_now(&self, setting: &Setting) -> bool {
        let overdue = |since: Ticks| self.now >= since + setting.calls_take;
        let mut open = self.world.creates.iter().filter(|create| create.closed_at.is_none());
        self.program.runs
            && (open.any(|create| overdue(create.posted_at))
                || self.program.looking.is_some_and(|(_, asked_at)| overdue(asked_at)))
    }

    /// Whether everything has come to its end, so that time brings nothing new.
    fn is_finished(&self) -> bool {
        let over = |leg: &Leg| leg.state.is_over() || leg.state == LegState::Running;
        let quiet = |leg: &Leg| over(leg) && leg.watch_until.is_none() && leg.endings().next().is_none();
        self.world.creates.is_empty()
            && self.legs.iter().all(quiet)
            && (0..)
                .zip(&self.intents)
                .all(|(number, intent)| intent.failed || !intent.wanted || self.open_leg(number).is_some())
    }

    /// What the controller does by itself.
    fn own_steps(&self, setting: &Setting, out: &mut Vec<Step>) {
        if let Some(leg) = self.program.posting {
            out.push(Step::Post { leg });
            return;
        }
        for (number, intent) in (0..).zip(&self.intents) {
            let open = self.open_leg(number);
            let busy = open.is_some_and(|leg| setting.holds(Guard::OneLegAtATime) || !leg.state.is_stuck());
            if intent.wanted && !intent.failed && !busy {
                self.next_leg(setting, number, out);
            }
        }
        for leg in &self.legs {
            self.leg_steps(setting, leg, out);
        }
        let often = |account: u8| self.program.listed.iter().filter(|it| **it == account).count();
        for account in (0..setting.accounts).filter(|account| often(*account) < 2) {
            let wants = |leg: &Leg| leg.account == account && leg.wants_a_list();
            if self.program.looking.is_none() && self.legs.iter().any(wants) {
                out.push(Step::Ask { account });
            }
        }
    }

    /// What comes next for a machine that has no open leg: the next account, one more create, or nothing.
    fn next_leg(&self, setting: &Setting, intent: u8, out: &mut Vec<Step>) {
        let tried = self.legs_of(intent).count();
        let next = (0..setting.accounts).nth(tried);
        let again = self.legs_of(intent).last().filter(|leg| may_send_again(setting, leg));
        out.extend(next.map(|account| Step::Plan { intent, account }));
        out.extend(again.map(|leg| Step::Write { leg: leg.marker }));
        if next.is_none() && again.is_none() && self.open_leg(intent).is_none() {
            out.push(Step::GiveUp { intent });
        }
    }

    fn leg_steps(&self, setting: &Setting, leg: &Leg, out: &mut Vec<Step>) {
        let marker = leg.marker;
        if leg.state == LegState::Planned && self.is_wanted(leg) {
            out.push(Step::Write { leg: marker });
        }
        let unwanted = !self.is_wanted(leg)
            && (leg.state.is_coming() || matches!(leg.state, LegState::Planned | LegState::Running));
        let impatient =
            leg.state == LegState::Uncertain && self.now >= leg.sent_at + setting.rules.patience();
        if unwanted || impatient {
            out.push(Step::Due { leg: marker });
        }
        for row in leg.targets().filter(|row| !self.program.asked.contains(&row.id)) {
            let machine = &self.world.machines[usize::from(row.id)];
            let mut saw = |sight| out.push(Step::Saw { leg: marker, machine: row.id, sight });
            if !self.world.must_show(machine, setting.truth, self.now) {
                saw(Sight::NotFound);
            }
            if self.world.may_show(machine, setting.truth, self.now) {
                if machine.failed {
                    saw(Sight::Failed);
                } else {
                    saw(Sight::Running);
                    if !self.is_quiet(setting) {
                        saw(Sight::Coming);
                        if setting.faults.failed_machines && machine.is_alive() {
                            saw(Sight::Failed);
                        }
                    }
                }
            }
        }
        for row in leg.endings().filter(|row| !self.program.deleted.contains(&row.id)) {
            let mut delete = |outcome| out.push(Step::Delete { leg: marker, machine: row.id, outcome });
            delete(Outcome::Done);
            if setting.faults.idle_deletes && !self.is_quiet(setting) {
                delete(Outcome::OnlyAccepted);
                delete(Outcome::Failed);
            }
        }
    }

    /// Answers to what it asked.
    fn answers(&self, setting: &Setting, out: &mut Vec<Step>) {
        for create in self.world.creates.iter().filter(|create| create.closed_at.is_none()) {
            let leg = create.marker;
            // A broken controller has nowhere to write the answer before it has written the rest.
            if self.leg(leg).is_none_or(|row| row.state == LegState::Planned) {
                continue;
            }
            out.push(if create.made.is_some() { Step::Accepted { leg } } else { Step::Refused { leg } });
        }
        if let Some((account, asked_at)) = self.program.looking {
            self.lists(setting, account, asked_at, out);
        }
    }

    /// Every list the provider may answer with.
    fn lists(&self, setting: &Setting, account: u8, asked_at: Ticks, out: &mut Vec<Step>) {
        let (mut sure, mut perhaps, mut hideable) = (0_u8, Vec::<u8>::new(), Vec::<u8>::new());
        for (place, machine) in self.world.machines.iter().enumerate() {
            if machine.account != account {
                continue;
            }
            if self.world.must_show(machine, setting.truth, asked_at) {
                sure |= 1 << place;
                hideable.push(1 << place);
            } else if self.world.may_show(machine, setting.truth, asked_at) {
                perhaps.push(1 << place);
            }
        }
        let mut lists = vec![sure];
        for bit in perhaps {
            lists = lists.into_iter().flat_map(|list| [list, list | bit]).collect();
        }
        if self.wrong_lists > 0 && !self.is_quiet(setting) {
            out.extend(hideable.iter().map(|bit| Step::Listed { shown: sure & !*bit }));
        }
        out.extend(lists.into_iter().map(|shown| Step::Listed { shown }));
        if setting.faults.failed_looks && !self.is_quiet(setting) {
            out.push(Step::ListFailed);
        }
    }

    fn provider_steps(&self, out: &mut Vec<Step>) {
        let unmade = self.world.creates.iter().enumerate().filter(|(_, create)| create.made.is_none());
        out.extend(unmade.map(|(create, _)| Step::Apply { create }));
    }

    fn faults(&self, setting: &Setting, out: &mut Vec<Step>) {
        if setting.faults.crashes && self.program.runs {
            out.push(Step::Crash);
        }
        if setting.faults.dropped {
            let wanted = (0..).zip(&self.intents).filter(|(_, intent)| intent.wanted && !intent.failed);
            out.extend(wanted.map(|(intent, _)| Step::Drop { intent }));
        }
        if setting.faults.lost_answers && self.program.runs {
            let open = self.world.creates.iter().filter(|create| create.closed_at.is_none());
            let sending = open
                .filter(|create| self.leg(create.marker).is_some_and(|leg| leg.state != LegState::Planned));
            out.extend(sending.map(|create| Step::Lost { leg: create.marker }));
        }
    }
}

/// Whether a leg whose absence is proven may send once more.
fn may_send_again(setting: &Setting, leg: &Leg) -> bool {
    let capped = setting.holds(Guard::CapOnCreates) && leg.creates >= 2;
    leg.state == LegState::Absent
        && !capped
        && leg.machines.is_empty()
        && setting.on_uncertain == OnUncertain::Proceed
}
