//! The first part of the demonstration: what the run costs where, and what follows from it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use vmbroker::deploy::Plan;
use vmbroker::{
    Catalogue, Comparison, Currency, ExchangeRates, Location, Market, Money, OfferId, OfferQuery, ProviderId,
    Question, Registry, Size,
};

use super::super::place_cell;
use super::teller::Teller;
use crate::config::Config;
use crate::failure::Failure;
use crate::table::{Table, column};

/// The machine that is wanted.
pub(crate) const SIZE: Size = Size { vcpus: 2, memory_mib: 4_096 };
/// How long it is wanted: so short that clouds which charge whole days are not the cheapest.
pub(crate) const RUN: Duration = Duration::from_secs(40 * 60);

/// What the wanted machine costs at one cloud.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Price {
    pub provider: ProviderId,
    pub offer: OfferId,
    pub location: Location,
    /// How it is charged, for a person.
    pub rate: String,
    /// What the run costs, in the cloud's own currency.
    pub total: Money,
    /// The same in US dollars.
    pub converted: Money,
}

/// What the run costs where.
#[derive(Debug)]
pub(crate) struct Prices {
    /// The cheapest offer of each cloud, cheapest first.
    pub cheapest: Vec<Price>,
    /// How many offers were compared.
    pub compared: usize,
    /// What is tried, in this order.
    pub plan: Plan,
    comparison: Comparison,
}

/// Compares what the run costs, in US dollars.
pub(crate) async fn compare(registry: &Registry, config: &Config) -> Result<Prices, Failure> {
    let rates = ExchangeRates::new(config.exchange.iter().cloned())?;
    let market = Market::new(registry.clone(), Catalogue::in_memory(), rates);
    let query =
        OfferQuery { vcpus: Some(SIZE.vcpus), memory_mib: Some(SIZE.memory_mib), ..OfferQuery::default() };
    let mut question = Question::new(query, registry.clock().now(), RUN);
    question.currency = Some(Currency::USD);
    let comparison = market.compare(&question).await;
    // Each cloud has several places at one price; one of each is enough to tell a story.
    let mut seen = BTreeSet::new();
    let first_there = comparison.ranked.iter().filter(|it| seen.insert(it.offer.provider.clone()));
    let price = |it: &vmbroker::Ranked| Price {
        provider: it.offer.provider.clone(),
        offer: it.offer.id.clone(),
        location: it.offer.location.clone(),
        rate: it.offer.price.to_string(),
        total: it.total,
        converted: it.converted,
    };
    let cheapest: Vec<Price> = first_there.map(price).collect();
    let mut plan = Plan::of(&comparison);
    let mut seen = BTreeSet::new();
    plan.choices.retain(|choice| seen.insert(choice.account.clone()));
    Ok(Prices { cheapest, compared: comparison.ranked_in_all, plan, comparison })
}

impl Prices {
    /// Tells them, with what they rest on.
    pub(crate) fn tell(&self, teller: &Teller) -> Result<(), Failure> {
        let mut table = Table::new(&[
            column("CLOUD"),
            column("WHERE").dispensable(1),
            column("RATE"),
            column("TOTAL").right(),
            column("IN USD").right(),
        ]);
        for price in &self.cheapest {
            let converted = price.converted.amount.normalize().to_string();
            table.row([
                price.provider.to_string(),
                place_cell(&price.location),
                price.rate.clone(),
                price.total.to_string(),
                converted,
            ]);
        }
        teller.table(&table)?;
        for conversion in &self.comparison.conversions {
            teller.say(&conversion.to_string())?;
        }
        for failure in &self.comparison.failures {
            teller.say(&format!("no prices: {failure}"))?;
        }
        Ok(())
    }
}
