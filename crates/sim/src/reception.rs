//! What becomes of a request that arrives: what goes wrong, what is done, and what comes back. It is decided here
//! once, for requests over HTTP and for those of this very process.

use std::time::Duration;

use serde_json::Value;

use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

/// How a call ends for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A whole answer comes.
    Answered(Answer),
    /// A whole answer comes this much later, on the cloud's clock.
    Slow(Answer, Duration),
    /// The connection ends without a byte.
    Lost,
    /// The connection ends after half of the body.
    Cut(Answer),
    /// The body never ends.
    Endless,
    /// Nothing ever comes.
    Silence,
}

impl Cloud {
    /// A request arrives: it is noted, what is armed strikes, and it is done, or not. Waits for nothing.
    ///
    /// # Idempotency
    /// That of what is asked: a create makes one more machine.
    pub fn receive(&self, face: &dyn Face, request: &Request) -> Ending {
        let line = match request.query.as_str() {
            "" => format!("{} {}", request.method, request.path),
            query => format!("{} {}?{query}", request.method, request.path),
        };
        let fault = self.note(face.operation(request), line);
        let done = || face.answer(self, request, None);
        let Some(fault) = fault else { return Ending::Answered(done()) };
        let answer = match &fault {
            FaultKind::Refuse(refusal) => face.refusal(*refusal),
            FaultKind::Throttle { retry_after } => {
                let answer = face.throttled();
                match retry_after {
                    Some(told) => answer.with_header("retry-after", told.clone()),
                    None => answer,
                }
            }
            FaultKind::Html(status) => Answer::html(*status),
            FaultKind::HtmlSuccess => Answer::html(200),
            FaultKind::Redirect => {
                Answer::empty(301).with_header("location", format!("/elsewhere{}", request.path))
            }
            FaultKind::Reset => return Ending::Lost,
            FaultKind::Hang => return Ending::Silence,
            FaultKind::Echo => echo(face, request),
            FaultKind::LoseAnswer => {
                done();
                return Ending::Lost;
            }
            FaultKind::TruncateAnswer => return Ending::Cut(done()),
            FaultKind::StatusAfter(status) => {
                done();
                Answer { body: b"{}".to_vec(), ..Answer::empty(*status) }
            }
            FaultKind::BodyAfter(body) => Answer { body: body.clone().into_bytes(), ..done() },
            FaultKind::Slow(millis) => return Ending::Slow(done(), Duration::from_millis(*millis)),
            FaultKind::Endless => {
                done();
                return Ending::Endless;
            }
            FaultKind::ApplyLate(_) => {
                face.answer(self, request, Some(&fault));
                return Ending::Silence;
            }
            FaultKind::Hide(_)
            | FaultKind::Delay(_)
            | FaultKind::Stuck
            | FaultKind::FailLater(_)
            | FaultKind::AwaitApproval
            | FaultKind::Revert
            | FaultKind::Stale(_)
            | FaultKind::PriceMoved(_) => face.answer(self, request, Some(&fault)),
        };
        Ending::Answered(answer)
    }
}

/// A refusal that repeats the request's headers in each of its texts.
fn echo(face: &dyn Face, request: &Request) -> Answer {
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let mut answer = face.refusal(Refusal::Incompatible);
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        prefix_texts(&mut body, &headers.join(", "));
        answer.body = body.to_string().into_bytes();
    }
    answer
}

/// Puts a text before each text of a JSON value.
fn prefix_texts(value: &mut Value, prefix: &str) {
    match value {
        Value::String(text) => *text = format!("{prefix} {text}"),
        Value::Array(items) => items.iter_mut().for_each(|item| prefix_texts(item, prefix)),
        Value::Object(map) => map.values_mut().for_each(|item| prefix_texts(item, prefix)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
