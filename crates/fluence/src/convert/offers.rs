//! Their offers become ours: one for each basic configuration and country.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use vmbroker_core::{
    Availability, ChargeType, Country, DataCentre, Location, Offer, OfferId, OfferQuery, Price, ProviderId,
};
use vmbroker_http::scalar::Figure;

use super::{Basic, into_text, location, price};
use crate::wire::{OfferRow, OfferedResource};

/// The basic configurations of these rows that are not sold out. Where a row does not say how many are left, it
/// counts as not sold out.
pub(crate) fn admitted(rows: &[OfferRow]) -> impl Iterator<Item = &str> {
    rows.iter()
        .filter(|row| left(row) != Some(0))
        .filter_map(|row| row.configuration.as_ref()?.slug.as_deref())
        .filter(|slug| !slug.is_empty())
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

/// An offer, and what its price does not say by itself.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) offer: Offer,
    /// How much more the dearest of its rows costs for 24 hours than the cheapest.
    pub(crate) spread: Decimal,
}

/// What can be rented: the rows that one wish cannot tell apart are one offer.
pub(crate) fn offers(provider: &ProviderId, rows: Vec<OfferRow>, query: &OfferQuery) -> Vec<Listed> {
    let mut groups: BTreeMap<(String, Option<Country>), Group> = BTreeMap::new();
    for mut row in rows {
        let slug = row.configuration.as_mut().and_then(|it| it.slug.take());
        let Some(slug) = slug.filter(|slug| !slug.is_empty()) else {
            tracing::debug!("an offer without a configuration cannot be ordered");
            continue;
        };
        let place = location(row.datacenter.take().unwrap_or_default(), &mut vmbroker_core::Extras::new());
        groups.entry((slug, place.country)).or_default().add(place, &row);
    }
    let made = groups.into_iter().map(|((slug, country), group)| group.listed(provider, &slug, country));
    made.filter(|it| query.admits(&it.offer.id, it.offer.size, &it.offer.location)).collect()
}

/// Rows of one configuration and country.
#[derive(Default)]
struct Group {
    left: Option<u64>,
    cities: BTreeSet<String>,
    tier: Option<u8>,
    certifications: Vec<String>,
    /// What each row costs, or why that cannot be known; and whether it is sold out.
    prices: Vec<(Result<Decimal, String>, bool)>,
    extras: BTreeMap<String, BTreeSet<String>>,
}

impl Group {
    fn add(&mut self, place: Location, row: &OfferRow) {
        let left = left(row);
        let building = place.data_centre.unwrap_or_default();
        if self.prices.is_empty() {
            self.left = left;
            self.tier = building.tier;
            self.certifications = building.certifications;
        } else {
            // What one row does not tell is not known of them all.
            self.left = self.left.zip(left).map(|(all, more)| all.saturating_add(more));
            self.tier = self.tier.zip(building.tier).map(|(one, other)| one.min(other));
            self.certifications.retain(|held| building.certifications.contains(held));
        }
        self.cities.extend(place.city);
        let told = row.configuration.as_ref().and_then(|it| it.price.as_ref());
        if let Some(price) = told {
            self.note("price", price.text().into_owned());
        }
        self.prices.push((amount(told), left == Some(0)));
        for part in row.resources.iter().flatten() {
            self.note(part.kind.as_deref().unwrap_or("resources"), priced(part));
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

    /// What a create can be held to. Fluence says that it picks the cheapest, but the cheapest may be gone by then,
    /// and a create cannot name a row: so it is what the dearest row costs that is not sold out. A create with this
    /// as its limit is refused only when prices moved. One row whose price cannot be known makes it unknown, since
    /// the create may get that one.
    fn price(&self) -> (Price, Decimal) {
        let sold_out = self.prices.iter().all(|(_, sold_out)| *sold_out);
        let (mut cheapest, mut dearest) = (Decimal::MAX, Decimal::ZERO);
        for (amount, _) in self.prices.iter().filter(|(_, gone)| sold_out || !gone) {
            let told = match amount {
                Ok(amount) => price(*amount),
                Err(why) => Price::unknown(why.clone()),
            };
            match amount {
                Ok(amount) if told.is_known() => {
                    cheapest = cheapest.min(*amount);
                    dearest = dearest.max(*amount);
                }
                Ok(_) | Err(_) => return (told, Decimal::ZERO),
            }
        }
        (price(dearest), dearest.saturating_sub(cheapest))
    }

    fn listed(mut self, provider: &ProviderId, slug: &str, country: Option<Country>) -> Listed {
        let basic = Basic::parse(slug);
        let id = country.map_or_else(|| slug.to_owned(), |country| format!("{slug}@{country}"));
        if self.cities.len() > 1 {
            self.extras.insert("cityCode".to_owned(), self.cities.clone());
        }
        let (price, spread) = self.price();
        if price.is_known() && self.extras.get("price").is_some_and(|texts| texts.len() == 1) {
            self.extras.remove("price");
        }
        let city = if self.cities.len() == 1 { self.cities.pop_first() } else { None };
        let building = DataCentre { id: None, tier: self.tier, certifications: self.certifications };
        let data_centre = (building != DataCentre::default()).then_some(building);
        let joined = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join(", ");
        let offer = Offer {
            provider: provider.clone(),
            id: OfferId(id),
            size: basic.map(Basic::size).unwrap_or_default(),
            disk_gib: basic.map(|basic| basic.storage_gib),
            location: Location { country, city, zone: None, data_centre },
            charge: ChargeType::PayAsYouGo,
            price,
            availability: self.left.map_or(Availability::Unknown, Availability::Count),
            extras: self.extras.into_iter().map(|(field, texts)| (field, joined(texts))).collect(),
        };
        Listed { offer, spread }
    }
}

/// What a row costs for 24 hours. Decimals in USDC in both contracts.
fn amount(told: Option<&Figure>) -> Result<Decimal, String> {
    let told = told.ok_or_else(|| "the provider tells no price".to_owned())?;
    told.decimal().map_err(|why| format!("`configuration.price`: {why}"))
}

/// What a part is made of, and what it adds to the price.
fn priced(part: &OfferedResource) -> String {
    let price = part.price.as_ref().map(|price| format!("at {}", price.shown()));
    let words = [made_of(part), price.unwrap_or_default()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn made_of(part: &OfferedResource) -> String {
    let fields = part.metadata.iter().flat_map(|metadata| metadata.fields());
    fields.filter_map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

fn supply_of(part: &OfferedResource) -> String {
    let text = |figure: &Option<Figure>| figure.clone().map(into_text);
    let units = part.units.as_deref().map(|units| format!(" {units}")).unwrap_or_default();
    let limit = text(&part.per_vm_limit).map(|most| format!(", {most}{units} a machine")).unwrap_or_default();
    match text(&part.supply) {
        Some(supply) => format!("{} {supply}{units}{limit}", made_of(part)).trim().to_owned(),
        None => made_of(part),
    }
}

#[cfg(test)]
mod tests;
