//! The simulated clouds: the one place that knows how they are started, and how accounts at them are configured.

mod accounts;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use vmbroker::{Clock, ProviderId};
use vmbroker_sim::{CloudConfig, Face, RunningCloud, SandboxConfig};

use crate::config::Config;
use crate::failure::Failure;

pub(crate) use accounts::{HEADER, Secrets};

/// How the simulated clouds are started.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What their clock shows at first.
    pub from: Timestamp,
    /// How fast things happen.
    pub pace: Pace,
    /// Which clouds, and each one's port; 0 is any free one.
    pub clouds: Vec<(Face, u16)>,
    /// The port of the control face; absent: there is none.
    pub control_port: Option<u16>,
}

/// How fast things happen in simulated clouds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Their clock runs this many times as fast as real time. Whoever talks to them must live by the same clock.
    Clock(u32),
    /// Their clock is the real one, and everything takes this many times less.
    Hurry(u32),
}

impl Settings {
    /// One cloud of each provider, for callers in this process.
    pub(crate) fn embedded(from: Timestamp, speed: u32) -> Self {
        let clouds = [Face::Fluence202504, Face::WaysCloudDocumented, Face::Zenlayer];
        let clouds = clouds.into_iter().map(|face| (face, 0)).collect();
        Self { from, pace: Pace::Clock(speed), clouds, control_port: None }
    }
}

/// A simulated cloud that is running.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cloud {
    /// The account it is configured as.
    pub account: ProviderId,
    /// Which wire it speaks.
    pub face: Face,
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
    pace: Pace,
    clouds: Vec<Cloud>,
    running: vmbroker_sim::Sandbox,
}

impl Sandbox {
    /// Starts the clouds.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Failure> {
        let (speed, hurry) = match settings.pace {
            Pace::Clock(speed) => (speed, 1),
            Pace::Hurry(by) => (1, by),
        };
        let clock = Clock::simulated(settings.from, speed);
        let cloud = |(face, port): &(Face, u16)| {
            let mut cloud = CloudConfig::new(*face);
            cloud.name = account_name(*face).to_owned();
            cloud.port = *port;
            cloud.profile = cloud.profile.hurried(hurry);
            cloud
        };
        let mut config = SandboxConfig::new(&[]);
        config.clock = clock.clone();
        config.clouds = settings.clouds.iter().map(cloud).collect();
        config.control_port = settings.control_port;
        let running = vmbroker_sim::Sandbox::start(config)
            .await
            .map_err(|error| Failure::other("the simulated clouds cannot be started").because(error))?;
        let known = |cloud: &RunningCloud| {
            Ok(Cloud { account: cloud.name.parse()?, face: cloud.face, url: cloud.url.clone() })
        };
        let clouds = running.clouds().iter().map(known).collect::<vmbroker::Result<_>>()?;
        Ok(Self { clock, pace: settings.pace, clouds, running })
    }

    /// The clock they live by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn clouds(&self) -> &[Cloud] {
        &self.clouds
    }

    /// Where faults, time and ledgers are reached from outside.
    pub(crate) fn control_url(&self) -> Option<&str> {
        self.running.control_url()
    }

    /// The accounts at these clouds.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        accounts::config(self.running.clouds(), self.pace)
    }

    /// The accounts as a vmbroker.toml, and the secrets that it names.
    pub(crate) fn config_text(
        &self,
        secrets: Secrets<'_>,
    ) -> Result<(String, BTreeMap<String, String>), Failure> {
        accounts::text(self.running.clouds(), self.pace, secrets)
    }

    /// What each cloud's ledger says now.
    pub(crate) fn ledgers(&self) -> Vec<LedgerLine> {
        let line = |(known, running): (&Cloud, &RunningCloud)| {
            let ledger = running.cloud.ledger();
            LedgerLine {
                account: known.account.clone(),
                machines: ledger.entries.len(),
                open: ledger.open().count(),
                charged: ledger.total().normalize().to_string(),
                currency: ledger.entries.first().map(|entry| entry.currency.clone()).unwrap_or_default(),
            }
        };
        self.clouds.iter().zip(self.running.clouds()).map(line).collect()
    }
}

/// The account that a cloud with this face is configured as.
fn account_name(face: Face) -> &'static str {
    match face {
        Face::Fluence202504 | Face::Fluence202505 => "fluence",
        Face::WaysCloudDocumented | Face::WaysCloudWaldur => "wayscloud",
        Face::Zenlayer => "zenlayer",
    }
}
