//! Between the engine's state and the journal's rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vmbroker_journal::{
    AttemptRow, Batch, BlockRow, Change, DeploymentRow, EventRow, HandleRow, IntentRow, JournalError,
    JournalErrorKind, LegRow, LookRow, Record, Result,
};

use super::engine::{Block, Deployment, Event, Head, Intent, Leg, Mode, Touched, What};

/// The version of each row, as the journal has it.
pub(crate) type Versions = BTreeMap<Touched, u64>;

/// The changes that bring the journal from before these events to after them, and the versions it has then.
pub(crate) fn batch(
    after: &Deployment,
    touched: &BTreeSet<Touched>,
    versions: &Versions,
    events: &[Event],
) -> Result<(Batch, Versions)> {
    let mut batch = Batch::new();
    let mut raised = Versions::new();
    // The order of the set is that of the references between rows: the head, intents, legs.
    for row in touched {
        let version = versions.get(row).copied().unwrap_or(0) + 1;
        raised.insert(*row, version);
        match row {
            Touched::Head => batch.push(Change::Deployment(head_row(&after.head, version)?)),
            Touched::Intent(number) => {
                if let Some(intent) = after.intents.get(number) {
                    batch.push(Change::Intent(intent_row(after, intent, version)?));
                }
            }
            Touched::Leg(marker) => {
                if let Some(leg) = after.legs.get(marker) {
                    batch.push(Change::Leg(Box::new(leg_row(after, leg, version)?)));
                    let now = events.last().map_or(leg.since, |event| event.at);
                    for change in around(after, leg, now) {
                        batch.push(change);
                    }
                }
            }
        }
    }
    for event in events {
        if let Some(attempt) = attempt_row(after, event) {
            batch.push(Change::Attempt(attempt));
        }
        if let What::Blocked { block } = &event.what
            && let Some(row) = block_row(block)
        {
            batch.push(Change::Block(row));
        }
        batch.push(Change::Event(event_row(after, event)?));
    }
    Ok((batch, raised))
}

/// The state as the journal has it.
pub(crate) fn load(record: &Record) -> Result<(Deployment, Versions)> {
    let mut versions = Versions::from([(Touched::Head, record.deployment.version)]);
    let head: Head = read(&record.deployment.body, "deployment")?;
    let mut state = Deployment::new(head.name.clone(), head.created_at);
    state.head = Arc::new(head);
    for row in &record.intents {
        let intent: Intent = read(&row.body, "intent")?;
        versions.insert(Touched::Intent(intent.number), row.version);
        state.intents.insert(intent.number, Arc::new(intent));
    }
    for row in &record.legs {
        let leg: Leg = read(&row.body, "leg")?;
        versions.insert(Touched::Leg(leg.marker), row.version);
        state.by_intent.entry(leg.intent).or_default().push(leg.marker);
        state.legs.insert(leg.marker, Arc::new(leg));
    }
    Ok((state, versions))
}

/// The event as it was written.
pub(crate) fn event(row: &EventRow) -> Result<Event> {
    read(&row.body, "event")
}

/// What is written down as not worth trying.
pub(crate) fn block(row: &BlockRow) -> Result<Block> {
    let kind = serde_json::Value::String(row.kind.clone());
    Ok(Block {
        account: row.account.clone(),
        offer: row.offer.clone(),
        location: row.location.clone(),
        until: Some(row.until),
        kind: serde_json::from_value(kind).map_err(|error| unreadable("block", error))?,
        why: row.why.clone(),
    })
}

fn head_row(head: &Head, version: u64) -> Result<DeploymentRow> {
    let state = match head.mode {
        Mode::Up => "up",
        Mode::Held => "held",
        Mode::Down => "down",
    };
    Ok(DeploymentRow {
        name: head.name.clone(),
        file_hash: head.file_hash.clone(),
        created_at: head.created_at,
        version,
        state: state.to_owned(),
        body: write(head)?,
    })
}

