//! Folders and files that nobody but their owner may touch.
//!
//! A folder is used by its real path, so that what its name leads to cannot change between two steps; a link to a
//! folder of the same owner is as good as the folder. A file is never reached through a link: it is made where nothing
//! is, or opened and judged by what was opened.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{error, fmt};

use rustix::fs::OFlags;

/// Why a folder or a file is not used.
#[derive(Debug)]
pub enum Refused {
    /// Others may touch it, it belongs to somebody else, or it is something else. The sentence begins with its path and
    /// says what to do.
    Exposed(String),
    /// The operating system failed to make, find or open it.
    Io(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exposed(sentence) => f.write_str(sentence),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl error::Error for Refused {}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Makes the folder, and those above it, with mode 0700 where it is not there. Returns its real path.
///
/// # Errors
/// `Exposed` where other users may change what is in it, or it belongs to one of them; `Io` where it cannot be made.
///
/// # Idempotency
/// A folder that is there is checked and left as it is.
pub fn make_folder(folder: &Path) -> Result<PathBuf, Refused> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    checked(folder)
}

/// The real path of the folder; absent where there is none.
///
/// # Errors
/// As [`make_folder`].
pub fn find_folder(folder: &Path) -> Result<Option<PathBuf>, Refused> {
    match checked(folder) {
        Ok(real) => Ok(Some(real)),
        Err(Refused::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(refused) => Err(refused),
    }
}

fn checked(folder: &Path) -> Result<PathBuf, Refused> {
    let real = fs::canonicalize(folder)?;
    let (found, shown) = (fs::metadata(&real)?, real.display());
    if !found.is_dir() {
        return Err(Refused::Exposed(format!("`{shown}` must be a folder")));
    }
    if is_foreign(&found) {
        return Err(Refused::Exposed(format!(
            "`{shown}` belongs to another user: name a folder of your own, or run this as that user"
        )));
    }
    if found.mode() & 0o022 != 0 {
        return Err(Refused::Exposed(format!(
            "`{shown}` may be changed by other users: `chmod 700 {shown}`"
        )));
    }
    Ok(real)
}

/// Makes an empty file with mode 0600 and opens it for writing; absent where something has that name already.
///
/// # Errors
/// `Io` where it cannot be made.
pub fn make(file: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(made) => Ok(Some(made)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a file that is there, for reading, or for writing as well; absent where there is none.
///
/// # Errors
/// `Exposed` where it is a link or no plain file, belongs to another user, or others may read it; `Io` where it cannot
/// be opened.
pub fn open(file: &Path, writing: bool) -> Result<Option<File>, Refused> {
    // A pipe would wait for its other end: whatever was opened is judged first.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = OpenOptions::new().read(true).write(writing).custom_flags(flags.cast_signed()).open(file);
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // What is no plain file fails in many ways, each of which says less than the reason.
        Err(error) => match is_there(file) {
            Ok(_) => return Err(error.into()),
            Err(refused) => return Err(refused),
        },
    };
    match complaint(&opened.metadata()?, file) {
        None => Ok(Some(opened)),
        Some(sentence) => Err(Refused::Exposed(sentence)),
    }
}

/// A file that is there for its lock alone. Dropping it ends the lock, also while a program that another thread has
/// just started still has the file open.
#[derive(Debug)]
pub struct LockFile(File);

impl LockFile {
    /// Opens the file, or makes it with mode 0600.
    ///
    /// # Errors
    /// As [`open`]; `Io` also where it cannot be made.
    pub fn open(path: &Path) -> Result<Self, Refused> {
        let file = match make(path)? {
            Some(made) => Some(made),
            None => open(path, true)?,
        };
        // Who removed it a moment ago may try again.
        file.map(Self).ok_or_else(|| io::Error::from(ErrorKind::NotFound).into())
    }

    /// Takes its lock, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` where another has it, in this process or another; `Error` where there is no locking it.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.0.try_lock()
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Where this fails, closing the file does it.
        let _ = self.0.unlock();
    }
}

/// Whether the file is there, for what opens files by their path.
///
/// # Errors
/// As [`open`].
pub fn is_there(file: &Path) -> Result<bool, Refused> {
    let found = match fs::symlink_metadata(file) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    match complaint(&found, file) {
        None => Ok(true),
        Some(sentence) => Err(Refused::Exposed(sentence)),
    }
}

fn complaint(found: &Metadata, file: &Path) -> Option<String> {
    let file = file.display();
    if !found.is_file() {
        return Some(format!("`{file}` must be a plain file, no link and no folder: move it away"));
    }
    if is_foreign(found) {
        return Some(format!("`{file}` belongs to another user: move it away, or run this as that user"));
    }
    if found.mode() & 0o077 != 0 {
        return Some(format!("`{file}` may be read by other users: `chmod 600 {file}`"));
    }
    None
}

fn is_foreign(found: &Metadata) -> bool {
    found.uid() != rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_ends_though_a_program_just_started_still_has_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a.lock");
        let lock = LockFile::open(&path).unwrap();
        lock.try_lock().unwrap();
        let of_the_program = lock.0.try_clone().unwrap();
        let next = LockFile::open(&path).unwrap();
        assert!(matches!(next.try_lock(), Err(TryLockError::WouldBlock)));
        drop(lock);
        next.try_lock().unwrap();
        drop(of_the_program);
    }
}
