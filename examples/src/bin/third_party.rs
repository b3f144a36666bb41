//! An adapter for a cloud that vmbroker does not know, tried against the laws that every provider keeps.
//!
//! The cloud is invented and lives in this process; its four calls stand for HTTP. Copy the adapter half, send its
//! calls through `vmbroker_http::Channel`, and let the laws tell what is still wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::{
    Availability, ChargeType, Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Error, ErrorKind,
    Handle, ImageWish, Instance, Listing, Location, MachineWish, Marker, NameRule, Next, Observation, Offer,
    OfferId, OfferQuery, Owner, Pages, Price, ProviderId, Result, Semantics, Size, State,
};
use vmbroker_conformance::{Subject, World, run_all};

// ---- The cloud: what somebody else's API would answer ------------------------------------------------------------

const BUILD_TIME: Duration = Duration::from_secs(90);
const PAGE: usize = 5;

#[derive(Clone)]
struct Row {
    id: String,
    name: String,
    plan: String,
    made: Duration,
}

#[derive(Default)]
struct Breeze {
    rows: Mutex<(u64, BTreeMap<String, Row>)>,
    calls: Mutex<(u64, u64)>,
}

impl Breeze {
    fn rows(&self, is_create: bool) -> std::sync::MutexGuard<'_, (u64, BTreeMap<String, Row>)> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.0 += 1;
        calls.1 += u64::from(is_create);
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, name: &str, plan: &str, now: Duration) -> String {
        let mut rows = self.rows(true);
        rows.0 += 1;
        let id = format!("bz-{}", rows.0);
        let row = Row { id: id.clone(), name: name.to_owned(), plan: plan.to_owned(), made: now };
        rows.1.insert(id.clone(), row);
        id
    }

    fn page(&self, number: usize) -> (Vec<Row>, usize) {
        let rows = self.rows(false);
        (rows.1.values().skip(number * PAGE).take(PAGE).cloned().collect(), rows.1.len())
    }

    fn find(&self, ids: &[&str]) -> Vec<Row> {
        let rows = self.rows(false);
        ids.iter().filter_map(|id| rows.1.get(*id).cloned()).collect()
    }

    fn delete(&self, id: &str) -> bool {
        self.rows(false).1.remove(id).is_some()
    }
}

// ---- The adapter -------------------------------------------------------------------------------------------------

const PLANS: [(&str, Size); 2] =
    [("small", Size { vcpus: 1, memory_mib: 2_048 }), ("large", Size { vcpus: 4, memory_mib: 8_192 })];

struct BreezeAccount {
    id: ProviderId,
    cloud: Arc<Breeze>,
    clock: Clock,
    semantics: Semantics,
}

impl std::fmt::Debug for BreezeAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BreezeAccount({})", self.id)
    }
}

impl BreezeAccount {
    fn new(id: ProviderId, cloud: Arc<Breeze>, clock: Clock) -> Self {
        let semantics = Semantics {
            kind: "breeze",
            status_batch: None,
            creates_order: false,
            approval_possible: false,
            name: NameRule { longest: 63, capitals: false, full_stop: false },
            create_applies_within: Duration::from_secs(60),
            list_lags_by: Duration::ZERO,
            visible_within: Some(Duration::ZERO),
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(10),
        };
        Self { id, cloud, clock, semantics }
    }

    /// The whole mapping of the wire's row to our noun.
    fn instance(&self, row: Row) -> Instance {
        let built = self.clock.elapsed().saturating_sub(row.made) >= BUILD_TIME;
        let (state, word) = if built { (State::Running, "up") } else { (State::Provisioning, "building") };
        let mut instance = Instance::new(Handle::of_instance(&self.id, row.id), row.name, state, word);
        instance.size = PLANS.iter().find(|plan| plan.0 == row.plan).map_or(Size::default(), |plan| plan.1);
        instance.public_addresses.extend(built.then_some(std::net::IpAddr::from([203, 0, 113, 7])));
        instance
    }

    fn refuse(&self, what: &str) -> Error {
        Error::new(ErrorKind::IncompatibleOffer, format!("Breeze has no {what}")).at(&self.id, "create")
    }

