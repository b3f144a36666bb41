//! The driver over a small account of its own, with the safeguard that only a driver has.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Error, ErrorKind, Handle, ImageWish,
    Instance, Listing, Marker, Money, NameRule, Next, Observation, Offer, OfferId, OfferQuery, Owner, Pages,
    ProviderId, Result, Semantics, Size, State,
};
use vmbroker_journal::{Journal, Probe, SqliteJournal};

use crate::Registry;
use crate::deploy::engine::guards::{Guard, without};
use crate::deploy::engine::{Deployment, Event, LegState, What};
use crate::deploy::{Broker, Choice, DeployError, DeploySpec, Draw, News, Policy, Ready, Strategy};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn";
const SLOW: Duration = Duration::from_secs(5);

/// What is wrong with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quirk {
    Nothing,
    /// It panics in the middle of a create.
    Panics,
    /// Asked about several machines, it answers about the last alone.
    AnswersShort,
}

/// An account whose creates take five seconds and whose machines run at once.
#[derive(Debug)]
struct Slow {
    id: ProviderId,
    semantics: Semantics,
    clock: Clock,
    machines: Mutex<Vec<Marker>>,
    quirk: Quirk,
}

impl Slow {
    fn new(clock: &Clock, quirk: Quirk) -> Arc<Self> {
        let semantics = Semantics {
            kind: "slow",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 64, capitals: false, full_stop: false },
            create_applies_within: Duration::from_secs(30),
            list_lags_by: Duration::ZERO,
            visible_within: Some(Duration::ZERO),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(4),
        };
        let (id, clock) = ("slow".parse().unwrap(), clock.clone());
        Arc::new(Self { id, semantics, clock, machines: Mutex::default(), quirk })
    }

    fn count(&self) -> usize {
        self.machines.lock().unwrap().len()
    }
}

#[async_trait]
impl ComputeProvider for Slow {
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
        self.machines.lock().unwrap().push(request.marker);
        assert!(self.quirk != Quirk::Panics, "an adapter with a mistake");
        self.clock.sleep(SLOW).await;
        let handle = Handle::of_instance(&self.id, request.marker.as_str());
        Ok(handle.made(self.clock.now(), request.marker))
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let at = self.clock.now();
        let seen = |handle: &Handle| Observation::found(handle.clone(), at, State::Running, "on");
        let skipped = if self.quirk == Quirk::AnswersShort { handles.len() - 1 } else { 0 };
        Ok(handles.iter().skip(skipped).map(seen).collect())
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = Pages::new();
        let row = |marker: &Marker| {
            let handle = Handle::of_instance(&self.id, marker.as_str());
            Instance::new(handle, marker.as_str(), State::Running, "on")
        };
        pages.add(self.machines.lock().unwrap().iter().map(row).collect(), 0, None, true);
        pages.finish(self.clock.now())
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        Ok(Deletion { handle: handle.clone(), next: Next::NothingLeft })
    }
}

fn spec() -> DeploySpec {
    let dollar = Money::new(1.into(), vmbroker_core::Currency::USD);
    let marker = Marker::new(Owner::of_installation("tests"), [0; 10]);
    let size = Size { vcpus: 1, memory_mib: 1_024 };
    let image = ImageWish::Name("ubuntu-22.04".to_owned());
    DeploySpec {
        name: "web".to_owned(),
        count: 1,
        template: CreateRequest::new(marker, size, image, KEY.parse().unwrap()),
        file_hash: String::new(),
        fields: std::collections::BTreeMap::new(),
        choices: vec![Choice {
            account: "slow".parse().unwrap(),
            offer: OfferId("small".to_owned()),
            location: vmbroker_core::Location::default(),
            price: vmbroker_core::Price::untold(),
            quote: dollar,
            reserve: dollar,
        }],
        policy: Policy { strategy: Strategy::InOrder, ready: Ready::Running, ..Policy::default() },
    }
}

fn clock() -> Clock {
    Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1)
}

async fn broker(folder: &Path, slow: &Arc<Slow>, probe: Option<Probe>) -> Broker {
    let mut registry = Registry::new(slow.clock.clone());
    registry.add(Arc::clone(slow) as Arc<dyn ComputeProvider>).unwrap();
    let journal = SqliteJournal::open(folder, slow.clock.now(), probe).await.unwrap();
    let owner = Owner::of_installation("tests");
    let drawn = std::sync::atomic::AtomicU8::new(1);
    let draw = Draw::new(move || Ok([drawn.fetch_add(1, std::sync::atomic::Ordering::SeqCst); 10]));
    Broker::new(registry, Arc::new(journal) as Arc<dyn Journal>, owner).drawing(draw)
}

async fn state(broker: &Broker) -> Deployment {
    broker.state("web").await.unwrap().unwrap()
}

/// Works on the run until the middle of its create.
async fn until_the_middle<T>(slow: &Slow, run: impl Future<Output = T>) {
    tokio::select! {
        _ = run => panic!("it ended before the create"),
        () = slow.clock.sleep(SLOW / 2) => {}
    }
}

/// Drops the run in the middle of a create; where its leg is a while later.
async fn dropped_in_the_middle() -> LegState {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let broker = broker(home.path(), &slow, None).await;
    let run = broker.deploy(spec()).await.unwrap();
    until_the_middle(&slow, run.finish()).await;
    assert_eq!(slow.count(), 1);
    slow.clock.sleep(SLOW * 4).await;
    state(&broker).await.legs.values().next().unwrap().state
}

