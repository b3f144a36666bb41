//! What Fluence has to rent, and which of it meets constraints.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Contract, error, object, unfit};
use crate::{Answer, Cloud, SimOffer};

/// The price of one more GiB of disk for a day, in USDC.
const GIB_DAY: Decimal = Decimal::from_parts(488, 0, 0, false, 5);
/// The most GiB of additional disk one machine may have.
const MOST_MORE_GIB: u64 = 200;

/// What a request wants, read from its `constraints`.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    slug: Option<String>,
    pub(super) more_gib: u64,
    countries: Vec<String>,
    most: Option<Decimal>,
    has_hardware: bool,
}

impl Constraints {
    /// Reads the object; unknown fields and half-named hardware are refused.
    pub(super) fn read(contract: Contract, value: &Value) -> Result<Self, Answer> {
        if value.is_null() {
            return Ok(Self { has_hardware: true, ..Self::default() });
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
        let mut wish = Self { has_hardware: true, ..Self::default() };
        if let Some(slug) = get("basicConfiguration") {
            wish.slug =
                Some(slug.as_str().ok_or_else(|| unfit("basicConfiguration: expected a string"))?.to_owned());
        }
        if let Some(resources) = get("additionalResources") {
            wish.more_gib = more_disk(contract, resources)?;
        }
        if let Some(hardware_wish) = get("hardware") {
            wish.has_hardware = has_hardware(hardware_wish)?;
        } else if wish.more_gib > 0 && contract == Contract::May {
            return Err(error(422, "additionalResources requires hardware.storage"));
        }
        if let Some(place) = get("datacenter") {
            let countries =
                object(place, "datacenter", &["countries"])?.get("countries").and_then(Value::as_array);
            let countries = countries.ok_or_else(|| unfit("datacenter.countries: expected an array"))?;
            wish.countries = countries.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        if let Some(most) = get("maxTotalPricePerEpochUsd") {
            let most = most.as_str().and_then(|text| text.parse().ok());
            wish.most =
                Some(most.ok_or_else(|| unfit("maxTotalPricePerEpochUsd: expected a decimal string"))?);
        }
        Ok(wish)
    }

    /// The offers that meet it and have room, cheapest first, with the price of the whole machine.
    pub(super) fn matching(&self, cloud: &Cloud) -> Vec<SimOffer> {
        let now = cloud.now();
        let account = cloud.account();
        let smallest = account.inventory.iter().map(|offer| offer.vcpus).min().unwrap_or_default();
        let fits = |offer: &&SimOffer| {
            let is_size = self.slug.as_ref().map_or(offer.vcpus == smallest, |slug| offer.id == *slug);
            let is_place =
                self.countries.is_empty() || self.countries.iter().any(|code| code == offer.place.country);
            is_size
                && is_place
                && self.has_hardware
                && self.more_gib <= MOST_MORE_GIB
                && account.room(offer, now) > 0
        };
        let whole = |offer: &SimOffer| SimOffer {
            price: offer.price + GIB_DAY * Decimal::from(self.more_gib),
            disk_gib: offer.disk_gib,
            ..offer.clone()
        };
        let affordable = |offer: &SimOffer| self.most.is_none_or(|most| account.price(offer) <= most);
        let mut found: Vec<SimOffer> =
            account.inventory.iter().filter(fits).map(whole).filter(affordable).collect();
        found.sort_by_key(|offer| offer.price);
        found
    }
}

fn more_disk(contract: Contract, resources: &Value) -> Result<u64, Answer> {
    let storage =
        object(resources, "additionalResources", &["storage"])?.get("storage").and_then(Value::as_array);
    let storage = storage.ok_or_else(|| unfit("additionalResources.storage: expected an array"))?;
    let mut gib = 0;
    for disk in storage {
        gib += match contract {
            Contract::April => {
                let disk = object(disk, "storage", &["type", "megabytes"])?;
                disk.get("megabytes")
                    .and_then(Value::as_u64)
                    .ok_or_else(|| unfit("storage: missing field `megabytes`"))?
                    / 1_024
            }
            Contract::May => {
                let disk = object(disk, "storage", &["type", "supply", "units"])?;
                if disk.get("units").and_then(Value::as_str) != Some("GiB") {
                    return Err(unfit("storage.units: unknown variant, expected `GiB`"));
                }
                disk.get("supply")
                    .and_then(Value::as_u64)
                    .ok_or_else(|| unfit("storage: missing field `supply`"))?
            }
        };
    }
    Ok(gib)
}

/// Whether what is asked for is there; each named piece of hardware must be whole.
fn has_hardware(wish: &Value) -> Result<bool, Answer> {
    let parts: [(&str, &[&str]); 3] = [
        ("cpu", &["manufacturer", "architecture"]),
        ("memory", &["type", "generation"]),
        ("storage", &["type"]),
    ];
    let map = object(wish, "hardware", &["cpu", "memory", "storage"])?;
    let stock = hardware();
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
        let has = |item: &Value| stock[part].as_array().is_some_and(|stock| stock.contains(item));
        all &= wanted.is_empty() || wanted.iter().any(has);
    }
    Ok(all)
}

pub(super) fn offers(contract: Contract, cloud: &Cloud, body: &Value) -> Result<Answer, Answer> {
    let wish = Constraints::read(contract, body)?;
    let slugs: Vec<String> = match body.get("basicConfiguration").and_then(Value::as_str) {
        Some(slug) => vec![slug.to_owned()],
        None => slugs(cloud),
    };
    let mut rows = Vec::new();
    for slug in slugs {
        let wish = Constraints { slug: Some(slug), countries: wish.countries.clone(), ..wish };
        for offer in wish.matching(cloud) {
            rows.push(row(contract, cloud, &offer));
        }
    }
    Ok(Answer::json(200, &Value::Array(rows)))
}

fn row(contract: Contract, cloud: &Cloud, offer: &SimOffer) -> Value {
    let account = cloud.account();
    let room = account.room(offer, cloud.now());
    let price = account.price(offer).to_string();
    let disk = match contract {
        Contract::April => {
            json!({ "type": "STORAGE", "metadata": { "type": "NVMe" }, "price": "0.00001", "supply": 102_400, "perVmLimit": 204_800 })
        }
        Contract::May => {
            json!({ "type": "STORAGE", "metadata": { "type": "NVMe" }, "price": "0.00001", "supply": 100, "perVmLimit": MOST_MORE_GIB, "units": "GiB" })
        }
    };
    json!({
        "configuration": { "slug": offer.id, "price": price },
        "resources": [
            { "type": "VCPU", "metadata": { "manufacturer": "AMD", "brand": "EPYC", "architecture": "Zen", "generation": "4" }, "price": "0.10" },
            { "type": "RAM", "metadata": { "type": "DDR", "generation": "5" }, "price": "0.05" },
            { "type": "STORAGE", "metadata": { "type": "NVMe" }, "price": "0.00001" },
            { "type": "PUBLIC_IP", "metadata": { "version": "4" }, "price": "0.05" }
        ],
        "datacenter": { "countryCode": offer.place.country, "cityCode": offer.place.city, "cityIndex": 1, "tier": 3, "certifications": ["ISO 27001"] },
        // Two hosts share the stock.
        "servers": [
            { "availableBasicInstances": room / 2, "additionalResources": [disk] },
            { "availableBasicInstances": room - room / 2, "additionalResources": [disk] }
        ],
        "maxAdditionalSupply": [disk]
    })
}

pub(super) fn estimate(contract: Contract, cloud: &Cloud, body: &Value) -> Result<Answer, Answer> {
    let map = object(body, "body", &["constraints", "instances"])?;
    let wish = Constraints::read(contract, map.get("constraints").unwrap_or(&Value::Null))?;
    let instances =
        map.get("instances").and_then(Value::as_u64).ok_or_else(|| unfit("missing field `instances`"))?;
    let found = wish.matching(cloud);
    let Some(cheapest) = found.first() else { return Err(error(422, "Not enough offers found")) };
    let price = cloud.account().price(cheapest);
    let total = price * Decimal::from(instances);
    Ok(Answer::json(
        200,
        &json!({
            "depositAmountUsdc": (total * Decimal::TWO).to_string(), "depositEpochs": 2,
            "totalPricePerEpoch": total.to_string(), "maxPricePerEpoch": price.to_string(), "instances": instances
        }),
    ))
}

fn slugs(cloud: &Cloud) -> Vec<String> {
    let account = cloud.account();
    let slugs: BTreeSet<(u32, &str)> =
        account.inventory.iter().map(|offer| (offer.vcpus, offer.id.as_str())).collect();
    slugs.into_iter().map(|(_, slug)| slug.to_owned()).collect()
}

pub(super) fn configurations(cloud: &Cloud) -> Answer {
    Answer::json(200, &json!(slugs(cloud)))
}

pub(super) fn countries(cloud: &Cloud) -> Answer {
    let codes: BTreeSet<&str> = cloud.account().inventory.iter().map(|offer| offer.place.country).collect();
    Answer::json(200, &json!(codes))
}

pub(super) fn hardware() -> Value {
    json!({
        "cpu": [{ "manufacturer": "AMD", "architecture": "Zen" }, { "manufacturer": "Intel (R)", "architecture": "ICE LAKE" }],
        "memory": [{ "type": "DDR", "generation": "5" }],
        "storage": [{ "type": "SSD" }, { "type": "NVMe" }]
    })
}

pub(super) fn images() -> Value {
    let image = |id: &str, name: &str, slug: &str, user: &str| {
        json!({
            "id": id, "name": name, "distribution": name.split(' ').next(), "slug": slug, "username": user,
            "downloadUrl": format!("https://images.example.com/{slug}.qcow2"),
            "createdAt": "2025-05-06T14:29:39.382562Z", "updatedAt": "2025-05-06T14:29:39.382562Z"
        })
    };
    json!([
        image("0f1e2d3c4b5a69788796a5b4c3d2e1f0", "Ubuntu 22.04", "ubuntu-22-04-x64", "ubuntu"),
        image("1f1e2d3c4b5a69788796a5b4c3d2e1f0", "Ubuntu 24.04", "ubuntu-24-04-x64", "ubuntu"),
        image("2f1e2d3c4b5a69788796a5b4c3d2e1f0", "Debian 12", "debian-12-x64", "debian")
    ])
}
