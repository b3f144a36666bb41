//! Rows back to nouns. What does not read is damage, and said so.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{Connection, Params, Row};
use rust_decimal::Decimal;
use vmbroker_core::{Marker, Money, OfferId, ProviderId};

use super::failure;
use super::schema::LOGIN_OF;
use crate::{
    AttemptRow, BlockRow, DeploymentRow, EventRow, HandleRow, IntentRow, JournalError, JournalErrorKind,
    LegRow, LookRow, Record, SightingRow,
};

/// Why rows cannot be read.
#[derive(Debug)]
pub(crate) enum Unread {
    Sqlite(rusqlite::Error),
    /// A value that no version of ours writes: the column, and what stands in it.
    Value(&'static str),
}

/// What a question of this room answers.
pub(crate) type Read<T> = Result<T, Unread>;

impl Unread {
    pub(crate) fn at(self, file: &Path) -> JournalError {
        match self {
            Self::Sqlite(error) => failure::of(file, "read", error),
            Self::Value(column) => {
                let message = failure::damaged(&file.display().to_string());
                let detail = format!("a value of `{column}` cannot be read");
                JournalError::new(JournalErrorKind::Damaged, message).with_source(detail)
            }
        }
    }
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Read<T>,
) -> Read<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

const DEPLOYMENT: &str = "SELECT name, file_hash, created_at, version, state, body FROM deployments";

fn deployment(row: &Row<'_>) -> Read<DeploymentRow> {
    Ok(DeploymentRow {
        name: row.get(0)?,
        file_hash: row.get(1)?,
        created_at: time(row, 2)?,
        version: version(row, 3)?,
        state: row.get(4)?,
        body: row.get(5)?,
    })
}

pub(crate) fn deployments(connection: &Connection) -> Read<Vec<DeploymentRow>> {
    all(connection, &format!("{DEPLOYMENT} ORDER BY name"), [], deployment)
}

pub(crate) fn record(connection: &Connection, name: &str) -> Read<Option<Record>> {
    // One transaction, so that a writer beside us is seen at one moment only.
    let transaction = connection.unchecked_transaction()?;
    let found = all(&transaction, &format!("{DEPLOYMENT} WHERE name = $1"), [name], deployment)?;
    let Some(deployment) = found.into_iter().next() else { return Ok(None) };
    let sql =
        "SELECT deployment, number, version, state, body FROM intents WHERE deployment = $1 ORDER BY number";
    let intents = all(&transaction, sql, [name], |row| {
        Ok(IntentRow {
            deployment: row.get(0)?,
            number: count(row, 1)?,
            version: version(row, 2)?,
            state: row.get(3)?,
            body: row.get(4)?,
        })
    })?;
    let legs = legs(&transaction, Some(name))?;
    Ok(Some(Record { deployment, intents, legs }))
}

pub(crate) fn legs(connection: &Connection, deployment: Option<&str>) -> Read<Vec<LegRow>> {
    let sql = "SELECT marker, deployment, intent, number, account, offer, location, price_limit,
        price_limit_currency, reserved, reserved_currency, state, since, unresolved, live, version, body
      FROM legs WHERE $1 IS NULL OR deployment = $1 ORDER BY deployment, intent, number";
    all(connection, sql, [deployment], |row| {
        let limit: Option<String> = row.get(7)?;
        let price_limit = match limit {
            Some(amount) => Some(money(&amount, &row.get::<_, String>(8)?)?),
            None => None,
        };
        Ok(LegRow {
            marker: word(row, 0, "marker")?,
            deployment: row.get(1)?,
            intent: count(row, 2)?,
            number: count(row, 3)?,
            account: word(row, 4, "account")?,
            offer: OfferId(row.get(5)?),
            location: row.get(6)?,
            price_limit,
            reserved: money(&row.get::<_, String>(9)?, &row.get::<_, String>(10)?)?,
            state: row.get(11)?,
            since: time(row, 12)?,
            unresolved: row.get(13)?,
            live: row.get(14)?,
            version: version(row, 15)?,
            body: row.get(16)?,
        })
    })
}

pub(crate) fn attempts(connection: &Connection, leg: Marker) -> Read<Vec<AttemptRow>> {
    let sql = "SELECT leg, number, sent_at, ended_at, outcome FROM attempts WHERE leg = $1 ORDER BY number";
    all(connection, sql, [leg.as_str()], |row| {
        Ok(AttemptRow {
            leg: word(row, 0, "leg")?,
            number: count(row, 1)?,
            sent_at: time(row, 2)?,
            ended_at: maybe_time(row, 3)?,
            outcome: row.get(4)?,
        })
    })
}

pub(crate) fn handles(connection: &Connection) -> Read<Vec<HandleRow>> {
    let sql = "SELECT leg, number, handle, live FROM handles ORDER BY leg, number";
    all(connection, sql, [], |row| {
        let text: String = row.get(2)?;
        Ok(HandleRow {
            leg: word(row, 0, "leg")?,
            number: count(row, 1)?,
            handle: serde_json::from_str(&text).map_err(|_| Unread::Value("handle"))?,
            live: row.get(3)?,
        })
    })
}

pub(crate) fn events(connection: &Connection, deployment: &str, after: u64) -> Read<Vec<EventRow>> {
    let sql = "SELECT number, deployment, at, intent, leg, kind, body FROM events
      WHERE deployment = $1 AND number > $2 ORDER BY number";
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    all(connection, sql, rusqlite::params![deployment, after], |row| {
        let intent: Option<i64> = row.get(3)?;
        Ok(EventRow {
            number: version(row, 0)?,
            deployment: row.get(1)?,
            at: time(row, 2)?,
            intent: intent.map(u32::try_from).transpose().map_err(|_| Unread::Value("intent"))?,
            leg: maybe_word(row, 4, "leg")?,
            kind: row.get(5)?,
            body: row.get(6)?,
        })
    })
}

pub(crate) fn blocks(connection: &Connection, now: Timestamp) -> Read<Vec<BlockRow>> {
    let sql = "SELECT account, offer, location, until, kind, why FROM blocks WHERE until > $1
      ORDER BY account, offer, location";
    all(connection, sql, [now.as_microsecond()], |row| {
        let some =
            |at: usize| row.get::<_, String>(at).map(|text| Some(text).filter(|text| !text.is_empty()));
        Ok(BlockRow {
            account: word(row, 0, "account")?,
            offer: some(1)?.map(OfferId),
            location: some(2)?,
            until: time(row, 3)?,
            kind: row.get(4)?,
            why: row.get(5)?,
        })
    })
}

pub(crate) fn looks(connection: &Connection) -> Read<Vec<LookRow>> {
    let sql = "SELECT leg, deployment, account, due_at, until FROM looks ORDER BY due_at, leg";
    all(connection, sql, [], |row| {
        Ok(LookRow {
            leg: word(row, 0, "leg")?,
            deployment: row.get(1)?,
            account: word(row, 2, "account")?,
            due_at: time(row, 3)?,
            until: maybe_time(row, 4)?,
        })
    })
}

pub(crate) fn sightings(connection: &Connection) -> Read<Vec<SightingRow>> {
    let sql = "SELECT account, machine, marker, first_at, last_at FROM sightings ORDER BY account, machine";
    all(connection, sql, [], |row| {
        Ok(SightingRow {
            account: word(row, 0, "account")?,
            machine: row.get(1)?,
            marker: maybe_word(row, 2, "marker")?,
            first_at: time(row, 3)?,
            last_at: time(row, 4)?,
        })
    })
}

pub(crate) fn logins(connection: &Connection) -> Read<BTreeMap<ProviderId, String>> {
    let sql =
        "SELECT substr(name, length($1) + 1), value FROM journal WHERE substr(name, 1, length($1)) = $1";
    let rows = all(connection, sql, [LOGIN_OF], |row| Ok((word(row, 0, "login")?, row.get(1)?)))?;
    Ok(rows.into_iter().collect())
}

pub(crate) fn made_at(connection: &Connection) -> Read<Timestamp> {
    let sql = "SELECT value FROM journal WHERE name = 'made_at'";
    let text: String = connection.query_row(sql, [], |row| row.get(0))?;
    let micros = text.parse().map_err(|_| Unread::Value("made_at"))?;
    Timestamp::from_microsecond(micros).map_err(|_| Unread::Value("made_at"))
}

fn word<T: FromStr>(row: &Row<'_>, at: usize, column: &'static str) -> Read<T> {
    row.get::<_, String>(at)?.parse().map_err(|_| Unread::Value(column))
}

fn maybe_word<T: FromStr>(row: &Row<'_>, at: usize, column: &'static str) -> Read<Option<T>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| text.parse().map_err(|_| Unread::Value(column))).transpose()
}

fn time(row: &Row<'_>, at: usize) -> Read<Timestamp> {
    Timestamp::from_microsecond(row.get(at)?).map_err(|_| Unread::Value("time"))
}

fn maybe_time(row: &Row<'_>, at: usize) -> Read<Option<Timestamp>> {
    let micros: Option<i64> = row.get(at)?;
    micros.map(|micros| Timestamp::from_microsecond(micros).map_err(|_| Unread::Value("time"))).transpose()
}

fn count(row: &Row<'_>, at: usize) -> Read<u32> {
    u32::try_from(row.get::<_, i64>(at)?).map_err(|_| Unread::Value("number"))
}

fn version(row: &Row<'_>, at: usize) -> Read<u64> {
    u64::try_from(row.get::<_, i64>(at)?).map_err(|_| Unread::Value("version"))
}

fn money(amount: &str, currency: &str) -> Read<Money> {
    let amount: Decimal = amount.parse().map_err(|_| Unread::Value("amount"))?;
    let currency = currency.parse().map_err(|_| Unread::Value("currency"))?;
    Ok(Money::new(amount, currency))
}
