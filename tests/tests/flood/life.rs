//! One life of the program: it may end at a commit, before it or after it, and then does nothing any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::sync::Notify;
use vmbroker::journal::{
    AttemptRow, Batch, BlockRow, DeploymentRow, EventRow, HandleRow, Journal, JournalError, JournalErrorKind,
    LegRow, LookRow, Record, Result, SightingRow, SqliteJournal,
};
use vmbroker::{Marker, ProviderId};

/// One life of the program.
#[derive(Debug)]
pub(crate) struct Life {
    commits_left: AtomicU64,
    dies_after: bool,
    dead: AtomicBool,
    died: Notify,
}

impl Life {
    /// One that ends at the commit after so many; with it done, or without.
    pub(crate) fn until(commits: u64, dies_after: bool) -> Arc<Self> {
        let (commits_left, dead) = (AtomicU64::new(commits), AtomicBool::new(false));
        Arc::new(Self { commits_left, dies_after, dead, died: Notify::new() })
    }

    /// One that does not end.
    pub(crate) fn long() -> Arc<Self> {
        Self::until(u64::MAX, false)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Ends it from outside.
    pub(crate) fn end(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.died.notify_waiters();
    }

    /// Does this as long as the program lives: what is on its way when it dies is cut off there.
    pub(crate) async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        let died = self.died.notified();
        if !self.is_over() {
            tokio::select! {
                biased;
                () = died => {}
                done = work => return done,
            }
        }
        std::future::pending().await
    }
}

/// The journal as one life of the program has it.
#[derive(Debug)]
pub(crate) struct Mortal {
    pub(crate) inner: SqliteJournal,
    pub(crate) life: Arc<Life>,
}

fn dead<T>() -> Result<T> {
    Err(JournalError::new(JournalErrorKind::Io, "the program is dead"))
}

#[async_trait]
impl Journal for Mortal {
    async fn commit(&self, point: &'static str, batch: Batch) -> Result<()> {
        if self.life.is_over() {
            return dead();
        }
        let left = &self.life.commits_left;
        let is_last =
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err();
        if !is_last {
            return self.inner.commit(point, batch).await;
        }
        self.life.end();
        if self.life.dies_after {
            self.inner.commit(point, batch).await?;
        }
        dead()
    }

    async fn deployments(&self) -> Result<Vec<DeploymentRow>> {
        self.inner.deployments().await
    }

    async fn deployment(&self, name: &str) -> Result<Option<Record>> {
        self.inner.deployment(name).await
    }

    async fn legs(&self) -> Result<Vec<LegRow>> {
        self.inner.legs().await
    }

    async fn attempts(&self, leg: Marker) -> Result<Vec<AttemptRow>> {
        self.inner.attempts(leg).await
    }

    async fn handles(&self) -> Result<Vec<HandleRow>> {
        self.inner.handles().await
    }

    async fn events(&self, name: &str, after: u64) -> Result<Vec<EventRow>> {
        self.inner.events(name, after).await
    }

    async fn blocks(&self, now: jiff::Timestamp) -> Result<Vec<BlockRow>> {
        self.inner.blocks(now).await
    }

    async fn looks(&self) -> Result<Vec<LookRow>> {
        self.inner.looks().await
    }

    async fn sightings(&self) -> Result<Vec<SightingRow>> {
        self.inner.sightings().await
    }

    async fn logins(&self) -> Result<BTreeMap<ProviderId, String>> {
        self.inner.logins().await
    }

    async fn made_at(&self) -> Result<jiff::Timestamp> {
        self.inner.made_at().await
    }
}
