//! The envelope: what every answer looks like.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Answer;

/// What an action gives: the fields of its response, or its refusal.
pub(super) type Outcome = Result<Map<String, Value>, Refused>;

pub(super) const MISSING: &str = "MISSING_PARAMETER";
pub(super) const BAD_TYPE: &str = "INVALID_PARAMETER_TYPE";
pub(super) const BAD_VALUE: &str = "INVALID_PARAMETER_VALUE";
pub(super) const BAD_PATTERN: &str = "INVALID_PARAMETER_PATTERN_ERROR";
pub(super) const TOO_LARGE: &str = "INVALID_PARAMETER_EXCEED_MAXIMUM";
pub(super) const TOO_SMALL: &str = "INVALID_PARAMETER_LESS_MINIMUM";
pub(super) const TOO_LONG: &str = "INVALID_PARAMETER_EXCEED_LENGTH";
pub(super) const TOO_SHORT: &str = "INVALID_PARAMETER_LESS_LENGTH";
pub(super) const BAD_AUTHORIZATION: &str = "AUTHFAILURE_INVALID_AUTHORIZATION";
pub(super) const BAD_SIGNATURE: &str = "AUTHFAILURE_SIGNATURE_FAILURE";
pub(super) const EXPIRED: &str = "AUTHFAILURE_SIGNATURE_EXPIRED";
pub(super) const UNAUTHORIZED: &str = "AUTHFAILURE_UNAUTHORIZED_OPERATION";
pub(super) const SOLD_OUT: &str = "RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT";
pub(super) const QUOTA: &str = "OPERATION_DENIED_INSTANCE_QUOTA_EXCEED";
/// Misspelt on the wire.
pub(super) const NETWORK_BILLING: &str = "OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT";

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Something that a parameter names does not exist.
    pub(super) fn unknown(code: &'static str, parameter: &str, value: &str) -> Self {
        Self::new(404, code, format!("The specified {parameter} `{value}` is not found"))
    }

    /// It on the wire.
    pub(super) fn answer(self) -> Answer {
        let body = json!({"requestId": request_id(), "code": self.code, "message": self.message});
        Answer::json(self.status, &body)
    }
}

/// A success: the id of the request stands both outside and inside.
pub(super) fn success(mut fields: Map<String, Value>) -> Answer {
    let id = request_id();
    fields.insert("requestId".to_owned(), id.clone().into());
    Answer::json(200, &json!({"requestId": id, "response": fields}))
}

/// These fields, as an object.
pub(super) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A time as the wire writes it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as the `Date` header writes it.
pub(super) fn http_date(at: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
}

/// Random, and not from the seed: else the number of polls would change the ids of machines.
fn request_id() -> String {
    format!("T{}", Uuid::new_v4().hyphenated().to_string().to_uppercase())
}
