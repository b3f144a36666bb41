//! From what runs cost to what is tried, in which order.

use serde::Serialize;
use vmbroker_core::{Error, Location, Money, OfferId, ProviderId};

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
    pub why: String,
}

impl Plan {
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
