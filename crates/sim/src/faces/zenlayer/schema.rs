//! What a body may hold: names, types, sets of words. Unknown fields are refused, which the real one is not known
//! to do: a field that nobody documents is a mistake.

use serde_json::{Map, Value};

use super::wire::{BAD_TYPE, BAD_VALUE, MISSING, Refused, TOO_LARGE, TOO_LONG, TOO_SHORT, TOO_SMALL};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    Texts,
    Word(&'static [&'static str]),
    Object(&'static [Field]),
    Objects(&'static [Field]),
}

/// One field of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    is_required: bool,
}

/// A field that must be there.
pub(super) const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true }
}

/// A field that may be there.
pub(super) const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: false }
}

pub(super) const PAGE_SIZE: Field = may("pageSize", Kind::Whole);
pub(super) const PAGE_NUM: Field = may("pageNum", Kind::Whole);
pub(super) const CHARGE_TYPE: Field = must("instanceChargeType", Kind::Word(&["PREPAID", "POSTPAID"]));
pub(super) const INTERNET_CHARGE_TYPES: &[&str] =
    &["ByBandwidth", "ByTrafficPackage", "ByClusterBandwidth95", "BandwidthCluster"];
pub(super) const TAG: &[Field] = &[must("key", Kind::Text), must("value", Kind::Text)];

/// The body of a request, found to be as its fields say.
pub(super) fn read(body: &[u8], fields: &[Field]) -> Result<Wish, Refused> {
    let wrong = || Refused::new(400, BAD_TYPE, "The body must be a JSON object");
    let value: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let Value::Object(object) = value else { return Err(wrong()) };
    check_object(&object, fields, "")?;
    Ok(Wish(object))
}

/// An object of a request, already found to be as its fields say. Null counts as absent everywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish(Map<String, Value>);

impl Wish {
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        self.value(name)?.as_i64()
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.value(name)?.as_f64()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.value(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.value(name)?.as_object().cloned().map(Self)
    }

    pub(super) fn objects(&self, name: &str) -> Vec<Self> {
        let list = self.value(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|item| item.as_object().cloned().map(Self)).collect()
    }

    /// A number that must lie in this range, where it is given.
    pub(super) fn whole_within(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Refused> {
        let Some(number) = self.whole(name) else { return Ok(None) };
        if number < least {
            return Err(bad(TOO_SMALL, name, &format!("must be at least {least}")));
        }
        if number > most {
            return Err(bad(TOO_LARGE, name, &format!("must be at most {most}")));
        }
        Ok(Some(number))
    }

    /// A list of texts of at most this many; at least one where it is required.
    pub(super) fn texts_up_to(
        &self,
        name: &str,
        most: usize,
        is_required: bool,
    ) -> Result<Vec<&str>, Refused> {
        let list = self.texts(name);
        if is_required && list.is_empty() {
            return Err(bad(TOO_SHORT, name, "must not be empty"));
        }
        if list.len() > most {
            return Err(bad(TOO_LONG, name, &format!("must hold at most {most}")));
        }
        Ok(list)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// A refusal of one parameter.
pub(super) fn bad(code: &'static str, name: &str, why: &str) -> Refused {
    Refused::new(400, code, format!("The parameter `{name}` {why}"))
}

fn check_object(object: &Map<String, Value>, fields: &[Field], above: &str) -> Result<(), Refused> {
    for name in object.keys() {
        if !fields.iter().any(|field| field.name == name) {
            return Err(bad(BAD_VALUE, &format!("{above}{name}"), "is not known"));
        }
    }
    for field in fields {
        let path = format!("{above}{}", field.name);
        match object.get(field.name).filter(|value| !value.is_null()) {
            Some(value) => check_value(value, field.kind, &path)?,
            None if field.is_required => return Err(bad(MISSING, &path, "is missing")),
            None => {}
        }
    }
    Ok(())
}

fn check_value(value: &Value, kind: Kind, path: &str) -> Result<(), Refused> {
    let is_right = match (kind, value) {
        (Kind::Text | Kind::Word(_), Value::String(_)) | (Kind::Flag, Value::Bool(_)) => true,
        (Kind::Whole, Value::Number(number)) => number.is_i64(),
        (Kind::Number, Value::Number(_)) => true,
        (Kind::Texts, Value::Array(list)) => list.iter().all(Value::is_string),
        (Kind::Object(_), Value::Object(_)) | (Kind::Objects(_), Value::Array(_)) => true,
        _ => false,
    };
    if !is_right {
        return Err(bad(BAD_TYPE, path, "has the wrong type"));
    }
    match (kind, value) {
        (Kind::Word(words), Value::String(word)) if !words.contains(&word.as_str()) => {
            Err(bad(BAD_VALUE, path, &format!("must be one of {}", words.join(", "))))
        }
        (Kind::Object(fields), Value::Object(object)) => check_object(object, fields, &format!("{path}.")),
        (Kind::Objects(fields), Value::Array(list)) => list.iter().try_for_each(|item| match item {
            Value::Object(object) => check_object(object, fields, &format!("{path}.")),
            _ => Err(bad(BAD_TYPE, path, "has the wrong type")),
        }),
        _ => Ok(()),
    }
}
