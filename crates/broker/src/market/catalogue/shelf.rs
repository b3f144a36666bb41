//! What one account offered lately, and who is asking it now.

use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, FutureExt, Shared, select};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tracing::instrument::WithSubscriber;
use vmbroker_core::{Clock, ComputeProvider, Error, ErrorKind, OfferQuery, ProviderId, Result, Retry};

use super::record::Record;
use crate::market::PriceHistory;
use crate::market::snapshot::{Snapshot, by_name};

/// How many different queries are kept for one account. A person asks a handful, and a watcher one.
const KEPT: usize = 32;
/// How many calls may be stuck at one provider before no other is sent: one more would be stuck as well.
const STUCK: usize = 4;
/// How long a provider may take after everybody stopped waiting, so that a late answer still serves the next question.
const AT_MOST: Duration = Duration::from_secs(5 * 60);

/// What a person has to be told. A clone is the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(super) fn add(&self, note: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(note);
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How long a question waits, and how long its answer serves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) deadline: Duration,
    pub(super) lifetime: Duration,
}

#[derive(Debug)]
pub(super) struct Shelf {
    account: ProviderId,
    state: Mutex<State>,
    record: Arc<Record>,
    loaded: OnceCell<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The youngest last.
    snapshots: Vec<Arc<Snapshot>>,
    fetches: Vec<Fetch>,
    numbers: u64,
}

type Answer = Result<Arc<Snapshot>>;

/// A question that is at the provider now.
#[derive(Debug)]
struct Fetch {
    number: u64,
    query: OfferQuery,
    /// By the clock's running time.
    since: Duration,
    answer: Shared<BoxFuture<'static, Answer>>,
}

impl Shelf {
    pub(super) fn new(account: ProviderId, folder: Option<&Path>, notes: Notes) -> Self {
        let record = Arc::new(Record::new(&account, folder, notes));
        Self { account, state: Mutex::default(), record, loaded: OnceCell::new() }
    }

    /// Reads what earlier processes kept; once.
    pub(super) async fn load(&self) {
        let load = || async {
            let record = Arc::clone(&self.record);
            let kept = tokio::task::spawn_blocking(move || record.snapshots()).await.unwrap_or_default();
            for snapshot in kept {
                self.keep(&Arc::new(snapshot));
            }
        };
        self.loaded.get_or_init(load).await;
    }

