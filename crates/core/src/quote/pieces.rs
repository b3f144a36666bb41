//! Time counted in the pieces of a bill. Whole numbers only.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{Alignment, Billing, Period, Unit};

const DAY: i64 = 86_400;

/// A stretch of time in whole seconds since 1970: the start's second, and the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: i64,
    end: i64,
}

impl Span {
    pub(super) fn new(start: Timestamp, run: Duration) -> Self {
        let seconds = run.as_secs().saturating_add(u64::from(run.subsec_nanos() > 0));
        let start = start.as_second().saturating_sub(i64::from(start.subsec_nanosecond() < 0));
        let latest = Timestamp::MAX.as_second();
        let end = start.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)).min(latest);
        Self { start, end }
    }

    pub(super) fn seconds(self) -> u64 {
        u64::try_from(self.end - self.start).unwrap_or(0)
    }

    /// What is charged for: longer than the run time where a minimum or a commitment says so.
    pub(super) fn billed(self, billing: Billing) -> Self {
        let minimum = i64::try_from(billing.minimum_seconds).unwrap_or(i64::MAX);
        let mut end = self.end.max(self.start.saturating_add(minimum));
        if billing.commitment_months > 0 {
            end = end.max(months_after(self.start, u64::from(billing.commitment_months)));
        }
        Self { end, ..self }
    }

    /// At least one second of it.
    fn touched(self) -> Self {
        Self { end: self.end.max(self.start + 1), ..self }
    }

    /// Its parts in each calendar month.
    fn months(self) -> impl Iterator<Item = Self> {
        let mut from = self.start;
        std::iter::from_fn(move || {
            if from >= self.end {
                return None;
            }
            let end = first_of(month_index(from) + 1).min(self.end);
            let part = Self { start: from, end };
            from = end;
            Some(part)
        })
    }
}

/// An amount that is only divided at the very end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) numerator: Decimal,
    pub(super) denominator: u64,
}

impl Fraction {
    pub(super) fn whole(amount: Decimal) -> Self {
        Self { numerator: amount, denominator: 1 }
    }

    pub(super) fn value(self) -> Decimal {
        if self.denominator == 1 { self.numerator } else { self.numerator / Decimal::from(self.denominator) }
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// What amounts become in one span: the same for all that have the same period and billing.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// The amount so many times, divided by this at the end.
    Pieces { times: Decimal, over: u64 },
    /// The same for each calendar month, and none costs more than the cap.
    Capped { times: Vec<Decimal>, over: u64, cap: Decimal },
    /// A line on the bill of each calendar month, rounded up to the hundredth: that is the provider's rounding, not ours.
    Invoiced { lines: Vec<(Decimal, u64)>, cap: Option<Decimal> },
}

impl Rule {
    pub(super) fn new(per: Period, billing: Billing, span: Span) -> Self {
        let billed = span.billed(billing);
        let (factor, divisor) = ratio(billing.increment, per);
        let shortened = |count: u64| {
            let factor = count.saturating_mul(factor);
            let common = greatest_common_divisor(factor, divisor).max(1);
            (Decimal::from(factor / common), divisor / common)
        };
        if is_invoiced(billing) {
            let line = |part| match is_share(per, billing) {
                true => (share(part), 1),
                false => shortened(count(billing, part)),
            };
            return Self::Invoiced { lines: billed.touched().months().map(line).collect(), cap: billing.cap };
        }
        let Some(cap) = billing.cap else {
            let (times, over) = shortened(count(billing, billed));
            return Self::Pieces { times, over };
        };
        let times = |count: u64| Decimal::from(count.saturating_mul(factor));
        let times = counts_by_month(billing, billed).into_iter().map(times).collect();
        Self::Capped { times, over: divisor, cap }
    }

    /// What this amount comes to; absent where that has too many digits.
    pub(super) fn cost(&self, amount: Decimal) -> Option<Fraction> {
        match self {
            Self::Pieces { times, over } => {
                Some(Fraction { numerator: amount.checked_mul(*times)?, denominator: *over })
            }
            Self::Capped { times, over, cap } => {
                let most = cap.checked_mul(Decimal::from(*over))?;
                let months = times.iter().map(|times| Some(amount.checked_mul(*times)?.min(most)));
                Some(Fraction { numerator: sum(months)?, denominator: *over })
            }
            Self::Invoiced { lines, cap } => {
                let line = |(times, over): &(Decimal, u64)| {
                    let cost = Fraction { numerator: amount.checked_mul(*times)?, denominator: *over };
                    let line = cost.value().round_dp_with_strategy(2, RoundingStrategy::AwayFromZero);
                    Some(cap.map_or(line, |cap| line.min(cap)))
                };
                sum(lines.iter().map(line)).map(Fraction::whole)
            }
        }
    }
}

fn sum(mut amounts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?))
}

/// Whether each calendar month has a line of its own on a bill.
fn is_invoiced(billing: Billing) -> bool {
    billing.alignment == Alignment::CalendarMonth
        && (billing.increment.unit() != Unit::Month || billing.increment.count() == 1)
}

/// Whether a month's rate is charged by the share of its days.
pub(super) fn is_share(per: Period, billing: Billing) -> bool {
    billing.alignment == Alignment::CalendarMonth && per == Period::MONTH && billing.increment == Period::DAY
}

