//! What looking at machines tells.

use std::time::Duration;

use vmbroker_core::{ErrorKind, Finding, Handle, Retry, State};

use crate::steps::{finding, grown, is_over, stranger};
use crate::verdict::{Judge, KEPT, not_applicable, shown};
use crate::{Fault, Outcome, Subject};

/// Status answers one observation for each handle, in the order asked, also for duplicates and unknown ones.
///
/// # Errors
/// Where it is broken.
pub async fn status_answers_each_handle_in_order(subject: &Subject) -> Outcome {
    let judge = Judge::of("status_answers_each_handle_in_order");
    let fleet = subject.running_fleet(judge, 3).await?;
    let [(_, a), (_, b), (_, c)] = &fleet[..] else {
        return Err(judge.broken("3 machines", fleet.len().to_string()));
    };
    let unknown = stranger(a);
    let asked = [c, &unknown, a, b, a, c].map(Clone::clone);
    let seen = subject.look(judge, &asked).await?;
    for (at, (handle, observation)) in asked.iter().zip(&seen).enumerate() {
        let expected = format!("an observation of `{handle}` at place {at}");
        judge.that(handle.is_same(&observation.handle), expected, finding(observation))?;
        let found = observation.state().is_some();
        let right = found != handle.is_same(&unknown);
        judge.that(right, "what exists to be found, and only that", finding(observation))?;
    }
    KEPT
}

/// A machine that the provider does not know is NotFound, not an error, alone as among others.
///
/// # Errors
/// Where it is broken.
pub async fn an_unknown_machine_is_not_found(subject: &Subject) -> Outcome {
    let judge = Judge::of("an_unknown_machine_is_not_found");
    let (_, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    let unknown = stranger(&handle);
    for asked in [vec![unknown.clone()], vec![handle, unknown]] {
        let seen = subject.look(judge, &asked).await?;
        if let Some(last) = seen.last() {
            judge.that(last.finding == Finding::NotFound, "NotFound", finding(last))?;
        }
    }
    KEPT
}

/// Status of no handle is no observation, and sends nothing.
///
/// # Errors
/// Where it is broken.
pub async fn status_of_nothing_asks_nothing(subject: &Subject) -> Outcome {
    let judge = Judge::of("status_of_nothing_asks_nothing");
    // Where a wire reads an empty list of ids as all machines, there must be one to be shown.
    let (_, handle) = subject.create(judge).await?;
    subject.until_running(judge, &handle).await?;
    let before = subject.world().calls_received().await;
    let seen = judge.ok(subject.provider().status(&[]).await, "status of no handle")?;
    judge.that(seen.is_empty(), "no observation", seen.len())?;
    match grown(before, subject.world().calls_received().await) {
        None => not_applicable("nothing is answered, but this world counts no calls"),
        Some(sent) => {
            judge.that(sent == 0, "no call", sent)?;
            KEPT
        }
    }
}

/// The text of a handle alone is enough to watch the machine come up and to end it.
///
/// # Errors
/// Where it is broken.
pub async fn the_text_of_a_handle_is_enough(subject: &Subject) -> Outcome {
    let judge = Judge::of("the_text_of_a_handle_is_enough");
    let (request, handle) = subject.create(judge).await?;
    let text = handle.to_string();
    let reread = |text: &str| judge.ok(text.parse::<Handle>(), &format!("reading `{text}`"));
    let running = subject.until_running(judge, &reread(&text)?).await?;
    // The old text stays good when an order has become an instance.
    for text in [text, running.to_string()] {
        let seen = subject.look_at(judge, &reread(&text)?).await?;
        judge.that(
            seen.state() == Some(State::Running),
            format!("`{text}` to be running"),
            finding(&seen),
        )?;
    }
    subject.end(judge, &reread(&running.to_string())?).await?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the machine is not found any more, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no live machine after the end", live)?;
            KEPT
        }
    }
}

/// The handle of a found machine remembers when it was seen and in which state.
///
/// # Errors
/// Where it is broken.
pub async fn a_found_machine_is_remembered(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_found_machine_is_remembered");
    let (_, handle) = subject.create(judge).await?;
    let running = |seen: &vmbroker_core::Observation| seen.state() == Some(State::Running);
    let seen = subject.look_until(judge, &handle, "running", running).await?;
    let remembered = seen.handle.last_seen.map(|sighting| sighting.state);
    judge.that(remembered == Some(State::Running), "a sighting as running", format!("{remembered:?}"))?;
    let kept = (seen.handle.marker, seen.handle.made_at) == (handle.marker, handle.made_at);
    judge.that(kept, format!("what `{handle:?}` knew to be kept"), format!("{:?}", seen.handle))?;
    KEPT
}

