//! What went wrong, said once, and with which exit code the program ends.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::ops::{Deref, DerefMut};

use serde::Serialize;
use vmbroker::deploy::DeployError;
use vmbroker::journal::{JournalError, JournalErrorKind};
use vmbroker::{Effect, Error, ErrorKind, Retry, clip, printable};

/// The exit code where all went well.
pub(crate) const OK: u8 = 0;
/// The exit code where a provider failed, or what was wanted did not come true.
pub(crate) const FAILED: u8 = 1;
/// The exit code where the command line is wrong.
pub(crate) const USAGE: u8 = 2;
/// The exit code where the configuration is wrong.
pub(crate) const CONFIGURATION: u8 = 3;

/// What went wrong: one sentence, its causes, and what to do about it. One word in memory.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Failure(Box<Words>);

/// What a failure says. These are also its keys in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Words {
    /// The exit code.
    pub exit_code: u8,
    /// `usage`, `configuration`, or the kind of the provider's error.
    pub kind: &'static str,
    /// The sentence.
    pub message: String,
    /// What caused it, nearest first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The account it happened at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The operation that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<&'static str>,
    /// The provider's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether it may have changed anything at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Whether the same call may succeed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, "usage", message)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(CONFIGURATION, "configuration", message)
    }

    /// A failure that is neither the user's nor the configuration's.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(FAILED, "failed", message)
    }

    fn new(exit_code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Words {
            exit_code,
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            provider: None,
            operation: None,
            code: None,
            request_id: None,
            effect: None,
            retry: None,
        }))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// As text for a person: the error with its causes, then hints after an empty line.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("error: {}\n", line(&self.message));
        for cause in &self.causes {
            let _ = writeln!(text, "  caused by: {}", line(cause));
        }
        if !self.hints.is_empty() {
            text.push('\n');
        }
        for hint in &self.hints {
            let _ = writeln!(text, "hint: {}", line(hint));
        }
        text
    }
}

impl Deref for Failure {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Words {
        &mut self.0
    }
}

/// The most characters of a line of a failure. Our own have a few hundred, and a provider's are cut long before.
const LONGEST: usize = 4_000;

/// One line: a name in it that holds a line break cannot begin another.
fn line(text: &str) -> String {
    clip(&printable(&clip(text, LONGEST)), LONGEST)
}

impl Failure {
    /// A provider's error, as it is said on the command line.
    pub(crate) fn of(error: &Error) -> Self {
        let (exit_code, kind) = match error.kind() {
            ErrorKind::InvalidRequest => (USAGE, "invalid_request"),
            ErrorKind::InvalidConfig => (CONFIGURATION, "invalid_config"),
            kind => (FAILED, word(kind)),
        };
        let mut failure = Self::new(exit_code, kind, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure.provider = error.provider().map(ToString::to_string);
        failure.operation = error.operation();
        failure.code = error.code().map(str::to_owned);
        failure.request_id = error.request_id().map(str::to_owned);
        failure.effect = Some(error.effect());
        failure.retry = Some(error.retry());
        // What every operating system says of a port where nobody listens.
        if failure.message.to_lowercase().contains("connection refused") {
            return failure.hint(
                "nothing listens at this account's address; simulated clouds do while `vmbroker sandbox` runs",
            );
        }
        failure
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let mut failure = Self::new(FAILED, journal_word(error.kind()), error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }
}

impl From<DeployError> for Failure {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Wish(error) => Self::of(&error),
            DeployError::Journal(error) => error.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

/// What is wrong with the journal, as programs read it.
fn journal_word(kind: JournalErrorKind) -> &'static str {
    match kind {
        JournalErrorKind::InUse => "journal_in_use",
        JournalErrorKind::Foreign => "journal_foreign",
        JournalErrorKind::Newer => "journal_newer",
        JournalErrorKind::Damaged => "journal_damaged",
        JournalErrorKind::Exposed => "journal_exposed",
        JournalErrorKind::Full => "journal_full",
        JournalErrorKind::ReadOnly => "journal_read_only",
        JournalErrorKind::Io => "journal_io",
        JournalErrorKind::Conflict => "journal_conflict",
        JournalErrorKind::Missing => "journal_missing",
    }
}

/// The kind as programs read it.
fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OutOfCapacity => "out_of_capacity",
        ErrorKind::QuotaExceeded => "quota_exceeded",
        ErrorKind::InsufficientFunds => "insufficient_funds",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::PermissionDenied => "permission_denied",
        ErrorKind::InvalidConfig => "invalid_config",
        ErrorKind::IncompatibleOffer => "incompatible_offer",
        ErrorKind::InvalidRequest => "invalid_request",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Protocol => "protocol",
        ErrorKind::DeadlineExceeded => "deadline_exceeded",
        ErrorKind::MachineFailed => "machine_failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_word_that_json_has() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), word(kind));
        }
    }

    #[test]
    fn an_error_is_said_once_with_its_causes_and_its_hints_come_last() {
        let error = Error::new(ErrorKind::Unavailable, "it is down")
            .at(&"zen".parse().unwrap(), "list")
            .with_source(std::io::Error::other("no \u{1b}[31mroute"));
        let failure = Failure::from(error).hint("wait");
        assert_eq!(failure.exit_code, FAILED);
        assert_eq!(
            failure.text(),
            "error: zen list: unavailable: it is down\n  caused by: no \\u{1b}[31mroute\n\nhint: wait\n"
        );
    }
}
