//! Short stories of one leg, told in events, for tests that ask one question of the state they end in.

use std::sync::Arc;

use vmbroker_core::{ErrorKind, Handle, State};

use super::super::{Deployment, Event, Fault, Head, Leg, Question, Reason, What};
use super::model::{at, choice, marker, opened};

/// What happened, and at which second.
pub(super) type Story = Vec<(i64, What)>;

/// Two machines are wanted, and `a` (1 dollar) and `b` (2 dollars) offer them. Nothing is to be proven before the 60th
/// second after a create's last byte, and the account is looked at every 8 seconds.
pub(super) fn told(story: Story) -> Deployment {
    let mut state = opened(2, &[choice("a", 1), choice("b", 2)]);
    tell(&mut state, story);
    state
}

pub(super) fn tell(state: &mut Deployment, story: Story) {
    for (second, what) in story {
        state.fold(&[Event { at: at(second), what }]);
    }
}

/// The same state under other terms.
pub(super) fn under(mut state: Deployment, change: impl FnOnce(&mut Head)) -> Deployment {
    change(Arc::make_mut(&mut state.head));
    state
}

/// The first leg.
pub(super) fn leg(state: &Deployment) -> &Leg {
    state.leg(marker(1)).unwrap()
}

pub(super) fn handle(id: &str) -> Handle {
    Handle::of_instance(&"a".parse().unwrap(), id)
}

/// A leg of this machine at this account; its marker is the number.
pub(super) fn plan(number: u64, intent: u32, account: &str) -> What {
    let quote = if account == "a" { 1 } else { 2 };
    What::Planned { leg: marker(number), intent, number: 1, choice: Box::new(choice(account, quote)) }
}

pub(super) fn planned() -> Story {
    vec![(0, plan(1, 1, "a"))]
}

pub(super) fn sending() -> Story {
    and(planned(), vec![(0, What::Sending { leg: marker(1) })])
}

pub(super) fn unclear() -> Story {
    and(sending(), vec![(1, What::Unclear { leg: marker(1), fault: Fault::unclear("lost") })])
}

pub(super) fn refused() -> Story {
    let fault = Fault::new(ErrorKind::OutOfCapacity, "sold out");
    and(sending(), vec![(1, What::Refused { leg: marker(1), fault, again_at: None })])
}

pub(super) fn accepted() -> Story {
    and(sending(), vec![(1, What::Accepted { leg: marker(1), handle: Box::new(handle("vm-1")) })])
}

pub(super) fn running() -> Story {
    and(accepted(), vec![(5, What::Ready { leg: marker(1), handle: Box::new(handle("vm-1")) })])
}

pub(super) fn deleting() -> Story {
    and(accepted(), vec![(10, What::Condemned { leg: marker(1), reason: Reason::TooLate })])
}

pub(super) fn gone() -> Story {
    and(deleting(), vec![(20, What::Gone { leg: marker(1), machine: 0 })])
}

/// Two machines came of it: `vm-1` is kept, and `vm-2` is to be deleted since the tenth second.
pub(super) fn doubled() -> Story {
    let handles = vec![handle("vm-1"), handle("vm-2")];
    and(accepted(), vec![(10, What::Doubled { leg: marker(1), handles })])
}

/// Proven absent at the hundredth second, and looked for until the 1,100th.
pub(super) fn absent() -> Story {
    and(unclear(), vec![(100, What::ProvenAbsent { leg: marker(1), watch_until: at(1_100) })])
}

pub(super) fn asked(story: Story, question: Question) -> Story {
    and(story, vec![(500, What::Asked { leg: marker(1), question })])
}

pub(super) fn seen(second: i64, machine: usize, id: &str, state: State) -> (i64, What) {
    (second, What::Seen { leg: marker(1), machine, handle: Box::new(handle(id)), state })
}

pub(super) fn and(mut story: Story, more: Story) -> Story {
    story.extend(more);
    story
}
