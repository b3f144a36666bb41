//! What a provider tells and we have no field for.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Index};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text by the provider's field name, sorted by name; serialised as an object.
///
/// Names are mostly constants of an adapter and are then not copied, and short texts stand in the list itself: a list of
/// 10,000 machines has hundreds of thousands of both.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extras(Vec<(Cow<'static, str>, Text)>);

/// Text that takes no memory of its own while it is short, as most of what providers tell is.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Kept);

/// How many bytes are short: as many as fit into the place that a long text's pointer and length need anyway, beside
/// the tag. An id of 64 bits in decimal digits has 20.
const SHORT: usize = 22;

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// The bytes after the length are zero, so that the same texts are the same bytes.
    Short {
        length: u8,
        bytes: [u8; SHORT],
    },
    Long(Box<str>),
}

impl Text {
    const EMPTY: Self = Self(Kept::Short { length: 0, bytes: [0; SHORT] });

    fn short(text: &str) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?;
        Some(Self(Kept::Short { length, bytes }))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Made of a whole `str`, so always text again.
            Kept::Short { length, bytes } => {
                std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default()
            }
            Kept::Long(text) => text,
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::short(text).unwrap_or_else(|| Self(Kept::Long(text.into())))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::short(&text).unwrap_or_else(|| Self(Kept::Long(text.into())))
    }
}

impl Extras {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Nothing yet, with room for this many.
    #[must_use]
    pub fn with_capacity(most: usize) -> Self {
        Self(Vec::with_capacity(most))
    }

    /// Keeps this text under this name, in place of what stood there.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, text: impl Into<Text>) {
        let name = name.into();
        match self.find(&name) {
            Ok(at) => self.0[at].1 = text.into(),
            Err(at) => self.0.insert(at, (name, text.into())),
        }
    }

    /// Adds this text to what stands under this name, with the separator between them.
    pub fn append(&mut self, name: impl Into<Cow<'static, str>>, separator: &str, text: &str) {
        let name = name.into();
        match self.find(&name) {
            Ok(at) => self.0[at].1 = format!("{}{separator}{text}", self.0[at].1.as_str()).into(),
            Err(at) => self.0.insert(at, (name, text.into())),
        }
    }

    /// The text under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).ok().map(|at| self.0[at].1.as_str())
    }

    /// Every name with its text, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_ref(), text.as_str()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        // Adapters mostly insert in order: the end is looked at first.
        match self.0.last() {
            Some((last, _)) if last.as_ref() < name => Err(self.0.len()),
            _ => self.0.binary_search_by(|(kept, _)| kept.as_ref().cmp(name)),
        }
    }
}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Extras {
    type Output = Text;

    /// The text under this name; empty where there is none.
    fn index(&self, name: &str) -> &Text {
        static NOTHING: Text = Text::EMPTY;
        self.find(name).map_or(&NOTHING, |at| &self.0[at].1)
    }
}

impl Serialize for Extras {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Extras {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Extras;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Extras, A::Error> {
                let mut extras = Extras::new();
                while let Some((name, text)) = map.next_entry::<String, String>()? {
                    extras.insert(name, text);
                }
                Ok(extras)
            }
        }
        deserializer.deserialize_map(Texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique_and_texts_can_grow() {
        let mut extras = Extras::with_capacity(2);
        extras.insert("b", "1");
        extras.insert("a", "2");
        extras.insert("b".to_owned(), "3");
        extras.append("a", ", ", "4");
        extras.append("c", ", ", "5");
        let all: Vec<(&str, &str)> = extras.iter().collect();
        assert_eq!(all, [("a", "2, 4"), ("b", "3"), ("c", "5")]);
        assert_eq!((extras.get("d"), &extras["b"], extras.len()), (None, &Text::from("3"), 3));
        let json = serde_json::to_string(&extras).unwrap();
        assert_eq!(json, r#"{"a":"2, 4","b":"3","c":"5"}"#);
        assert_eq!(serde_json::from_str::<Extras>(&json).unwrap(), extras);
    }

    #[test]
    fn short_and_long_texts_are_kept_to_the_last_byte() {
        let long = "é".repeat(40);
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 80] {
            let text = &long[..length / 2 * 2];
            assert_eq!(Text::from(text), text);
            assert_eq!(Text::from(text), Text::from(text.to_owned()));
            assert_eq!(matches!(Text::from(text).0, Kept::Short { .. }), text.len() <= SHORT);
        }
        assert_eq!(size_of::<Text>(), size_of::<String>());
    }
}
