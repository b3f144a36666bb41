//! What goes wrong inside the cloud: seen in its lists, and judged by its ledger.

use rust_decimal::Decimal;
use vmbroker_sim::{Fault, FaultKind, Phase};

use crate::speaker::Bench;

const HOUR: u64 = 3_600;

#[tokio::test(start_paused = true)]
async fn without_a_fault_a_machine_runs_in_a_minute_and_gets_its_address() {
    let bench = Bench::new().await;
    bench.create().await;
    assert_eq!(bench.row().await["status"], "New");
    bench.step(3);
    assert_eq!(bench.row().await["status"], "Launching");
    bench.step(HOUR);
    let row = bench.row().await;
    assert_eq!((&row["status"], row["publicIp"].is_string()), (&"Active".into(), true));
}

#[tokio::test(start_paused = true)]
async fn a_hidden_machine_is_billed_before_it_is_seen() {
    let bench = Bench::with("create", FaultKind::Hide(HOUR)).await;
    assert_eq!(bench.create().await.status(), 200);
    bench.step(HOUR - 60);
    assert!(bench.row().await.is_null());
    assert_eq!(bench.cloud.ledger().open().count(), 1);
    bench.step(60);
    assert_eq!(bench.row().await["status"], "Active");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_machine_takes_that_much_longer() {
    let bench = Bench::with("create", FaultKind::Delay(HOUR)).await;
    bench.create().await;
    bench.step(HOUR);
    assert_eq!(bench.row().await["status"], "Launching");
    bench.step(120);
    assert_eq!(bench.row().await["status"], "Active");
}

#[tokio::test(start_paused = true)]
async fn a_stuck_machine_never_leaves_the_first_phases_and_is_billed() {
    let bench = Bench::with("create", FaultKind::Stuck).await;
    bench.create().await;
    bench.step(100 * 24 * HOUR);
    assert_eq!(bench.row().await["status"], "Launching");
    assert_eq!(bench.cloud.ledger().open().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_fails_stays_and_is_billed_until_it_is_deleted() {
    let bench = Bench::with("create", FaultKind::FailLater("no host".to_owned())).await;
    bench.create().await;
    bench.step(HOUR);
    assert_eq!(bench.row().await["status"], "Terminated");
    assert_eq!(bench.cloud.ledger().entries[0].phase, Phase::Failed);
    assert_eq!(bench.cloud.account().machines[0].failure.as_deref(), Some("no host"));
    assert_eq!(bench.cloud.ledger().open().count(), 1);
    assert_eq!(bench.delete().await.status(), 200);
    bench.step(60);
    assert_eq!(bench.cloud.ledger().open().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_awaits_approval_costs_nothing() {
    let bench = Bench::with("create", FaultKind::AwaitApproval).await;
    bench.create().await;
    bench.step(30 * 24 * HOUR);
    let ledger = bench.cloud.ledger();
    assert_eq!((ledger.entries[0].phase, ledger.total()), (Phase::AwaitingApproval, Decimal::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_reverts_leaves_the_machine_as_it_was_and_billed() {
    let bench = Bench::new().await;
    bench.create().await;
    bench.step(HOUR);
    bench.cloud.arm(Fault::once("delete", FaultKind::Revert));
    assert_eq!(bench.delete().await.status(), 200);
    assert_eq!(bench.cloud.ledger().entries[0].phase, Phase::Deleting);
    bench.step(60);
    let ledger = bench.cloud.ledger();
    assert_eq!((ledger.entries[0].phase, ledger.entries[0].ended), (Phase::Running, None));
    assert_eq!(bench.delete().await.status(), 200);
    bench.step(60);
    let ledger = bench.cloud.ledger();
    assert_eq!((ledger.entries[0].phase, ledger.open().count()), (Phase::Gone, 0));
}

#[tokio::test(start_paused = true)]
async fn a_moved_price_is_paid_by_new_machines_and_not_by_old_ones() {
    let bench = Bench::new().await;
    bench.create_named("old").await;
    bench.cloud.arm(Fault::once("create", FaultKind::PriceMoved(50)));
    bench.create_named("new").await;
    let charged: Vec<Decimal> = bench.cloud.ledger().entries.iter().map(|entry| entry.charged).collect();
    assert_eq!(charged[1], charged[0] * Decimal::new(15, 1));
}