    /// Everything is checked before anything is sent.
    fn plan(&self, request: &CreateRequest) -> Result<&'static str> {
        request.check()?;
        if let Some(key) = request.options.get("breeze").and_then(|options| options.keys().next()) {
            return Err(Error::invalid("options.breeze", key, "Breeze has no options"));
        }
        if !matches!(&request.image, ImageWish::Name(name) if name == "ubuntu-22.04") {
            return Err(self.refuse("image but ubuntu-22.04"));
        }
        if request.location.zone.is_some() || !request.location.countries.is_empty() {
            return Err(self.refuse("choice of place"));
        }
        if !request.ports.is_empty()
            || request.user_data.is_some()
            || request.charge != ChargeType::PayAsYouGo
        {
            return Err(self.refuse("ports, user data or prepaid terms"));
        }
        let fits = |plan: &&(&str, Size)| match &request.machine {
            MachineWish::Size(size) => plan.1.vcpus >= size.vcpus && plan.1.memory_mib >= size.memory_mib,
            MachineWish::Offer(id) => plan.0 == id.0,
        };
        PLANS.iter().find(fits).map(|plan| plan.0).ok_or_else(|| self.refuse("plan that large"))
    }
}

#[async_trait]
impl ComputeProvider for BreezeAccount {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        let prepaid = query.charge.is_some_and(|charge| charge != ChargeType::PayAsYouGo);
        let offer = |(plan, size): (&str, Size)| Offer {
            provider: self.id.clone(),
            id: OfferId(plan.to_owned()),
            size,
            disk_gib: None,
            location: Location::default(),
            charge: ChargeType::PayAsYouGo,
            price: Price::Unknown,
            availability: Availability::Unknown,
            extras: BTreeMap::new(),
        };
        let wanted = |offer: &Offer| !prepaid && query.admits(offer.size, &offer.location);
        Ok(PLANS.into_iter().map(offer).filter(wanted).collect())
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let plan = self.plan(request)?;
        let name = self.semantics.name.compose(request.name.as_deref(), &request.marker);
        let id = self.cloud.post(&name, plan, self.clock.elapsed());
        Ok(Handle::of_instance(&self.id, id).made(self.clock.now(), request.marker))
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = handles.iter().map(Handle::id).collect();
        let rows = self.cloud.find(&ids);
        let now = self.clock.now();
        let observe = |handle: &Handle| match rows.iter().find(|row| row.id == handle.id()) {
            Some(row) => Observation::of_instance(handle.clone(), self.instance(row.clone()), now),
            None => Observation::not_found(handle.clone(), now),
        };
        Ok(handles.iter().map(observe).collect())
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = Pages::new();
        for number in 0.. {
            let (rows, total) = self.cloud.page(number);
            let is_last = (number + 1) * PAGE >= total;
            pages.add(rows.into_iter().map(|row| self.instance(row)).collect(), 0, Some(total), is_last);
            if is_last {
                break;
            }
        }
        pages.finish(self.clock.now())
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        let next = if self.cloud.delete(handle.id()) { Next::Started } else { Next::NothingLeft };
        Ok(Deletion { handle: handle.clone(), next })
    }
}

// ---- The laws ----------------------------------------------------------------------------------------------------

#[async_trait]
impl World for Breeze {
    async fn creates_received(&self) -> Option<u64> {
        Some(self.calls.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    async fn calls_received(&self) -> Option<u64> {
        Some(self.calls.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    async fn live_machines(&self, marker: Marker) -> Option<u64> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        u64::try_from(rows.1.values().filter(|row| row.name.contains(marker.as_str())).count()).ok()
    }

    async fn page_rows(&self) -> Option<usize> {
        Some(PAGE)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse::<Timestamp>()?, 10_000);
    let cloud = Arc::new(Breeze::default());
    let account = Arc::new(BreezeAccount::new("breeze".parse()?, cloud.clone(), clock.clone()));
    let key: vmbroker::SshKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn".parse()?;
    let made = Mutex::new([0_u8; 10]);
    let wish = move || {
        let mut count = made.lock().unwrap_or_else(PoisonError::into_inner);
        count[0] += 1;
        let marker = Marker::new(Owner::of_installation("example"), *count);
        CreateRequest::new(marker, PLANS[0].1, ImageWish::Name("ubuntu-22.04".into()), key.clone())
    };
    let report = run_all(&Subject::new(account, clock, wish).with_world(cloud)).await;
    println!("{report}");
    anyhow::ensure!(report.broken().next().is_none(), "a law is broken");
    Ok(())
}
