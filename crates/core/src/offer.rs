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
    /// The system disk that comes with it, in GiB; absent where it is chosen freely.
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
    /// At least this many virtual processors.
    pub vcpus: Option<u32>,
    /// At least this much memory, in MiB.
    pub memory_mib: Option<u64>,
    /// In one of these countries.
    pub countries: Vec<Country>,
    /// In this zone, by the provider's own word.
    pub zone: Option<String>,
    /// Paid this way; absent means pay-as-you-go.
    pub charge: Option<ChargeType>,
}

impl OfferQuery {
    /// Whether an offer of this size at this place is wanted. A place of unknown country meets no country wish.
    #[must_use]
    pub fn admits(&self, size: Size, location: &Location) -> bool {
        self.vcpus.is_none_or(|vcpus| size.vcpus >= vcpus)
            && self.memory_mib.is_none_or(|memory| size.memory_mib >= memory)
            && (self.countries.is_empty()
                || location.country.is_some_and(|country| self.countries.contains(&country)))
            && self.zone.as_deref().is_none_or(|zone| location.zone.as_deref() == Some(zone))
    }
}
