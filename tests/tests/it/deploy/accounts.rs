//! Accounts that may be others than those which machines were ordered at, under their old names.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use vmbroker::deploy::Broker;
use vmbroker::deploy::engine::{Decision, Deployment, LegState};
use vmbroker::journal::SqliteJournal;
use vmbroker::{
    ComputeProvider, CreateRequest, Deletion, ErrorKind, Handle, Listing, Observation, Offer, OfferQuery,
    ProviderId, Result, Semantics,
};
use vmbroker_sim::Dialect;
use vmbroker_tests::{Fleet, broker, spec};

use super::{down, up, within};

const ONE: [Dialect; 1] = [Dialect::Zenlayer];

/// An account that is reached by this login; absent: nobody can tell.
#[derive(Debug)]
struct By {
    inner: Arc<dyn ComputeProvider>,
    login: Option<&'static str>,
}

#[async_trait]
impl ComputeProvider for By {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn semantics(&self) -> &Semantics {
        self.inner.semantics()
    }

    fn login(&self) -> Option<String> {
        self.login.map(str::to_owned)
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.inner.offers(query).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        self.inner.create(request).await
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.inner.status(handles).await
    }

    async fn list(&self) -> Result<Listing> {
        self.inner.list().await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.inner.delete(handle).await
    }
}

/// A new process whose accounts are reached by this login.
async fn by(fleet: &Fleet, home: &Path, login: Option<&'static str>) -> Broker {
    let registry = fleet.registry_of(|inner| Arc::new(By { inner, login }));
    let journal = SqliteJournal::open(home, fleet.clock.now(), None).await.unwrap();
    broker(registry, Arc::new(journal))
}

fn zenlayer() -> ProviderId {
    Dialect::Zenlayer.name().parse().unwrap()
}

async fn state(broker: &Broker) -> Deployment {
    broker.state("web").await.unwrap().unwrap()
}

/// Whose machine is up, by this login; the clouds of somebody else; and the journal.
async fn moved(login: Option<&'static str>) -> (Fleet, Fleet, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Fleet::set(&ONE).await, Fleet::set(&ONE).await);
    let broker = by(&ours, home.path(), login).await;
    let choices = ours.choices(&ONE).await;
    assert!(up(&ours, &broker, spec("web", 1, choices)).await.is_complete());
    (ours, theirs, home)
}

#[tokio::test(start_paused = true)]
async fn what_another_account_does_not_show_is_not_gone() {
    let (ours, theirs, home) = moved(Some("ours")).await;
    {
        let broker = by(&theirs, home.path(), Some("theirs")).await;
        let error = broker.accounts().await.unwrap().get(&zenlayer()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains("`zenlayer` has other credentials"), "{error}");
        let report = within(&theirs, broker.destroy("web").await.unwrap().finish()).await.unwrap();
        assert_ne!(state(&broker).await.legs.values().next().unwrap().state, LegState::Gone, "{report:#?}");
        broker.look().await.unwrap();
        let marker = *state(&broker).await.legs.keys().next().unwrap();
        let error = broker.resolve(marker, Decision::ConfirmAbsent).await.unwrap_err();
        assert!(
            error.to_string().contains("has other credentials"),
            "what would a person say it by? {error}"
        );
    }
    let broker = by(&ours, home.path(), Some("ours")).await;
    assert_eq!(ours.live(), 1);
    down(&ours, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn where_the_login_cannot_be_told_another_account_loses_a_machine() {
    let (ours, theirs, home) = moved(None).await;
    let broker = by(&theirs, home.path(), None).await;
    within(&theirs, broker.destroy("web").await.unwrap().finish()).await.unwrap();
    assert_eq!(state(&broker).await.legs.values().next().unwrap().state, LegState::Gone);
    assert_eq!(ours.live(), 1, "it costs money, and nobody looks for it");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_for_the_same_account_is_known_by_the_machines_it_shows() {
    let (ours, _, home) = moved(Some("an old key")).await;
    for login in ["a new key", "a newer key"] {
        let broker = by(&ours, home.path(), Some(login)).await;
        broker.accounts().await.unwrap().get(&zenlayer()).unwrap();
        let logins = broker.journal().logins().await.unwrap();
        assert_eq!(logins, [(zenlayer(), login.to_owned())].into());
    }
    let broker = by(&ours, home.path(), Some("a newer key")).await;
    down(&ours, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn with_nothing_in_the_journal_any_login_is_as_good() {
    let (ours, theirs, home) = moved(Some("ours")).await;
    {
        let broker = by(&ours, home.path(), Some("ours")).await;
        down(&ours, &broker, "web").await;
    }
    let broker = by(&theirs, home.path(), Some("theirs")).await;
    let choices = theirs.choices(&ONE).await;
    assert!(up(&theirs, &broker, spec("web", 1, choices)).await.is_complete());
    down(&theirs, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn a_person_may_say_that_it_is_the_same_account() {
    let (_, theirs, home) = moved(Some("ours")).await;
    let broker = by(&theirs, home.path(), Some("theirs")).await;
    broker.accounts().await.unwrap().get(&zenlayer()).unwrap_err();
    broker.vouch(&zenlayer()).await.unwrap();
    broker.accounts().await.unwrap().get(&zenlayer()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_adapter_tells_its_logins_apart_and_shows_none_of_their_secrets() {
    for dialect in Dialect::ALL {
        let fleet = Fleet::set(&[dialect]).await;
        let registry = fleet.registry();
        let account = registry.get(&dialect.name().parse().unwrap()).unwrap();
        let login = account.login().unwrap();
        let held = fleet.cloud(dialect).account().credentials.clone();
        assert!(!login.contains(&held.secret) && login.len() >= 16, "{dialect}: {login}");
        let again = fleet.registry().get(&dialect.name().parse().unwrap()).unwrap().login();
        assert_eq!(again.as_ref(), Some(&login), "{dialect}");
    }
}
