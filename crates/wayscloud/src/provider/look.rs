//! Looking at machines in as few calls as possible.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use vmbroker_core::{Error, ErrorKind, Handle, Marker, Result, Retry};

use super::Wayscloud;
use super::api::{PAGE_SIZE, Pair};
use crate::config::Dialect;
use crate::convert::{Phase, Seen, Sight, Stage, phase_of, stage_of};
use crate::wire::{Order, Resource, fits_path, plain_uuid, same_uuid};

/// The fields of a resource that we read: a whole one has 7 KB, these a tenth of that.
const RESOURCE_FIELDS: [&str; 13] = [
    "uuid",
    "name",
    "state",
    "created",
    "offering_uuid",
    "project_uuid",
    "scope",
    "resource_uuid",
    "backend_id",
    "error_message",
    "runtime_state",
    "attributes",
    "backend_metadata",
];

/// The states of resources that have not ended: ended ones stay listed for ever.
const LIVE: [&str; 5] = ["Creating", "OK", "Erred", "Updating", "Terminating"];

/// The states of orders that are open, as every Waldur since 6.8.4 spells them. `pending-start-date` is younger
/// and would be refused by older ones; such an order is read by itself.
const OPEN: [&str; 4] = ["pending-consumer", "pending-provider", "pending-project", "executing"];

/// What was learnt that the provider's rows will never show again. Bounded: it is forgotten when it grows.
#[derive(Debug, Default)]
pub(super) struct Memory {
    dead: Mutex<HashSet<String>>,
    failures: Mutex<HashMap<String, String>>,
}

/// The most things remembered of one sort.
const MOST_REMEMBERED: usize = 10_000;

impl Memory {
    /// Nothing is behind this order or resource, for ever.
    pub(super) fn bury(&self, id: &str) {
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        if dead.len() >= MOST_REMEMBERED {
            dead.clear();
        }
        dead.insert(plain_uuid(id));
    }

    pub(super) fn is_dead(&self, id: &str) -> bool {
        let dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        !dead.is_empty() && dead.contains(&plain_uuid(id))
    }

    fn failure(&self, id: &str) -> Option<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(&plain_uuid(id)).cloned()
    }

    fn keep_failure(&self, id: &str, text: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_REMEMBERED {
            failures.clear();
        }
        failures.insert(plain_uuid(id), text.to_owned());
    }
}

/// What lists showed of many machines at once, by plain UUID. What is not in it must be read by itself.
#[derive(Debug, Default)]
pub(super) struct View {
    resources: HashMap<String, Resource>,
    by_name: HashMap<String, String>,
    orders: HashMap<String, Order>,
    makers: HashMap<String, String>,
}

impl View {
    fn add(&mut self, resource: Resource) {
        let Some(id) = resource.id().map(plain_uuid) else { return };
        if let Some(name) = &resource.name {
            self.by_name.insert(name.clone(), id.clone());
        }
        self.resources.insert(id, resource);
    }

    pub(super) fn add_order(&mut self, order: Order) {
        let Some(id) = order.id().map(plain_uuid) else { return };
        if let Some(resource) = order.marketplace_resource_uuid.as_deref().filter(|_| order.creates()) {
            self.makers.insert(plain_uuid(resource), id.clone());
        }
        self.orders.insert(id, order);
    }

    fn order(&self, id: &str) -> Option<Order> {
        self.orders.get(&plain_uuid(id)).cloned()
    }

    /// The open order that makes this resource.
    pub(super) fn maker(&self, resource: &str) -> Option<&Order> {
        self.orders.get(self.makers.get(&plain_uuid(resource))?)
    }
}

