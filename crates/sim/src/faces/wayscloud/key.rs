//! SSH public keys.

use data_encoding::{BASE64, BASE64_NOPAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::desk::Desk;
use super::link::REQUIRED;
use super::refuse::{field, fields};
use crate::Answer;

const KINDS: [&str; 6] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
];

/// `POST /api/keys/`.
pub(super) fn add(desk: &mut Desk<'_>, wish: &Value) -> Answer {
    let text = |name: &str| wish.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let (name, key) = (text("name"), text("public_key"));
    let missing = [("name", name), ("public_key", key)].into_iter().filter(|(_, text)| text.is_empty());
    let missing: Map<String, Value> = missing.map(|(name, _)| (name.to_owned(), json!([REQUIRED]))).collect();
    if !missing.is_empty() {
        return fields(missing);
    }
    if !is_key(key) {
        return field("public_key", "Invalid SSH public key.");
    }
    if desk.account.shelf("keys").values().any(|row| row["name"] == name) {
        return field("name", "This field must be unique.");
    }
    let id = desk.new_id();
    let row = json!({ "name": name, "public_key": key });
    let answer = body(desk, &id, &row);
    desk.account.shelf("keys").insert(id, row);
    Answer::json(201, &answer)
}

/// A key as it is listed.
pub(super) fn body(desk: &Desk<'_>, id: &str, row: &Value) -> Value {
    let text = row["public_key"].as_str().unwrap_or_default();
    let bytes = blob(text).unwrap_or_default();
    let fingerprint = format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(&bytes)));
    json!({
        "url": desk.url(&format!("keys/{id}")), "uuid": id, "name": row["name"], "public_key": text,
        "fingerprint_sha256": fingerprint, "user_uuid": "1dfd3a7de7b94f0d940eeb861276298e", "is_shared": false,
    })
}

/// Whether this is one SSH public key: its kind, and a blob that opens with the same word.
pub(super) fn is_key(text: &str) -> bool {
    let kind = text.split_whitespace().next().unwrap_or_default();
    let opens = |blob: Vec<u8>| {
        let length: Option<[u8; 4]> = blob.get(..4).and_then(|bytes| bytes.try_into().ok());
        let length = length.and_then(|bytes| usize::try_from(u32::from_be_bytes(bytes)).ok());
        length.and_then(|length| blob.get(4..length.checked_add(4)?)) == Some(kind.as_bytes())
    };
    KINDS.contains(&kind) && !text.trim().contains('\n') && blob(text).is_some_and(opens)
}

fn blob(text: &str) -> Option<Vec<u8>> {
    let encoded = text.split_whitespace().nth(1)?;
    BASE64.decode(encoded.as_bytes()).ok()
}
