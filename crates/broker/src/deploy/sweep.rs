//! What is at the clouds and not in the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use vmbroker_core::{Error, Instance, Marker, ProviderId, State};
use vmbroker_journal::{Batch, Change, HandleRow, LegRow, SightingRow};

use super::engine::{Fault, later};
use super::{Broker, DeployError};

/// What a sweep does besides looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepOptions {
    /// Machines of other installations are reported, too. They are never deleted.
    pub any_owner: bool,
    /// Takes a step towards the end of what belongs to nothing, where nothing speaks against it.
    pub delete: bool,
}

/// What a sweep found.
#[derive(Debug)]
pub struct Sweep {
    /// Every machine with a marker of ours, or of anybody's where that was asked for.
    pub machines: Vec<SweptMachine>,
    /// The accounts that could not be listed, and why. Nothing is known of their machines.
    pub failed: Vec<(ProviderId, Error)>,
}

/// A machine that a sweep found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SweptMachine {
    /// The machine.
    pub instance: Box<Instance>,
    /// The marker in its name.
    pub marker: Marker,
    /// What it belongs to.
    pub standing: Standing,
    /// When a sweep saw it first.
    pub first_seen: Timestamp,
    /// What was done to it.
    pub deletion: SweptDeletion,
}

/// What a machine belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A leg that may have a machine.
    Known {
        /// Of this deployment.
        deployment: String,
    },
    /// A leg that is over, or has another machine: it came too late, or came back.
    Late {
        /// Of this deployment.
        deployment: String,
    },
    /// Nothing in the journal.
    Orphan,
    /// Another installation.
    Foreign,
}

/// What a sweep did to a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SweptDeletion {
    /// Nothing was asked for.
    NotAsked,
    /// It is left alone, for this reason.
    Refused(String),
    /// A step was accepted. The next sweep shows whether it is gone.
    Started,
    /// A step was refused.
    Failed(Fault),
}

/// How many machines a sweep may delete at least; one in ten where that is more. Whatever is wrong with a journal,
/// it does not cost a whole fleet.
const MOST_DELETIONS: usize = 5;

/// Whether this may be the machine that a leg has, or is to have: one of another id is one too many. What another
/// account shows is the same machine, for a marker was sent to one account only: that has another name now, or two.
fn is_expected(leg: &LegRow, handles: &[HandleRow], instance: &Instance) -> bool {
    if leg.account != instance.handle.provider {
        return true;
    }
    let mut known = handles.iter().filter(|row| row.leg == leg.marker && row.live).peekable();
    let is_it = |row: &HandleRow| row.handle.instance.is_none() || row.handle.is_same(&instance.handle);
    leg.unresolved || known.peek().is_none() || known.any(is_it)
}

