//! Power, the recycle bin, and the end. Every batch is done as a whole or not at all.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{FaultKind, Phase};

use super::actions::Ask;
use super::describe::{is_known, unknown};
use super::names;
use super::wire::{Outcome, Refused};

/// Moves one machine to the recycle bin, where it stays for the profile's time.
pub(super) fn terminate(ask: &mut Ask<'_>) -> Outcome {
    let id = ask.wish.text("instanceId").unwrap_or_default();
    let (at, phase) = find(ask, id)?;
    match phase {
        Phase::AwaitingApproval | Phase::Accepted | Phase::Building => {
            return Err(denied("OPERATION_DENIED_INSTANCE_CREATING", "is being created"));
        }
        Phase::Deleting | Phase::Recycled | Phase::Releasing | Phase::Gone => return Err(recycled()),
        // No code is documented for these two [I].
        Phase::Starting | Phase::Stopping => return Err(busy()),
        Phase::Running | Phase::Stopped | Phase::Failed => {}
    }
    let machine = &mut ask.account.machines[at];
    let kept = |name: &str| machine.extra.get(name);
    if kept("instanceChargeType").and_then(Value::as_str) == Some("PREPAID") {
        return Err(denied("OPERATION_DENIED_INSTANCE_SUBSCRIPTION", "is a subscription"));
    }
    if kept("_promised").and_then(Value::as_i64).is_some_and(|until| until > ask.now.as_second()) {
        return Err(denied("OPERATION_DENIED_POSTPAID_PROMISE", "is within a committed term"));
    }
    let (delete, retention) = (ask.account.profile.delete, ask.account.profile.retention);
    let mut steps = vec![(Duration::ZERO, Phase::Deleting)];
    match (ask.fault, phase) {
        (Some(FaultKind::Revert), _) => steps.push((delete, phase)),
        // What was never built skips the bin; said of bare metal [I].
        (_, Phase::Failed) => steps.push((delete, Phase::Gone)),
        _ => steps.extend([(delete, Phase::Recycled), (delete + retention, Phase::Gone)]),
    }
    machine.schedule(ask.now, &steps);
    Ok(Map::new())
}

/// Removes machines from the recycle bin for good.
pub(super) fn release(ask: &mut Ask<'_>) -> Outcome {
    let (delete, retention) = (ask.account.profile.delete, ask.account.profile.retention);
    let steps = if matches!(ask.fault, Some(FaultKind::Revert)) {
        vec![(Duration::ZERO, Phase::Releasing), (delete, Phase::Recycled), (delete + retention, Phase::Gone)]
    } else {
        vec![(Duration::ZERO, Phase::Releasing), (delete, Phase::Gone)]
    };
    each(ask, &steps, false, |phase| match phase {
        Phase::Recycled => Ok(()),
        _ => Err(denied("OPERATION_DENIED_INSTANCE_NOT_RECYCLED", "is not in the recycle bin")),
    })
}

/// Switches stopped machines on.
pub(super) fn start(ask: &mut Ask<'_>) -> Outcome {
    let steps = [(Duration::ZERO, Phase::Starting), (ask.account.profile.power, Phase::Running)];
    each(ask, &steps, false, |phase| match phase {
        Phase::Stopped => Ok(()),
        phase if is_deleted(phase) => Err(recycled()),
        _ => Err(denied("OPERATION_DENIED_INSTANCE_NOT_STOPPED", "is not stopped")),
    })
}

/// Switches running machines off.
pub(super) fn stop(ask: &mut Ask<'_>) -> Outcome {
    let steps = [(Duration::ZERO, Phase::Stopping), (ask.account.profile.power, Phase::Stopped)];
    each(ask, &steps, false, |phase| match phase {
        Phase::Running => Ok(()),
        phase if is_deleted(phase) => Err(recycled()),
        _ => Err(denied("OPERATION_DENIED_INSTANCE_NOT_RUNNING", "is not running")),
    })
}

/// Restarts running machines.
pub(super) fn reboot(ask: &mut Ask<'_>) -> Outcome {
    let steps = [(Duration::ZERO, Phase::Starting), (ask.account.profile.power, Phase::Running)];
    each(ask, &steps, true, |phase| match phase {
        Phase::Running => Ok(()),
        phase if is_deleted(phase) => Err(recycled()),
        _ => Err(busy()),
    })
}

/// Gives machines a name: all of them the same.
pub(super) fn rename(ask: &mut Ask<'_>) -> Outcome {
    let wanted = ask.wish.text("instanceName").unwrap_or_default();
    let name = names::expand(wanted, 1)?.pop().unwrap_or_default();
    let found = find_all(ask)?;
    for (at, _) in found {
        ask.account.machines[at].name.clone_from(&name);
    }
    Ok(Map::new())
}

/// Does the same to every machine that was named, if every one may have it done.
fn each(
    ask: &mut Ask<'_>,
    steps: &[(Duration, Phase)],
    reboots: bool,
    judge: impl Fn(Phase) -> Result<(), Refused>,
) -> Outcome {
    let found = find_all(ask)?;
    found.iter().try_for_each(|(_, phase)| judge(*phase))?;
    for (at, _) in found {
        let machine = &mut ask.account.machines[at];
        if reboots {
            machine.extra.insert("_reboots".to_owned(), Value::Bool(true));
        } else {
            machine.extra.remove("_reboots");
        }
        machine.schedule(ask.now, steps);
    }
    Ok(Map::new())
}

fn find_all(ask: &Ask<'_>) -> Result<Vec<(usize, Phase)>, Refused> {
    let ids = ask.wish.texts_up_to("instanceIds", 100, true)?;
    ids.into_iter().map(|id| find(ask, id)).collect()
}

fn find(ask: &Ask<'_>, id: &str) -> Result<(usize, Phase), Refused> {
    let at = ask.account.machines.iter().position(|machine| machine.id == id && is_known(machine, ask.now));
    let phase = at.and_then(|at| Some((at, ask.account.machines[at].phase(ask.now)?)));
    phase.ok_or_else(|| unknown(id))
}

fn is_deleted(phase: Phase) -> bool {
    matches!(phase, Phase::Deleting | Phase::Recycled | Phase::Releasing | Phase::Gone)
}

fn recycled() -> Refused {
    denied("OPERATION_DENIED_INSTANCE_RECYCLED", "is in the recycle bin")
}

fn busy() -> Refused {
    denied("OPERATION_DENIED_INSTANCE_STATUS", "is in a status that does not allow this")
}

fn denied(code: &'static str, why: &str) -> Refused {
    Refused::new(403, code, format!("The instance {why}"))
}
