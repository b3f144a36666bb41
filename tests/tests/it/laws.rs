//! Every law, on every adapter and dialect.

use std::sync::Arc;

use vmbroker_conformance::{Subject, run_all};
use vmbroker_sim::Dialect;
use vmbroker_tests::{SimWorld, Stage, wish};

/// Shown in `outcomes` instead: a listener in this process cannot refuse one connection of many.
const CLOSED_PORT: &str = "a_refused_connection_changes_nothing";
/// Where a list is one answer there is no page to lose.
const ONE_PAGE: &str = "the_list_is_complete_over_all_pages";

async fn keeps_every_law_but(dialect: Dialect, not_applicable: &[&str]) {
    let stage = Stage::set(dialect).await;
    let world = Arc::new(SimWorld::new(dialect, stage.cloud.clone()));
    let subject = Subject::new(stage.provider.clone(), stage.clock.clone(), wish).with_world(world);
    let report = run_all(&subject).await;
    report.only_not_applicable(not_applicable).unwrap();
    assert_eq!(stage.cloud.ledger().open().count(), 0, "the laws leave nothing behind");
}

#[tokio::test(start_paused = true)]
async fn fluence_2025_04_keeps_every_law() {
    // New machines are hidden for nobody knows how long, and the list is one page.
    let hidden = "a_new_machine_is_visible_in_time";
    keeps_every_law_but(Dialect::Fluence202504, &[CLOSED_PORT, ONE_PAGE, hidden]).await;
}

#[tokio::test(start_paused = true)]
async fn fluence_2025_05_keeps_every_law() {
    keeps_every_law_but(Dialect::Fluence202505, &[CLOSED_PORT, ONE_PAGE]).await;
}

#[tokio::test(start_paused = true)]
async fn wayscloud_keeps_every_law() {
    keeps_every_law_but(Dialect::Wayscloud, &[CLOSED_PORT]).await;
}

#[tokio::test(start_paused = true)]
async fn a_waldur_keeps_every_law() {
    // A machine on a tenant stands on no plan of its own, and has no price that is told.
    keeps_every_law_but(Dialect::Waldur, &[CLOSED_PORT, "a_quote_is_the_bill"]).await;
}

#[tokio::test(start_paused = true)]
async fn zenlayer_keeps_every_law() {
    keeps_every_law_but(Dialect::Zenlayer, &[CLOSED_PORT]).await;
}
