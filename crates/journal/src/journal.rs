//! The trait.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use vmbroker_core::{Marker, ProviderId};

use crate::{
    AttemptRow, Batch, BlockRow, DeploymentRow, EventRow, HandleRow, LegRow, LookRow, Record, Result,
    SightingRow,
};

/// A durable record. One process writes it; any number read it.
///
/// No call needs the runtime's timer, so that a simulated clock stays still meanwhile.
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Writes all changes in one transaction; durable when this returns. `point` names what is being written, for
    /// the [`Probe`](crate::Probe). An empty batch is written nowhere.
    ///
    /// The commit goes on when the future is dropped.
    ///
    /// # Errors
    /// `Conflict` where a row's version is not the one after what is there; `Full`, `ReadOnly`, `Io`, `Damaged`
    /// where it cannot be written. Nothing of the batch is written then.
    ///
    /// # Idempotency
    /// None: a batch with a versioned row conflicts when it is written again, and events are added again.
    async fn commit(&self, point: &'static str, batch: Batch) -> Result<()>;

    /// Every deployment, by name.
    ///
    /// # Errors
    /// `Io` and `Damaged`, as every reading call.
    async fn deployments(&self) -> Result<Vec<DeploymentRow>>;

    /// One deployment with its intents and legs; absent where there is none of this name.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn deployment(&self, name: &str) -> Result<Option<Record>>;

    /// Every leg of every deployment, by deployment, intent and number.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn legs(&self) -> Result<Vec<LegRow>>;

    /// The creates that were sent for a leg, by number.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn attempts(&self, leg: Marker) -> Result<Vec<AttemptRow>>;

    /// Every reference to a machine of every leg.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn handles(&self) -> Result<Vec<HandleRow>>;

    /// The events of a deployment after this number, oldest first; 0 for all.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn events(&self, deployment: &str, after: u64) -> Result<Vec<EventRow>>;

    /// What is not worth trying at this time.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn blocks(&self, now: Timestamp) -> Result<Vec<BlockRow>>;

    /// Every look that is to be taken, the one due first first.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn looks(&self) -> Result<Vec<LookRow>>;

    /// Every machine that was ever noted, by account and id.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn sightings(&self) -> Result<Vec<SightingRow>>;

    /// The login of each account whose machines are in here, as [`ComputeProvider::login`] told it then.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    ///
    /// [`ComputeProvider::login`]: vmbroker_core::ComputeProvider::login
    async fn logins(&self) -> Result<BTreeMap<ProviderId, String>>;

    /// When this journal was made. A machine of ours that is older was recorded in another one.
    ///
    /// # Errors
    /// `Io` and `Damaged`.
    async fn made_at(&self) -> Result<Timestamp>;
}
