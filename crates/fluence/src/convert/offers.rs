//! Their offers become ours: one for each basic configuration and country.

use std::collections::{BTreeMap, BTreeSet};

use vmbroker_core::{
    Availability, ChargeType, Country, DataCentre, Location, Offer, OfferId, OfferQuery, Price, ProviderId,
    Size,
};

use super::location;
use crate::wire::{Number, OfferRow, OfferedResource};

/// What the name of a basic configuration says, such as `cpu-2-ram-4gb-storage-25gb`. Its gigabytes are GiB: the
/// list gives 4096 and 25600 MiB for a machine of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Basic {
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u64,
    pub(crate) storage_gib: u64,
}

impl Basic {
    /// Absent where the name is not of that form.
    pub(crate) fn parse(slug: &str) -> Option<Self> {
        let mut words = slug.split('-');
        let mut figure = |label: &str, unit: &str| {
            (words.next()? == label).then_some(())?;
            let figure = words.next()?.strip_suffix(unit)?;
            figure.bytes().all(|byte| byte.is_ascii_digit()).then_some(figure)
        };
        let vcpus = figure("cpu", "")?.parse().ok()?;
        let memory_gib = figure("ram", "gb")?.parse().ok().filter(|gib| *gib < 1 << 40)?;
        let storage_gib = figure("storage", "gb")?.parse().ok()?;
        words.next().is_none().then_some(Self { vcpus, memory_gib, storage_gib })
    }

    pub(crate) fn size(self) -> Size {
        Size { vcpus: self.vcpus, memory_mib: self.memory_gib * 1_024 }
    }

    pub(crate) fn holds(self, size: Size) -> bool {
        self.vcpus >= size.vcpus && self.size().memory_mib >= size.memory_mib
    }
}

/// The basic configurations of these rows that are not sold out. Where a row does not say how many are left, it
/// counts as not sold out.
pub(crate) fn admitted(rows: &[OfferRow]) -> impl Iterator<Item = &str> {
    rows.iter()
        .filter(|row| left(row) != Some(0))
        .filter_map(|row| row.configuration.as_ref()?.slug.as_deref())
}

/// How many machines of a row are left; absent where it does not say.
fn left(row: &OfferRow) -> Option<u64> {
    let servers = row.servers.as_ref()?;
    let counts: Option<Vec<u64>> = servers
        .iter()
        .map(|server| u64::try_from(server.available_basic_instances.as_ref()?.whole()?).ok())
        .collect();
    Some(counts?.into_iter().fold(0, u64::saturating_add))
}

/// What can be rented: the rows that one wish cannot tell apart are one offer.
pub(crate) fn offers(provider: &ProviderId, rows: Vec<OfferRow>, query: &OfferQuery) -> Vec<Offer> {
    let mut groups: BTreeMap<(String, Option<Country>), Group> = BTreeMap::new();
    for mut row in rows {
        let Some(slug) = row.configuration.as_mut().and_then(|it| it.slug.take()) else {
            tracing::debug!("an offer without a configuration cannot be ordered");
            continue;
        };
        let place = location(row.datacenter.take().unwrap_or_default(), &mut vmbroker_core::Extras::new());
        groups.entry((slug, place.country)).or_default().add(place, &row);
    }
    let made = groups.into_iter().map(|((slug, country), group)| group.offer(provider, &slug, country));
    made.filter(|offer| query.admits(offer.size, &offer.location)).collect()
}

/// Rows of one configuration and country.
#[derive(Default)]
struct Group {
    rows: usize,
    left: Option<u64>,
    cities: BTreeSet<String>,
    tier: Option<u8>,
    certifications: Vec<String>,
    extras: BTreeMap<String, BTreeSet<String>>,
}

impl Group {
    fn add(&mut self, place: Location, row: &OfferRow) {
        let left = left(row);
        let building = place.data_centre.unwrap_or_default();
        if self.rows == 0 {
            self.left = left;
            self.tier = building.tier;
            self.certifications = building.certifications;
        } else {
            // What one row does not tell is not known of them all.
            self.left = self.left.zip(left).map(|(all, more)| all.saturating_add(more));
            self.tier = self.tier.zip(building.tier).map(|(one, other)| one.min(other));
            self.certifications.retain(|held| building.certifications.contains(held));
        }
        self.rows += 1;
        self.cities.extend(place.city);
        if let Some(price) = row.configuration.as_ref().and_then(|it| it.price.clone()) {
            self.note("price", price.into_text());
        }
        for part in row.resources.iter().flatten() {
            self.note(part.kind.as_deref().unwrap_or("resources"), made_of(part));
        }
        for part in row.max_additional_supply.iter().flatten() {
            self.note("maxAdditionalSupply", supply_of(part));
        }
    }

    fn note(&mut self, field: &str, text: String) {
        if !text.is_empty() {
            self.extras.entry(field.to_owned()).or_default().insert(text);
        }
    }

    fn offer(mut self, provider: &ProviderId, slug: &str, country: Option<Country>) -> Offer {
        let basic = Basic::parse(slug);
        let id = country.map_or_else(|| slug.to_owned(), |country| format!("{slug}@{country}"));
        if self.cities.len() > 1 {
            self.extras.insert("cityCode".to_owned(), self.cities.clone());
        }
        let city = if self.cities.len() == 1 { self.cities.pop_first() } else { None };
        let building = DataCentre { id: None, tier: self.tier, certifications: self.certifications };
        let data_centre = (building != DataCentre::default()).then_some(building);
        let joined = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join(", ");
        Offer {
            provider: provider.clone(),
            id: OfferId(id),
            size: basic.map(Basic::size).unwrap_or_default(),
            disk_gib: basic.map(|basic| basic.storage_gib),
            location: Location { country, city, zone: None, data_centre },
            charge: ChargeType::PayAsYouGo,
            price: Price::untold(),
            availability: self.left.map_or(Availability::Unknown, Availability::Count),
            extras: self.extras.into_iter().map(|(field, texts)| (field, joined(texts))).collect(),
        }
    }
}

fn made_of(part: &OfferedResource) -> String {
    let fields = part.metadata.iter().flat_map(|metadata| metadata.fields());
    fields.filter_map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

fn supply_of(part: &OfferedResource) -> String {
    let text = |figure: &Option<Number>| figure.clone().map(Number::into_text);
    let units = part.units.as_deref().map(|units| format!(" {units}")).unwrap_or_default();
    let limit = text(&part.per_vm_limit).map(|most| format!(", {most}{units} a machine")).unwrap_or_default();
    match text(&part.supply) {
        Some(supply) => format!("{} {supply}{units}{limit}", made_of(part)).trim().to_owned(),
        None => made_of(part),
    }
}
