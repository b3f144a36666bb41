//! `CreateInstances`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{Account, SimOffer};

use super::actions::{Ask, check_zone};
use super::schema::{CHARGE_TYPE, Field, INTERNET_CHARGE_TYPES, Kind, TAG, Wish, bad, may, must};
use super::stock::{
    DISK_CATEGORIES, GROUPS, IMAGES, RESOURCE_GROUP, SUBNETS, bandwidth_limit, has_ipv6, has_security_groups,
    internet_charge_types, text, thing,
};
use super::tariff::Parts;
use super::wire::{
    BAD_PATTERN, BAD_VALUE, MISSING, NETWORK_BILLING, Outcome, QUOTA, Refused, SOLD_OUT, TOO_LONG, TOO_SHORT,
    TOO_SMALL, fields, time,
};
use super::{login, names};

const PERIOD: &[Field] = &[must("period", Kind::Whole)];

/// What a disk may say; its id, its name and its price are told, not taken.
pub(super) const SYSTEM_DISK: &[Field] = &[may("diskSize", Kind::Whole), may("diskCategory", Kind::Text)];
/// What a data disk may say.
pub(super) const DATA_DISK: &[Field] =
    &[must("diskSize", Kind::Whole), may("diskAmount", Kind::Whole), may("diskCategory", Kind::Text)];
/// The field of a subscription.
pub(super) const PREPAID: Field = may("instanceChargePrepaid", Kind::Object(PERIOD));
/// The field of a commitment.
pub(super) const POSTPAID: Field = may("instanceChargePostpaid", Kind::Object(PERIOD));

/// The 30 fields of version 2026-04-01. `instanceCount` is marked required and has a default: the default wins.
pub(super) const FIELDS: &[Field] = &[
    must("zoneId", Kind::Text),
    must("imageId", Kind::Text),
    must("instanceType", Kind::Text),
    CHARGE_TYPE,
    must("internetChargeType", Kind::Word(INTERNET_CHARGE_TYPES)),
    must("subnetId", Kind::Text),
    may("instanceCount", Kind::Whole),
    may("instanceName", Kind::Text),
    may("password", Kind::Text),
    may("keyId", Kind::Text),
    may("resourceGroupId", Kind::Text),
    PREPAID,
    POSTPAID,
    may("trafficPackageSize", Kind::Number),
    may("internetMaxBandwidthOut", Kind::Whole),
    may("systemDisk", Kind::Object(SYSTEM_DISK)),
    may("dataDisks", Kind::Objects(DATA_DISK)),
    may("enableIpv4", Kind::Flag),
    may("enableIpv6", Kind::Flag),
    may("cpuPassThrough", Kind::Flag),
    may("initScript", Kind::Text),
    may("networkMode", Kind::Word(&["Virtio", "Vf"])),
    may("diskPreAllocated", Kind::Flag),
    may("nic", Kind::Object(&[may("wanName", Kind::Text), may("lanName", Kind::Text)])),
    may("securityGroupId", Kind::Text),
    may("clusterId", Kind::Text),
    may("cidrBlockId", Kind::Text),
    may("startCidrIpv4", Kind::Text),
    may(
        "marketingOptions",
        Kind::Object(&[may("discountCode", Kind::Text), may("usePocVoucher", Kind::Flag)]),
    ),
    may("tags", Kind::Object(&[may("tags", Kind::Objects(TAG))])),
];

/// Creates machines: all of them, or none.
pub(super) fn run(ask: &mut Ask<'_>) -> Outcome {
    let wish = ask.wish.clone();
    let count = wish.whole_within("instanceCount", 1, 100)?.unwrap_or(1);
    let count = u32::try_from(count).unwrap_or(1);
    let offer = find_model(ask.account, &wish)?;
    let image = check_image(ask.account, &wish)?;
    check_subnet(ask.account, &wish)?;
    check_charge(&wish, &offer)?;
    login::check(ask.account, &wish, &image)?;
    let names = names::expand(wish.text("instanceName").unwrap_or("instance"), count)?;
    let system_disk = check_system_disk(&wish, &image)?;
    let data_disks = check_data_disks(&wish)?;
    check_network(ask.account, &wish, offer.place.zone)?;
    check_rest(&wish)?;
    check_stock(ask, &offer, count)?;
    let size = system_disk.get("diskSize").and_then(Value::as_i64).unwrap_or_default();
    let category = system_disk.get("diskCategory").and_then(Value::as_str).unwrap_or_default();
    let bill = Parts::new(&wish, &offer, (size, category), &data_disks).bill(&offer, &wish);
    let order = ask.account.digits(16);
    let mut ids = Vec::new();
    let mut instances = Vec::new();
    for name in names {
        let id = ask.account.digits(19);
        let disks = numbered(ask.account, &data_disks);
        let disk_ids: Vec<Value> = disks.iter().map(|disk| disk["diskId"].clone()).collect();
        let at = ask.account.accept(id.clone(), &name, &bill, ask.now, ask.fault);
        let mut kept = keep(&wish, &offer, &image, ask.now);
        let mut system_disk = system_disk.clone();
        system_disk.insert("diskId".to_owned(), ask.account.digits(18).into());
        kept.insert("systemDisk".to_owned(), system_disk.into());
        kept.insert("dataDisks".to_owned(), disks.into());
        if let Some(extra) = ask.account.extra(at) {
            *extra = kept;
        }
        instances.push(json!({"instanceId": id, "diskIdSet": disk_ids}));
        ids.push(Value::from(id));
    }
    Ok(fields([
        ("orderNumber", order.into()),
        ("instanceIdSet", ids.into()),
        ("instances", instances.into()),
    ]))
}

