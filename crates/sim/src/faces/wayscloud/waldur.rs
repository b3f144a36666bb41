//! What a Waldur finds wrong with an order, in the order in which it looks.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::create::{Floating, Wish, free_floating};
use super::desk::Desk;
use super::ids::{WALDUR_IDS as IDS, flavor_id};
use super::link::{self, NO_OBJECT, NOT_NULL, REQUIRED};
use super::plan::{is_component, own_plan_is_listed};
use super::refuse::{field, fields, non_field, page};
use crate::{Answer, SimOffer};

/// The longest name that the table of resources holds; a longer one ends in an internal error.
const NAME_CAP: usize = 150;

/// Complaints, by field.
type Errors = Map<String, Value>;

/// Reads an order.
pub(super) fn read(desk: &Desk<'_>, body: &Value) -> Result<Wish, Answer> {
    let Some(body) = body.as_object() else {
        return Err(non_field("Invalid data. Expected a dictionary."));
    };
    let has_plan = first_level(body)?;
    let limits = limits(desk, body)?;
    let attributes = match body.get("attributes") {
        Some(Value::Object(attributes)) => attributes,
        // Left out, a list, a text: all of them end in an internal error.
        _ => return Err(page(500)),
    };
    let name = attributes.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.chars().count() > NAME_CAP {
        return Err(page(500));
    }
    let mut errors = Errors::new();
    match attributes.get("name") {
        None => complain(&mut errors, "name", REQUIRED),
        Some(Value::Null) => complain(&mut errors, "name", NOT_NULL),
        Some(Value::String(name)) if name.trim().is_empty() => {
            complain(&mut errors, "name", "This field may not be blank.");
        }
        Some(Value::String(_)) => {}
        Some(_) => complain(&mut errors, "name", "Not a valid string."),
    }
    let image = image(desk, attributes, &mut errors);
    let flavor = flavor(desk, attributes, &mut errors);
    let key = key(desk, attributes, &mut errors);
    let disk_mib = volume_size(attributes, &mut errors);
    let subnets = ports(desk, attributes, &mut errors);
    let floating = floating(desk, attributes, &mut errors);
    let (Some((image, min_disk)), Some(flavor), Some(disk_mib), true) =
        (image, flavor, disk_mib, errors.is_empty())
    else {
        return Err(fields(errors));
    };
    if !is_label(name) {
        let why = format!(
            "'{name}' not a valid PQDN or FQDN. Reason: Name '{name}' must be 1-63 characters long, each of which \
             can only be alphanumeric or a hyphen"
        );
        return Err(Answer::json(400, &json!({ "name": { "name": why } })));
    }
    if subnets.is_empty() {
        return Err(non_field("Please specify at least one network."));
    }
    if disk_mib < min_disk {
        let why = format!("System volume size has to be greater than {min_disk} MiB");
        return Err(field("system_volume_size", &why));
    }
    Ok(Wish {
        name: name.to_owned(),
        image,
        flavor,
        disk_mib,
        subnets,
        floating,
        key,
        has_plan,
        limits,
        attributes: Value::Object(attributes.clone()),
    })
}

/// Project, offering, plan and type, which come before the attributes. Whether a plan is named.
fn first_level(body: &Map<String, Value>) -> Result<bool, Answer> {
    let mut errors = Errors::new();
    let offering = link::one(body.get("offering"), "marketplace-public-offerings");
    exists(&mut errors, "offering", offering, |id| [IDS.offering, IDS.parent_offering].contains(&id));
    let project = link::one(body.get("project"), "projects");
    exists(&mut errors, "project", project, |id| id == IDS.project);
    let plan = body.get("plan").filter(|plan| !plan.is_null());
    let named = plan.map(|plan| link::ids(Some(plan), "marketplace-public-offerings", Some("plans")));
    let named = match named {
        None => None,
        Some(Ok(ids)) if [IDS.plan, IDS.parent_plan].contains(&ids[1].as_str()) => Some(ids),
        Some(Ok(_)) => {
            complain(&mut errors, "plan", NO_OBJECT);
            None
        }
        Some(Err(why)) => {
            complain(&mut errors, "plan", &why);
            None
        }
    };
    if body.get("attributes") == Some(&Value::Null) {
        complain(&mut errors, "attributes", NOT_NULL);
    }
    if let Some(kind) = body.get("type").filter(|kind| *kind != "Create") {
        // A real one accepts "Terminate" here, and makes a resource and an order that mean nothing.
        let text = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
        complain(&mut errors, "type", &format!("\"{text}\" is not a valid choice."));
    }
    if !errors.is_empty() {
        return Err(fields(errors));
    }
    // The offering is listed with the plans of its parent, and refuses them.
    if named.as_ref().is_some_and(|ids| ids[0] != IDS.offering || ids[1] != IDS.plan) {
        return Err(field("plan", "This plan is not available for selected offering."));
    }
    let offering = link::one(body.get("offering"), "marketplace-public-offerings");
    if offering.as_deref() != Ok(IDS.offering) {
        return Err(field("offering", "Offering is not available."));
    }
    Ok(named.is_some())
}

/// The limits: whole numbers for what the offering counts by limits.
fn limits(desk: &Desk<'_>, body: &Map<String, Value>) -> Result<BTreeMap<String, u64>, Answer> {
    let given = match body.get("limits") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(field("limits", "Expected a dictionary of items.")),
    };
    let mut errors = Errors::new();
    let mut limits = BTreeMap::new();
    for (kind, value) in given {
        match value.as_u64() {
            Some(limit) => _ = limits.insert(kind.clone(), limit),
            None => complain(&mut errors, kind, "A valid integer is required."),
        }
    }
    if !errors.is_empty() {
        return Err(Answer::json(400, &json!({ "limits": errors })));
    }
    let is_unknown = |kind: &&String| !own_plan_is_listed(desk) || !is_component(kind);
    let unknown: Vec<&str> = limits.keys().filter(is_unknown).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(limits);
    }
    Err(field("limits", &format!("Invalid types: {}", unknown.join(", "))))
}

