//! What a price comes to, for a given start and run time.

mod pieces;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Alignment, Billing, Charge, Due, Money, Period, Price};
use pieces::{Fraction, Rule, Span};

/// What a price comes to, for a given start and run time, line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// When the machine starts.
    pub start: Timestamp,
    /// How long it runs, in whole seconds: one that was begun counts.
    pub run_seconds: u64,
    /// One line for each charge of the price.
    pub lines: Vec<QuoteLine>,
    /// All lines together.
    pub total: Total,
    /// What cannot be known beforehand, each in words; empty where the total is exact.
    pub unknown: Vec<String>,
}

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuoteLine {
    /// What is paid for.
    pub item: String,
    /// What it comes to, to 28 digits.
    pub amount: Money,
    /// How that was made, in words.
    pub how: String,
}

/// What a price comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// Exactly this.
    Exact(Money),
    /// This, and something more that cannot be known.
    AtLeast(Money),
    /// Cannot be known. Never to be read as free.
    Unknown,
}

impl Total {
    /// The amount where it is exact.
    #[must_use]
    pub fn exact(self) -> Option<Money> {
        match self {
            Self::Exact(money) => Some(money),
            Self::AtLeast(_) | Self::Unknown => None,
        }
    }
}

impl Price {
    /// What it comes to for a machine that starts then and runs this long. A second that was begun counts.
    ///
    /// Nothing is rounded before the last step, but what the provider itself rounds ([`Alignment::CalendarMonth`]):
    /// charges whose division does not come out even are added up first.
    /// More time never costs less.
    #[must_use]
    pub fn total(&self, start: Timestamp, run: Duration) -> Total {
        let span = Span::new(start, run);
        total(self, |charge| cost(charge, span))
    }

    /// The same as [`total`](Self::total), line by line, each with how it was made.
    #[must_use]
    pub fn quote(&self, start: Timestamp, run: Duration) -> Quote {
        let span = Span::new(start, run);
        let line = |charge: &Charge| {
            let amount = Money::new(cost(charge, span)?.value(), self.currency()?);
            Some(QuoteLine { item: charge.item.to_string(), amount, how: how(charge, span, amount) })
        };
        Quote {
            start,
            run_seconds: span.seconds(),
            lines: self.charges().iter().filter_map(line).collect(),
            total: self.total(start, run),
            unknown: self.unknown_parts().iter().map(ToString::to_string).collect(),
        }
    }
}

/// What many prices come to, for one start and run time.
///
/// The same as [`Price::total`] for each, to the last digit. How time is counted is worked out once for all charges
/// that are billed alike.
#[derive(Clone, Debug)]
pub struct Meter {
    span: Span,
    rules: Vec<(Period, Billing, Rule)>,
}

impl Meter {
    /// For machines that start then and run this long. A second that was begun counts.
    #[must_use]
    pub fn new(start: Timestamp, run: Duration) -> Self {
        Self { span: Span::new(start, run), rules: Vec::new() }
    }

    /// What this price comes to.
    #[must_use]
    pub fn total(&mut self, price: &Price) -> Total {
        total(price, |charge| match charge.due {
            Due::Once => Some(Fraction::whole(charge.amount)),
            Due::Rate { per, billing } => self.rule(per, billing).cost(charge.amount),
        })
    }

    fn rule(&mut self, per: Period, billing: Billing) -> &Rule {
        let known = self.rules.iter().position(|rule| rule.0 == per && rule.1 == billing);
        let at = known.unwrap_or_else(|| {
            self.rules.push((per, billing, Rule::new(per, billing, self.span)));
            self.rules.len() - 1
        });
        &self.rules[at].2
    }
}

/// All charges together, each at this cost.
fn total(price: &Price, mut cost: impl FnMut(&Charge) -> Option<Fraction>) -> Total {
    let Some(currency) = price.currency() else { return Total::Unknown };
    let mut sums: [Option<Fraction>; 2] = [None, None];
    let mut rest = Decimal::ZERO;
    for charge in price.charges() {
        let Some(cost) = cost(charge) else { return Total::Unknown };
        // One price hardly ever has more than two denominators; a third is divided at once.
        let place = sums.iter_mut().find(|sum| sum.is_none_or(|sum| sum.denominator == cost.denominator));
        let added = match place {
            Some(Some(sum)) => sum.numerator.checked_add(cost.numerator).map(|added| sum.numerator = added),
            Some(empty) => {
                *empty = Some(cost);
                Some(())
            }
            None => rest.checked_add(cost.value()).map(|added| rest = added),
        };
        if added.is_none() {
            return Total::Unknown;
        }
    }
    let total = sums.into_iter().flatten().try_fold(rest, |sum, part| sum.checked_add(part.value()));
    match total {
        Some(amount) if price.is_known() => Total::Exact(Money::new(amount, currency)),
        Some(amount) => Total::AtLeast(Money::new(amount, currency)),
        None => Total::Unknown,
    }
}

/// What one charge comes to; absent where that has too many digits.
fn cost(charge: &Charge, span: Span) -> Option<Fraction> {
    match charge.due {
        Due::Once => Some(Fraction::whole(charge.amount)),
        Due::Rate { per, billing } => Rule::new(per, billing, span).cost(charge.amount),
    }
}

/// How a line was made, in words.
fn how(charge: &Charge, span: Span, amount: Money) -> String {
    let (per, billing) = match charge.due {
        Due::Once => return "once, up front".to_owned(),
        Due::Rate { per, billing } => (per, billing),
    };
    let rate = Money::new(charge.amount, amount.currency);
    let billed = span.billed(billing);
    let mut words = if pieces::is_share(per, billing) {
        format!("{} of a month x {rate}/{per}", pieces::shares(billed).normalize())
    } else {
        let time = billing.increment.times(pieces::count(billing, billed));
        format!("{time} x {rate}/{per}")
    };
    words.push_str(&format!(", {}", rule(billing, per)));
    if let Alignment::Clock { offset_seconds } = billing.alignment
        && let Some(first) = pieces::first_boundary(billing.increment, offset_seconds, billed)
    {
        words.push_str(&format!(" (first at {})", first.strftime("%Y-%m-%d %H:%M UTC")));
    }
    if billed != span {
        words.push_str(&format!(", for at least {}", least(billing)));
    }
    if let Some(cap) = billing.cap {
        let cap = Money::new(cap, amount.currency);
        words.push_str(&format!(", at most {cap} in a calendar month"));
    }
    words
}

/// How time is counted, in words.
fn rule(billing: Billing, per: Period) -> String {
    let increment = billing.increment;
    match billing.alignment {
        Alignment::Start => format!("each {increment} begun"),
        Alignment::Clock { offset_seconds } => {
            let (hours, minutes) = (offset_seconds / 3_600, offset_seconds / 60 % 60);
            match increment {
                Period::HOUR => {
                    format!("one at the start and one at each {minutes:02} minutes past the hour")
                }
                Period::DAY => format!("one at the start and one at each {hours:02}:{minutes:02} UTC"),
                other => format!("one at the start and one at each {other} of the clock"),
            }
        }
        Alignment::CalendarMonth if pieces::is_share(per, billing) => {
            "the days begun of each calendar month, as a share rounded up to the hundredth; each month's line, too"
                .to_owned()
        }
        Alignment::CalendarMonth => {
            format!("each {increment} begun, anew in each calendar month, whose line is rounded up to the hundredth")
        }
    }
}

fn least(billing: Billing) -> String {
    match billing.commitment_months {
        0 => Period::SECOND.times(billing.minimum_seconds),
        months => Period::MONTH.times(u64::from(months)),
    }
}
