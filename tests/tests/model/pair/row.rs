//! The row both controllers share, and what each remembers of it.

use crate::rules::Ticks;

/// Which of the two.
pub(crate) type Who = u8;

/// Where the leg is in its life: as with one controller, up to the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum LegState {
    /// Nothing was sent.
    #[default]
    Planned,
    /// A create is about to be sent, or was.
    Sending,
    /// Nobody knows whether the create was carried out.
    Uncertain,
    /// It is proven that it was not.
    Absent,
    /// The provider accepted it, or its machine was found.
    Accepted,
    /// Two creates came to nothing.
    Failed,
}

/// The row of the one leg there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) version: u8,
    pub(crate) state: LegState,
    pub(crate) owner: Option<Who>,
    /// Until when the owner's claim holds.
    pub(crate) lease_until: Ticks,
    pub(crate) creates: u8,
    /// When the last create was known to be sent no more.
    pub(crate) sent_at: Ticks,
    /// A complete listing without its machine was seen that counts.
    pub(crate) missed: bool,
}

/// What a controller is about to do. It may stop before it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Plan {
    /// To read the row.
    #[default]
    Read,
    /// To act on the row as it was read.
    Act,
    /// To send the create that it committed.
    Post,
    /// To wait for the answer; how many machines its creates had made before.
    Wait { had: u8 },
    /// To write what a complete list said, asked for then.
    Write { found: bool, asked_at: Ticks },
}

/// One controller's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Controller {
    /// The row as it knows it.
    pub(crate) row: Row,
    pub(crate) plan: Plan,
    /// Until when its own claim holds, by its own clock, which does not stop when it does.
    pub(crate) mine_until: Ticks,
}
