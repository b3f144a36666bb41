//! One transaction.
//!
//! Parameters first stand in a statement in the order of their numbers: SQLite takes `$1` for a name and counts by
//! first use, PostgreSQL counts by number. So a key stands in its own `SET`, where it changes nothing.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, params};
use vmbroker_core::Money;

use super::failure;
use super::schema::LOGIN_OF;
use crate::{
    AttemptRow, Batch, BlockRow, Change, DeploymentRow, EventRow, HandleRow, IntentRow, JournalError,
    JournalErrorKind, LegRow, LookRow, Result, SightingRow,
};

/// Writes all changes or none.
pub(crate) fn commit(connection: &mut Connection, file: &Path, batch: &Batch) -> Result<()> {
    let failed = |error| failure::of(file, "written", error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    for change in batch.changes() {
        if let Some(lost) = apply(&transaction, change).map_err(failed)? {
            let message = format!("{lost} was changed by somebody else: nothing was written; run this again");
            return Err(JournalError::new(JournalErrorKind::Conflict, message));
        }
    }
    transaction.commit().map_err(failed)
}

/// The row that had another version, if so.
type Lost = Option<String>;

fn apply(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<Lost> {
    match change {
        Change::Deployment(row) => deployment(transaction, row),
        Change::Intent(row) => intent(transaction, row),
        Change::Leg(row) => leg(transaction, row),
        Change::Attempt(row) => attempt(transaction, row).map(|()| None),
        Change::Handle(row) => handle(transaction, row).map(|()| None),
        Change::Block(row) => block(transaction, row).map(|()| None),
        Change::Look(row) => look(transaction, row).map(|()| None),
        Change::LookDone(leg) => {
            transaction.prepare_cached("DELETE FROM looks WHERE leg = $1")?.execute([leg.as_str()])?;
            Ok(None)
        }
        Change::Sighting(row) => sighting(transaction, row).map(|()| None),
        Change::Login { account, login } => {
            let sql = "INSERT INTO journal (name, value) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            transaction.prepare_cached(sql)?.execute(params![format!("{LOGIN_OF}{account}"), login])?;
            Ok(None)
        }
        Change::Event(row) => event(transaction, row).map(|()| None),
    }
}

fn deployment(transaction: &Transaction<'_>, row: &DeploymentRow) -> rusqlite::Result<Lost> {
    let made = row.version == 1;
    let mut statement = transaction.prepare_cached(if made {
        "INSERT INTO deployments (name, file_hash, created_at, version, state, body)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE deployments SET name = $1, file_hash = $2, created_at = $3, version = $4, state = $5, body = $6
         WHERE name = $1 AND version = $4 - 1"
    })?;
    let values =
        params![row.name, row.file_hash, micros(row.created_at), number(row.version), row.state, row.body];
    one(&mut statement, values, || format!("the deployment `{}`", row.name))
}

fn intent(transaction: &Transaction<'_>, row: &IntentRow) -> rusqlite::Result<Lost> {
    let made = row.version == 1;
    let mut statement = transaction.prepare_cached(if made {
        "INSERT INTO intents (deployment, number, version, state, body) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING"
    } else {
        "UPDATE intents SET deployment = $1, number = $2, version = $3, state = $4, body = $5
         WHERE deployment = $1 AND number = $2 AND version = $3 - 1"
    })?;
    let values = params![row.deployment, row.number, number(row.version), row.state, row.body];
    one(&mut statement, values, || format!("machine {} of `{}`", row.number, row.deployment))
}

fn leg(transaction: &Transaction<'_>, row: &LegRow) -> rusqlite::Result<Lost> {
    let made = row.version == 1;
    let mut statement = transaction.prepare_cached(if made {
        "INSERT INTO legs (marker, deployment, intent, number, account, offer, location, price_limit,
           price_limit_currency, reserved, reserved_currency, state, since, unresolved, live, version, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT DO NOTHING"
    } else {
        "UPDATE legs SET marker = $1, deployment = $2, intent = $3, number = $4, account = $5, offer = $6, location = $7,
           price_limit = $8, price_limit_currency = $9, reserved = $10, reserved_currency = $11, state = $12,
           since = $13, unresolved = $14, live = $15, version = $16, body = $17
         WHERE marker = $1 AND version = $16 - 1"
    })?;
    let limit = row.price_limit;
    let values = params![
        row.marker.as_str(),
        row.deployment,
        row.intent,
        row.number,
        row.account.as_str(),
        row.offer.0,
        row.location,
        limit.map(amount),
        limit.map(|limit| limit.currency.code()),
        amount(row.reserved),
        row.reserved.currency.code(),
        row.state,
        micros(row.since),
        row.unresolved,
        row.live,
        number(row.version),
        row.body,
    ];
    one(&mut statement, values, || format!("the machine with marker `{}`", row.marker))
}

fn attempt(transaction: &Transaction<'_>, row: &AttemptRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO attempts (leg, number, sent_at, ended_at, outcome) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (leg, number) DO UPDATE SET sent_at = excluded.sent_at, ended_at = excluded.ended_at,
           outcome = excluded.outcome",
    )?;
    let ended = row.ended_at.map(micros);
    statement.execute(params![row.leg.as_str(), row.number, micros(row.sent_at), ended, row.outcome])?;
    Ok(())
}

fn handle(transaction: &Transaction<'_>, row: &HandleRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO handles (leg, number, handle, live) VALUES ($1, $2, $3, $4)
         ON CONFLICT (leg, number) DO UPDATE SET handle = excluded.handle, live = excluded.live",
    )?;
    let text = serde_json::to_string(&row.handle)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    statement.execute(params![row.leg.as_str(), row.number, text, row.live])?;
    Ok(())
}

