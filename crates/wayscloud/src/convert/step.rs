//! The next step towards a machine's end. Pure.

use super::{Phase, Sight, Stage, phase_of, stage_of, states};
use crate::wire::Resource;

/// The next step towards a machine's end that is possible now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is left to end.
    NothingLeft,
    /// It is being ended.
    UnderWay,
    /// It cannot be ended yet, and why.
    Wait(&'static str),
    /// Withdraw the order with this id: nothing was made yet.
    Withdraw(String),
    /// End the resource.
    End(Target),
}

/// A resource that can be ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The id of the resource.
    pub(crate) resource: String,
    /// The id of the machine behind it; absent where there is none.
    pub(crate) machine: Option<String>,
    /// Whether it is on and must be switched off first.
    pub(crate) is_on: bool,
    /// Whether it failed before a machine came to be.
    pub(crate) is_hollow: bool,
}

/// What can be done now to end the machine.
pub(crate) fn next_step(sight: &Sight) -> Step {
    if sight.is_dead {
        return Step::NothingLeft;
    }
    if sight.deletion_is_open() {
        return Step::UnderWay;
    }
    let order = sight.order.found();
    let phase = order.map(phase_of);
    let withdraw = || match order.and_then(|order| order.id()) {
        Some(id) => Step::Withdraw(id.to_owned()),
        None => Step::Wait("its order awaits approval and has no id"),
    };
    let Some(resource) = sight.resource.found() else {
        return match phase {
            None => Step::NothingLeft,
            Some(Phase::Awaiting) => withdraw(),
            Some(Phase::Working | Phase::Unknown) => Step::Wait("its order is being worked on"),
            Some(Phase::Done) if sight.resource.is_missing() => Step::NothingLeft,
            Some(Phase::Done) => Step::Wait("its order is done, but it is not shown yet"),
            Some(Phase::Ended) => Step::NothingLeft,
            Some(Phase::Failed) if sight.resource.is_missing() => Step::NothingLeft,
            // What a failed order made may remain, and cost: that it is not shown does not prove that it is not.
            Some(Phase::Failed) => Step::Wait("its order failed, and what it made cannot be looked for"),
        };
    };
    match stage_of(resource) {
        Stage::Terminated => Step::NothingLeft,
        Stage::Terminating => Step::UnderWay,
        Stage::Updating => Step::Wait("it is being changed"),
        Stage::Creating => match phase {
            Some(Phase::Awaiting) => withdraw(),
            Some(Phase::Ended) => Step::NothingLeft,
            None if sight.order.is_missing() => Step::NothingLeft,
            Some(Phase::Working | Phase::Done | Phase::Failed | Phase::Unknown) | None => {
                Step::Wait("it is being built")
            }
        },
        Stage::Ok | Stage::Erred | Stage::Unknown => end(resource),
    }
}

fn end(resource: &Resource) -> Step {
    let Some(id) = resource.id() else {
        return Step::Wait("its row has no id");
    };
    let metadata = resource.backend_metadata.as_ref();
    let mirrored = metadata.and_then(|it| it.state.as_deref()).map(Stage::of_instance);
    let erred = stage_of(resource) == Stage::Erred;
    if mirrored == Some(Stage::Updating) {
        return Step::Wait("it is being switched or changed");
    }
    let runs = resource.runtime().is_some_and(|it| states::of_runtime(it) == vmbroker_core::State::Running);
    // What has failed may be ended while it is on.
    let is_on = runs && !erred && mirrored != Some(Stage::Erred);
    let machine = resource.machine().map(str::to_owned);
    let is_hollow = erred && machine.is_none();
    Step::End(Target { resource: id.to_owned(), machine, is_on, is_hollow })
}
