//! The event log as a person reads it: a line for each event, whatever stands in it.

use std::cell::RefCell;

use vmbroker::deploy::engine::{Deployment, Event};
use vmbroker::journal::{Batch, Change, DeploymentRow, EventRow, Journal, SqliteJournal};

use super::super::Mark;
use super::super::thread::{block_on, now};
use super::{Outcome, args, check, folder, forget_folder, run};

/// After so many deployments another journal is begun: each command reads the whole file.
const MOST: u32 = 100;

thread_local! {
    /// The thread's journal, and how many deployments are in it.
    static KEPT: RefCell<Option<(SqliteJournal, u32)>> = const { RefCell::new(None) };
}

pub(super) fn story(input: &[u8], spoil: impl Fn(Outcome) -> Outcome) -> Mark {
    let text = String::from_utf8_lossy(input);
    let events: Vec<Event> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).take(40).collect();
    if events.is_empty() {
        return Mark::refused();
    }
    let name = write(&events);
    let outcome = spoil(run(&folder(), &args(&format!("events {name}")), Vec::new()));
    check(&outcome);
    assert!(outcome.code == 0, "{}", outcome.err);
    let lines = outcome.out.lines().count();
    assert!(
        lines == events.len(),
        "an event is not told: {lines} lines of {}: {}",
        events.len(),
        outcome.out
    );
    let receipt = run(&folder(), &args(&format!("receipt {name}")), Vec::new());
    check(&receipt);
    let words: std::collections::BTreeSet<_> = events.iter().map(|event| event.what.word()).collect();
    Mark::taken().and((words, receipt.code))
}

/// Writes a deployment of these events, and what they fold to, into the thread's journal; its name.
fn write(events: &[Event]) -> String {
    KEPT.with_borrow_mut(|kept| {
        block_on(async {
            if kept.take_if(|(_, number)| *number >= MOST).is_some() {
                forget_folder();
            }
            if kept.is_none() {
                let state = folder().join("home/.local/state/vmbroker");
                std::fs::create_dir_all(state.parent().unwrap()).unwrap();
                *kept = Some((SqliteJournal::open(&state, now(), None).await.unwrap(), 0));
            }
            let (journal, number) = kept.as_mut().unwrap();
            *number += 1;
            let name = format!("w{number}");
            let state = Deployment::folded(&name, events).unwrap();
            let head = DeploymentRow {
                name: name.clone(),
                file_hash: String::new(),
                created_at: now(),
                version: 1,
                state: "up".to_owned(),
                body: serde_json::to_string(&*state.head).unwrap(),
            };
            let row = |event: &Event| EventRow {
                number: 0,
                deployment: name.clone(),
                at: event.at,
                intent: None,
                leg: None,
                kind: event.what.word().to_owned(),
                body: serde_json::to_string(event).unwrap(),
            };
            let events = events.iter().map(row).map(Change::Event);
            let batch: Vec<Change> = std::iter::once(Change::Deployment(head)).chain(events).collect();
            journal.commit("fuzz", Batch::from(batch)).await.unwrap();
            name
        })
    })
}
