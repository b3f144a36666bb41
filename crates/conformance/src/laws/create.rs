//! What ordering a machine does, when nothing goes wrong.

use vmbroker_core::Marker;

use crate::steps::{grown, timed};
use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Outcome, Subject};

/// One create makes exactly one machine.
///
/// # Errors
/// Where it is broken.
pub async fn create_makes_one_machine(subject: &Subject) -> Outcome {
    let judge = Judge::of("create_makes_one_machine");
    let before = subject.world().creates_received().await;
    let request = subject.request();
    let handle = judge.ok(subject.provider().create(&request).await, "create")?;
    subject.until_running(judge, &handle).await?;
    subject.clock().sleep(subject.provider().semantics().create_applies_within).await;
    let sent = grown(before, subject.world().creates_received().await);
    let listed = subject.listed(judge, request.marker).await?.len();
    let live = subject.world().live_machines(request.marker).await;
    judge.that(sent.is_none_or(|sent| sent == 1), "one create request", format!("{sent:?}"))?;
    judge.that(listed == 1, "one machine with the marker in the list", listed)?;
    judge.that(live.is_none_or(|live| live == 1), "one live machine in the ledger", format!("{live:?}"))?;
    if sent.is_none() || live.is_none() {
        return not_applicable("one machine is listed, but this world counts no requests or has no ledger");
    }
    KEPT
}

/// The marker of the request is in the machine's name, as the list shows it.
///
/// # Errors
/// Where it is broken.
pub async fn create_puts_the_marker_into_the_name(subject: &Subject) -> Outcome {
    let judge = Judge::of("create_puts_the_marker_into_the_name");
    let (request, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    let listing = subject.list(judge).await?;
    let same = |id: Option<&str>| {
        id.zip(handle.instance.as_deref()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    let found = listing.instances().iter().find(|it| same(it.handle.instance.as_deref()));
    let Some(instance) = found else {
        return Err(judge.broken(format!("`{handle}` in the list"), "a list without it"));
    };
    let marker = request.marker;
    let in_name = Marker::find_in(&instance.name) == Some(marker);
    judge.that(in_name, format!("a name with `{marker}`"), format!("`{}`", instance.name))?;
    let known = instance.marker == Some(marker);
    judge.that(known, format!("the marker `{marker}`"), format!("{:?}", instance.marker))?;
    KEPT
}

/// Two creates with different markers make two machines.
///
/// # Errors
/// Where it is broken.
pub async fn two_markers_make_two_machines(subject: &Subject) -> Outcome {
    let judge = Judge::of("two_markers_make_two_machines");
    let fleet = subject.running_fleet(judge, 2).await?;
    let ids: Vec<&str> = fleet.iter().map(|(_, handle)| handle.id()).collect();
    judge.that(!ids[0].eq_ignore_ascii_case(ids[1]), "two machines", format!("`{}` twice", ids[0]))?;
    for (marker, _) in &fleet {
        let listed = subject.listed(judge, *marker).await?.len();
        judge.that(listed == 1, format!("one machine with `{marker}` in the list"), listed)?;
    }
    KEPT
}

/// The handle that create returns is whole (this account, an id, the marker, when it was made) and status
/// accepts it at once.
///
/// # Errors
/// Where it is broken.
pub async fn create_returns_a_whole_handle(subject: &Subject) -> Outcome {
    let judge = Judge::of("create_returns_a_whole_handle");
    let before = subject.clock().now();
    let (request, handle) = subject.create(judge).await?;
    let after = subject.clock().now();
    let shown = format!("{handle:?}");
    let id = subject.provider().id();
    judge.that(handle.provider == *id, format!("the account `{id}`"), &shown)?;
    judge.that(!handle.id().is_empty(), "an id", &shown)?;
    judge.that(handle.marker == Some(request.marker), format!("the marker `{}`", request.marker), &shown)?;
    let made = handle.made_at.is_some_and(|made| before <= made && made <= after);
    judge.that(made, format!("made between {before} and {after}"), &shown)?;
    subject.look_at(judge, &handle).await?;
    KEPT
}

/// Create returns when the order is accepted and does not wait for the machine.
///
/// # Errors
/// Where it is broken.
pub async fn create_does_not_wait(subject: &Subject) -> Outcome {
    let judge = Judge::of("create_does_not_wait");
    let request = subject.request();
    let (result, took) = timed(subject, subject.provider().create(&request)).await;
    judge.ok(result, "create")?;
    let limit = subject.call_limit();
    judge.that(took <= limit, format!("an answer within {limit:?}"), format!("one after {took:?}"))?;
    KEPT
}

/// Create returns an order exactly where the semantics say so, and otherwise an instance.
///
/// # Errors
/// Where it is broken.
pub async fn creates_order_is_true(subject: &Subject) -> Outcome {
    let judge = Judge::of("creates_order_is_true");
    let (_, handle) = subject.create(judge).await?;
    let shown = format!("{handle:?}");
    if subject.provider().semantics().creates_order {
        judge.that(handle.order.is_some(), "an order", &shown)?;
        let handle = subject.until_running(judge, &handle).await?;
        let shown = format!("{handle:?}");
        judge.that(handle.instance.is_some(), "an instance, now that the machine runs", shown)?;
    } else {
        judge.that(handle.order.is_none() && handle.instance.is_some(), "an instance and no order", shown)?;
    }
    KEPT
}

/// A machine's name obeys the semantics' rule and carries the marker, whatever name the user gave.
///
/// # Errors
/// Where it is broken.
pub async fn names_obey_the_rule(subject: &Subject) -> Outcome {
    let judge = Judge::of("names_obey_the_rule");
    let rule = subject.provider().semantics().name;
    for name in [None, Some("w".to_owned()), Some("a".repeat(40))] {
        let mut request = subject.request();
        request.name = name;
        let handle = subject.create_this(judge, &request).await?;
        subject.until_running(judge, &handle).await?;
        let listed = subject.listed(judge, request.marker).await?;
        let Some(instance) = listed.first() else {
            return Err(judge.broken(format!("a name with `{}`", request.marker), "none in the list"));
        };
        let expected = format!("a name that {rule:?} allows");
        judge.that(rule.allows(&instance.name), expected, format!("`{}`", instance.name))?;
    }
    KEPT
}
