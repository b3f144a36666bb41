<<<<<<< HEAD
//! From what a run costs everywhere to what a deployment tries, in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use vmbroker_core::{Due, Location, Money, Offer, OfferId, Period, Price, PriceLimit, ProviderId, Total};

use super::{Choice, Strategy};
use crate::market::{Comparison, Doubt, ExchangeRates};

/// How many offers of one account are tried for one machine: enough for every place of a cloud with one size each,
/// and few enough that a cloud where all is sold out does not see a hundred creates.
pub const MOST_OFFERS_OF_AN_ACCOUNT: usize = 12;

/// What a plan is made by, besides the comparison.
#[derive(Clone, Debug)]
pub struct Planning<'a> {
    /// In which order choices are tried.
    pub strategy: Strategy,
    /// The accounts in the order of [`Strategy::InOrder`]; those that it does not name come after them, by name.
    pub order: &'a [ProviderId],
    /// The most that all machines together may cost. Offers of which a part is not known have no place under it.
    pub budget: Option<Money>,
    /// The most that one machine may cost for a time.
    pub price_limit: Option<PriceLimit>,
    /// How amounts are compared with the limit.
    pub rates: &'a ExchangeRates,
}

/// What a deployment tries, in order, and what it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What may be rented, in the order in which the first machine tries it.
    pub choices: Vec<Choice>,
    /// What is out, and why; by account and offer.
    pub out: Vec<LeftOut>,
}

/// Something that is not tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// At which account.
    pub account: ProviderId,
    /// Which offer; absent: all of the account's.
    pub offer: Option<OfferId>,
    /// Where.
    pub location: Option<Location>,
    /// Why, in words.
=======
//! From what runs cost to what is tried, in which order.

use serde::Serialize;
use vmbroker_core::{Error, Location, Money, OfferId, ProviderId, Result};

use super::{Choice, Strategy};
use crate::Comparison;

/// What may be rented for a deployment, and what is out of the question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The choices, cheapest first: what a [`DeploySpec`](super::DeploySpec) takes.
    pub choices: Vec<Choice>,
    /// What is out, and why.
    pub out: Vec<LeftOut>,
}

/// Something that is out of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// At which account; absent where an error names none.
    pub account: Option<ProviderId>,
    /// Which offer; absent: the whole account.
    pub offer: Option<OfferId>,
    /// Where; absent: the whole account.
    pub location: Option<Location>,
    /// Why, for a person.
>>>>>>> journal
    pub why: String,
}

impl Plan {
<<<<<<< HEAD
    /// The plan of this comparison. The comparison must be in the budget's currency where there is a budget, so that
    /// what is held back is, too.
    #[must_use]
    pub fn of(comparison: &Comparison, by: &Planning<'_>) -> Self {
        let mut plan = Self::default();
        for ranked in &comparison.ranked {
            plan.consider(comparison, by, &ranked.offer, ranked.converted);
        }
        for unranked in &comparison.unranked {
            let known =
                unranked.converted.filter(|_| unranked.doubt == Doubt::PartUnknown && by.budget.is_none());
            match known {
                Some(at_least) => plan.consider(comparison, by, &unranked.offer, at_least),
                None => plan.leave_out(&unranked.offer, unranked.why()),
            }
        }
        for excluded in &comparison.excluded {
            plan.leave_out(&excluded.offer, excluded.why.to_string());
        }
        for failure in &comparison.failures {
            if let Some(account) = failure.provider() {
                let why = format!("{}: {}", failure.kind(), vmbroker_core::printable(failure.message()));
                plan.out.push(LeftOut { account: account.clone(), offer: None, location: None, why });
            }
        }
        plan.order(by);
        plan.cut();
        plan.out.sort_by(|a, b| (&a.account, &a.offer).cmp(&(&b.account, &b.offer)));
        plan
    }

