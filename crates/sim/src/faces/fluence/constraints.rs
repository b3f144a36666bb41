//! What a request wants of a machine: the `constraints` of a create and an estimate, and the whole body of a look at
//! the offers.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::market::hardware;
use super::{Contract, error, object, unfit};
use crate::{Answer, Cloud, SimOffer};

/// The price of one more GiB of disk for a day, in USDC.
const GIB_DAY: Decimal = Decimal::from_parts(488, 0, 0, false, 5);
/// The most GiB of additional disk one machine may have.
pub(super) const MOST_MORE_GIB: u64 = 200;
/// The kinds of storage that the documents name, as they write them.
const STORAGE: [&str; 3] = ["HDD", "SSD", "NVMe"];

/// What a request wants.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    slug: Option<String>,
    pub(super) more_gib: u64,
    countries: Vec<String>,
    most: Option<Decimal>,
    /// Hardware is asked for that is nowhere in stock.
    lacks_hardware: bool,
}

impl Constraints {
    /// Reads the object; unknown fields and half-named hardware are refused.
    pub(super) fn read(contract: Contract, value: &Value) -> Result<Self, Answer> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let keys = [
            "basicConfiguration",
            "additionalResources",
            "hardware",
            "datacenter",
            "maxTotalPricePerEpochUsd",
        ];
        let map = object(value, "constraints", &keys)?;
        let get = |key: &str| map.get(key).filter(|value| !value.is_null());
        let mut wish = Self::default();
        if let Some(slug) = get("basicConfiguration") {
            let slug = slug.as_str().ok_or_else(|| unfit("basicConfiguration: expected a string"))?;
            wish.slug = Some(slug.to_owned());
        }
        let mut kinds = Vec::new();
        if let Some(resources) = get("additionalResources") {
            (wish.more_gib, kinds) = more_disk(contract, resources)?;
        }
        let wanted = get("hardware");
        if contract == Contract::May && !kinds.iter().all(|kind| names_storage(wanted, kind)) {
            return Err(error(422, "additionalResources requires hardware.storage"));
        }
        wish.lacks_hardware =
            !kinds.iter().all(|kind| in_stock("storage", &serde_json::json!({ "type": kind })));
        if let Some(wanted) = wanted {
            wish.lacks_hardware |= !has_hardware(wanted)?;
        }
        if let Some(place) = get("datacenter") {
            wish.countries = countries(place)?;
        }
        if let Some(most) = get("maxTotalPricePerEpochUsd") {
            let most = most.as_str().and_then(|text| Decimal::from_str_exact(text).ok());
            let most = most.filter(|most| *most > Decimal::ZERO);
            wish.most =
                Some(most.ok_or_else(|| unfit("maxTotalPricePerEpochUsd: expected a decimal string"))?);
        }
        Ok(wish)
    }

    /// The same for this configuration, where none is named.
    pub(super) fn of_slug(&self, slug: &str) -> Option<Self> {
        let is_it = self.slug.as_deref().is_none_or(|wanted| wanted == slug);
        is_it.then(|| Self { slug: Some(slug.to_owned()), ..self.clone() })
    }

    /// The offers that meet it and have room, cheapest first, each at the price of its configuration alone. Without a
    /// configuration: those of the smallest.
    pub(super) fn matching(&self, cloud: &Cloud) -> Vec<SimOffer> {
        let now = cloud.now();
        let account = cloud.account();
        let smallest = account.inventory.iter().map(|offer| offer.vcpus).min().unwrap_or_default();
        let fits = |offer: &&SimOffer| {
            let is_size = self.slug.as_ref().map_or(offer.vcpus == smallest, |slug| offer.id == *slug);
            let is_place =
                self.countries.is_empty() || self.countries.iter().any(|code| code == offer.place.country);
            let is_affordable = || self.most.is_none_or(|most| account.price(&self.whole(offer)) <= most);
            is_size
                && is_place
                && !self.lacks_hardware
                && self.more_gib <= MOST_MORE_GIB
                && account.room(offer, now) > 0
                && is_affordable()
        };
        let mut found: Vec<SimOffer> = account.inventory.iter().filter(fits).cloned().collect();
        found.sort_by_key(|offer| offer.price);
        found
    }

    /// The offer at the price of the whole machine, its additional disk included.
    pub(super) fn whole(&self, offer: &SimOffer) -> SimOffer {
        SimOffer { price: offer.price + GIB_DAY * Decimal::from(self.more_gib), ..offer.clone() }
    }
}

