//! One page of a list: a bare array (Waldur) or `{"next", "previous", "count", "results"}` (WAYSCloud's pages).

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use vmbroker_http::scalar::{self, Row};

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<Row<T>>,
    /// Where the envelope says that the next page is.
    pub(crate) next: Option<String>,
    /// How many rows the envelope says there are on all pages.
    pub(crate) count: Option<u64>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(PageVisitor(PhantomData))
    }
}

/// How many rows the largest page of a Waldur has.
const ROWS: usize = 300;

struct PageVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for PageVisitor<T> {
    type Value = Page<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object with `results`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::with_capacity(ROWS);
        while let Some(row) = items.next_element()? {
            rows.push(row);
        }
        Ok(Page { rows, next: None, count: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut rows, mut next, mut count) = (None, None, None);
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "results" => rows = Some(members.next_value()?),
                "next" => next = members.next_value::<Text>()?.0,
                "count" => count = members.next_value::<Number>()?.0,
                _ => _ = members.next_value::<IgnoredAny>()?,
            }
        }
        Ok(Page { rows: rows.ok_or_else(|| A::Error::missing_field("results"))?, next, count })
    }
}

#[derive(Deserialize)]
struct Text(#[serde(deserialize_with = "scalar::one")] Option<String>);

#[derive(Deserialize)]
struct Number(#[serde(deserialize_with = "scalar::one")] Option<u64>);