    /// How the prices of the offers that meet a query moved, by offer.
    pub(super) async fn history(&self, query: &OfferQuery) -> Vec<PriceHistory> {
        let record = Arc::clone(&self.record);
        let mut histories = tokio::task::spawn_blocking(move || record.histories()).await.unwrap_or_default();
        histories.retain(|history| history.meets(query));
        histories.sort_by(|a, b| by_name(&a.offer, &b.offer).then(a.disk_gib.cmp(&b.disk_gib)));
        histories
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The youngest observation that answers this query, if it is young enough.
    pub(super) fn find(
        &self,
        query: &OfferQuery,
        now: Timestamp,
        lifetime: Duration,
    ) -> Option<Arc<Snapshot>> {
        let state = self.state();
        let mut young = state.snapshots.iter().rev().filter(|snapshot| snapshot.is_young(now, lifetime));
        young.find(|snapshot| snapshot.answers(query)).cloned()
    }

    /// Keeps an observation, in place of those that it makes superfluous.
    fn keep(&self, snapshot: &Arc<Snapshot>) {
        let snapshots = &mut self.state().snapshots;
        snapshots.retain(|old| old.at > snapshot.at || !snapshot.answers(&old.query));
        snapshots.push(Arc::clone(snapshot));
        snapshots.sort_by_key(|snapshot| snapshot.at);
        let superfluous = snapshots.len().saturating_sub(KEPT);
        snapshots.drain(..superfluous);
    }

    fn young(&self, now: Timestamp, lifetime: Duration) -> Vec<Arc<Snapshot>> {
        let state = self.state();
        state.snapshots.iter().filter(|snapshot| snapshot.is_young(now, lifetime)).cloned().collect()
    }

    /// Asks the provider, or joins who is asking it the same or more already.
    ///
    /// The call is a task of its own: who stops waiting ends only the waiting.
    pub(super) async fn ask(
        self: &Arc<Self>,
        provider: Arc<dyn ComputeProvider>,
        query: OfferQuery,
        patience: Patience,
        clock: &Clock,
    ) -> Answer {
        let snapshot = self.join(&provider, &query, patience, clock, true).await?;
        if snapshot.answers(&query) {
            return Ok(snapshot);
        }
        // The wider answer left out a price that this query tells.
        self.join(&provider, &query, patience, clock, false).await
    }

    fn join(
        self: &Arc<Self>,
        provider: &Arc<dyn ComputeProvider>,
        query: &OfferQuery,
        patience: Patience,
        clock: &Clock,
        wider: bool,
    ) -> Shared<BoxFuture<'static, Answer>> {
        let mut state = self.state();
        // A call that has taken longer than this question would wait is taken for stuck.
        let fresh = |fetch: &&Fetch| clock.elapsed().saturating_sub(fetch.since) < patience.deadline;
        let fits = |fetch: &&Fetch| fetch.query == *query || (wider && fetch.query.covers(query));
        let open = || state.fetches.iter().filter(fits);
        let joined = open().find(fresh).or_else(|| open().next_back().filter(|_| open().count() >= STUCK));
        if let Some(fetch) = joined {
            return fetch.answer.clone();
        }
        state.numbers += 1;
        let number = state.numbers;
        let asked = Asked {
            shelf: Arc::clone(self),
            number,
            provider: Arc::clone(provider),
            query: query.clone(),
            at_most: patience.deadline.max(AT_MOST),
            lifetime: patience.lifetime,
            clock: clock.clone(),
        };
        let task = tokio::spawn(asked.run().with_current_subscriber());
        let account = self.account.clone();
        let answer = async move {
            task.await.unwrap_or_else(|_| {
                let message = "the adapter broke off while it was asked";
                Err(Error::new(ErrorKind::Unavailable, message).at(&account, "offers"))
            })
        };
        let answer = answer.boxed().shared();
        let (query, since) = (query.clone(), clock.elapsed());
        state.fetches.push(Fetch { number, query, since, answer: answer.clone() });
        answer
    }
}

/// One call, from its start to its place on the shelf.
struct Asked {
    shelf: Arc<Shelf>,
    number: u64,
    provider: Arc<dyn ComputeProvider>,
    query: OfferQuery,
    at_most: Duration,
    lifetime: Duration,
    clock: Clock,
}

impl Asked {
    async fn run(self) -> Answer {
        let _leave = Leave(&self);
        let at = self.clock.now();
        let offers = {
            let end = pin!(self.clock.sleep(self.at_most));
            match select(self.provider.offers(&self.query), end).await {
                Either::Left((offers, _)) => offers?,
                Either::Right(_) => {
                    let message = "no answer, and nobody waits any longer";
                    let error = Error::new(ErrorKind::DeadlineExceeded, message).with_retry(Retry::Backoff);
                    return Err(error.at(&self.shelf.account, "offers"));
                }
            }
        };
        let snapshot = Arc::new(Snapshot::new(&self.shelf.account, self.query.clone(), at, offers));
        self.shelf.keep(&snapshot);
        let young = self.shelf.young(self.clock.now(), self.lifetime);
        let (record, new) = (Arc::clone(&self.shelf.record), Arc::clone(&snapshot));
        // What goes wrong with the files is a note of theirs, and no reason to withhold the offers.
        let _ = tokio::task::spawn_blocking(move || record.write(&young, &new)).await;
        Ok(snapshot)
    }
}

/// Nobody joins a call that ended, however it ended.
struct Leave<'a>(&'a Asked);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.shelf.state().fetches.retain(|fetch| fetch.number != self.0.number);
    }
}
