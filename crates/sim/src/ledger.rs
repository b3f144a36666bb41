//! What each machine cost, by its provider's own rules. The judge in every test.

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Machine, Phase};

/// How a provider charges for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// A whole day at creation, and another at every 17:55 UTC that passes (Fluence).
    WholeDays,
    /// Every hour that was begun (Zenlayer postpaid, hourly Waldur plans).
    StartedHours,
}

impl Billing {
    /// How many units of its price a span costs. A boundary exactly at the start is not paid again; one exactly
    /// at the end is.
    #[must_use]
    pub fn units(self, start: Timestamp, end: Timestamp) -> u64 {
        match self {
            Self::StartedHours => {
                const HOUR: u128 = 3_600_000_000_000;
                let nanos = u128::try_from(end.duration_since(start).as_nanos()).unwrap_or(0);
                u64::try_from(nanos.div_ceil(HOUR)).unwrap_or(u64::MAX).max(1)
            }
            Self::WholeDays => {
                let mut boundary = next_boundary(start);
                let mut units = 1;
                while boundary.is_some_and(|at| at <= end) {
                    units += 1;
                    boundary = boundary.and_then(next_boundary_after);
                }
                units
            }
        }
    }
}

/// The first 17:55 UTC after this time.
pub(crate) fn next_boundary(after: Timestamp) -> Option<Timestamp> {
    let day = after.to_zoned(TimeZone::UTC).date();
    let at = |date: civil::Date| Some(date.at(17, 55, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
    let today = at(day)?;
    if today > after { Some(today) } else { at(day.tomorrow().ok()?) }
}

fn next_boundary_after(boundary: Timestamp) -> Option<Timestamp> {
    boundary.checked_add(24.hours()).ok()
}

/// What a machine cost up to this time.
pub(crate) fn charged(machine: &Machine, at: Timestamp) -> Decimal {
    let spans = machine.billed_spans(at);
    let units: u64 = spans.iter().map(|(start, end)| machine.offer.billing.units(*start, *end)).sum();
    machine.offer.price * Decimal::from(units)
}

/// What the cloud charged, machine by machine. Gone machines stay in it.
#[derive(Clone, Debug, Serialize)]
pub struct Ledger {
    /// When it was read.
    pub at: Timestamp,
    /// One entry for each machine that ever was accepted.
    pub entries: Vec<LedgerEntry>,
}

/// What one machine cost so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// The provider's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it stopped costing money; absent: it still does.
    pub ended: Option<Timestamp>,
    /// Its phase now.
    pub phase: Phase,
    /// What was charged so far.
    pub charged: Decimal,
    /// The currency of the charge.
    pub currency: &'static str,
}

impl Ledger {
    pub(crate) fn read(machines: &[Machine], at: Timestamp) -> Self {
        let entry = |machine: &Machine| {
            let phase = machine.phase(at)?;
            let spans = machine.billed_spans(at);
            let ended = if phase.is_billed() { None } else { spans.last().map(|span| span.1) };
            Some(LedgerEntry {
                id: machine.id.clone(),
                name: machine.name.clone(),
                created: machine.created,
                ended,
                phase,
                charged: charged(machine, at),
                currency: machine.offer.currency,
            })
        };
        Self { at, entries: machines.iter().filter_map(entry).collect() }
    }

    /// The machines that still cost money.
    pub fn open(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.entries.iter().filter(|entry| entry.phase.is_billed())
    }

    /// The machines that still cost money and have this text in their name.
    pub fn open_with<'a>(&'a self, marker: &'a str) -> impl Iterator<Item = &'a LedgerEntry> {
        self.open().filter(move |entry| entry.name.contains(marker))
    }

    /// All charges together. Every machine of one cloud is charged in one currency.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.entries.iter().map(|entry| entry.charged).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(billing: Billing, start: &str, end: &str) -> u64 {
        billing.units(start.parse().unwrap(), end.parse().unwrap())
    }

    #[test]
    fn whole_days_are_charged_at_creation_and_at_every_1755() {
        let rows = [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", 1),
            ("2026-03-01T10:00:00Z", "2026-03-01T17:54:59Z", 1),
            ("2026-03-01T10:00:00Z", "2026-03-01T17:55:00Z", 2),
            ("2026-03-01T17:50:00Z", "2026-03-01T18:00:00Z", 2),
            ("2026-03-01T17:45:00Z", "2026-03-01T17:54:00Z", 1),
            ("2026-03-01T17:55:00Z", "2026-03-01T17:56:00Z", 1),
            ("2026-03-01T17:55:00Z", "2026-03-02T17:54:59Z", 1),
            ("2026-03-01T17:55:00Z", "2026-03-02T17:55:00Z", 2),
            ("2026-03-01T17:56:00Z", "2026-03-02T17:54:00Z", 1),
            ("2026-03-01T17:56:00Z", "2026-03-02T18:00:00Z", 2),
            ("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z", 31),
            ("2026-12-31T18:00:00Z", "2027-01-01T18:00:00Z", 2),
        ];
        for (start, end, wanted) in rows {
            assert_eq!(units(Billing::WholeDays, start, end), wanted, "{start} to {end}");
        }
    }

    #[test]
    fn an_hour_that_was_begun_is_charged() {
        let rows = [("00:00:00", 1), ("00:00:01", 1), ("01:00:00", 1), ("01:00:01", 2), ("23:59:59", 24)];
        for (end, wanted) in rows {
            let end = format!("2026-03-01T{end}Z");
            assert_eq!(units(Billing::StartedHours, "2026-03-01T00:00:00Z", &end), wanted, "{end}");
        }
        assert_eq!(units(Billing::StartedHours, "2026-03-01T00:00:00Z", "2026-03-01T01:00:00.5Z"), 2);
    }
}
