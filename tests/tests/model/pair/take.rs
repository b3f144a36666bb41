//! What a step does.

use crate::audit::Breach;
use crate::pair::Pair;
use crate::pair::row::{Controller, LegState, Plan, Row, Who};
use crate::pair::state::{State, Step};
use crate::rules::{Guard, Ticks};

/// The one marker there is.
const MARKER: u8 = 0;

impl State {
    pub(crate) fn take(&mut self, model: &Pair, step: Step) {
        let now = self.now;
        match step {
            Step::Tick => {
                self.now += 1;
                self.world.expire(model.timing.applies_within, self.now);
            }
            Step::Apply { create } => {
                self.world.apply(create, true, now + model.timing.visible_within);
            }
            Step::Restart(who) => *self.of(who) = Controller::default(),
            Step::Read(who) => {
                let row = self.row.clone();
                let controller = self.of(who);
                controller.row = row;
                controller.plan = Plan::Act;
            }
            Step::Claim(who) => {
                let until = now + model.lease;
                let taken = self.write(model, who, |row| {
                    row.owner = Some(who);
                    row.lease_until = until;
                });
                if taken {
                    self.of(who).mine_until = until;
                }
            }
            Step::Commit(who) => {
                let committed = self.write(model, who, |row| {
                    row.state = LegState::Sending;
                    row.creates += 1;
                    row.sent_at = 0;
                    row.missed = false;
                });
                if committed {
                    self.of(who).plan = Plan::Post;
                }
            }
            Step::Post(who) => self.post(model, who),
            Step::Accepted(who) => {
                self.write(model, who, |row| row.state = LegState::Accepted);
            }
            Step::Lost(who) | Step::Recover(who) => {
                self.write(model, who, |row| unclear(row, now));
            }
            Step::Look { who, shown: found } => self.of(who).plan = Plan::Write { found, asked_at: now },
            Step::Write(who) => self.write_look(model, who),
            Step::GiveUp(who) => {
                self.write(model, who, |row| row.state = LegState::Failed);
            }
        }
        self.forget(model);
    }

    /// Forgets what can make no difference any more, so that states that differ only in it are one.
    fn forget(&mut self, model: &Pair) {
        let now = self.now;
        let over = |at: &mut Ticks| *at = if *at <= now { 0 } else { *at };
        over(&mut self.row.lease_until);
        for controller in &mut self.controllers {
            over(&mut controller.row.lease_until);
            over(&mut controller.mine_until);
            if controller.plan == Plan::Read {
                controller.row = Row { version: self.row.version, ..Row::default() };
            }
        }
        // Versions are only compared: their order is enough, and the row's is the highest.
        let mut versions: Vec<u8> = self.controllers.iter().map(|it| it.row.version).collect();
        versions.push(self.row.version);
        versions.sort_unstable();
        versions.dedup();
        let rank = |version: &mut u8| {
            let below = versions.iter().filter(|other| *other < version).count();
            *version = u8::try_from(below).unwrap();
        };
        rank(&mut self.row.version);
        self.controllers.iter_mut().for_each(|it| rank(&mut it.row.version));
        for create in &mut self.world.creates {
            create.posted_at = 0;
        }
        for machine in &mut self.world.machines {
            if machine.visible_from + model.timing.lists_lag <= now {
                machine.visible_from = 0;
            }
        }
    }

    /// Changes the row if its version is the one that is known, and says whether it did. Who comes too late reads
    /// again.
    fn write(&mut self, model: &Pair, who: Who, change: impl FnOnce(&mut Row)) -> bool {
        let known = self.of(who).row.clone();
        let current = known.version == self.row.version;
        self.of(who).plan = Plan::Read;
        if !current && model.holds(Guard::Claim) {
            return false;
        }
        // Who does not compare writes what it knew over what there is.
        self.row = Row { version: self.row.version + 1, ..known };
        change(&mut self.row);
        let row = self.row.clone();
        let controller = self.of(who);
        controller.row = row;
        controller.plan = Plan::Act;
        true
    }

    fn post(&mut self, model: &Pair, who: Who) {
        let now = self.now;
        let in_time = !model.holds(Guard::Lease) || now < self.of(who).mine_until;
        if model.holds(Guard::SendInTime) && !in_time {
            // Nothing was sent, and the row says that something may have been: the next owner finds out.
            self.of(who).plan = Plan::Read;
            return;
        }
        self.of(who).plan = Plan::Wait { had: self.made_by(who) };
        if !in_time {
            self.breach.get_or_insert(Breach::SentAfterLease);
        }
        if let Some(breach) = self.audit.post(model.timing, now) {
            self.breach.get_or_insert(breach);
        }
        // The account is used for who sent it: there is only one.
        self.world.post(MARKER, who, now);
        // Its last byte has left: from here on the provider's own delay counts, however long its sender waits.
        self.world.close(None, now);
        self.audit.close(now);
    }

    fn write_look(&mut self, model: &Pair, who: Who) {
        let Plan::Write { found, asked_at } = self.of(who).plan else { return };
        if !found {
            self.audit.absent(model.timing, asked_at);
        }
        let mut judged = self.of(who).row.clone();
        judge(model, &mut judged, found, asked_at);
        if judged == self.of(who).row {
            self.of(who).plan = Plan::Act;
            return;
        }
        let written = self.write(model, who, |row| judge(model, row, found, asked_at));
        let sender = self.world.machines.first().map(|machine| machine.account);
        self.adopted |= written && found && sender.is_some_and(|sender| sender != who);
    }
}

fn unclear(row: &mut Row, now: Ticks) {
    row.state = LegState::Uncertain;
    row.sent_at = now;
    row.missed = false;
}

/// What follows from a complete list.
fn judge(model: &Pair, row: &mut Row, found: bool, asked_at: Ticks) {
    if found {
        row.state = LegState::Accepted;
        return;
    }
    if asked_at < row.sent_at + model.timing.grace() {
        return;
    }
    if row.missed {
        row.state = LegState::Absent;
    }
    row.missed = true;
}
