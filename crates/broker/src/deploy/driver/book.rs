//! The state in memory and in the journal, changed together or not at all.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio::sync::{Mutex, mpsc};
use vmbroker_core::Clock;
use vmbroker_journal::{Journal, JournalError, JournalErrorKind, Result};

use crate::deploy::claims::{Claim, RunMark};
use crate::deploy::engine::{Deployment, Event, What, later};
use crate::deploy::rows::{self, Versions};
use crate::deploy::run::News;

/// The time of one run: never goes back, whatever happens to the wall clock, and is whole in microseconds, as the
/// journal keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    clock: Clock,
    start: Timestamp,
    from: Duration,
}

impl Time {
    /// Starts now, and not before what is already written down.
    pub(crate) fn starting(clock: &Clock, after: Timestamp) -> Self {
        Self { start: clock.now().max(after), from: clock.elapsed(), clock: clock.clone() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let now = later(self.start, self.clock.elapsed().saturating_sub(self.from));
        now.round(Unit::Microsecond).unwrap_or(now)
    }
}

/// A deployment in memory and in the journal. A clone is the same one.
#[derive(Clone)]
pub(crate) struct Book {
    inner: Arc<Inner>,
    /// Absent for whoever only reads it.
    claim: Option<Arc<Claim>>,
}

struct Inner {
    journal: Arc<dyn Journal>,
    time: Time,
    versions: Mutex<Versions>,
    state: RwLock<Arc<Deployment>>,
    news: mpsc::UnboundedSender<News>,
}

impl Book {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        time: Time,
        (state, versions): (Deployment, Versions),
        news: mpsc::UnboundedSender<News>,
        claim: Arc<Claim>,
    ) -> Self {
        let (versions, state) = (Mutex::new(versions), RwLock::new(Arc::new(state)));
        Self { inner: Arc::new(Inner { journal, time, versions, state, news }), claim: Some(claim) }
    }

    /// The same for reading it alone, which keeps nobody else from it.
    pub(crate) fn reader(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), claim: None }
    }

    /// Marks it as a run's, as long as what is answered lives.
    pub(crate) fn mark(&self) -> Option<RunMark> {
        self.claim.as_ref().map(RunMark::of)
    }

    /// The state as it is written down.
    pub(crate) fn view(&self) -> Arc<Deployment> {
        Arc::clone(&self.inner.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.time.now()
    }

    pub(crate) async fn sleep(&self, long: Duration) {
        self.inner.time.clock.sleep(long).await;
    }

    /// Tells whoever follows the run.
    pub(crate) fn tell(&self, news: News) {
        // Nobody has to follow it.
        let _ = self.inner.news.send(news);
    }

    /// Writes down what follows from the state as it is now, and takes it in once it is durable; what happened.
    ///
    /// Runs in a task of its own: dropping the future neither stops it nor parts memory from journal.
    pub(crate) async fn record(
        &self,
        decide: impl FnOnce(&Deployment, Timestamp) -> Vec<What> + Send + 'static,
    ) -> Result<Vec<Event>> {
        let book = self.clone();
        let task = tokio::spawn(async move { book.inner.record(decide).await });
        task.await.unwrap_or_else(|error| {
            let message = "the task that writes the journal ended early";
            Err(JournalError::new(JournalErrorKind::Io, message).with_source(error))
        })
    }
}

impl Inner {
    async fn record(
        &self,
        decide: impl FnOnce(&Deployment, Timestamp) -> Vec<What> + Send,
    ) -> Result<Vec<Event>> {
        let mut versions = self.versions.lock().await;
        let before = Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner));
        let at = self.time.now();
        let events: Vec<Event> = decide(&before, at).into_iter().map(|what| Event { at, what }).collect();
        let Some(first) = events.first() else { return Ok(events) };
        let mut after = (*before).clone();
        let touched = after.fold(&events);
        let (batch, raised) = rows::batch(&after, &touched, &versions, &events)?;
        self.journal.commit(first.what.word(), batch).await?;
        versions.extend(raised);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        for event in &events {
            let _ = self.news.send(News::Happened(event.clone()));
        }
        Ok(events)
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Book").field(&self.view().name()).finish()
    }
}