fn intent_row(state: &Deployment, intent: &Intent, version: u64) -> Result<IntentRow> {
    let word = match (intent.wanted, intent.failed.is_empty()) {
        (false, _) => "dropped",
        (true, true) => "wanted",
        (true, false) => "failed",
    };
    Ok(IntentRow {
        deployment: state.name().to_owned(),
        number: intent.number,
        version,
        state: word.to_owned(),
        body: write(intent)?,
    })
}

fn leg_row(state: &Deployment, leg: &Leg, version: u64) -> Result<LegRow> {
    Ok(LegRow {
        marker: leg.marker,
        deployment: state.name().to_owned(),
        intent: leg.intent,
        number: leg.number,
        account: leg.choice.account.clone(),
        offer: leg.choice.offer.clone(),
        location: leg.choice.location.to_string(),
        price_limit: None,
        reserved: leg.choice.reserve,
        state: leg.state.word().to_owned(),
        since: leg.since,
        unresolved: leg.is_stuck(),
        live: leg.may_live(),
        version,
        body: write(leg)?,
    })
}

/// The rows that hang on a leg: its machines, and when somebody has to look.
fn around(state: &Deployment, leg: &Leg, now: Timestamp) -> Vec<Change> {
    let handles = leg.machines.iter().zip(0..).map(|(machine, number)| {
        let live = machine.gone_at.is_none();
        Change::Handle(HandleRow { leg: leg.marker, number, handle: machine.handle.clone(), live })
    });
    let look = match state.look_later(leg, now) {
        None => Change::LookDone(leg.marker),
        Some((due_at, until)) => Change::Look(LookRow {
            leg: leg.marker,
            deployment: state.name().to_owned(),
            account: leg.choice.account.clone(),
            due_at,
            until,
        }),
    };
    handles.chain([look]).collect()
}

fn attempt_row(state: &Deployment, event: &Event) -> Option<AttemptRow> {
    let outcome = match &event.what {
        What::Sending { .. } => None,
        What::Accepted { .. } => Some("accepted"),
        What::Refused { .. } => Some("refused"),
        What::Unclear { .. } => Some("unclear"),
        _ => return None,
    };
    let leg = state.legs.get(&event.what.leg()?)?;
    Some(AttemptRow {
        leg: leg.marker,
        number: leg.creates + leg.refusals,
        sent_at: leg.began_at.unwrap_or(event.at),
        ended_at: outcome.map(|_| event.at),
        outcome: outcome.map(str::to_owned),
    })
}

fn block_row(block: &Block) -> Option<BlockRow> {
    let kind = serde_json::to_value(block.kind).ok()?;
    Some(BlockRow {
        account: block.account.clone(),
        offer: block.offer.clone(),
        location: block.location.clone(),
        until: block.until?,
        kind: kind.as_str()?.to_owned(),
        why: block.why.clone(),
    })
}

fn event_row(state: &Deployment, event: &Event) -> Result<EventRow> {
    let leg = event.what.leg();
    let intent = match &event.what {
        What::Wanted { intent } | What::Dropped { intent } | What::Failed { intent, .. } => Some(*intent),
        _ => leg.and_then(|marker| state.legs.get(&marker)).map(|leg| leg.intent),
    };
    Ok(EventRow {
        number: 0,
        deployment: state.name().to_owned(),
        at: event.at,
        intent,
        leg,
        kind: event.what.word().to_owned(),
        body: write(event)?,
    })
}

fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        JournalError::new(JournalErrorKind::Io, "a row cannot be put into words").with_source(error)
    })
}

fn read<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(what, error))
}

fn unreadable(what: &str, error: serde_json::Error) -> JournalError {
    let message = format!(
        "the journal is damaged: a row of its kind `{what}` cannot be read; move the journal away and keep it, then \
         let `vmbroker sweep` find the machines by their markers"
    );
    JournalError::new(JournalErrorKind::Damaged, message).with_source(error)
}
