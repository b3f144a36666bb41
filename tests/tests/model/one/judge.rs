//! From what was answered to what is written: the controller's own judgement, the same as the engine's.

use crate::one::leg::{LegState, Row};
use crate::one::state::{Sight, State};
use crate::rules::{Guard, OnUncertain, Setting, Ticks};
use crate::world::Marker;

impl State {
    /// What follows from a complete list of an account, asked for then, that shows these machines.
    pub(crate) fn judge_list(&mut self, setting: &Setting, account: u8, shown: &[u8], asked_at: Ticks) {
        let markers: Vec<Marker> =
            self.legs.iter().filter(|leg| leg.account == account).map(|leg| leg.marker).collect();
        for marker in markers {
            let there: Vec<u8> = shown
                .iter()
                .copied()
                .filter(|id| {
                    let machine = &self.world.machines[usize::from(*id)];
                    machine.marked && machine.marker == marker
                })
                .collect();
            self.judge_leg(setting, marker, &there, asked_at);
        }
    }

    fn judge_leg(&mut self, setting: &Setting, marker: Marker, there: &[u8], asked_at: Ticks) {
        let Some(leg) = self.leg(marker).filter(|leg| leg.wants_a_list()) else { return };
        if leg.state == LegState::Sending && setting.holds(Guard::AnswerFirst) {
            return;
        }
        let new: Vec<u8> =
            there.iter().copied().filter(|id| leg.machines.iter().all(|row| row.id != *id)).collect();
        if new.is_empty() {
            self.unseen(setting, marker, there.len(), asked_at);
        } else {
            let seen_at = if setting.holds(Guard::SeenWhenAnswered) { self.now } else { asked_at };
            self.appeared(marker, &new, seen_at);
        }
    }

    /// Nothing new of this leg stands in a complete list.
    fn unseen(&mut self, setting: &Setting, marker: Marker, known: usize, asked_at: Ticks) {
        let now = self.now;
        let Some(leg) = self.leg_mut(marker) else { return };
        let open = setting.holds(Guard::WatchOutlastsCreates) && asked_at < leg.sent_at + setting.late_watch;
        if !open && leg.watch_until.is_some_and(|until| asked_at >= until) {
            leg.watch_until = None;
            return;
        }
        let asked_after = |long| asked_at >= leg.sent_at + long;
        if !leg.state.is_stuck() || known > 0 || !asked_after(setting.first_sighting_after()) {
            return;
        }
        let enough = asked_after(setting.grace()) && (leg.missed || !setting.holds(Guard::SecondSighting));
        leg.missed = true;
        if !enough {
            return;
        }
        match setting.on_uncertain {
            OnUncertain::Ask => leg.state = LegState::AskUser,
            OnUncertain::Proceed => {
                leg.state = LegState::Absent;
                leg.watch_until = setting.holds(Guard::LateWatch).then_some(now + setting.late_watch);
            }
        }
    }

    /// Machines with this leg's marker that we did not know: the oldest first.
    fn appeared(&mut self, marker: Marker, new: &[u8], seen_at: Ticks) {
        let Some(leg) = self.leg(marker) else { return };
        let intent = leg.intent;
        let other = self.open_leg(intent).is_some_and(|open| open.marker != marker);
        let wanted = self.is_wanted(leg);
        let has_kept = leg.machines.first().is_some_and(|row| !row.gone);
        let Some(leg) = self.leg_mut(marker) else { return };
        let mut rows = new.iter().map(|id| Row::new(*id, seen_at, true));
        if !has_kept {
            leg.machines.splice(0..0, rows.next());
            leg.state = LegState::Found;
            if other || !wanted {
                leg.condemn();
            }
        }
        let mut doubled = false;
        for row in rows {
            leg.machines.insert(1, Row { ending: true, ..row });
            doubled = true;
        }
        if doubled && !leg.state.is_ending() && leg.state != LegState::Running {
            leg.state = LegState::Duplicate;
        }
    }

    /// What follows from one look at one machine.
    pub(crate) fn judge_look(&mut self, setting: &Setting, marker: Marker, id: u8, sight: Sight) {
        let now = self.now;
        let Some(leg) = self.leg_mut(marker) else { return };
        let Some(place) = leg.machines.iter().position(|row| row.id == id) else { return };
        let coming = place == 0 && leg.state.is_coming();
        let row = &mut leg.machines[place];
        match sight {
            Sight::NotFound => {
                let hidden = if row.seen { 0 } else { setting.rules.visible_within };
                let new = now < row.since + hidden + setting.rules.lists_lag;
                if new && setting.holds(Guard::NewMachinesHide) {
                    return;
                }
                if !row.missing && setting.holds(Guard::ProofBeforeGone) {
                    row.missing = true;
                    return;
                }
                row.gone = true;
                if place == 0 {
                    leg.state = LegState::Gone;
                }
            }
            Sight::Coming | Sight::Running | Sight::Failed => {
                row.missing = false;
                if !row.seen {
                    row.seen = true;
                    row.since = now;
                }
                if coming && sight == Sight::Running {
                    leg.state = LegState::Running;
                    leg.ready = true;
                } else if coming && sight == Sight::Failed {
                    leg.condemn();
                }
            }
        }
    }

    /// What follows from a step towards a machine's end that was accepted.
    pub(crate) fn judge_step(&mut self, setting: &Setting, marker: Marker, id: u8) {
        let Some(leg) = self.leg_mut(marker) else { return };
        let Some(place) = leg.machines.iter().position(|row| row.id == id) else { return };
        if place == 0 && leg.state == LegState::Deleting {
            leg.state = LegState::DeleteUnconfirmed;
        }
        if !setting.holds(Guard::ProofBeforeGone) {
            leg.machines[place].gone = true;
            if place == 0 {
                leg.state = LegState::Gone;
            }
        }
    }
}
