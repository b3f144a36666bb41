//! What something costs, and how it is billed.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Currency, Error, Result};

/// A stretch of time that rates and bills are counted in: so many of one unit.
///
/// As text: `hour`, `3 months`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// How many units. Never 0.
    count: u32,
    unit: Unit,
}

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// One second.
    Second,
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// 24 hours. At Fluence: one epoch.
    Day,
    /// A calendar month.
    Month,
}

impl Unit {
    const ALL: [Self; 5] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month];

    fn word(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl Period {
    /// One second.
    pub const SECOND: Self = Self::new(1, Unit::Second);
    /// One minute.
    pub const MINUTE: Self = Self::new(1, Unit::Minute);
    /// One hour.
    pub const HOUR: Self = Self::new(1, Unit::Hour);
    /// 24 hours. At Fluence: one epoch.
    pub const DAY: Self = Self::new(1, Unit::Day);
    /// A calendar month.
    pub const MONTH: Self = Self::new(1, Unit::Month);

    /// So many of this unit; 0 counts as 1.
    #[must_use]
    pub const fn new(count: u32, unit: Unit) -> Self {
        Self { count: if count == 0 { 1 } else { count }, unit }
    }

    /// How many of the unit.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// What it is counted in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// Its length where that is always the same: absent for months.
    #[must_use]
    pub fn seconds(self) -> Option<u64> {
        let one = match self.unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Month => return None,
        };
        Some(u64::from(self.count) * one)
    }

    /// So many of these periods in words: `1 hour`, `6 months`.
    pub(crate) fn times(self, number: u64) -> String {
        let count = u64::from(self.count).saturating_mul(number);
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", self.unit.word())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 1 { f.pad(self.unit.word()) } else { f.pad(&self.times(1)) }
    }
}

impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("period", text, "it must be such as `hour` or `3 months`");
        let (count, word) = match text.split_once(' ') {
            None => (1, text),
            Some((count, word)) => (count.parse().map_err(|_| wrong())?, word),
        };
        let word = word.strip_suffix('s').unwrap_or(word);
        let unit = Unit::ALL.into_iter().find(|unit| unit.word() == word);
        unit.filter(|_| count > 0).map(|unit| Self::new(count, unit)).ok_or_else(wrong)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the pieces of time begin that a bill counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// At the start of the machine, one after the other: each that was begun is charged.
    #[default]
    Start,
    /// One is charged at the start, and another at each boundary on the clock (UTC) that is reached: a boundary
    /// exactly at the start is not charged again, one exactly at the end is. Fluence: days, at 17:55.
    Clock {
        /// How long after the full hour, after midnight or after the first of the month the boundaries lie, in
        /// seconds; less than one increment.
        offset_seconds: u32,
    },
    /// Each calendar month (UTC) is a line of its own on a bill, rounded up to the hundredth: hours and days begin anew
    /// with it. A rate for a month that is billed by days costs a share of the month: 24 hours begun count as a day,
    /// from the first to the last day is the whole month, and the share is rounded up to the hundredth too. Waldur.
    CalendarMonth,
}

/// How time is turned into money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Billing {
    /// Time is charged in whole pieces of this length.
    pub increment: Period,
    /// Where the pieces begin.
    #[serde(default)]
    pub alignment: Alignment,
    /// At least this long is charged, in seconds; 0: nothing but one increment.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum_seconds: u64,
    /// At least this many months are charged, however soon the machine ends; 0: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub commitment_months: u32,
    /// The most that one calendar month (UTC) costs; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
}

fn is_zero<T: PartialEq + Default>(value: &T) -> bool {
    *value == T::default()
}

impl Billing {
    /// Every piece of this length that was begun, counted from the start.
    #[must_use]
    pub const fn begun(increment: Period) -> Self {
        Self { increment, alignment: Alignment::Start, minimum_seconds: 0, commitment_months: 0, cap: None }
    }

    /// One piece at the start, and one at each boundary on the clock (UTC) with this offset.
    #[must_use]
    pub const fn at_the_clock(increment: Period, offset_seconds: u32) -> Self {
        Self { alignment: Alignment::Clock { offset_seconds }, ..Self::begun(increment) }
    }

    /// Pieces that begin anew with each calendar month (UTC).
    #[must_use]
    pub const fn monthly(increment: Period) -> Self {
        Self { alignment: Alignment::CalendarMonth, ..Self::begun(increment) }
    }
}

/// When a charge is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Up front, once.
    Once,
    /// As time passes.
    Rate {
        /// The time that the amount pays for.
        per: Period,
        /// How time is counted.
        billing: Billing,
    },
}