    /// What so many machines cost at least and at most, if each comes up at its first attempt: all at the cheapest,
    /// and all at the dearest choice. Machines that fail on the way and are replaced come on top. Absent where there
    /// is no choice, or where amounts are too large.
    #[must_use]
    pub fn bill(&self, count: u32) -> Option<(Money, Money)> {
        let of = |choice: &Choice, amount: Decimal| {
            Some(Money::new(amount.checked_mul(count.into())?, choice.reserve.currency))
        };
        let cheapest = self.choices.iter().min_by_key(|choice| choice.quote.amount)?;
        let dearest = self.choices.iter().max_by_key(|choice| choice.reserve.amount)?;
        Some((of(cheapest, cheapest.quote.amount)?, of(dearest, dearest.reserve.amount)?))
    }

    fn consider(&mut self, comparison: &Comparison, by: &Planning<'_>, offer: &Arc<Offer>, quote: Money) {
        if let Some(why) = by.price_limit.and_then(|limit| above(&offer.price, limit, by.rates)) {
            return self.leave_out(offer, why);
        }
        let reserve = worst(&offer.price, comparison.start, comparison.run)
            .and_then(|worst| by.rates.conversion(worst.currency, quote.currency)?.apply(worst));
        // No start is better than the one that was asked about where nothing else is known.
        let reserve = reserve.filter(|reserve| reserve.amount >= quote.amount).unwrap_or(quote);
        if let Some(budget) = by.budget.filter(|budget| reserve.amount > budget.amount) {
            return self
                .leave_out(offer, format!("one machine costs {reserve}, above the budget of {budget}"));
        }
        self.choices.push(Choice {
            account: offer.provider.clone(),
            offer: offer.id.clone(),
            location: offer.location.clone(),
            price: offer.price.clone(),
            quote,
            reserve,
        });
    }

    fn leave_out(&mut self, offer: &Offer, why: String) {
        let (account, location) = (offer.provider.clone(), Some(offer.location.clone()));
        self.out.push(LeftOut { account, offer: Some(offer.id.clone()), location, why });
    }

    fn order(&mut self, by: &Planning<'_>) {
        let place =
            |account: &ProviderId| by.order.iter().position(|it| it == account).unwrap_or(by.order.len());
        let name =
            |it: &Choice| (it.quote.amount, it.account.clone(), it.offer.clone(), it.location.zone.clone());
        match by.strategy {
            Strategy::InOrder => {
                self.choices.sort_by_cached_key(|it| (place(&it.account), it.account.clone(), name(it)));
            }
            Strategy::Cheapest | Strategy::Spread => self.choices.sort_by_cached_key(name),
        }
    }

    /// Keeps the first offers of each account.
    fn cut(&mut self) {
        let mut counts: BTreeMap<ProviderId, usize> = BTreeMap::new();
        let mut left: BTreeMap<ProviderId, usize> = BTreeMap::new();
        self.choices.retain(|choice| {
            let count = counts.entry(choice.account.clone()).or_default();
            *count += 1;
            if *count > MOST_OFFERS_OF_AN_ACCOUNT {
                *left.entry(choice.account.clone()).or_default() += 1;
            }
            *count <= MOST_OFFERS_OF_AN_ACCOUNT
        });
        for (account, more) in left {
            let why =
                format!("{more} dearer offers: {MOST_OFFERS_OF_AN_ACCOUNT} of one account are enough to try");
            self.out.push(LeftOut { account, offer: None, location: None, why });
        }
    }
}

/// What the run costs at most when it begins within a day: clouds that count days or months bill by the clock on the
/// wall.
fn worst(price: &Price, start: Timestamp, run: Duration) -> Option<Money> {
    let totals = (0..=24).filter_map(|hours| {
        let start = start.checked_add(jiff::SignedDuration::from_hours(hours)).ok()?;
        match price.total(start, run) {
            Total::Exact(money) | Total::AtLeast(money) => Some(money),
            Total::Unknown => None,
        }
    });
    totals.max_by_key(|money| money.amount)
}

/// Why a price is above the limit, or cannot be compared with it; absent: it is not above.
fn above(price: &Price, limit: PriceLimit, rates: &ExchangeRates) -> Option<String> {
    let Some(rate) = rate(price, limit.per) else {
        return Some(format!("its price cannot be compared with the limit of {limit}"));
    };
    let converted = rates.conversion(rate.currency, limit.amount.currency).and_then(|it| it.apply(rate));
    match converted {
        None => Some(format!("there is no exchange rate from {} for the limit of {limit}", rate.currency)),
        Some(rate) if rate.amount > limit.amount.amount => {
            Some(format!("{rate}/{} is above the limit of {limit}", limit.per))
        }
        Some(_) => None,
    }
}

