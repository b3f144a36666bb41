//! What a simulated cloud has to rent.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::Billing;

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// English name; at Fluence the city part of the UN/LOCODE.
    pub city: &'static str,
    /// The provider's own word for the zone.
    pub zone: &'static str,
}

/// One thing to rent: a size at a place, with a price and a stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SimOffer {
    /// What the provider calls the size: a slug, a flavor, a model.
    pub id: String,
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The system disk that comes with it, in GiB.
    pub disk_gib: u64,
    /// Where.
    pub place: Place,
    /// The price of one unit of its billing.
    pub price: Decimal,
    /// The currency of the price.
    pub currency: &'static str,
    /// How it is charged.
    pub billing: Billing,
    /// How many machines there is room for in all.
    pub capacity: u64,
}

impl SimOffer {
    /// An offer; a price that is no decimal counts as 1.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "a row of a table")]
    pub fn new(
        id: &str,
        vcpus: u32,
        memory_mib: u64,
        disk_gib: u64,
        place: Place,
        price: &str,
        currency: &'static str,
        billing: Billing,
        capacity: u64,
    ) -> Self {
        let price = price.parse().unwrap_or(Decimal::ONE);
        Self { id: id.to_owned(), vcpus, memory_mib, disk_gib, place, price, currency, billing, capacity }
    }
}

const fn place(country: &'static str, city: &'static str, zone: &'static str) -> Place {
    Place { country, city, zone }
}

/// What Fluence has: three basic configurations in four places.
pub(crate) fn fluence() -> Vec<SimOffer> {
    let places = [
        place("FR", "PAR", "PAR-1"),
        place("DE", "FRA", "FRA-1"),
        place("PL", "WAW", "WAW-1"),
        place("US", "NYC", "NYC-1"),
    ];
    let sizes = [(2, 4_u64, "0.30698"), (4, 8, "0.61396"), (8, 16, "1.22792")];
    let row = |place: Place| {
        sizes.map(|(vcpus, gib, price)| {
            let slug = format!("cpu-{vcpus}-ram-{gib}gb-storage-25gb");
            SimOffer::new(&slug, vcpus, gib * 1_024, 25, place, price, "USDC", Billing::WholeDays, 1_000)
        })
    };
    places.into_iter().flat_map(row).collect()
}

/// What a Waldur has: flavors of one tenant, by the day.
pub(crate) fn wayscloud() -> Vec<SimOffer> {
    let here = place("NO", "Oslo", "oslo-1");
    let sizes = [
        ("m1.small", 1, 2_u64, "0.20"),
        ("m1.medium", 2, 4, "0.40"),
        ("m1.large", 4, 8, "0.80"),
        ("m1.xlarge", 8, 16, "1.60"),
    ];
    let row = |(name, vcpus, gib, price): (&str, u32, u64, &str)| {
        SimOffer::new(name, vcpus, gib * 1_024, 10, here, price, "EUR", Billing::MonthlyDays, 1_000)
    };
    sizes.into_iter().map(row).collect()
}

/// What Zenlayer has: models in four zones.
pub(crate) fn zenlayer() -> Vec<SimOffer> {
    let places = [
        place("DE", "Frankfurt", "FRA-A"),
        place("FR", "Paris", "PAR-A"),
        place("KR", "Seoul", "SEL-A"),
        place("SG", "Singapore", "SIN-E"),
    ];
    let sizes = [
        ("c.1c2g", 1, 2_u64, "0.012"),
        ("c.2c4g", 2, 4, "0.024"),
        ("c.4c8g", 4, 8, "0.048"),
        ("c.8c16g", 8, 16, "0.096"),
    ];
    let row = |place: Place| {
        sizes.map(|(model, vcpus, gib, price)| {
            SimOffer::new(model, vcpus, gib * 1_024, 20, place, price, "USD", Billing::StartedHours, 1_000)
        })
    };
    places.into_iter().flat_map(row).collect()
}
