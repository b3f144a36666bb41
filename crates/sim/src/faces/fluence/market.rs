//! What Fluence has to rent, and what it would cost.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::constraints::{Constraints, MOST_MORE_GIB};
use super::{Contract, error, object, unfit};
use crate::{Answer, Cloud, SimOffer};

pub(super) fn offers(contract: Contract, cloud: &Cloud, body: &Value) -> Result<Answer, Answer> {
    let wish = Constraints::read(contract, body)?;
    let mut rows = Vec::new();
    for wish in slugs(cloud).iter().filter_map(|slug| wish.of_slug(slug)) {
        rows.extend(wish.matching(cloud).iter().map(|offer| row(contract, cloud, offer)));
    }
    Ok(Answer::json(200, &Value::Array(rows)))
}

/// An offer as it is listed: at the price of its configuration alone, whatever more was asked for.
fn row(contract: Contract, cloud: &Cloud, offer: &SimOffer) -> Value {
    let account = cloud.account();
    let room = account.room(offer, cloud.now());
    let price = account.price(offer).to_string();
    let disk = match contract {
        Contract::April => {
            json!({ "type": "STORAGE", "metadata": { "type": "NVMe" }, "price": "0.00001", "supply": MOST_MORE_GIB * 1_024, "perVmLimit": MOST_MORE_GIB * 1_024 })
        }
        Contract::May => {
            json!({ "type": "STORAGE", "metadata": { "type": "NVMe" }, "price": "0.00001", "supply": MOST_MORE_GIB, "perVmLimit": MOST_MORE_GIB, "units": "GiB" })
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

/// What so many machines would cost now: those that creates would get, the cheapest first.
pub(super) fn estimate(contract: Contract, cloud: &Cloud, body: &Value) -> Result<Answer, Answer> {
    let map = object(body, "body", &["constraints", "instances"])?;
    let wish = Constraints::read(contract, map.get("constraints").unwrap_or(&Value::Null))?;
    let instances = map.get("instances").and_then(Value::as_u64).filter(|count| *count > 0);
    let instances = instances.ok_or_else(|| unfit("missing field `instances`"))?;
    let (mut left, mut total, mut most) = (instances, Decimal::ZERO, Decimal::ZERO);
    for offer in wish.matching(cloud) {
        let account = cloud.account();
        let price = account.price(&wish.whole(&offer));
        let here = left.min(account.room(&offer, cloud.now()));
        left -= here;
        if here > 0 {
            total += price * Decimal::from(here);
            most = most.max(price);
        }
    }
    if left > 0 {
        return Err(error(422, "Not enough offers found"));
    }
    Ok(Answer::json(
        200,
        &json!({
            "depositAmountUsdc": (total * Decimal::TWO).to_string(), "depositEpochs": 2,
            "totalPricePerEpoch": total.to_string(), "maxPricePerEpoch": most.to_string(), "instances": instances
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
