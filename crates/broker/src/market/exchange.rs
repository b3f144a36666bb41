//! Exchange rates: who said them and when. None is guessed.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use vmbroker_core::{Currency, Error, ErrorKind, Money, Result, exact};

/// What one unit of a currency is worth in another, by whom, and when.
///
/// As configuration: `{ from = "EUR", to = "USD", rate = "1.0832", date = "2026-11-02", source = "ECB" }`. All fields
/// are needed, and the rate is text, so that no reader rounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRate {
    /// One unit of this ...
    pub from: Currency,
    /// ... in units of this.
    pub to: Currency,
    /// How many units of `to` one of `from` is worth. More than 0.
    #[serde(deserialize_with = "rate")]
    pub rate: Decimal,
    /// The day it is of. Absent only for the one that is assumed: USDC counts as USD.
    #[serde(deserialize_with = "date")]
    pub date: Option<Date>,
    /// Who says so.
    pub source: String,
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    exact(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// A configured rate has its day: only the assumed one has none.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    Date::deserialize(deserializer).map(Some)
}

impl fmt::Display for ExchangeRate {
    /// Such as `1 EUR = 1.0832 USD (ECB, 2026-11-02)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 {} = {} {} ({}", self.from, self.rate.normalize(), self.to, self.source)?;
        if let Some(date) = self.date {
            write!(f, ", {date}")?;
        }
        f.write_str(")")
    }
}

/// All exchange rates that may be used.
///
/// A rate serves both directions. USDC counts as USD at 1:1 unless a rate between the two is given, and a currency that
/// has no rate to or from USDC itself goes through USD; no other two rates are ever joined. Amounts are rounded once,
/// at the end, to 28 digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeRates(Vec<ExchangeRate>);

impl ExchangeRates {
    /// These rates, and USDC as USD where none of them says otherwise.
    ///
    /// # Errors
    /// `InvalidConfig` where a rate is not more than 0, is between a currency and itself, or where two are for the same
    /// pair, in whichever direction.
    pub fn new(rates: impl IntoIterator<Item = ExchangeRate>) -> Result<Self> {
        let mut kept: Vec<ExchangeRate> = Vec::new();
        for rate in rates {
            let pair = format!("the exchange rate from {} to {}", rate.from, rate.to);
            let wrong = |why: &str| Err(Error::new(ErrorKind::InvalidConfig, format!("{pair} {why}")));
            if rate.rate <= Decimal::ZERO {
                return wrong(&format!("is {}, but it must be more than 0", rate.rate.normalize()));
            }
            if rate.from == rate.to {
                return wrong("is between a currency and itself");
            }
            if kept.iter().any(|other| other.joins(rate.from, rate.to)) {
                return wrong("is given twice; one serves both directions");
            }
            kept.push(rate);
        }
        Ok(Self(kept))
    }

    /// How to turn one currency into another; absent where no rate says it.
    #[must_use]
    pub fn conversion(&self, from: Currency, to: Currency) -> Option<Conversion> {
        let conversion = |steps| Conversion { from, to, steps };
        if from == to {
            return Some(conversion(Vec::new()));
        }
        if let Some(step) = self.step(from, to) {
            return Some(conversion(vec![step]));
        }
        // USDC counts as USD towards every other currency too.
        if from != Currency::Usdc && to != Currency::Usdc {
            return None;
        }
        let (first, second) = (self.step(from, Currency::USD)?, self.step(Currency::USD, to)?);
        Some(conversion(vec![first, second]))
    }

    fn step(&self, from: Currency, to: Currency) -> Option<ConversionStep> {
        let assumed = || {
            let (token, dollar) = (Currency::Usdc, Currency::USD);
            let source = "assumed".to_owned();
            ExchangeRate { from: token, to: dollar, rate: Decimal::ONE, date: None, source }
        };
        let given = self.0.iter().find(|rate| rate.joins(from, to)).cloned();
        let rate = given.or_else(|| Some(assumed()).filter(|rate| rate.joins(from, to)))?;
        Some(ConversionStep { inverse: rate.from != from, rate })
    }
}

impl ExchangeRate {
    fn joins(&self, one: Currency, other: Currency) -> bool {
        (self.from, self.to) == (one, other) || (self.from, self.to) == (other, one)
    }
}

/// How amounts of one currency become amounts of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conversion {
    /// What is converted.
    pub from: Currency,
    /// Into what.
    pub to: Currency,
    /// The rates it rests on, in order; none where both are the same.
    pub steps: Vec<ConversionStep>,
}

/// One rate of a conversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConversionStep {
    /// The rate as it was given.
    pub rate: ExchangeRate,
    /// Whether it is used the other way round: amounts are divided by it.
    pub inverse: bool,
}

impl Conversion {
    /// This much in the other currency; absent where the amount is not in `from`, or the result has too many digits.
    #[must_use]
    pub fn apply(&self, money: Money) -> Option<Money> {
        self.factor()?
            .apply(money.amount)
            .filter(|_| money.currency == self.from)
            .map(|it| Money::new(it, self.to))
    }

    /// All its steps in one; absent where that has too many digits.
    pub(super) fn factor(&self) -> Option<Factor> {
        let mut factor = Factor { times: Decimal::ONE, over: Decimal::ONE };
        for step in &self.steps {
            let side = if step.inverse { &mut factor.over } else { &mut factor.times };
            *side = side.checked_mul(step.rate.rate)?;
        }
        Some(factor)
    }
}

/// What amounts are multiplied by and divided by, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    times: Decimal,
    over: Decimal,
}

impl Factor {
    pub(super) fn is_one(self) -> bool {
        self.times == Decimal::ONE && self.over == Decimal::ONE
    }

    /// Absent where the result has too many digits.
    pub(super) fn apply(self, amount: Decimal) -> Option<Decimal> {
        let times = amount.checked_mul(self.times)?;
        if self.over == Decimal::ONE { Some(times) } else { times.checked_div(self.over) }
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            step.rate.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