impl Wayscloud {
    /// Everything there is to know of one machine, from the view where it tells, else by asking.
    pub(super) async fn look(&self, handle: &Handle, view: &View) -> Result<Sight> {
        let mut sight = Sight::default();
        if let Some(id) = &handle.instance {
            sight.resource = self.resource(id, view).await?;
        }
        let known_failure = handle.instance.as_deref().and_then(|id| self.memory.failure(id));
        let needs_order = match sight.resource.found() {
            None => true,
            Some(resource) => match stage_of(resource) {
                Stage::Creating => true,
                Stage::Erred => {
                    known_failure.is_none() && resource.error_message.as_deref().is_none_or(str::is_empty)
                }
                Stage::Ok | Stage::Updating | Stage::Terminating | Stage::Terminated | Stage::Unknown => {
                    false
                }
            },
        };
        sight.failure = known_failure;
        if needs_order {
            sight.order = match (&handle.order, sight.resource.found()) {
                (Some(id), _) => self.order(id, view).await?,
                (None, Some(resource)) => self.maker_of(resource, view).await?,
                (None, None) => Seen::NotAsked,
            };
        }
        if let (Seen::NotAsked, Seen::Found(order)) = (&sight.resource, &sight.order) {
            sight.resource = self.resource_of(order, handle.marker, view).await?;
        }
        if let (Some(id), Some(resource)) = (&handle.deletion_order, sight.resource.found())
            && !matches!(stage_of(resource), Stage::Terminating | Stage::Terminated)
        {
            sight.deletion = self.order(id, view).await?;
        }
        self.remember(handle, &mut sight);
        Ok(sight)
    }

    fn remember(&self, handle: &Handle, sight: &mut Sight) {
        let order = sight.order.found();
        let resource = sight.resource.found();
        if let (Some(text), Some(id)) =
            (order.and_then(|it| it.error_message.as_deref()), resource.and_then(Resource::id))
            && !text.is_empty()
            && order.is_some_and(|it| phase_of(it) == Phase::Failed)
        {
            self.memory.keep_failure(id, text);
        }
        let resource = resource.and_then(Resource::id).or(handle.instance.as_deref());
        let ids = [resource, order.and_then(Order::id).or(handle.order.as_deref())];
        sight.is_dead = ids.into_iter().flatten().any(|id| self.memory.is_dead(id));
    }

    /// Reads many machines at once: the machines of the project, and the open orders where any are waited for.
    pub(super) async fn view(&self, handles: &[Handle]) -> Result<View> {
        let mut view = View::default();
        let query = self.resource_query();
        match self.api.all("status", &["marketplace-resources"], &query).await {
            Ok(pages) => {
                self.pages.store(pages.pages.len(), Ordering::Relaxed);
                pages.into_rows().for_each(|resource| view.add(resource));
            }
            // Each can still be read by itself.
            Err(error) if shows_nothing(&error) => return Ok(view),
            Err(error) => return Err(error),
        }
        let mut wanted = Wanted::default();
        for handle in handles {
            let resource = handle.instance.as_deref().and_then(|id| view.resources.get(&plain_uuid(id)));
            let stage = resource.map(stage_of);
            let is_new = handle.instance.is_none() || stage == Some(Stage::Creating);
            match (is_new, &handle.order, &handle.instance) {
                (true, Some(order), _) => _ = wanted.orders.insert(plain_uuid(order)),
                (true, None, Some(instance)) => _ = wanted.resources.insert(plain_uuid(instance)),
                _ => {}
            }
            if let (Some(order), Some(Stage::Ok | Stage::Erred | Stage::Updating)) =
                (&handle.deletion_order, stage)
            {
                wanted.orders.insert(plain_uuid(order));
            }
        }
        // One is cheaper by itself.
        if wanted.len() > 1 {
            self.open_orders(wanted, &mut view).await?;
        }
        Ok(view)
    }

    /// Reads open orders, newest first, until all that are wanted were seen or no more can be among them.
    pub(super) async fn open_orders(&self, wanted: Wanted, view: &mut View) -> Result<()> {
        let filters =
            self.config.dialect == Dialect::Waldur && !self.lists_all_orders.load(Ordering::Relaxed);
        match self.read_orders(wanted.clone(), view, filters).await {
            // An older Waldur knows fewer states to filter by, and refuses the others.
            Err(error) if filters && error.kind() == ErrorKind::Protocol => {
                self.lists_all_orders.store(true, Ordering::Relaxed);
                self.read_orders(wanted, view, false).await
            }
            Err(error) if shows_nothing(&error) => Ok(()),
            result => result,
        }
    }

    async fn read_orders(&self, mut wanted: Wanted, view: &mut View, filters: bool) -> Result<()> {
        let mut query = self.project_query();
        query.push(("o", "-created".to_owned()));
        if filters {
            query.extend(OPEN.iter().map(|state| ("state", (*state).to_owned())));
        }
        let most_pages = wanted.len().div_ceil(PAGE_SIZE) + 1;
        let enough = |orders: Vec<Order>| {
            for order in orders {
                wanted.saw(&order);
                view.add_order(order);
            }
            wanted.len() == 0
        };
        self.api.newest("status", &["marketplace-orders"], &query, most_pages, enough).await
    }

