//! The simulated clouds: the one place that knows how they are started, and how accounts at them are configured.

mod accounts;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use vmbroker::{Clock, ProviderId};
use vmbroker_sim::{Dialect, Profile, Running, SandboxConfig};

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
    /// Which clouds.
    pub dialects: Vec<Dialect>,
    /// The port of the control face; the clouds have those after it. 0: any free ones.
    pub first_port: u16,
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
        Self { from, pace: Pace::Clock(speed), dialects: Dialect::DEFAULT.to_vec(), first_port: 0 }
    }
}

impl Settings {
    /// The name that two of the clouds would share; absent where each has its own.
    pub(crate) fn twice(&self) -> Option<&'static str> {
        let names: Vec<&str> = self.dialects.iter().map(|dialect| account_name(*dialect)).collect();
        let first = |at: usize| names[..at].contains(&names[at]);
        (0..names.len()).find(|at| first(*at)).map(|at| account_name(self.dialects[at]))
    }
}

/// A simulated cloud that is running.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cloud {
    /// The account it is configured as.
    pub account: ProviderId,
    /// Which wire it speaks.
    pub dialect: Dialect,
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

/// What one machine is charged.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub account: ProviderId,
    /// The machine's name, which holds its marker.
    pub name: String,
    pub charged: rust_decimal::Decimal,
    pub currency: &'static str,
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
        let config = SandboxConfig {
            dialects: settings.dialects.clone(),
            first_port: settings.first_port,
            ..SandboxConfig::new(clock.clone())
        };
        let running = vmbroker_sim::Sandbox::start(config)
            .await
            .map_err(|error| Failure::other("the simulated clouds cannot be started").because(error))?;
        for cloud in running.clouds() {
            hurry_up(&mut cloud.cloud.account().profile, hurry);
        }
        let known = |cloud: &Running| {
            let account = account_name(cloud.dialect).parse()?;
            Ok(Cloud { account, dialect: cloud.dialect, url: cloud.url.clone() })
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
    pub(crate) fn control_url(&self) -> &str {
        self.running.control_url()
    }

    /// The accounts at these clouds.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        accounts::config(self.running.clouds(), self.pace, self.today())
    }

    /// The accounts as a vmbroker.toml with this folder for the journal, and the secrets that it names.
    pub(crate) fn config_text(
        &self,
        secrets: Secrets<'_>,
        state: &str,
    ) -> Result<(String, BTreeMap<String, String>), Failure> {
        accounts::text(self.running.clouds(), self.pace, self.today(), secrets, state)
    }

    /// A name for the folder of the journal that no other run of simulated clouds has: their machines end with them,
    /// and a journal of machines that are no longer there would say that all have vanished.
    pub(crate) fn state_name(&self) -> String {
        let port = self.control_url().rsplit(':').next().unwrap_or_default();
        format!("{}-{port}", self.clock.now().as_second())
    }

    fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.clock.now()).date()
    }

    /// Lets something go wrong at this account's cloud.
    pub(crate) fn arm(&self, account: &ProviderId, fault: vmbroker_sim::Fault) {
        for (known, running) in self.clouds.iter().zip(self.running.clouds()) {
            if known.account == *account {
                running.cloud.arm(fault.clone());
            }
        }
    }

    /// What each machine that ever was is charged, by the clouds' ledgers.
    pub(crate) fn bills(&self) -> Vec<Bill> {
        let of = |(known, running): (&Cloud, &Running)| {
            let bill = |entry: vmbroker_sim::LedgerEntry| Bill {
                account: known.account.clone(),
                name: entry.name,
                charged: entry.charged,
                currency: entry.currency,
            };
            running.cloud.ledger().entries.into_iter().map(bill).collect::<Vec<_>>()
        };
        self.clouds.iter().zip(self.running.clouds()).flat_map(of).collect()
    }

    /// What each cloud's ledger says now.
    pub(crate) fn ledgers(&self) -> Vec<LedgerLine> {
        let line = |(known, running): (&Cloud, &Running)| {
            let ledger = running.cloud.ledger();
            LedgerLine {
                account: known.account.clone(),
                machines: ledger.entries.len(),
                open: ledger.open().count(),
                charged: ledger.total().normalize().to_string(),
                currency: ledger.entries.first().map(|entry| entry.currency.to_owned()).unwrap_or_default(),
            }
        };
        self.clouds.iter().zip(self.running.clouds()).map(line).collect()
    }
}

/// Everything that machines go through takes this many times less. The recycle bin keeps its time: nobody waits
/// for it.
fn hurry_up(profile: &mut Profile, by: u32) {
    let steps = [
        &mut profile.queue,
        &mut profile.build,
        &mut profile.address,
        &mut profile.power,
        &mut profile.delete,
        &mut profile.invisible,
    ];
    for step in steps {
        *step /= by;
    }
}

/// The account that a cloud of this dialect is configured as.
fn account_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "fluence",
        Dialect::Wayscloud => "wayscloud",
        Dialect::Waldur => "waldur",
        Dialect::Zenlayer => "zenlayer",
    }
}
