//! What a law is run on.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vmbroker_core::{Clock, ComputeProvider, CreateRequest, Marker, State};

use crate::{Unseen, World};

/// A provider on a simulated cloud, with all that the laws need to judge it.
///
/// The account must have room for two dozen machines at once. The laws create machines and delete them again;
/// machines of others are never touched.
pub struct Subject {
    provider: Arc<dyn ComputeProvider>,
    clock: Clock,
    request: Box<dyn Fn() -> CreateRequest + Send + Sync>,
    world: Arc<dyn World>,
    patience: Duration,
    call_limit: Duration,
    spare_status_calls: u64,
    markers: Mutex<Vec<Marker>>,
}

impl Subject {
    /// This provider, on this clock; `request` makes a wish that the cloud can meet, with a new marker each time.
    ///
    /// Nothing is known of the cloud until [`with_world`](Self::with_world). The clock must be the one by which
    /// provider and cloud live.
    #[must_use]
    pub fn new(
        provider: Arc<dyn ComputeProvider>,
        clock: Clock,
        request: impl Fn() -> CreateRequest + Send + Sync + 'static,
    ) -> Self {
        Self {
            provider,
            clock,
            request: Box::new(request),
            world: Arc::new(Unseen),
            patience: Duration::from_secs(2 * 3_600),
            call_limit: Duration::from_secs(60),
            spare_status_calls: 0,
            markers: Mutex::default(),
        }
    }

    /// The same subject in this world.
    #[must_use]
    pub fn with_world(mut self, world: Arc<dyn World>) -> Self {
        self.world = world;
        self
    }

    /// The same subject, with this long at most for a machine to come up or to go. Two hours unless set.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The same subject, with this long at most for one create or one delete while nothing goes wrong: less
    /// than the cloud needs to build or end a machine, or waiting for it would go unnoticed. 60 s unless set.
    #[must_use]
    pub fn with_call_limit(mut self, limit: Duration) -> Self {
        self.call_limit = limit;
        self
    }

    /// The same subject, whose status costs this many calls more than its number of batches, however many
    /// handles are asked for; at most 3 make sense. None unless set.
    #[must_use]
    pub fn with_spare_status_calls(mut self, calls: u64) -> Self {
        self.spare_status_calls = calls;
        self
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &dyn ComputeProvider {
        &*self.provider
    }

    /// The clock by which everything is measured.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What is known of the cloud.
    #[must_use]
    pub fn world(&self) -> &dyn World {
        &*self.world
    }

    /// A wish that the cloud can meet. Its marker is remembered for [`clean`](Self::clean).
    #[must_use]
    pub fn request(&self) -> CreateRequest {
        let request = (self.request)();
        self.markers.lock().unwrap_or_else(PoisonError::into_inner).push(request.marker);
        request
    }

    /// Ends every armed fault and deletes what the laws have created so far, as long as patience lasts.
    ///
    /// Where the world has no ledger, a machine that is still hidden is found by a later call only.
    pub async fn clean(&self) {
        self.world.disarm().await;
        let markers = self.markers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut still_unseen = Vec::new();
        let until = self.clock.elapsed().saturating_add(self.patience);
        while self.clock.elapsed() < until {
            if let Ok(listing) = self.provider.list().await {
                let mut left = false;
                for instance in listing.instances().iter().filter(|it| it.state != State::Gone) {
                    if instance.marker.is_some_and(|marker| markers.contains(&marker)) {
                        left = true;
                        // What cannot be deleted now is tried again in the next round.
                        let _ = self.provider.delete(&instance.handle).await;
                    }
                }
                let mut unseen = Vec::new();
                for marker in &markers {
                    let live = self.world.live_machines(*marker).await;
                    left |= live.is_some_and(|live| live > 0);
                    unseen.extend(live.is_none().then_some(*marker));
                }
                if !left {
                    still_unseen = unseen;
                    break;
                }
            }
            self.pause().await;
        }
        // What did not go in all that time is left behind, or it would delay every law to come.
        *self.markers.lock().unwrap_or_else(PoisonError::into_inner) = still_unseen;
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn call_limit(&self) -> Duration {
        self.call_limit
    }

    pub(crate) fn spare_status_calls(&self) -> u64 {
        self.spare_status_calls
    }

    /// Waits until the next look, at the provider's pace.
    pub(crate) async fn pause(&self) {
        self.clock.sleep(self.provider.semantics().poll_every.max(Duration::from_millis(1))).await;
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("provider", self.provider.id())
            .field("patience", &self.patience)
            .field("call_limit", &self.call_limit)
            .field("spare_status_calls", &self.spare_status_calls)
            .finish_non_exhaustive()
    }
}
