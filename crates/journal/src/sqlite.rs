//! The journal as an SQLite file.

mod failure;
mod files;
mod memory;
mod read;
mod schema;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use vmbroker_core::{Marker, ProviderId};

use crate::private::LockFile;
use crate::{
    AttemptRow, Batch, BlockRow, DeploymentRow, EventRow, HandleRow, Journal, JournalError, JournalErrorKind,
    LegRow, LookRow, Point, Probe, Record, Result, Side, SightingRow,
};

/// How long a call waits for a lock of another connection: a checkpoint or a reader's last page, never a writer's
/// transaction, of which there is one at a time.
const BUSY: Duration = Duration::from_secs(5);

/// The journal as an SQLite file, `journal.sqlite` in a folder.
///
/// Write-ahead log, `synchronous = FULL`: a commit is on the disk when it returns. Every call runs on a blocking
/// thread. The folder has mode 0700 and the files 0600, and all belong to who runs this; the folder may be a link to
/// one, and a file never is. A clone is the same journal.
#[derive(Clone, Debug)]
pub struct SqliteJournal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    connection: Mutex<Connection>,
    probe: Option<Probe>,
    /// What lets this journal write; absent for readers.
    writer: Option<Writer>,
}

/// What lets a journal write.
#[derive(Debug)]
enum Writer {
    /// The lock of the one writer, held as long as this lives.
    Lock(#[expect(dead_code, reason = "it is held, never read")] LockFile),
    /// Nobody else can reach it.
    Alone,
}

impl SqliteJournal {
    /// The name of the file in its folder.
    pub const FILE: &'static str = "journal.sqlite";

    /// Opens the journal in this folder for writing, and makes both where they are not there. `now` is noted as
    /// the time of making. The probe is called at every commit; absent: none.
    ///
    /// # Errors
    /// `InUse` where another process writes it; `Exposed` where others may read or change it, or own it; `Foreign`, `Newer`
    /// and `Damaged` where its content cannot be trusted; `Full`, `ReadOnly` and `Io` where it cannot be written.
    pub async fn open(folder: &Path, now: Timestamp, probe: Option<Probe>) -> Result<Self> {
        let folder = folder.to_owned();
        blocking(move || {
            let folder = files::make_folder(&folder)?;
            let writer = files::lock(&folder)?;
            let file = folder.join(Self::FILE);
            files::make(&file)?;
            let connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            let made = |error| failure::of(&file, "opened", error);
            if schema::is_empty(&connection).map_err(made)? {
                // Before the first table, so that a program that dies here leaves a file that is empty or whole.
                schema::make(&connection, now).map_err(made)?;
            }
            check(&connection, &file)?;
            schema::make_durable(&connection, &file)?;
            Ok(Self(Arc::new(Inner {
                file,
                connection: Mutex::new(connection),
                probe,
                writer: Some(Writer::Lock(writer)),
            })))
        })
        .await
    }

    /// Opens the journal in this folder for reading, beside whoever writes it; absent where there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open), but never `InUse`. Commits through it fail with `ReadOnly`.
    pub async fn read_only(folder: &Path) -> Result<Option<Self>> {
        let folder = folder.to_owned();
        blocking(move || {
            let Some(folder) = files::find_folder(&folder)? else { return Ok(None) };
            let file = folder.join(Self::FILE);
            if !files::is_there(&file)? {
                return Ok(None);
            }
            let connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            if schema::is_empty(&connection).map_err(|error| failure::of(&file, "opened", error))? {
                return Ok(None);
            }
            check(&connection, &file)?;
            let inner = Inner { file, connection: Mutex::new(connection), probe: None, writer: None };
            Ok(Some(Self(Arc::new(inner))))
        })
        .await
    }

    /// Where it is.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> read::Read<T> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.0);
        blocking(move || {
            let connection = inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
            question(&connection).map_err(|error| error.at(&inner.file))
        })
        .await
    }
}

impl Inner {
    fn commit(&self, point: &'static str, batch: &Batch) -> Result<()> {
        if self.writer.is_none() {
            let message = format!("the journal `{}` was opened for reading only", self.file.display());
            return Err(JournalError::new(JournalErrorKind::ReadOnly, message));
        }
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        self.probe(point, Side::Before)?;
        write::commit(&mut connection, &self.file, batch)?;
        self.probe(point, Side::After)
    }

    fn probe(&self, name: &'static str, side: Side) -> Result<()> {
        let Some(probe) = &self.probe else { return Ok(()) };
        probe.call(Point { name, side }).map_err(|error| {
            let message = format!("the journal `{}` cannot be written", self.file.display());
            JournalError::new(JournalErrorKind::Io, message).with_source(error)
        })
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn commit(&self, point: &'static str, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let inner = Arc::clone(&self.0);
        blocking(move || inner.commit(point, &batch)).await
    }

    async fn deployments(&self) -> Result<Vec<DeploymentRow>> {
        self.read(read::deployments).await
    }

    async fn deployment(&self, name: &str) -> Result<Option<Record>> {
        let name = name.to_owned();
        self.read(move |connection| read::record(connection, &name)).await
    }

    async fn legs(&self) -> Result<Vec<LegRow>> {
        self.read(|connection| read::legs(connection, None)).await
    }

    async fn attempts(&self, leg: Marker) -> Result<Vec<AttemptRow>> {
        self.read(move |connection| read::attempts(connection, leg)).await
    }

    async fn handles(&self) -> Result<Vec<HandleRow>> {
        self.read(read::handles).await
    }

    async fn events(&self, deployment: &str, after: u64) -> Result<Vec<EventRow>> {
        let name = deployment.to_owned();
        self.read(move |connection| read::events(connection, &name, after)).await
    }

    async fn blocks(&self, now: Timestamp) -> Result<Vec<BlockRow>> {
        self.read(move |connection| read::blocks(connection, now)).await
    }

    async fn looks(&self) -> Result<Vec<LookRow>> {
        self.read(read::looks).await
    }

    async fn sightings(&self) -> Result<Vec<SightingRow>> {
        self.read(read::sightings).await
    }

    async fn logins(&self) -> Result<BTreeMap<ProviderId, String>> {
        self.read(read::logins).await
    }

    async fn made_at(&self) -> Result<Timestamp> {
        self.read(read::made_at).await
    }
}

/// Runs this on a thread that may block. Where the runtime is going down, nothing was done or all of it was.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        let message = "the journal's thread ended before it answered";
        Err(JournalError::new(JournalErrorKind::Io, message).with_source(error))
    })
}

fn connect(file: &Path, how: OpenFlags) -> Result<Connection> {
    let flags = how | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let made = |error| failure::of(file, "opened", error);
    let connection = Connection::open_with_flags(file, flags).map_err(made)?;
    connection.busy_timeout(BUSY).map_err(made)?;
    schema::distrust(&connection).map_err(made)?;
    Ok(connection)
}

/// Whether this is a whole journal of ours.
fn check(connection: &Connection, file: &Path) -> Result<()> {
    schema::check_kind(connection, file)?;
    schema::check_whole(connection, file)
}

#[cfg(test)]
mod tests;