/// How much of its period's rate one increment costs, as a fraction. A month counts 30 days where it meets a
/// period of fixed length.
fn ratio(increment: Period, per: Period) -> (u64, u64) {
    if (increment.unit(), per.unit()) == (Unit::Month, Unit::Month) {
        return (u64::from(increment.count()), u64::from(per.count()));
    }
    let seconds =
        |period: Period| period.seconds().unwrap_or_else(|| u64::from(period.count()) * 30 * 86_400);
    (seconds(increment), seconds(per))
}

/// How many pieces are charged: one at least.
pub(super) fn count(billing: Billing, span: Span) -> u64 {
    let Some(length) = length(billing.increment) else { return count_months(billing, span) };
    let begun = |span: Span| span.seconds().div_ceil(length.unsigned_abs());
    match billing.alignment {
        Alignment::Start => begun(span).max(1),
        Alignment::Clock { offset_seconds } => {
            let boundary = |at: i64| (at - i64::from(offset_seconds)).div_euclid(length);
            1 + boundary(span.end).abs_diff(boundary(span.start))
        }
        Alignment::CalendarMonth => span.months().map(begun).sum::<u64>().max(1),
    }
}

fn count_months(billing: Billing, span: Span) -> u64 {
    let step = i64::from(billing.increment.count());
    match billing.alignment {
        Alignment::Start => {
            let apart = (month_index(span.end) - month_index(span.start)).max(0).unsigned_abs();
            let step = step.unsigned_abs();
            let mut count = (apart.saturating_sub(1) / step).max(1);
            while months_after(span.start, count.saturating_mul(step)) < span.end {
                count += 1;
            }
            count
        }
        Alignment::Clock { offset_seconds } => {
            let offset = i64::from(offset_seconds);
            let boundary = |at: i64| month_index(at - offset).div_euclid(step);
            1 + boundary(span.end).abs_diff(boundary(span.start))
        }
        Alignment::CalendarMonth => {
            let last = (span.end - 1).max(span.start);
            1 + month_index(last).div_euclid(step).abs_diff(month_index(span.start).div_euclid(step))
        }
    }
}

/// How many pieces begin in each calendar month.
fn counts_by_month(billing: Billing, span: Span) -> Vec<u64> {
    let mut left = count(billing, span);
    let mut counts = Vec::new();
    let mut month = month_index(span.start);
    let mut passed = 0;
    while left > 0 {
        month += 1;
        // Up to the last second of this month, everything that begins there has begun.
        let until = first_of(month) - 1;
        let so_far = if until >= span.end {
            passed + left
        } else if billing.alignment == Alignment::CalendarMonth {
            count(billing, Span { end: until + 1, ..span })
        } else {
            // A piece that starts exactly at `until` counts, one that starts a second later does not.
            let begun = Span { end: until + i64::from(billing.alignment == Alignment::Start), ..span };
            count(billing, begun)
        };
        let here = so_far.saturating_sub(passed).min(left);
        counts.push(here);
        left -= here;
        passed += here;
        if month > LAST_MONTH {
            counts.push(left);
            break;
        }
    }
    counts
}

/// December 9999, where time ends.
const LAST_MONTH: i64 = 9_999 * 12 + 11;

fn length(period: Period) -> Option<i64> {
    period.seconds().map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The shares of all calendar months together.
pub(super) fn shares(span: Span) -> Decimal {
    span.touched().months().map(share).sum()
}

/// The share of its month for a span within one month: 24 hours begun count as a day, and a span from the first of
/// the month to its last day as all of them; rounded up to the hundredth. Waldur: `get_quantity` of its invoices.
fn share(part: Span) -> Decimal {
    let first = date(part.start);
    // Where it goes on in the next month, its line here ends with the last moment of this one.
    let goes_on = part.end == first_of(month_index(part.start) + 1);
    let last = part.end - i64::from(goes_on);
    let of_month = i64::from(first.days_in_month());
    let is_whole = first.day() == 1 && date(last).day() == first.days_in_month();
    let days = if is_whole { of_month } else { (last - part.start) / DAY + 1 };
    let share = Decimal::from(days) / Decimal::from(of_month);
    share.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero)
}

/// The first boundary on the clock after the start, where it lies before the end or at it.
pub(super) fn first_boundary(increment: Period, offset_seconds: u32, span: Span) -> Option<Timestamp> {
    let offset = i64::from(offset_seconds);
    let at = match length(increment) {
        Some(length) => ((span.start - offset).div_euclid(length) + 1) * length + offset,
        None => first_of(month_index(span.start - offset) + 1) + offset,
    };
    Timestamp::from_second(at).ok().filter(|_| at <= span.end)
}

fn date(second: i64) -> Date {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    TimeZone::UTC.to_datetime(at).date()
}

/// Months since the year 0.
fn month_index(second: i64) -> i64 {
    let date = date(second);
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// The first second of a month.
fn first_of(index: i64) -> i64 {
    let year = i16::try_from(index.div_euclid(12)).ok();
    let month = i8::try_from(index.rem_euclid(12) + 1).ok();
    let date = year.zip(month).and_then(|(year, month)| Date::new(year, month, 1).ok());
    date.map_or(i64::MAX, |date| {
        let days = date.since(Date::constant(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()));
        days * DAY
    })
}

/// So many months later, at the same time of day; the last day where that month is shorter.
fn months_after(second: i64, months: u64) -> i64 {
    // The longest span of months that there is: from the first year of all time to the last.
    let months = i32::try_from(months).ok().filter(|months| *months <= 2 * 12 * 9_999);
    months
        .and_then(|months| date(second).checked_add(months.months()).ok())
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map_or(i64::MAX, |day| day.timestamp().as_second() + second.rem_euclid(DAY))
}
