//! The folder, the files and the lock.

use std::fs::TryLockError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::private::{self, LockFile, Refused};
use crate::{JournalError, JournalErrorKind, Result};

/// What SQLite keeps beside the journal while it is open.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Makes the folder with mode 0700 where it is not there, and refuses one that others may change. Returns its real path.
pub(crate) fn make_folder(folder: &Path) -> Result<PathBuf> {
    private::make_folder(folder).map_err(|refused| failure(folder, "folder", refused))
}

/// The folder's real path; absent where there is none.
pub(crate) fn find_folder(folder: &Path) -> Result<Option<PathBuf>> {
    private::find_folder(folder).map_err(|refused| failure(folder, "folder", refused))
}

/// Makes an empty file with mode 0600 where there is none, and refuses one that others may read or that is no file.
pub(crate) fn make(file: &Path) -> Result<()> {
    match private::make(file) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => is_there(file).map(|_| ()),
        Err(error) => Err(failure(file, "file", error.into())),
    }
}

/// Whether the file is there, and fit to be a journal, with what SQLite keeps beside it.
pub(crate) fn is_there(file: &Path) -> Result<bool> {
    let there = |file: &Path| private::is_there(file).map_err(|refused| failure(file, "file", refused));
    for end in BESIDE {
        let mut beside = file.as_os_str().to_owned();
        beside.push(end);
        there(Path::new(&beside))?;
    }
    there(file)
}

/// The lock of the one writer, held as long as the file it answers lives.
pub(crate) fn lock(folder: &Path) -> Result<LockFile> {
    let file = folder.join("journal.lock");
    let refused = |refused| failure(&file, "lock", refused);
    let lock = LockFile::open(&file).map_err(refused)?;
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
        Err(TryLockError::Error(error)) => Err(refused(error.into())),
    }
}

fn failure(path: &Path, what: &str, refused: Refused) -> JournalError {
    let error = match refused {
        Refused::Exposed(sentence) => {
            let message = format!("the journal's {what} {sentence}");
            return JournalError::new(JournalErrorKind::Exposed, message);
        }
        Refused::Io(error) => error,
    };
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => JournalErrorKind::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => JournalErrorKind::ReadOnly,
        _ => JournalErrorKind::Io,
    };
    let message = format!("the journal's {what} `{}` cannot be made or opened", path.display());
    JournalError::new(kind, message).with_source(error)
}
