//! The provider itself.

mod api;
mod catalogue;
mod choice;
mod end;
mod listing;
mod look;
mod offers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Effect, Error, ErrorKind, Handle, Listing,
    Location, Observation, Offer, OfferQuery, ProviderId, Result, Semantics, Size,
};
use vmbroker_http::{Channel, Defaults, Pace, Transport, fetch_pages};

use crate::KIND;
use crate::config::{Config, Credentials, Dialect, Flavor};
use crate::convert::{Context, Sight, Taken, limits, observe};
use crate::error::TokenDialect;
use crate::request::{self, DocumentedOrder, NAME, Resolved, WaldurOrder, Wish};
use crate::wire::{Order, Row, fits_path};
use api::{Api, PAGE_SIZE};
use catalogue::Catalogue;
use look::{Memory, View};

/// How fast and how patiently an account is used unless it says otherwise. Waldur limits nothing but password
/// logins; an order takes it up to half a second, and its own client gives up after 15 s.
const DEFAULTS: Defaults = Defaults {
    read_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(60),
    reads: Pace { every: Duration::from_millis(20), burst: 40 },
    writes: Pace { every: Duration::from_millis(100), burst: 10 },
};

/// An account at WAYSCloud or another Waldur marketplace.
///
/// ```
/// use vmbroker_core::{Clock, ComputeProvider, Secret};
/// use vmbroker_wayscloud::{Config, Credentials, Wayscloud};
///
/// // The token is enough where it sees one project with one offering of machines that has one plan.
/// let config = Config { project: Some("8295674fca01429c81fe10863dbfdefd".into()), ..Config::default() };
/// let credentials = Credentials { token: Secret::new("0123456789abcdef") };
/// # let _guard = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # let _guard = _guard.enter();
/// let provider = Wayscloud::new("ways".parse()?, config, credentials, Clock::system())?;
/// assert_eq!(provider.id().as_str(), "ways");
/// # Ok::<(), vmbroker_core::Error>(())
/// ```
pub struct Wayscloud {
    config: Config,
    semantics: Semantics,
    location: Location,
    api: Api,
    catalogue: Catalogue,
    memory: Memory,
    /// How many pages the last list of machines had: what a look at all of them costs.
    pages: AtomicUsize,
    /// Whether the provider said that it knows no DELETE of a resource.
    terminates_only: AtomicBool,
    /// Whether the provider refused to filter orders by state.
    lists_all_orders: AtomicBool,
    /// Whether the flavors were asked for once, to know how large listed machines are.
    asked_for_sizes: AtomicBool,
}

impl Wayscloud {
    /// An account over HTTP.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field.
    pub fn new(id: ProviderId, config: Config, credentials: Credentials, clock: Clock) -> Result<Self> {
        Self::open(None, id, config, credentials, clock)
    }

    /// An account over any transport, such as a recording.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field.
    pub fn over(
        transport: Arc<dyn Transport>,
        id: ProviderId,
        config: Config,
        credentials: Credentials,
        clock: Clock,
    ) -> Result<Self> {
        Self::open(Some(transport), id, config, credentials, clock)
    }

    fn open(
        transport: Option<Arc<dyn Transport>>,
        id: ProviderId,
        config: Config,
        credentials: Credentials,
        clock: Clock,
    ) -> Result<Self> {
        config.check(&credentials)?;
        let semantics = config.timing.over(Semantics {
            kind: KIND,
            status_batch: Some(PAGE_SIZE),
            creates_order: true,
            approval_possible: true,
            name: NAME,
            // An order is written within its request; twice our own limit for it covers a slow proxy.
            create_applies_within: Duration::from_secs(120),
            list_lags_by: Duration::ZERO,
            // The rows of an order and its machine exist from the moment of the answer.
            visible_within: Some(Duration::ZERO),
            lists_inactive: true,
            delete: DeleteMode::Order,
            poll_every: Duration::from_secs(10),
        })?;
        let dialect = Arc::new(TokenDialect::new(credentials));
        let channel = Channel::open(id, dialect, transport, clock, &config.http, DEFAULTS)?;
        let api = Api::new(channel, config.root()?);
        Ok(Self {
            location: config.location(),
            config,
            semantics,
            api,
            catalogue: Catalogue::default(),
            memory: Memory::default(),
            pages: AtomicUsize::new(1),
            terminates_only: AtomicBool::new(false),
            lists_all_orders: AtomicBool::new(false),
            asked_for_sizes: AtomicBool::new(false),
        })
    }

