//! SQLite's errors as sentences about the journal.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::{JournalError, JournalErrorKind};

/// What SQLite could not do with this file: `opened`, `read`, `written`.
pub(crate) fn of(file: &Path, what: &str, error: rusqlite::Error) -> JournalError {
    let kind = kind_of(&error);
    let file = file.display();
    let message = match kind {
        JournalErrorKind::Full => {
            format!("the journal `{file}` cannot be {what}: the disk is full; make room, then run this again")
        }
        JournalErrorKind::ReadOnly => {
            format!("the journal `{file}` cannot be {what}: it may not be written by this user")
        }
        JournalErrorKind::InUse => {
            format!(
                "the journal `{file}` cannot be {what}: another process holds it; run this again when it is done"
            )
        }
        JournalErrorKind::Foreign => foreign(&file.to_string()),
        JournalErrorKind::Damaged => damaged(&file.to_string()),
        JournalErrorKind::Newer
        | JournalErrorKind::Exposed
        | JournalErrorKind::Io
        | JournalErrorKind::Conflict
        | JournalErrorKind::Missing => format!("the journal `{file}` cannot be {what}"),
    };
    JournalError::new(kind, message).with_source(error)
}

pub(crate) fn foreign(file: &str) -> String {
    format!(
        "`{file}` is not a journal of vmbroker: it is left as it is; move it away, or name another folder"
    )
}

pub(crate) fn damaged(file: &str) -> String {
    format!(
        "the journal `{file}` is damaged: nothing was sent; move it away and keep it, then let `vmbroker sweep` find \
         the machines by their markers"
    )
}

fn kind_of(error: &rusqlite::Error) -> JournalErrorKind {
    let rusqlite::Error::SqliteFailure(inner, _) = error else { return JournalErrorKind::Damaged };
    match inner.code {
        ErrorCode::DiskFull => JournalErrorKind::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            JournalErrorKind::ReadOnly
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            JournalErrorKind::InUse
        }
        ErrorCode::NotADatabase => JournalErrorKind::Foreign,
        ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch | ErrorCode::SchemaChanged => {
            JournalErrorKind::Damaged
        }
        ErrorCode::ConstraintViolation => JournalErrorKind::Conflict,
        // Whatever else it is, it is the operating system's or a mistake of ours.
        _ => JournalErrorKind::Io,
    }
}
