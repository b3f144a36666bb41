//! What must hold in every state, and what must be seen in some: a law that meets nothing proves nothing.

use stateright::Property;

use crate::audit::Breach;
use crate::one::One;
use crate::one::leg::{Leg, LegState};
use crate::one::state::State;
use crate::rules::OnUncertain;

/// The laws, by name.
pub(crate) const ONE_PER_MARKER: &str = "a marker has one machine at most";
pub(crate) const ONE_PER_INTENT: &str = "an intent has one machine at most";
pub(crate) const NEVER_LOST: &str = "a machine has a row";
pub(crate) const WRITTEN_FIRST: &str = "nothing is sent that is not written";
pub(crate) const AFTER_GRACE: &str = "a second create comes after grace and two absent lists";
pub(crate) const TWO_CREATES: &str = "a leg sends two creates at most";
pub(crate) const ONE_LEG: &str = "a leg starts when the one before is over";
pub(crate) const GONE_IS_GONE: &str = "what is written as gone is gone";
pub(crate) const KEPT: &str = "a machine that was handed over is not deleted";
pub(crate) const ENDS: &str = "in the end every intent has ended or asks";
pub(crate) const NOTHING_EXTRA: &str =
    "in the end nothing is paid for but what is handed over or asked about";
pub(crate) const ASK_SENDS_ONCE: &str = "who asks sends once";

/// The laws that hold whatever the provider does.
pub(crate) fn whatever_happens() -> Vec<Property<One>> {
    vec![
        always(NEVER_LOST, |_, state| {
            state.world.machines.iter().all(|it| !it.is_alive() || state.knows(it.marker))
        }),
        always(WRITTEN_FIRST, |_, state| state.breach != Some(Breach::SentUnwritten)),
        always(AFTER_GRACE, |_, state| state.breach != Some(Breach::SentTooEarly)),
        always(TWO_CREATES, |_, state| state.breach != Some(Breach::SentTooOften)),
        always(ONE_LEG, |_, state| state.breach != Some(Breach::StartedTooEarly)),
        always(KEPT, |_, state| state.breach != Some(Breach::DeletedHandedOver)),
        always(GONE_IS_GONE, |_, state| {
            let rows = state.legs.iter().flat_map(|leg| &leg.machines).filter(|row| row.gone);
            rows.into_iter().all(|row| !state.world.machines[usize::from(row.id)].is_alive())
        }),
        always(ENDS, |model, state| {
            !model.is_the_end(state) || (0..).zip(&state.intents).all(|(number, _)| state.has_ended(number))
        }),
        always(NOTHING_EXTRA, |model, state| {
            !model.is_the_end(state)
                || (0..)
                    .zip(&state.world.machines)
                    .all(|(id, it)| !it.is_alive() || state.is_kept(id, it.marker))
        }),
        always(ASK_SENDS_ONCE, |model, state| {
            model.setting.on_uncertain == OnUncertain::Proceed
                || state.audits.iter().all(|audit| audit.posts <= 1)
        }),
    ]
}

/// The laws that hold if the provider is no later and no staler than is believed; or never sent twice.
pub(crate) fn never_doubled() -> Vec<Property<One>> {
    vec![
        always(ONE_PER_MARKER, |_, state| {
            (0..).zip(&state.audits).all(|(marker, _)| state.world.alive(marker) <= 1)
        }),
        always(ONE_PER_INTENT, |_, state| {
            (0..).zip(&state.intents).all(|(intent, _)| {
                state.legs_of(intent).map(|leg| state.world.alive(leg.marker)).sum::<usize>() <= 1
            })
        }),
    ]
}

/// What must be reached, or the run was about nothing.
pub(crate) fn found() -> Vec<Property<One>> {
    vec![
        sometimes("an answer is lost and the machine found", |_, state| {
            state.has(|leg| leg.state == LegState::Found)
        }),
        sometimes("a machine that was found is handed over", |_, state| {
            state.has(|leg| leg.state == LegState::Running && leg.creates == 1 && leg.sent_at > 0)
        }),
        sometimes("a person is asked", |_, state| state.has(|leg| leg.state == LegState::AskUser)),
    ]
}

/// What must be reached where absence may be believed.
pub(crate) fn sent_again() -> Vec<Property<One>> {
    vec![sometimes("a second create is accepted", |_, state| {
        state.has(|leg| leg.creates == 2 && leg.state == LegState::Running)
    })]
}

/// What must be reached where there is another account.
pub(crate) fn failed_over() -> Vec<Property<One>> {
    vec![sometimes("a leg takes over after absence", |_, state| {
        state.has(|leg| leg.marker == 0 && leg.state == LegState::Absent)
            && state.has(|leg| leg.marker > 0 && leg.state == LegState::Running)
    })]
}

/// What must be reached beyond what is believed.
pub(crate) fn doubled() -> Vec<Property<One>> {
    vec![sometimes("there is a double", |_, state| {
        state.world.machines.iter().filter(|machine| machine.is_alive()).count() > state.intents.len()
    })]
}

fn always(name: &'static str, holds: fn(&One, &State) -> bool) -> Property<One> {
    Property::always(name, holds)
}

fn sometimes(name: &'static str, holds: fn(&One, &State) -> bool) -> Property<One> {
    Property::sometimes(name, holds)
}

impl State {
    fn has(&self, what: impl Fn(&Leg) -> bool) -> bool {
        self.legs.iter().any(what)
    }

    /// Whether the journal, or the controller that still runs, has a row of this marker.
    fn knows(&self, marker: u8) -> bool {
        self.leg(marker).is_some()
    }

    /// Whether nothing more is to be done for an intent, or a person is asked.
    fn has_ended(&self, intent: u8) -> bool {
        let row = &self.intents[usize::from(intent)];
        let open =
            |leg: &Leg| !matches!(leg.state, LegState::Running | LegState::AskUser) && !leg.state.is_over();
        let held = self.legs_of(intent).any(|leg| matches!(leg.state, LegState::Running | LegState::AskUser));
        self.legs_of(intent).all(|leg| !open(leg)) && (held || row.failed || !row.wanted)
    }

    /// Whether a machine that is paid for is one that was handed over or is asked about.
    fn is_kept(&self, id: u8, marker: u8) -> bool {
        self.leg(marker).is_some_and(|leg| match leg.state {
            LegState::AskUser => true,
            LegState::Running => leg.machines.first().is_some_and(|row| row.id == id),
            _ => false,
        })
    }
}
