//! What a failed call may have changed, and whether the same call may succeed later. The one place that decides.

use std::time::Duration;

use vmbroker_core::{Effect, ErrorKind, Retry};

use crate::{Answer, Nature, Refusal, TransportError};

/// A verdict over one failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) effect: Effect,
    pub(crate) retry: Retry,
    /// Whether this very call may be sent again by us.
    pub(crate) repeat: bool,
}

/// A try of which no complete answer came.
pub(crate) fn of_transport(nature: Nature, error: &TransportError) -> Verdict {
    let sent = !matches!(error, TransportError::NotSent(_));
    let effect = if sent && nature != Nature::Read { Effect::Unknown } else { Effect::None };
    // An answer that is too large or compressed will be so again; anything else may pass.
    let passing = !matches!(error, TransportError::Unacceptable(_));
    finish(nature, effect, passing, None)
}

/// A complete answer that is no success.
pub(crate) fn of_refusal(
    nature: Nature,
    answer: &Answer,
    refusal: &Refusal,
    told: Option<Duration>,
) -> Verdict {
    let refused = match answer.status {
        408 | 409 | 425 => false,
        429 => refusal.before_work && is_complete_json(&answer.body),
        // A code that speaks of a timeout is no refusal, whatever status it comes with.
        400..=499 => refusal.kind != ErrorKind::Unavailable && is_complete_json(&answer.body),
        _ => false,
    };
    let effect = if refused || nature == Nature::Read { Effect::None } else { Effect::Unknown };
    let passing = match refusal.kind {
        ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Conflict => true,
        // A page of somebody's proxy in place of JSON passes; a redirect or a refusal in JSON stays.
        ErrorKind::Protocol => !refused && !(300..400).contains(&answer.status),
        ErrorKind::OutOfCapacity
        | ErrorKind::QuotaExceeded
        | ErrorKind::InsufficientFunds
        | ErrorKind::Unauthenticated
        | ErrorKind::PermissionDenied
        | ErrorKind::InvalidConfig
        | ErrorKind::IncompatibleOffer
        | ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::Unsupported
        | ErrorKind::DeadlineExceeded
        | ErrorKind::MachineFailed => false,
    };
    let mut verdict = finish(nature, effect, passing, told);
    verdict.repeat &= refusal.kind != ErrorKind::Conflict;
    verdict
}

fn finish(nature: Nature, effect: Effect, passing: bool, told: Option<Duration>) -> Verdict {
    // After an unknown outcome the next step is to look, never to send again.
    let may_pass = passing && !(nature == Nature::Once && effect == Effect::Unknown);
    let retry = match (may_pass, told) {
        (false, _) => Retry::Never,
        (true, Some(delay)) => Retry::After(delay),
        (true, None) => Retry::Backoff,
    };
    Verdict { effect, retry, repeat: passing && nature != Nature::Once }
}

