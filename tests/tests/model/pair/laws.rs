//! What must hold in every state, and what must be seen in some.

use stateright::Property;

use crate::audit::Breach;
use crate::pair::Pair;
use crate::pair::row::LegState;
use crate::pair::state::State;

/// The laws, by name.
pub(crate) const ONE_PER_MARKER: &str = "a marker has one machine at most";
pub(crate) const NEVER_LOST: &str = "a machine has a row that knows of its create";
pub(crate) const AFTER_GRACE: &str = "a second create comes after grace and two absent lists";
pub(crate) const TWO_CREATES: &str = "a leg sends two creates at most";
pub(crate) const IN_TIME: &str = "nothing is sent after one's own lease";

pub(crate) fn all() -> Vec<Property<Pair>> {
    vec![
        always(ONE_PER_MARKER, |_, state| state.world.alive(0) <= 1),
        always(NEVER_LOST, |_, state| {
            state.world.machines.is_empty() || (state.row.state != LegState::Planned && state.row.creates > 0)
        }),
        always(AFTER_GRACE, |_, state| state.breach != Some(Breach::SentTooEarly)),
        always(TWO_CREATES, |_, state| state.breach != Some(Breach::SentTooOften)),
        always(IN_TIME, |_, state| state.breach != Some(Breach::SentAfterLease)),
    ]
}

/// What must be reached, or the run was about nothing.
pub(crate) fn reached() -> Vec<Property<Pair>> {
    vec![
        sometimes("one finds the machine of the other's create", |_, state| state.adopted),
        sometimes("a second create is accepted", |_, state| {
            state.audit.posts == 2 && state.row.state == LegState::Accepted
        }),
        sometimes("two creates come to nothing", |_, state| state.row.state == LegState::Failed),
    ]
}

fn always(name: &'static str, holds: fn(&Pair, &State) -> bool) -> Property<Pair> {
    Property::always(name, holds)
}

fn sometimes(name: &'static str, holds: fn(&Pair, &State) -> bool) -> Property<Pair> {
    Property::sometimes(name, holds)
}
