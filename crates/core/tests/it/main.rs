//! Waiting and deleting until gone, against a provider whose every answer is scripted, on a paused clock.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Clock, ComputeProvider, ComputeProviderExt, CreateRequest, DeleteMode, Deletion, Effect, Error,
    ErrorKind, Finding, Goal, Handle, Instance, Listing, Marker, NameRule, Next, Observation, Offer,
    OfferQuery, Owner, Pages, ProviderId, Result, Retry, Semantics, Size, State, Wait,
};

mod deleting;
mod waiting;

const HOUR: Duration = Duration::from_secs(3_600);
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What the provider answers to a look at one machine, so long after its start and after so many deletes.
type Look = Box<dyn Fn(&Handle, Duration, usize) -> Result<Seen> + Send + Sync>;
/// What the provider answers to the delete of this number, from 1.
type Delete = Box<dyn Fn(usize) -> Result<Next> + Send + Sync>;

enum Seen {
    Nothing,
    State(State),
    Machine(Box<Instance>),
    /// Found, with a handle that does not remember it.
    Unremembered(State),
}

#[derive(Clone, Debug, Default)]
struct Log {
    /// When each status call came, and for how many handles.
    looks: Vec<(Duration, usize)>,
    /// When each delete came.
    deletes: Vec<Duration>,
}

struct Scripted {
    id: ProviderId,
    semantics: Semantics,
    clock: Clock,
    look: Look,
    delete: Delete,
    log: Arc<Mutex<Log>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    fn new(look: impl Fn(&Handle, Duration, usize) -> Result<Seen> + Send + Sync + 'static) -> Self {
        let semantics = Semantics {
            kind: "scripted",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 25, capitals: false, full_stop: false },
            create_applies_within: secs(60),
            list_lags_by: Duration::ZERO,
            visible_within: Some(Duration::ZERO),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: secs(10),
        };
        Self {
            id: "scripted".parse().unwrap(),
            semantics,
            clock: Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap(), 1),
            look: Box::new(look),
            delete: Box::new(|_| Ok(Next::Started)),
            log: Arc::default(),
        }
    }

    fn deleting(mut self, delete: impl Fn(usize) -> Result<Next> + Send + Sync + 'static) -> Self {
        self.delete = Box::new(delete);
        self
    }

    fn visible_within(mut self, limit: Option<Duration>) -> Self {
        self.semantics.visible_within = limit;
        self
    }

    fn lagging(mut self, lag: Duration) -> Self {
        self.semantics.list_lags_by = lag;
        self
    }

    fn wait(&self, deadline: Duration) -> Wait {
        Wait::new(self.clock.clone(), deadline)
    }

    /// A handle read from text.
    fn text(&self) -> Handle {
        "scripted/instance:m-1".parse().unwrap()
    }

    /// A handle as create returns it, made now.
    fn made(&self) -> Handle {
        self.text().made(self.clock.now(), marker())
    }

    fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl ComputeProvider for Scripted {
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
        request.check()?;
        Ok(self.made())
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let waited = self.clock.elapsed();
        let deletes = {
            let mut log = self.log.lock().unwrap();
            log.looks.push((waited, handles.len()));
            log.deletes.len()
        };
        let now = self.clock.now();
        let mut observations = Vec::new();
        for handle in handles {
            let handle = handle.clone();
            observations.push(match (self.look)(&handle, waited, deletes)? {
                Seen::Nothing => Observation::not_found(handle, now),
                Seen::State(state) => Observation::found(handle, now, state, state.words()),
                Seen::Machine(instance) => Observation::of_instance(handle, *instance, now),
                Seen::Unremembered(state) => {
                    let found = Observation::found(handle.clone(), now, state, state.words());
                    Observation { handle, ..found }
                }
            });
        }
        Ok(observations)
    }

    async fn list(&self) -> Result<Listing> {
        let name = format!("web-{}", marker());
        let mut pages = Pages::new();
        let ours = Instance::new(self.text(), name, State::Running, "RUNNING");
        let other = "scripted/instance:m-2".parse().unwrap();
        pages.add(vec![ours, Instance::new(other, "other", State::Running, "RUNNING")], 0, None, true);
        pages.finish(self.clock.now())
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        let number = {
            let mut log = self.log.lock().unwrap();
            log.deletes.push(self.clock.elapsed());
            log.deletes.len()
        };
        let next = (self.delete)(number)?;
        Ok(Deletion { handle: handle.clone(), next })
    }
}

fn marker() -> Marker {
    Marker::new(Owner::of_installation("core"), [3; 10])
}

fn request() -> CreateRequest {
    let size = Size { vcpus: 1, memory_mib: 1_024 };
    CreateRequest::new(marker(), size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
}

/// A running machine, with this address where one is given.
fn machine(handle: &Handle, address: Option<&str>) -> Seen {
    let mut instance = Instance::new(handle.clone(), "m", State::Running, "RUNNING");
    instance.public_addresses.extend(address.map(|address| address.parse::<std::net::IpAddr>().unwrap()));
    Seen::Machine(Box::new(instance))
}

fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "busy").with_retry(Retry::Backoff)
}

fn unauthenticated() -> Error {
    Error::new(ErrorKind::Unauthenticated, "who are you")
}

#[tokio::test(start_paused = true)]
async fn find_shows_the_machines_with_the_marker_and_no_others() {
    let provider = Scripted::new(|_, _, _| Ok(Seen::Nothing));
    let found = provider.find(marker()).await.unwrap();
    assert_eq!(found.iter().map(|it| it.handle.id()).collect::<Vec<_>>(), ["m-1"]);
    let other = Marker::new(Owner::of_installation("core"), [4; 10]);
    assert_eq!(provider.find(other).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn create_and_wait_waits_for_what_it_created() {
    let provider = Scripted::new(|_, waited, _| {
        Ok(Seen::State(if waited < secs(30) { State::Provisioning } else { State::Running }))
    });
    let seen = provider.create_and_wait(&request(), Goal::Running, &provider.wait(secs(600))).await.unwrap();
    assert_eq!((seen.state(), seen.handle.marker), (Some(State::Running), Some(marker())));
    let mut bad = request();
    bad.ssh_keys.clear();
    let error = provider.create_and_wait(&bad, Goal::Running, &provider.wait(secs(600))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}
