//! The simulated clouds: the one place that knows how they are started.

use vmbroker::Clock;

use crate::config::Config;
use crate::failure::Failure;

/// How the simulated clouds are started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {}

/// Simulated clouds that run in this process. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    clock: Clock,
}

impl Sandbox {
    /// Starts the clouds.
    pub(crate) async fn start(_settings: &Settings) -> Result<Self, Failure> {
        Err(Failure::other("no simulated clouds yet"))
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn config(&self) -> Config {
        Config::default()
    }
}
