//! A plan by the wishes of whoever pays: order, budget, price limit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use vmbroker_core::{Due, Money, Offer, Period, Price, PriceLimit, ProviderId, Total};

use super::{Choice, LeftOut, Plan, Strategy};
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

impl Plan {
    /// The plan that follows from a comparison and these wishes. The comparison must be in the budget's currency where
    /// there is a budget, so that what is held back is, too. What is held back for a machine covers a start at any time
    /// of the next day.
    #[must_use]
    pub fn by(comparison: &Comparison, wishes: &Planning<'_>) -> Self {
        let mut plan = Self::default();
        for ranked in &comparison.ranked {
            plan.consider(comparison, wishes, &ranked.offer, ranked.converted);
        }
        for unranked in &comparison.unranked {
            let partly = unranked.doubt == Doubt::PartUnknown && wishes.budget.is_none();
            match unranked.converted.filter(|_| partly) {
                Some(at_least) => plan.consider(comparison, wishes, &unranked.offer, at_least),
                None => plan.leave_out(&unranked.offer, unranked.why()),
            }
        }
        for excluded in &comparison.excluded {
            plan.leave_out(&excluded.offer, excluded.why.to_string());
        }
        for failure in &comparison.failures {
            let account = failure.provider().cloned();
            let why = format!("{}: {}", failure.kind(), vmbroker_core::printable(failure.message()));
            plan.out.push(LeftOut { account, offer: None, location: None, why });
        }
        plan.order(wishes);
        plan.cut();
        plan.out.sort_by(|a, b| (&a.account, &a.offer).cmp(&(&b.account, &b.offer)));
        plan
    }

    /// What so many machines cost if each comes up at its first attempt, all at the cheapest choice. Absent where there
    /// is none, or the amount is too large.
    #[must_use]
    pub fn best_case(&self, count: u32) -> Option<Money> {
        let cheapest = self.choices.iter().map(|choice| choice.quote).min_by_key(|money| money.amount)?;
        Some(Money::new(cheapest.amount.checked_mul(count.into())?, cheapest.currency))
    }

    fn consider(&mut self, comparison: &Comparison, wishes: &Planning<'_>, offer: &Arc<Offer>, quote: Money) {
        if let Some(why) = wishes.price_limit.and_then(|limit| above(&offer.price, limit, wishes.rates)) {
            return self.leave_out(offer, why);
        }
        let reserve = worst(&offer.price, comparison.start, comparison.run)
            .and_then(|worst| wishes.rates.conversion(worst.currency, quote.currency)?.apply(worst));
        // No start is better than the one that was asked about where nothing else is known.
        let reserve = reserve.filter(|reserve| reserve.amount >= quote.amount).unwrap_or(quote);
        if let Some(budget) = wishes.budget.filter(|budget| reserve.amount > budget.amount) {
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
        let (account, location) = (Some(offer.provider.clone()), Some(offer.location.clone()));
        self.out.push(LeftOut { account, offer: Some(offer.id.clone()), location, why });
    }

    fn order(&mut self, wishes: &Planning<'_>) {
        let place = |account: &ProviderId| {
            wishes.order.iter().position(|it| it == account).unwrap_or(wishes.order.len())
        };
        let name =
            |it: &Choice| (it.quote.amount, it.account.clone(), it.offer.clone(), it.location.zone.clone());
        match wishes.strategy {
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
            self.out.push(LeftOut { account: Some(account), offer: None, location: None, why });
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
