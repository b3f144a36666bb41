//! What was offered lately: asked once, answered many times.

mod files;
mod record;
mod shelf;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vmbroker_core::{Clock, ComputeProvider, OfferQuery, ProviderId, Result};

use super::PriceHistory;
use super::rank::Look;
use super::snapshot::plain;
use shelf::{Notes, Patience, Shelf};

/// How long an observation serves where nobody says otherwise. Prices move a few times a day, but machines are sold
/// out within minutes: an older answer would send a buyer to an offer that is gone.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What the accounts offered lately.
///
/// An observation serves every query that it [covers](OfferQuery::covers) until its lifetime is over. Questions that
/// come while a provider is being asked share that one call, and what it says after a question's deadline still serves
/// the next. Each observation is kept for the price history where it differs from the one before.
///
/// A clone is the same catalogue. With a folder it outlives the process; the folder is for one configuration's accounts
/// only: offers are kept by account name.
#[derive(Clone, Debug)]
pub struct Catalogue {
    lifetime: Duration,
    lifetimes: BTreeMap<ProviderId, Duration>,
    shelves: Arc<Shelves>,
}

#[derive(Debug)]
struct Shelves {
    folder: Option<PathBuf>,
    by_account: Mutex<BTreeMap<ProviderId, Arc<Shelf>>>,
    notes: Notes,
}

impl Catalogue {
    /// Kept in memory only, and gone with this value and its clones.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(None)
    }

    /// Kept in this folder, one file for each account. Nothing is read before it is needed, the folder is made when
    /// something is written, and whatever is wrong with it becomes a [note](super::Comparison::notes).
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::new(Some(folder.into()))
    }

    fn new(folder: Option<PathBuf>) -> Self {
        let shelves = Shelves { folder, by_account: Mutex::default(), notes: Notes::default() };
        Self { lifetime: LIFETIME, lifetimes: BTreeMap::new(), shelves: Arc::new(shelves) }
    }

    /// The same, where observations serve this long; 10 minutes where this is not called. 0: none serves twice.
    #[must_use]
    pub fn keeping(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The same, where those of this account serve this long instead.
    #[must_use]
    pub fn keeping_for(mut self, account: ProviderId, lifetime: Duration) -> Self {
        self.lifetimes.insert(account, lifetime);
        self
    }

    /// What an account offers: from the catalogue where that is young enough, otherwise from the provider.
    pub(super) async fn look(
        &self,
        provider: Arc<dyn ComputeProvider>,
        query: &OfferQuery,
        refresh: bool,
        deadline: Duration,
        clock: &Clock,
    ) -> Result<Look> {
        let (id, query) = (provider.id().clone(), plain(query));
        let shelf = self.shelf(&id);
        let lifetime = self.lifetimes.get(&id).copied().unwrap_or(self.lifetime);
        shelf.load().await;
        if !refresh && let Some(snapshot) = shelf.find(&query, clock.now(), lifetime) {
            return Ok(Look { provider: id, snapshot, cached: true });
        }
        let snapshot = shelf.ask(provider, query, Patience { deadline, lifetime }, clock).await?;
        Ok(Look { provider: id, snapshot, cached: false })
    }

    /// How the prices of one account's offers moved.
    pub(super) async fn history(&self, id: &ProviderId, query: &OfferQuery) -> Vec<PriceHistory> {
        self.shelf(id).history(&plain(query)).await
    }

    /// What has to be told since this was last called.
    pub(super) fn take_notes(&self) -> Vec<String> {
        self.shelves.notes.take()
    }

    fn shelf(&self, id: &ProviderId) -> Arc<Shelf> {
        let mut shelves = self.shelves.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let folder = self.shelves.folder.as_deref();
            Arc::new(Shelf::new(id.clone(), folder, self.shelves.notes.clone()))
        };
        Arc::clone(shelves.entry(id.clone()).or_insert_with(new))
    }
}
