//! The one trait.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    CreateRequest, Deletion, Error, Handle, Listing, Observation, Offer, OfferQuery, Result, Semantics,
};

/// The name an account has in the configuration, such as `fluence` or `zenlayer-eu`.
///
/// 1 to 32 characters of `[a-z0-9-]`, starting and ending with a letter or digit.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(Arc<str>);

impl ProviderId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderId({})", self.0)
    }
}

impl FromStr for ProviderId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        let allowed = bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if allowed && bytes.len() <= 32 && ends(bytes.first()) && ends(bytes.last()) {
            Ok(Self(text.into()))
        } else {
            Err(Error::invalid(
                "account",
                text,
                "an account's name is 1 to 32 characters of a-z, 0-9 and `-`, with no hyphen at either end",
            ))
        }
    }
}

impl Serialize for ProviderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A configured account at a cloud.
///
/// Implementations translate to one wire and decide nothing else: they never sleep to wait for a machine, never
/// repeat a create, and keep nothing between calls but caches of what the provider said. Waiting, finding and
/// deleting until gone are in [`ComputeProviderExt`](crate::ComputeProviderExt).
///
/// An application that calls this trait directly has no journal: if its process dies between the provider's
/// acceptance and the returned [`Handle`], only the marker in the machine's name tells whose it is.
/// Do not drop the future of [`create`](Self::create) before it ends: the machine may exist all the same.
#[async_trait]
pub trait ComputeProvider: fmt::Debug + Send + Sync + 'static {
    /// The account's name.
    fn id(&self) -> &ProviderId;

    /// How this provider behaves where callers must know.
    fn semantics(&self) -> &Semantics;

    /// What tells the login of this account from another one, fit to be kept in a journal: no secret, and the same text
    /// every time for the same login. Absent: it cannot be told.
    ///
    /// With another login than machines were ordered with, it may be another account that has the old name: its lists
    /// prove nothing of those machines until one of them is seen in a list.
    fn login(&self) -> Option<String> {
        None
    }

    /// What can be rented that meets the query, in no particular order; empty where nothing does.
    ///
    /// Every such offer is in the answer, also one whose price cannot be told. Where asking for all prices would take
    /// too many calls, those left out are [`Price::not_asked`](crate::Price::not_asked): then the answer is kept for
    /// the same query only, and a narrower one is asked anew.
    ///
    /// # Errors
    /// Any kind but `NotFound`; the effect is always `None`.
    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>>;

    /// Orders **one** machine and returns at once with the handle of what was accepted.
    ///
    /// Look-ups that turn neutral words into the provider's own come first; then one create request is sent,
    /// once.
    ///
    /// # Errors
    /// With effect `None`: nothing was ordered, and the kind says why (`InvalidRequest` and `IncompatibleOffer`
    /// before anything is sent). With effect `Unknown`: a machine may exist; look for the marker in complete
    /// listings before anything else.
    ///
    /// # Idempotency
    /// None: each call orders another machine, even with the same marker.
    async fn create(&self, request: &CreateRequest) -> Result<Handle>;

    /// Looks at many machines in as few calls as the provider allows: one observation for each handle, in the
    /// same order. A handle the provider does not know is an observation too.
    ///
    /// # Errors
    /// When the provider cannot be asked. Never because one handle is unknown; a failed look is never absence.
    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>>;

    /// Every instance of the account, over all pages.
    ///
    /// # Errors
    /// When any page cannot be read or the pages do not add up: a part of a list is never returned.
    async fn list(&self) -> Result<Listing>;

    /// Takes the next step towards the machine's end that is possible now, and says what comes after it.
    ///
    /// # Errors
    /// When the step was refused or its outcome is unknown. "Already being deleted" is success.
    ///
    /// # Idempotency
    /// Safe to repeat at any time, in any state, with the old handle or the returned one.
    async fn delete(&self, handle: &Handle) -> Result<Deletion>;
}