    /// The project to list from; nothing where the account names none: a wrong one would read as absence.
    fn project_query(&self) -> Vec<Pair> {
        self.config.project.iter().map(|project| ("project_uuid", project.clone())).collect()
    }

    /// The rows that have ended, and as little of them as can be.
    pub(super) fn ended_query(&self) -> Vec<Pair> {
        let mut query = self.project_query();
        query.extend(self.config.offering.iter().map(|offering| ("offering_uuid", offering.clone())));
        query.extend([("state", "Terminated".to_owned()), ("field", "uuid".to_owned())]);
        query
    }

    pub(super) fn resource_query(&self) -> Vec<Pair> {
        let mut query = self.project_query();
        if self.config.dialect == Dialect::Waldur {
            match &self.config.offering {
                Some(offering) => query.push(("offering_uuid", offering.clone())),
                None => query.push(("field", "offering_type".to_owned())),
            }
            query.extend(LIVE.iter().map(|state| ("state", (*state).to_owned())));
            query.extend(RESOURCE_FIELDS.iter().map(|field| ("field", (*field).to_owned())));
        }
        query
    }

    /// The machine with this id.
    async fn resource(&self, id: &str, view: &View) -> Result<Seen<Resource>> {
        let seen = self.resource_at(id, view).await?;
        self.is_the_one("machine", id, seen.found().and_then(Resource::id))?;
        Ok(seen)
    }

    /// What stands at the path of this id, which may have another.
    async fn resource_at(&self, id: &str, view: &View) -> Result<Seen<Resource>> {
        if let Some(resource) = view.resources.get(&plain_uuid(id)) {
            return Ok(Seen::Found(resource.clone()));
        }
        if !fits_path(id) {
            return Ok(Seen::Missing);
        }
        let found: Option<Resource> = self.api.find("status", &["marketplace-resources", id]).await?;
        // A row that does not tell its id is the one that was asked for: without one it could never be ended.
        Ok(found
            .map(|it| if it.id().is_none() { Resource { uuid: Some(id.to_owned()), ..it } } else { it })
            .into())
    }

    async fn order(&self, id: &str, view: &View) -> Result<Seen<Order>> {
        if let Some(order) = view.order(id) {
            return Ok(Seen::Found(order));
        }
        if !fits_path(id) {
            return Ok(Seen::Missing);
        }
        let found: Option<Order> = self.api.find("status", &["marketplace-orders", id]).await?;
        self.is_the_one("order", id, found.as_ref().and_then(Order::id))?;
        Ok(found
            .map(|it| if it.id().is_none() { Order { uuid: Some(id.to_owned()), ..it } } else { it })
            .into())
    }

    /// Refuses an answer that is of another thing than was asked for: what is done next would be done to that.
    fn is_the_one(&self, what: &str, asked: &str, told: Option<&str>) -> Result<()> {
        if told.is_none_or(|told| same_uuid(told, asked)) {
            return Ok(());
        }
        let why = format!("the {what} `{asked}` was asked for, and another one was answered");
        Err(self.api.broken("status", &why).with_retry(Retry::Backoff))
    }

    /// The machine of an order: the one it names, else the one with exactly its name, else, where it does not even
    /// tell that (as the documented order does not), the one with our marker.
    async fn resource_of(
        &self,
        order: &Order,
        marker: Option<Marker>,
        view: &View,
    ) -> Result<Seen<Resource>> {
        if let Some(id) = order.marketplace_resource_uuid.as_deref().filter(|id| fits_path(id)) {
            return self.resource(id, view).await;
        }
        let named = order.machine_name();
        if let Some(id) = named.and_then(|name| view.by_name.get(name)) {
            return self.resource(id, view).await;
        }
        // Nothing is looked for before the order says that it is there, or that something may remain of it.
        match phase_of(order) {
            Phase::Done | Phase::Failed => {}
            Phase::Awaiting | Phase::Working | Phase::Ended | Phase::Unknown => return Ok(Seen::NotAsked),
        }
        let mut found = Seen::NotAsked;
        // Perhaps the id of the machine behind it.
        if let Some(id) = order.resource_uuid.as_deref() {
            found = self.resource_at(id, view).await?;
        }
        match (&found, named, marker) {
            (Seen::Found(_), _, _) => Ok(found),
            (_, Some(name), _) => self.resource_named(name).await,
            (_, None, Some(marker)) => self.resource_marked(marker).await,
            (_, None, None) => Ok(found),
        }
    }