fn block(transaction: &Transaction<'_>, row: &BlockRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO blocks (account, offer, location, until, kind, why) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account, offer, location) DO UPDATE SET until = excluded.until, kind = excluded.kind,
           why = excluded.why WHERE excluded.until > blocks.until",
    )?;
    // An empty word stands for any: NULL is never equal to itself, and the key needs that.
    let offer = row.offer.as_ref().map_or("", |offer| offer.0.as_str());
    let location = row.location.as_deref().unwrap_or_default();
    let values = params![row.account.as_str(), offer, location, micros(row.until), row.kind, row.why];
    statement.execute(values)?;
    Ok(())
}

fn look(transaction: &Transaction<'_>, row: &LookRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO looks (leg, deployment, account, due_at, until) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (leg) DO UPDATE SET due_at = excluded.due_at, until = excluded.until",
    )?;
    let until = row.until.map(micros);
    let values = params![row.leg.as_str(), row.deployment, row.account.as_str(), micros(row.due_at), until];
    statement.execute(values)?;
    Ok(())
}

fn sighting(transaction: &Transaction<'_>, row: &SightingRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO sightings (account, machine, marker, first_at, last_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account, machine) DO UPDATE SET last_at = excluded.last_at
           WHERE excluded.last_at > sightings.last_at",
    )?;
    let marker = row.marker.as_ref().map(vmbroker_core::Marker::as_str);
    let values =
        params![row.account.as_str(), row.machine, marker, micros(row.first_at), micros(row.last_at)];
    statement.execute(values)?;
    Ok(())
}

fn event(transaction: &Transaction<'_>, row: &EventRow) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO events (deployment, at, intent, leg, kind, body) VALUES ($1, $2, $3, $4, $5, $6)",
    )?;
    let leg = row.leg.as_ref().map(vmbroker_core::Marker::as_str);
    statement.execute(params![row.deployment, micros(row.at), row.intent, leg, row.kind, row.body])?;
    Ok(())
}

fn one(
    statement: &mut Statement<'_>,
    values: &[&dyn rusqlite::ToSql],
    what: impl FnOnce() -> String,
) -> rusqlite::Result<Lost> {
    Ok((statement.execute(values)? != 1).then(what))
}

fn amount(money: Money) -> String {
    money.amount.to_string()
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A version: it counts changes, so it never comes near the end of the type.
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