impl Broker {
    /// Looks for machines with our marker that belong to nothing in the journal: lists every account first, and reads
    /// the journal after, so that what was created meanwhile is known.
    ///
    /// With [`delete`](SweepOptions::delete) it takes a step towards the end of machines that belong to nothing, if
    /// an earlier sweep saw them longer ago than twice the time in which a create may be unknown, and at most five
    /// or a tenth of all. It refuses where the journal is younger than such a machine: then the journal was lost or
    /// replaced, and what it does not know may be in use.
    ///
    /// # Errors
    /// The journal's. Accounts that cannot be listed stand in the answer.
    ///
    /// # Idempotency
    /// Safe to repeat; a deletion goes on with the next sweep.
    pub async fn sweep(&self, options: SweepOptions) -> Result<Sweep, DeployError> {
        let answers = self.registry().list().await;
        let now = self.registry().clock().now();
        let (mut found, mut failed) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer.result {
                Ok(listing) => found.extend(listing.into_instances()),
                Err(error) => failed.push((answer.provider, error)),
            }
        }
        let legs: BTreeMap<Marker, LegRow> =
            self.journal().legs().await?.into_iter().map(|leg| (leg.marker, leg)).collect();
        let handles = self.journal().handles().await?;
        let before = self.journal().sightings().await?;
        let first_seen = |instance: &Instance| {
            let same = |it: &&SightingRow| {
                it.account == instance.handle.provider && it.machine == instance.handle.id()
            };
            before.iter().find(same).map_or(now, |it| it.first_at)
        };
        let mut machines = Vec::new();
        for instance in found {
            let Some(marker) = instance.marker.filter(|_| instance.state != State::Gone) else { continue };
            let standing = match legs.get(&marker) {
                _ if marker.owner() != self.owner() => Standing::Foreign,
                Some(leg) if leg.live && is_expected(leg, &handles, &instance) => {
                    Standing::Known { deployment: leg.deployment.clone() }
                }
                Some(leg) => Standing::Late { deployment: leg.deployment.clone() },
                None => Standing::Orphan,
            };
            if standing == Standing::Foreign && !options.any_owner {
                continue;
            }
            let first_seen = first_seen(&instance);
            let instance = Box::new(instance);
            let deletion = SweptDeletion::NotAsked;
            machines.push(SweptMachine { instance, marker, standing, first_seen, deletion });
        }
        self.note_sightings(&machines, now).await?;
        if options.delete {
            self.end_orphans(&mut machines, now).await?;
        }
        Ok(Sweep { machines, failed })
    }

    async fn note_sightings(&self, machines: &[SweptMachine], now: Timestamp) -> Result<(), DeployError> {
        let rows = machines.iter().map(|it| {
            Change::Sighting(SightingRow {
                account: it.instance.handle.provider.clone(),
                machine: it.instance.handle.id().to_owned(),
                marker: Some(it.marker),
                first_at: it.first_seen,
                last_at: now,
            })
        });
        Ok(self.journal().commit("swept", Batch::from(rows.collect::<Vec<_>>())).await?)
    }

    async fn end_orphans(&self, machines: &mut [SweptMachine], now: Timestamp) -> Result<(), DeployError> {
        let made_at = self.journal().made_at().await?;
        let most = MOST_DELETIONS.max(machines.len() / 10);
        let orphan = |it: &SweptMachine| matches!(it.standing, Standing::Orphan | Standing::Late { .. });
        let older = |it: &SweptMachine| it.instance.created_at.is_none_or(|created| created < made_at);
        let lost = machines.iter().any(|it| it.standing == Standing::Orphan && older(it));
        let mut done = 0;
        for machine in machines.iter_mut().filter(|it| orphan(it)) {
            let refusal = if lost {
                Some("the journal is younger than a machine of ours: it was lost or replaced".to_owned())
            } else if done >= most {
                Some(format!("{most} are deleted at once at most"))
            } else {
                self.wait_before_deleting(machine, now)
            };
            machine.deletion = match refusal {
                Some(why) => SweptDeletion::Refused(why),
                None => {
                    done += 1;
                    self.end_orphan(machine).await
                }
            };
        }
        Ok(())
    }

    /// Why a machine is not deleted yet.
    fn wait_before_deleting(&self, machine: &SweptMachine, now: Timestamp) -> Option<String> {
        let provider = match self.registry().of(&machine.instance.handle) {
            Ok(provider) => provider,
            Err(error) => return Some(error.to_string()),
        };
        let semantics = provider.semantics();
        let grace = semantics.create_applies_within.saturating_add(semantics.list_lags_by).saturating_mul(2);
        let due = later(machine.first_seen, grace.max(Duration::from_secs(1)));
        (now < due).then(|| format!("it was first seen at {}; not before {due}", machine.first_seen))
    }

    async fn end_orphan(&self, machine: &SweptMachine) -> SweptDeletion {
        let handle = &machine.instance.handle;
        let step = match self.registry().of(handle) {
            Ok(provider) => provider.delete(handle).await,
            Err(error) => Err(error),
        };
        match step {
            Ok(_) => SweptDeletion::Started,
            Err(error) => SweptDeletion::Failed(Fault::from(&error)),
        }
    }
}
