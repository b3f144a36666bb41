//! `DescribeInstances` and `DescribeInstancesStatus`.
//!
//! Two traps of the real one are always on: naming ids does not lift paging, and one unknown id fails the batch.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Machine, Phase};

use super::actions::{Ask, page};
use super::schema::{Field, INTERNET_CHARGE_TYPES, Kind, PAGE_NUM, PAGE_SIZE, TAG, Wish, may};
use super::wire::{Outcome, Refused, time};

const STATUSES: &[&str] = &[
    "PENDING",
    "DEPLOYING",
    "REBUILDING",
    "REBOOT",
    "RUNNING",
    "STOPPED",
    "BOOTING",
    "RELEASING",
    "STOPPING",
    "RECYCLE",
    "RECYCLING",
    "CREATE_FAILED",
    "IMAGING",
];
/// The filters that compare one field of the row.
const EQUALS: [&str; 7] =
    ["zoneId", "resourceGroupId", "instanceType", "internetChargeType", "imageId", "keyId", "subnetId"];

/// The fields of `DescribeInstances`.
pub(super) const FIELDS: &[Field] = &[
    may("instanceIds", Kind::Texts),
    may("zoneId", Kind::Text),
    may("resourceGroupId", Kind::Text),
    may("instanceType", Kind::Text),
    may("internetChargeType", Kind::Word(INTERNET_CHARGE_TYPES)),
    may("imageId", Kind::Text),
    may("keyId", Kind::Text),
    may("subnetId", Kind::Text),
    may("securityGroupId", Kind::Text),
    may("instanceStatus", Kind::Word(STATUSES)),
    may("instanceName", Kind::Text),
    may("publicIpAddresses", Kind::Texts),
    may("privateIpAddresses", Kind::Texts),
    may("tagKeys", Kind::Texts),
    may("tags", Kind::Objects(TAG)),
    PAGE_SIZE,
    PAGE_NUM,
];

/// The machines that match every filter, newest first; the order is not documented [I].
pub(super) fn instances(ask: &mut Ask<'_>) -> Outcome {
    ask.wish.texts_up_to("tagKeys", 20, false)?;
    if ask.wish.objects("tags").len() > 20 {
        return Err(super::schema::bad(super::wire::TOO_LONG, "tags", "must hold at most 20"));
    }
    let found: Vec<&Machine> =
        named(ask)?.into_iter().filter(|machine| is_wanted(&ask.wish, machine, ask.now)).collect();
    page(ask, &found, |machine| row(machine, ask.now).into())
}

/// The ids and statuses.
pub(super) fn statuses(ask: &mut Ask<'_>) -> Outcome {
    let found = named(ask)?;
    page(ask, &found, |machine| json!({"instanceId": machine.id, "instanceStatus": status(machine, ask.now)}))
}

/// Whether anybody but the ledger still knows this machine.
pub(super) fn is_known(machine: &Machine, now: Timestamp) -> bool {
    machine.is_visible(now) && machine.is_live(now)
}

/// The wire's word for a machine's phase.
pub(super) fn status(machine: &Machine, now: Timestamp) -> &'static str {
    match machine.phase(now).unwrap_or(Phase::Accepted) {
        Phase::AwaitingApproval | Phase::Accepted => "PENDING",
        Phase::Building => "DEPLOYING",
        Phase::Running => "RUNNING",
        Phase::Stopping => "STOPPING",
        Phase::Stopped => "STOPPED",
        Phase::Starting if machine.extra.contains_key("_reboots") => "REBOOT",
        Phase::Starting => "BOOTING",
        Phase::Failed => "CREATE_FAILED",
        Phase::Deleting => "RECYCLING",
        Phase::Recycled => "RECYCLE",
        Phase::Releasing | Phase::Gone => "RELEASING",
    }
}

/// The refusal of an id that nobody knows.
pub(super) fn unknown(id: &str) -> Refused {
    Refused::unknown("INVALID_INSTANCE_NOT_FOUND", "instanceId", id)
}

