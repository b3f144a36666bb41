//! The environment and the file system, as the program was given them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where the program runs.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub env: BTreeMap<String, OsString>,
    pub folder: PathBuf,
}

impl Place {
    /// A variable that is set to something. What is no UTF-8 counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.env.get(name)?.to_str().filter(|value| !value.trim().is_empty()).map(str::to_owned)
    }

    /// A path as the user means it: `~/` is the home folder, what is relative starts at `base`.
    pub(crate) fn resolve(&self, base: &Path, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), self.home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => base.join(path),
        }
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.folder_in("HOME")
    }

    /// The folder for configuration of this user.
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.folder_in("XDG_CONFIG_HOME").or_else(|| Some(self.home()?.join(".config")))
    }

    /// The folder for what this user's programs remember.
    pub(crate) fn state_home(&self) -> Option<PathBuf> {
        self.folder_in("XDG_STATE_HOME").or_else(|| Some(self.home()?.join(".local/state")))
    }

    /// The folder for what this user's programs can fetch again.
    pub(crate) fn cache_home(&self) -> Option<PathBuf> {
        self.folder_in("XDG_CACHE_HOME").or_else(|| Some(self.home()?.join(".cache")))
    }

    /// The XDG rules: what is empty or relative is ignored.
    fn folder_in(&self, variable: &str) -> Option<PathBuf> {
        self.env.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

/// A text file of limited size.
pub(crate) fn read_text(path: &Path, most_bytes: u64) -> Result<String, std::io::Error> {
    read_open(std::fs::File::open(path)?, most_bytes)
}

/// The same of a file that is open already.
pub(crate) fn read_open(file: std::fs::File, most_bytes: u64) -> Result<String, std::io::Error> {
    use std::io::{Error, Read};
    if file.metadata()?.is_dir() {
        return Err(Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    let read = file.take(most_bytes + 1).read_to_end(&mut bytes)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most_bytes {
        return Err(Error::other(format!("it is larger than {most_bytes} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| Error::other("it is not UTF-8 text"))
}

impl Place {
    /// A text file that the user named.
    pub(crate) fn user_file(&self, what: &str, path: &Path, most_bytes: u64) -> Result<String, Failure> {
        let resolved = self.resolve(&self.folder, path);
        read_text(&resolved, most_bytes).map_err(|error| {
            Failure::usage(format!("{what} `{}` cannot be read", path.display())).because(error)
        })
    }
}
