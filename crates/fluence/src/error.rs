//! What a refusal of Fluence means, and how its credentials are sent.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use vmbroker_core::{ErrorKind, Secret};
use vmbroker_http::{Answer, Dialect, Header, Nature, Refusal, Request, kind_of_status};

use crate::Auth;

/// What Fluence's own codes mean: the `ErrorCode` of its later services, which the older ones lack.
const CODES: &[(&str, ErrorKind)] = &[
    ("unauthorized", ErrorKind::Unauthenticated),
    ("forbidden", ErrorKind::PermissionDenied),
    ("conflict", ErrorKind::Conflict),
    ("insufficient_balance", ErrorKind::InsufficientFunds),
    ("service_unavailable", ErrorKind::Unavailable),
    ("internal_server_error", ErrorKind::Unavailable),
];

/// What Fluence's sentences mean in a 4xx, by a part of them in lower case. Without codes they are all there is.
const SENTENCES: &[(&str, ErrorKind)] = &[
    ("no suitable offer found", ErrorKind::OutOfCapacity),
    ("not enough offers found", ErrorKind::OutOfCapacity),
    ("no such api key", ErrorKind::Unauthenticated),
    ("api key token found", ErrorKind::Unauthenticated),
    ("insufficient balance", ErrorKind::InsufficientFunds),
    ("insufficient funds", ErrorKind::InsufficientFunds),
    ("not enough balance", ErrorKind::InsufficientFunds),
    ("quota", ErrorKind::QuotaExceeded),
    ("too many requests", ErrorKind::RateLimited),
];

/// What a sentence means in a delete's 4xx. How an ended or unknown machine is answered is not documented.
const SENTENCES_OF_DELETE: &[(&str, ErrorKind)] = &[
    ("already", ErrorKind::Conflict),
    ("being deleted", ErrorKind::Conflict),
    ("not found", ErrorKind::NotFound),
    ("unknown vm", ErrorKind::NotFound),
];

/// The names of the operations, as errors and traces show them.
pub(crate) mod operation {
    pub(crate) const CREATE: &str = "create";
    pub(crate) const DELETE: &str = "delete";
    pub(crate) const ESTIMATE: &str = "estimate";
    pub(crate) const HARDWARE: &str = "hardware";
    pub(crate) const IMAGES: &str = "images";
    pub(crate) const LIST: &str = "list";
    pub(crate) const OFFERS: &str = "offers";
    pub(crate) const STATUS: &str = "status";
}

/// Fluence's credentials and refusals.
pub(crate) struct FluenceDialect {
    pub(crate) auth: Auth,
    pub(crate) api_key: Secret,
}

impl fmt::Debug for FluenceDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FluenceDialect({:?})", self.auth)
    }
}

impl Dialect for FluenceDialect {
    fn authorise(&self, request: &mut Request, _now: Timestamp) {
        let key = self.api_key.expose();
        request.headers.push(match self.auth {
            Auth::Bearer => Header::secret("authorization", format!("Bearer {key}")),
            Auth::XApiKey => Header::secret("x-api-key", key),
        });
        request.headers.push(Header::new("accept", "application/json"));
    }

    fn refusal(&self, operation: &'static str, nature: Nature, answer: &Answer, _now: Timestamp) -> Refusal {
        classify(operation, nature, answer)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.api_key.clone()]
    }
}

/// The bodies met: `{"error"}`, `{"code","error"}`; anything else (plain text, HTML) is shown as it begins.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

fn classify(operation: &'static str, nature: Nature, answer: &Answer) -> Refusal {
    let body: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body.error.unwrap_or_else(|| answer.excerpt());
    let by_code = body.code.as_deref().and_then(|code| row(CODES, |known| known.eq_ignore_ascii_case(code)));
    let lower = message.to_ascii_lowercase();
    let known = |table| row(table, |part| lower.contains(part));
    let by_sentence = match answer.status {
        400..=499 if operation == operation::DELETE => {
            known(SENTENCES).or_else(|| known(SENTENCES_OF_DELETE))
        }
        400..=499 => known(SENTENCES),
        _ => None,
    };
    let kind = by_code.or(by_sentence).unwrap_or_else(|| by_status(operation, nature, answer.status));
    let mut refusal = Refusal::of_status(nature, answer, message);
    refusal.kind = kind;
    refusal.code = body.code;
    refusal.request_id = answer.header("x-request-id").map(str::to_owned);
    refusal
}

fn row(table: &[(&str, ErrorKind)], fits: impl Fn(&str) -> bool) -> Option<ErrorKind> {
    table.iter().find(|(key, _)| fits(key)).map(|(_, kind)| *kind)
}

