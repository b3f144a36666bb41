//! What an adapter adds to HTTP: credentials, and the meaning of refusals.

use std::fmt;

use jiff::Timestamp;
use vmbroker_core::{ErrorKind, Secret};

use crate::{Answer, Nature, Request};

/// What an adapter adds to HTTP.
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// Adds the credentials. Called anew for each try, with the time of that try.
    fn authorise(&self, request: &mut Request, now: Timestamp);

    /// What a complete answer that is no success means. Only classifies: effect and retry are not its business.
    fn refusal(&self, operation: &'static str, nature: Nature, answer: &Answer, now: Timestamp) -> Refusal;

    /// Every secret this dialect may send, so that an answer which repeats one is never shown.
    fn secrets(&self) -> Vec<Secret>;
}

/// What a refusal means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its kind.
    pub kind: ErrorKind,
    /// The provider's code; absent where it gave none.
    pub code: Option<String>,
    /// The provider's sentence.
    pub message: String,
    /// The provider's id of the request; absent where it gave none.
    pub request_id: Option<String>,
    /// Whether the document says that this refusal comes before any work, though its status alone would not
    /// tell (a 429 at Zenlayer).
    pub before_work: bool,
    /// Whether the dialect has just learnt something (the provider's clock) with which the same read would
    /// succeed: it is sent once more, at once. Ignored for [`Nature::Once`].
    pub send_again: bool,
}

impl Refusal {
    /// What the status alone tells.
    #[must_use]
    pub fn of_status(nature: Nature, answer: &Answer, message: impl Into<String>) -> Self {
        Self {
            kind: kind_of_status(nature, answer.status),
            code: None,
            message: message.into(),
            request_id: None,
            before_work: false,
            send_again: false,
        }
    }
}

/// The kind that an HTTP status has where the provider's code is unknown.
///
/// A refusal of a valid neutral wish to create is `IncompatibleOffer`: another provider may meet it.
#[must_use]
pub fn kind_of_status(nature: Nature, status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthenticated,
        402 => ErrorKind::InsufficientFunds,
        403 => ErrorKind::PermissionDenied,
        404 | 410 if nature != Nature::Once => ErrorKind::NotFound,
        405 | 501 => ErrorKind::Unsupported,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        408 | 425 | 451 | 500..=599 => ErrorKind::Unavailable,
        400..=499 if nature == Nature::Once => ErrorKind::IncompatibleOffer,
        _ => ErrorKind::Protocol,
    }
}
