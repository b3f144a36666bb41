//! The query keys that narrow a list. Unknown keys are ignored; values that cannot be are refused.

use jiff::Timestamp;

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
