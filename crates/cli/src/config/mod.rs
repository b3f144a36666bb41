//! Which accounts there are: from a file, else from the vendors' own environment variables.

mod authorities;
mod environment;
mod exchange;
mod file;
mod near;
mod place;
mod secrets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};
use vmbroker::{Account, Clock, ExchangeRate, Kind, ProviderId, Registry, Secret};

pub(crate) use environment::variables_set;
pub(crate) use file::syntax;
pub(crate) use near::{nearest, unknown_field, unknown_key};
pub(crate) use place::{Place, read_text};

use crate::failure::Failure;

/// What the configuration says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The file it was read from; absent where the environment alone says it.
    pub path: Option<PathBuf>,
    /// The installation's id, where the file sets it.
    pub owner: Option<String>,
    /// Where the journal lives; absent: in the user's folder for such things.
    pub state: Option<PathBuf>,
    /// The accounts, in the file's order of names.
    pub accounts: Vec<Described>,
    /// The exchange rates; none is assumed besides.
    pub exchange: Vec<ExchangeRate>,
}

/// An account as described, opened or not.
#[derive(Debug)]
pub(crate) struct Described {
    pub id: ProviderId,
    pub kind: Kind,
    /// What the adapter is told.
    pub settings: Map<String, Value>,
    /// How long its offers count as fresh once they were asked for; absent: the market's own time.
    pub offers_fresh_for: Option<Duration>,
    /// The file with certificates of further authorities that it trusts, or why that cannot be used; absent: it names
    /// none.
    pub authorities: Result<Option<PathBuf>, vmbroker::Error>,
    /// Its secrets and where they were found, or why not.
    pub credentials: Result<Found, vmbroker::Error>,
}

/// Secrets that were found.
#[derive(Debug)]
pub(crate) struct Found {
    pub secrets: BTreeMap<String, Secret>,
    /// Where: `FLUENCE_API_KEY`, or a file's path.
    pub sources: Vec<String>,
}

impl Config {
    /// Reads the configuration: the file that is named, else the first that is found, else the environment.
    pub(crate) fn load(named: Option<&std::path::Path>, place: &Place) -> Result<Self, Failure> {
        match file::find(named, place)? {
            Some(path) => file::read(path, place),
            None => environment::read(place),
        }
    }

    /// The accounts as a registry. One without its secrets is in it and says so when asked.
    pub(crate) fn open(&self, clock: &Clock) -> Result<Registry, Failure> {
        let mut registry = Registry::new(clock.clone());
        for described in &self.accounts {
            let id = described.id.clone();
            match (&described.credentials, &described.authorities) {
                (Err(why), _) | (_, Err(why)) => registry.add_unusable(id, why)?,
                (Ok(found), Ok(_)) => {
                    let account = Account {
                        id,
                        kind: described.kind,
                        settings: described.settings.clone(),
                        credentials: found.secrets.clone(),
                    };
                    match account.open(clock) {
                        Ok(provider) => registry.add(provider)?,
                        Err(error) => {
                            self.refuse_unknown_key(described, &error)?;
                            // What else is wrong concerns this account alone: the others work all the same.
                            registry.add_unusable(described.id.clone(), &error)?;
                        }
                    }
                }
            }
        }
        Ok(registry)
    }

    fn refuse_unknown_key(&self, described: &Described, error: &vmbroker::Error) -> Result<(), Failure> {
        let Some(unknown) = unknown_field(error.message()) else { return Ok(()) };
        let place = self.path.as_deref().map(|path| format!("{}: ", path.display())).unwrap_or_default();
        let account = format!("accounts.{}", described.id);
        let own = secrets::keys(described.kind).chain([file::FRESH_FOR]).map(|key| -> &str { key });
        let of_http = (unknown.path == "http").then_some(authorities::KEY);
        let known = unknown.known.iter().copied().chain(of_http).chain(own);
        Err(unknown_key(&place, &account, &unknown.path, unknown.field, known))
    }
}
