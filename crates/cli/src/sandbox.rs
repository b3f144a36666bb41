//! The simulated clouds: the one place that knows how they are started.

use serde::Serialize;
use vmbroker::{Clock, ProviderId};

use crate::config::Config;
use crate::failure::Failure;

/// How the simulated clouds are started.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// How many times as fast as real time they run.
    pub speed: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { speed: 60 }
    }
}

/// A simulated cloud that is running.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cloud {
    /// The account it is configured as.
    pub account: ProviderId,
    /// Which cloud it simulates.
    pub kind: &'static str,
    /// Where it listens.
    pub url: String,
}

/// What a simulated cloud's ledger says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LedgerLine {
    pub account: ProviderId,
    /// Machines that ever existed.
    pub machines: usize,
    /// Machines that cost money now.
    pub open: usize,
    /// What was charged, exactly.
    pub charged: String,
    pub currency: String,
}

/// Simulated clouds that run in this process. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    clock: Clock,
    clouds: Vec<Cloud>,
}

impl Sandbox {
    /// Starts the clouds.
    pub(crate) async fn start(_settings: &Settings) -> Result<Self, Failure> {
        Err(Failure::other("no simulated clouds yet"))
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The accounts at these clouds.
    pub(crate) fn config(&self) -> Config {
        Config::default()
    }

    pub(crate) fn clouds(&self) -> &[Cloud] {
        &self.clouds
    }

    pub(crate) async fn ledgers(&self) -> Vec<LedgerLine> {
        Vec::new()
    }
}
