//! The provider: which call when. Everything that can be said without a call is said elsewhere.

mod cache;
mod create;
mod delete;
mod look;
mod market;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use url::Url;
use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, DeleteMode, Deletion, Error, ErrorKind, Handle, Listing, NameRule,
    Observation, Offer, OfferQuery, Pages, ProviderId, Result, Semantics,
};
use vmbroker_http::{Call, Channel, Defaults, Method, Nature, Pace, Reply, Transport, base_url};

use crate::config::DEFAULT_URL;
use crate::convert::Reader;
use crate::error::{FluenceDialect, operation};
use crate::images::BUILT_IN_IMAGES;
use crate::wire::{self, DefaultImage, Hardware, Vm};
use crate::{Config, Contract, Credentials};
use cache::Cache;

/// The kind of provider, as the configuration and a request's options name it.
pub const KIND: &str = "fluence";

/// How often a list whose rows do not add up is read again before that is an error.
const MOST_REREADS: u32 = 2;

/// How Fluence behaves where callers must know.
const SEMANTICS: Semantics = Semantics {
    kind: KIND,
    status_batch: None,
    creates_order: false,
    approval_possible: false,
    // Later Fluence services say 25; the documents of 2025 name only the alphabet.
    name: NameRule { longest: 25, capitals: false, full_stop: false },
    // More than twice the create's own limit of time.
    create_applies_within: Duration::from_secs(5 * 60),
    list_lags_by: Duration::from_secs(5 * 60),
    visible_within: None,
    lists_inactive: false,
    delete: DeleteMode::Direct,
    poll_every: Duration::from_secs(20),
};

/// The limits of Fluence's HTTP. Its own are not documented; others got a 429 when they polled more often.
const DEFAULTS: Defaults = Defaults {
    read_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(120),
    reads: Pace { every: Duration::from_millis(500), burst: 2 },
    writes: Pace { every: Duration::from_millis(500), burst: 2 },
};

/// An account at Fluence.
pub struct Fluence {
    id: ProviderId,
    config: Config,
    base: Url,
    channel: Channel,
    semantics: Semantics,
    /// Whom to log in as, by the image's URL.
    login_users: RwLock<HashMap<String, String>>,
    images: Cache<Vec<DefaultImage>>,
    hardware: Cache<Hardware>,
    /// How many rows the list had when it was last read.
    rows_seen: AtomicUsize,
    /// Whether the provider refused to tell states by ids.
    no_brief_status: AtomicBool,
}

impl fmt::Debug for Fluence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fluence({}, {}, {})", self.id, self.config.contract.name(), self.base)
    }
}

impl Fluence {
    /// An account, over HTTP.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the field.
    pub fn new(id: ProviderId, config: Config, credentials: Credentials, clock: Clock) -> Result<Self> {
        Self::open(None, id, config, credentials, clock)
    }

    /// An account, over this transport.
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
        config.check()?;
        credentials.check()?;
        let base = base_url("url", config.url.as_deref().unwrap_or(DEFAULT_URL))?;
        let mut semantics = SEMANTICS;
        if config.contract == Contract::May2025 {
            semantics.visible_within = Some(semantics.list_lags_by);
            semantics.lists_inactive = true;
        }
        let semantics = config.timing.over(semantics)?;
        let dialect = Arc::new(FluenceDialect { auth: config.auth, api_key: credentials.api_key });
        let channel = Channel::open(id.clone(), dialect, transport, clock, &config.http, DEFAULTS)?;
        let mut login_users: HashMap<String, String> =
            BUILT_IN_IMAGES.iter().map(|image| (image.url.to_owned(), image.login_user.to_owned())).collect();
        for image in config.images.values() {
            if let Some(user) = &image.login_user {
                login_users.insert(image.url.clone(), user.clone());
            }
        }
        Ok(Self {
            id,
            config,
            base,
            channel,
            semantics,
            login_users: RwLock::new(login_users),
            images: Cache::new(),
            hardware: Cache::new(),
            rows_seen: AtomicUsize::new(0),
            no_brief_status: AtomicBool::new(false),
        })
    }

    fn url(&self, operation: &'static str, path: &str) -> Result<Url> {
        self.base.join(path).map_err(|error| {
            let message = format!("`url` cannot be extended by `{path}`");
            Error::new(ErrorKind::InvalidConfig, message).with_source(error).at(&self.id, operation)
        })
    }

    fn get(&self, operation: &'static str, path: &str) -> Result<Call> {
        Ok(Call::new(operation, Nature::Read, Method::GET, self.url(operation, path)?))
    }

    async fn read(&self, operation: &'static str, path: &str) -> Result<Reply> {
        self.channel.send(self.get(operation, path)?).await
    }

    /// Every machine of the account. One answer holds them all; it is read again where its rows do not add up.
    async fn listing(&self, operation: &'static str) -> Result<Listing> {
        let mut rereads = 0;
        loop {
            let reply =
                self.channel.send(self.get(operation, self.config.contract.list())?.listing()).await?;
            let instances = {
                let users = self.login_users.read().unwrap_or_else(PoisonError::into_inner);
                let (provider, contract) = (&self.id, self.config.contract);
                let reader = Reader { provider, contract, login_users: &users };
                wire::rows(
                    &reply,
                    |vm: Vm| reader.instance(vm),
                    |row, error| reader.unreadable(&row, &error.to_string()),
                )?
            };
            self.rows_seen.store(instances.len(), Ordering::Relaxed);
            let mut pages = Pages::new();
            pages.add(instances, 0, None, true);
            match pages.finish(self.channel.clock().now()) {
                Ok(listing) => return Ok(listing),
                Err(error) if rereads >= MOST_REREADS => return Err(error.at(&self.id, operation)),
                Err(_) => rereads += 1,
            }
        }
    }
}

#[async_trait]
impl ComputeProvider for Fluence {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    fn login(&self) -> Option<String> {
        self.channel.login()
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>> {
        self.market(query).await
    }

    async fn create(&self, request: &CreateRequest) -> Result<Handle> {
        self.order(request).await.map_err(|error| self.here(error, operation::CREATE))
    }

    async fn status(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        self.look(handles).await
    }

    async fn list(&self) -> Result<Listing> {
        self.listing(operation::LIST).await
    }

    async fn delete(&self, handle: &Handle) -> Result<Deletion> {
        self.end(handle).await.map_err(|error| self.here(error, operation::DELETE))
    }
}

impl Fluence {
    /// The same error, naming where it happened unless it says so already.
    fn here(&self, error: Error, operation: &'static str) -> Error {
        if error.provider().is_some() { error } else { error.at(&self.id, operation) }
    }
}