/// The model in its zone.
pub(super) fn find_model(account: &Account, wish: &Wish) -> Result<SimOffer, Refused> {
    let zone = wish.text("zoneId").unwrap_or_default();
    let model = wish.text("instanceType").unwrap_or_default();
    check_zone(account, zone)?;
    let mut offers = account.inventory.iter().filter(|offer| offer.id == model).peekable();
    if offers.peek().is_none() {
        return Err(Refused::unknown("INVALID_INSTANCE_TYPE_NOT_FOUND", "instanceType", model));
    }
    offers.find(|offer| offer.place.zone == zone).cloned().ok_or_else(|| {
        let message = format!("The instance type `{model}` is not sold in the zone `{zone}`");
        Refused::new(400, "INVALID_INSTANCE_TYPE_ZONE_NO_SELL", message)
    })
}

/// Charge type, period, bandwidth and traffic, as the model allows them.
pub(super) fn check_charge(wish: &Wish, offer: &SimOffer) -> Result<(), Refused> {
    if wish.text("instanceChargeType") == Some("PREPAID") && !wish.has("instanceChargePrepaid") {
        return Err(bad(MISSING, "instanceChargePrepaid", "is missing"));
    }
    for name in ["instanceChargePrepaid", "instanceChargePostpaid"] {
        if let Some(terms) = wish.object(name) {
            terms.whole_within("period", 1, 1_200)?;
        }
    }
    let internet = wish.text("internetChargeType").unwrap_or_default();
    if !internet_charge_types(offer.place.zone).contains(&internet) {
        let message = format!("The network billing method `{internet}` is not supported in the current zone");
        return Err(Refused::new(400, NETWORK_BILLING, message));
    }
    if let Some(size) = wish.number("trafficPackageSize") {
        if size < 0.0 {
            return Err(bad(TOO_SMALL, "trafficPackageSize", "must be at least 0"));
        }
        if internet != "ByTrafficPackage" {
            return Err(bad(BAD_VALUE, "trafficPackageSize", "goes only with ByTrafficPackage"));
        }
    }
    let bandwidth = wish.whole_within("internetMaxBandwidthOut", 1, i64::MAX)?.unwrap_or(1);
    let limit = bandwidth_limit(offer.vcpus);
    if limit >= 0 && bandwidth > limit {
        let message = format!("The bandwidth {bandwidth} exceeds the maximum of {limit} Mbps");
        return Err(Refused::new(400, "INVALID_BANDWIDTH_VALUE_EXCEED_MAXIMUM", message));
    }
    Ok(())
}

/// The kind of disk; every zone sells the same.
pub(super) fn check_disk_category(disk: &Wish) -> Result<&'static str, Refused> {
    let category = disk.text("diskCategory").unwrap_or(DISK_CATEGORIES[0]);
    DISK_CATEGORIES.into_iter().find(|sold| *sold == category).ok_or_else(|| {
        let message = format!("The disk category `{category}` is not sold in the zone");
        Refused::new(400, "INVALID_DISK_ZONE_NO_SELL", message)
    })
}

/// The data disks, each entry once with its amount: at most ten by the sum of amounts.
pub(super) fn check_data_disks(wish: &Wish) -> Result<Vec<(i64, i64, &'static str)>, Refused> {
    let mut disks = Vec::new();
    for disk in wish.objects("dataDisks") {
        let size = disk.whole_within("diskSize", 1, 1 << 20)?.unwrap_or(1);
        let amount = disk.whole_within("diskAmount", 1, 1_000)?.unwrap_or(1);
        disks.push((size, amount, check_disk_category(&disk)?));
    }
    if disks.iter().map(|(_, amount, _)| amount).sum::<i64>() > 10 {
        return Err(bad(TOO_LONG, "dataDisks", "may hold 10 disks in all"));
    }
    Ok(disks)
}

