//! Which machine is cheapest for a run, over all accounts.

mod catalogue;
mod comparison;
mod exchange;
mod history;
mod question;
mod rank;
mod snapshot;
#[cfg(test)]
mod tests;

use futures_util::future::join_all;
use vmbroker_core::OfferQuery;

use crate::Registry;
use rank::Look;

pub use catalogue::Catalogue;
pub use comparison::{Answered, Comparison, Doubt, Excluded, Exclusion, Ranked, Seen, Unranked};
pub use exchange::{Conversion, ConversionStep, ExchangeRate, ExchangeRates};
pub use history::{PriceChange, PriceHistory};
pub use question::Question;

/// Compares what a run really costs, over all accounts of a registry.
///
/// ```
/// use std::time::Duration;
/// use vmbroker::{Catalogue, Clock, ExchangeRates, Market, OfferQuery, Question, Registry};
///
/// # async fn example(accounts: Registry, clock: Clock) -> vmbroker::Result<()> {
/// let market = Market::new(accounts, Catalogue::in_memory(), ExchangeRates::default());
/// let wish = OfferQuery { vcpus: Some(4), countries: vec!["FR".parse()?, "DE".parse()?], ..Default::default() };
/// let comparison = market.compare(&Question::new(wish, clock.now(), Duration::from_secs(40 * 60))).await;
/// for ranked in &comparison.ranked {
///     println!("{} at {} {}", ranked.converted, ranked.offer.provider, ranked.offer.id);
///     for line in comparison.explain(&ranked.offer).lines {
///         println!("    {}: {}", line.amount, line.how);
///     }
/// }
/// for unranked in &comparison.unranked {
///     println!("? at {} {}: {}", unranked.offer.provider, unranked.offer.id, unranked.why());
/// }
/// for failure in &comparison.failures {
///     println!("{failure}"); // who did not answer, and why
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Market {
    registry: Registry,
    catalogue: Catalogue,
    exchange: ExchangeRates,
}

impl Market {
    /// A market of these accounts.
    #[must_use]
    pub fn new(registry: Registry, catalogue: Catalogue, exchange: ExchangeRates) -> Self {
        Self { registry, catalogue, exchange }
    }

    /// The accounts.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What each account's offers come to for this run, cheapest first.
    ///
    /// Accounts whose offers are not in the catalogue, or are too old, are asked side by side. It takes as long as the
    /// slowest of them, and never longer than the deadline: who fails or says nothing is a failure in the comparison,
    /// and the others' offers are there all the same. Must be called within a tokio runtime.
    pub async fn compare(&self, question: &Question) -> Comparison {
        let deadline = question.deadline.unwrap_or_else(|| self.registry.answer_within());
        let clock = self.registry.clock();
        let ask = |id| {
            self.registry.ask_within(deadline, id, "offers", move |provider| {
                Box::pin(self.catalogue.look(provider, &question.query, question.refresh, deadline, clock))
            })
        };
        let (mut looks, mut failures) = (Vec::new(), Vec::new());
        for answer in join_all(self.registry.ids().map(ask)).await {
            match answer.result {
                Ok(look) => looks.push(look),
                Err(error) if error.provider() == Some(&answer.provider) => failures.push(error),
                Err(error) => failures.push(error.at(&answer.provider, "offers")),
            }
        }
        let ranking = rank::rank(question, &looks, &self.exchange);
        let answered =
            |(look, offers): (Look, usize)| Answered { seen: look.seen(), provider: look.provider, offers };
        Comparison {
            start: question.start,
            run: question.run,
            currency: ranking.currency,
            ranked: ranking.ranked,
            ranked_in_all: ranking.ranked_in_all,
            unranked: ranking.unranked,
            excluded: ranking.excluded,
            answers: looks.into_iter().zip(ranking.meeting).map(answered).collect(),
            failures,
            conversions: ranking.conversions,
            notes: self.catalogue.take_notes(),
        }
    }

    /// How the prices of offers that meet the query moved, as far as this catalogue saw them: by account and offer.
    /// The query's disk and way to pay are those of the question; without a disk, all are there.
    ///
    /// What cannot be read is left out, and said in the second value: each a sentence.
    pub async fn history(&self, query: &OfferQuery) -> (Vec<PriceHistory>, Vec<String>) {
        let histories = join_all(self.registry.ids().map(|id| self.catalogue.history(id, query))).await;
        (histories.into_iter().flatten().collect(), self.catalogue.take_notes())
    }
}
