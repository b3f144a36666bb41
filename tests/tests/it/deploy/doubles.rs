//! Safeguards outside the engine, each with a double that lacks it and so loses or doubles a machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use vmbroker::journal::{self, Batch, Journal, SqliteJournal};
use vmbroker::{
    ComputeProvider, CreateRequest, Deletion, Handle, Listing, Marker, Observation, Offer, OfferQuery, Owner,
    Pages, ProviderId, Result, Semantics,
};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, broker, spec};

use super::{THREE, up};

/// An account that forgets the marker, or shows a part of its list as the whole.
#[derive(Debug)]
struct Crooked {
    inner: Arc<dyn ComputeProvider>,
    forgets_the_marker: bool,
    cuts_the_list: bool,
}

#[async_trait]
impl ComputeProvider for Crooked {
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
        if self.forgets_the_marker {
            let random = request.marker.as_str().as_bytes()[13..].try_into().unwrap();
            request.marker = Marker::new(Owner::of_installation("nobody"), random);
        }
        self.inner.create(&request).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.inner.status(handles).await
    }

    async fn list(&self) -> Result<Listing> {
        let listing = self.inner.list().await?;
        if !self.cuts_the_list {
            return Ok(listing);
        }
        let at = listing.at();
        let mut pages = Pages::new();
        pages.add(listing.into_instances().into_iter().skip(1).collect(), 0, None, true);
        pages.finish(at)
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.inner.delete(handle).await
    }
}

/// How many machines stand for one that is wanted, when the first create's answer is lost.
async fn after_a_lost_answer(forgets_the_marker: bool, cuts_the_list: bool) -> usize {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let choices = fleet.choices(&[Dialect::Zenlayer, Dialect::Wayscloud]).await;
    fleet.cloud(Dialect::Zenlayer).arm(Fault::once("create", FaultKind::LoseAnswer));
    let registry = fleet.registry_of(|inner| Arc::new(Crooked { inner, forgets_the_marker, cuts_the_list }));
    let journal = SqliteJournal::open(home.path(), fleet.clock.now(), None).await.unwrap();
    let broker = broker(registry, Arc::new(journal));
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    fleet.live()
}

#[tokio::test(start_paused = true)]
async fn without_the_marker_a_lost_create_is_doubled() {
    assert_eq!(after_a_lost_answer(false, false).await, 1);
    assert_eq!(after_a_lost_answer(true, false).await, 2);
}

#[tokio::test(start_paused = true)]
async fn without_complete_lists_a_lost_create_is_doubled() {
    assert_eq!(after_a_lost_answer(false, true).await, 2);
}

/// A journal that says yes to what is about to be sent, and writes nothing.
#[derive(Debug)]
struct Forgetful(SqliteJournal);

#[async_trait]
impl Journal for Forgetful {
    async fn commit(&self, point: &'static str, batch: Batch) -> journal::Result<()> {
        if matches!(point, "planned" | "sending") { Ok(()) } else { self.0.commit(point, batch).await }
    }

    async fn deployments(&self) -> journal::Result<Vec<journal::DeploymentRow>> {
        self.0.deployments().await
    }

    async fn deployment(&self, name: &str) -> journal::Result<Option<journal::Record>> {
        self.0.deployment(name).await
    }

    async fn legs(&self) -> journal::Result<Vec<journal::LegRow>> {
        self.0.legs().await
    }

    async fn attempts(&self, leg: Marker) -> journal::Result<Vec<journal::AttemptRow>> {
        self.0.attempts(leg).await
    }

    async fn handles(&self) -> journal::Result<Vec<journal::HandleRow>> {
        self.0.handles().await
    }

    async fn events(&self, name: &str, after: u64) -> journal::Result<Vec<journal::EventRow>> {
        self.0.events(name, after).await
    }

    async fn blocks(&self, now: jiff::Timestamp) -> journal::Result<Vec<journal::BlockRow>> {
        self.0.blocks(now).await
    }

    async fn looks(&self) -> journal::Result<Vec<journal::LookRow>> {
        self.0.looks().await
    }

    async fn sightings(&self) -> journal::Result<Vec<journal::SightingRow>> {
        self.0.sightings().await
    }

    async fn logins(&self) -> journal::Result<BTreeMap<ProviderId, String>> {
        self.0.logins().await
    }

    async fn made_at(&self) -> journal::Result<jiff::Timestamp> {
        self.0.made_at().await
    }
}

/// How many machines stand for one that is wanted, when the program dies as soon as the create arrived.
async fn after_death_in_the_middle_of_a_create(writes_first: bool) -> usize {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    fleet.cloud(Dialect::Zenlayer).arm(Fault::once("create", FaultKind::LoseAnswer));
    let inner = SqliteJournal::open(home.path(), fleet.clock.now(), None).await.unwrap();
    let first: Arc<dyn Journal> =
        if writes_first { Arc::new(inner.clone()) } else { Arc::new(Forgetful(inner.clone())) };
    let dying = broker(fleet.registry(), first);
    let mut run = dying.deploy(spec("web", 1, choices.clone())).await.unwrap();
    let arrived = async {
        while fleet.creates() == 0 {
            fleet.clock.sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = arrived => {}
        // The forgetful journal may be found out first; the create went out all the same.
        () = async { while run.next().await.is_some() {} } => {}
    }
    assert_eq!(fleet.creates(), 1);
    drop(run);
    let next = broker(fleet.registry(), Arc::new(inner));
    let report = up(&fleet, &next, spec("web", 1, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    fleet.live()
}

#[tokio::test(start_paused = true)]
async fn without_the_intent_before_the_send_a_crash_doubles() {
    assert_eq!(after_death_in_the_middle_of_a_create(true).await, 1);
    assert_eq!(after_death_in_the_middle_of_a_create(false).await, 2);
}
