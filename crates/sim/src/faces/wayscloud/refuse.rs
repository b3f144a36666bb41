//! Refusals, in the six shapes of body that a Waldur has.

use serde_json::{Value, json};

use crate::{Answer, Refusal};

/// `{"detail":"…"}`.
pub(super) fn detail(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "detail": text }))
}

/// `{"field":["…"]}` with 400.
pub(super) fn field(name: &str, text: &str) -> Answer {
    Answer::json(400, &json!({ name: [text] }))
}

/// `{"non_field_errors":["…"]}` with 400.
pub(super) fn non_field(text: &str) -> Answer {
    field("non_field_errors", text)
}

/// Several fields at once, or nested ones, with 400.
pub(super) fn fields(errors: serde_json::Map<String, Value>) -> Answer {
    Answer::json(400, &Value::Object(errors))
}

/// 401, which always names the scheme.
pub(super) fn unauthorised(text: &str) -> Answer {
    detail(401, text).with_header("www-authenticate", "Token")
}

pub(super) fn not_found(what: &str) -> Answer {
    detail(404, &format!("No {what} matches the given query."))
}

pub(super) fn not_allowed(method: &str) -> Answer {
    detail(405, &format!("Method \"{method}\" not allowed."))
}

/// A page of HTML: unknown paths and every internal error.
pub(super) fn page(status: u16) -> Answer {
    let title = match status {
        404 => "Not Found",
        503 => "503 Service Unavailable",
        _ => "Server Error (500)",
    };
    let body = format!(
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  \
         <h1>{title}</h1><p></p>\n</body>\n</html>\n"
    );
    Answer { body: body.into_bytes(), content_type: "text/html; charset=utf-8", ..Answer::empty(status) }
}

/// The refusal of an operation.
pub(super) fn refusal(refusal: Refusal) -> Answer {
    match refusal {
        // A real one accepts the order and lets it fail later with this text; `FaultKind::FailLater` does that.
        Refusal::SoldOut => non_field("No valid host was found. There are not enough hosts available."),
        Refusal::Quota => non_field("One or more quotas were exceeded: vcpu quota limit: 20, requires 22"),
        // No document names a refusal for want of money; 402 is what the status is for.
        Refusal::Funds => detail(402, "The organization has insufficient funds."),
        Refusal::Credentials => unauthorised("Invalid token."),
        Refusal::Permission => detail(403, "You do not have permission to perform this action."),
        Refusal::Incompatible => field("image", "Invalid hyperlink - Object does not exist."),
        Refusal::Internal => page(500),
        Refusal::Unavailable => page(503),
    }
}
