//! How prices moved.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Country, Location, Offer, OfferId, OfferQuery, Price};

use super::snapshot::{Snapshot, wants};

/// How the price of one offer moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceHistory {
    /// The offer as it was last seen.
    pub offer: Offer,
    /// The system disk that the prices are for, in GiB, as it was asked; absent where none was.
    pub disk_gib: Option<u64>,
    /// What was observed, oldest first: one entry for the first observation and one for each change.
    pub changes: Vec<PriceChange>,
}

/// A price from one observation on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// When it was first observed. It may have changed any time since the observation before.
    pub at: Timestamp,
    /// The price; absent where the offer was no longer there.
    pub price: Option<Price>,
}

/// How many changes are kept for one offer: three years of a price that moves every day.
const CHANGES: usize = 1_000;

/// The part of a query that a price depends on, and what makes an offer the same one again.
#[derive(PartialEq, Eq, Hash)]
struct Name<'a> {
    id: &'a OfferId,
    prepaid_months: Option<u32>,
    disk_gib: Option<u64>,
    country: Option<Country>,
    zone: Option<&'a str>,
    data_centre: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn of(offer: &'a Offer, disk_gib: Option<u64>) -> Self {
        let Location { country, zone, data_centre, .. } = &offer.location;
        let data_centre = data_centre.as_ref().and_then(|it| it.id.as_deref());
        let (id, prepaid_months) = (&offer.id, offer.charge.months());
        Name { id, prepaid_months, disk_gib, country: *country, zone: zone.as_deref(), data_centre }
    }
}

/// What an observation says of one offer.
enum News<'a> {
    Same,
    Changed(&'a Offer),
}

/// Adds what an observation tells that was not known; whether there was anything.
///
/// An offer that the observation should have and has not is gone. What was observed before the last change is no news.
pub(super) fn record(histories: &mut Vec<PriceHistory>, snapshot: &Snapshot) -> bool {
    let disk_gib = snapshot.query.disk_gib;
    let places: HashMap<Name<'_>, usize> =
        histories.iter().enumerate().map(|(at, it)| (Name::of(&it.offer, it.disk_gib), at)).collect();
    let mut news: Vec<Option<News<'_>>> = Vec::new();
    news.resize_with(histories.len(), || None);
    let mut new: HashMap<Name<'_>, &Offer> = HashMap::new();
    for offer in snapshot.offers() {
        let name = Name::of(offer, disk_gib);
        match places.get(&name) {
            None => {
                new.entry(name).or_insert(offer);
            }
            // One name with several prices has changed only where none of them is the last one.
            Some(at) if matches!(news[*at], Some(News::Same)) => {}
            Some(at) if offer.price.was_not_asked() || histories[*at].last() == Some(&offer.price) => {
                news[*at] = Some(News::Same);
            }
            Some(at) => {
                news[*at].get_or_insert(News::Changed(offer));
            }
        }
    }
    let mut changed = false;
    let mut new: Vec<&Offer> = new.into_values().filter(|offer| !offer.price.was_not_asked()).collect();
    new.sort_by(|a, b| (&a.id, &a.location.zone).cmp(&(&b.id, &b.location.zone)));
    for (history, news) in histories.iter_mut().zip(news) {
        changed |= match news {
            Some(News::Same) => false,
            Some(News::Changed(offer)) => history.push(snapshot.at, Some(offer)),
            None if history.last().is_some() && history.should_be_in(snapshot) => {
                history.push(snapshot.at, None)
            }
            None => false,
        };
    }
    changed |= !new.is_empty();
    histories.extend(new.into_iter().map(|offer| PriceHistory {
        offer: offer.clone(),
        disk_gib,
        changes: vec![PriceChange { at: snapshot.at, price: Some(offer.price.clone()) }],
    }));
    changed
}

impl PriceHistory {
    /// The price now, as far as known; absent where the offer is gone.
    fn last(&self) -> Option<&Price> {
        self.changes.last().and_then(|change| change.price.as_ref())
    }

    /// Whether a complete observation would have this offer.
    fn should_be_in(&self, snapshot: &Snapshot) -> bool {
        self.disk_gib == snapshot.query.disk_gib && wants(&snapshot.query, &self.offer)
    }

    fn push(&mut self, at: Timestamp, offer: Option<&Offer>) -> bool {
        if self.changes.last().is_some_and(|last| last.at >= at) {
            return false;
        }
        if let Some(offer) = offer {
            self.offer = offer.clone();
        }
        self.changes.push(PriceChange { at, price: offer.map(|offer| offer.price.clone()) });
        let superfluous = self.changes.len().saturating_sub(CHANGES);
        self.changes.drain(..superfluous);
        true
    }

    /// Whether it belongs to this query: without a disk, with any.
    pub(super) fn meets(&self, query: &OfferQuery) -> bool {
        (query.disk_gib.is_none() || query.disk_gib == self.disk_gib) && wants(query, &self.offer)
    }
}

#[cfg(test)]
mod tests;