/// What a price comes to for each such period while the machine runs; what is paid once, up front, is no rate. A
/// month is 30 days here. Absent where nothing is known.
#[must_use]
pub fn rate(price: &Price, per: Period) -> Option<Money> {
    let length = |period: Period| {
        Decimal::from(period.seconds().unwrap_or_else(|| u64::from(period.count()) * 30 * 86_400))
    };
    let mut sum = Decimal::ZERO;
    for charge in price.charges() {
        if let Due::Rate { per: each, .. } = charge.due {
            sum = sum.checked_add(charge.amount.checked_mul(length(per))?.checked_div(length(each))?)?;
        }
    }
    price.currency().filter(|_| !sum.is_zero()).map(|currency| Money::new(sum, currency))
}

#[cfg(test)]
mod tests;
=======
    /// The plan that follows from a comparison. Only offers whose cost is known exactly are chosen: for another,
    /// nobody could say what to hold back of a budget.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        let choices = comparison.ranked.iter().map(|ranked| Choice {
            account: ranked.offer.provider.clone(),
            offer: ranked.offer.id.clone(),
            location: ranked.offer.location.clone(),
            price: ranked.offer.price.clone(),
            quote: ranked.converted,
            reserve: ranked.converted,
        });
        let left_out = |offer: &vmbroker_core::Offer, why: String| LeftOut {
            account: Some(offer.provider.clone()),
            offer: Some(offer.id.clone()),
            location: Some(offer.location.clone()),
            why,
        };
        let failed = |error: &Error| LeftOut {
            account: error.provider().cloned(),
            offer: None,
            location: None,
            why: error.to_string(),
        };
        let unranked = comparison.unranked.iter().map(|it| left_out(&it.offer, it.why()));
        let excluded = comparison.excluded.iter().map(|it| left_out(&it.offer, it.why.to_string()));
        let out = comparison.failures.iter().map(failed).chain(unranked).chain(excluded);
        Self { choices: choices.collect(), out: out.collect() }
    }

    /// The same plan with only these accounts, in this order: what the strategy
    /// [`InOrder`](super::Strategy::InOrder) takes. Within an account the cheapest stays first.
    ///
    /// # Errors
    /// `InvalidRequest` where an account is named that has no choice and was not left out.
    pub fn in_order(mut self, accounts: &[ProviderId]) -> Result<Self> {
        for account in accounts {
            let known = self.choices.iter().any(|choice| choice.account == *account)
                || self.out.iter().any(|out| out.account.as_ref() == Some(account));
            if !known {
                return Err(Error::invalid(
                    "accounts",
                    account,
                    "there is no such account, or it offers nothing",
                ));
            }
        }
        let place = |choice: &Choice| accounts.iter().position(|account| *account == choice.account);
        self.choices.retain(|choice| place(choice).is_some());
        self.choices.sort_by_key(|choice| place(choice));
        Ok(self)
    }

    /// What so many machines cost at worst for the run time that was asked about: at the dearest choice each where
    /// everything before it fails. Absent where nothing can be chosen.
    #[must_use]
    pub fn worst_case(&self, count: u32) -> Option<Money> {
        let dearest = self.choices.iter().map(|choice| choice.reserve).max_by_key(|money| money.amount)?;
        let amount = dearest.amount.checked_mul(count.into())?;
        Some(Money::new(amount, dearest.currency))
    }

    /// The choices in the order in which the first machine would try them.
    #[must_use]
    pub fn attempts(&self, strategy: Strategy) -> Vec<&Choice> {
        let mut choices: Vec<&Choice> = self.choices.iter().collect();
        match strategy {
            Strategy::InOrder => {}
            Strategy::Cheapest | Strategy::Spread => choices.sort_by_key(|choice| choice.quote.amount),
        }
        choices
    }
}
>>>>>>> journal
