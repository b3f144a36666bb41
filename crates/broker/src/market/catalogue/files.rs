//! What outlives the process: for each account a file of its last observations and one of its price history.
//!
//! A file is a line that says what it is, and a line of JSON. It is replaced as a whole, by a rename, so that a reader
//! sees the old one or the new one. What cannot be read is set aside under another name and never fails a question. What
//! others may have written is not read at all: it would say what is cheap.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vmbroker_core::{ProviderId, clip, printable};
use vmbroker_journal::private::{self, LockFile, Refused};

/// The version of the files. A reader takes no other: a cache is cheaper to fill again than to translate.
const VERSION: u32 = 1;
/// The longest file that is read: a hundred thousand offers take 50 MB.
const LONGEST: u64 = 1 << 30;

/// The first line of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    vmbroker: String,
    version: u32,
    account: String,
    sha256: String,
}

/// One of an account's files.
#[derive(Clone, Debug)]
pub(super) struct CacheFile {
    folder: PathBuf,
    /// What it holds: `offers` or `history`.
    holds: &'static str,
    account: ProviderId,
}

/// Why a file was not used.
#[derive(Debug)]
enum Unusable {
    /// There is none.
    Absent,
    /// It cannot or must not be read at all, and is left where it is.
    Closed(Refused),
    /// It was read, and is not what it should be.
    Wrong(String),
}

impl CacheFile {
    pub(super) fn new(folder: &Path, holds: &'static str, account: &ProviderId) -> Self {
        Self { folder: folder.to_owned(), holds, account: account.clone() }
    }

    /// An account's name is of `[a-z0-9-]`: no text of a provider is ever a part of a path.
    fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}-{}.json", self.holds, self.account))
    }

    fn path(&self) -> PathBuf {
        self.path_in(&self.folder)
    }

    /// What it holds; absent where there is no such file, or none that can be used: then the note says why.
    pub(super) fn read<T: DeserializeOwned>(&self) -> (Option<T>, Option<String>) {
        let why = match self.contents() {
            Ok(value) => return (Some(value), None),
            Err(Unusable::Absent) => return (None, None),
            Err(Unusable::Closed(error)) => format!("cannot be read: {error}"),
            Err(Unusable::Wrong(why)) => {
                let aside = self.path().with_extension("set-aside");
                match fs::rename(self.path(), &aside) {
                    Ok(()) => format!("{why}; it was set aside as {}", shown(&aside)),
                    Err(error) => format!("{why}, and cannot be set aside: {error}"),
                }
            }
        };
        (None, Some(format!("the {} kept in {} are not used: it {why}", self.holds, shown(&self.path()))))
    }

    fn contents<T: DeserializeOwned>(&self) -> Result<T, Unusable> {
        let folder = private::find_folder(&self.folder).map_err(Unusable::Closed)?;
        let path = self.path_in(&folder.ok_or(Unusable::Absent)?);
        let file = private::open(&path, false).map_err(Unusable::Closed)?.ok_or(Unusable::Absent)?;
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| Unusable::Closed(error.into()))?;
        let wrong = |why: &str| Unusable::Wrong(why.to_owned());
        if bytes.len() as u64 > LONGEST {
            return Err(wrong("is too long"));
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| wrong("is none of ours"))?;
        let (first, body) = bytes.split_at(end);
        let header: Header = serde_json::from_slice(first).map_err(|_| wrong("is none of ours"))?;
        if header.version != VERSION {
            return Err(Unusable::Wrong(format!("has version {}, not {VERSION}", header.version)));
        }
        if header.vmbroker != self.holds {
            return Err(wrong("holds something else"));
        }
        if header.account != self.account.as_str() {
            let account = clip(&printable(&header.account), 40);
            return Err(Unusable::Wrong(format!("is of the account `{account}`")));
        }
        if header.sha256 != checksum(body) {
            return Err(wrong("is damaged"));
        }
        // What is wrong with it is said in its own words.
        serde_json::from_slice(body).map_err(|error| {
            let why = clip(&printable(&error.to_string()), 200);
            Unusable::Wrong(format!("cannot be understood: {why}"))
        })
    }

    /// Replaces what it holds.
    ///
    /// # Idempotency
    /// The same value twice is the same file.
    pub(super) fn write<T: Serialize>(&self, value: &T) -> Result<(), String> {
        let body = serde_json::to_vec(value).map_err(|error| io::Error::other(error).into());
        body.and_then(|body| self.replace(&body)).map_err(|error| {
            format!("the {} could not be kept in {}: {error}", self.holds, shown(&self.path()))
        })
    }

    fn replace(&self, body: &[u8]) -> Result<(), Refused> {
        let folder = private::make_folder(&self.folder)?;
        let mut body = [b"\n", body].concat();
        body.push(b'\n');
        let header = Header {
            vmbroker: self.holds.to_owned(),
            version: VERSION,
            account: self.account.to_string(),
            sha256: checksum(&body),
        };
        // Made where nothing is, with mode 0600; a link that has the file's name is replaced and never followed.
        let mut file = tempfile::Builder::new().prefix(".vmbroker-").tempfile_in(&folder)?;
        file.write_all(&serde_json::to_vec(&header).map_err(io::Error::other)?)?;
        file.write_all(&body)?;
        file.persist(self.path_in(&folder)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Held while a file is read, changed and written again; absent while another process does that.
    pub(super) fn lock(&self) -> Result<Option<LockFile>, Refused> {
        let path = self.path_in(&private::make_folder(&self.folder)?).with_extension("lock");
        let file = LockFile::open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            // A file system without locks: two writers at once may lose one change, which the next look finds again.
            Err(fs::TryLockError::Error(_)) => Ok(Some(file)),
        }
    }
}

fn checksum(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

#[cfg(test)]
mod tests;