fn check_image(account: &Account, wish: &Wish) -> Result<Value, Refused> {
    let id = wish.text("imageId").unwrap_or_default();
    let image = thing(account, IMAGES, id).filter(|image| {
        Some(text(image, "zoneId")) == wish.text("zoneId") && text(image, "imageStatus") == "AVAILABLE"
    });
    image.cloned().ok_or_else(|| Refused::unknown("INVALID_IMAGE_NOT_FOUND", "imageId", id))
}

fn check_subnet(account: &Account, wish: &Wish) -> Result<(), Refused> {
    let id = wish.text("subnetId").unwrap_or_default();
    // Listed for bare metal [I].
    let Some(subnet) = thing(account, SUBNETS, id) else {
        return Err(Refused::unknown("INVALID_SUBNET_NOT_FOUND", "subnetId", id));
    };
    if Some(text(subnet, "zoneId")) != wish.text("zoneId") {
        let message = format!("The subnet `{id}` is not in the specified zone");
        return Err(Refused::new(403, "OPERATION_DENIED_SUBNET_ZONE_MISMATCH", message));
    }
    Ok(())
}

/// The system disk's size and kind; its least size, and its default, is the image's.
fn check_system_disk(wish: &Wish, image: &Value) -> Result<Map<String, Value>, Refused> {
    let disk = wish.object("systemDisk").unwrap_or_default();
    let least: i64 = text(image, "imageSize").parse().unwrap_or(20);
    let size = disk.whole("diskSize").unwrap_or(least);
    if size < least || size % 10 != 0 {
        let message = format!("The system disk must have a multiple of 10 GiB, and {least} at least");
        return Err(Refused::new(400, "INVALID_SYSTEM_DISK_SIZE", message));
    }
    let category = check_disk_category(&disk)?;
    Ok(fields([("diskSize", size.into()), ("diskCategory", category.into())]))
}

fn check_network(account: &Account, wish: &Wish, zone: &str) -> Result<(), Refused> {
    if let Some(group) = wish.text("securityGroupId") {
        if !has_security_groups(zone) {
            let message = "Security groups are not supported in the current zone";
            return Err(Refused::new(403, "INVALID_REGION_SECURITY_GROUP_NOT_SUPPORT", message));
        }
        if thing(account, GROUPS, group).is_none() {
            // No code is documented [I].
            return Err(Refused::unknown("INVALID_SECURITY_GROUP_NOT_FOUND", "securityGroupId", group));
        }
    }
    // Nothing is documented for a zone that cannot do these [I].
    if wish.flag("enableIpv6") == Some(true) && !has_ipv6(zone) {
        return Err(bad(BAD_VALUE, "enableIpv6", "is not supported in the current zone"));
    }
    if wish.flag("cpuPassThrough") == Some(true) {
        return Err(bad(BAD_VALUE, "cpuPassThrough", "is not supported in the current zone"));
    }
    // The account holds neither blocks of addresses nor bandwidth clusters.
    if let Some(block) = wish.text("cidrBlockId") {
        return Err(Refused::unknown("OPERATION_DENIED_IPV4_CIDR_NOT_FOUND", "cidrBlockId", block));
    }
    if wish.has("startCidrIpv4") {
        return Err(bad(MISSING, "cidrBlockId", "must go with `startCidrIpv4`"));
    }
    if let Some(cluster) = wish.text("clusterId") {
        return Err(Refused::unknown("OPERATION_FAILED_RESOURCE_NOT_FOUND", "clusterId", cluster));
    }
    let nic = wish.object("nic").unwrap_or_default();
    for name in ["wanName", "lanName"] {
        if let Some(given) = nic.text(name)
            && !is_nic_name(given)
        {
            let why = "must have 4 to 15 lower-case letters and digits, a letter first";
            return Err(bad(BAD_PATTERN, name, why));
        }
    }
    Ok(())
}

