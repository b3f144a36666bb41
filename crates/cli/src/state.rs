//! Where the journal lives, and how it is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use vmbroker::deploy::Broker;
use vmbroker::journal::{Journal, JournalError, JournalErrorKind, SqliteJournal};
use vmbroker::{ExchangeRates, Owner, Registry};

use crate::config::{Config, Place};
use crate::context::{Context, Open};
use crate::failure::Failure;

/// How long a command waits for another one that writes the journal: a `create` holds it for seconds, and a `deploy`
/// longer than anybody wants to wait without a word.
const IN_USE_FOR: Duration = Duration::from_secs(10);
/// How often it is tried meanwhile.
const TRY_EVERY: Duration = Duration::from_millis(250);

/// The folder of the journal and of the installation's id.
pub(crate) fn folder(config: &Config, place: &Place) -> Result<PathBuf, Failure> {
    let own = || place.state_home().map(|home| home.join("vmbroker"));
    config.state.clone().or_else(own).ok_or_else(|| {
        Failure::configuration(
            "there is no place for the journal: neither `XDG_STATE_HOME` nor `HOME` is set",
        )
        .hint("`state = \"FOLDER\"` in vmbroker.toml names one")
    })
}

impl Open {
    /// What writes the journal. Nobody else writes it until this is dropped.
    pub(crate) async fn broker(&self, context: &Context) -> Result<Broker, Failure> {
        let now = self.clock.now();
        let journal: Arc<dyn Journal> = match &self.sandbox {
            // The machines end with this command, and so does what is known of them.
            Some(_) => Arc::new(SqliteJournal::in_memory(now).await?),
            None => {
                let folder = folder(&self.config, &context.place)?;
                Arc::new(self.journal(context, &folder).await?)
            }
        };
        let rates = ExchangeRates::new(self.config.exchange.iter().cloned())?;
        let broker =
            Broker::new(self.registry.clone(), journal, self.owner(&context.place)?).exchanging(rates);
        let accounts = broker.accounts().await?;
        for id in self.registry.ids().filter(|id| self.registry.get(id).is_ok()) {
            if let Err(error) = accounts.get(id) {
                context.terminal.note(&format!("warning: {}", error.message()));
            }
        }
        Ok(broker)
    }

    /// The journal, once nobody else writes it.
    async fn journal(&self, context: &Context, folder: &Path) -> Result<SqliteJournal, JournalError> {
        let mut waited = Duration::ZERO;
        loop {
            let opened = SqliteJournal::open(folder, self.clock.now(), context.probe.clone()).await;
            match opened {
                Err(error) if error.kind() == JournalErrorKind::InUse && waited < IN_USE_FOR => {
                    if waited.is_zero() {
                        let seconds = IN_USE_FOR.as_secs();
                        let line =
                            format!("note: another vmbroker writes the journal; waiting up to {seconds} s");
                        context.terminal.note(&line);
                    }
                    self.clock.sleep(TRY_EVERY).await;
                    waited = waited.saturating_add(TRY_EVERY);
                }
                done => return done,
            }
        }
    }

    /// The same for reading, beside whoever writes; absent where there is no journal yet.
    pub(crate) async fn reader(&self, place: &Place) -> Result<Option<Broker>, Failure> {
        if self.sandbox.is_some() {
            return Ok(None);
        }
        reader(&folder(&self.config, place)?, self.registry.clone()).await
    }
}

impl Context {
    /// What reads the journal, beside whoever writes it; absent where there is none yet. No account is needed.
    pub(crate) async fn reader(&self) -> Result<Option<Broker>, Failure> {
        let config = Config::load(self.global.config.as_deref(), &self.place)?;
        let mut registry = config.open(self.clock())?;
        self.add_providers(&mut registry)?;
        reader(&folder(&config, &self.place)?, registry).await
    }
}

async fn reader(folder: &Path, registry: Registry) -> Result<Option<Broker>, Failure> {
    let Some(journal) = SqliteJournal::read_only(folder).await? else { return Ok(None) };
    // Only what makes machines needs to know whose they are.
    Ok(Some(Broker::new(registry, Arc::new(journal), Owner::of_installation(""))))
}
