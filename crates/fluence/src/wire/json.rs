//! Free JSON, whose type the documents do not settle.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

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
