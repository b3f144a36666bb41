//! Several simulated clouds with one journal: the ground on which deployments are tried.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vmbroker::deploy::{Broker, Choice, DeploySpec, Draw, Policy, Strategy};
use vmbroker::journal::{Journal, Probe, SqliteJournal};
use vmbroker::{Clock, ComputeProvider, Currency, Money, OfferQuery, Owner, ProviderId, Registry, Size};
use vmbroker_core::Timing;
use vmbroker_http::HttpTransport;
use vmbroker_sim::{Cloud, Dialect, Sandbox, SandboxConfig};

use crate::stage::named_account;
use crate::wish;

/// Several simulated clouds on one clock.
#[derive(Debug)]
pub struct Fleet {
    /// The clock they and the broker live by.
    pub clock: Clock,
    sandbox: Sandbox,
}

impl Fleet {
    /// Starts these clouds.
    pub async fn set(dialects: &[Dialect]) -> Self {
        let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
        let config = SandboxConfig { dialects: dialects.to_vec(), ..SandboxConfig::new(clock.clone()) };
        Self { clock, sandbox: Sandbox::start(config).await.unwrap() }
    }

    /// The cloud of this dialect.
    #[must_use]
    pub fn cloud(&self, dialect: Dialect) -> &Cloud {
        &self.sandbox.cloud(dialect).unwrap().cloud
    }

    /// All clouds.
    pub fn clouds(&self) -> impl Iterator<Item = &Cloud> {
        self.sandbox.clouds().iter().map(|running| &running.cloud)
    }

    /// New account objects for all clouds: what a restarted process has.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.registry_of(|provider| provider)
    }

    /// The same for a process whose clock shows another time than the clouds'.
    #[must_use]
    pub fn registry_at(&self, clock: &Clock) -> Registry {
        self.open(clock, str::to_owned, |provider| provider)
    }

    /// The same with each account put through this.
    pub fn registry_of(
        &self,
        wrap: impl Fn(Arc<dyn ComputeProvider>) -> Arc<dyn ComputeProvider>,
    ) -> Registry {
        self.open(&self.clock, str::to_owned, wrap)
    }

    /// The same under names that begin with this.
    #[must_use]
    pub fn registry_named(&self, name: &str) -> Registry {
        self.open(&self.clock, |dialect| format!("{name}-{dialect}"), |provider| provider)
    }

    fn open(
        &self,
        clock: &Clock,
        name: impl Fn(&str) -> String,
        wrap: impl Fn(Arc<dyn ComputeProvider>) -> Arc<dyn ComputeProvider>,
    ) -> Registry {
        let mut registry = Registry::new(clock.clone());
        for running in self.sandbox.clouds() {
            let transport = Arc::new(HttpTransport::new(None).unwrap());
            let (name, dialect) = (name(running.dialect.name()), running.dialect);
            let (url, cloud) = (&running.url, &running.cloud);
            let provider = named_account(&name, dialect, url, cloud, clock, transport, Timing::default());
            registry.add(wrap(provider)).unwrap();
        }
        registry
    }

    /// A broker with a journal in this folder.
    pub async fn broker(&self, folder: &Path, probe: Option<Probe>) -> Broker {
        let journal = SqliteJournal::open(folder, self.clock.now(), probe).await.unwrap();
        broker(self.registry(), Arc::new(journal))
    }

    /// The smallest fitting offer of each account, in the order of the accounts given.
    pub async fn choices(&self, accounts: &[Dialect]) -> Vec<Choice> {
        let registry = self.registry();
        let mut choices = Vec::new();
        for (place, dialect) in accounts.iter().enumerate() {
            let id: ProviderId = dialect.name().parse().unwrap();
            let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
            let mut offers = registry.get(&id).unwrap().offers(&query).await.unwrap();
            offers.retain(|offer| offer.size == Size { vcpus: 2, memory_mib: 4_096 });
            let quote = dollars(u32::try_from(place + 1).unwrap());
            choices.extend(offers.into_iter().map(|offer| Choice {
                account: id.clone(),
                offer: offer.id,
                location: offer.location,
                price: offer.price,
                quote,
                reserve: dollars(1),
            }));
        }
        choices
    }

    /// How many machines cost money now, at all clouds.
    #[must_use]
    pub fn live(&self) -> usize {
        self.clouds().map(|cloud| cloud.ledger().open().count()).sum()
    }

    /// How many machines ever were, at all clouds.
    #[must_use]
    pub fn ever(&self) -> usize {
        self.clouds().map(|cloud| cloud.ledger().entries.len()).sum()
    }

    /// How many creates arrived, at all clouds.
    #[must_use]
    pub fn creates(&self) -> usize {
        self.clouds().map(|cloud| cloud.count_calls(Some("create"))).sum()
    }
}

/// A broker over these accounts and this journal.
#[must_use]
pub fn broker(registry: Registry, journal: Arc<dyn Journal>) -> Broker {
    Broker::new(registry, journal, Owner::of_installation("tests")).drawing(draw())
}

/// So many machines of these choices, tried in their order.
#[must_use]
pub fn spec(name: &str, count: u32, choices: Vec<Choice>) -> DeploySpec {
    DeploySpec {
        name: name.to_owned(),
        count,
        template: wish(),
        file_hash: String::new(),
        fields: std::collections::BTreeMap::new(),
        choices,
        policy: Policy { strategy: Strategy::InOrder, ..Policy::default() },
    }
}

/// So many dollars.
#[must_use]
pub fn dollars(amount: u32) -> Money {
    Money::new(amount.into(), Currency::USD)
}

/// Markers that no other test of this process draws.
fn draw() -> Draw {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    Draw::new(|| {
        let mut random = [1; 10];
        random[2..].copy_from_slice(&DRAWN.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        Ok(random)
    })
}
