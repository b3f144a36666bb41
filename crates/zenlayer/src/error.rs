//! What the provider's refusals mean, and its credentials.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use vmbroker_core::{Error, ErrorKind, Secret};
use vmbroker_http::{Answer, Dialect, Nature, Refusal, Request, kind_of_status};

use crate::config::Credentials;
use crate::sign::Signer;
use crate::wire::Envelope;

/// The access key's clock differs from the provider's by more than five minutes.
const EXPIRED: &str = "AUTHFAILURE_SIGNATURE_EXPIRED";
/// The key may not do this, or the action does not exist.
pub(crate) const UNAUTHORISED: &str = "AUTHFAILURE_UNAUTHORIZED_OPERATION";
/// An end is refused because the machine is in the recycle bin already.
pub(crate) const RECYCLED: &[&str] =
    &["OPERATION_DENIED_INSTANCE_RECYCLED", "OPERATION_FAILED_FOR_RECYCLE_RESOURCE"];
/// A release is refused because the machine is not in the recycle bin.
pub(crate) const NOT_RECYCLED: &[&str] = &["OPERATION_DENIED_INSTANCE_NOT_RECYCLED"];
/// An end is refused because the machine is being built.
pub(crate) const BEING_BUILT: &[&str] =
    &["OPERATION_DENIED_INSTANCE_CREATING", "OPERATION_DENIED_INSTANCE_STATUS_INSTALLING"];