fn exists(errors: &mut Errors, name: &str, id: Result<String, String>, known: impl Fn(&str) -> bool) {
    match id {
        Ok(id) if known(&id) => {}
        Ok(_) => complain(errors, name, NO_OBJECT),
        Err(why) => complain(errors, name, &why),
    }
}

fn complain(errors: &mut Errors, name: &str, why: &str) {
    errors.insert(name.to_owned(), json!([why]));
}

/// The image's name and the least disk it needs in MiB.
fn image(desk: &Desk<'_>, attributes: &Map<String, Value>, errors: &mut Errors) -> Option<(String, u64)> {
    let found = link::one(attributes.get("image"), "openstack-images").and_then(|id| {
        let row = desk.account.things.get("images").and_then(|rows| rows.get(&id)).ok_or(NO_OBJECT)?;
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        Ok((name, row["min_disk"].as_u64().unwrap_or(0)))
    });
    found.map_err(|why| complain(errors, "image", &why)).ok()
}

fn flavor(desk: &Desk<'_>, attributes: &Map<String, Value>, errors: &mut Errors) -> Option<SimOffer> {
    let found = link::one(attributes.get("flavor"), "openstack-flavors").and_then(|id| {
        let mut offers = desk.account.inventory.iter();
        Ok(offers.find(|offer| flavor_id(&offer.id) == id).ok_or(NO_OBJECT)?.clone())
    });
    found.map_err(|why| complain(errors, "flavor", &why)).ok()
}

/// The name of the key, which may be left out.
fn key(desk: &Desk<'_>, attributes: &Map<String, Value>, errors: &mut Errors) -> Option<String> {
    let value = attributes.get("ssh_public_key").filter(|value| !value.is_null())?;
    let found = link::one(Some(value), "keys").and_then(|id| {
        let row = desk.account.things.get("keys").and_then(|rows| rows.get(&id)).ok_or(NO_OBJECT)?;
        Ok(row["name"].as_str().unwrap_or_default().to_owned())
    });
    found.map_err(|why| complain(errors, "ssh_public_key", &why)).ok()
}

fn volume_size(attributes: &Map<String, Value>, errors: &mut Errors) -> Option<u64> {
    let value = attributes.get("system_volume_size");
    let number = match value {
        None => Err(REQUIRED),
        Some(Value::Null) => Err(NOT_NULL),
        Some(Value::Number(number)) => number.as_i64().ok_or("A valid integer is required."),
        Some(Value::String(text)) => text.trim().parse().map_err(|_| "A valid integer is required."),
        Some(_) => Err("A valid integer is required."),
    };
    let number = number.and_then(|number| {
        if number < 1_024 { Err("Ensure this value is greater than or equal to 1024.") } else { Ok(number) }
    });
    let number = number.map_err(|why| complain(errors, "system_volume_size", why)).ok()?;
    u64::try_from(number).ok()
}

/// The subnets of the ports.
fn ports(desk: &Desk<'_>, attributes: &Map<String, Value>, errors: &mut Errors) -> Vec<String> {
    let ports = match attributes.get("ports") {
        None => {
            complain(errors, "ports", REQUIRED);
            return Vec::new();
        }
        Some(Value::Array(ports)) => ports,
        Some(_) => {
            complain(errors, "ports", "Expected a list of items.");
            return Vec::new();
        }
    };
    let read: Vec<Result<String, String>> = ports.iter().map(|port| subnet(desk, port)).collect();
    if read.iter().any(Result::is_err) {
        let complaint = |port: &Result<String, String>| match port {
            Ok(_) => json!({}),
            Err(why) => json!({ "subnet": [why] }),
        };
        errors.insert("ports".to_owned(), read.iter().map(complaint).collect());
    }
    read.into_iter().flatten().collect()
}

fn subnet(desk: &Desk<'_>, row: &Value) -> Result<String, String> {
    let id = link::one(row.get("subnet"), "openstack-subnets")?;
    let known = desk.account.things.get("subnets").is_some_and(|rows| rows.contains_key(&id));
    if known { Ok(id) } else { Err(NO_OBJECT.to_owned()) }
}

fn floating(desk: &Desk<'_>, attributes: &Map<String, Value>, errors: &mut Errors) -> Vec<Floating> {
    let rows = match attributes.get("floating_ips") {
        None => return Vec::new(),
        Some(Value::Array(rows)) => rows,
        Some(_) => {
            complain(errors, "floating_ips", "Expected a list of items.");
            return Vec::new();
        }
    };
    let free = free_floating(desk);
    let read = |row: &Value| -> Result<Floating, Value> {
        subnet(desk, row).map_err(|why| json!({ "subnet": [why] }))?;
        let Some(url) = row.get("url").filter(|url| !url.is_null()) else { return Ok(Floating::Auto) };
        let id = link::one(Some(url), "openstack-floating-ips").map_err(|why| json!([why]))?;
        // One that is taken is told like one that is unknown.
        if free.contains(&id) { Ok(Floating::Given(id)) } else { Err(json!([NO_OBJECT])) }
    };
    let read: Vec<Result<Floating, Value>> = rows.iter().map(read).collect();
    if read.iter().any(Result::is_err) {
        let complaint = |row: &Result<Floating, Value>| row.clone().err().unwrap_or_else(|| json!({}));
        errors.insert("floating_ips".to_owned(), read.iter().map(complaint).collect());
    }
    read.into_iter().flatten().collect()
}

/// Whether this may be the name of a host.
pub(super) fn is_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}
