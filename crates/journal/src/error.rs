//! What can be wrong with a journal.

use std::error::Error as StdError;
use std::fmt;

/// What every call of a journal answers.
pub type Result<T, E = JournalError> = std::result::Result<T, E>;

/// What is wrong, one kind for each thing that a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JournalErrorKind {
    /// Another process writes it. Wait for it, or stop it; reading goes on.
    InUse,
    /// The file is no journal of vmbroker. It is left alone.
    Foreign,
    /// The file was written by a newer vmbroker. It is left alone.
    Newer,
    /// The file is damaged. Machines are found by their markers all the same.
    Damaged,
    /// The file or its folder is open to other users, is a symbolic link, or belongs to somebody else.
    Exposed,
    /// There is no room left for it.
    Full,
    /// It may not be written.
    ReadOnly,
    /// The operating system failed to read or write it.
    Io,
    /// A row was changed by somebody else since it was read. Nothing was written.
    Conflict,
    /// What was asked for is not in it.
    Missing,
}

/// Why the journal could not be read or written. After a failed commit nothing of it is in the journal, unless the
/// message says otherwise.
#[derive(Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl JournalError {
    /// A failure of this kind, with a sentence that names the file and what to do.
    #[must_use]
    pub fn new(kind: JournalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same failure with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for JournalError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
