//! Every law, on every adapter and dialect.

use std::sync::Arc;

use vmbroker_conformance::{Subject, run_all};
use vmbroker_sim::Dialect;
use vmbroker_tests::{SimWorld, Stage, wish};

async fn keeps_every_law_but(dialect: Dialect, not_applicable: &[&str]) {
    let stage = Stage::set(dialect).await;
    let world = Arc::new(SimWorld::new(dialect, stage.cloud.clone()));
    let subject = Subject::new(stage.provider.clone(), stage.clock.clone(), wish).with_world(world);
    let report = run_all(&subject).await;
    println!("{report}");
    report.only_not_applicable(not_applicable).unwrap();
    assert_eq!(stage.cloud.ledger().open().count(), 0, "the laws leave nothing behind");
}

#[tokio::test(start_paused = true)]
async fn fluence_2025_04_keeps_every_law() {
    keeps_every_law_but(Dialect::Fluence202504, &["a_refused_connection_changes_nothing"]).await;
}

#[tokio::test(start_paused = true)]
async fn fluence_2025_05_keeps_every_law() {
    keeps_every_law_but(Dialect::Fluence202505, &["a_refused_connection_changes_nothing"]).await;
}
