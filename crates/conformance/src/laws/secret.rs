//! What must never be shown.

use std::error::Error as _;

use vmbroker_core::{Error, State};

use crate::verdict::{Judge, KEPT, not_applicable};
use crate::{Fault, Outcome, Refusal, Subject, Violation};

/// The secret with which the provider signs in is in no text: not of the provider, not of its answers, not of
/// its errors, not even where the cloud repeats it.
///
/// # Errors
/// Where it is broken.
pub async fn no_secret_is_shown(subject: &Subject) -> Outcome {
    let judge = Judge::of("no_secret_is_shown");
    let Some(canary) = subject.world().canary().await else {
        return not_applicable("this world has no secret");
    };
    let texts = Texts { judge, canary };
    let provider = subject.provider();
    texts.check("Debug of the provider", &format!("{provider:?}"))?;
    texts.check("Debug of the semantics", &format!("{:?}", provider.semantics()))?;
    let (_, handle) = subject.create(judge).await?;
    let handle = subject.until_running(judge, &handle).await?;
    texts.check("the handle", &format!("{handle:?}"))?;
    let running = |seen: &vmbroker_core::Observation| seen.state() == Some(State::Running);
    let seen = subject.look_until(judge, &handle, "running", running).await?;
    texts.check("the observation", &format!("{seen:?}"))?;
    texts.check("the list", &format!("{:?}", subject.list(judge).await?))?;

    let mut tried = 0;
    let create_faults = [
        Fault::EchoRequest,
        Fault::RefuseCreate(Refusal::Credentials),
        Fault::RefuseConnection,
        Fault::LoseCreateAnswer,
        Fault::CreateAnswer500,
        Fault::TruncateCreateAnswer,
        Fault::HtmlCreateAnswer,
        Fault::RedirectCreate,
        Fault::CreateAnswerWithoutId,
    ];
    for fault in create_faults {
        if subject.world().arm(fault).await {
            tried += 1;
            let result = provider.create(&subject.request()).await;
            subject.world().disarm().await;
            texts.check_result(fault, result)?;
        }
    }
    for fault in [Fault::StatusFails, Fault::Throttle, Fault::ListPageFails] {
        if subject.world().arm(fault).await {
            tried += 1;
            let looked = provider.status(std::slice::from_ref(&handle)).await;
            let listed = provider.list().await;
            subject.world().disarm().await;
            texts.check_result(fault, looked)?;
            texts.check_result(fault, listed)?;
        }
    }
    if tried == 0 { not_applicable("no answer shows it, but this world has no faults") } else { KEPT }
}

struct Texts {
    judge: Judge,
    canary: String,
}

impl Texts {
    fn check(&self, what: &str, text: &str) -> Result<(), Violation> {
        let clean = self.canary.is_empty() || !text.contains(&self.canary);
        self.judge.that(clean, format!("no secret in {what}"), "the secret")
    }

    fn check_result<T>(&self, fault: Fault, result: Result<T, Error>) -> Result<(), Violation> {
        let Err(error) = result else { return Ok(()) };
        self.check(&format!("Display of the error when told to {fault}"), &error.to_string())?;
        self.check(&format!("Debug of the error when told to {fault}"), &format!("{error:?}"))?;
        let mut source = error.source();
        while let Some(cause) = source {
            self.check(
                &format!("what caused the error when told to {fault}"),
                &format!("{cause} {cause:?}"),
            )?;
            source = cause.source();
        }
        Ok(())
    }
}
