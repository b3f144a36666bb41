//! Values whose JSON type the documents do not settle.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A figure, as a JSON number or as text: both are met, even in one object. What it counts is not known here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    /// A JSON integer.
    Whole(i64),
    /// A JSON number with a fraction, as its shortest text: a price never becomes a binary float of ours.
    Fraction(String),
    /// Text.
    Text(String),
    /// Something else altogether, as JSON.
    Other(String),
}

impl Number {
    /// The figure where it is written as an integer, as a number or as text.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Self::Whole(whole) => Some(*whole),
            Self::Text(text) => text.parse().ok(),
            Self::Fraction(_) | Self::Other(_) => None,
        }
    }

    /// The figure as a decimal, such as `2`, `0.30697` or `.30697`; absent where it has more than 28 digits.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Whole(whole) => Some(Decimal::from(*whole)),
            Self::Fraction(text) | Self::Text(text) => parse_decimal(text),
            Self::Other(_) => None,
        }
    }

    /// The figure as it was written.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Whole(whole) => whole.to_string(),
            Self::Fraction(text) | Self::Text(text) | Self::Other(text) => text,
        }
    }
}

fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let dots = digits.bytes().filter(|byte| *byte == b'.').count();
    // A longer one would be rounded without a word.
    if count + dots != digits.len() || dots > 1 || !(1..=28).contains(&count) {
        return None;
    }
    text.parse().ok()
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a figure")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(i64::try_from(number).map_or_else(|_| Number::Fraction(number.to_string()), Number::Whole))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(Number::Whole(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        Ok(Number::Fraction(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Number, E> {
        Ok(Number::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Number, E> {
        Ok(Number::Text(text))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Number, E> {
        Ok(Number::Other(truth.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number::Other("null".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Number, A::Error> {
        JsonVisitor.visit_seq(items).map(|json| Number::Other(json.into_text().unwrap_or_default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Number, A::Error> {
        JsonVisitor.visit_map(map).map(|json| Number::Other(json.into_text().unwrap_or_default()))
    }
}

/// Any JSON, as text: a string as itself, everything else as compact JSON; `{}`, `[]` and null are nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Json(Option<String>);

impl Json {
    /// The text; absent where there is nothing.
    pub(crate) fn into_text(self) -> Option<String> {
        self.0
    }

    /// The text; absent where there is nothing.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    fn of(value: &Value) -> Self {
        Self(Some(value.to_string()))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json(Some(truth.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json(Some(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json(Some(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json(Some(number.to_string())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(Some(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json(Some(text)))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            all.push(item);
        }
        Ok(if all.is_empty() { Json(None) } else { Json::of(&Value::Array(all)) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut all = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            all.insert(key, value);
        }
        Ok(if all.is_empty() { Json(None) } else { Json::of(&Value::Object(all)) })
    }
}

#[cfg(test)]
impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(whole) => serializer.serialize_i64(*whole),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Fraction(text) | Self::Other(text) => {
                serde_json::from_str::<Value>(text).unwrap().serialize(serializer)
            }
        }
    }
}

#[cfg(test)]
impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => serializer.serialize_none(),
            Some(text) if text.starts_with(['{', '[']) => {
                serde_json::from_str::<Value>(text).unwrap().serialize(serializer)
            }
            Some(text) => serializer.serialize_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_in_every_form_that_is_met() {
        let rows = [
            ("298160", Some(298_160), Some("298160")),
            (r#""359440""#, Some(359_440), Some("359440")),
            (r#""2.4352""#, None, Some("2.4352")),
            (r#"".30697""#, None, Some("0.30697")),
            ("0.30697", None, Some("0.30697")),
            (r#""-1""#, Some(-1), Some("-1")),
            (r#""1e3""#, None, None),
            (r#""1_000""#, None, None),
            (r#""""#, None, None),
            (r#"".""#, None, None),
            (r#""1.2.3""#, None, None),
            (r#""99999999999999999999999999999""#, None, None),
            ("true", None, None),
            (r#"{"a":1}"#, None, None),
            ("[1]", None, None),
        ];
        for (json, whole, decimal) in rows {
            let number: Number = serde_json::from_str(json).unwrap();
            assert_eq!(number.whole(), whole, "{json}");
            assert_eq!(number.decimal(), decimal.map(|text| text.parse().unwrap()), "{json}");
        }
    }

    #[test]
    fn free_json_becomes_text_and_empty_becomes_nothing() {
        let rows = [
            ("{}", None),
            ("[]", None),
            ("null", None),
            (r#""Zen""#, Some("Zen")),
            ("4", Some("4")),
            (r#"{"model":"7702p","speed":3600}"#, Some(r#"{"model":"7702p","speed":3600}"#)),
            (r#"[1,{"a":null}]"#, Some(r#"[1,{"a":null}]"#)),
        ];
        for (json, text) in rows {
            assert_eq!(serde_json::from_str::<Json>(json).unwrap().text(), text, "{json}");
        }
    }
}
