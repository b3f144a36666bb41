//! From run times and money to places in the picture. Both scales are logarithmic: run times from minutes to months
//! and totals from cents to hundreds are all to be read.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Span;
use crate::units::run_time_words;

/// The run time that a place from left to right stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeScale {
    pub span: Span,
    pub left: f64,
    pub right: f64,
}

/// A place on an axis, with its label; the lower the rank, the more it is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    pub label: String,
    pub rank: usize,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Run times that people think in, the most wanted first.
const HUMAN: [u64; 22] = [
    HOUR,
    DAY,
    30 * DAY,
    7 * DAY,
    6 * HOUR,
    365 * DAY,
    10 * MINUTE,
    MINUTE,
    90 * DAY,
    30 * MINUTE,
    2 * DAY,
    2 * HOUR,
    12 * HOUR,
    14 * DAY,
    3 * HOUR,
    180 * DAY,
    20 * MINUTE,
    4 * DAY,
    60 * DAY,
    5 * MINUTE,
    2 * MINUTE,
    3_650 * DAY,
];

impl TimeScale {
    pub(super) fn x(&self, seconds: u64) -> f64 {
        let part = (log(seconds) - log(self.span.from)) / (log(self.span.to) - log(self.span.from));
        self.left + part.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// The run time at a place this part of the way from left to right.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two run times, both of which are whole and positive"
    )]
    pub(super) fn at(&self, part: f64) -> u64 {
        let log = log(self.span.from) + part * (log(self.span.to) - log(self.span.from));
        (log.exp().round() as u64).clamp(self.span.from, self.span.to)
    }

    /// Every human run time in the span.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let inside = |seconds: &u64| (self.span.from..=self.span.to).contains(seconds);
        let tick = |(rank, seconds): (usize, u64)| Tick {
            at: self.x(seconds),
            label: run_time_words(Duration::from_secs(seconds)),
            rank,
        };
        HUMAN.into_iter().enumerate().filter(|(_, seconds)| inside(seconds)).map(tick).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn log(seconds: u64) -> f64 {
    (seconds.max(1) as f64).ln()
}

/// The total that a place from bottom to top stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct MoneyScale {
    low: f64,
    high: f64,
    top: f64,
    bottom: f64,
}

/// The part of the scale's height that stays free under the least and over the greatest total.
const MARGIN: f64 = 0.06;

impl MoneyScale {
    /// A scale on which all these totals have their place; those of zero and less have none.
    pub(super) fn new(totals: impl Iterator<Item = Decimal>, top: f64, bottom: f64) -> Self {
        let logs = totals.filter_map(place);
        let (low, high) = logs.fold((f64::MAX, f64::MIN), |(low, high), log| (low.min(log), high.max(log)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // Totals that hardly differ would fill the picture with their difference.
        let spread = (high - low).max(0.7);
        let middle = f64::midpoint(low, high);
        let half = spread * (0.5 + MARGIN);
        Self { low: middle - half, high: middle + half, top, bottom }
    }

    /// Where a total stands; absent for one that has no place on the scale.
    pub(super) fn y(&self, total: Decimal) -> Option<f64> {
        let part = (place(total)? - self.low) / (self.high - self.low);
        Some(self.bottom - part * (self.bottom - self.top))
    }

    /// Round amounts: 1, 2, 5 and their tenfold where the scale spans much, else finer ones.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        for (rank, digits) in [&[1][..], &[1, 3], &[1, 2, 5], &[1, 2, 3, 5, 7], FINE].into_iter().enumerate()
        {
            let ticks = self.ticks_of(digits);
            if ticks.len() >= 5 || rank == 4 {
                return ticks;
            }
        }
        Vec::new()
    }

    fn ticks_of(&self, digits: &[u32]) -> Vec<Tick> {
        let mut ticks = Vec::new();
        for power in -12..=14_i32 {
            for digit in digits {
                let Some(amount) = amount(*digit, power, digits) else { continue };
                if let Some(at) = self.y(amount).filter(|at| (self.top..=self.bottom).contains(at)) {
                    let rank = usize::from(*digit != 1 && *digit != 10);
                    ticks.push(Tick { at, label: amount.normalize().to_string(), rank });
                }
            }
        }
        ticks
    }
}

/// Tenths of a digit: for totals that differ by less than a factor of ten.
const FINE: &[u32] = &[10, 12, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90];

/// `digit` × 10^`power`; in tenths where the digits are the fine ones.
fn amount(digit: u32, power: i32, digits: &[u32]) -> Option<Decimal> {
    let power = if digits == FINE { power - 1 } else { power };
    let digit = Decimal::from(digit);
    match u32::try_from(power) {
        Ok(power) => digit.checked_mul(Decimal::from(10_u64.checked_pow(power)?)),
        Err(_) => digit.checked_mul(Decimal::new(1, power.unsigned_abs())),
    }
}

fn place(total: Decimal) -> Option<f64> {
    total.to_f64().filter(|it| *it > 0.0).map(f64::ln)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn run_times_have_human_ticks_in_their_places() {
        let scale = TimeScale { span: Span::new(HOUR, 30 * DAY), left: 0.0, right: 100.0 };
        let ticks = scale.ticks();
        for label in ["1 h", "6 h", "1 d", "7 d", "30 d"] {
            assert!(ticks.iter().any(|tick| tick.label == label), "{label}");
        }
        assert_eq!((ticks[0].at, ticks[2].at), (0.0, 100.0));
        assert_eq!((scale.at(0.0), scale.at(1.0)), (HOUR, 30 * DAY));
        let half = scale.x(scale.at(0.5));
        assert!((half - 50.0).abs() < 0.1, "{half}");
    }

    #[test]
    fn money_has_round_ticks_whatever_it_spans() {
        let ticks = |low: &str, high: &str| {
            let totals = [low, high].map(|text| text.parse::<Decimal>().unwrap());
            MoneyScale::new(totals.into_iter(), 0.0, 300.0).ticks()
        };
        assert_eq!(labels(&ticks("0.01", "100")), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(&ticks("0.3", "9")), ["0.5", "1", "2", "5", "10"]);
        assert_eq!(labels(&ticks("5", "5")), ["3.5", "4", "4.5", "5", "6", "7"]);
        for (low, high) in [("0.000001", "0.00001"), ("900000", "79000000000000"), ("0.11", "0.12")] {
            let ticks = ticks(low, high);
            assert!(ticks.len() >= 5 && ticks.is_sorted_by(|a, b| a.at > b.at), "{low} {high} {ticks:?}");
        }
    }

    #[test]
    fn zero_and_less_have_no_place() {
        let scale =
            MoneyScale::new([Decimal::ZERO, Decimal::NEGATIVE_ONE, Decimal::ONE].into_iter(), 0.0, 100.0);
        assert_eq!((scale.y(Decimal::ZERO), scale.y(Decimal::NEGATIVE_ONE)), (None, None));
        assert_eq!(scale.y(Decimal::ONE), Some(50.0));
    }
}
