//! What a buyer is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use vmbroker_core::{Currency, Error, Money, Offer, ProviderId, Quote, Total};

use super::Conversion;

/// What the offers of all accounts come to, cheapest first, and what that rests on.
///
/// Every offer that meets the query is in exactly one of [`ranked`](Self::ranked) (before the limit),
/// [`unranked`](Self::unranked) and [`excluded`](Self::excluded).
#[derive(Clone, Debug)]
pub struct Comparison {
    /// When the machine would start.
    pub start: Timestamp,
    /// How long it would run.
    pub run: Duration,
    /// The currency that totals are compared in; absent where the question names none and nothing has a total.
    pub currency: Option<Currency>,
    /// Offers whose total is exactly known in that currency, cheapest first; equal totals by account, offer and zone.
    pub ranked: Vec<Ranked>,
    /// How many there are without the question's limit.
    pub ranked_in_all: usize,
    /// Offers whose total cannot be known or not be converted. Show them last: they are neither dear nor free. Those
    /// with a known part come first, by that.
    pub unranked: Vec<Unranked>,
    /// Offers that meet the query and are out of the question, by account, offer and zone.
    pub excluded: Vec<Excluded>,
    /// The accounts that answered, sorted.
    pub answers: Vec<Answered>,
    /// Why the others did not: one error each, sorted by account, which it names.
    pub failures: Vec<Error>,
    /// The conversions that totals went through, with the rates they rest on; none where nothing was converted.
    pub conversions: Vec<Conversion>,
    /// What the caller should tell a person besides, each a sentence: a cache file that was set aside, or could not be
    /// written. Told once, not with each comparison.
    pub notes: Vec<String>,
}

impl Comparison {
    /// How an offer's total was made, line by line. For one of this comparison's offers, or any other.
    #[must_use]
    pub fn explain(&self, offer: &Offer) -> Quote {
        offer.price.quote(self.start, self.run)
    }

    /// How totals of this currency were converted; absent where none was.
    #[must_use]
    pub fn conversion(&self, from: Currency) -> Option<&Conversion> {
        self.conversions.iter().find(|conversion| conversion.from == from)
    }
}

/// When an offer was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When the provider was asked, by the registry's clock.
    pub at: Timestamp,
    /// Whether it was kept from an earlier question; otherwise the provider was asked for this one.
    pub cached: bool,
}

/// An offer with its place in the ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// The offer.
    pub offer: Arc<Offer>,
    /// What the run costs, exactly, in the offer's own currency. Never zero.
    pub total: Money,
    /// The same in the comparison's currency. The ranking is by this.
    pub converted: Money,
    /// When it was observed.
    pub seen: Seen,
}

/// An offer that has no place in the ranking, because what the run costs cannot be known or not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unranked {
    /// The offer.
    pub offer: Arc<Offer>,
    /// What is known of the total, in the offer's own currency.
    pub total: Total,
    /// The known amount in the comparison's currency; absent where nothing is known or there is no rate.
    pub converted: Option<Money>,
    /// Why.
    pub doubt: Doubt,
    /// When it was observed.
    pub seen: Seen,
}

/// Why an offer has no place in the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Nothing of its price is known: [`Price::unknown_parts`](vmbroker_core::Price::unknown_parts) says why.
    PriceUnknown,
    /// A part of its price is not known: [`Price::unknown_parts`](vmbroker_core::Price::unknown_parts) says which.
    PartUnknown,
    /// The total has more digits than are kept.
    TooManyDigits,
    /// The total would be zero, and nothing is free.
    Nothing,
    /// No exchange rate leads there.
    NoRate {
        /// From the offer's currency ...
        from: Currency,
        /// ... to the comparison's, or to the price ceiling's.
        to: Currency,
    },
}

impl Unranked {
    /// Why, in words.
    #[must_use]
    pub fn why(&self) -> String {
        let parts = || self.offer.price.unknown_parts().join("; ");
        match self.doubt {
            Doubt::PriceUnknown => parts(),
            Doubt::PartUnknown => format!("not known beforehand: {}", parts()),
            Doubt::TooManyDigits => "the total has more digits than the 28 that are kept exactly".to_owned(),
            Doubt::Nothing => "the total would be zero, and nothing is free".to_owned(),
            Doubt::NoRate { from, to } => format!("there is no exchange rate between {from} and {to}"),
        }
    }
}

/// An offer that is out of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The offer.
    pub offer: Arc<Offer>,
    /// Why.
    pub why: Exclusion,
    /// When it was observed.
    pub seen: Seen,
}

/// Why an offer is out of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// The provider says that none is left.
    SoldOut,
    /// The run costs more than the price ceiling.
    AboveCeiling {
        /// What it costs at least, in the ceiling's currency.
        at_least: Money,
        /// The ceiling.
        ceiling: Money,
    },
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoldOut => f.write_str("sold out"),
            Self::AboveCeiling { at_least, ceiling } => {
                write!(f, "{at_least} is above the limit of {ceiling}")
            }
        }
    }
}

/// An account that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The account.
    pub provider: ProviderId,
    /// When its offers were observed.
    pub seen: Seen,
    /// How many of them meet the query.
    pub offers: usize,
}
