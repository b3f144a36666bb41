//! What a command works with.

use std::sync::Arc;

use vmbroker::journal::Probe;
use vmbroker::{
    Catalogue, Clock, ComputeProvider, Error, ErrorKind, ExchangeRates, Handle, Market, Owner, ProviderId,
    Registry,
};

use crate::args::{self, Accounts, Global};
use crate::config::{Config, Place, variables_set};
use crate::failure::{CONFIGURATION, FAILED, Failure, OK};
use crate::sandbox::{Sandbox, Settings};
use crate::terminal::Terminal;
use crate::{catalogue, installation};

/// How fast the clouds of `--sandbox` run: a machine that takes two minutes is there after two seconds.
const EMBEDDED_SPEED: u32 = 60;

/// What a command works with, before any account is opened.
#[derive(Debug)]
pub(crate) struct Context {
    pub terminal: Terminal,
    pub place: Place,
    pub global: Global,
    /// Called at every commit of the journal; absent but in tests.
    pub probe: Option<Probe>,
    clock: Clock,
    providers: Vec<Arc<dyn ComputeProvider>>,
}

/// Accounts that are open.
#[derive(Debug)]
pub(crate) struct Open {
    pub registry: Registry,
    pub clock: Clock,
    pub config: Config,
    /// The simulated clouds, where these are asked; they end when this is dropped.
    pub sandbox: Option<Sandbox>,
}

impl Context {
    pub(crate) fn new(
        terminal: Terminal,
        place: Place,
        global: Global,
        clock: Clock,
        providers: Vec<Arc<dyn ComputeProvider>>,
        probe: Option<Probe>,
    ) -> Self {
        Self { terminal, place, global, probe, clock, providers }
    }

    /// Adds the accounts that are not in any configuration.
    pub(crate) fn add_providers(&self, registry: &mut Registry) -> Result<(), Failure> {
        for provider in &self.providers {
            registry.add(Arc::clone(provider))?;
        }
        Ok(())
    }

    /// The time that configured accounts live by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Opens the accounts that are asked for.
    pub(crate) async fn open(&self, wanted: &Accounts) -> Result<Open, Failure> {
        let mut open = self.open_all(wanted.clouds).await?;
        open.registry = open.registry.only(&wanted.providers)?;
        Ok(open)
    }

    /// Opens all accounts.
    pub(crate) async fn open_all(&self, clouds: args::Clouds) -> Result<Open, Failure> {
        if clouds.sandbox {
            let settings = Settings::embedded(self.clock.now(), EMBEDDED_SPEED);
            let sandbox = Sandbox::start(&settings).await?;
            let clock = sandbox.clock().clone();
            let config = sandbox.config()?;
            return Ok(Open { registry: config.open(&clock)?, clock, config, sandbox: Some(sandbox) });
        }
        let config = Config::load(self.global.config.as_deref(), &self.place)?;
        let mut registry = config.open(&self.clock)?;
        self.add_providers(&mut registry)?;
        if registry.is_empty() {
            return Err(no_accounts(&config, &self.place));
        }
        Ok(Open { registry, clock: self.clock.clone(), config, sandbox: None })
    }
}

impl Open {
    /// The owner tag of this installation.
    pub(crate) fn owner(&self, place: &Place) -> Result<Owner, Failure> {
        match self.sandbox {
            Some(_) => Ok(installation::sandbox_owner()),
            None => installation::owner(&self.config, place),
        }
    }

    /// The market of these accounts. That of simulated clouds keeps nothing: they end with the command.
    pub(crate) fn market(&self, place: &Place) -> Result<Market, Failure> {
        self.market_of(self.registry.clone(), place)
    }

    /// The market of some of these accounts.
    pub(crate) fn market_of(&self, accounts: Registry, place: &Place) -> Result<Market, Failure> {
        let rates = ExchangeRates::new(self.config.exchange.iter().cloned())?;
        let catalogue = match self.sandbox {
            Some(_) => Catalogue::in_memory(),
            None => catalogue::catalogue(&self.config, place),
        };
        Ok(Market::new(accounts, catalogue, rates))
    }

    /// Refuses handles of accounts that are not there, before anything is asked.
    pub(crate) fn know(&self, handles: &[Handle]) -> Result<(), Failure> {
        let known: Vec<&ProviderId> = self.registry.ids().collect();
        match handles.iter().find(|handle| !known.contains(&&handle.provider)) {
            None => Ok(()),
            Some(handle) => {
                let known: Vec<String> = known.iter().map(|id| format!("`{id}`")).collect();
                let message = format!(
                    "`{handle}` belongs to account `{}`, but the accounts are: {}",
                    handle.provider,
                    known.join(", ")
                );
                Err(Failure::usage(message))
            }
        }
    }
}

fn no_accounts(config: &Config, place: &Place) -> Failure {
    let set: Vec<String> = variables_set(place).map(|name| format!("`{name}`")).collect();
    let (message, last) = match &config.path {
        Some(path) if !set.is_empty() => (
            format!(
                "`{}` describes no account, and beside it {} stands for none",
                path.display(),
                set.join(", ")
            ),
            "take the `#` away before the table that names the variable, or the file away",
        ),
        Some(path) => (
            format!("`{}` describes no account", path.display()),
            "fill one in: take the `#` away before a table such as `[accounts.fluence]` and what belongs to it",
        ),
        None => (
            "no account is configured: there is no vmbroker.toml and no vendor's environment variable is set"
                .to_owned(),
            "`vmbroker init` writes a vmbroker.toml to fill in; `FLUENCE_API_KEY` alone is enough for Fluence",
        ),
    };
    Failure::configuration(message)
        .hint("`vmbroker demo` shows everything on simulated clouds, without any account")
        .hint("`--sandbox` lets any command use simulated clouds")
        .hint(last)
}

/// Reports each failed account and returns the exit code: 1 where a provider failed, else 3 where only the
/// configuration did, else 0.
pub(crate) fn report_all(terminal: &Terminal, errors: impl IntoIterator<Item = Error>) -> u8 {
    let mut code = OK;
    for error in errors {
        let config = error.kind() == ErrorKind::InvalidConfig;
        terminal.report(&Failure::from(error));
        code = if config && code != FAILED { CONFIGURATION } else { FAILED };
    }
    code
}