#[tokio::test(start_paused = true)]
async fn without_a_task_of_its_own_a_dropped_send_loses_its_handle() {
    assert_eq!(dropped_in_the_middle().await, LegState::Accepted);
    let _removed = without(Guard::OwnTask);
    assert_eq!(dropped_in_the_middle().await, LegState::Sending, "nobody knows the handle");
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_dropped_run_waits_for_its_sends() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let broker = broker(home.path(), &slow, None).await;
    let run = broker.deploy(spec()).await.unwrap();
    until_the_middle(&slow, run.finish()).await;
    assert!(broker.look().await.unwrap().is_empty(), "nothing is known before the answer");
    let report = broker.deploy(spec()).await.unwrap().finish().await.unwrap();
    assert!(report.is_complete() && slow.count() == 1, "{report:#?}");
    let events = broker.events("web").await.unwrap();
    let handed_over = |event: &Event| matches!(event.what, What::Accepted { .. });
    assert!(events.iter().any(handed_over), "the answer was thrown away: {events:#?}");
}

#[tokio::test(start_paused = true)]
async fn beside_a_run_nothing_else_touches_its_deployment() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let broker = broker(home.path(), &slow, None).await;
    let mut run = std::pin::pin!(broker.deploy(spec()).await.unwrap().finish());
    until_the_middle(&slow, run.as_mut()).await;
    assert!(broker.look().await.unwrap().is_empty());
    for error in [broker.deploy(spec()).await.unwrap_err(), broker.destroy("web").await.unwrap_err()] {
        assert!(matches!(&error, DeployError::Wish(error) if error.kind() == ErrorKind::Conflict), "{error}");
        assert!(error.to_string().contains("`web`"), "{error}");
    }
    assert!(run.await.unwrap().is_complete());
    let report = broker.destroy("web").await.unwrap().finish().await.unwrap();
    assert_eq!(report.running(), 0, "a run that has ended is in nobody's way");
    let events = broker.events("web").await.unwrap();
    assert!(!events.iter().any(|event| matches!(event.what, What::Unclear { .. })), "{events:#?}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_beside_what_becomes_a_run_is_told() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let broker = broker(home.path(), &slow, None).await;
    let (first, second) = tokio::join!(broker.deploy(spec()), broker.deploy(spec()));
    assert!(matches!(&second, Err(DeployError::Wish(error)) if error.kind() == ErrorKind::Conflict));
    assert!(first.unwrap().finish().await.unwrap().is_complete());
    assert_eq!(slow.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_leaves_its_create_unknown_and_found() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Panics);
    let broker = broker(home.path(), &slow, None).await;
    let report = broker.deploy(spec()).await.unwrap().finish().await.unwrap();
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(slow.count(), 1, "found, not made again");
    let events = broker.events("web").await.unwrap();
    assert!(events.iter().any(|event| matches!(event.what, What::Unclear { .. })));
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_fewer_than_the_questions_are_nobodys() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::AnswersShort);
    let broker = broker(home.path(), &slow, None).await;
    let run = broker.deploy(DeploySpec { count: 2, ..spec() }).await.unwrap();
    tokio::select! {
        _ = run.finish() => {}
        () = slow.clock.sleep(SLOW * 20) => {}
    }
    for leg in state(&broker).await.legs.values() {
        let machine = leg.machine().unwrap();
        let own = machine.handle.instance.as_deref();
        assert_eq!(own, Some(leg.marker.as_str()), "a leg took another one's machine: {leg:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_cannot_be_written_is_told_and_written_as_soon_as_there_is_room() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let full = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let tries = Arc::clone(&full);
    let probe = Probe::new(move |point| {
        let is_first =
            point.name == "accepted" && tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 3;
        if is_first { Err(std::io::Error::other("no space left")) } else { Ok(()) }
    });
    let broker = broker(home.path(), &slow, Some(probe)).await;
    let mut run = broker.deploy(spec()).await.unwrap();
    let mut told = Vec::new();
    while let Some(news) = run.next().await {
        if let News::NotWritten { handle, .. } = news {
            told.push(handle.unwrap().to_string());
        }
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("slow/instance:"), "{told:?}");
    assert!(run.report().is_complete());
    assert_eq!(slow.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_stops_before_any_create() {
    for name in ["opened", "planned", "sending"] {
        let home = tempfile::tempdir().unwrap();
        let slow = Slow::new(&clock(), Quirk::Nothing);
        let probe =
            Probe::new(
                move |point| {
                    if point.name == name { Err(std::io::Error::other("no space left")) } else { Ok(()) }
                },
            );
        let broker = broker(home.path(), &slow, Some(probe)).await;
        let ended = match broker.deploy(spec()).await {
            Ok(run) => run.finish().await.map(|_| ()),
            Err(error) => Err(error),
        };
        let error = ended.unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{name}: {error}");
        assert_eq!(slow.count(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn held_it_starts_nothing_new_and_ends_what_it_started() {
    let home = tempfile::tempdir().unwrap();
    let slow = Slow::new(&clock(), Quirk::Nothing);
    let broker = broker(home.path(), &slow, None).await;
    let run = broker.deploy(DeploySpec { count: 9, ..spec() }).await.unwrap();
    let hold = run.hold();
    let ask = async {
        slow.clock.sleep(SLOW / 2).await;
        hold.ask();
    };
    let (report, ()) = tokio::join!(run.finish(), ask);
    let report = report.unwrap();
    assert_eq!((report.running(), slow.count()), (3, 3), "{report:#?}");
}

#[test]
fn a_wish_that_makes_no_sense_is_refused() {
    let error: Error = DeploySpec { name: "Web!".to_owned(), ..spec() }.check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
