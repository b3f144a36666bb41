//! Orders as WAYSCloud's documents write them. Stricter than any real cloud: what the documents do not name is
//! refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::create::{Floating, Wish, free_floating};
use super::desk::Desk;
use super::ids::{WALDUR_IDS as IDS, flavor_id};
use super::key::is_key;
use super::link::{NOT_NULL, REQUIRED};
use super::refuse::{fields, non_field};
use super::route::id;
use super::waldur::is_label;
use crate::Answer;

const NO_UUID: &str = "Must be a valid UUID.";
const NO_OBJECT: &str = "Object does not exist.";
const UNKNOWN: &str = "Unknown field.";

/// Complaints, by field.
type Errors = Map<String, Value>;

/// Reads an order.
pub(super) fn read(desk: &Desk<'_>, body: &Value) -> Result<Wish, Answer> {
    let Some(body) = body.as_object() else {
        return Err(non_field("Invalid data. Expected a dictionary."));
    };
    let mut errors = Errors::new();
    refuse_unknown(&mut errors, body, &["project", "offering", "plan", "attributes"]);
    for (name, known) in [("project", IDS.project), ("offering", IDS.offering), ("plan", IDS.plan)] {
        match reference(body.get(name)) {
            Ok(id) if id == known => {}
            Ok(_) => complain(&mut errors, name, NO_OBJECT),
            Err(why) => complain(&mut errors, name, why),
        }
    }
    let attributes = match body.get("attributes") {
        Some(Value::Object(attributes)) => Some(attributes),
        None => {
            complain(&mut errors, "attributes", REQUIRED);
            None
        }
        Some(_) => {
            complain(&mut errors, "attributes", "Expected a dictionary of items.");
            None
        }
    };
    match attributes {
        Some(attributes) if errors.is_empty() => read_attributes(desk, attributes),
        _ => Err(fields(errors)),
    }
}

fn read_attributes(desk: &Desk<'_>, attributes: &Map<String, Value>) -> Result<Wish, Answer> {
    let mut errors = Errors::new();
    refuse_unknown(&mut errors, attributes, &["name", "image", "flavor", "ssh_public_key", "networks"]);
    let name = text(&mut errors, attributes, "name").filter(|name| is_label(name));
    if name.is_none() && !errors.contains_key("name") {
        complain(&mut errors, "name", "Must be 1 to 63 letters, digits or hyphens.");
    }
    let key = text(&mut errors, attributes, "ssh_public_key").filter(|key| is_key(key));
    if key.is_none() && !errors.contains_key("ssh_public_key") {
        complain(&mut errors, "ssh_public_key", "Invalid SSH public key.");
    }
    let image = reference(attributes.get("image")).and_then(|id| {
        let row = desk.account.things.get("images").and_then(|rows| rows.get(&id)).ok_or(NO_OBJECT)?;
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        Ok((name, row["min_disk"].as_u64().unwrap_or(0)))
    });
    let image = image.map_err(|why| complain(&mut errors, "image", why)).ok();
    let flavor = reference(attributes.get("flavor")).and_then(|id| {
        desk.account.inventory.iter().find(|offer| flavor_id(&offer.id) == id).cloned().ok_or(NO_OBJECT)
    });
    let flavor = flavor.map_err(|why| complain(&mut errors, "flavor", why)).ok();
    let networks = match attributes.get("networks") {
        None => Err(json!([REQUIRED])),
        Some(Value::Array(rows)) if rows.is_empty() => Err(json!(["This list may not be empty."])),
        Some(Value::Array(rows)) => networks(desk, rows),
        Some(_) => Err(json!(["Expected a list of items."])),
    };
    let networks = networks.map_err(|why| errors.insert("networks".to_owned(), why)).ok();
    match (name, image, flavor, networks) {
        (Some(name), Some((image, min_disk)), Some(flavor), Some((subnets, floating)))
            if errors.is_empty() =>
        {
            let disk_mib = (flavor.disk_gib * 1_024).max(min_disk);
            Ok(Wish {
                name: name.to_owned(),
                image,
                flavor,
                disk_mib,
                subnets,
                floating,
                key: Some(name.to_owned()),
                has_plan: true,
                limits: BTreeMap::new(),
                attributes: Value::Object(attributes.clone()),
            })
        }
        _ => Err(fields(errors)),
    }
}

/// The subnets and the floating addresses of the networks, or the complaints about each.
fn networks(desk: &Desk<'_>, rows: &[Value]) -> Result<(Vec<String>, Vec<Floating>), Value> {
    let free = free_floating(desk);
    let (mut subnets, mut floating, mut complaints) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let mut errors = Errors::new();
        let empty = Errors::new();
        let row = row.as_object().unwrap_or(&empty);
        refuse_unknown(&mut errors, row, &["subnet", "floating_ip"]);
        let known =
            |id: &String| desk.account.things.get("subnets").is_some_and(|rows| rows.contains_key(id));
        match reference(row.get("subnet")) {
            Ok(id) if known(&id) => subnets.push(id),
            Ok(_) => complain(&mut errors, "subnet", NO_OBJECT),
            Err(why) => complain(&mut errors, "subnet", why),
        }
        match row.get("floating_ip").map(|value| value.as_str().unwrap_or_default()) {
            None | Some("none") => {}
            Some("auto") => floating.push(Floating::Auto),
            Some(given) => match id(given) {
                Some(id) if free.contains(&id) => floating.push(Floating::Given(id)),
                Some(_) => complain(&mut errors, "floating_ip", NO_OBJECT),
                None => complain(&mut errors, "floating_ip", "Must be `auto`, `none` or a valid UUID."),
            },
        }
        complaints.push(errors);
    }
    if complaints.iter().all(Errors::is_empty) { Ok((subnets, floating)) } else { Err(json!(complaints)) }
}

/// A bare id, with or without dashes. A URL is none.
fn reference(value: Option<&Value>) -> Result<String, &'static str> {
    match value {
        None => Err(REQUIRED),
        Some(Value::Null) => Err(NOT_NULL),
        Some(Value::String(text)) => id(text).ok_or(NO_UUID),
        Some(_) => Err(NO_UUID),
    }
}

fn text<'a>(errors: &mut Errors, fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    match fields.get(name) {
        None => complain(errors, name, REQUIRED),
        Some(Value::Null) => complain(errors, name, NOT_NULL),
        Some(Value::String(text)) if text.trim().is_empty() => {
            complain(errors, name, "This field may not be blank.");
        }
        Some(Value::String(text)) => return Some(text),
        Some(_) => complain(errors, name, "Not a valid string."),
    }
    None
}

fn refuse_unknown(errors: &mut Errors, fields: &Map<String, Value>, known: &[&str]) {
    for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
        complain(errors, name, UNKNOWN);
    }
}

fn complain(errors: &mut Errors, name: &str, why: &str) {
    errors.insert(name.to_owned(), json!([why]));
}
