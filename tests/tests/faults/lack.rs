//! Programs that lack a safeguard. Each must be found out, by small sets already.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use vmbroker::{
    Clock, ComputeProvider, CreateRequest, Deletion, Handle, Listing, Marker, Observation, Offer, OfferQuery,
    Owner, Pages, ProviderId, Result, Semantics, State,
};

/// What a program lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Machines are made without our marker.
    Marker,
    /// A part of a list is shown as the whole.
    WholeLists,
    /// What is about to be sent is written only with what comes after it.
    Intent,
    /// A create of which no answer came is sent again by the transport.
    OneSend,
    /// Absence is believed at once, however late a create may apply.
    Grace,
    /// A machine counts as gone when its deletion was accepted.
    Proof,
}

impl Lack {
    pub(crate) const ALL: [Self; 6] =
        [Self::Marker, Self::WholeLists, Self::Intent, Self::OneSend, Self::Grace, Self::Proof];

    fn word(self) -> &'static str {
        match self {
            Self::Marker => "marker",
            Self::WholeLists => "whole-lists",
            Self::Intent => "intent",
            Self::OneSend => "one-send",
            Self::Grace => "grace",
            Self::Proof => "proof",
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Lack {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.into_iter().find(|lack| lack.word() == text);
        found.ok_or_else(|| format!("`{text}` is nothing that can be lacking"))
    }
}

/// An account that lacks something.
#[derive(Debug)]
pub(crate) struct Lacking {
    pub(crate) inner: Arc<dyn ComputeProvider>,
    pub(crate) lack: Lack,
    pub(crate) clock: Clock,
    /// The machines whose deletion was accepted.
    pub(crate) ended: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl ComputeProvider for Lacking {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn semantics(&self) -> &Semantics {
        self.inner.semantics()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.inner.offers(query).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let mut request = request.clone();
        if self.lack == Lack::Marker {
            let random = request.marker.as_str().as_bytes()[13..].try_into().unwrap();
            request.marker = Marker::new(Owner::of_installation("nobody"), random);
        }
        self.inner.create(&request).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let mut seen = self.inner.status(handles).await?;
        if self.lack == Lack::Proof {
            let ended = self.ended.lock().unwrap();
            for (seen, handle) in seen.iter_mut().zip(handles).filter(|(_, it)| ended.contains(it.id())) {
                *seen = Observation::found(handle.clone(), seen.at, State::Gone, "gone");
            }
        }
        Ok(seen)
    }

    async fn list(&self) -> Result<Listing> {
        if self.lack == Lack::WholeLists {
            let mut pages = Pages::new();
            pages.add(Vec::new(), 0, None, true);
            return pages.finish(self.clock.now());
        }
        self.inner.list().await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        let deletion = self.inner.delete(handle).await?;
        self.ended.lock().unwrap().insert(handle.id().to_owned());
        Ok(deletion)
    }
}
