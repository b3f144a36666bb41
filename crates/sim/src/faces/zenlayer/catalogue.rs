//! What there is: zones, models, images, subnets, disks, security groups.

use serde_json::{Value, json};

use super::actions::{Ask, check_zone, is_like, page};
use super::describe::is_known;
use super::schema::{Field, Kind, PAGE_NUM, PAGE_SIZE, may, must};
use super::stock::{
    DISK_CATEGORIES, GROUPS, IMAGES, SUBNETS, bandwidth_limit, has_ipv6, has_security_groups,
    internet_charge_types, text, things, zones as all_zones,
};
use super::wire::{Outcome, fields};

/// The fields of `DescribeImages`.
pub(super) const IMAGE_FIELDS: &[Field] = &[
    must("zoneId", Kind::Text),
    may("imageIds", Kind::Texts),
    may("imageName", Kind::Text),
    may(
        "category",
        Kind::Word(&[
            "Windows",
            "Ubuntu",
            "CentOS",
            "Debian",
            "ARCH_LINUX",
            "COREOS",
            "FEDORA",
            "FreeBSD",
            "KYLIN",
            "ORACLE_LINUX",
            "REDHAT",
            "SUSE",
            "TencentOS",
            "OTHERS",
        ]),
    ),
    may("imageType", Kind::Word(&["PUBLIC_IMAGE", "CUSTOM_IMAGE"])),
    may("osType", Kind::Word(&["linux", "windows"])),
    may("imageStatus", Kind::Word(&["CREATING", "AVAILABLE", "UNAVAILABLE"])),
    PAGE_SIZE,
    PAGE_NUM,
];

/// The fields of `DescribeSubnets`.
pub(super) const SUBNET_FIELDS: &[Field] = &[
    may("zoneId", Kind::Text),
    may("subnetIds", Kind::Texts),
    may("cidrBlock", Kind::Text),
    may("subnetStatus", Kind::Text),
    may("subnetName", Kind::Text),
    PAGE_SIZE,
    PAGE_NUM,
];

/// The zones. No country and no region: the name of a zone is its city.
pub(super) fn zones(ask: &mut Ask<'_>) -> Outcome {
    let wanted = ask.wish.texts("zoneIds");
    let rows: Vec<Value> = all_zones(ask.account)
        .into_iter()
        .filter(|(zone, _)| wanted.is_empty() || wanted.contains(zone))
        .map(|(zone, city)| {
            json!({
                "zoneId": zone, "zoneName": city, "supportSecurityGroup": has_security_groups(zone),
                "supportNetworkType": "VPC", "supportIpv6": has_ipv6(zone), "supportCpuPassThrough": false,
                "networkLineType": "BGP",
            })
        })
        .collect();
    Ok(fields([("zoneSet", rows.into())]))
}

/// The models on sale: all on one page, without stock, disk or price. A model that is sold out stays listed.
pub(super) fn models(ask: &mut Ask<'_>) -> Outcome {
    let zone = ask.wish.text("zoneId");
    zone.map_or(Ok(()), |zone| check_zone(ask.account, zone))?;
    let model = ask.wish.text("instanceType");
    let rows: Vec<Value> = ask
        .account
        .inventory
        .iter()
        .filter(|offer| zone.is_none_or(|zone| offer.place.zone == zone))
        .filter(|offer| model.is_none_or(|model| offer.id == model))
        .map(|offer| {
            let (cpus, gib) = (offer.vcpus, offer.memory_mib / 1_024);
            json!({
                "zoneId": offer.place.zone, "instanceType": offer.id,
                "instanceTypeName": format!("Compute Optimized {cpus}C{gib}G"), "cpuCount": cpus, "memory": gib,
                "internetMaxBandwidthOutLimit": bandwidth_limit(cpus), "frequency": "2.5 GHz",
                "internetChargeTypes": internet_charge_types(offer.place.zone),
            })
        })
        .collect();
    Ok(fields([("instanceTypeQuotaSet", rows.into())]))
}

/// How much there is left in each zone, as a word for the number of processors.
pub(super) fn capacity(ask: &mut Ask<'_>) -> Outcome {
    let wanted = ask.wish.text("zoneId");
    wanted.map_or(Ok(()), |zone| check_zone(ask.account, zone))?;
    let left = |zone: &str| -> u64 {
        let offers = ask.account.inventory.iter().filter(|offer| offer.place.zone == zone);
        offers.map(|offer| ask.account.room(offer, ask.now) * u64::from(offer.vcpus)).sum()
    };
    let word = |left: u64| match left {
        0..1_000 => "LIMITED",
        1_000..2_000 => "STANDARD",
        2_000..5_000 => "SUFFICIENT",
        5_000.. => "ABUNDANT",
    };
    let rows: Vec<Value> = all_zones(ask.account)
        .into_iter()
        .filter(|(zone, _)| wanted.is_none_or(|wanted| wanted == *zone))
        .map(|(zone, _)| json!({"zoneId": zone, "capacity": word(left(zone))}))
        .collect();
    Ok(fields([("dataSet", rows.into())]))
}