impl Due {
    /// The most that one calendar month costs; absent: no limit.
    fn cap(self) -> Option<Decimal> {
        match self {
            Self::Once => None,
            Self::Rate { billing, .. } => billing.cap,
        }
    }
}

/// One part of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// What is paid for, such as `machine` or `system disk`.
    pub item: Cow<'static, str>,
    /// How much: in all, or for each period. In the currency of the price.
    pub amount: Decimal,
    /// When.
    pub due: Due,
}

impl Charge {
    /// A rate.
    #[must_use]
    pub fn rate(item: impl Into<Cow<'static, str>>, amount: Decimal, per: Period, billing: Billing) -> Self {
        Self { item: item.into(), amount, due: Due::Rate { per, billing } }
    }

    /// An amount that is paid once, up front.
    #[must_use]
    pub fn once(item: impl Into<Cow<'static, str>>, amount: Decimal) -> Self {
        Self { item: item.into(), amount, due: Due::Once }
    }
}

/// The reason of a price that was left out. It is kept in files: a change of these words makes old files look complete.
const NOT_ASKED: &str = "the price was not asked for: a narrower question tells it";

/// What something costs: charges that add up, in one currency, and what of it cannot be known beforehand.
///
/// A price that has not been told, or not in a way that can be believed, has no charges and says why. No price is
/// ever free: charges that are negative, or zero together, are taken for untold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Parts")]
pub struct Price {
    currency: Option<Currency>,
    charges: Vec<Charge>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Cow<'static, str>>,
}

/// A price as it is read: it goes through the same checks as one that is made.
#[derive(Deserialize)]
struct Parts {
    currency: Option<Currency>,
    charges: Vec<Charge>,
    #[serde(default)]
    unknown: Vec<Cow<'static, str>>,
}

impl From<Parts> for Price {
    fn from(parts: Parts) -> Self {
        let price = match parts.currency {
            Some(currency) if !parts.charges.is_empty() => Self::new(currency, parts.charges),
            Some(_) | None => Self { currency: None, charges: Vec::new(), unknown: Vec::new() },
        };
        let price = parts.unknown.into_iter().fold(price, Self::and_unknown);
        if price.charges.is_empty() && price.unknown.is_empty() { Self::untold() } else { price }
    }
}

impl Price {
    /// These charges together.
    #[must_use]
    pub fn new(currency: Currency, charges: Vec<Charge>) -> Self {
        if let Some(charge) = charges.iter().find(|charge| is_negative(charge)) {
            let why = format!("the {} is said to cost {} {currency}", charge.item, charge.amount.normalize());
            return Self::unknown(why);
        }
        if charges.iter().all(is_free) {
            return Self::unknown("it is said to cost nothing");
        }
        Self { currency: Some(currency), charges, unknown: Vec::new() }
    }

    /// Cannot be known, for this reason.
    #[must_use]
    pub fn unknown(why: impl Into<Cow<'static, str>>) -> Self {
        Self { currency: None, charges: Vec::new(), unknown: vec![why.into()] }
    }

    /// The provider tells no price.
    #[must_use]
    pub fn untold() -> Self {
        Self::unknown("the provider tells no price")
    }

    /// Not asked for: the provider tells it, and an adapter left the question out because there were too many for
    /// one call. A narrower query may be answered with the price, which is why this is not one reason among others.
    #[must_use]
    pub fn not_asked() -> Self {
        Self::unknown(NOT_ASKED)
    }

    /// Whether this price is [`not_asked`](Self::not_asked): offers that hold such a one are no complete answer to a
    /// narrower query.
    #[must_use]
    pub fn was_not_asked(&self) -> bool {
        self.unknown.iter().any(|what| what == NOT_ASKED)
    }

    /// The same, and something else that costs money and cannot be known beforehand, such as traffic.
    #[must_use]
    pub fn and_unknown(mut self, what: impl Into<Cow<'static, str>>) -> Self {
        self.unknown.push(what.into());
        self
    }

    /// The currency of all charges; absent where there are none.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// The charges; none where nothing is known.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// What cannot be known beforehand, each in words; empty where all is known.
    #[must_use]
    pub fn unknown_parts(&self) -> &[Cow<'static, str>] {
        &self.unknown
    }

    /// Whether all of it is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }
}

/// Whether nothing is ever charged: the amount is zero, or a calendar month may not cost more than that.
fn is_free(charge: &Charge) -> bool {
    charge.amount.is_zero() || charge.due.cap().is_some_and(|cap| cap.is_zero())
}