/// Every code of the documents with its kind. Whether the failed call may have changed anything is not said here.
///
/// The status does not follow the code's first word, and several causes have two codes: only the full code counts.
/// A code of a machine that is not there means, on a create, that something the wish names is not there.
#[rustfmt::skip]
pub(crate) const CODES: &[(&str, ErrorKind)] = &[
    // Common: …/api-introduction/instruction/commonerrorcode
    ("MISSING_PARAMETER", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_TYPE", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_EXCEED_MAXIMUM", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_LESS_MINIMUM", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_EXCEED_LENGTH", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_LESS_LENGTH", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_PATTERN_ERROR", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_DATE_FORMAT_ERROR", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_VALUE", ErrorKind::IncompatibleOffer),
    ("AUTHFAILURE_INVALID_AUTHORIZATION", ErrorKind::Unauthenticated),
    ("AUTHFAILURE_SIGNATURE_FAILURE", ErrorKind::Unauthenticated),
    (EXPIRED, ErrorKind::Unauthenticated),
    (UNAUTHORISED, ErrorKind::PermissionDenied),
    ("OPERATION_FAILED_FOR_RECYCLE_RESOURCE", ErrorKind::Conflict),
    ("OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("OPERATION_FAILED_RESOURCE_NOT_FOUND", ErrorKind::NotFound),
    ("REQUEST_LIMIT_EXCEEDED", ErrorKind::RateLimited),
    ("INTERNAL_SERVER_ERROR", ErrorKind::Unavailable),
    ("SERVICE_TEMPORARY_UNAVAILABLE", ErrorKind::Unavailable),
    ("REQUEST_TIMED_OUT", ErrorKind::Unavailable),
    ("INVALID_OPERATION_TIMEOUT", ErrorKind::Unavailable),
    // CreateInstances and its look-ups
    ("INVALID_ZONE_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("INVALID_INSTANCE_TYPE_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("IMAGE_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("INVALID_IMAGE_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("INVALID_PARTITION_IMAGE_NOT_SET", ErrorKind::IncompatibleOffer),
    ("INVALID_REGION_SECURITY_GROUP_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
    ("INVALID_SECURITY_GROUP_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("OPERATION_DENIED_IPV4_CIDR_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("OPERATION_DENIED_SUBNET_ZONE_MISMATCH", ErrorKind::IncompatibleOffer),
    ("INVALID_SUBNET_ZONE_MISMATCH", ErrorKind::IncompatibleOffer),
    ("INVALID_SUBNET_NOT_FOUND", ErrorKind::IncompatibleOffer),
    ("INVALID_SUBNET_PRIVATE_IP_INSUFFICIENT", ErrorKind::OutOfCapacity),
    ("INVALID_SYSTEM_DISK_SIZE", ErrorKind::IncompatibleOffer),
    ("INVALID_PASSWORD_MALFORMED", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_VALUE_PASSWORD_MALFORMED", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_INSTANCE_LOGIN_CONFLICT", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_SSH_KEY_DUPLICATE", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_NIC_NAME_CONFLICT", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_NIC_NAME_MALFORMED", ErrorKind::IncompatibleOffer),
    ("INVALID_BANDWIDTH_VALUE_EXCEED_MAXIMUM", ErrorKind::IncompatibleOffer),
    ("INVALID_PARAMETER_BANDWIDTH_EXCEED", ErrorKind::IncompatibleOffer),
    ("INVALID_INSTANCE_BANDWIDTH_ZONE_NO_SELL", ErrorKind::IncompatibleOffer),
    ("OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
    ("OPERATION_DENIED_INTERNET_CHARGE_TYPE_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
    ("OPERATION_DENIED_CHARGE_TYPE_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
    ("INVALID_CHARGE_TYPE_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
    ("RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT", ErrorKind::OutOfCapacity),
    ("RESOURCES_SOLDOUT_INSTANCE_TYPE", ErrorKind::OutOfCapacity),
    ("INVALID_INSTANCE_TYPE_ZONE_NO_SELL", ErrorKind::OutOfCapacity),
    ("INVALID_DISK_ZONE_NO_SELL", ErrorKind::OutOfCapacity),
    // Looking at and ending machines
    ("INVALID_INSTANCE_NOT_FOUND", ErrorKind::NotFound),
    ("OPERATION_DENIED_INSTANCE_RECYCLED", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_NOT_RECYCLED", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_CREATING", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_STATUS_INSTALLING", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_STATUS", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_NOT_STOPPED", ErrorKind::Conflict),
    ("OPERATION_DENIED_INSTANCE_NOT_RUNNING", ErrorKind::Conflict),
    // A prepaid machine, or one with a term that was promised, cannot be ended by asking.
    ("OPERATION_DENIED_INSTANCE_SUBSCRIPTION", ErrorKind::Unsupported),
    ("OPERATION_DENIED_POSTPAID_PROMISE", ErrorKind::Unsupported),
    ("OPERATION_DENIED_DOWNGRADE_NOT_EXIST", ErrorKind::Conflict),
    // ImportKeyPair
    ("INVALID_KEY_PAIR_ALGORITHM", ErrorKind::IncompatibleOffer),
    ("INVALID_KEY_PAIR_MALFORMED", ErrorKind::IncompatibleOffer),
    ("INVALID_PUBLIC_KEY_EXCEED_LIMIT", ErrorKind::IncompatibleOffer),
    ("INVALID_KEY_PAIR_EXCEED_LIMIT", ErrorKind::QuotaExceeded),
    ("INVALID_KEY_PAIR_NAME_EXIST", ErrorKind::Conflict),
];

/// What a part of an unknown code says.
const CODE_PARTS: &[(&str, ErrorKind)] = &[
    ("QUOTA", ErrorKind::QuotaExceeded),
    ("BALANCE", ErrorKind::InsufficientFunds),
    ("INSTANCE_NOT_FOUND", ErrorKind::NotFound),
];

/// Signed requests, and refusals with a code.
#[derive(Debug)]
pub(crate) struct Zc2Dialect {
    signer: Signer,
    secrets: Vec<Secret>,
}

impl Zc2Dialect {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        Self { signer: Signer::new(credentials.access.clone()), secrets: credentials.secrets() }
    }
}

impl Dialect for Zc2Dialect {
    fn authorise(&self, request: &mut Request, now: Timestamp) {
        self.signer.authorise(request, now);
    }

    fn refusal(&self, _operation: &'static str, nature: Nature, answer: &Answer, now: Timestamp) -> Refusal {
        // A page of the edge comes before any JSON: Cloudflare's challenge, or a block by law.
        if answer.header("cf-mitigated").is_some() {
            let mut refusal = Refusal::of_status(nature, answer, "the provider's edge took us for a robot");
            refusal.kind = ErrorKind::Unavailable;
            return refusal;
        }
        if answer.status == 451 {
            let sentence = "the provider's edge blocks this place for legal reasons";
            return Refusal::of_status(nature, answer, sentence);
        }
        let Ok(said) = serde_json::from_slice::<Envelope<IgnoredAny>>(&answer.body) else {
            return of_page(nature, answer);
        };
        let mut refusal = Refusal::of_status(nature, answer, said.message.unwrap_or_default());
        refusal.request_id = said.request_id;
        if let Some(code) = said.code {
            refusal.kind = kind(nature, answer.status, &code);
            refusal.before_work = answer.status == 429 && code == "REQUEST_LIMIT_EXCEEDED";
            if code == EXPIRED {
                refusal.send_again = self.signer.learn(answer, now);
            }
            refusal.code = Some(code);
        } else {
            refusal.kind = without_code(nature, answer.status);
        }
        refusal
    }

    fn secrets(&self) -> Vec<Secret> {
        self.secrets.clone()
    }
}

/// Whether the error carries one of these codes.
pub(crate) fn is_one_of(error: &Error, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}

/// The kind of a code, and by its status where the code is unknown.
fn kind(nature: Nature, status: u16, code: &str) -> ErrorKind {
    if status >= 500 {
        return kind_of_status(nature, status);
    }
    let row = CODES.iter().find(|(known, _)| *known == code);
    // No code is documented for a full account or an empty purse: an unknown one may say so in its name.
    let spoken = || CODE_PARTS.iter().find(|(part, _)| code.contains(part));
    // Something else that is not there must never read as a machine that is gone.
    match row.or_else(spoken).map_or_else(|| without_code(nature, status), |(_, kind)| *kind) {
        // What a create does not find is a part of the wish.
        ErrorKind::NotFound if nature == Nature::Once => ErrorKind::IncompatibleOffer,
        kind => kind,
    }
}

/// By the status alone. That a machine is not there is believed only of a code that says so: a 404 without one is
/// the answer of somebody in between.
fn without_code(nature: Nature, status: u16) -> ErrorKind {
    match kind_of_status(nature, status) {
        ErrorKind::NotFound => ErrorKind::Protocol,
        kind => kind,
    }
}

fn of_page(nature: Nature, answer: &Answer) -> Refusal {
    let mut refusal = Refusal::of_status(nature, answer, answer.excerpt());
    refusal.kind = without_code(nature, answer.status);
    refusal
}
