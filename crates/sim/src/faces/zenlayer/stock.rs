//! What the account holds besides machines: images, subnets, keys, security groups.

use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Account, Cloud};

use super::wire::time;

pub(super) const IMAGES: &str = "images";
pub(super) const SUBNETS: &str = "subnets";
pub(super) const KEYS: &str = "keys";
pub(super) const GROUPS: &str = "security_groups";
/// The one resource group.
pub(super) const RESOURCE_GROUP: (&str, &str) =
    ("5a7c1d90-0f6e-4b7e-9c59-7d0f3a1b2c4d", "Default Resource Group");
/// The kinds of disk that every zone sells; the first is the default.
pub(super) const DISK_CATEGORIES: [&str; 2] = ["STANDARD", "SSD"];

/// Name, version, category, kind of system, size in GiB, status.
const SYSTEMS: [(&str, &str, &str, &str, &str, &str); 8] = [
    ("Ubuntu Server 18.04 LTS", "18.04", "Ubuntu", "linux", "20", "UNAVAILABLE"),
    ("Ubuntu Server 20.04 LTS", "20.04", "Ubuntu", "linux", "20", "AVAILABLE"),
    ("Ubuntu Server 22.04 LTS", "22.04", "Ubuntu", "linux", "20", "AVAILABLE"),
    ("Ubuntu Server 24.04 LTS", "24.04", "Ubuntu", "linux", "20", "AVAILABLE"),
    ("Debian 11", "11", "Debian", "linux", "20", "AVAILABLE"),
    ("Debian 12", "12", "Debian", "linux", "20", "AVAILABLE"),
    ("CentOS 7.9", "7.9", "CentOS", "linux", "20", "AVAILABLE"),
    ("Windows Server 2022", "2022", "Windows", "windows", "40", "AVAILABLE"),
];

/// Fills a new cloud with what this provider keeps besides machines. The ids follow from what they name.
pub(crate) fn furnish(cloud: &Cloud) {
    let now = time(cloud.now());
    let mut account = cloud.account();
    for (zone, at) in zones(&account).into_iter().map(|(zone, _)| zone).zip(0_u8..) {
        for (name, version, category, system, size, status) in SYSTEMS {
            let id = format!("img-{}", letters(&format!("{zone}/{name}"), 25));
            // The zone is ours: images are told by zone, and their rows do not name it.
            let image = json!({
                "zoneId": zone, "imageId": id, "imageName": name, "imageType": "PUBLIC_IMAGE", "imageSize": size,
                "imageDescription": null, "imageVersion": version, "imageStatus": status, "category": category,
                "osType": system,
            });
            account.shelf(IMAGES).insert(id, image);
        }
        for (name, is_default) in [("default", true), ("private", false)] {
            let id = figures(&format!("{zone}/{name}"), 18);
            let cidr = format!("10.{at}.{}.0/24", u8::from(!is_default));
            let subnet = json!({
                "subnetId": id, "zoneId": zone, "subnetName": format!("{name}-{zone}"),
                "subnetStatus": "Available", "cidrBlock": cidr, "cidrBlockList": [cidr], "totalIpCount": 253,
                "createTime": now, "subnetDescription": null, "isDefault": is_default,
            });
            account.shelf(SUBNETS).insert(id, subnet);
        }
    }
    let id = figures("security group", 18);
    let group = json!({
        "securityGroupId": id, "securityGroupName": "default", "securityGroupStatus": "AVAILABLE",
        "createTime": now, "description": null, "isDefault": true,
        "ruleInfos": [{
            "direction": "ingress", "policy": "accept", "priority": 1, "ipProtocol": "all", "portRange": "-1",
            "cidrIp": "0.0.0.0/0", "description": null,
        }],
    });
    account.shelf(GROUPS).insert(id, group);
    let id = format!("key-{}", letters("key", 8));
    let key = json!({
        "keyId": id, "keyName": "somebody-else",
        "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f somebody@else",
        "keyDescription": null, "createTime": now,
    });
    account.shelf(KEYS).insert(id, key);
}

/// The zones that have something to rent, with their cities, in the order of the inventory.
pub(super) fn zones(account: &Account) -> Vec<(&'static str, &'static str)> {
    let mut zones = Vec::new();
    for offer in &account.inventory {
        if !zones.contains(&(offer.place.zone, offer.place.city)) {
            zones.push((offer.place.zone, offer.place.city));
        }
    }
    zones
}

/// Whether this zone has security groups.
pub(super) fn has_security_groups(zone: &str) -> bool {
    zone != "SIN-E"
}

/// Whether this zone has IPv6.
pub(super) fn has_ipv6(zone: &str) -> bool {
    zone != "SEL-A"
}

/// The ways of paying for traffic that this zone's models allow.
pub(super) fn internet_charge_types(zone: &str) -> &'static [&'static str] {
    if zone == "SIN-E" { &["ByBandwidth"] } else { &["ByBandwidth", "ByTrafficPackage"] }
}

/// The most Mbit/s of a model with this many processors; -1: no limit is set.
pub(super) fn bandwidth_limit(vcpus: u32) -> i64 {
    match vcpus {
        0..=1 => 500,
        2..=3 => 1_000,
        4..=7 => 1_500,
        _ => -1,
    }
}

/// The things of one kind, by id.
pub(super) fn things<'a>(account: &'a Account, kind: &str) -> impl Iterator<Item = &'a Value> {
    account.things.get(kind).into_iter().flat_map(|shelf| shelf.values())
}

/// The thing of one kind with this id.
pub(super) fn thing<'a>(account: &'a Account, kind: &str, id: &str) -> Option<&'a Value> {
    account.things.get(kind)?.get(id)
}

/// A text of a thing; empty where it has none.
pub(super) fn text<'a>(thing: &'a Value, name: &str) -> &'a str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn letters(of: &str, count: usize) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(of.as_bytes())).chars().take(count).collect()
}

fn figures(of: &str, count: usize) -> String {
    let digits = Sha256::digest(of.as_bytes()).into_iter().map(|byte| char::from(b'0' + byte % 10));
    let digits: String = digits.take(count.saturating_sub(1)).collect();
    format!("9{digits}")
}
