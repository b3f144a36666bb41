//! An account that answers at once, and a journal that keeps nothing: what is left is the broker's own work.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::journal::{
    AttemptRow, Batch, BlockRow, DeploymentRow, EventRow, HandleRow, Journal, LegRow, LookRow, Record,
    SightingRow,
};
use vmbroker_core::{
    ComputeProvider, CreateRequest, DeleteMode, Deletion, Handle, Instance, Listing, Marker, NameRule, Next,
    Observation, Offer, OfferQuery, Pages, ProviderId, Result, Semantics, State,
};

/// Each machine is up as soon as it is ordered.
#[derive(Debug)]
pub(crate) struct Instant {
    id: ProviderId,
    semantics: Semantics,
    at: Timestamp,
    machines: Mutex<BTreeMap<String, Instance>>,
}

impl Instant {
    pub(crate) fn open(id: &str, at: Timestamp) -> Self {
        let semantics = Semantics {
            kind: "instant",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 40, capitals: false, full_stop: false },
            create_applies_within: Default::default(),
            list_lags_by: Default::default(),
            visible_within: Some(Default::default()),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Default::default(),
        };
        Self { id: id.parse().unwrap(), semantics, at, machines: Mutex::default() }
    }
}

#[async_trait]
impl ComputeProvider for Instant {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, _: &OfferQuery) -> Result<Vec<Offer>> {
        Ok(Vec::new())
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let mut machines = self.machines.lock().unwrap();
        let id = format!("i-{}", machines.len());
        let handle = Handle::of_instance(&self.id, id.clone()).made(self.at, request.marker);
        let mut machine = Instance::new(handle.clone(), request.marker.as_str(), State::Running, "up");
        machine.public_addresses = vec![IpAddr::from([203, 0, 113, 7])];
        machines.insert(id, machine);
        Ok(handle)
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let machines = self.machines.lock().unwrap();
        let look = |handle: &Handle| match machines.get(handle.id()) {
            Some(machine) => Observation::of_instance(handle.clone(), machine.clone(), self.at),
            None => Observation::not_found(handle.clone(), self.at),
        };
        Ok(handles.iter().map(look).collect())
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = Pages::new();
        pages.add(self.machines.lock().unwrap().values().cloned().collect(), 0, None, true);
        pages.finish(self.at)
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.machines.lock().unwrap().remove(handle.id());
        Ok(Deletion { handle: handle.clone(), next: Next::Started })
    }
}

/// Counts what is written, and forgets it.
#[derive(Debug, Default)]
pub(crate) struct Forgetful {
    pub(crate) commits: AtomicUsize,
    pub(crate) changes: AtomicUsize,
}

type Kept<T> = vmbroker::journal::Result<T>;

#[async_trait]
impl Journal for Forgetful {
    async fn commit(&self, _: &'static str, batch: Batch) -> Kept<()> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.changes.fetch_add(batch.changes().len(), Ordering::SeqCst);
        Ok(())
    }

    async fn deployments(&self) -> Kept<Vec<DeploymentRow>> {
        Ok(Vec::new())
    }

    async fn deployment(&self, _: &str) -> Kept<Option<Record>> {
        Ok(None)
    }

    async fn legs(&self) -> Kept<Vec<LegRow>> {
        Ok(Vec::new())
    }

    async fn attempts(&self, _: Marker) -> Kept<Vec<AttemptRow>> {
        Ok(Vec::new())
    }

    async fn handles(&self) -> Kept<Vec<HandleRow>> {
        Ok(Vec::new())
    }

    async fn events(&self, _: &str, _: u64) -> Kept<Vec<EventRow>> {
        Ok(Vec::new())
    }

    async fn blocks(&self, _: Timestamp) -> Kept<Vec<BlockRow>> {
        Ok(Vec::new())
    }

    async fn looks(&self) -> Kept<Vec<LookRow>> {
        Ok(Vec::new())
    }

    async fn sightings(&self) -> Kept<Vec<SightingRow>> {
        Ok(Vec::new())
    }

    async fn logins(&self) -> Kept<BTreeMap<ProviderId, String>> {
        Ok(BTreeMap::new())
    }

    async fn made_at(&self) -> Kept<Timestamp> {
        Ok(Timestamp::UNIX_EPOCH)
    }
}
