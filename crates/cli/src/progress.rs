//! An account that tells what is seen through it, so that waiting can be shown.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use vmbroker::{
    ComputeProvider, CreateRequest, Deletion, Handle, Listing, Observation, Offer, OfferQuery, ProviderId,
    Result, Semantics,
};

/// Told of each observation, and of the handle it was asked with.
pub(crate) type Told = Arc<dyn Fn(&Handle, &Observation) + Send + Sync>;

/// An account that tells of each observation made through it and changes nothing.
pub(crate) struct Watched {
    inner: Arc<dyn ComputeProvider>,
    told: Told,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn ComputeProvider>, told: Told) -> Self {
        Self { inner, told }
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ComputeProvider for Watched {
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
        self.inner.create(request).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let observations = self.inner.status(handles).await?;
        for (handle, observation) in handles.iter().zip(&observations) {
            (self.told)(handle, observation);
        }
        Ok(observations)
    }

    async fn list(&self) -> Result<Listing> {
        self.inner.list().await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.inner.delete(handle).await
    }
}
