//! A journal that ends with the program.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{Inner, SqliteJournal, Writer, blocking, failure, schema};
use crate::Result;

impl SqliteJournal {
    /// A journal in memory, for machines that end with the program too: those of simulated clouds inside it. What it
    /// holds is lost with its last clone. `now` is noted as the time of making.
    ///
    /// # Errors
    /// `Io` where there is no memory.
    pub async fn in_memory(now: Timestamp) -> Result<Self> {
        blocking(move || {
            let file = PathBuf::from("in memory");
            let made = |error| failure::of(&file, "opened", error);
            let connection = Connection::open_in_memory().map_err(made)?;
            schema::distrust(&connection).map_err(made)?;
            schema::make(&connection, now).map_err(made)?;
            let connection = Mutex::new(connection);
            Ok(Self(Arc::new(Inner { file, connection, probe: None, writer: Some(Writer::Alone) })))
        })
        .await
    }
}
