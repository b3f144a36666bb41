//! What running a law comes to.

use std::fmt;

use vmbroker_core::Error;

/// What one run of a law comes to: kept, not applicable, or broken.
pub type Outcome = Result<Verdict, Violation>;

/// A law that was not broken: kept, or not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Everything the law asks was tried and held.
    Kept,
    /// Something the law asks could not be tried here; this is why.
    NotApplicable(String),
}

/// A broken law: which one, what it asks, and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The name of the law's function.
    pub law: &'static str,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law `{}` is broken: expected {}, but saw {}", self.law, self.expected, self.seen)
    }
}

impl std::error::Error for Violation {}

/// Judges in the name of one law.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge {
    law: &'static str,
}

impl Judge {
    pub(crate) fn of(law: &'static str) -> Self {
        Self { law }
    }

    pub(crate) fn broken(self, expected: impl Into<String>, seen: impl Into<String>) -> Violation {
        Violation { law: self.law, expected: expected.into(), seen: seen.into() }
    }

    pub(crate) fn that(
        self,
        holds: bool,
        expected: impl Into<String>,
        seen: impl fmt::Display,
    ) -> Result<(), Violation> {
        if holds { Ok(()) } else { Err(self.broken(expected, seen.to_string())) }
    }

    /// The value of a call that has no reason to fail.
    pub(crate) fn ok<T>(self, result: Result<T, Error>, call: &str) -> Result<T, Violation> {
        result.map_err(|error| self.broken(format!("{call} to succeed"), shown(&error)))
    }

    /// The error of a call that must fail.
    pub(crate) fn err<T: fmt::Debug>(self, result: Result<T, Error>, call: &str) -> Result<Error, Violation> {
        match result {
            Ok(value) => {
                let value = vmbroker_core::clip(&format!("{value:?}"), 300);
                Err(self.broken(format!("{call} to fail"), format!("success: {value}")))
            }
            Err(error) => Ok(error),
        }
    }
}

/// An error with all three axes, in one line.
pub(crate) fn shown(error: &Error) -> String {
    format!("{error} (effect {:?}, retry {:?})", error.effect(), error.retry())
}

pub(crate) fn not_applicable(why: impl Into<String>) -> Outcome {
    Ok(Verdict::NotApplicable(why.into()))
}

pub(crate) const KEPT: Outcome = Ok(Verdict::Kept);
