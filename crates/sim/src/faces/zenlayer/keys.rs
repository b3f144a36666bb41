//! The key pairs of `ccs`.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::actions::{Ask, is_like, page};
use super::schema::bad;
use super::stock::{KEYS, text, things};
use super::wire::{Outcome, Refused, TOO_LONG, TOO_SHORT, fields, time};

/// How many pairs an account may hold; not documented [I].
const MOST_PAIRS: usize = 500;

/// The key pairs.
pub(super) fn list(ask: &mut Ask<'_>) -> Outcome {
    let ids = ask.wish.texts("keyIds");
    let found: Vec<&Value> = things(ask.account, KEYS)
        .filter(|key| ids.is_empty() || ids.contains(&text(key, "keyId")))
        .filter(|key| is_like(ask.wish.text("keyName"), text(key, "keyName")))
        .collect();
    page(ask, &found, |key| (*key).clone())
}

/// Takes up to five public keys, one on a line, under a name that is not taken.
pub(super) fn import(ask: &mut Ask<'_>) -> Outcome {
    let name = ask.wish.text("keyName").unwrap_or_default().to_owned();
    match name.chars().count() {
        0 => return Err(bad(TOO_SHORT, "keyName", "must not be empty")),
        1..=32 => {}
        _ => return Err(bad(TOO_LONG, "keyName", "may have 32 characters at most")),
    }
    let public_key = ask.wish.text("publicKey").unwrap_or_default().to_owned();
    let lines: Vec<&str> = public_key.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > 5 {
        return Err(refused("INVALID_PUBLIC_KEY_EXCEED_LIMIT", "A key pair may hold 5 public keys"));
    }
    if lines.is_empty() {
        return Err(refused("INVALID_KEY_PAIR_MALFORMED", "The public key is malformed"));
    }
    lines.into_iter().try_for_each(check)?;
    if things(ask.account, KEYS).count() >= MOST_PAIRS {
        return Err(refused("INVALID_KEY_PAIR_EXCEED_LIMIT", "There are too many key pairs"));
    }
    if things(ask.account, KEYS).any(|key| text(key, "keyName") == name) {
        let message = format!("The key pair name `{name}` exists");
        return Err(Refused::new(409, "INVALID_KEY_PAIR_NAME_EXIST", message));
    }
    let id = format!("key-{}", ask.account.hex(8));
    let key = json!({
        "keyId": id, "keyName": name, "publicKey": public_key,
        "keyDescription": ask.wish.text("keyDescription"), "createTime": time(ask.now),
    });
    ask.account.shelf(KEYS).insert(id.clone(), key);
    Ok(fields([("keyId", id.into())]))
}

fn check(line: &str) -> Result<(), Refused> {
    let mut words = line.split_whitespace();
    let algorithm = words.next().unwrap_or_default();
    let is_known =
        matches!(algorithm, "ssh-rsa" | "ssh-ed25519") || algorithm.starts_with("ecdsa-sha2-nistp");
    if !is_known {
        return Err(refused(
            "INVALID_KEY_PAIR_ALGORITHM",
            "The algorithm of the public key is not supported",
        ));
    }
    // Every blob begins with the length of its algorithm's name, four bytes of which three are zero.
    let blob = words.next().unwrap_or_default();
    let is_base64 =
        blob.bytes().all(|byte| byte == b'=' || BASE64.specification().symbols.contains(char::from(byte)));
    if !is_base64 || !blob.starts_with("AAAA") {
        return Err(refused("INVALID_KEY_PAIR_MALFORMED", "The public key is malformed"));
    }
    Ok(())
}

fn refused(code: &'static str, message: &str) -> Refused {
    Refused::new(400, code, message)
}
