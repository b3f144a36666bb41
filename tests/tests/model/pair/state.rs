//! Everything there is, and the steps there are.

use crate::audit::{Audit, Breach};
use crate::pair::row::{Controller, Row, Who};
use crate::rules::Ticks;
use crate::world::World;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: Ticks,
    pub(crate) row: Row,
    pub(crate) controllers: [Controller; 2],
    pub(crate) world: World,
    pub(crate) audit: Audit,
    /// One found the machine that the other's create had made.
    pub(crate) adopted: bool,
    pub(crate) breach: Option<Breach>,
}

impl State {
    pub(crate) fn of(&mut self, who: Who) -> &mut Controller {
        &mut self.controllers[usize::from(who)]
    }

    /// How many machines the creates of this one have made.
    pub(crate) fn made_by(&self, who: Who) -> u8 {
        let made = self.world.machines.iter().filter(|machine| machine.account == who).count();
        u8::try_from(made).unwrap()
    }
}

/// What may happen next. All but `Tick` and `Apply` is done by one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Time passes.
    Tick,
    /// The provider carries a create out, whoever waits for it.
    Apply { create: usize },
    /// It ends, and starts again with nothing in memory.
    Restart(Who),
    /// It reads the row.
    Read(Who),
    /// It takes the row, or renews its lease.
    Claim(Who),
    /// It commits that a create is about to be sent.
    Commit(Who),
    /// It sends it, if its lease holds.
    Post(Who),
    /// The answer arrives, and is committed if nobody wrote since.
    Accepted(Who),
    /// No answer arrives, and that is committed if nobody wrote since.
    Lost(Who),
    /// It finds a create of a former owner on its way: nobody knows what became of it.
    Recover(Who),
    /// It gets a complete list.
    Look { who: Who, shown: bool },
    /// It writes what the list said, if nobody wrote since.
    Write(Who),
    /// Two creates came to nothing.
    GiveUp(Who),
}
