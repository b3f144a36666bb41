//! Where a machine is in its life.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a machine is in its life, in words that mean the same at every provider.
///
/// Each adapter maps its provider's words in one table; a word it does not know is
/// [`Unrecognised`](Self::Unrecognised), and the word itself stands beside the state wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A person must approve the order first. Nothing is billed yet.
    AwaitingApproval,
    /// The order is accepted and no machine is known yet.
    Ordered,
    /// The machine is being built.
    Provisioning,
    /// The machine is on. It may not have an address yet.
    Running,
    /// The machine is being switched off.
    Stopping,
    /// The machine is off. Most providers bill it all the same.
    Stopped,
    /// The machine will not come up by itself. It may be billed until it is deleted.
    Failed,
    /// The machine is being removed.
    Deleting,
    /// The machine is in the provider's recycle bin: off, and removed for good later or on request.
    Recycled,
    /// The machine no longer exists and is not billed.
    Gone,
    /// The provider used a word we do not know: not ready, not gone, billed.
    Unrecognised,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 11] = [
        Self::AwaitingApproval,
        Self::Ordered,
        Self::Provisioning,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
        Self::Deleting,
        Self::Recycled,
        Self::Gone,
        Self::Unrecognised,
    ];

    /// Whether the machine may cost money in this state.
    #[must_use]
    pub fn may_be_billed(self) -> bool {
        match self {
            Self::AwaitingApproval | Self::Recycled | Self::Gone => false,
            Self::Ordered
            | Self::Provisioning
            | Self::Running
            | Self::Stopping
            | Self::Stopped
            | Self::Failed
            | Self::Deleting
            | Self::Unrecognised => true,
        }
    }

    /// Whether the machine is on its way to running, so that waiting makes sense.
    #[must_use]
    pub fn may_still_run(self) -> bool {
        match self {
            Self::AwaitingApproval
            | Self::Ordered
            | Self::Provisioning
            | Self::Running
            | Self::Unrecognised => true,
            Self::Stopping | Self::Stopped | Self::Failed | Self::Deleting | Self::Recycled | Self::Gone => {
                false
            }
        }
    }

    /// Whether a machine in this state waits for the next step towards its end, and does not change by itself.
    #[must_use]
    pub fn allows_a_step(self) -> bool {
        match self {
            Self::Running | Self::Stopped | Self::Failed | Self::Recycled => true,
            Self::AwaitingApproval
            | Self::Ordered
            | Self::Provisioning
            | Self::Stopping
            | Self::Deleting
            | Self::Gone
            | Self::Unrecognised => false,
        }
    }

    /// The state as words for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting approval",
            Self::Ordered => "ordered",
            Self::Provisioning => "provisioning",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Recycled => "recycled",
            Self::Gone => "gone",
            Self::Unrecognised => "unrecognised",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}
