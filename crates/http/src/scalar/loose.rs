//! Fields read as what they ought to be, whatever stands there.

use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// One JSON value that is neither list, object nor null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// A whole number that is not negative.
    Large(u64),
    /// A number with a fraction or an exponent, as the nearest binary float.
    Real(f64),
    /// True or false.
    Flag(bool),
}

/// What can be made of one scalar.
pub trait Loose: Sized {
    /// The value; absent where nothing of the kind can be made of it.
    fn of(scalar: Scalar<'_>) -> Option<Self>;
}

/// From here on a number with a point may have been read as the whole number beside it (2^52: a reader that is one step of
/// a binary float off is a whole number off): which one was written is not known any more.
const FLOATS_SKIP: f64 = 4_503_599_627_370_496.0;

/// Text as it is; a truth value or whole number as it is written. One with a point or an exponent is written as a binary
/// float is that is near it, for 15 digits the same number, and absent where it is so large that none may be near. An id
/// is read by [`id`].
impl Loose for String {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(text.to_owned()),
            Scalar::Whole(number) => Some(number.to_string()),
            Scalar::Large(number) => Some(number.to_string()),
            Scalar::Real(number) => (number.abs() < FLOATS_SKIP).then(|| number.to_string()),
            Scalar::Flag(flag) => Some(flag.to_string()),
        }
    }
}

/// A whole number, as a number or as text: `4`, `4.0`, `"4"`. One with a fraction is absent, not cut, and so is one with
/// a point or an exponent that is so large that digits of it may be lost.
impl Loose for i64 {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Whole(number) => Some(number),
            Scalar::Large(number) => Self::try_from(number).ok(),
            // Asked of the float itself: a decimal would round the smallest fractions away first.
            Scalar::Real(number) if number.abs() >= FLOATS_SKIP || number.fract() != 0.0 => None,
            Scalar::Real(number) => number.to_i64(),
            Scalar::Text(text) => whole(text)?.to_i64(),
            Scalar::Flag(_) => None,
        }
    }
}

/// The same, and not negative.
impl Loose for u64 {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Large(number) => Some(number),
            Scalar::Text(text) => whole(text)?.to_u64(),
            Scalar::Whole(_) | Scalar::Real(_) | Scalar::Flag(_) => Self::try_from(i64::of(scalar)?).ok(),
        }
    }
}

fn whole(text: &str) -> Option<Decimal> {
    vmbroker_core::exact(text).ok().filter(Decimal::is_integer)
}

/// A number or its text, where it is finite.
impl Loose for f64 {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Real(number) => Some(number),
            Scalar::Whole(number) => number.to_f64(),
            Scalar::Large(number) => number.to_f64(),
            Scalar::Text(text) => text.trim().parse().ok().filter(|number: &Self| number.is_finite()),
            Scalar::Flag(_) => None,
        }
    }
}

/// A truth value or its text, in any letters.
impl Loose for bool {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Flag(flag) => Some(flag),
            Scalar::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Scalar::Whole(_) | Scalar::Large(_) | Scalar::Real(_) => None,
        }
    }
}

/// One scalar; absent where it is null, a list, an object, or nothing can be made of it.
///
/// # Errors
/// Those of the source: never for valid JSON.
pub fn one<'de, D: Deserializer<'de>, T: Loose>(source: D) -> Result<Option<T>, D::Error> {
    source.deserialize_any(One(PhantomData))
}

/// One id: text, or a whole number as it is written; absent where it is anything else. A truth value names nothing, and
/// a number with a point or an exponent has been through a float, which may have made another thing's id of it.
///
/// # Errors
/// Those of the source: never for valid JSON.
pub fn id<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    Ok(one::<D, Id>(source)?.map(|id| id.0))
}

/// A list of ids, with an absent one for each item that is none, so that none is overlooked; a single scalar is a list of
/// one.
///
/// # Errors
/// Those of the source: never for valid JSON.
pub fn ids<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Option<String>>, D::Error> {
    source.deserialize_any(Ids)
}

/// A list of scalars, without those of which nothing can be made; a single scalar is a list of one.
///
/// # Errors
/// Those of the source: never for valid JSON.
pub fn many<'de, D: Deserializer<'de>, T: Loose>(source: D) -> Result<Vec<T>, D::Error> {
    source.deserialize_any(Many(PhantomData))
}

/// One object; absent where it is anything else.
///
/// # Errors
/// Those of the source, and of the object's own fields where these are not read loosely.
pub fn object<'de, D, T>(source: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Row::deserialize(source).map(|row| row.0)
}

/// The objects of a list; empty where it is no list.
///
/// # Errors
/// Those of the source, and of the objects' own fields where these are not read loosely.
pub fn objects<'de, D, T>(source: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    source.deserialize_any(Objects(PhantomData))
}

/// One row of a list: absent where it is no object, so that it is still counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<T>(pub Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(RowVisitor(PhantomData)).map(Self)
    }
}

impl<T: Serialize> Serialize for Row<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

struct One<T>(PhantomData<T>);
struct Many<T>(PhantomData<T>);
struct Id(String);
struct Ids;
struct Item<T>(Option<T>);
struct RowVisitor<T>(PhantomData<T>);
struct Objects<T>(PhantomData<T>);

impl Loose for Id {
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(Self(text.to_owned())),
            Scalar::Whole(number) => Some(Self(number.to_string())),
            Scalar::Large(number) => Some(Self(number.to_string())),
            Scalar::Real(_) | Scalar::Flag(_) => None,
        }
    }
}

impl<'de, T: Loose> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        one(source).map(Self)
    }
}

fn drain_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// The visits that are alike for all: every scalar goes to one function, and null is nothing.
macro_rules! scalars {
    ($made:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok($made(Scalar::Text(text)))
        }

        fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
            Ok($made(Scalar::Whole(number)))
        }

        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok($made(Scalar::Large(number)))
        }

        fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
            Ok($made(Scalar::Real(number)))
        }

        fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
            Ok($made(Scalar::Flag(flag)))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

impl<'de, T: Loose> Visitor<'de> for One<T> {
    type Value = Option<T>;

    scalars!(T::of);

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        drain_list(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drain_object(object).map(|()| None)
    }
}

impl<'de, T: Loose> Visitor<'de> for Many<T> {
    type Value = Vec<T>;

    scalars!(|scalar| T::of(scalar).into_iter().collect());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Item(item)) = list.next_element()? {
            items.extend(item);
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drain_object(object).map(|()| Vec::new())
    }
}

impl<'de> Visitor<'de> for Ids {
    type Value = Vec<Option<String>>;

    scalars!(|scalar| vec![Id::of(scalar).map(|id| id.0)]);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut ids = Vec::new();
        while let Some(Item::<Id>(item)) = list.next_element()? {
            ids.push(item.map(|id| id.0));
        }
        Ok(ids)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drain_object(object).map(|()| Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for RowVisitor<T> {
    type Value = Option<T>;

    scalars!(|_| None);

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        drain_list(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Vec<T>;

    scalars!(|_| Vec::new());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some(Row(object)) = list.next_element()? {
            objects.extend(object);
        }
        Ok(objects)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drain_object(object).map(|()| Vec::new())
    }
}

#[cfg(test)]
mod tests;
