//! One error for every provider, on three axes: what kind, what it may have changed, whether to try again.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ProviderId;

/// What every fallible call of vmbroker answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: one kind for each way a caller reacts differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The offer is sold out at this place. Reaction: another offer.
    OutOfCapacity,
    /// The account may not hold more. Reaction: another place or account.
    QuotaExceeded,
    /// The account cannot pay. Reaction: another account.
    InsufficientFunds,
    /// The credentials are missing, wrong or expired. Reaction: another account, and say so.
    Unauthenticated,
    /// The credentials are known and not allowed to do this. Reaction: another account, and say so.
    PermissionDenied,
    /// The account's configuration cannot work. Reaction: another account, and say so.
    InvalidConfig,
    /// A valid wish that this provider cannot meet (image not in zone, no ports, …). Reaction: another offer.
    IncompatibleOffer,
    /// The wish itself is wrong, found by our own checks before any call. Reaction: stop.
    InvalidRequest,
    /// Too many calls. Reaction: wait as told; blocks nothing.
    RateLimited,
    /// The provider did not answer usefully. Reaction: back off, then another.
    Unavailable,
    /// The provider does not know this thing.
    NotFound,
    /// The thing is in a state that does not allow this now. Reaction: look, then repeat.
    Conflict,
    /// This provider has no such operation.
    Unsupported,
    /// The answer broke the documented wire.
    Protocol,
    /// Our own deadline passed; what was asked for may still come true.
    DeadlineExceeded,
    /// The machine ended in a state from which it will not start. It may still be billed: delete it.
    MachineFailed,
}

impl ErrorKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 16] = [
        Self::OutOfCapacity,
        Self::QuotaExceeded,
        Self::InsufficientFunds,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::InvalidConfig,
        Self::IncompatibleOffer,
        Self::InvalidRequest,
        Self::RateLimited,
        Self::Unavailable,
        Self::NotFound,
        Self::Conflict,
        Self::Unsupported,
        Self::Protocol,
        Self::DeadlineExceeded,
        Self::MachineFailed,
    ];

    /// The kind as words for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::OutOfCapacity => "out of capacity",
            Self::QuotaExceeded => "quota exceeded",
            Self::InsufficientFunds => "insufficient funds",
            Self::Unauthenticated => "not authenticated",
            Self::PermissionDenied => "permission denied",
            Self::InvalidConfig => "invalid configuration",
            Self::IncompatibleOffer => "incompatible offer",
            Self::InvalidRequest => "invalid request",
            Self::RateLimited => "rate limited",
            Self::Unavailable => "unavailable",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Unsupported => "unsupported",
            Self::Protocol => "unexpected answer",
            Self::DeadlineExceeded => "deadline exceeded",
            Self::MachineFailed => "machine failed",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Whether the failed call may have changed anything at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing changed: the same call may be made again.
    None,
    /// It may have worked. After a create: look for the marker before anything else.
    Unknown,
}

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same call fails again.
    Never,
    /// Later, at the caller's own pace.
    Backoff,
    /// Not before this long from now.
    After(Duration),
}

/// A failed call: what kind, what it may have changed, whether to try again, and what the provider said.
///
/// `Display` is one line for a person and never repeats the [source](StdError::source).
/// Provider text inside it is already clipped and stripped of control characters.
/// A clone shares the source: one failed call may be told to everybody who waited for it.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    effect: Effect,
    retry: Retry,
    message: String,
    provider: Option<ProviderId>,
    operation: Option<&'static str>,
    code: Option<String>,
    request_id: Option<String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure that changed nothing and that the same call would meet again.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            effect: Effect::None,
            retry: Retry::Never,
            message: message.into(),
            provider: None,
            operation: None,
            code: None,
            request_id: None,
            source: None,
        }))
    }

    /// A wish that our own checks refuse before any call: names the field, what was given and what is allowed.
    #[must_use]
    pub fn invalid(field: &str, given: impl fmt::Display, allowed: impl fmt::Display) -> Self {
        let given = crate::clip(&crate::printable(&given.to_string()), 80);
        Self::new(ErrorKind::InvalidRequest, format!("`{field}` is `{given}`, but {allowed}"))
    }

    /// The same error with this effect.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    /// The same error with this retry.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The same error, naming where it happened.
    #[must_use]
    pub fn at(mut self, provider: &ProviderId, operation: &'static str) -> Self {
        self.0.provider = Some(provider.clone());
        self.0.operation = Some(operation);
        self
    }

    /// The same error with the provider's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// The same error with the provider's id of the failed request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = Some(request_id.into());
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether it may have changed anything.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.0.effect
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The sentence for a person, without kind, provider and operation.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The account at which it happened; absent for failures before any provider was involved.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// The operation that failed, such as `create`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The provider's own error code; absent where it gave none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The provider's id of the failed request; absent where it gave none.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(provider) = &inner.provider {
            write!(f, "{provider}")?;
            if let Some(operation) = inner.operation {
                write!(f, " {operation}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}: {}", inner.kind, inner.message)?;
        if let Some(code) = &inner.code {
            write!(f, " [{code}]")?;
        }
        if let Some(id) = &inner.request_id {
            write!(f, " (request {id})")?;
        }
        if inner.effect == Effect::Unknown {
            f.write_str("; it may have worked all the same")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_says_where_what_and_what_may_have_changed_and_not_the_source() {
        let provider: ProviderId = "fluence".parse().unwrap();
        let error = Error::new(ErrorKind::Unavailable, "the answer was cut short")
            .at(&provider, "create")
            .with_code("E1")
            .with_request_id("T1")
            .with_effect(Effect::Unknown)
            .with_source(std::io::Error::other("inner detail"));
        assert_eq!(
            error.to_string(),
            "fluence create: unavailable: the answer was cut short [E1] (request T1); it may have worked all the same"
        );
        assert_eq!(error.source().unwrap().to_string(), "inner detail");
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }
}
