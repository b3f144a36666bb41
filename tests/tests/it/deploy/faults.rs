//! What goes wrong on the way, kind by kind.

use std::time::Duration;

use vmbroker::deploy::{Broker, Outcome};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal};
use vmbroker_tests::{Fleet, spec};

use super::{THREE, down, up, within};

fn broken_creates() -> Vec<FaultKind> {
    vec![
        FaultKind::LoseAnswer,
        FaultKind::StatusAfter(500),
        FaultKind::TruncateAnswer,
        FaultKind::BodyAfter("{}".to_owned()),
        FaultKind::HtmlSuccess,
        FaultKind::Html(502),
        FaultKind::Reset,
        FaultKind::Hang,
        FaultKind::ApplyLate(30),
        FaultKind::Endless,
        FaultKind::Redirect,
        FaultKind::Throttle { retry_after: None },
        FaultKind::Delay(120),
        FaultKind::Stuck,
        FaultKind::FailLater("No valid host was found.".to_owned()),
        FaultKind::AwaitApproval,
        FaultKind::Slow(2_000),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_create_that_goes_wrong_is_neither_lost_nor_doubled() {
    for dialect in [THREE[0], THREE[1], THREE[2], Dialect::Waldur] {
        for kind in broken_creates() {
            let home = tempfile::tempdir().unwrap();
            let fleet = Fleet::set(&[THREE[0], THREE[1], THREE[2], Dialect::Waldur]).await;
            let broker = fleet.broker(home.path(), None).await;
            let mut order = vec![dialect];
            order.extend(THREE.into_iter().filter(|it| *it != dialect));
            let choices = fleet.choices(&order).await;
            fleet.cloud(dialect).arm(Fault::once("create", kind.clone()));
            let report = up(&fleet, &broker, spec("web", 2, choices)).await;
            let asks = report.machines.iter().filter(|it| matches!(it.outcome, Outcome::Asks { .. })).count();
            // Where absence cannot be proven, a create of which nothing came is a person's to decide; and a machine
            // that is being created forever cannot be deleted.
            let forever = matches!(kind, FaultKind::Stuck | FaultKind::AwaitApproval);
            let may_ask = match dialect {
                Dialect::Fluence202504 | Dialect::Fluence202505 => true,
                Dialect::Zenlayer | Dialect::Wayscloud => forever,
                // An order that waits for a person is withdrawn, and seen gone.
                Dialect::Waldur => kind == FaultKind::Stuck,
            };
            assert_eq!(report.running() + asks, 2, "{dialect} {kind:?}: {report:#?}");
            assert!(asks == 0 || may_ask, "{dialect} {kind:?}: {report:#?}");
            let live = report.running()..=report.running() + asks;
            assert!(live.contains(&fleet.live()), "{dialect} {kind:?}: {} live, {report:#?}", fleet.live());
            if !(forever && asks > 0) {
                down(&fleet, &broker, "web").await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn looks_and_deletions_that_go_wrong_prove_nothing() {
    let kinds = [
        FaultKind::Refuse(Refusal::Internal),
        FaultKind::Refuse(Refusal::Credentials),
        FaultKind::LoseAnswer,
        FaultKind::TruncateAnswer,
        FaultKind::BodyAfter("{}".to_owned()),
        FaultKind::BodyAfter("[]".to_owned()),
        FaultKind::Html(502),
        FaultKind::HtmlSuccess,
        FaultKind::Reset,
        FaultKind::Throttle { retry_after: Some("30".to_owned()) },
    ];
    for dialect in THREE {
        for operation in ["list", "status", "delete"] {
            for kind in &kinds {
                let home = tempfile::tempdir().unwrap();
                let fleet = Fleet::set(&THREE).await;
                let broker = fleet.broker(home.path(), None).await;
                let choices = fleet.choices(&[dialect]).await;
                // A lost create makes the lists matter.
                fleet.cloud(dialect).arm(Fault::once("create", FaultKind::LoseAnswer));
                let fault = Fault { times: Some(4), ..Fault::always(operation, kind.clone()) };
                fleet.cloud(dialect).arm(fault);
                let report = up(&fleet, &broker, spec("web", 2, choices)).await;
                let case = format!("{dialect} {operation} {kind:?}");
                assert!(report.is_complete(), "{case}: {report:#?}");
                assert_eq!((fleet.live(), fleet.ever()), (2, 2), "{case}: {report:#?}");
                down(&fleet, &broker, "web").await;
            }
        }
    }
}

/// One machine is up at this cloud.
async fn one_up_at(dialect: Dialect) -> (tempfile::TempDir, Fleet, Broker) {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    up(&fleet, &broker, spec("web", 1, fleet.choices(&[dialect]).await)).await;
    (home, fleet, broker)
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_deleted_in_time_is_deleted_by_the_next_destroy() {
    for dialect in THREE {
        let (_home, fleet, broker) = one_up_at(dialect).await;
        fleet.cloud(dialect).arm(Fault::always("delete", FaultKind::Html(503)));
        let report = within(&fleet, broker.destroy("web").await.unwrap().finish()).await.unwrap();
        assert!(matches!(report.machines[0].outcome, Outcome::Asks { .. }), "{dialect}: {report:#?}");
        assert_eq!(fleet.live(), 1, "{dialect}");
        fleet.cloud(dialect).disarm();
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroy_that_was_stopped_goes_on_however_late_the_next_one_is() {
    for dialect in THREE {
        let (_home, fleet, broker) = one_up_at(dialect).await;
        fleet.cloud(dialect).arm(Fault::always("delete", FaultKind::Html(503)));
        let run = broker.destroy("web").await.unwrap();
        tokio::select! {
            _ = run.finish() => panic!("it ended"),
            () = fleet.clock.sleep(Duration::from_secs(120)) => {}
        }
        fleet.cloud(dialect).disarm();
        fleet.clock.sleep(Duration::from_secs(86_400)).await;
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_taken_back_is_asked_for_again() {
    for dialect in THREE {
        let (_home, fleet, broker) = one_up_at(dialect).await;
        fleet.cloud(dialect).arm(Fault::once("delete", FaultKind::Revert));
        down(&fleet, &broker, "web").await;
    }
}
