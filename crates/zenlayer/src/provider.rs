//! The provider itself.

mod api;
mod catalogue;
mod end;
mod look;
mod offers;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Effect, Error, ErrorKind, Handle, Listing,
    Observation, Offer, OfferQuery, ProviderId, Result, Semantics,
};
use vmbroker_http::{Channel, Defaults, Nature, Pace, Reply, Transport};

use crate::KIND;
use crate::config::{Config, Credentials};
use crate::convert::Model;
use crate::error::Zc2Dialect;
use crate::request::{self, CreateInstances, Login, NAME, Resolved, ResolvedLogin, Wish};
use crate::wire::Created;
use api::{Action, Api, Service, response};
use catalogue::Catalogue;
use look::{MOST_IDS, instance_id};

/// How fast and how patiently an account is used unless it says otherwise. The provider's own limits are in no
/// document at hand; what goes beyond them is answered with 429 before any work.
const DEFAULTS: Defaults = Defaults {
    read_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(60),
    reads: Pace { every: Duration::from_millis(200), burst: 10 },
    writes: Pace { every: Duration::from_secs(1), burst: 5 },
};
/// In how many zones an image and a subnet are looked for, where the wish leaves the zone open.
const MOST_ZONES: usize = 3;

/// An account at Zenlayer.
///
/// ```
/// use vmbroker_core::{Clock, ComputeProvider, Secret};
/// use vmbroker_zenlayer::{Config, Credentials, Zenlayer};
///
/// let credentials = Credentials::key(Secret::new("AKID0123456789"), Secret::new("abcdefgh"));
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # let _guard = runtime.enter();
/// let provider = Zenlayer::new("zenlayer".parse()?, Config::default(), credentials, Clock::system())?;
/// assert_eq!(provider.semantics().status_batch, Some(100));
/// # Ok::<(), vmbroker_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Zenlayer {
    config: Config,
    credentials: Credentials,
    semantics: Semantics,
    api: Api,
    catalogue: Catalogue,
}

impl Zenlayer {
    /// An account over HTTP.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field; `Unauthenticated` where a credential is missing.
    pub fn new(id: ProviderId, config: Config, credentials: Credentials, clock: Clock) -> Result<Self> {
        Self::open(None, id, config, credentials, clock)
    }

    /// An account over any transport, such as a recording.
    ///
    /// # Errors
    /// As [`new`](Self::new).
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
        config.check()?;
        credentials.check()?;
        let semantics = config.timing.over(Semantics {
            kind: KIND,
            status_batch: Some(MOST_IDS),
            creates_order: false,
            approval_possible: false,
            name: NAME,
            create_applies_within: Duration::from_secs(300),
            list_lags_by: Duration::from_secs(300),
            // A machine that never appears has failed: CreateInstances says so of a failed creation.
            visible_within: Some(Duration::from_secs(300)),
            lists_inactive: true,
            delete: DeleteMode::RecycleBin,
            poll_every: Duration::from_secs(10),
        })?;
        let dialect = Arc::new(Zc2Dialect::new(&credentials));
        let channel = Channel::open(id, dialect, transport, clock, &config.http, DEFAULTS)?;
        let api = Api::new(channel, &config.root()?)?;
        Ok(Self { config, credentials, semantics, api, catalogue: Catalogue::default() })
    }

    async fn resolve(&self, wish: &Wish<'_>) -> Result<Resolved> {
        let market = self.catalogue.market(&self.api, wish.request.charge).await?;
        let mut complaint = None;
        for model in request::candidates(wish, &market, &self.config)?.into_iter().take(MOST_ZONES) {
            match self.resolve_in(wish, model).await {
                Ok(resolved) => return Ok(resolved),
                Err(error) if error.kind() == ErrorKind::IncompatibleOffer => {
                    complaint = complaint.or(Some(error))
                }
                Err(error) => return Err(error),
            }
        }
        Err(complaint.unwrap_or_else(|| Error::new(ErrorKind::IncompatibleOffer, "no model meets the wish")))
    }

    async fn resolve_in(&self, wish: &Wish<'_>, model: &Model) -> Result<Resolved> {
        let image = self.catalogue.image(&self.api, wish, &model.zone, &self.config).await?;
        let subnet_id = self.catalogue.subnet(&self.api, wish, &model.zone, &self.config).await?;
        let login = match (wish.options.login, &self.credentials.machine_password) {
            (Some(Login::Password), Some(password)) => ResolvedLogin::Password(password.clone()),
            _ => match &wish.options.key_id {
                Some(id) => ResolvedLogin::Key(id.clone()),
                None => ResolvedLogin::Key(self.catalogue.key(&self.api, &wish.request.ssh_keys).await?),
            },
        };
        Ok(Resolved { model: model.clone(), image, subnet_id, login })
    }

    fn handle_of(&self, reply: &Reply, request: &CreateRequest) -> Result<Handle> {
        let created: Created = response(reply)?;
        let [id] = created.instance_id_set.as_slice() else {
            let got = created.instance_id_set.len();
            return Err(reply.protocol(&format!("the answer names {got} machines in place of one")));
        };
        let handle = Handle::of_instance(self.id(), id.as_deref().unwrap_or_default());
        // What no command could take again is no id, whatever its letters.
        if instance_id(&handle).is_none() || handle.to_string().parse::<Handle>().is_err() {
            return Err(reply.protocol("the machine's id is none"));
        }
        Ok(handle.made(self.api.channel.clock().now(), request.marker))
    }
}

#[async_trait]
impl ComputeProvider for Zenlayer {
    fn id(&self) -> &ProviderId {
        self.api.channel.provider()
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    fn login(&self) -> Option<String> {
        self.api.channel.login()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.priced_offers(query).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        let here = |error: Error| error.at(self.id(), "create");
        let wish = request::check(request, &self.config, &self.credentials).map_err(here)?;
        // Whatever a look-up met, no machine was ordered.
        let resolved = self.resolve(&wish).await.map_err(|error| here(error).with_effect(Effect::None))?;
        let body = CreateInstances::new(wish, resolved, &self.config).map_err(here)?;
        let action = Action {
            service: Service::Vm,
            name: "CreateInstances",
            operation: "create",
            nature: Nature::Once,
        };
        match self.api.send(action, body, request.user_data.as_deref()).await {
            Ok(reply) => self.handle_of(&reply, request),
            Err(error) => {
                if matches!(error.kind(), ErrorKind::IncompatibleOffer | ErrorKind::OutOfCapacity) {
                    self.catalogue.forget().await;
                }
                Err(error)
            }
        }
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.look(handles).await
    }

    async fn list(&self) -> Result<Listing> {
        self.list_all("list").await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.end(handle).await.map_err(|error| error.at(self.id(), "delete"))
    }
}