fn is_complete_json(body: &[u8]) -> bool {
    // JSON is text: what is none was damaged on its way, whatever its brackets say.
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let is_container = text.trim_ascii_start().starts_with(['{', '[']);
    is_container && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: ErrorKind) -> Refusal {
        Refusal {
            kind,
            code: None,
            message: String::new(),
            request_id: None,
            before_work: false,
            send_again: false,
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }

    /// What a create may have changed, by what came back.
    #[test]
    fn only_a_complete_refusal_or_an_unsent_create_changed_nothing() {
        let json = r#"{"error":"no"}"#;
        let rows = [
            (400, json, Effect::None),
            (401, json, Effect::None),
            (403, json, Effect::None),
            (404, json, Effect::None),
            (422, r#"["bare"]"#, Effect::None),
            (400, r#"{"error":"n"#, Effect::Unknown),
            (400, "<html>", Effect::Unknown),
            (400, "", Effect::Unknown),
            (400, "1", Effect::Unknown),
            (408, json, Effect::Unknown),
            (409, json, Effect::Unknown),
            (425, json, Effect::Unknown),
            (429, json, Effect::Unknown),
            (301, json, Effect::Unknown),
            (500, json, Effect::Unknown),
            (503, json, Effect::Unknown),
            (599, "", Effect::Unknown),
        ];
        for (status, body, effect) in rows {
            let verdict =
                of_refusal(Nature::Once, &answer(status, body), &refusal(ErrorKind::IncompatibleOffer), None);
            assert_eq!((verdict.effect, verdict.repeat), (effect, false), "{status} {body}");
            let read =
                of_refusal(Nature::Read, &answer(status, body), &refusal(ErrorKind::Unavailable), None);
            assert_eq!(read.effect, Effect::None, "{status} {body}");
        }
        let damaged = Answer { body: b"{\"error\":\"n\xff\"}".to_vec(), ..answer(400, "") };
        let verdict = of_refusal(Nature::Once, &damaged, &refusal(ErrorKind::IncompatibleOffer), None);
        assert_eq!(verdict.effect, Effect::Unknown, "what is no text is no JSON");
        let not_sent = TransportError::NotSent("refused".into());
        let cut = TransportError::Interrupted("reset".into());
        assert_eq!(of_transport(Nature::Once, &not_sent).effect, Effect::None);
        assert_eq!(of_transport(Nature::Once, &cut).effect, Effect::Unknown);
        assert_eq!(of_transport(Nature::Repeatable, &cut).effect, Effect::Unknown);
        assert_eq!(of_transport(Nature::Read, &cut).effect, Effect::None);
    }

    #[test]
    fn a_documented_429_came_before_any_work() {
        let mut documented = refusal(ErrorKind::RateLimited);
        documented.before_work = true;
        let told = Some(Duration::from_secs(3));
        let verdict = of_refusal(Nature::Once, &answer(429, "{}"), &documented, told);
        assert_eq!((verdict.effect, verdict.retry), (Effect::None, Retry::After(Duration::from_secs(3))));
        let damaged = of_refusal(Nature::Once, &answer(429, "{"), &documented, told);
        assert_eq!((damaged.effect, damaged.retry), (Effect::Unknown, Retry::Never));
        let unknown = of_refusal(Nature::Once, &answer(429, "{}"), &refusal(ErrorKind::RateLimited), told);
        assert_eq!((unknown.effect, unknown.retry), (Effect::Unknown, Retry::Never));
    }

    #[test]
    fn a_timeout_told_in_a_4xx_is_no_refusal_of_a_create() {
        let json = r#"{"code":"INVALID_OPERATION_TIMEOUT","message":"timed out"}"#;
        let verdict = of_refusal(Nature::Once, &answer(400, json), &refusal(ErrorKind::Unavailable), None);
        assert_eq!((verdict.effect, verdict.retry), (Effect::Unknown, Retry::Never));
    }

    #[test]
    fn a_page_in_place_of_json_passes_and_a_redirect_or_a_refusal_in_json_stays() {
        let rows = [
            (404, "<html>", Retry::Backoff),
            (404, r#"{"error":"no"}"#, Retry::Never),
            (302, "<html>", Retry::Never),
            (302, "{}", Retry::Never),
        ];
        for (status, body, retry) in rows {
            let verdict =
                of_refusal(Nature::Read, &answer(status, body), &refusal(ErrorKind::Protocol), None);
            assert_eq!(verdict.retry, retry, "{status} {body}");
        }
    }

    #[test]
    fn a_create_is_never_repeated_here() {
        for kind in ErrorKind::ALL {
            for status in [400, 409, 429, 500, 503] {
                assert!(!of_refusal(Nature::Once, &answer(status, "{}"), &refusal(kind), None).repeat);
            }
        }
        assert!(!of_transport(Nature::Once, &TransportError::NotSent(String::new())).repeat);
        assert!(of_transport(Nature::Read, &TransportError::NotSent(String::new())).repeat);
        assert!(!of_transport(Nature::Read, &TransportError::Unacceptable(String::new())).repeat);
    }
}
