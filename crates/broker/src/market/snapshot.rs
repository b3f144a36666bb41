//! What one account offered at one time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
        self.offers.iter().filter(move |offer| wants(query, offer))
    }
}

/// Whether a query wants this offer. Its disk is the provider's to judge: an observation is of one disk.
pub(super) fn wants(query: &OfferQuery, offer: &Offer) -> bool {
    offer.charge == query.charge.unwrap_or_default() && query.admits(offer.size, &offer.location)
}

/// The same query in one form: what means the same is equal.
pub(super) fn plain(query: &OfferQuery) -> OfferQuery {
    let mut plain = query.clone();
    plain.charge = query.charge.filter(|charge| *charge != ChargeType::PayAsYouGo);
    plain.countries.sort();
    plain.countries.dedup();
    plain
}

/// A snapshot as it stands in a file.
#[derive(Debug, Serialize)]
pub(super) struct Written<'a> {
    query: &'a OfferQuery,
    at: Timestamp,
    offers: Vec<&'a Offer>,
}

impl<'a> From<&'a Snapshot> for Written<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        let offers = snapshot.offers.iter().map(AsRef::as_ref).collect();
        Self { query: &snapshot.query, at: snapshot.at, offers }
    }
}

/// A snapshot as it is read from a file.
#[derive(Debug, Deserialize)]
pub(super) struct Read {
    query: OfferQuery,
    at: Timestamp,
    offers: Vec<Offer>,
}

impl Read {
    pub(super) fn into_snapshot(self, provider: &ProviderId) -> Snapshot {
        Snapshot::new(provider, self.query, self.at, self.offers)
    }
}
