//! The journal as one life of the program has it: the program may end at any commit, before it or after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::journal::{
    AttemptRow, Batch, BlockRow, Change, DeploymentRow, EventRow, HandleRow, Journal, JournalError,
    JournalErrorKind, LegRow, LookRow, Record, Result, SightingRow,
};
use vmbroker::{Marker, ProviderId};

use crate::kind::Act;
use crate::lack::Lack;
use crate::life::Life;
use crate::script::{Script, Strike};

/// The journal as one life of the program has it.
#[derive(Debug)]
pub(crate) struct Mortal {
    pub(crate) inner: Arc<dyn Journal>,
    pub(crate) life: Arc<Life>,
    pub(crate) script: Arc<Script>,
    pub(crate) lack: Option<Lack>,
    /// What was said to be written, and is not yet: of a journal that lacks the write before the send.
    pub(crate) owed: Mutex<Vec<(&'static str, Batch)>>,
}

impl Mortal {
    async fn write(&self, point: &'static str, batch: Batch) -> Result<()> {
        self.script.tell(|| {
            let event = |change: &Change| match change {
                Change::Event(event) => Some(format!("    {}", vmbroker::clip(&event.body, 200))),
                _ => None,
            };
            batch.changes().iter().filter_map(event).collect()
        });
        if self.lack == Some(Lack::Intent) {
            if matches!(point, "planned" | "sending") {
                self.owed.lock().unwrap().push((point, batch));
                return Ok(());
            }
            let owed = std::mem::take(&mut *self.owed.lock().unwrap());
            for (point, batch) in owed {
                self.inner.commit(point, batch).await?;
            }
        }
        self.inner.commit(point, batch).await
    }

    fn dies<T>(&self) -> Result<T> {
        self.life.end();
        Err(JournalError::new(JournalErrorKind::Io, "the program is dead"))
    }
}

#[async_trait]
impl Journal for Mortal {
    async fn commit(&self, point: &'static str, batch: Batch) -> Result<()> {
        if self.life.is_over() {
            return self.dies();
        }
        if batch.is_empty() {
            return Ok(());
        }
        match self.script.pass("commit", point) {
            Strike::Nothing | Strike::Fails => self.write(point, batch).await,
            Strike::Kind(kind) => match kind.act {
                Act::DiesAfter => {
                    self.write(point, batch).await?;
                    self.dies()
                }
                Act::NotWritten => {
                    self.life.stumble();
                    Err(JournalError::new(JournalErrorKind::Full, "the disk is full"))
                }
                Act::DiesBefore => self.dies(),
                Act::Strikes(_) | Act::Hides(_) | Act::Late | Act::Fails | Act::Dies | Act::DiesUnsent => {
                    panic!("a commit is no call")
                }
            },
        }
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

    async fn blocks(&self, now: Timestamp) -> Result<Vec<BlockRow>> {
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

    async fn made_at(&self) -> Result<Timestamp> {
        self.inner.made_at().await
    }
}