    /// The machine with this marker in its name; a live one before one that ended.
    async fn resource_marked(&self, marker: Marker) -> Result<Seen<Resource>> {
        let query = self.project_query();
        let is_it = |it: &Resource| it.name.as_deref().and_then(Marker::find_in) == Some(marker);
        self.one_resource(&query, is_it).await
    }

    /// The machine with exactly this name; a live one before one that ended.
    async fn resource_named(&self, name: &str) -> Result<Seen<Resource>> {
        let mut query = self.project_query();
        query.push(("name_exact", name.to_owned()));
        self.one_resource(&query, |it| it.name.as_deref() == Some(name)).await
    }

    /// The first live one of a list that is it, else one that ended. Only a whole list proves that there is none.
    async fn one_resource(
        &self,
        query: &[Pair],
        is_it: impl Fn(&Resource) -> bool,
    ) -> Result<Seen<Resource>> {
        let pages = match self.api.all::<Resource>("status", &["marketplace-resources"], query).await {
            Ok(pages) => pages,
            Err(error) if shows_nothing(&error) => return Ok(Seen::NotAsked),
            Err(error) => return Err(error),
        };
        let is_whole = pages.is_whole();
        let mut rows: Vec<Resource> = pages.into_rows().filter(|it| it.id().is_some() && is_it(it)).collect();
        rows.sort_by_key(|it| stage_of(it) == Stage::Terminated);
        Ok(match rows.into_iter().next() {
            Some(resource) => Seen::Found(resource),
            None if is_whole => Seen::Missing,
            None => Seen::NotAsked,
        })
    }

    /// The order that made a machine, found from the machine.
    pub(super) async fn maker_of(&self, resource: &Resource, view: &View) -> Result<Seen<Order>> {
        let Some(id) = resource.id() else { return Ok(Seen::NotAsked) };
        if let Some(order) = view.maker(id) {
            return Ok(Seen::Found(order.clone()));
        }
        let (rows, is_whole) = match self.orders_of(id).await {
            Ok(answer) => answer,
            Err(error) if shows_nothing(&error) => return Ok(Seen::NotAsked),
            Err(error) => return Err(error),
        };
        let is_whole = is_whole && rows.is_empty();
        let maker = rows.into_iter().find(Order::creates);
        Ok(match maker {
            Some(order) => Seen::Found(order),
            // Only where the filter was honoured and everything was read is an empty answer a proof.
            None if is_whole && self.config.dialect == Dialect::Waldur => Seen::Missing,
            None => Seen::NotAsked,
        })
    }

    /// The orders for one resource, newest first, and whether these are all of them.
    pub(super) async fn orders_of(&self, id: &str) -> Result<(Vec<Order>, bool)> {
        let query = [("resource_uuid", id.to_owned()), ("o", "-created".to_owned())];
        let pages = self.api.all::<Order>("status", &["marketplace-orders"], &query).await?;
        let is_whole = pages.is_whole();
        let (of_it, others): (Vec<Order>, Vec<Order>) = pages.into_rows().partition(|order| {
            order.marketplace_resource_uuid.as_deref().is_some_and(|it| plain_uuid(it) == plain_uuid(id))
        });
        Ok((of_it, is_whole && others.is_empty()))
    }
}

/// Orders that a look waits for: by their own id, or by the resource they make.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) orders: HashSet<String>,
    pub(super) resources: HashSet<String>,
}

impl Wanted {
    fn len(&self) -> usize {
        self.orders.len() + self.resources.len()
    }

    fn saw(&mut self, order: &Order) {
        if let Some(id) = order.id() {
            self.orders.remove(&plain_uuid(id));
        }
        if let Some(id) = order.marketplace_resource_uuid.as_deref().filter(|_| order.creates()) {
            self.resources.remove(&plain_uuid(id));
        }
    }
}

/// Whether the provider has no such list at all.
fn shows_nothing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}
