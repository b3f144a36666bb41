//! The token in a machine's name by which we know it again.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Which installation of vmbroker a machine belongs to: four characters of base32.
///
/// Made from the installation's id, so that a sweep never touches machines of another installation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner([u8; 4]);

impl Owner {
    /// The owner tag of the installation with this id.
    #[must_use]
    pub fn of_installation(id: &str) -> Self {
        let digest = Sha256::digest(id.trim().as_bytes());
        let text = base32().encode(&digest[..5]).into_bytes();
        Self([text[0], text[1], text[2], text[3]])
    }

    /// The four characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({self})")
    }
}

/// The unique token that a machine carries in its name, so that it can be found when the create's answer is lost.
///
/// 23 characters of `[a-z2-7-]`: `vb`, the [`Owner`], a hyphen, 16 random characters (80 bits). Short enough
/// for the tightest name rule of all providers (Fluence: 25 characters of `[a-z0-9-]`).
///
/// ```
/// use vmbroker_core::{Marker, Owner};
/// let marker = Marker::new(Owner::of_installation("my laptop"), [7; 10]);
/// assert_eq!(marker.to_string().len(), 23);
/// assert_eq!(Marker::find_in(&format!("web-{marker}")), Some(marker));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marker([u8; 23]);

impl Marker {
    /// What every marker starts with.
    pub const PREFIX: &'static str = "vb";
    /// How many characters a marker has.
    pub const LENGTH: usize = 23;

    /// A marker of this owner from ten random bytes. Never use the same bytes twice.
    #[must_use]
    pub fn new(owner: Owner, random: [u8; 10]) -> Self {
        let mut text = [0; Self::LENGTH];
        text[..2].copy_from_slice(Self::PREFIX.as_bytes());
        text[2..6].copy_from_slice(&owner.0);
        text[6] = b'-';
        text[7..].copy_from_slice(base32().encode(&random).as_bytes());
        Self(text)
    }

    /// The first marker inside a machine's name, whatever stands before or after it; letter case is ignored.
    #[must_use]
    pub fn find_in(name: &str) -> Option<Self> {
        name.as_bytes().windows(Self::LENGTH).find_map(|window| {
            // Nearly all are told apart by two bytes: a list has tens of thousands of them.
            if window[6] != b'-' || !window[0].eq_ignore_ascii_case(&b'v') {
                return None;
            }
            let mut text = [0; Self::LENGTH];
            text.copy_from_slice(window);
            text.make_ascii_lowercase();
            is_marker(&text).then_some(Self(text))
        })
    }

    /// Which installation made it.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner([self.0[2], self.0[3], self.0[4], self.0[5]])
    }

    /// The 23 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn is_marker(text: &[u8; Marker::LENGTH]) -> bool {
    let in_alphabet = |byte: &u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    text.starts_with(Marker::PREFIX.as_bytes())
        && text[2..6].iter().all(in_alphabet)
        && text[6] == b'-'
        && text[7..].iter().all(in_alphabet)
}

fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The specification is a constant that its own test encodes with; NOPAD is never reached.
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Marker({self})")
    }
}

impl FromStr for Marker {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match Self::find_in(text) {
            Some(marker) if text.len() == Self::LENGTH => Ok(marker),
            _ => Err(Error::invalid(
                "marker",
                text,
                "a marker is `vb`, 4 characters, a hyphen and 16 characters of a-z2-7",
            )),
        }
    }
}

impl Serialize for Marker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Marker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_lower_case_base32_and_carries_its_owner() {
        let owner = Owner::of_installation("one");
        let marker = Marker::new(owner, [0xff; 10]);
        assert_eq!(marker.as_str(), format!("vb{owner}-7777777777777777"));
        assert_eq!(marker.owner(), owner);
        assert_ne!(owner, Owner::of_installation("two"));
    }

    #[test]
    fn a_marker_is_found_anywhere_in_a_name_whatever_its_case() {
        let marker = Marker::new(Owner::of_installation("one"), [1; 10]);
        let name = format!("Web-{}_xyz", marker.as_str().to_uppercase());
        assert_eq!(Marker::find_in(&name), Some(marker));
        assert_eq!(Marker::find_in("vbab-short"), None);
        assert_eq!(Marker::find_in(""), None);
    }

    #[test]
    fn only_a_whole_marker_parses() {
        let marker = Marker::new(Owner::of_installation("one"), [1; 10]);
        assert_eq!(marker.to_string().parse::<Marker>().unwrap(), marker);
        assert!(format!("x{marker}").parse::<Marker>().is_err());
        assert!("vb".parse::<Marker>().is_err());
    }
}