/// How many more GiB of disk, a GiB that is begun counted whole, and of which kinds.
fn more_disk(contract: Contract, resources: &Value) -> Result<(u64, Vec<&str>), Answer> {
    let storage =
        object(resources, "additionalResources", &["storage"])?.get("storage").and_then(Value::as_array);
    let storage = storage.ok_or_else(|| unfit("additionalResources.storage: expected an array"))?;
    let (mut gib, mut kinds) = (0_u64, Vec::new());
    for disk in storage {
        let number = |disk: &Map<String, Value>, field: &str| {
            let figure = disk.get(field).and_then(Value::as_u64);
            figure.ok_or_else(|| unfit(&format!("storage: missing field `{field}`")))
        };
        let disk = match contract {
            Contract::April => {
                let disk = object(disk, "storage", &["type", "megabytes"])?;
                gib = gib.saturating_add(number(disk, "megabytes")?.div_ceil(1_024));
                disk
            }
            Contract::May => {
                let disk = object(disk, "storage", &["type", "supply", "units"])?;
                if disk.get("units").and_then(Value::as_str) != Some("GiB") {
                    return Err(unfit("storage.units: unknown variant, expected `GiB`"));
                }
                gib = gib.saturating_add(number(disk, "supply")?);
                disk
            }
        };
        let kind = disk.get("type").and_then(Value::as_str).filter(|kind| STORAGE.contains(kind));
        kinds.push(kind.ok_or_else(|| unfit("storage.type: expected one of `HDD`, `SSD`, `NVMe`"))?);
    }
    Ok((gib, kinds))
}

/// Whether the hardware that is asked for names this kind of storage: since May additional storage must be named
/// there, too.
fn names_storage(hardware: Option<&Value>, kind: &str) -> bool {
    let storage = hardware.and_then(|it| it.get("storage")).and_then(Value::as_array);
    storage.is_some_and(|storage| storage.iter().any(|it| it["type"] == kind))
}

fn countries(place: &Value) -> Result<Vec<String>, Answer> {
    let countries = object(place, "datacenter", &["countries"])?.get("countries").and_then(Value::as_array);
    let countries = countries.ok_or_else(|| unfit("datacenter.countries: expected an array"))?;
    let code = |value: &Value| {
        let code =
            value.as_str().filter(|code| code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase()));
        code.map(str::to_owned)
            .ok_or_else(|| unfit("datacenter.countries: expected ISO 3166-1 alpha-2 codes"))
    };
    countries.iter().map(code).collect()
}

/// Whether what is asked for is there; each named piece of hardware must be whole.
fn has_hardware(wish: &Value) -> Result<bool, Answer> {
    let parts: [(&str, &[&str]); 3] = [
        ("cpu", &["manufacturer", "architecture"]),
        ("memory", &["type", "generation"]),
        ("storage", &["type"]),
    ];
    let map = object(wish, "hardware", &["cpu", "memory", "storage"])?;
    let mut all = true;
    for (part, fields) in parts {
        let Some(wanted) = map.get(part).filter(|value| !value.is_null()) else { continue };
        let wanted =
            wanted.as_array().ok_or_else(|| unfit(&format!("hardware.{part}: expected an array")))?;
        for item in wanted {
            let item_map = object(item, part, fields)?;
            if let Some(field) = fields.iter().find(|field| !item_map.contains_key(**field)) {
                return Err(unfit(&format!("hardware.{part}: missing field `{field}`")));
            }
        }
        all &= wanted.is_empty() || wanted.iter().any(|item| in_stock(part, item));
    }
    Ok(all)
}

fn in_stock(part: &str, item: &Value) -> bool {
    hardware()[part].as_array().is_some_and(|stock| stock.contains(item))
}
