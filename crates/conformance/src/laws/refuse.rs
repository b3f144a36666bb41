//! What a create says when the provider refuses it.

use vmbroker_core::{Effect, ErrorKind, Retry};

use crate::steps::grown;
use crate::verdict::{Judge, KEPT, not_applicable, shown};
use crate::{Fault, Outcome, Refusal, Subject};

/// A sold-out offer is OutOfCapacity with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn sold_out_is_out_of_capacity(subject: &Subject) -> Outcome {
    refused(Judge::of("sold_out_is_out_of_capacity"), subject, Refusal::SoldOut).await
}

/// A full account is QuotaExceeded with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn a_full_account_is_quota_exceeded(subject: &Subject) -> Outcome {
    refused(Judge::of("a_full_account_is_quota_exceeded"), subject, Refusal::Quota).await
}

/// An account that cannot pay is InsufficientFunds with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_empty_account_is_insufficient_funds(subject: &Subject) -> Outcome {
    refused(Judge::of("an_empty_account_is_insufficient_funds"), subject, Refusal::Funds).await
}

/// Refused credentials are Unauthenticated with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn refused_credentials_are_unauthenticated(subject: &Subject) -> Outcome {
    refused(Judge::of("refused_credentials_are_unauthenticated"), subject, Refusal::Credentials).await
}

/// A missing right is PermissionDenied with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn a_missing_right_is_permission_denied(subject: &Subject) -> Outcome {
    refused(Judge::of("a_missing_right_is_permission_denied"), subject, Refusal::Permission).await
}

/// An offer that does not go with the wish is IncompatibleOffer with effect None, and no machine.
///
/// # Errors
/// Where it is broken.
pub async fn an_unfit_offer_is_incompatible(subject: &Subject) -> Outcome {
    refused(Judge::of("an_unfit_offer_is_incompatible"), subject, Refusal::Incompatible).await
}

async fn refused(judge: Judge, subject: &Subject, refusal: Refusal) -> Outcome {
    let request = subject.request();
    let before = subject.world().creates_received().await;
    if let Err(skip) = subject.arm(Fault::RefuseCreate(refusal)).await {
        return skip;
    }
    let result = subject.provider().create(&request).await;
    subject.world().disarm().await;
    let error = judge.err(result, "create")?;
    judge.that(error.kind() == refusal.kind(), format!("kind {:?}", refusal.kind()), shown(&error))?;
    judge.that(error.effect() == Effect::None, "effect None", shown(&error))?;
    subject.clock().sleep(subject.provider().semantics().create_applies_within).await;
    let sent = grown(before, subject.world().creates_received().await);
    judge.that(sent.is_none_or(|sent| sent <= 1), "one create request at most", format!("{sent:?}"))?;
    match subject.world().live_machines(request.marker).await {
        None => not_applicable("the refusal is well told, but this world has no ledger"),
        Some(live) => {
            judge.that(live == 0, "no machine", live)?;
            KEPT
        }
    }
}

/// A throttled create is RateLimited, may be tried again, and is sent once at most.
///
/// # Errors
/// Where it is broken.
pub async fn a_throttled_create_is_sent_once_at_most(subject: &Subject) -> Outcome {
    let judge = Judge::of("a_throttled_create_is_sent_once_at_most");
    let request = subject.request();
    let before = subject.world().creates_received().await;
    if let Err(skip) = subject.arm(Fault::Throttle).await {
        return skip;
    }
    let result = subject.provider().create(&request).await;
    subject.world().disarm().await;
    let error = judge.err(result, "create")?;
    judge.that(error.kind() == ErrorKind::RateLimited, "kind RateLimited", shown(&error))?;
    let clear = error.effect() == Effect::None;
    judge.that(!clear || error.retry() != Retry::Never, "that it may be tried again", shown(&error))?;
    subject.clock().sleep(subject.provider().semantics().create_applies_within).await;
    let sent = grown(before, subject.world().creates_received().await);
    let live = subject.world().live_machines(request.marker).await;
    judge.that(!clear || live.is_none_or(|live| live == 0), "no machine", format!("{live:?}"))?;
    match sent {
        None => not_applicable("the refusal is well told, but this world counts no create requests"),
        Some(sent) => {
            judge.that(sent <= 1, "one create request at most", sent)?;
            KEPT
        }
    }
}
