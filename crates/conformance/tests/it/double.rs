//! A correct adapter to the small cloud, which one [`Flaw`] makes a broken one.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Availability, Billing, Charge, ChargeType, Clock, ComputeProvider, CreateRequest, Currency, DeleteMode,
    Deletion, Effect, Error, ErrorKind, Handle, Instance, Listing, Location, MachineWish, NameRule, Next,
    Observation, Offer, OfferId, OfferQuery, Pages, Period, Price, ProviderId, Result, Retry, Secret,
    Semantics, Size, State,
};

use crate::cloud::{Bad, CANARY, Cloud, Model, Row};
use crate::flaw::Flaw;

pub(crate) struct Double {
    id: ProviderId,
    semantics: Semantics,
    cloud: Cloud,
    clock: Clock,
    token: Secret,
    flaw: Option<Flaw>,
    first: Mutex<Option<Handle>>,
    hidden: Mutex<HashSet<String>>,
}

impl std::fmt::Debug for Double {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.has(Flaw::ShowsItsSecretInDebug) {
            return write!(f, "Double({})", self.token.expose());
        }
        write!(f, "Double({:?}, {:?})", self.id, self.token)
    }
}

impl Double {
    pub(crate) fn new(cloud: Cloud, clock: Clock, flaw: Option<Flaw>) -> Self {
        let shape = cloud.shape;
        let has = |it| flaw == Some(it);
        let delete = if shape.bin && !has(Flaw::KeepsTheBinSecret) {
            DeleteMode::RecycleBin
        } else {
            DeleteMode::Direct
        };
        let hidden_for = shape.hidden_for.map(|hidden| hidden + Duration::from_secs(2));
        let semantics = Semantics {
            kind: "double",
            status_batch: if has(Flaw::CoversNothingPerCall) { Some(0) } else { shape.batch },
            creates_order: shape.orders != has(Flaw::LiesAboutOrders),
            approval_possible: false,
            name: NameRule { longest: 64, capitals: false, full_stop: false },
            create_applies_within: Duration::from_secs(60),
            list_lags_by: Duration::from_secs(1),
            visible_within: if has(Flaw::PromisesVisibility) { Some(Duration::ZERO) } else { hidden_for },
            lists_inactive: true,
            delete,
            poll_every: Duration::from_secs(5),
        };
        Self {
            id: "double".parse().unwrap(),
            semantics,
            cloud,
            clock,
            token: Secret::new(CANARY),
            flaw,
            first: Mutex::default(),
            hidden: Mutex::default(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    async fn choose(&self, request: &CreateRequest) -> Result<Model> {
        let mut models = self.cloud.offers().await.map_err(|bad| self.read_failed(bad, "create"))?;
        if let Some(zone) = request.location.zone.as_deref().filter(|_| !self.has(Flaw::IgnoresZones)) {
            models.retain(|model| model.zone == zone);
        }
        match &request.machine {
            MachineWish::Size(size) => {
                models.retain(|model| model.vcpus >= size.vcpus && model.memory_mib >= size.memory_mib);
            }
            MachineWish::Offer(_) if self.has(Flaw::IgnoresOffers) => {}
            MachineWish::Offer(offer) => models.retain(|model| model.id == offer.0),
        }
        let none = || Error::new(ErrorKind::IncompatibleOffer, "no such model there").at(&self.id, "create");
        models.first().copied().ok_or_else(none)
    }

    fn price(&self) -> Price {
        // The cloud charges each hour that was begun.
        let hour = if self.has(Flaw::QuotesTooLittle) { Period::MINUTE } else { Period::HOUR };
        let rate = Charge::rate("machine", 3.into(), Period::HOUR, Billing::begun(hour));
        Price::new(Currency::USD, vec![rate])
    }

    fn check(&self, request: &CreateRequest) -> Result<()> {
        if self.has(Flaw::ChecksNothing) {
            return Ok(());
        }
        request.check()?;
        match request.options.get("double").and_then(|options| options.keys().next()) {
            Some(key) if !self.has(Flaw::IgnoresOptions) => {
                Err(Error::invalid("options", key, "there are no options"))
            }
            _ => Ok(()),
        }
    }

    async fn send_create(&self, name: &str) -> Result<Row, Bad> {
        let answer = self.cloud.create(name).await;
        if self.has(Flaw::CreatesTwice) {
            return self.cloud.create(name).await;
        }
        match answer {
            Err(_) if self.has(Flaw::ResendsCreate) => self.cloud.create(name).await,
            Err(Bad::Throttled) if self.has(Flaw::InsistsWhenThrottled) => self.cloud.create(name).await,
            Err(bad) if self.has(Flaw::ResendsCreateQuietly) => {
                let _ = self.cloud.create(name).await;
                Err(bad)
            }
            answer => answer,
        }
    }

    /// What a request that must not be sent twice came to.
    fn once_failed(&self, bad: Bad, operation: &'static str) -> Error {
        let (error, clear) = match bad {
            Bad::NotConnected => {
                let error = Error::new(ErrorKind::Unavailable, "no one listens");
                (error.with_retry(Retry::Backoff), true)
            }
            Bad::NoAnswer(what) => (Error::new(ErrorKind::Unavailable, what), false),
            Bad::Refused(refusal, body) => {
                let kind = if self.has(Flaw::CallsEveryRefusalUnavailable) {
                    ErrorKind::Unavailable
                } else {
                    refusal.kind()
                };
                let told = if self.has(Flaw::ShowsItsSecret) {
                    body
                } else {
                    body.replace(self.token.expose(), "[secret]")
                };
                (Error::new(kind, told), true)
            }
            Bad::Throttled => (self.read_failed(Bad::Throttled, operation), true),
            Bad::Busy => (Error::new(ErrorKind::Conflict, "busy"), true),
            Bad::Unknown => (Error::new(ErrorKind::NotFound, "unknown"), true),
        };
        let unclear = match self.flaw {
            Some(Flaw::CallsUnclearRefused) => false,
            Some(Flaw::CallsRefusedUnclear) => true,
            _ => !clear,
        };
        let effect = if unclear { Effect::Unknown } else { Effect::None };
        error.with_effect(effect).at(&self.id, operation)
    }

    fn read_failed(&self, bad: Bad, operation: &'static str) -> Error {
        let (kind, retry) = match bad {
            Bad::Throttled => (ErrorKind::RateLimited, Retry::After(Duration::from_secs(1))),
            _ => (ErrorKind::Unavailable, Retry::Backoff),
        };
        Error::new(kind, "the look failed").with_retry(retry).at(&self.id, operation)
    }

    fn instance(&self, row: Row) -> Instance {
        let (state, word) = state_of(row.word);
        let mut handle = Handle::of_instance(&self.id, &row.id);
        handle.order = row.order;
        let mut instance = Instance::new(handle, row.name, state, word);
        handle_marker(&mut instance, self.has(Flaw::HidesTheMarker));
        if row.address {
            instance.public_addresses.push("192.0.2.7".parse().unwrap());
        }
        instance
    }

    /// The rows of these handles: each id once, in as many calls as the cloud needs.
    async fn rows_of(&self, handles: &[Handle]) -> Result<Vec<Row>, Bad> {
        let mut ids: Vec<&str> = handles.iter().map(Handle::id).collect();
        ids.sort_unstable();
        ids.dedup();
        let most = if self.has(Flaw::LooksOneByOne) { 1 } else { self.cloud.shape.batch.unwrap_or(100) };
        let mut rows = Vec::new();
        for ids in ids.chunks(most) {
            rows.extend(self.cloud.look(ids).await?);
        }
        Ok(rows)
    }

    fn observe(&self, handle: &Handle, rows: &[Row]) -> Observation {
        let now = self.clock.now();
        let forgotten = self.has(Flaw::NeedsItsMemory) && handle.made_at.is_none();
        let order_lost =
            self.has(Flaw::NeedsTheOrder) && handle.instance.is_none() && handle.marker.is_none();
        let hidden = self.hidden.lock().unwrap();
        let asked = |row: &&Row| row.id == handle.id() || row.order.as_deref() == Some(handle.id());
        let Some(row) = rows.iter().find(asked).filter(|row| !hidden.contains(&row.id)) else {
            return Observation::not_found(handle.clone(), now);
        };
        if forgotten || order_lost {
            return Observation::not_found(handle.clone(), now);
        }
        let mut observation = Observation::of_instance(handle.clone(), self.instance(row.clone()), now);
        if self.has(Flaw::ForgetsSightings) {
            observation.handle.last_seen = None;
        }
        observation
    }

    fn pages_of(&self, mut pages: Vec<Vec<Instance>>, total: usize) -> Result<Listing> {
        let hidden = self.hidden.lock().unwrap().clone();
        if self.has(Flaw::DropsARow) {
            pages.last_mut().map(Vec::pop);
        }
        let honest = !(self.has(Flaw::DropsARow)
            || self.has(Flaw::ReadsOnePage)
            || self.has(Flaw::ReturnsPartOfTheList));
        let mut all = Pages::new();
        for page in pages {
            let (gone, mut page): (Vec<_>, Vec<_>) =
                page.into_iter().partition(|it| hidden.contains(it.handle.id()));
            if self.has(Flaw::ListsNamesAsIds) {
                for it in &mut page {
                    it.handle.instance = Some(it.name.clone());
                    it.handle.order = None;
                }
            }
            all.add(page, gone.len(), honest.then_some(total), true);
        }
        all.finish(self.clock.now())
    }
}

fn handle_marker(instance: &mut Instance, hide: bool) {
    if hide {
        instance.marker = None;
    }
    instance.handle.marker = instance.marker;
}

fn state_of(word: &'static str) -> (State, &'static str) {
    let state = match word {
        "BUILDING" => State::Provisioning,
        "RUNNING" => State::Running,
        "DELETING" | "RELEASING" => State::Deleting,
        "RECYCLED" => State::Recycled,
        _ => State::Unrecognised,
    };
    (state, word)
}

#[async_trait]
impl ComputeProvider for Double {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        let models = self.cloud.offers().await.map_err(|bad| self.read_failed(bad, "offers"))?;
        let offer = |model: Model| Offer {
            provider: self.id.clone(),
            id: OfferId(if self.has(Flaw::InventsOfferIds) {
                format!("the {} one", model.id)
            } else {
                model.id.to_owned()
            }),
            size: Size { vcpus: model.vcpus, memory_mib: model.memory_mib },
            disk_gib: None,
            location: Location {
                country: model.country.parse().ok(),
                zone: Some(model.zone.to_owned()),
                ..Location::default()
            },
            charge: ChargeType::PayAsYouGo,
            price: self.price(),
            availability: Availability::Unknown,
            extras: Default::default(),
        };
        let wanted = |offer: &Offer| {
            self.has(Flaw::IgnoresTheQuery) || query.admits(&offer.id, offer.size, &offer.location)
        };
        Ok(models.into_iter().map(offer).filter(wanted).collect())
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        self.check(request)?;
        if !self.has(Flaw::InsistsWhenThrottled) {
            self.choose(request).await?;
        }
        if let Some(old) = self.first.lock().unwrap().clone().filter(|_| self.has(Flaw::ReturnsAnOldMachine))
        {
            return Ok(old);
        }
        let name = match self.flaw {
            Some(Flaw::ForgetsTheMarker) => "machine".to_owned(),
            Some(Flaw::ComposesAnyName) => {
                format!("{}_{}", request.name.as_deref().unwrap_or("Machine"), request.marker)
            }
            _ => self.semantics.name.compose(request.name.as_deref(), &request.marker),
        };
        let row = self.send_create(&name).await.map_err(|bad| self.once_failed(bad, "create"))?;
        if self.has(Flaw::WaitsInCreate) {
            self.clock.sleep(Duration::from_secs(70)).await;
        }
        let handle = match &row.order {
            Some(order) => Handle::of_order(&self.id, order),
            None => Handle::of_instance(&self.id, &row.id),
        };
        if self.has(Flaw::ReturnsABareHandle) {
            return Ok(handle);
        }
        let handle = handle.made(self.clock.now(), request.marker);
        self.first.lock().unwrap().get_or_insert_with(|| handle.clone());
        Ok(handle)
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let rows = if handles.is_empty() {
            if !self.has(Flaw::ReadsNothingAsAll) {
                return Ok(Vec::new());
            }
            let rows = self.cloud.look(&[]).await.map_err(|bad| self.read_failed(bad, "status"))?;
            let found = |row: Row| {
                Observation::of_instance(
                    Handle::of_instance(&self.id, &row.id),
                    self.instance(row),
                    self.clock.now(),
                )
            };
            return Ok(rows.into_iter().map(found).collect());
        } else if self.has(Flaw::WaitsForEver) {
            self.rows_of(handles).await
        } else {
            let hangs = |_| Err(Bad::NoAnswer("nothing"));
            let limit = Duration::from_secs(30);
            tokio::time::timeout(limit, self.rows_of(handles)).await.unwrap_or_else(hangs)
        };
        let rows = match rows {
            Err(_) if self.has(Flaw::CallsFailureAbsence) => Vec::new(),
            rows => rows.map_err(|bad| self.read_failed(bad, "status"))?,
        };
        let mut seen: Vec<Observation> = handles.iter().map(|handle| self.observe(handle, &rows)).collect();
        match self.flaw {
            Some(Flaw::AnswersBackwards) => seen.reverse(),
            Some(Flaw::DropsDuplicates) => {
                let mut ids = HashSet::new();
                seen.retain(|it| ids.insert(it.handle.id().to_owned()));
            }
            Some(Flaw::CallsUnknownAnError)
                if seen.iter().any(|it| it.state().is_none() && it.handle.made_at.is_none()) =>
            {
                return Err(Error::new(ErrorKind::NotFound, "no such machine").at(&self.id, "status"));
            }
            _ => {}
        }
        Ok(seen)
    }

    async fn list(&self) -> Result<Listing> {
        let mut pages = Vec::new();
        let mut read = 0;
        loop {
            let (rows, total) = match self.cloud.page(pages.len()).await {
                Err(_) if self.has(Flaw::ReturnsPartOfTheList) => {
                    pages.push(Vec::new());
                    return self.pages_of(pages, read);
                }
                page => page.map_err(|bad| self.read_failed(bad, "list"))?,
            };
            read += rows.len();
            pages.push(rows.into_iter().map(|row| self.instance(row)).collect());
            if read >= total || self.has(Flaw::ReadsOnePage) {
                return self.pages_of(pages, total);
            }
        }
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        let done = |next| Ok(Deletion { handle: handle.clone(), next });
        if self.has(Flaw::DeletesNothing) {
            return done(Next::Started);
        }
        if self.has(Flaw::HidesTheUndead) {
            let rows =
                self.cloud.look(&[handle.id()]).await.map_err(|bad| self.read_failed(bad, "delete"))?;
            self.hidden.lock().unwrap().extend(rows.into_iter().map(|row| row.id));
            return done(Next::Started);
        }
        if self.has(Flaw::WaitsInDelete) {
            self.clock.sleep(Duration::from_secs(90)).await;
        }
        if self.has(Flaw::DeletesEverything) {
            for id in self.cloud.everything() {
                let _ = self.cloud.delete(&id).await;
            }
            return done(Next::Started);
        }
        match self.cloud.delete(handle.id()).await {
            Ok(()) => done(Next::Started),
            Err(Bad::Unknown) if !self.has(Flaw::RefusesRepeatedDeletes) => done(Next::NothingLeft),
            Err(Bad::Busy) if !self.has(Flaw::RefusesToDeleteTheNew) => {
                done(Next::WaitThenRepeat { why: "it is being built".into(), wait: Duration::from_secs(15) })
            }
            Err(bad @ Bad::NoAnswer(_)) if self.has(Flaw::CallsALostDeleteRefused) => {
                Err(self.once_failed(bad, "delete").with_effect(Effect::None).with_retry(Retry::Backoff))
            }
            Err(bad) => Err(self.once_failed(bad, "delete")),
        }
    }
}