/// The images of one zone.
pub(super) fn images(ask: &mut Ask<'_>) -> Outcome {
    let wish = &ask.wish;
    let zone = wish.text("zoneId").unwrap_or_default();
    check_zone(ask.account, zone)?;
    let ids = wish.texts("imageIds");
    let found: Vec<&Value> = things(ask.account, IMAGES)
        .filter(|image| text(image, "zoneId") == zone)
        .filter(|image| ids.is_empty() || ids.contains(&text(image, "imageId")))
        .filter(|image| is_like(wish.text("imageName"), text(image, "imageName")))
        .filter(|image| {
            ["category", "imageType", "osType", "imageStatus"]
                .iter()
                .all(|name| wish.text(name).is_none_or(|wanted| text(image, name) == wanted))
        })
        .collect();
    page(ask, &found, |image| {
        let mut row = (*image).clone();
        if let Some(row) = row.as_object_mut() {
            row.remove("zoneId");
        }
        row
    })
}

/// The subnets, with who is in them.
pub(super) fn subnets(ask: &mut Ask<'_>) -> Outcome {
    let wish = &ask.wish;
    let ids = wish.texts_up_to("subnetIds", 100, false)?;
    let same = |name: &str, subnet: &Value| wish.text(name).is_none_or(|wanted| text(subnet, name) == wanted);
    let found: Vec<&Value> = things(ask.account, SUBNETS)
        .filter(|subnet| same("zoneId", subnet) && same("subnetStatus", subnet))
        .filter(|subnet| ids.is_empty() || ids.contains(&text(subnet, "subnetId")))
        .filter(|subnet| is_like(wish.text("subnetName"), text(subnet, "subnetName")))
        .filter(|subnet| is_like(wish.text("cidrBlock"), text(subnet, "cidrBlock")))
        .collect();
    page(ask, &found, |subnet| {
        let inside: Vec<&str> = ask
            .account
            .machines
            .iter()
            .filter(|machine| is_known(machine, ask.now))
            .filter(|machine| machine.extra.get("subnetId") == subnet.get("subnetId"))
            .map(|machine| machine.id.as_str())
            .collect();
        let mut row = (*subnet).clone();
        row["usageIpCount"] = json!(inside.len());
        row["instanceIdList"] = json!(inside);
        row
    })
}

/// The kinds of disk in each zone.
pub(super) fn disk_categories(ask: &mut Ask<'_>) -> Outcome {
    let zone = ask.wish.text("zoneId");
    zone.map_or(Ok(()), |zone| check_zone(ask.account, zone))?;
    let category = ask.wish.text("diskCategory");
    let sold: Vec<&str> =
        DISK_CATEGORIES.into_iter().filter(|sold| category.is_none_or(|wanted| wanted == *sold)).collect();
    let rows: Vec<Value> = all_zones(ask.account)
        .into_iter()
        .filter(|(name, _)| zone.is_none_or(|wanted| wanted == *name))
        .map(|(name, _)| json!({"zoneId": name, "categorySet": sold}))
        .collect();
    Ok(fields([("categoryZoneSet", rows.into())]))
}

/// The security groups, with who is in them.
pub(super) fn security_groups(ask: &mut Ask<'_>) -> Outcome {
    let ids = ask.wish.texts("securityGroupIds");
    let found: Vec<&Value> = things(ask.account, GROUPS)
        .filter(|group| ids.is_empty() || ids.contains(&text(group, "securityGroupId")))
        .filter(|group| is_like(ask.wish.text("securityGroupName"), text(group, "securityGroupName")))
        .collect();
    page(ask, &found, |group| {
        let id = text(group, "securityGroupId");
        let is_inside = |machine: &&crate::Machine| {
            let groups = machine.extra.get("securityGroupIds").and_then(Value::as_array);
            is_known(machine, ask.now)
                && groups.is_some_and(|groups| groups.iter().any(|group| group.as_str() == Some(id)))
        };
        let inside: Vec<&str> =
            ask.account.machines.iter().filter(is_inside).map(|machine| machine.id.as_str()).collect();
        let mut row = (*group).clone();
        row["instanceIds"] = json!(inside);
        row
    })
}
