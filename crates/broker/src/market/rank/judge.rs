//! Whether a total has earned a place in the ranking.

use rust_decimal::Decimal;
use vmbroker_core::{Currency, Money, Price, Total};

use crate::market::exchange::Factor;
use crate::market::{Conversion, Doubt, ExchangeRates, Exclusion};

/// Where an offer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ranked { total: Money, converted: Decimal },
    Unranked { doubt: Doubt, converted: Option<Money> },
    Excluded(Exclusion),
}

impl Verdict {
    fn doubt(doubt: Doubt) -> Self {
        Self::Unranked { doubt, converted: None }
    }
}

/// Judges totals in all currencies; each conversion is looked up once.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    rates: &'a ExchangeRates,
    to: Option<Currency>,
    ceiling: Option<Money>,
    lanes: Vec<Lane>,
}

/// What becomes of totals in one currency.
#[derive(Debug)]
struct Lane {
    from: Currency,
    to_buyer: Option<Exchange>,
    to_ceiling: Option<Exchange>,
}

/// A conversion made ready for many amounts.
#[derive(Debug)]
struct Exchange {
    conversion: Conversion,
    factor: Option<Factor>,
    is_one: bool,
}

impl Exchange {
    fn new(conversion: Conversion) -> Self {
        let factor = conversion.factor();
        Self { conversion, factor, is_one: factor.is_some_and(Factor::is_one) }
    }

    /// Absent where the result has too many digits.
    fn apply(&self, money: Money) -> Option<Money> {
        let amount = if self.is_one { money.amount } else { self.factor?.apply(money.amount)? };
        Some(Money::new(amount, self.conversion.to))
    }
}

impl<'a> Judge<'a> {
    pub(super) fn new(rates: &'a ExchangeRates, to: Option<Currency>, ceiling: Option<Money>) -> Self {
        Self { rates, to, ceiling, lanes: Vec::new() }
    }

    /// Only an exact total above zero, in the buyer's currency and below the ceiling, has a place.
    pub(super) fn judge(&mut self, price: &Price, total: Total) -> Verdict {
        let (money, exact) = match total {
            Total::Exact(money) => (money, true),
            Total::AtLeast(money) => (money, false),
            Total::Unknown if price.charges().is_empty() => return Verdict::doubt(Doubt::PriceUnknown),
            Total::Unknown => return Verdict::doubt(Doubt::TooManyDigits),
        };
        let (to, ceiling) = (self.to.unwrap_or(money.currency), self.ceiling);
        let lane = self.lane(money.currency, to);
        if let Some(ceiling) = ceiling {
            match lane.to_ceiling.as_ref().map(|conversion| conversion.apply(money)) {
                None => return Verdict::doubt(Doubt::NoRate { from: money.currency, to: ceiling.currency }),
                Some(None) => return Verdict::doubt(Doubt::TooManyDigits),
                Some(Some(at_least)) if at_least.amount > ceiling.amount => {
                    return Verdict::Excluded(Exclusion::AboveCeiling { at_least, ceiling });
                }
                Some(Some(_)) => {}
            }
        }
        let converted = lane.to_buyer.as_ref().map(|conversion| conversion.apply(money));
        let some = converted.flatten().filter(|converted| converted.amount > Decimal::ZERO);
        match (converted, some) {
            _ if !exact => Verdict::Unranked { doubt: Doubt::PartUnknown, converted: some },
            (None, _) => Verdict::doubt(Doubt::NoRate { from: money.currency, to }),
            (Some(None), _) => Verdict::doubt(Doubt::TooManyDigits),
            (Some(Some(_)), None) => Verdict::doubt(Doubt::Nothing),
            (Some(Some(_)), Some(converted)) => Verdict::Ranked { total: money, converted: converted.amount },
        }
    }

    fn lane(&mut self, from: Currency, to: Currency) -> &Lane {
        let at = self.lanes.iter().position(|lane| lane.from == from).unwrap_or_else(|| {
            let exchange = |to| self.rates.conversion(from, to).map(Exchange::new);
            let to_ceiling = self.ceiling.and_then(|ceiling| exchange(ceiling.currency));
            self.lanes.push(Lane { from, to_buyer: exchange(to), to_ceiling });
            self.lanes.len() - 1
        });
        &self.lanes[at]
    }

    /// The conversions that were needed, to the buyer's currency and to the ceiling's.
    pub(super) fn into_conversions(self) -> Vec<Conversion> {
        let mut conversions: Vec<Conversion> = Vec::new();
        let exchanges = self.lanes.into_iter().flat_map(|lane| [lane.to_buyer, lane.to_ceiling]).flatten();
        for conversion in exchanges.map(|exchange| exchange.conversion) {
            if !conversion.steps.is_empty() && !conversions.contains(&conversion) {
                conversions.push(conversion);
            }
        }
        conversions
    }
}
