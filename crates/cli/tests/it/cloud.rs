//! A small cloud in memory, with moods.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker::{
    Availability, ChargeType, ComputeProvider, CreateRequest, DeleteMode, Deletion, Effect, Error, ErrorKind,
    Finding, Handle, Instance, Listing, NameRule, Next, Observation, Offer, OfferId, OfferQuery, Pages,
    Price, ProviderId, Result, Semantics, Size, State,
};

/// A cloud whose machines take one step each time they are looked at.
#[derive(Debug)]
pub(crate) struct Cloud {
    id: ProviderId,
    semantics: Semantics,
    login: Option<String>,
    mood: Mood,
    machines: Mutex<Vec<Instance>>,
    offers: Mutex<Vec<Offer>>,
    /// How many times it was asked for offers.
    asked: AtomicUsize,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// A create makes the machine, and its answer is lost.
    LosesAnswers,
    /// A create makes nothing, and its answer is lost.
    LosesCreates,
    /// A create is refused.
    SoldOut,
    /// Nothing answers.
    Down,
    /// Offers are asked for and never told.
    Hangs,
    /// No machine ever comes up.
    Fails,
}

fn at() -> jiff::Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// An offer of so many vCPU, and twice as many GiB, in this country.
pub(crate) fn offer(provider: &ProviderId, name: &str, vcpus: u32, country: &str, price: Price) -> Offer {
    Offer {
        provider: provider.clone(),
        id: OfferId(name.to_owned()),
        size: Size { vcpus, memory_mib: u64::from(vcpus) * 2_048 },
        disk_gib: Some(25),
        location: vmbroker::Location { country: country.parse().ok(), ..Default::default() },
        charge: ChargeType::PayAsYouGo,
        price,
        availability: Availability::Unknown,
        extras: Default::default(),
    }
}

impl Cloud {
    pub(crate) fn new(id: &str, mood: Mood) -> Arc<Self> {
        Arc::new(Self::build(id, mood))
    }

    /// A cloud that does not show machines which are starting, for nobody knows how long.
    pub(crate) fn hiding(id: &str, mood: Mood) -> Arc<Self> {
        let mut cloud = Self::build(id, mood);
        cloud.semantics.visible_within = None;
        Arc::new(cloud)
    }

    /// A cloud that this login leads to.
    pub(crate) fn known_by(id: &str, login: &str) -> Arc<Self> {
        let mut cloud = Self::build(id, Mood::Well);
        cloud.login = Some(login.to_owned());
        Arc::new(cloud)
    }

    fn build(id: &str, mood: Mood) -> Self {
        let semantics = Semantics {
            kind: "fluence",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 64, capitals: false, full_stop: false },
            create_applies_within: Duration::from_secs(120),
            list_lags_by: Duration::from_secs(30),
            visible_within: Some(Duration::from_secs(600)),
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(8),
        };
        let id: ProviderId = id.parse().unwrap();
        let offers =
            [offer(&id, "large", 8, "DE", Price::untold()), offer(&id, "small", 2, "NO", Price::untold())];
        Self {
            id,
            semantics,
            login: None,
            mood,
            machines: Mutex::default(),
            offers: Mutex::new(offers.into()),
            asked: AtomicUsize::new(0),
        }
    }

    /// A cloud that offers one machine of 2 vCPU and 4 GiB at this price.
    pub(crate) fn selling(id: &str, price: Price) -> Arc<Self> {
        let cloud = Self::new(id, Mood::Well);
        let offer = offer(&cloud.id, "small", 2, "DE", price);
        cloud.sell(vec![offer]);
        cloud
    }

    /// Offers these from now on.
    pub(crate) fn sell(&self, offers: Vec<Offer>) {
        *self.offers.lock().unwrap() = offers;
    }

    pub(crate) fn offers_now(&self) -> Vec<Offer> {
        self.offers.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn machines(&self) -> Vec<Instance> {
        self.machines.lock().unwrap().clone()
    }

    /// Puts a machine there that nobody ordered.
    pub(crate) fn put(&self, id: &str, name: &str) {
        let instance = Instance::new(Handle::of_instance(&self.id, id), name, State::Running, "ON");
        self.machines.lock().unwrap().push(instance);
    }

    fn awake(&self) -> Result<()> {
        if self.mood == Mood::Down {
            return Err(Error::new(ErrorKind::Unavailable, "nothing answers").at(&self.id, "list"));
        }
        Ok(())
    }
}

/// The machine one step further in its life; absent when it is gone.
fn step(machine: &mut Instance, mood: Mood) -> bool {
    let next = match (machine.state, mood) {
        (State::Provisioning, Mood::Fails) => State::Failed,
        (State::Provisioning, _) => State::Running,
        (State::Running, _) => {
            machine.public_addresses = vec!["192.0.2.7".parse().unwrap()];
            State::Running
        }
        (State::Deleting, _) => return false,
        (other, _) => other,
    };
    machine.state = next;
    next.words().clone_into(&mut machine.word);
    true
}

#[async_trait]
impl ComputeProvider for Cloud {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    fn login(&self) -> Option<String> {
        self.login.clone()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.awake()?;
        if self.mood == Mood::Hangs {
            std::future::pending::<()>().await;
        }
        Ok(self.offers_now().into_iter().filter(|it| query.admits(&it.id, it.size, &it.location)).collect())
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        request.check()?;
        let refused = |kind, message: &str| Err(Error::new(kind, message).at(&self.id, "create"));
        let unclear = || {
            let error = Error::new(ErrorKind::Unavailable, "the answer was cut short");
            Err(error.at(&self.id, "create").with_effect(Effect::Unknown))
        };
        match self.mood {
            Mood::SoldOut => return refused(ErrorKind::OutOfCapacity, "nothing is left"),
            Mood::Down => return refused(ErrorKind::Unavailable, "nothing answers"),
            Mood::LosesCreates => return unclear(),
            Mood::Well | Mood::LosesAnswers | Mood::Fails | Mood::Hangs => {}
        }
        let mut machines = self.machines.lock().unwrap();
        let handle =
            Handle::of_instance(&self.id, format!("m{}", machines.len() + 1)).made(at(), request.marker);
        let name = self.semantics.name.compose(request.name.as_deref(), &request.marker);
        machines.push(Instance::new(handle.clone(), name, State::Provisioning, "NEW"));
        if self.mood == Mood::LosesAnswers {
            return unclear();
        }
        Ok(handle)
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.awake()?;
        let mut machines = self.machines.lock().unwrap();
        machines.retain_mut(|machine| step(machine, self.mood));
        let look = |handle: &Handle| match machines.iter().find(|it| it.handle.id() == handle.id()) {
            None => Observation::not_found(handle.clone(), at()),
            Some(machine) => {
                let mut seen = Observation::of_instance(handle.clone(), machine.clone(), at());
                if let Finding::Found { failure, state: State::Failed, .. } = &mut seen.finding {
                    *failure = Some("no disk \u{1b}[31mleft".to_owned());
                }
                seen
            }
        };
        Ok(handles.iter().map(look).collect())
    }

    async fn list(&self) -> Result<Listing> {
        self.awake()?;
        let mut pages = Pages::new();
        pages.add(self.machines(), 0, None, true);
        pages.finish(at())
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.awake()?;
        let mut machines = self.machines.lock().unwrap();
        let found = machines.iter_mut().find(|it| it.handle.id() == handle.id());
        let next = match found {
            None => Next::NothingLeft,
            Some(machine) => {
                machine.state = State::Deleting;
                Next::Started
            }
        };
        Ok(Deletion { handle: handle.clone(), next })
    }
}
