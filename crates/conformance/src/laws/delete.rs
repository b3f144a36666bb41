//! What ending a machine does, step by step.

use vmbroker_core::{ComputeProviderExt, Effect, ErrorKind, Next, State, Wait};

use crate::steps::{finding, is_over, timed};
use crate::verdict::{Judge, KEPT, not_applicable, shown};
use crate::{Fault, Outcome, Subject};

/// Delete may be repeated: at once, with the old handle or the returned one, and after the machine is gone.
///
/// # Errors
/// Where it is broken.
pub async fn delete_may_be_repeated(subject: &Subject) -> Outcome {
    let judge = Judge::of("delete_may_be_repeated");
    let (request, handle) = subject.create(judge).await?;
    let old = subject.until_running(judge, &handle).await?;
    let returned = subject.delete(judge, &old).await?.handle;
    for handle in [&old, &returned, &handle, &old] {
        subject.delete(judge, handle).await?;
    }
    let last = subject.end(judge, &returned).await?;
    for handle in [&old, &returned, &last] {
        let deletion = subject.delete(judge, handle).await?;
        let waits = matches!(deletion.next, Next::WaitThenRepeat { .. });
        judge.that(!waits, "nothing to wait for after the end", format!("{deletion:?}"))?;
        let seen = subject.look_at(judge, handle).await?;
        judge.that(is_over(&seen), "the end to last", finding(&seen))?;
    }
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("every delete is accepted, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no live machine in the ledger after the end", live)?;
            KEPT
        }
    }
}

/// Delete never waits for the machine to end: each call returns at once.
///
/// # Errors
/// Where it is broken.
pub async fn delete_does_not_wait(subject: &Subject) -> Outcome {
    let judge = Judge::of("delete_does_not_wait");
    let (_, handle) = subject.create(judge).await?;
    let mut handle = subject.until_running(judge, &handle).await?;
    let until = subject.clock().elapsed().saturating_add(subject.patience());
    let limit = subject.call_limit();
    while subject.clock().elapsed() < until {
        let (result, took) = timed(subject, subject.provider().delete(&handle)).await;
        judge.that(took <= limit, format!("an answer within {limit:?}"), format!("one after {took:?}"))?;
        handle = judge.ok(result, "delete")?.handle;
        subject.pause().await;
        let seen = subject.look_at(judge, &handle).await?;
        if is_over(&seen) {
            return KEPT;
        }
        handle = seen.handle;
    }
    Err(judge.broken(format!("an end within {:?}", subject.patience()), format!("`{handle}` still there")))
}

/// A machine that is deleted right after its create is ended, not forgotten.
///
/// # Errors
/// Where it is broken.
pub async fn a_new_machine_can_be_deleted(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_new_machine_can_be_deleted");
    let (request, handle) = subject.create(judge).await?;
    subject.delete(judge, &handle).await?;
    let wait = Wait::new(subject.clock().clone(), subject.patience());
    let proven = match subject.provider().delete_until_gone(&handle, &wait).await {
        Ok(_) => true,
        // Absence cannot be proven there: the ledger alone tells.
        Err(error)
            if error.kind() == ErrorKind::DeadlineExceeded
                && subject.provider().semantics().visible_within.is_none() =>
        {
            false
        }
        Err(error) => return Err(judge.broken("the machine to be gone", shown(&error))),
    };
    let listed = subject.listed(judge, request.marker).await?.len();
    judge.that(listed == 0, "no machine in the list after the end", listed)?;
    match subject.world().live_machines(request.marker).await {
        Some(live) => {
            judge.that(live == 0, "no live machine in the ledger after the end", live)?;
            KEPT
        }
        None if proven => not_applicable("the machine is gone, but this world has no ledger"),
        None => not_applicable("absence cannot be proven here, and this world has no ledger"),
    }
}

/// Deleting one machine leaves every other alone.
///
/// # Errors
/// Where it is broken.
pub async fn delete_touches_one_machine(subject: &Subject) -> Outcome {
    let judge = Judge::of("delete_touches_one_machine");
    let fleet = subject.running_fleet(judge, 2).await?;
    let [(_, first), (marker, second)] = &fleet[..] else {
        return Err(judge.broken("2 machines", fleet.len().to_string()));
    };
    subject.end(judge, first).await?;
    let seen = subject.look_at(judge, second).await?;
    judge.that(seen.state() == Some(State::Running), format!("`{second}` to run on"), finding(&seen))?;
    match subject.world().live_machines(*marker).await {
        None => not_applicable("the other machine runs on, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 1, "the other machine in the ledger", live)?;
            KEPT
        }
    }
}

/// A delete whose answer is lost says that it may have worked, and may be repeated until the machine is gone.
///
/// # Errors
/// Where it is broken.
pub async fn a_lost_delete_answer_is_unclear(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_lost_delete_answer_is_unclear");
    let (request, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    if let Err(skip) = subject.arm(Fault::LoseDeleteAnswer).await {
        return skip;
    }
    let result = subject.provider().delete(&handle).await;
    subject.world().disarm().await;
    // An adapter may repeat a delete by itself, and then it knows.
    if let Err(error) = result {
        judge.that(error.effect() == Effect::Unknown, "effect Unknown", shown(&error))?;
    }
    subject.end(judge, &handle).await?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the machine is gone, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no live machine in the ledger after the end", live)?;
            KEPT
        }
    }
}
