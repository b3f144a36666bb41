//! An account as one life of the program has it, at a cloud whose lists may be old.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker::{
    Clock, ComputeProvider, CreateRequest, Deletion, Handle, Listing, Marker, Observation, Offer, OfferQuery,
    Owner, Pages, ProviderId, Result, Semantics,
};

use crate::life::Life;

/// What an account lacks in a world that must be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Machines are made without our marker.
    Marker,
    /// A part of a list is shown as the whole.
    WholeLists,
}

/// An account as one life of the program has it. Some of its lists are as old as S allows.
#[derive(Debug)]
pub(crate) struct Account {
    inner: Arc<dyn ComputeProvider>,
    life: Arc<Life>,
    clock: Clock,
    lack: Option<Lack>,
    old: Mutex<Old>,
}

#[derive(Debug)]
struct Old {
    random: fastrand::Rng,
    /// The last list that was really read, and when it was asked for.
    list: Option<(Duration, Listing)>,
}

impl Account {
    pub(crate) fn new(
        inner: Arc<dyn ComputeProvider>,
        life: Arc<Life>,
        clock: Clock,
        lack: Option<Lack>,
        seed: u64,
    ) -> Self {
        let old = Mutex::new(Old { random: fastrand::Rng::with_seed(seed), list: None });
        Self { inner, life, clock, lack, old }
    }

    /// A list that is old, now and then.
    fn old_list(&self) -> Option<Listing> {
        let mut old = self.old.lock().unwrap();
        let lag = self.inner.semantics().list_lags_by;
        let is_due = old.random.u32(0..4) == 0;
        let (at, list) = old.list.as_ref()?;
        (is_due && self.clock.elapsed().saturating_sub(*at) < lag).then(|| list.clone())
    }
}

#[async_trait]
impl ComputeProvider for Account {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn semantics(&self) -> &Semantics {
        self.inner.semantics()
    }

    fn login(&self) -> Option<String> {
        self.inner.login()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.life.alive(self.inner.offers(query)).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let mut request = request.clone();
        if self.lack == Some(Lack::Marker) {
            let random = request.marker.as_str().as_bytes()[13..].try_into().unwrap();
            request.marker = Marker::new(Owner::of_installation("nobody"), random);
        }
        self.life.alive(self.inner.create(&request)).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.life.alive(self.inner.status(handles)).await
    }

    async fn list(&self) -> Result<Listing> {
        if self.lack == Some(Lack::WholeLists) {
            let mut pages = Pages::new();
            pages.add(Vec::new(), 0, None, true);
            return pages.finish(self.clock.now());
        }
        if let Some(old) = self.old_list() {
            return Ok(old);
        }
        let at = self.clock.elapsed();
        let list = self.life.alive(self.inner.list()).await?;
        self.old.lock().unwrap().list = Some((at, list.clone()));
        Ok(list)
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.life.alive(self.inner.delete(handle)).await
    }
}