    async fn resolve(&self, wish: &Wish<'_>) -> Result<Resolved> {
        let (api, config) = (&self.api, &self.config);
        let project = self.catalogue.choices.project(api, config).await?;
        let offering = self.catalogue.choices.offering(api, config).await?;
        let image = self.catalogue.image(api, config, &wish.request.image).await?;
        let flavor = self.catalogue.flavor(api, config, wish, &image).await?;
        let subnet = self.catalogue.subnet(api, config, wish).await?;
        let plan = self.catalogue.plan(api, config, wish).await?;
        let (key, disk_mib) = match config.dialect {
            Dialect::Documented => (String::new(), 0),
            Dialect::Waldur => {
                let disk = request::disk_mib(wish, &image)?;
                (self.catalogue.key(api, wish.key).await?, disk)
            }
        };
        Ok(Resolved {
            project,
            offering,
            image: image.uuid.unwrap_or_default(),
            flavor: Some(flavor.id.clone()),
            subnet,
            key,
            limits: self.limits(&flavor, plan.as_deref(), disk_mib).await?,
            plan,
            disk_mib,
        })
    }

    /// The limits that an order names: with a plan only, because without one nothing is charged by them. In the
    /// documented dialect an order has none.
    async fn limits(
        &self,
        flavor: &Flavor,
        plan: Option<&str>,
        disk_mib: u64,
    ) -> Result<BTreeMap<String, u64>> {
        if plan.is_none() || self.config.dialect == Dialect::Documented {
            return Ok(BTreeMap::new());
        }
        let offering = self.catalogue.offering(&self.api, &self.config).await?;
        let size = Size { vcpus: flavor.vcpus, memory_mib: flavor.memory_mib };
        let taken = Taken { size, disk_mib: Some(disk_mib) };
        Ok(offering.as_ref().as_ref().map(|it| limits(it, taken)).unwrap_or_default())
    }

    /// After this long the machine of an order must be shown: it has been made, and no answer is older.
    fn settles_in(&self) -> Duration {
        self.semantics.create_applies_within.saturating_add(self.semantics.list_lags_by)
    }

    fn observe(&self, asked: Handle, sight: Sight) -> Observation {
        let sizes = self.catalogue.sizes();
        let context = Context {
            provider: self.id(),
            dialect: self.config.dialect,
            location: &self.location,
            sizes: &sizes,
            settles_in: self.settles_in(),
        };
        observe(asked, sight, &context, self.api.channel.clock().now())
    }
}

impl fmt::Debug for Wayscloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = &self.api.channel;
        f.debug_struct("Wayscloud")
            .field("config", &self.config)
            .field("channel", channel)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ComputeProvider for Wayscloud {
    fn id(&self) -> &ProviderId {
        self.api.channel.provider()
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    fn login(&self) -> Option<String> {
        let key = self.api.channel.login()?;
        // What another project or offering has is another list.
        let config = &self.config;
        let place = [&config.url, &config.project, &config.offering].map(|it| it.as_deref().unwrap_or("-"));
        Some(format!("{key} {}", place.join(" ")))
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.offered(query).await.map_err(|error| error.at(self.id(), "offers"))
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let here = |error: Error| error.at(self.id(), "create");
        let wish = request::check(request, &self.config).map_err(here)?;
        // Whatever a look-up met, no machine was ordered.
        let resolved = self.resolve(&wish).await.map_err(|error| {
            let operation = error.operation().unwrap_or("create");
            error.with_effect(Effect::None).at(self.id(), operation)
        })?;
        let user_data = request.user_data.as_deref();
        let sent = match self.config.dialect {
            Dialect::Documented => self.api.order(&DocumentedOrder::new(&wish, resolved), user_data).await,
            Dialect::Waldur => {
                let order = WaldurOrder::new(wish, resolved, &self.config, self.api.root());
                self.api.order(&order, user_data).await
            }
        };
        let reply = match sent {
            Ok(reply) => reply,
            Err(error) => {
                if matches!(error.kind(), ErrorKind::IncompatibleOffer | ErrorKind::InvalidConfig) {
                    self.catalogue.forget().await;
                }
                return Err(error);
            }
        };
        let order = reply.json::<Row<Order>>()?.0.ok_or_else(|| reply.protocol("the answer is no order"))?;
        let id = order.id().ok_or_else(|| reply.protocol("the answer has no order id"))?;
        let mut handle = Handle::of_order(self.id(), id).made(self.api.channel.clock().now(), request.marker);
        handle.instance = order.marketplace_resource_uuid.filter(|id| fits_path(id));
        Ok(handle)
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        // A look at all machines costs as many calls as their list has pages; below that, each alone is cheaper.
        let view = if handles.len() > self.pages.load(Ordering::Relaxed).max(1) {
            self.view(handles).await?
        } else {
            View::default()
        };
        let sights = fetch_pages(0..handles.len(), |at| self.look(&handles[at], &view)).await?;
        // A Waldur shows even what has ended: where a row that was seen is shown no more, we may have lost the right
        // to see the whole project.
        let vanished = |(handle, sight): (&Handle, &Sight)| {
            handle.last_seen.is_some() && handle.instance.is_some() && sight.resource.is_missing()
        };
        if self.config.dialect == Dialect::Waldur && handles.iter().zip(&sights).any(vanished) {
            self.check_project("status").await?;
        }
        Ok(handles.iter().cloned().zip(sights).map(|(handle, sight)| self.observe(handle, sight)).collect())
    }

    async fn list(&self) -> Result<Listing> {
        self.listing().await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.end(handle).await
    }
}