/// A look that fails is an error, never absence.
///
/// # Errors
/// Where it is broken.
pub async fn a_failed_look_is_an_error(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_failed_look_is_an_error");
    let (_, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    if let Err(skip) = subject.arm(Fault::StatusFails).await {
        return skip;
    }
    let result = subject.provider().status(&[handle]).await;
    subject.world().disarm().await;
    judge.err(result, "status while every look fails")?;
    KEPT
}

/// A throttled look is RateLimited and may be tried again; it is never absence.
///
/// # Errors
/// Where it is broken.
pub async fn a_throttled_look_is_an_error(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_throttled_look_is_an_error");
    let (_, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    if let Err(skip) = subject.arm(Fault::Throttle).await {
        return skip;
    }
    let result = subject.provider().status(&[handle]).await;
    subject.world().disarm().await;
    let error = judge.err(result, "status while every call is throttled")?;
    let well = error.kind() == ErrorKind::RateLimited && error.retry() != Retry::Never;
    judge.that(well, "RateLimited, to be tried again", shown(&error))?;
    KEPT
}

/// A look that is never answered ends by itself, with an error.
///
/// # Errors
/// Where it is broken.
pub async fn a_hanging_look_ends(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_hanging_look_ends");
    let (_, handle) = subject.create(judge).await?;
    let handles = [subject.until_running(judge, &handle).await?];
    if let Err(skip) = subject.arm(Fault::HangStatus).await {
        return skip;
    }
    let result = subject.bounded(subject.provider().status(&handles)).await;
    subject.world().disarm().await;
    let Some(result) = result else {
        let expected = format!("an end within {:?}", subject.patience());
        return Err(judge.broken(expected, "a call that still waits"));
    };
    judge.err(result, "status while no look is answered")?;
    KEPT
}

/// A look at many machines costs no more calls than the semantics' batches.
///
/// # Errors
/// Where it is broken.
pub async fn status_is_batched(subject: &Subject) -> Outcome {
    let judge = Judge::of("status_is_batched");
    const MACHINES: u64 = 5;
    let fleet = subject.running_fleet(judge, 5).await?;
    let handles: Vec<Handle> = fleet.into_iter().map(|(_, handle)| handle).collect();
    let batch = subject.provider().semantics().status_batch;
    let batches = batch.map_or(1, |batch| MACHINES.div_ceil(u64::try_from(batch).unwrap_or(MACHINES).max(1)));
    let most = batches + subject.spare_status_calls();
    let before = subject.world().calls_received().await;
    let seen = judge.ok(subject.provider().status(&handles).await, "status")?;
    let sent = grown(before, subject.world().calls_received().await);
    let missed = seen.iter().filter(|it| is_over(it)).count();
    judge.that(missed == 0, "5 running machines", format!("{missed} not found"))?;
    match sent {
        None => not_applicable("this world counts no calls"),
        Some(sent) => {
            judge.that(sent <= most, format!("{most} calls at most for {MACHINES} machines"), sent)?;
            KEPT
        }
    }
}

/// A new machine is found and listed within the time that the semantics say.
///
/// # Errors
/// Where it is broken.
pub async fn a_new_machine_is_visible_in_time(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_new_machine_is_visible_in_time");
    let Some(limit) = subject.provider().semantics().visible_within else {
        return not_applicable("the semantics do not say how long a new machine may be invisible");
    };
    let (request, handle) = subject.create(judge).await?;
    // One millisecond, the grain of every timer, so that the look comes after the limit and not upon it.
    subject.clock().sleep(limit.saturating_add(Duration::from_millis(1))).await;
    let seen = subject.look_at(judge, &handle).await?;
    judge.that(seen.state().is_some(), format!("a sighting after {limit:?}"), finding(&seen))?;
    if subject.provider().semantics().creates_order {
        // An order is no machine yet: the list shows what it becomes.
        subject.until_running(judge, &seen.handle).await?;
    }
    let listed = subject.listed(judge, request.marker).await?.len();
    judge.that(listed == 1, "the machine in the list", listed)?;
    KEPT
}
