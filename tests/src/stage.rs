//! One simulated cloud, and the account that speaks to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, ImageWish, Marker, Owner, Secret, Size, SshKey, Timing,
};
use vmbroker_http::{HttpTransport, Transport};
use vmbroker_sim::{Cloud, Dialect, Sandbox, SandboxConfig, WALDUR_IDS};

/// One simulated cloud, and the account that speaks to it.
#[derive(Debug)]
pub struct Stage {
    /// What is spoken.
    pub dialect: Dialect,
    /// The clock of both.
    pub clock: Clock,
    /// The cloud, with its ledger.
    pub cloud: Cloud,
    /// The account.
    pub provider: Arc<dyn ComputeProvider>,
    /// Where the cloud is.
    pub url: String,
    sandbox: Sandbox,
}

impl Stage {
    /// A cloud of this dialect and an account at it, on a clock that starts in 2026.
    pub async fn set(dialect: Dialect) -> Self {
        Self::set_over(dialect, Arc::new(HttpTransport::new(None).unwrap())).await
    }

    /// The same over this transport.
    pub async fn set_over(dialect: Dialect, transport: Arc<dyn Transport>) -> Self {
        let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
        Self::set_at(dialect, transport, clock).await
    }

    /// The same on this clock: programs of others live by the real time, whatever ours do.
    pub async fn set_at(dialect: Dialect, transport: Arc<dyn Transport>, clock: Clock) -> Self {
        let config = SandboxConfig { dialects: vec![dialect], ..SandboxConfig::new(clock.clone()) };
        let sandbox = Sandbox::start(config).await.unwrap();
        let running = sandbox.cloud(dialect).unwrap().clone();
        let provider = account(dialect, &running.url, &running.cloud, &clock, transport);
        Self { dialect, clock, cloud: running.cloud, provider, url: running.url, sandbox }
    }

    /// Another account object for the same account at the same cloud: what a restarted process has.
    #[must_use]
    pub fn restarted(&self) -> Arc<dyn ComputeProvider> {
        let transport = Arc::new(HttpTransport::new(None).unwrap());
        account(self.dialect, &self.url, &self.cloud, &self.clock, transport)
    }

    /// The simulated cloud's ports.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

/// An account of this dialect at this cloud, which is reached by this URL and over this transport.
#[must_use]
pub fn account(
    dialect: Dialect,
    url: &str,
    cloud: &Cloud,
    clock: &Clock,
    transport: Arc<dyn Transport>,
) -> Arc<dyn ComputeProvider> {
    named_account(dialect.name(), dialect, url, cloud, clock, transport, Timing::default())
}

/// The same under a name of its own, which believes this of the provider's timing.
#[must_use]
pub fn named_account(
    name: &str,
    dialect: Dialect,
    url: &str,
    cloud: &Cloud,
    clock: &Clock,
    transport: Arc<dyn Transport>,
    timing: Timing,
) -> Arc<dyn ComputeProvider> {
    let id = name.parse().unwrap();
    let url = Some(url.to_owned());
    let held = cloud.account().credentials.clone();
    let secret = Secret::new(held.secret);
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => {
            let contract = match dialect {
                Dialect::Fluence202505 => vmbroker_fluence::Contract::May2025,
                _ => vmbroker_fluence::Contract::April2025,
            };
            let config = vmbroker_fluence::Config { url, contract, timing, ..Default::default() };
            let credentials = vmbroker_fluence::Credentials { api_key: secret };
            Arc::new(
                vmbroker_fluence::Fluence::over(transport, id, config, credentials, clock.clone()).unwrap(),
            )
        }
        Dialect::Wayscloud | Dialect::Waldur => {
            let spoken = match dialect {
                Dialect::Waldur => vmbroker_wayscloud::Dialect::Waldur,
                _ => vmbroker_wayscloud::Dialect::Documented,
            };
            let config = vmbroker_wayscloud::Config {
                url,
                dialect: spoken,
                project: Some(WALDUR_IDS.project.to_owned()),
                offering: Some(WALDUR_IDS.offering.to_owned()),
                // A Waldur lists the parent's plans with the offering, and takes none of them.
                plan: (dialect == Dialect::Wayscloud).then(|| WALDUR_IDS.plan.to_owned()),
                country: Some("NO".parse().unwrap()),
                timing,
                ..Default::default()
            };
            let credentials = vmbroker_wayscloud::Credentials { token: secret };
            Arc::new(
                vmbroker_wayscloud::Wayscloud::over(transport, id, config, credentials, clock.clone())
                    .unwrap(),
            )
        }
        Dialect::Zenlayer => {
            let config = vmbroker_zenlayer::Config { url, timing, ..Default::default() };
            let access = vmbroker_zenlayer::Access::Key { id: Secret::new(held.id), password: secret };
            let credentials = vmbroker_zenlayer::Credentials { access, machine_password: None };
            Arc::new(
                vmbroker_zenlayer::Zenlayer::over(transport, id, config, credentials, clock.clone()).unwrap(),
            )
        }
    }
}

/// A public key.
#[must_use]
pub fn key() -> SshKey {
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn".parse().unwrap()
}

/// A wish that every simulated cloud can meet, with a marker that no other wish of this process has.
#[must_use]
pub fn wish() -> CreateRequest {
    static MADE: AtomicU64 = AtomicU64::new(1);
    let number = MADE.fetch_add(1, Ordering::SeqCst).to_be_bytes();
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number);
    let marker = Marker::new(Owner::of_installation("tests"), random);
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker, size, ImageWish::Name("ubuntu-22.04".to_owned()), key())
}