/// What the status alone means here, where it is more than it is anywhere.
fn by_status(operation: &'static str, nature: Nature, status: u16) -> ErrorKind {
    match status {
        // Until 2026 an unknown key is a 403.
        403 => ErrorKind::Unauthenticated,
        // No path but delete names a machine: what is unknown is the path, so another contract is spoken there.
        404 | 405 | 410 if operation != operation::DELETE => ErrorKind::InvalidConfig,
        // Looking at offers asks with the wish itself, and so does an estimate.
        400..=499 if [operation::OFFERS, operation::ESTIMATE].contains(&operation) => {
            kind_of_status(Nature::Once, status)
        }
        _ => kind_of_status(nature, status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorKind as K;

    fn kind(operation: &'static str, nature: Nature, status: u16, body: &str) -> (K, Option<String>, String) {
        let answer = Answer { status, headers: Vec::new(), body: body.into() };
        let refusal = classify(operation, nature, &answer);
        (refusal.kind, refusal.code, refusal.message)
    }

    /// What a create's refusal means, by status and body.
    #[test]
    fn every_documented_refusal_of_a_create_has_its_kind() {
        let rows = [
            (422, r#"{"error":"No suitable offer found"}"#, K::OutOfCapacity),
            (422, r#"{"error":"Not enough offers found"}"#, K::OutOfCapacity),
            (422, r#"{"code":"unprocessable_entity","error":"bad port"}"#, K::IncompatibleOffer),
            (403, r#"{"error":"Auth failed. No such API Key"}"#, K::Unauthenticated),
            (403, r#"{"error":"something else"}"#, K::Unauthenticated),
            (403, r#"{"code":"forbidden","error":"scope"}"#, K::PermissionDenied),
            (401, r#"{"code":"unauthorized","error":"No Access/Api Key token found"}"#, K::Unauthenticated),
            (400, r#"{"error":"No Access/Api Key token found"}"#, K::Unauthenticated),
            (400, r#"{"code":"bad_request","error":"x"}"#, K::IncompatibleOffer),
            (406, r#"{"code":"not_acceptable","error":"x"}"#, K::IncompatibleOffer),
            (402, r#"{"code":"insufficient_balance","error":"x"}"#, K::InsufficientFunds),
            (402, r#"{"error":"top up"}"#, K::InsufficientFunds),
            (422, r#"{"error":"Insufficient balance to deploy"}"#, K::InsufficientFunds),
            (422, r#"{"error":"VM quota exceeded"}"#, K::QuotaExceeded),
            (404, r#"{"code":"not_found","error":"x"}"#, K::InvalidConfig),
            (409, r#"{"code":"conflict","error":"x"}"#, K::Conflict),
            (429, "Too Many Requests", K::RateLimited),
            (500, r#"{"error":"Internal server error"}"#, K::Unavailable),
            (500, r#"{"code":"internal_server_error","error":"x"}"#, K::Unavailable),
            (500, r#"{"error":"No suitable offer found"}"#, K::Unavailable),
            (503, r#"{"code":"service_unavailable","error":"x"}"#, K::Unavailable),
            (502, "<html><h1>Bad Gateway</h1></html>", K::Unavailable),
            (418, r#"{"error":"never heard of"}"#, K::IncompatibleOffer),
        ];
        for (status, body, wanted) in rows {
            assert_eq!(kind("create", Nature::Once, status, body).0, wanted, "{status} {body}");
        }
    }

    #[test]
    fn a_path_nobody_knows_is_the_wrong_contract_and_an_id_nobody_knows_is_not_found() {
        assert_eq!(kind("list", Nature::Read, 404, "not found").0, K::InvalidConfig);
        assert_eq!(kind("delete", Nature::Repeatable, 404, r#"{"error":"no such vm"}"#).0, K::NotFound);
        assert_eq!(
            kind("offers", Nature::Read, 422, r#"{"error":"bad constraints"}"#).0,
            K::IncompatibleOffer
        );
        assert_eq!(kind("offers", Nature::Read, 429, "").0, K::RateLimited);
        let none = r#"{"error":"Not enough offers found"}"#;
        assert_eq!(kind("estimate", Nature::Read, 422, none).0, K::OutOfCapacity);
        assert_eq!(kind("estimate", Nature::Read, 422, r#"{"error":"too large"}"#).0, K::IncompatibleOffer);
        assert_eq!(kind("estimate", Nature::Read, 404, "").0, K::InvalidConfig);
    }

    #[test]
    fn the_sentence_is_kept_in_every_body_shape() {
        let said = |body: &str| kind("list", Nature::Read, 500, body).2;
        assert_eq!(said(r#"{"error":"broken"}"#), "broken");
        assert_eq!(said("plain words"), "plain words");
        assert_eq!(said(r#"{"error":{"deep":1}}"#), r#"{"error":{"deep":1}}"#);
        assert!(said("<html>\u{1b}[31m").contains("\\u{1b}"));
        let (_, code, message) = kind("list", Nature::Read, 400, r#"{"code":"bad_request","error":"no"}"#);
        assert_eq!((code.as_deref(), message.as_str()), (Some("bad_request"), "no"));
    }
}