fn check_rest(wish: &Wish) -> Result<(), Refused> {
    if let Some(group) = wish.text("resourceGroupId")
        && group != RESOURCE_GROUP.0
    {
        return Err(Refused::unknown("OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND", "resourceGroupId", group));
    }
    if wish.text("initScript").is_some_and(|script| script.len() > 32_768) {
        return Err(bad(TOO_LONG, "initScript", "may have 32 KB at most"));
    }
    if wish.object("marketingOptions").and_then(|options| options.flag("usePocVoucher")) == Some(true) {
        // The page says that it fails without a voucher, and names no code [I].
        return Err(bad(BAD_VALUE, "usePocVoucher", "needs a voucher, and there is none"));
    }
    let tags = wish.object("tags").unwrap_or_default().objects("tags");
    for (at, tag) in tags.iter().enumerate() {
        for name in ["key", "value"] {
            match tag.text(name).unwrap_or_default().chars().count() {
                0 => return Err(bad(TOO_SHORT, name, "must not be empty")),
                1..=64 => {}
                _ => return Err(bad(TOO_LONG, name, "may have 64 characters at most")),
            }
        }
        if tags.iter().take(at).any(|other| other.text("key") == tag.text("key")) {
            return Err(bad(BAD_VALUE, "tags", "has a key twice"));
        }
    }
    Ok(())
}

fn check_stock(ask: &Ask<'_>, offer: &SimOffer, count: u32) -> Result<(), Refused> {
    if ask.account.room(offer, ask.now) < u64::from(count) {
        let message = format!("The instance type `{}` is sold out in `{}`", offer.id, offer.place.zone);
        return Err(Refused::new(400, SOLD_OUT, message));
    }
    let live = ask.account.machines.iter().filter(|machine| machine.is_live(ask.now)).count();
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    if live.saturating_add(wanted) > ask.account.profile.quota {
        let message = "You are trying to create more instances than your remaining quota allows";
        return Err(Refused::new(403, QUOTA, message));
    }
    Ok(())
}

/// What is kept with a machine: the fields of its row that do not change, under their own names, and, under names
/// that begin with `_`, what its row does not show.
fn keep(wish: &Wish, offer: &SimOffer, image: &Value, now: Timestamp) -> Map<String, Value> {
    let is_prepaid = wish.text("instanceChargeType") == Some("PREPAID");
    let terms = if is_prepaid { "instanceChargePrepaid" } else { "instanceChargePostpaid" };
    let period = wish.object(terms).and_then(|terms| terms.whole("period"));
    // A month of a subscription has been 30 days.
    let until = period.and_then(|months| {
        let hours = SignedDuration::from_hours(months.saturating_mul(720));
        now.checked_add(hours).ok()
    });
    let nic = wish.object("nic").unwrap_or_default();
    let tags: Vec<Value> = wish
        .object("tags")
        .unwrap_or_default()
        .objects("tags")
        .iter()
        .map(|tag| json!({"key": tag.text("key"), "value": tag.text("value")}))
        .collect();
    let groups: Vec<&str> = wish.text("securityGroupId").into_iter().collect();
    fields([
        ("zoneId", offer.place.zone.into()),
        ("instanceType", offer.id.clone().into()),
        ("cpuCount", offer.vcpus.into()),
        ("memory", (offer.memory_mib / 1_024).into()),
        ("imageId", image["imageId"].clone()),
        ("imageName", image["imageName"].clone()),
        ("instanceChargeType", wish.text("instanceChargeType").into()),
        ("internetMaxBandwidthOut", wish.whole("internetMaxBandwidthOut").unwrap_or(1).into()),
        ("internetChargeType", wish.text("internetChargeType").into()),
        ("period", period.filter(|_| is_prepaid).into()),
        ("subnetId", wish.text("subnetId").into()),
        ("expiredTime", until.filter(|_| is_prepaid).map(time).into()),
        ("resourceGroupId", RESOURCE_GROUP.0.into()),
        ("resourceGroupName", RESOURCE_GROUP.1.into()),
        ("trafficPackageSize", wish.number("trafficPackageSize").unwrap_or(0.0).into()),
        ("securityGroupIds", groups.into()),
        ("autoRenew", is_prepaid.into()),
        ("keyId", wish.text("keyId").into()),
        (
            "nic",
            json!({
                "wanName": nic.text("wanName").unwrap_or("eth0"),
                "lanName": nic.text("lanName").unwrap_or("eth1"),
            }),
        ),
        ("tags", json!({"tags": tags})),
        ("_ipv4", wish.flag("enableIpv4").unwrap_or(true).into()),
        ("_ipv6", wish.flag("enableIpv6").unwrap_or(false).into()),
        ("_promised", until.filter(|_| !is_prepaid).map(|until| until.as_second()).into()),
    ])
}

/// One row for each data disk, with an id.
fn numbered(account: &mut Account, disks: &[(i64, i64, &'static str)]) -> Vec<Value> {
    let mut rows = Vec::new();
    for (size, amount, category) in disks {
        for _ in 0..*amount {
            rows.push(json!({
                "diskId": account.digits(18), "diskName": "data-disk", "diskSize": size, "portable": false,
                "diskCategory": category,
            }));
        }
    }
    rows
}

fn is_nic_name(name: &str) -> bool {
    (4..=15).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}
