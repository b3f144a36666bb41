//! A machine's life, written down in advance.

use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::SimOffer;

/// Where a simulated machine is in its life. Each face has its own words for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A person must approve the order.
    AwaitingApproval,
    /// The order is accepted; nothing is built yet.
    Accepted,
    /// The machine is being built.
    Building,
    /// The machine is on.
    Running,
    /// The machine is being switched off.
    Stopping,
    /// The machine is off.
    Stopped,
    /// The machine is being switched on or restarted.
    Starting,
    /// The machine failed. It stays, and is billed, until it is deleted.
    Failed,
    /// The machine is being removed, or moved to the recycle bin.
    Deleting,
    /// The machine is in the recycle bin.
    Recycled,
    /// The machine is being removed from the recycle bin.
    Releasing,
    /// The machine no longer exists.
    Gone,
}

impl Phase {
    /// Whether a machine in this phase costs money.
    #[must_use]
    pub fn is_billed(self) -> bool {
        match self {
            Self::Accepted
            | Self::Building
            | Self::Running
            | Self::Stopping
            | Self::Stopped
            | Self::Starting
            | Self::Failed
            | Self::Deleting => true,
            Self::AwaitingApproval | Self::Recycled | Self::Releasing | Self::Gone => false,
        }
    }
}

/// One simulated machine: what was ordered, and its whole life as a list of times.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The provider's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was ordered.
    pub offer: SimOffer,
    /// When it was accepted. Lies in the future for a create that is applied late.
    pub created: Timestamp,
    /// Its public address, shown from [`address_at`](Self::address_at) on while it is not gone.
    pub address: Ipv4Addr,
    /// When the address shows; absent: never.
    pub address_at: Option<Timestamp>,
    /// When lists and looks first show it.
    pub visible_at: Timestamp,
    /// The text of its failure, for the faces that tell one.
    pub failure: Option<String>,
    /// The lines of its bill: the price of one unit for each part that is billed by itself. Together they are the
    /// offer's price. Empty: it is one line.
    pub lines: Vec<Decimal>,
    /// What the face keeps with it (disks, ports, tags, orders, …).
    pub extra: Map<String, Value>,
    timeline: Vec<(Timestamp, Phase)>,
}

impl Machine {
    pub(crate) fn new(
        id: String,
        name: String,
        offer: SimOffer,
        created: Timestamp,
        address: Ipv4Addr,
    ) -> Self {
        Self {
            id,
            name,
            offer,
            created,
            address,
            address_at: None,
            visible_at: created,
            failure: None,
            lines: Vec::new(),
            extra: Map::new(),
            timeline: Vec::new(),
        }
    }

    /// Forgets what was to come after `now` and writes down what comes instead: each phase after this long.
    pub fn schedule(&mut self, now: Timestamp, steps: &[(Duration, Phase)]) {
        self.timeline.retain(|(at, _)| *at <= now);
        for (after, phase) in steps {
            self.timeline.push((add(now, *after), *phase));
        }
    }

    /// The phase at this time; absent: it does not exist yet.
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Option<Phase> {
        self.timeline.iter().rev().find(|(at, _)| *at <= now).map(|(_, phase)| *phase)
    }

    /// The phase that it was in before the one that it is in; absent: there was none.
    #[must_use]
    pub fn phase_before(&self, now: Timestamp) -> Option<Phase> {
        let mut past = self.timeline.iter().rev().skip_while(|(at, _)| *at > now).map(|(_, phase)| *phase);
        let current = past.next()?;
        past.find(|phase| *phase != current)
    }

    /// Whether it exists and costs money or still stands somewhere at this time.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.phase(now).is_some_and(|phase| phase != Phase::Gone)
    }

    /// Whether lists and looks show it at this time. It is up to the face what it shows of gone ones.
    #[must_use]
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.phase(now).is_some() && now >= self.visible_at
    }

    /// Its public address, as far as it shows at this time.
    #[must_use]
    pub fn public_address(&self, now: Timestamp) -> Option<Ipv4Addr> {
        self.address_at.filter(|at| now >= *at && self.is_live(now)).map(|_| self.address)
    }

    /// When it entered the phase that it is in.
    #[must_use]
    pub fn phase_since(&self, now: Timestamp) -> Timestamp {
        self.timeline.iter().rev().find(|(at, _)| *at <= now).map_or(self.created, |(at, _)| *at)
    }

    /// The spans of time in which it cost money, up to `now`.
    #[must_use]
    pub fn billed_spans(&self, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (place, (at, phase)) in self.timeline.iter().enumerate() {
            // Of several phases that begin at one instant only the last counts, as for `phase`.
            let replaced = self.timeline.iter().skip(place + 1).any(|(later, _)| later == at);
            if replaced || *at > now || !phase.is_billed() {
                continue;
            }
            let end =
                self.timeline.iter().map(|(next, _)| *next).filter(|next| next > at && *next <= now).min();
            let end = end.unwrap_or(now);
            match spans.last_mut() {
                Some(last) if last.1 == *at => last.1 = end,
                _ => spans.push((*at, end)),
            }
        }
        spans
    }
}

/// A time this long after another, never past the end of time.
pub(crate) fn add(at: Timestamp, after: Duration) -> Timestamp {
    at.saturating_add(after).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn machine() -> Machine {
        let place = Place { country: "FR", city: "Paris", zone: "PAR-A" };
        let offer = SimOffer::new("o", 2, 4_096, 25, place, "1", "USD", crate::Billing::StartedHours, 10);
        let mut machine = Machine::new("1".into(), "n".into(), offer, at(0), Ipv4Addr::LOCALHOST);
        let second = Duration::from_secs;
        machine.schedule(
            at(0),
            &[(second(0), Phase::Accepted), (second(5), Phase::Building), (second(60), Phase::Running)],
        );
        machine
    }

    #[test]
    fn a_life_is_read_from_its_timeline_and_rewritten_from_now_on() {
        let mut machine = machine();
        assert_eq!(machine.phase(at(-1)), None);
        assert_eq!(machine.phase(at(4)), Some(Phase::Accepted));
        assert_eq!(machine.phase(at(60)), Some(Phase::Running));
        machine
            .schedule(at(30), &[(Duration::ZERO, Phase::Deleting), (Duration::from_secs(10), Phase::Gone)]);
        assert_eq!(machine.phase(at(29)), Some(Phase::Building));
        assert_eq!(machine.phase(at(35)), Some(Phase::Deleting));
        assert_eq!(machine.phase(at(100)), Some(Phase::Gone));
        assert_eq!(machine.billed_spans(at(100)), [(at(0), at(40))]);
        assert_eq!(machine.billed_spans(at(20)), [(at(0), at(20))]);
    }

    #[test]
    fn phases_that_begin_at_one_instant_are_billed_once() {
        let mut machine = machine();
        machine
            .schedule(at(60), &[(Duration::ZERO, Phase::Deleting), (Duration::from_secs(10), Phase::Gone)]);
        assert_eq!(machine.phase(at(60)), Some(Phase::Deleting));
        assert_eq!(machine.billed_spans(at(100)), [(at(0), at(70))]);
    }
}
