//! The provider's own reference to one machine.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, Marker, ProviderId, Result, State};

/// What was last seen of a machine, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// When the provider said so.
    pub at: Timestamp,
    /// What it said.
    pub state: State,
}

/// The provider's own reference to one machine: an order, an instance, or both.
///
/// As text it is `account/kind:id`, where the kind is `instance` or, before an instance is known, `order`;
/// every command takes that text back. As JSON it also carries when it was made and what was last seen, so that
/// "not found" can be judged after a restart.
///
/// ```
/// let handle: vmbroker_core::Handle = "zenlayer/instance:1234567890123456789".parse()?;
/// assert_eq!(handle.instance.as_deref(), Some("1234567890123456789"));
/// assert_eq!(handle.to_string(), "zenlayer/instance:1234567890123456789");
/// # Ok::<(), vmbroker_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handle {
    /// The layout of this record; 1.
    pub version: u32,
    /// The account it belongs to.
    pub provider: ProviderId,
    /// The provider's id of the order; absent where the provider has no orders or it is no longer needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The provider's id of the instance; absent until it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The provider's id of the open order that ends the machine; absent unless one was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_order: Option<String>,
    /// The token in the machine's name; absent for machines that carry none of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<Marker>,
    /// When the create was accepted; absent for a handle read from text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// What was last seen of it; absent when it was never seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Sighting>,
}

impl Handle {
    /// The layout that this version of vmbroker writes.
    pub const VERSION: u32 = 1;

    /// A handle of an order.
    #[must_use]
    pub fn of_order(provider: &ProviderId, order: impl Into<String>) -> Self {
        Self { order: Some(order.into()), ..Self::empty(provider) }
    }

    /// A handle of an instance.
    #[must_use]
    pub fn of_instance(provider: &ProviderId, instance: impl Into<String>) -> Self {
        Self { instance: Some(instance.into()), ..Self::empty(provider) }
    }

    /// The same handle, made then for the machine with this marker.
    #[must_use]
    pub fn made(mut self, at: Timestamp, marker: Marker) -> Self {
        self.made_at = Some(at);
        self.marker = Some(marker);
        self
    }

    /// The same handle, with the machine last seen in this state.
    #[must_use]
    pub fn seen(mut self, at: Timestamp, state: State) -> Self {
        self.last_seen = Some(Sighting { at, state });
        self
    }

    /// The id that the text form shows: the instance's, else the order's.
    #[must_use]
    pub fn id(&self) -> &str {
        self.instance.as_deref().or(self.order.as_deref()).unwrap_or_default()
    }

    /// Whether both name one machine: the same instance or the same order of the same account. Letter case does not
    /// count, for there are clouds that change it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |ours: &Option<String>, theirs: &Option<String>| {
            ours.as_ref().zip(theirs.as_ref()).is_some_and(|(ours, theirs)| ours.eq_ignore_ascii_case(theirs))
        };
        self.provider == other.provider
            && (same(&self.instance, &other.instance) || same(&self.order, &other.order))
    }

    fn empty(provider: &ProviderId) -> Self {
        Self {
            version: Self::VERSION,
            provider: provider.clone(),
            order: None,
            instance: None,
            deletion_order: None,
            marker: None,
            made_at: None,
            last_seen: None,
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.instance.is_some() { "instance" } else { "order" };
        f.pad(&format!("{}/{kind}:{}", self.provider, self.id()))
    }
}

impl FromStr for Handle {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            || Error::invalid("handle", text, "a handle is `account/instance:id` or `account/order:id`");
        let (account, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (kind, id) = rest.split_once(':').ok_or_else(wrong)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if id.is_empty() || id.len() > 128 || !id.bytes().all(fits) {
            return Err(Error::invalid(
                "handle",
                text,
                "its id must be 1 to 128 characters of letters, digits, `-`, `_` and `.`",
            ));
        }
        let provider = account.parse()?;
        match kind {
            "instance" => Ok(Self::of_instance(&provider, id)),
            "order" => Ok(Self::of_order(&provider, id)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_comes_back_as_the_same_reference() {
        for text in [
            "fluence/instance:0xCbfC94101AE30f212790B6Da340fD071B5eee86D",
            "ways-2/order:68308972a32c419a956a63aae54d0c7a",
        ] {
            assert_eq!(text.parse::<Handle>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_handle_is_refused_with_a_sentence() {
        for text in [
            "",
            "x",
            "a/b",
            "a/b:c",
            "A/order:1",
            "a/order:",
            "a/order:../x",
            "a/order:x y",
            "a/order:\u{1b}",
        ] {
            let error = text.parse::<Handle>().unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidRequest, "{text}");
        }
    }

    #[test]
    fn json_keeps_what_was_seen() {
        let provider: ProviderId = "zen".parse().unwrap();
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let handle = Handle::of_order(&provider, "o1").seen(at, State::Ordered);
        let json = serde_json::to_string(&handle).unwrap();
        assert_eq!(serde_json::from_str::<Handle>(&json).unwrap(), handle);
    }
}
