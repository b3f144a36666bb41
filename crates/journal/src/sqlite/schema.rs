//! The tables, and whether a file is a whole journal of ours.
//!
//! Types that PostgreSQL has too: TEXT, BIGINT. Money is decimal text, a time is microseconds since 1970, a flag is
//! 0 or 1.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::failure;
use crate::{JournalError, JournalErrorKind, Result};

/// "vmbj", so that `file` and other programs can tell a journal.
const APPLICATION: i64 = 0x766d_626a;
/// The layout that this version writes.
const VERSION: i64 = 1;

/// Before an account's name, the name under which `journal` has its login.
pub(crate) const LOGIN_OF: &str = "login of ";

const TABLES: &str = "
CREATE TABLE journal (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE deployments (
  name TEXT NOT NULL PRIMARY KEY, file_hash TEXT NOT NULL, created_at BIGINT NOT NULL, version BIGINT NOT NULL,
  state TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE intents (
  deployment TEXT NOT NULL REFERENCES deployments (name), number BIGINT NOT NULL, version BIGINT NOT NULL,
  state TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (deployment, number));
CREATE TABLE legs (
  marker TEXT NOT NULL PRIMARY KEY, deployment TEXT NOT NULL, intent BIGINT NOT NULL, number BIGINT NOT NULL,
  account TEXT NOT NULL, offer TEXT NOT NULL, location TEXT NOT NULL,
  price_limit TEXT, price_limit_currency TEXT, reserved TEXT NOT NULL, reserved_currency TEXT NOT NULL,
  state TEXT NOT NULL, since BIGINT NOT NULL, unresolved BIGINT NOT NULL, live BIGINT NOT NULL,
  version BIGINT NOT NULL, body TEXT NOT NULL,
  UNIQUE (deployment, intent, number), FOREIGN KEY (deployment, intent) REFERENCES intents (deployment, number));
CREATE TABLE attempts (
  leg TEXT NOT NULL REFERENCES legs (marker), number BIGINT NOT NULL, sent_at BIGINT NOT NULL, ended_at BIGINT,
  outcome TEXT, PRIMARY KEY (leg, number));
CREATE TABLE handles (
  leg TEXT NOT NULL REFERENCES legs (marker), number BIGINT NOT NULL, handle TEXT NOT NULL, live BIGINT NOT NULL,
  PRIMARY KEY (leg, number));
CREATE TABLE blocks (
  account TEXT NOT NULL, offer TEXT NOT NULL, location TEXT NOT NULL, until BIGINT NOT NULL, kind TEXT NOT NULL,
  why TEXT NOT NULL, PRIMARY KEY (account, offer, location));
CREATE TABLE looks (
  leg TEXT NOT NULL PRIMARY KEY REFERENCES legs (marker), deployment TEXT NOT NULL, account TEXT NOT NULL,
  due_at BIGINT NOT NULL, until BIGINT);
CREATE TABLE sightings (
  account TEXT NOT NULL, machine TEXT NOT NULL, marker TEXT, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
  PRIMARY KEY (account, machine));
CREATE TABLE events (
  number INTEGER NOT NULL PRIMARY KEY, deployment TEXT NOT NULL, at BIGINT NOT NULL, intent BIGINT, leg TEXT,
  kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX events_of_deployment ON events (deployment, number);
";

/// Whether nothing was ever written to the file.
pub(crate) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    Ok(pages == 0)
}

/// Does not let the file's own content run anything, and notices broken cells early.
pub(crate) fn distrust(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Writes the tables and what the file is, all or nothing.
pub(crate) fn make(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch(TABLES)?;
    let made_at = now.as_microsecond().to_string();
    connection.execute("INSERT INTO journal (name, value) VALUES ('made_at', $1)", params![made_at])?;
    transaction.commit()
}

/// Whether this is a journal of ours, of a layout that we know.
pub(crate) fn check_kind(connection: &Connection, file: &Path) -> Result<()> {
    let read = |name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| failure::of(file, "opened", error))
    };
    if read("application_id")? != APPLICATION {
        let message = failure::foreign(&file.display().to_string());
        return Err(JournalError::new(JournalErrorKind::Foreign, message));
    }
    let version = read("user_version")?;
    if version > VERSION {
        let message = format!(
            "the journal `{}` has layout {version}, and this vmbroker knows layouts up to {VERSION}: use the newer \
             vmbroker that wrote it",
            file.display()
        );
        return Err(JournalError::new(JournalErrorKind::Newer, message));
    }
    if version != VERSION {
        let message = failure::damaged(&file.display().to_string());
        return Err(JournalError::new(JournalErrorKind::Damaged, message));
    }
    Ok(())
}

/// Whether the file hangs together.
pub(crate) fn check_whole(connection: &Connection, file: &Path) -> Result<()> {
    let damaged = |detail: String| {
        let message = failure::damaged(&file.display().to_string());
        JournalError::new(JournalErrorKind::Damaged, message).with_source(detail)
    };
    let said: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| failure::of(file, "read", error))?;
    if said != "ok" {
        return Err(damaged(said));
    }
    let tables = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
        let mut query = connection
            .prepare("SELECT name || ' ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1")?;
        query.query_map([], |row| row.get(0))?.collect()
    };
    let ours = || -> rusqlite::Result<Vec<String>> {
        let model = Connection::open_in_memory()?;
        model.execute_batch(TABLES)?;
        tables(&model)
    };
    let wanted = ours().map_err(|error| failure::of(file, "read", error))?;
    if tables(connection).map_err(|error| failure::of(file, "read", error))? != wanted {
        return Err(damaged("its tables are not ours".to_owned()));
    }
    Ok(())
}

/// Commits from here on are on the disk when they return: set, and read back.
pub(crate) fn make_durable(connection: &Connection, file: &Path) -> Result<()> {
    let failed = |error| failure::of(file, "opened", error);
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "fullfsync", true).map_err(failed)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true).map_err(failed)?;
    let level: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" || level != 2 {
        let message = format!(
            "the journal `{}` cannot be made durable (mode {mode}, level {level}): put it on a local disk",
            file.display()
        );
        return Err(JournalError::new(JournalErrorKind::Io, message));
    }
    Ok(())
}
