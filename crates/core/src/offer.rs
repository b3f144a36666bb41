//! What can be rented.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ChargeType, Country, Location, Price, ProviderId, Size};

/// What an offer is called at its provider: a basic configuration, a flavor, a model in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfferId(pub String);

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What can be rented, where, at what price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The account that offers it.
    pub provider: ProviderId,
    /// What to put into a [`CreateRequest`](crate::CreateRequest) to get exactly this.
    pub id: OfferId,
    /// How large the machine is.
    pub size: Size,
    /// The system disk that the price includes, in GiB; absent where it is chosen freely and the price has none.
    pub disk_gib: Option<u64>,
    /// Where it stands.
    pub location: Location,
    /// How it is paid for.
    pub charge: ChargeType,
    /// What it costs.
    pub price: Price,
    /// How many are left.
    pub availability: Availability,
    /// What the provider tells and has no field here, by the provider's field name.
    #[serde(default)]
    pub extras: BTreeMap<String, String>,
}

/// How many machines of an offer are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// The provider does not tell.
    Unknown,
    /// This many now.
    Count(u64),
}

/// Which offers are wanted. Absent and empty mean any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferQuery {
    /// Exactly this offer: what its price is now, in as few calls as the provider allows.
    pub offer: Option<OfferId>,
    /// At least this many virtual processors.
    pub vcpus: Option<u32>,
    /// At least this much memory, in MiB.
    pub memory_mib: Option<u64>,
    /// With a system disk of at least this size, in GiB. Where disks are chosen freely, the price is for this one;
    /// absent there: for the smallest that a create would take.
    pub disk_gib: Option<u64>,
    /// In one of these countries.
    pub countries: Vec<Country>,
    /// In this zone, by the provider's own word.
    pub zone: Option<String>,
    /// Paid this way; absent means pay-as-you-go.
    pub charge: Option<ChargeType>,
}

impl OfferQuery {
    /// Whether every offer that meets `narrower` also meets this query, at the same price.
    #[must_use]
    pub fn covers(&self, narrower: &Self) -> bool {
        fn at_most<T: PartialOrd>(mine: Option<T>, theirs: Option<T>) -> bool {
            mine.is_none() || (theirs.is_some() && mine <= theirs)
        }
        let places = self.countries.is_empty()
            || (!narrower.countries.is_empty()
                && narrower.countries.iter().all(|country| self.countries.contains(country)));
        let offers = self.offer.is_none() || self.offer == narrower.offer;
        offers
            && at_most(self.vcpus, narrower.vcpus)
            && at_most(self.memory_mib, narrower.memory_mib)
            && self.disk_gib == narrower.disk_gib
            && places
            && (self.zone.is_none() || self.zone == narrower.zone)
            && self.charge == narrower.charge
    }

    /// Whether this offer of this size at this place is wanted. A place of unknown country meets no country wish.
    #[must_use]
    pub fn admits(&self, id: &OfferId, size: Size, location: &Location) -> bool {
        self.offer.as_ref().is_none_or(|offer| offer == id)
            && self.vcpus.is_none_or(|vcpus| size.vcpus >= vcpus)
            && self.memory_mib.is_none_or(|memory| size.memory_mib >= memory)
            && (self.countries.is_empty()
                || location.country.is_some_and(|country| self.countries.contains(&country)))
            && self.zone.as_deref().is_none_or(|zone| location.zone.as_deref() == Some(zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_query_covers_a_narrower_one_and_never_the_other_way() {
        let query = |vcpus, memory_mib, countries: &[&str], zone: Option<&str>| OfferQuery {
            vcpus,
            memory_mib,
            countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
            zone: zone.map(str::to_owned),
            ..OfferQuery::default()
        };
        let any = OfferQuery::default();
        let rows = [
            (query(None, None, &[], None), query(Some(2), Some(4_096), &["DE"], Some("FRA-A"))),
            (query(Some(2), None, &[], None), query(Some(4), None, &[], None)),
            (query(None, Some(1_024), &["DE", "FR"], None), query(None, Some(2_048), &["FR"], None)),
            (query(None, None, &[], Some("FRA-A")), query(Some(1), None, &[], Some("FRA-A"))),
        ];
        for (wider, narrower) in rows {
            assert!(wider.covers(&narrower) && wider.covers(&wider), "{wider:?} {narrower:?}");
            assert!(!narrower.covers(&wider), "{wider:?} {narrower:?}");
        }
        let one = OfferQuery { offer: Some(OfferId("a".to_owned())), ..OfferQuery::default() };
        assert!(any.covers(&one) && !one.covers(&any));
        let disk = OfferQuery { disk_gib: Some(20), ..OfferQuery::default() };
        let prepaid = OfferQuery { charge: Some(ChargeType::Prepaid { months: 1 }), ..OfferQuery::default() };
        for other in [disk, prepaid] {
            assert!(!any.covers(&other) && !other.covers(&any), "the price is another: {other:?}");
        }
    }
}
