//! The query keys that narrow a list. Unknown keys are ignored; values that cannot be are refused.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::link;
use super::refuse::field;
use super::route::id;
use crate::{Answer, Request};

/// The values of a key that repeats, all of which must be among these; `None`: any.
pub(super) fn choices(request: &Request, key: &str, allowed: &[&str]) -> Result<Option<Vec<String>>, Answer> {
    let values = request.query_values(key);
    if let Some(bad) = values.iter().find(|value| !allowed.contains(&value.as_str())) {
        let text = format!("Select a valid choice. {bad} is not one of the available choices.");
        return Err(field(key, &text));
    }
    Ok((!values.is_empty()).then_some(values))
}

/// The id that a key asks for; `None`: any.
pub(super) fn uuid(request: &Request, key: &str) -> Result<Option<String>, Answer> {
    match text(request, key) {
        None => Ok(None),
        Some(text) => id(&text).map(Some).ok_or_else(|| field(key, "Enter a valid UUID.")),
    }
}

/// The text that a key asks for; `None`: any. The last one counts, and an empty one does not.
pub(super) fn text(request: &Request, key: &str) -> Option<String> {
    request.query_values(key).pop().filter(|text| !text.is_empty())
}

/// The time from which on a key asks; `None`: any.
pub(super) fn since(request: &Request, key: &str) -> Result<Option<Timestamp>, Answer> {
    match text(request, key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| field(key, "Enter a valid date/time.")),
    }
}

/// The whole number that a key asks for; `None`: any.
pub(super) fn whole(request: &Request, key: &str) -> Result<Option<u64>, Answer> {
    match text(request, key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| field(key, "Enter a number.")),
    }
}

/// The id of the thing of this kind to which the URL of a key leads; `None`: any. A URL of something else fits nothing.
pub(super) fn link(request: &Request, key: &str, kind: &str) -> Option<String> {
    text(request, key).map(|url| link::one(Some(&url.into()), kind).unwrap_or_default())
}

/// Whether the newest are to come first.
pub(super) fn newest_first(request: &Request) -> bool {
    text(request, "o").as_deref() == Some("-created")
}

/// Whether a wanted value is absent or this one.
pub(super) fn fits(wanted: Option<&str>, value: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == value)
}

/// Whether a list of wanted values is absent or has this one.
pub(super) fn fits_any(wanted: Option<&Vec<String>>, value: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.iter().any(|word| word == value))
}

/// The least that a flavor must have.
#[derive(Default)]
pub(super) struct Least([Option<u64>; 3]);

impl Least {
    const FIELDS: [&str; 3] = ["cores", "ram", "disk"];

    /// What is asked for: `cores__gte` and the like.
    pub(super) fn asked(request: &Request) -> Result<Self, Answer> {
        let mut least = Self::default();
        for (field, least) in Self::FIELDS.into_iter().zip(&mut least.0) {
            *least = whole(request, &format!("{field}__gte"))?;
        }
        Ok(least)
    }

    /// Whether this row has it.
    pub(super) fn is_met(&self, row: &Value) -> bool {
        let pairs = Self::FIELDS.into_iter().zip(&self.0);
        pairs.into_iter().all(|(field, least)| least.is_none() || row[field].as_u64() >= *least)
    }
}

/// Sorts rows by the numbers that `o` names, in a list with commas; what is equal in all of them stays as it was.
pub(super) fn sort(request: &Request, rows: &mut [Value]) {
    let asked = text(request, "o").unwrap_or_default();
    let fields: Vec<&str> = asked.split(',').map(str::trim).filter(|field| !field.is_empty()).collect();
    rows.sort_by(|one, other| {
        let by = |field: &&str| match field.strip_prefix('-') {
            None => one[*field].as_u64().cmp(&other[*field].as_u64()),
            Some(field) => other[field].as_u64().cmp(&one[field].as_u64()),
        };
        fields.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
}
