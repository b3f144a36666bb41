//! The words in which a machine's phase shows.

use std::time::Duration;

use jiff::Timestamp;

use super::Speech;
use super::record::Vm;
use crate::machine::add;
use crate::{Machine, Phase};

/// For how long an accepted removal leaves the resource's word as it was.
const UNNOTICED: Duration = Duration::from_millis(800);
/// For how long a scheduled task waits for a worker.
const SCHEDULED: Duration = Duration::from_millis(900);
/// From a running machine to an instance that says so.
const NOTICED: Duration = Duration::from_millis(500);

/// How a machine shows at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// The resource's state.
    pub(super) resource: String,
    /// The instance's state; absent: there is none.
    pub(super) instance: Option<&'static str>,
    /// The runtime state in Waldur's capitals; empty until the OpenStack below answers.
    pub(super) runtime: String,
    /// What is being done to it.
    pub(super) action: String,
    /// The inner addresses.
    pub(super) internal: Vec<String>,
    /// The outer addresses; `None` for one that is still being made.
    pub(super) external: Vec<Option<String>>,
}

impl View {
    /// How this machine shows now.
    pub(super) fn of(speech: Speech, machine: &Machine, vm: &Vm, now: Timestamp) -> Self {
        let phase = machine.phase(now).unwrap_or(Phase::Accepted);
        let in_phase = |span: Duration| now < add(machine.phase_since(now), span);
        let (instance, runtime) = Self::instance(speech, machine, vm, phase, now);
        let has_instance = vm.has_instance(phase, now);
        let settled = vm.is_settled(phase, now);
        let resource = match phase {
            _ if vm.orphan => "Creating",
            Phase::Deleting if in_phase(UNNOTICED) && speech == Speech::Waldur => vm.before.0.as_str(),
            Phase::Deleting | Phase::Recycled | Phase::Releasing => "Terminating",
            Phase::Gone => "Terminated",
            Phase::Failed => "Erred",
            _ if !settled => "Creating",
            _ => "OK",
        };
        let internal = if now >= vm.internal_at { vm.internal.clone() } else { Vec::new() };
        let external = vm.floating.iter().map(|_| machine.public_address(now).map(|ip| ip.to_string()));
        Self {
            resource: resource.to_owned(),
            instance: instance.filter(|_| has_instance),
            runtime: if has_instance { runtime.to_owned() } else { String::new() },
            action: match phase {
                Phase::Stopping | Phase::Starting => vm.action.clone(),
                _ => String::new(),
            },
            internal,
            external: external.collect(),
        }
    }

    /// The instance's state and runtime state.
    fn instance<'a>(
        speech: Speech,
        machine: &Machine,
        vm: &'a Vm,
        phase: Phase,
        now: Timestamp,
    ) -> (Option<&'static str>, &'a str) {
        let in_phase = |span: Duration| now < add(machine.phase_since(now), span);
        let erred = speech == Speech::Waldur && vm.erred_at.is_some_and(|at| now >= at);
        let (state, runtime) = match phase {
            Phase::AwaitingApproval | Phase::Gone => return (None, ""),
            Phase::Accepted => ("Creation Scheduled", ""),
            Phase::Building => ("Creating", ""),
            Phase::Running if now < add(vm.settled_at, NOTICED) => ("Creating", "ACTIVE"),
            Phase::Running => ("OK", "ACTIVE"),
            Phase::Stopping => (scheduled(in_phase(SCHEDULED), "Update Scheduled", "Updating"), "ACTIVE"),
            Phase::Stopped => ("OK", "SHUTOFF"),
            Phase::Starting => {
                let runtime = if vm.action == "Restart" { "ACTIVE" } else { "SHUTOFF" };
                (scheduled(in_phase(SCHEDULED), "Update Scheduled", "Updating"), runtime)
            }
            Phase::Failed => {
                // Refused by the OpenStack below: no runtime state. Built and gone wrong: ERROR, and it exists.
                let built = machine.failure.as_ref().is_some_and(|why| why.contains("runtime state"));
                ("Erred", if built { "ERROR" } else { "" })
            }
            Phase::Deleting | Phase::Recycled | Phase::Releasing => {
                let state = scheduled(in_phase(SCHEDULED), "Deletion Scheduled", "Deleting");
                (state, vm.before.1.as_str())
            }
        };
        let resting = matches!(phase, Phase::Running | Phase::Stopped);
        (Some(if erred && resting { "Erred" } else { state }), runtime)
    }
}

fn scheduled(is_scheduled: bool, scheduled: &'static str, working: &'static str) -> &'static str {
    if is_scheduled { scheduled } else { working }
}
