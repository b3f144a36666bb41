//! Short programs that use vmbroker on the simulated clouds. Each file in `src/bin` is one.
//!
//! Here stands what they share and an application would not have: simulated clouds in this process, and accounts at
//! them. With real clouds, the settings and secrets come from wherever the application keeps them.

pub mod breeze;

use serde_json::{Map, Value, json};
use vmbroker::{
    Account, Clock, CreateRequest, ImageWish, Kind, Marker, Owner, Registry, Secret, Size, SshKey,
};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal, Running, Sandbox, SandboxConfig, WALDUR_IDS};

/// How many times as fast as real time the simulated clouds run.
const SPEED: u32 = 20;

/// A public key of the examples. Nobody has the private half.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn example@vmbroker";

/// Simulated clouds that run in this process, until this is dropped.
#[derive(Debug)]
pub struct SimulatedClouds {
    clock: Clock,
    sandbox: Sandbox,
}

impl SimulatedClouds {
    /// Starts one cloud for each dialect, on free loopback ports.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn start(dialects: &[Dialect]) -> anyhow::Result<Self> {
        let clock = Clock::simulated("2026-01-01T00:00:00Z".parse()?, SPEED);
        let config = SandboxConfig { dialects: dialects.to_vec(), ..SandboxConfig::new(clock.clone()) };
        Ok(Self { clock, sandbox: Sandbox::start(config).await? })
    }

    /// The clock they live by: whoever waits for them must wait on it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// From now on the account at the first cloud cannot pay.
    pub fn spend_the_money_of_the_first(&self) {
        if let Some(first) = self.sandbox.clouds().first() {
            first.cloud.arm(Fault::always("create", FaultKind::Refuse(Refusal::Funds)));
        }
    }

    /// From now on everything at every cloud costs this many percent more than at the start.
    pub fn raise_prices(&self, percent: u32) {
        for cloud in self.sandbox.clouds() {
            cloud.cloud.arm(Fault::always("offers", FaultKind::PriceMoved(percent)));
        }
    }

    /// An account at each cloud.
    ///
    /// # Errors
    /// Where two clouds would have the same name.
    pub fn accounts(&self) -> anyhow::Result<Registry> {
        let mut accounts = Registry::new(self.clock.clone());
        for cloud in self.sandbox.clouds() {
            accounts.add(account(cloud)?.open(&self.clock)?)?;
        }
        Ok(accounts)
    }

    /// How many machines cost money now, by the clouds' own ledgers.
    #[must_use]
    pub fn machines_that_cost_money(&self) -> usize {
        self.sandbox.clouds().iter().map(|cloud| cloud.cloud.ledger().open().count()).sum()
    }
}

/// A small machine with Ubuntu, anywhere, under a new marker.
///
/// # Panics
/// Where the operating system gives no random numbers.
#[must_use]
#[expect(clippy::expect_used, reason = "nothing can be shown without random numbers")]
pub fn wish() -> CreateRequest {
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("the operating system gives random numbers");
    // A real application has one text of its own here, and keeps it: by the owner it knows its machines again.
    let marker = Marker::new(Owner::of_installation("vmbroker examples"), random);
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    let key: SshKey = KEY.parse().expect("the key of the examples is one");
    CreateRequest::new(marker, size, ImageWish::Name("ubuntu-22.04".to_owned()), key)
}

/// What a configuration would say of an account at this cloud.
fn account(running: &Running) -> anyhow::Result<Account> {
    let ids = WALDUR_IDS;
    let (kind, settings) = match running.dialect {
        Dialect::Fluence202504 => (Kind::Fluence, json!({ "contract": "2025-04" })),
        Dialect::Fluence202505 => (Kind::Fluence, json!({ "contract": "2025-05" })),
        Dialect::Wayscloud => {
            (Kind::Wayscloud, json!({ "project": ids.project, "offering": ids.offering, "plan": ids.plan }))
        }
        Dialect::Waldur => (
            Kind::Wayscloud,
            json!({ "dialect": "waldur", "project": ids.project, "offering": ids.offering }),
        ),
        Dialect::Zenlayer => (Kind::Zenlayer, json!({})),
    };
    let mut settings: Map<String, Value> = serde_json::from_value(settings)?;
    settings.insert("url".to_owned(), json!(running.url));
    // Simulated clouds hide a launch for a known time; at Fluence nobody knows, and absence would prove nothing.
    settings.insert("timing".to_owned(), json!({ "list_lags_by": "2s", "visible_within": "5m" }));
    let accepted = running.cloud.account().credentials.clone();
    let credentials = match kind {
        Kind::Fluence => vec![("api_key", accepted.secret)],
        Kind::Wayscloud => vec![("token", accepted.secret)],
        Kind::Zenlayer => vec![("access_key_id", accepted.id), ("access_key_password", accepted.secret)],
    };
    let credentials = credentials.into_iter().map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
    Ok(Account { id: running.dialect.name().parse()?, kind, settings, credentials: credentials.collect() })
}