fn is_negative(charge: &Charge) -> bool {
    let below = |amount: Decimal| amount.is_sign_negative() && !amount.is_zero();
    below(charge.amount) || charge.due.cap().is_some_and(below)
}

impl fmt::Display for Price {
    /// The charges in one line: rates for the same period are added up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(currency) = self.currency else { return f.pad("unknown") };
        let mut sums: Vec<(Option<Period>, Decimal)> = Vec::new();
        for charge in &self.charges {
            let per = match charge.due {
                Due::Once => None,
                Due::Rate { per, .. } => Some(per),
            };
            match sums.iter_mut().find(|sum| sum.0 == per) {
                Some(sum) => sum.1 = sum.1.saturating_add(charge.amount),
                None => sums.push((per, charge.amount)),
            }
        }
        let words = sums.into_iter().map(|(per, amount)| match per {
            None => format!("{} {currency} once", amount.normalize()),
            Some(per) => format!("{} {currency}/{per}", amount.normalize()),
        });
        let mut text = words.collect::<Vec<_>>().join(" + ");
        if !self.is_known() {
            text.push_str(" + ?");
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(amount: &str) -> Charge {
        Charge::rate("machine", amount.parse().unwrap(), Period::HOUR, Billing::begun(Period::HOUR))
    }

    #[test]
    fn a_price_that_would_be_free_or_less_is_unknown() {
        for charges in [vec![], vec![machine("0")], vec![machine("0.00"), machine("0")]] {
            let price = Price::new(Currency::USD, charges);
            assert_eq!(price.unknown_parts(), ["it is said to cost nothing"]);
            assert!(price.charges().is_empty());
        }
        let negative = Price::new(Currency::USD, vec![machine("1"), machine("-0.5")]);
        assert_eq!(negative.unknown_parts(), ["the machine is said to cost -0.5 USD"]);
        let cap = Billing { cap: Some(Decimal::NEGATIVE_ONE), ..Billing::begun(Period::HOUR) };
        let capped = Charge::rate("machine", Decimal::ONE, Period::HOUR, cap);
        assert!(!Price::new(Currency::USD, vec![capped]).is_known());
        let capped = |cap| {
            let billing = Billing { cap: Some(cap), ..Billing::begun(Period::HOUR) };
            Charge::rate("machine", Decimal::ONE, Period::HOUR, billing)
        };
        let price = Price::new(Currency::USD, vec![capped(Decimal::ZERO)]);
        assert_eq!(
            price.unknown_parts(),
            ["it is said to cost nothing"],
            "a month that may cost nothing is free"
        );
        assert!(Price::new(Currency::USD, vec![capped(Decimal::ZERO), capped(Decimal::ONE)]).is_known());
        assert!(Price::new(Currency::USD, vec![machine("0.5"), machine("0")]).is_known());
    }

    #[test]
    fn a_price_that_was_not_asked_for_is_known_as_such_even_after_it_was_written_down() {
        let price = Price::not_asked();
        let text = serde_json::to_string(&price).unwrap();
        assert!(price.was_not_asked() && serde_json::from_str::<Price>(&text).unwrap().was_not_asked());
        assert!(!Price::untold().was_not_asked() && !price.is_known());
    }

    #[test]
    fn a_price_is_the_same_after_it_was_written_down() {
        let days = Billing::at_the_clock(Period::DAY, 64_500);
        let term = Billing { commitment_months: 3, ..Billing::begun(Period::new(3, Unit::Month)) };
        let charges = vec![
            Charge::once("setup", "5".parse().unwrap()),
            Charge::rate("machine", "0.30698".parse().unwrap(), Period::DAY, days),
            Charge::rate("disk", "14".parse().unwrap(), Period::new(3, Unit::Month), term),
        ];
        let price = Price::new(Currency::Usdc, charges).and_unknown("traffic");
        let text = serde_json::to_string(&price).unwrap();
        assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), price, "{text}");
        assert_eq!(price.to_string(), "5 USDC once + 0.30698 USDC/day + 14 USDC/3 months + ?");
        let free = r#"{"currency":"USD","charges":[{"item":"machine","amount":"0","due":"once"}]}"#;
        assert!(!serde_json::from_str::<Price>(free).unwrap().is_known());
        assert_eq!(serde_json::from_str::<Price>(r#"{"charges":[]}"#).unwrap(), Price::untold());
    }

    #[test]
    fn periods_are_words() {
        for text in ["second", "minute", "hour", "day", "month", "3 months", "30 days"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in ["", "0 hours", "fortnight", "-1 days", "1.5 hours"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
