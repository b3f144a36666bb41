//! What a create says when nobody can know whether it worked.

use vmbroker_core::{Effect, Instance};

use crate::steps::grown;
use crate::verdict::{Judge, KEPT, not_applicable, shown};
use crate::{Fault, Outcome, Subject, Violation};

/// A create whose answer is lost has effect Unknown, and is sent once.
///
/// # Errors
/// Where it is broken.
pub async fn a_lost_create_answer_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("a_lost_create_answer_is_unclear"), subject, Fault::LoseCreateAnswer).await
}

/// A create answered with an internal error has effect Unknown, and is sent once.
///
/// # Errors
/// Where it is broken.
pub async fn an_internal_error_on_create_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("an_internal_error_on_create_is_unclear"), subject, Fault::CreateAnswer500).await
}

/// A create whose answer is cut short has effect Unknown, and is sent once.
///
/// # Errors
/// Where it is broken.
pub async fn a_truncated_create_answer_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("a_truncated_create_answer_is_unclear"), subject, Fault::TruncateCreateAnswer).await
}

/// A create answered with an HTML page has effect Unknown, and is sent once.
///
/// # Errors
/// Where it is broken.
pub async fn an_html_create_answer_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("an_html_create_answer_is_unclear"), subject, Fault::HtmlCreateAnswer).await
}

/// A redirected create has effect Unknown, and is not sent on.
///
/// # Errors
/// Where it is broken.
pub async fn a_redirected_create_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("a_redirected_create_is_unclear"), subject, Fault::RedirectCreate).await
}

/// A create that succeeded without an id has effect Unknown, and is sent once.
///
/// # Errors
/// Where it is broken.
pub async fn a_create_answer_without_an_id_is_unclear(subject: &Subject) -> Outcome {
    unclear(Judge::of("a_create_answer_without_an_id_is_unclear"), subject, Fault::CreateAnswerWithoutId)
        .await
}

async fn unclear(judge: Judge, subject: &Subject, fault: Fault) -> Outcome {
    let request = subject.request();
    let before = subject.world().creates_received().await;
    if let Err(skip) = subject.arm(fault).await {
        return skip;
    }
    let result = subject.provider().create(&request).await;
    subject.world().disarm().await;
    let error = judge.err(result, "create")?;
    judge.that(error.effect() == Effect::Unknown, "effect Unknown", shown(&error))?;
    // A second request that was delayed would arrive by now.
    subject.clock().sleep(subject.provider().semantics().create_applies_within).await;
    match grown(before, subject.world().creates_received().await) {
        None => return not_applicable("the effect is Unknown, but this world counts no create requests"),
        Some(sent) => judge.that(sent == 1, "one create request", sent)?,
    }
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the effect is Unknown, but this world has no ledger"),
        Some(live) => {
            judge.that(live <= 1, "one machine at most", live)?;
            KEPT
        }
    }
}

/// A machine whose create was not answered is found in the list by its marker, in the time that the semantics
/// say, and its listed handle serves to end it.
///
/// # Errors
/// Where it is broken.
pub async fn a_lost_machine_is_found_by_its_marker(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_lost_machine_is_found_by_its_marker");
    let request = subject.request();
    if let Err(skip) = subject.arm(Fault::LoseCreateAnswer).await {
        return skip;
    }
    let result = subject.provider().create(&request).await;
    subject.world().disarm().await;
    judge.err(result, "create")?;
    let found = found_in_time(judge, subject, &request).await?;
    let Some(live) = subject.world().live_machines(request.marker).await else {
        return not_applicable("this world has no ledger");
    };
    if live == 0 && found.is_empty() {
        return not_applicable("this world loses the answer and makes no machine");
    }
    let counted = usize::try_from(live).unwrap_or(usize::MAX);
    judge.that(
        found.len() == counted,
        format!("{live} machines with the marker in the list"),
        found.len(),
    )?;
    for instance in found {
        let handle = subject.until_running(judge, &instance.handle).await?;
        subject.end(judge, &handle).await?;
    }
    let live = subject.world().live_machines(request.marker).await;
    judge.that(live == Some(0), "no live machine after the end", format!("{live:?}"))?;
    KEPT
}

/// Looks for the marker until D, S and the time of invisibility have passed; where nobody can say how long that
/// is, as long as patience lasts.
async fn found_in_time(
    judge: Judge,
    subject: &Subject,
    request: &vmbroker_core::CreateRequest,
) -> Result<Vec<Instance>, Violation> {
    let semantics = subject.provider().semantics();
    let hidden = semantics.visible_within.unwrap_or(subject.patience());
    let limit = semantics
        .create_applies_within
        .saturating_add(semantics.list_lags_by)
        .saturating_add(hidden)
        .saturating_add(semantics.poll_every);
    let until = subject.clock().elapsed().saturating_add(limit);
    loop {
        let found = subject.listed(judge, request.marker).await?;
        if !found.is_empty() || subject.clock().elapsed() >= until {
            return Ok(found);
        }
        subject.pause().await;
    }
}

/// A create whose connection is refused has effect None, and makes no machine.
///
/// # Errors
/// Where it is broken.
pub async fn a_refused_connection_changes_nothing(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_refused_connection_changes_nothing");
    let request = subject.request();
    let before = subject.world().creates_received().await;
    if let Err(skip) = subject.arm(Fault::RefuseConnection).await {
        return skip;
    }
    let result = subject.provider().create(&request).await;
    subject.world().disarm().await;
    let error = judge.err(result, "create")?;
    judge.that(error.effect() == Effect::None, "effect None", shown(&error))?;
    subject.clock().sleep(subject.provider().semantics().create_applies_within).await;
    let sent = grown(before, subject.world().creates_received().await);
    judge.that(sent.is_none_or(|sent| sent == 0), "no create request", format!("{sent:?}"))?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the effect is None, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no machine", live)?;
            KEPT
        }
    }
}
