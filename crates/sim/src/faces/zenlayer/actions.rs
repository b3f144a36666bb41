//! What can be asked: every action with its product, its word for faults and logs, its fields and what it does.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Account, FaultKind};

use super::schema::{CHARGE_TYPE, Field, Kind, PAGE_NUM, PAGE_SIZE, TAG, Wish, may, must};
use super::wire::{Outcome, Refused, fields};
use super::{catalogue, create, describe, keys, lifecycle, price};

/// One question, ready to be answered.
pub(super) struct Ask<'a> {
    pub(super) account: &'a mut Account,
    pub(super) wish: Wish,
    pub(super) now: Timestamp,
    pub(super) fault: Option<&'a FaultKind>,
}

/// One action.
pub(super) struct Action {
    pub(super) product: &'static str,
    pub(super) name: &'static str,
    pub(super) operation: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) run: fn(&mut Ask<'_>) -> Outcome,
}

/// The action of this product with this exact name.
pub(super) fn find(product: &str, name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.product == product && action.name == name)
}

/// One page of these rows: how many there are in all, and those on the page. Each row is made only if it is on it.
pub(super) fn page<T>(ask: &Ask<'_>, rows: &[T], make: impl Fn(&T) -> Value) -> Outcome {
    let size = ask.wish.whole_within("pageSize", 1, 1_000)?.unwrap_or(20);
    let number = ask.wish.whole_within("pageNum", 1, i64::MAX)?.unwrap_or(1);
    let as_size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let size = as_size(size).min(ask.account.profile.page_cap.unwrap_or(usize::MAX)).max(1);
    let skipped = as_size(number - 1).saturating_mul(size);
    let shown: Vec<Value> = rows.iter().skip(skipped).take(size).map(make).collect();
    Ok(fields([("totalCount", json!(rows.len())), ("dataSet", shown.into())]))
}

/// Whether a text filter lets a value through: it is absent, or part of the value, letter case ignored.
pub(super) fn is_like(filter: Option<&str>, value: &str) -> bool {
    filter.is_none_or(|wanted| value.to_lowercase().contains(&wanted.to_lowercase()))
}

/// Refuses a zone that does not exist.
pub(super) fn check_zone(account: &Account, zone: &str) -> Result<(), Refused> {
    if account.inventory.iter().any(|offer| offer.place.zone == zone) {
        Ok(())
    } else {
        Err(Refused::unknown("INVALID_ZONE_NOT_FOUND", "zoneId", zone))
    }
}

const IDS: Field = must("instanceIds", Kind::Texts);

const fn vm(
    name: &'static str,
    operation: &'static str,
    fields: &'static [Field],
    run: fn(&mut Ask<'_>) -> Outcome,
) -> Action {
    Action { product: "vm", name, operation, fields, run }
}

const fn ccs(name: &'static str, fields: &'static [Field], run: fn(&mut Ask<'_>) -> Outcome) -> Action {
    Action { product: "ccs", name, operation: "keys", fields, run }
}

const ACTIONS: &[Action] = &[
    vm("CreateInstances", "create", create::FIELDS, create::run),
    vm("DescribeInstances", "status", describe::FIELDS, describe::instances),
    vm(
        "DescribeInstancesStatus",
        "status",
        &[may("instanceIds", Kind::Texts), PAGE_SIZE, PAGE_NUM],
        describe::statuses,
    ),
    vm("TerminateInstance", "delete", &[must("instanceId", Kind::Text)], lifecycle::terminate),
    vm("ReleaseInstances", "release", &[IDS], lifecycle::release),
    vm("StartInstances", "power", &[IDS], lifecycle::start),
    vm("StopInstances", "power", &[IDS, may("forceShutdown", Kind::Flag)], lifecycle::stop),
    vm("RebootInstances", "power", &[IDS], lifecycle::reboot),
    vm("ModifyInstancesAttribute", "modify", &[IDS, must("instanceName", Kind::Text)], lifecycle::rename),
    vm("DescribeZones", "offers", &[may("zoneIds", Kind::Texts)], catalogue::zones),
    vm(
        "DescribeZoneInstanceConfigInfos",
        "offers",
        &[CHARGE_TYPE, may("zoneId", Kind::Text), may("instanceType", Kind::Text)],
        catalogue::models,
    ),
    vm("InquiryPriceCreateInstance", "offers", price::FIELDS, price::run),
    vm("DescribeVmInventoryCapacity", "capacity", &[may("zoneId", Kind::Text)], catalogue::capacity),
    vm("DescribeImages", "images", catalogue::IMAGE_FIELDS, catalogue::images),
    vm("DescribeSubnets", "subnets", catalogue::SUBNET_FIELDS, catalogue::subnets),
    vm(
        "DescribeDiskCategory",
        "disks",
        &[CHARGE_TYPE, may("zoneId", Kind::Text), may("diskCategory", Kind::Text)],
        catalogue::disk_categories,
    ),
    vm(
        "DescribeSecurityGroups",
        "security_groups",
        &[may("securityGroupIds", Kind::Texts), may("securityGroupName", Kind::Text), PAGE_SIZE, PAGE_NUM],
        catalogue::security_groups,
    ),
    ccs(
        "DescribeKeyPairs",
        &[may("keyIds", Kind::Texts), may("keyName", Kind::Text), PAGE_SIZE, PAGE_NUM],
        keys::list,
    ),
    ccs(
        "ImportKeyPair",
        &[
            must("keyName", Kind::Text),
            must("publicKey", Kind::Text),
            may("keyDescription", Kind::Text),
            may("tags", Kind::Object(&[may("tags", Kind::Objects(TAG))])),
        ],
        keys::import,
    ),
];
