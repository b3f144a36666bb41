//! What one account offered at one time.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{ChargeType, Country, Offer, OfferQuery, ProviderId, Size};

/// Everything that one account offered for one query at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) query: OfferQuery,
    /// When the provider was asked.
    pub(super) at: Timestamp,
    /// Sorted by name.
    offers: Vec<Arc<Offer>>,
    /// One for each offer, in order: what most offers are passed over by, close together in memory.
    traits: Vec<Traits>,
    /// Whether a price was left out, so that the answer serves the same query only.
    partial: bool,
}

impl Snapshot {
    /// The answer of this account; whatever it says, the offers are its own.
    pub(super) fn new(
        provider: &ProviderId,
        query: OfferQuery,
        at: Timestamp,
        mut offers: Vec<Offer>,
    ) -> Self {
        offers.sort_by(by_name);
        let own = |mut offer: Offer| {
            offer.provider = provider.clone();
            Arc::new(offer)
        };
        let partial = offers.iter().any(|offer| offer.price.was_not_asked());
        let traits = offers.iter().map(Traits::of).collect();
        Self { query, at, offers: offers.into_iter().map(own).collect(), traits, partial }
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
        let wanted = Wanted::by(query);
        let near = self.offers.iter().zip(&self.traits).filter(move |(_, traits)| wanted.may_be(traits));
        near.map(|(offer, _)| offer).filter(move |offer| wants(query, offer))
    }
}

/// What of an offer a query asks for most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Traits {
    memory_mib: u64,
    vcpus: u32,
    country: Option<Country>,
}

impl Traits {
    fn of(offer: &Offer) -> Self {
        let Size { vcpus, memory_mib } = offer.size;
        Self { memory_mib, vcpus, country: offer.location.country }
    }
}

/// The first sieve: everything that a query wants goes through, and little else.
struct Wanted<'a> {
    least: Size,
    countries: &'a [Country],
}

impl<'a> Wanted<'a> {
    fn by(query: &'a OfferQuery) -> Self {
        let least = Size { vcpus: query.vcpus.unwrap_or(0), memory_mib: query.memory_mib.unwrap_or(0) };
        Self { least, countries: &query.countries }
    }

    fn may_be(&self, traits: &Traits) -> bool {
        traits.vcpus >= self.least.vcpus
            && traits.memory_mib >= self.least.memory_mib
            && (self.countries.is_empty() || traits.country.is_some_and(|it| self.countries.contains(&it)))
    }
}

/// The order where totals are equal: always the same, whatever order the providers answer in.
pub(super) fn by_name(a: &Offer, b: &Offer) -> Ordering {
    let name = |offer: &Offer| (offer.size, offer.disk_gib);
    (&a.provider, &a.id, &a.location.zone)
        .cmp(&(&b.provider, &b.id, &b.location.zone))
        .then_with(|| name(a).cmp(&name(b)))
}

/// Whether a query wants this offer. Its disk is the provider's to judge: an observation is of one disk.
pub(super) fn wants(query: &OfferQuery, offer: &Offer) -> bool {
    offer.charge == query.charge.unwrap_or_default() && query.admits(&offer.id, offer.size, &offer.location)
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
