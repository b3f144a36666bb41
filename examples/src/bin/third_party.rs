//! An adapter for a cloud that vmbroker does not know, tried against the laws that every provider keeps.
//!
//! The cloud, Breeze, is invented; its four functions stand for HTTP. Copy this file, send the calls through
//! `vmbroker_http::Channel`, which judges lost and garbled answers by itself, and let the laws tell what is wrong.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use vmbroker::{
    Availability, ChargeType, Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Effect, Error,
    ErrorKind, Handle, ImageWish, Instance, Listing, Location, MachineWish, NameRule, Next, Observation,
    Offer, OfferId, OfferQuery, Pages, Price, ProviderId, PublicAddress, Result, Retry, Semantics, Size,
    State,
};
use vmbroker_conformance::{Subject, run_all};
use vmbroker_examples::breeze::{Breeze, PAGE, Row, Trouble};
use vmbroker_examples::wish;

/// What can be rented, the smallest first.
const PLANS: [(&str, Size); 2] =
    [("small", Size { vcpus: 2, memory_mib: 4_096 }), ("large", Size { vcpus: 4, memory_mib: 8_192 })];

#[derive(Debug)]
struct BreezeAccount {
    id: ProviderId,
    cloud: Arc<Breeze>,
    clock: Clock,
    semantics: Semantics,
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
            lists_inactive: true,
            delete: DeleteMode::Direct,
            poll_every: Duration::from_secs(10),
        };
        Self { id, cloud, clock, semantics }
    }

    /// The whole mapping of the wire's row to our noun. A word that is not known is kept, and is neither ready nor gone.
    fn instance(&self, row: Row) -> Instance {
        let state = match row.phase {
            "building" => State::Provisioning,
            "up" => State::Running,
            _ => State::Unrecognised,
        };
        let mut instance = Instance::new(Handle::of_instance(&self.id, row.id), row.name, state, row.phase);
        instance.size = PLANS.iter().find(|plan| plan.0 == row.plan).map_or(Size::default(), |plan| plan.1);
        instance.public_addresses.extend(row.address);
        instance
    }

    fn refuse(&self, what: &str) -> Error {
        Error::new(ErrorKind::IncompatibleOffer, format!("Breeze has no {what}")).at(&self.id, "create")
    }

    /// The whole table of refusals. Where no answer came to a call that changes something, nobody knows what it did.
    fn error(&self, operation: &'static str, trouble: Trouble) -> Error {
        let error = match trouble {
            Trouble::NoAnswer => {
                let changes = matches!(operation, "create" | "delete");
                let effect = if changes { Effect::Unknown } else { Effect::None };
                let retry = if operation == "create" { Retry::Never } else { Retry::Backoff };
                Error::new(ErrorKind::Unavailable, "no answer came").with_effect(effect).with_retry(retry)
            }
            Trouble::Refused("slow-down") => {
                Error::new(ErrorKind::RateLimited, "too many calls").with_retry(Retry::Backoff)
            }
            Trouble::Refused(code) => {
                let kind = match code {
                    "sold-out" => ErrorKind::OutOfCapacity,
                    "limit" => ErrorKind::QuotaExceeded,
                    "unpaid" => ErrorKind::InsufficientFunds,
                    "who" => ErrorKind::Unauthenticated,
                    "forbidden" => ErrorKind::PermissionDenied,
                    _ => ErrorKind::IncompatibleOffer,
                };
                Error::new(kind, "Breeze refused").with_code(code)
            }
        };
        error.at(&self.id, operation)
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
        if !request.ports.is_empty() || request.user_data.is_some() {
            return Err(self.refuse("ports or user data"));
        }
        if request.disk_gib.is_some() || !request.data_disks.is_empty() {
            return Err(self.refuse("choice of disks"));
        }
        if request.charge != ChargeType::PayAsYouGo || request.public_address != PublicAddress::Automatic {
            return Err(self.refuse("prepaid terms and no choice of addresses"));
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
            price: Price::untold(),
            availability: Availability::Unknown,
            extras: BTreeMap::new(),
        };
        let wanted = |offer: &Offer| !prepaid && query.admits(&offer.id, offer.size, &offer.location);
        Ok(PLANS.into_iter().map(offer).filter(wanted).collect())
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let plan = self.plan(request)?;
        let name = self.semantics.name.compose(request.name.as_deref(), &request.marker);
        let answer = self.cloud.post(name, plan);
        let id = answer.map_err(|trouble| self.error("create", trouble))?;
        Ok(Handle::of_instance(&self.id, id).made(self.clock.now(), request.marker))
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = handles.iter().map(Handle::id).collect();
        let rows = self.cloud.find(&ids).map_err(|trouble| self.error("status", trouble))?;
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
            let (rows, total) = self.cloud.page(number).map_err(|trouble| self.error("list", trouble))?;
            let is_last = (number + 1) * PAGE >= total;
            pages.add(rows.into_iter().map(|row| self.instance(row)).collect(), 0, Some(total), is_last);
            if is_last {
                break;
            }
        }
        pages.finish(self.clock.now())
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        let was_there = self.cloud.delete(handle.id()).map_err(|trouble| self.error("delete", trouble))?;
        let next = if was_there { Next::Started } else { Next::NothingLeft };
        Ok(Deletion { handle: handle.clone(), next })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse()?, 10_000);
    let cloud = Arc::new(Breeze::new(clock.clone()));
    let account = Arc::new(BreezeAccount::new("breeze".parse()?, cloud.clone(), clock.clone()));
    let report = run_all(&Subject::new(account, clock, wish).with_world(cloud)).await;
    println!("{report}");
    anyhow::ensure!(report.broken().next().is_none(), "a law is broken");
    Ok(())
}
