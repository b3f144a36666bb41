//! Why a deployment could not go on.

use std::error::Error as StdError;
use std::fmt;

use vmbroker_core::Error;
use vmbroker_journal::JournalError;

/// Why a deployment could not go on. Failures of single machines are no such thing: they stand in the
/// [`Report`](super::Report).
#[derive(Debug)]
pub enum DeployError {
    /// The wish makes no sense, nothing of the kind is there, or something else is at it.
    Wish(Error),
    /// The journal cannot be read or written. Nothing is sent after that.
    Journal(JournalError),
}

impl From<JournalError> for DeployError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl fmt::Display for DeployError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wish(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl StdError for DeployError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Wish(error) => error.source(),
            Self::Journal(error) => error.source(),
        }
    }
}
