//! The folder, the files and the lock.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::{JournalError, JournalErrorKind, Result};

/// Makes the folder with mode 0700 where it is not there, and refuses one that others may change.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| io_failure(folder, "folder", error))?;
    let found = fs::metadata(folder).map_err(|error| io_failure(folder, "folder", error))?;
    if found.mode() & 0o022 != 0 {
        let folder = folder.display();
        let message =
            format!("the journal's folder `{folder}` may be changed by other users: `chmod 700 {folder}`");
        return Err(JournalError::new(JournalErrorKind::Exposed, message));
    }
    Ok(())
}

/// Makes an empty file with mode 0600 where there is none, and refuses one that others may read or that is no file.
pub(crate) fn make(file: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => is_there(file).map(|_| ()),
        Err(error) => Err(io_failure(file, "file", error)),
    }
}

/// Whether the file is there, and fit to be a journal.
pub(crate) fn is_there(file: &Path) -> Result<bool> {
    let found = match fs::symlink_metadata(file) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io_failure(file, "file", error)),
    };
    let folder = file.parent().and_then(|folder| fs::metadata(folder).ok());
    match complaint(&found, folder.as_ref(), &file.display().to_string()) {
        None => Ok(true),
        Some(message) => Err(JournalError::new(JournalErrorKind::Exposed, message)),
    }
}

fn complaint(found: &Metadata, folder: Option<&Metadata>, file: &str) -> Option<String> {
    if !found.is_file() {
        return Some(format!(
            "the journal `{file}` must be a plain file, no link and no folder: move it away"
        ));
    }
    if folder.is_some_and(|folder| folder.uid() != found.uid()) {
        return Some(format!("the journal `{file}` belongs to another user than its folder"));
    }
    if found.mode() & 0o077 != 0 {
        return Some(format!("the journal `{file}` may be read by other users: `chmod 600 {file}`"));
    }
    None
}

/// The lock of the one writer, held as long as the file it answers lives.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let file = folder.join("journal.lock");
    make(&file)?;
    let lock =
        OpenOptions::new().write(true).open(&file).map_err(|error| io_failure(&file, "lock", error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message = format!(
                "another vmbroker is writing the journal (`{}` is locked): wait until it is done, or stop it; commands \
                 that only read work meanwhile",
                file.display()
            );
            Err(JournalError::new(JournalErrorKind::InUse, message))
        }
        Err(TryLockError::Error(error)) => Err(io_failure(&file, "lock", error)),
    }
}

fn io_failure(path: &Path, what: &str, error: io::Error) -> JournalError {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => JournalErrorKind::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => JournalErrorKind::ReadOnly,
        _ => JournalErrorKind::Io,
    };
    let message = format!("the journal's {what} `{}` cannot be made or opened", path.display());
    JournalError::new(kind, message).with_source(error)
}
