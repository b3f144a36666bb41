//! What may not change while a deployment stands, as hashes: neither the file nor user data is ever kept.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use toml::{Table, Value};
use vmbroker::{CreateRequest, SshKey};

use super::{KEYS, WHERE, machine};

/// The hash of a text.
pub(super) fn of_text(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

/// The hash of each field but `name` and `count`, by its path, also of those that are absent: a field that is added
/// or taken away is a change. Where a field names files, their content counts.
pub(super) fn of_fields(table: &Table, template: &CreateRequest) -> BTreeMap<String, String> {
    let mut hashes = BTreeMap::new();
    for key in KEYS {
        let value = table.get(key);
        let inner: &[&str] = match key {
            "name" | "count" => continue,
            "machine" => &machine::KEYS,
            "where" => &WHERE,
            _ => {
                hashes.insert(key.to_owned(), of_value(value));
                continue;
            }
        };
        for name in inner {
            let value = value.and_then(|table| table.get(name));
            hashes.insert(format!("{key}.{name}"), of_value(value));
        }
    }
    let keys: Vec<&str> = template.ssh_keys.iter().map(SshKey::body).collect();
    hashes.insert("machine.ssh_keys".to_owned(), of_text(&keys.join("\n")));
    if let Some(user_data) = &template.user_data {
        hashes.insert("machine.user_data".to_owned(), of_text(user_data));
    }
    hashes
}

fn of_value(value: Option<&Value>) -> String {
    of_text(&value.map(ToString::to_string).unwrap_or_default())
}
