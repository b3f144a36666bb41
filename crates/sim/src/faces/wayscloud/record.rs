//! What the face keeps: with each machine, and for each order.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::machine::add;
use crate::{Machine, Phase};

/// From running to a finished order: the instance is ready before its order is.
pub(super) const SETTLING: Duration = Duration::from_millis(1_500);

/// What is kept with a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Vm {
    /// The id of the instance behind the resource.
    pub(super) instance: String,
    /// The dashed id at the OpenStack below.
    pub(super) backend_id: String,
    /// The order that created it.
    pub(super) order: String,
    /// Whether the order named the plan.
    pub(super) has_plan: bool,
    /// The limits that the order named.
    pub(super) limits: BTreeMap<String, u64>,
    /// The image's name.
    pub(super) image: String,
    /// The system volume in MiB.
    pub(super) disk_mib: u64,
    /// The ids of the subnets.
    pub(super) subnets: Vec<String>,
    /// The inner addresses.
    pub(super) internal: Vec<String>,
    /// The ids of the floating addresses.
    pub(super) floating: Vec<String>,
    /// The name of the SSH key.
    pub(super) key: Option<String>,
    /// From when the instance exists; the end of time: never.
    pub(super) instance_at: Timestamp,
    /// From when the inner addresses show.
    pub(super) internal_at: Timestamp,
    /// When it is running or failed.
    pub(super) settled_at: Timestamp,
    /// The name it was given later. The instance keeps the first.
    pub(super) renamed: Option<String>,
    /// Its order was taken back while it waited: the row stays, without a machine.
    pub(super) orphan: bool,
    /// From when the instance is in error after a removal that failed.
    pub(super) erred_at: Option<Timestamp>,
    /// What is done to it while it starts or stops.
    pub(super) action: String,
    /// The resource's and the runtime word from before it is removed.
    pub(super) before: (String, String),
}

impl Vm {
    pub(super) fn of(machine: &Machine) -> Option<Self> {
        Self::deserialize(machine.extra.get("vm")?).ok()
    }

    pub(super) fn write(&self, extra: &mut Map<String, Value>) {
        if let Ok(value) = serde_json::to_value(self) {
            extra.insert("vm".to_owned(), value);
        }
    }

    /// Whether it is ready or failed, and its order done.
    pub(super) fn is_settled(&self, phase: Phase, now: Timestamp) -> bool {
        match phase {
            Phase::Accepted | Phase::Building | Phase::AwaitingApproval => false,
            Phase::Running => now >= add(self.settled_at, SETTLING),
            Phase::Stopping
            | Phase::Stopped
            | Phase::Starting
            | Phase::Failed
            | Phase::Deleting
            | Phase::Recycled
            | Phase::Releasing
            | Phase::Gone => true,
        }
    }

    /// Whether an instance stands behind the resource.
    pub(super) fn has_instance(&self, phase: Phase, now: Timestamp) -> bool {
        !self.orphan && phase != Phase::Gone && phase != Phase::AwaitingApproval && now >= self.instance_at
    }
}

/// What an order asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Create,
    Terminate,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Terminate => "Terminate",
        }
    }
}

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) uuid: String,
    /// Orders are listed by it.
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// Where its machine stands.
    pub(super) machine: usize,
    pub(super) created: Timestamp,
    pub(super) attributes: Value,
    pub(super) has_plan: bool,
    /// What it named for limits.
    pub(super) limits: BTreeMap<String, u64>,
    /// A person must approve it.
    pub(super) pending: bool,
    /// The word for its end where a person refused it: `rejected` or `canceled`.
    pub(super) refused: Option<String>,
    /// When it ends.
    pub(super) end_at: Timestamp,
    /// Whether it ends well.
    pub(super) succeeds: bool,
    /// Why it failed, once it has.
    pub(super) message: String,
}

impl Order {
    pub(super) fn read(value: &Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }

    pub(super) fn write(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Its state in Waldur's words.
    pub(super) fn state(&self, now: Timestamp) -> &str {
        if let Some(word) = &self.refused {
            word
        } else if self.pending {
            "pending-consumer"
        } else if now < self.end_at {
            "executing"
        } else if self.succeeds {
            "done"
        } else {
            "erred"
        }
    }

    /// Whether it has not ended.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.pending || now < self.end_at
    }
}

/// A time as Waldur writes it: microseconds, left out when zero.
pub(super) fn stamp(at: Timestamp) -> String {
    if at.subsec_nanosecond() / 1_000 == 0 { format!("{at:.0}") } else { format!("{at:.6}") }
}
