//! How simulated clouds charge. A second reading of the documents: it shares nothing with `vmbroker_core::Price`, and
//! counts by walking from boundary to boundary, not by dividing.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

/// How a provider charges for a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// A whole day at creation, and another at every 17:55 UTC that passes (Fluence).
    WholeDays,
    /// Every hour that was begun (Zenlayer postpaid).
    StartedHours,
    /// Every hour that was begun, until a calendar month has cost this many hours.
    CappedHours(u32),
    /// Every second, at least this many.
    Seconds(u32),
    /// The whole term up front, this many months from the start, and again when it is over (Zenlayer prepaid).
    Term(u32),
    /// Waldur's plan per hour: hours that were begun, anew in each calendar month.
    MonthlyHours,
    /// Waldur's plan per day: days that were begun, anew in each calendar month.
    MonthlyDays,
    /// Waldur's plan per month: for each calendar month the days begun as a share of it, rounded up to the
    /// hundredth.
    MonthlyShare,
}

impl Billing {
    /// What a span costs at this price of one unit. A Waldur writes one line for each calendar month, and rounds each
    /// up to the hundredth.
    #[must_use]
    pub fn cost(self, price: Decimal, start: Timestamp, end: Timestamp) -> Decimal {
        let lines = match self {
            Self::MonthlyHours | Self::MonthlyDays | Self::MonthlyShare => months(start, end),
            _ => return price * self.units(start, end),
        };
        let line = |(from, to): (Timestamp, Timestamp)| {
            (price * self.units(from, to)).round_dp_with_strategy(2, RoundingStrategy::AwayFromZero)
        };
        lines.into_iter().map(line).sum()
    }

    /// How many units of its price a span costs. A boundary exactly at the start is not paid again; one exactly
    /// at the end is.
    #[must_use]
    pub fn units(self, start: Timestamp, end: Timestamp) -> Decimal {
        const HOUR: i128 = 3_600_000_000_000;
        let begun = |from: Timestamp, to: Timestamp, nanos: i128| {
            let passed = to.duration_since(from).as_nanos().max(0);
            whole(passed / nanos + i128::from(passed % nanos > 0)).max(Decimal::ONE)
        };
        match self {
            Self::StartedHours => begun(start, end, HOUR),
            Self::CappedHours(cap) => {
                let mut left = begun(start, end, HOUR);
                let (mut units, mut hour, mut month) = (Decimal::ZERO, start, (month_of(start), 0));
                while left > Decimal::ZERO {
                    if month.0 != month_of(hour) {
                        month = (month_of(hour), 0);
                    }
                    if month.1 < cap {
                        units += Decimal::ONE;
                        month.1 += 1;
                    }
                    left -= Decimal::ONE;
                    hour = hour.saturating_add(1.hour()).unwrap_or(Timestamp::MAX);
                }
                units
            }
            Self::Seconds(least) => begun(start, end, HOUR / 3_600).max(least.into()),
            Self::Term(months) => {
                let (mut units, zone) = (Decimal::ONE, TimeZone::UTC);
                let first = start.to_zoned(zone);
                let over = |terms: Decimal| {
                    let months = i64::from(months) * i64::try_from(terms).unwrap_or(i64::MAX);
                    first.checked_add(months.months()).map_or(Timestamp::MAX, |it| it.timestamp())
                };
                while over(units) < end {
                    units += Decimal::ONE;
                }
                units
            }
            Self::WholeDays => {
                let mut boundary = next_boundary(start);
                let mut units = Decimal::ONE;
                while boundary.is_some_and(|at| at <= end) {
                    units += Decimal::ONE;
                    boundary = boundary.and_then(|at| at.checked_add(24.hours()).ok());
                }
                units
            }
            Self::MonthlyHours => {
                months(start, end).into_iter().map(|(from, to)| begun(from, to, HOUR)).sum()
            }
            Self::MonthlyDays => {
                months(start, end).into_iter().map(|(from, to)| begun(from, to, 24 * HOUR)).sum()
            }
            Self::MonthlyShare => months(start, end).into_iter().map(|(from, to)| share(from, to)).sum(),
        }
    }
}

fn whole(count: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(count, 0).unwrap_or(Decimal::MAX)
}

fn utc(at: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(at)
}

fn month_of(at: Timestamp) -> (i16, i8) {
    (utc(at).year(), utc(at).month())
}

/// The parts of a span in each calendar month; a span without length is one part.
fn months(start: Timestamp, end: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut parts = Vec::new();
    let mut from = start;
    loop {
        let next = utc(from).date().first_of_month().checked_add(1.month()).ok();
        let next = next.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|day| day.timestamp());
        match next.filter(|next| *next < end) {
            Some(next) => {
                parts.push((from, next));
                from = next;
            }
            None => {
                parts.push((from, end));
                return parts;
            }
        }
    }
}

/// The days of one month's line, as a share of the month. A Waldur counts the whole days between both ends and one
/// more; a line that goes on in the next month ends a moment before midnight.
fn share(from: Timestamp, to: Timestamp) -> Decimal {
    let first = utc(from).date();
    let is_over = |at: Timestamp| {
        let goes_on = utc(to).date().first_of_month() != first.first_of_month();
        if goes_on { at >= to } else { at > to }
    };
    let (mut days, mut day) = (0, from);
    while !is_over(day) && days < 31 {
        days += 1;
        day = day.saturating_add(24.hours()).unwrap_or(Timestamp::MAX);
    }
    let month = first.days_in_month();
    let last_day = first.last_of_month().to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |it| it.timestamp());
    if first.day() == 1 && to >= last_day {
        days = i64::from(month);
    }
    let share = Decimal::from(days.max(1)) / Decimal::from(month);
    share.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero)
}

/// The first 17:55 UTC after this time.
pub(crate) fn next_boundary(after: Timestamp) -> Option<Timestamp> {
    let day = utc(after).date();
    let at = |date: jiff::civil::Date| Some(date.at(17, 55, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
    let today = at(day)?;
    if today > after { Some(today) } else { at(day.tomorrow().ok()?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(billing: Billing, start: &str, end: &str) -> Decimal {
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
            assert_eq!(units(Billing::WholeDays, start, end), Decimal::from(wanted), "{start} to {end}");
        }
    }

    #[test]
    fn an_hour_that_was_begun_is_charged() {
        let rows = [("00:00:00", 1), ("00:00:01", 1), ("01:00:00", 1), ("01:00:01", 2), ("23:59:59", 24)];
        for (end, wanted) in rows {
            let end = format!("2026-03-01T{end}Z");
            assert_eq!(
                units(Billing::StartedHours, "2026-03-01T00:00:00Z", &end),
                Decimal::from(wanted),
                "{end}"
            );
        }
        assert_eq!(
            units(Billing::StartedHours, "2026-03-01T00:00:00Z", "2026-03-01T01:00:00.5Z"),
            Decimal::TWO
        );
    }
}
