//! The journal as a file: what it keeps, what it refuses, and what a crash leaves.
#![expect(clippy::unwrap_used, reason = "a test")]

mod crash;
mod damage;
mod files;
mod rows;

use std::path::Path;

use jiff::Timestamp;
use vmbroker_core::{Currency, Handle, Marker, Money, OfferId, Owner, ProviderId};
use vmbroker_journal::{Batch, Change, DeploymentRow, EventRow, HandleRow, IntentRow, LegRow, SqliteJournal};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn account() -> ProviderId {
    "zenlayer".parse().unwrap()
}

fn marker(number: u8) -> Marker {
    Marker::new(Owner::of_installation("tests"), [number; 10])
}

fn dollars(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::USD)
}

fn deployment(version: u64) -> DeploymentRow {
    DeploymentRow {
        name: "web".into(),
        file_hash: "ab12".into(),
        created_at: at(0),
        version,
        state: "open".into(),
        body: "{}".into(),
    }
}

fn intent(version: u64) -> IntentRow {
    IntentRow { deployment: "web".into(), number: 1, version, state: "wanted".into(), body: "{}".into() }
}

fn leg(version: u64, state: &str) -> LegRow {
    LegRow {
        marker: marker(1),
        deployment: "web".into(),
        intent: 1,
        number: 1,
        account: account(),
        offer: OfferId("c.2c4g".into()),
        location: "DE FRA-A".into(),
        price_limit: Some(dollars("0.0300")),
        reserved: dollars("17.28000"),
        state: state.into(),
        since: at(1),
        unresolved: false,
        live: true,
        version,
        body: "{}".into(),
    }
}

fn handle() -> HandleRow {
    HandleRow { leg: marker(1), number: 0, handle: Handle::of_instance(&account(), "i-1"), live: true }
}

fn event(kind: &str) -> EventRow {
    EventRow {
        number: 0,
        deployment: "web".into(),
        at: at(2),
        intent: Some(1),
        leg: Some(marker(1)),
        kind: kind.into(),
        body: "{}".into(),
    }
}

/// A deployment with an intent and a leg.
fn first() -> Batch {
    Batch::from(vec![
        Change::Deployment(deployment(1)),
        Change::Intent(intent(1)),
        Change::Leg(Box::new(leg(1, "planned"))),
        Change::Event(event("planned")),
    ])
}

async fn open(folder: &Path) -> SqliteJournal {
    SqliteJournal::open(folder, at(0), None).await.unwrap()
}
