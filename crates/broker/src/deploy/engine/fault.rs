//! A failed call as a value that can be written down.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vmbroker_core::{Effect, Error, ErrorKind, Retry};

/// A failed call: kind, what it may have changed, whether to try again, and its sentence.
///
/// The sentence is one line, fit for a terminal, and was cleaned of secrets where it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether it may have changed anything.
    pub effect: Effect,
    /// Whether the same call may succeed later.
    pub retry: Retry,
    /// The sentence, with the provider's code where there is one.
    pub message: String,
}

/// How much of a provider's text is kept.
const LONGEST: usize = 500;

impl Fault {
    /// A failure of this kind that changed nothing.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, effect: Effect::None, retry: Retry::Never, message: message.into() }
    }

    /// A create of which nobody knows what became.
    #[must_use]
    pub fn unclear(message: impl Into<String>) -> Self {
        Self { effect: Effect::Unknown, ..Self::new(ErrorKind::Unavailable, message) }
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        let code = error.code().map(|code| format!(" [{code}]")).unwrap_or_default();
        let message = vmbroker_core::printable(&format!("{}{code}", error.message()));
        Self {
            kind: error.kind(),
            effect: error.effect(),
            retry: error.retry(),
            message: vmbroker_core::clip(&message, LONGEST),
        }
    }
}

impl From<&Fault> for Error {
    fn from(fault: &Fault) -> Self {
        Self::new(fault.kind, fault.message.clone()).with_effect(fault.effect).with_retry(fault.retry)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// How long a failed call asks to wait; zero where it does not say. Clipped: a provider does not stop us for a day.
pub(crate) fn told_to_wait(retry: Retry) -> Duration {
    match retry {
        Retry::After(delay) => delay.min(Duration::from_secs(600)),
        Retry::Never | Retry::Backoff => Duration::ZERO,
    }
}
