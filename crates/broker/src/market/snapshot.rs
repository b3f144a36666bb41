//! What one account offered at one time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{ChargeType, Offer, OfferQuery, ProviderId};

/// Everything that one account offered for one query at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) query: OfferQuery,
    /// When the provider was asked.
    pub(super) at: Timestamp,
    offers: Vec<Arc<Offer>>,
    /// Whether a price was left out, so that the answer serves the same query only.
    partial: bool,
}

impl Snapshot {
    /// The answer of this account; whatever it says, the offers are its own.
    pub(super) fn new(provider: &ProviderId, query: OfferQuery, at: Timestamp, offers: Vec<Offer>) -> Self {
        let own = |mut offer: Offer| {
            if offer.provider != *provider {
                offer.provider = provider.clone();
            }
            Arc::new(offer)
        };
        let partial = offers.iter().any(|offer| offer.price.was_not_asked());
        Self { query, at, offers: offers.into_iter().map(own).collect(), partial }
    }

    pub(super) fn offers(&self) -> &[Arc<Offer>] {
        &self.offers
    }

    /// Whether asking the provider this query would have told the same.
    pub(super) fn answers(&self, query: &OfferQuery) -> bool {
        self.query == *query
            || (self.query.covers(query)
                && !(self.partial && self.meeting(query).any(|offer| offer.price.was_not_asked())))
    }

    /// Whether it is at most this old. One from the future is not: a clock was set back, and nobody knows its age.
    pub(super) fn is_young(&self, now: Timestamp, lifetime: Duration) -> bool {
        let age = now.duration_since(self.at);
        !age.is_negative() && age.unsigned_abs() < lifetime
    }

    /// The offers that meet a query which this answers.
    pub(super) fn meeting<'a>(&'a self, query: &OfferQuery) -> impl Iterator<Item = &'a Arc<Offer>> {
        let charge = query.charge.unwrap_or_default();
        self.offers
            .iter()
            .filter(move |offer| offer.charge == charge && query.admits(offer.size, &offer.location))
    }
}

/// The same query in one form: what means the same is equal.
pub(super) fn plain(query: &OfferQuery) -> OfferQuery {
    let mut plain = query.clone();
    plain.charge = query.charge.filter(|charge| *charge != ChargeType::PayAsYouGo);
    plain.countries.sort();
    plain.countries.dedup();
    plain
}