/// The machines with the ids that were given, or all where none were.
fn named<'a>(ask: &'a Ask<'_>) -> Result<Vec<&'a Machine>, Refused> {
    let ids = ask.wish.texts_up_to("instanceIds", 100, false)?;
    let wanted: HashSet<&str> = ids.iter().copied().collect();
    let known = ask.account.machines.iter().rev().filter(|machine| is_known(machine, ask.now));
    let found: Vec<&Machine> =
        known.filter(|machine| wanted.is_empty() || wanted.contains(machine.id.as_str())).collect();
    if !wanted.is_empty() && found.len() < wanted.len() {
        let have: HashSet<&str> = found.iter().map(|machine| machine.id.as_str()).collect();
        let missing = ids.into_iter().find(|id| !have.contains(id)).unwrap_or_default();
        return Err(unknown(missing));
    }
    Ok(found)
}

fn is_wanted(wish: &Wish, machine: &Machine, now: Timestamp) -> bool {
    let kept = |name: &str| machine.extra.get(name);
    let is_name = |wanted: &str| match wanted.strip_suffix('*') {
        Some(prefix) => machine.name.starts_with(prefix),
        None => machine.name == wanted,
    };
    let tags = kept("tags").and_then(|tags| tags["tags"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let has_tag = |key: Option<&str>, value: Option<&str>| {
        let same = |tag: &Value, name: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| tag[name].as_str() == Some(wanted))
        };
        tags.iter().any(|tag| same(tag, "key", key) && same(tag, "value", value))
    };
    let has_address = |name: &str, shown: Option<Ipv4Addr>| {
        let wanted = wish.texts(name);
        wanted.is_empty() || shown.is_some_and(|shown| wanted.contains(&shown.to_string().as_str()))
    };
    EQUALS
        .iter()
        .all(|name| wish.text(name).is_none_or(|wanted| kept(name).and_then(Value::as_str) == Some(wanted)))
        && wish.text("instanceStatus").is_none_or(|wanted| status(machine, now) == wanted)
        && wish.text("instanceName").is_none_or(is_name)
        && wish.text("securityGroupId").is_none_or(|wanted| {
            kept("securityGroupIds")
                .and_then(Value::as_array)
                .is_some_and(|groups| groups.iter().any(|group| group.as_str() == Some(wanted)))
        })
        && wish.texts("tagKeys").into_iter().all(|key| has_tag(Some(key), None))
        && wish.objects("tags").iter().all(|tag| has_tag(tag.text("key"), tag.text("value")))
        && has_address("publicIpAddresses", public_address(machine, now))
        && has_address("privateIpAddresses", private_address(machine, now))
}

/// The 29 fields of one machine.
fn row(machine: &Machine, now: Timestamp) -> Map<String, Value> {
    let mut row: Map<String, Value> = machine
        .extra
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let public = public_address(machine, now);
    let list = |address: Option<String>| Value::from_iter(address);
    let has_ipv6 = machine.extra.get("_ipv6").and_then(Value::as_bool).unwrap_or(false);
    let ipv6 = shown_address(machine, now).filter(|_| has_ipv6).map(|address| {
        let [.., third, fourth] = address.octets();
        format!("2001:db8::{third:x}:{fourth:x}")
    });
    row.insert("instanceId".to_owned(), machine.id.clone().into());
    row.insert("instanceName".to_owned(), machine.name.clone().into());
    row.insert("instanceStatus".to_owned(), status(machine, now).into());
    row.insert("createTime".to_owned(), time(machine.created).into());
    row.insert("publicIpAddresses".to_owned(), list(public.map(|address| address.to_string())));
    row.insert("publicIpv6Addresses".to_owned(), list(ipv6));
    let private = private_address(machine, now).map(|address| address.to_string());
    row.insert("privateIpAddresses".to_owned(), list(private));
    row
}

/// Addresses come some time after running, and go when the recycle bin is reached.
fn shown_address(machine: &Machine, now: Timestamp) -> Option<Ipv4Addr> {
    let is_binned = matches!(machine.phase(now), Some(Phase::Recycled | Phase::Releasing));
    machine.public_address(now).filter(|_| !is_binned)
}

fn public_address(machine: &Machine, now: Timestamp) -> Option<Ipv4Addr> {
    let is_wanted = machine.extra.get("_ipv4").and_then(Value::as_bool).unwrap_or(true);
    shown_address(machine, now).filter(|_| is_wanted)
}

fn private_address(machine: &Machine, now: Timestamp) -> Option<Ipv4Addr> {
    shown_address(machine, now).map(|address| {
        let [_, second, third, fourth] = address.octets();
        Ipv4Addr::new(10, second, third, fourth)
    })
}
