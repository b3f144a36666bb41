//! A journal in plain memory: a hundred thousand runs do not wait for SQLite. That it takes and gives what the real one
//! does is seen in every run of this binary: the smaller sets are told over both, and must pass the same points.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker::journal::{
    AttemptRow, Batch, BlockRow, Change, DeploymentRow, EventRow, HandleRow, IntentRow, Journal,
    JournalError, JournalErrorKind, LegRow, LookRow, Record, Result, SightingRow,
};
use vmbroker::{Marker, ProviderId};

/// A journal in plain memory.
#[derive(Debug)]
pub(crate) struct PlainJournal {
    made_at: Timestamp,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    deployments: BTreeMap<String, DeploymentRow>,
    intents: BTreeMap<(String, u32), IntentRow>,
    legs: BTreeMap<Marker, LegRow>,
    attempts: BTreeMap<(Marker, u32), AttemptRow>,
    handles: BTreeMap<(Marker, u32), HandleRow>,
    blocks: Vec<BlockRow>,
    looks: BTreeMap<Marker, LookRow>,
    logins: BTreeMap<ProviderId, String>,
    sightings: BTreeMap<(String, String), SightingRow>,
    events: Vec<EventRow>,
}

impl PlainJournal {
    pub(crate) fn new(made_at: Timestamp) -> Self {
        Self { made_at, tables: Mutex::default() }
    }
}

impl Tables {
    /// Whether the change fits to the version that is there.
    fn fits(&self, change: &Change) -> bool {
        let (there, new) = match change {
            Change::Deployment(row) => (self.deployments.get(&row.name).map(|it| it.version), row.version),
            Change::Intent(row) => {
                let key = (row.deployment.clone(), row.number);
                (self.intents.get(&key).map(|it| it.version), row.version)
            }
            Change::Leg(row) => (self.legs.get(&row.marker).map(|it| it.version), row.version),
            Change::Attempt(_)
            | Change::Handle(_)
            | Change::Block(_)
            | Change::Look(_)
            | Change::LookDone(_)
            | Change::Sighting(_)
            | Change::Login { .. }
            | Change::Event(_) => return true,
        };
        there.unwrap_or(0) + 1 == new
    }

    fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::Deployment(row) => drop(self.deployments.insert(row.name.clone(), row)),
            Change::Intent(row) => drop(self.intents.insert((row.deployment.clone(), row.number), row)),
            Change::Leg(row) => drop(self.legs.insert(row.marker, *row)),
            Change::Attempt(row) => drop(self.attempts.insert((row.leg, row.number), row)),
            Change::Handle(row) => drop(self.handles.insert((row.leg, row.number), row)),
            Change::Block(row) => self.block(row),
            Change::Look(row) => drop(self.looks.insert(row.leg, row)),
            Change::LookDone(leg) => drop(self.looks.remove(&leg)),
            Change::Sighting(row) => {
                let key = (row.account.to_string(), row.machine.clone());
                let there = self.sightings.entry(key).or_insert_with(|| row.clone());
                there.last_at = there.last_at.max(row.last_at);
            }
            Change::Login { account, login } => drop(self.logins.insert(account, login)),
            Change::Event(mut row) => {
                row.number = u64::try_from(self.events.len()).unwrap() + 1;
                self.events.push(row);
            }
        }
    }

    fn block(&mut self, row: BlockRow) {
        let same = |it: &&mut BlockRow| {
            (&it.account, &it.offer, &it.location) == (&row.account, &row.offer, &row.location)
        };
        match self.blocks.iter_mut().find(same) {
            Some(there) if row.until > there.until => *there = row,
            Some(_) => {}
            None => self.blocks.push(row),
        }
    }

    fn legs(&self, wanted: impl Fn(&LegRow) -> bool) -> Vec<LegRow> {
        let mut legs: Vec<LegRow> = self.legs.values().filter(|leg| wanted(leg)).cloned().collect();
        legs.sort_by(|a, b| (&a.deployment, a.intent, a.number).cmp(&(&b.deployment, b.intent, b.number)));
        legs
    }
}

#[async_trait]
impl Journal for PlainJournal {
    async fn commit(&self, _: &'static str, batch: Batch) -> Result<()> {
        let mut tables = self.tables.lock().unwrap();
        // No batch has a row twice: so each change may be judged by what is there before the first.
        if let Some(lost) = batch.changes().iter().find(|change| !tables.fits(change)) {
            return Err(JournalError::new(JournalErrorKind::Conflict, format!("{lost:?}")));
        }
        batch.changes().iter().for_each(|change| tables.apply(change));
        Ok(())
    }

    async fn deployments(&self) -> Result<Vec<DeploymentRow>> {
        Ok(self.tables.lock().unwrap().deployments.values().cloned().collect())
    }

    async fn deployment(&self, name: &str) -> Result<Option<Record>> {
        let tables = self.tables.lock().unwrap();
        let Some(deployment) = tables.deployments.get(name).cloned() else { return Ok(None) };
        let intents = tables.intents.values().filter(|it| it.deployment == name).cloned().collect();
        let legs = tables.legs(|leg| leg.deployment == name);
        Ok(Some(Record { deployment, intents, legs }))
    }

    async fn legs(&self) -> Result<Vec<LegRow>> {
        Ok(self.tables.lock().unwrap().legs(|_| true))
    }

    async fn attempts(&self, leg: Marker) -> Result<Vec<AttemptRow>> {
        let tables = self.tables.lock().unwrap();
        Ok(tables.attempts.values().filter(|it| it.leg == leg).cloned().collect())
    }

    async fn handles(&self) -> Result<Vec<HandleRow>> {
        Ok(self.tables.lock().unwrap().handles.values().cloned().collect())
    }

    async fn events(&self, name: &str, after: u64) -> Result<Vec<EventRow>> {
        let tables = self.tables.lock().unwrap();
        let wanted = |it: &&EventRow| it.deployment == name && it.number > after;
        Ok(tables.events.iter().filter(wanted).cloned().collect())
    }

    async fn blocks(&self, now: Timestamp) -> Result<Vec<BlockRow>> {
        let mut blocks = self.tables.lock().unwrap().blocks.clone();
        blocks.retain(|block| block.until > now);
        blocks.sort_by_key(|it| (it.account.to_string(), it.offer.clone(), it.location.clone()));
        Ok(blocks)
    }

    async fn looks(&self) -> Result<Vec<LookRow>> {
        let mut looks: Vec<LookRow> = self.tables.lock().unwrap().looks.values().cloned().collect();
        looks.sort_by_key(|look| (look.due_at, look.leg));
        Ok(looks)
    }

    async fn sightings(&self) -> Result<Vec<SightingRow>> {
        Ok(self.tables.lock().unwrap().sightings.values().cloned().collect())
    }

    async fn logins(&self) -> Result<BTreeMap<ProviderId, String>> {
        Ok(self.tables.lock().unwrap().logins.clone())
    }

    async fn made_at(&self) -> Result<Timestamp> {
        Ok(self.made_at)
    }
}
