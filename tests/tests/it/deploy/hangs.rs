//! Three providers: the first is sold out, the second hangs in three ways.

use vmbroker::deploy::Outcome;
use vmbroker::deploy::engine::Question;
use vmbroker_sim::{Cloud, Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, spec};

use super::{down, up};

const ORDER: [Dialect; 3] = [Dialect::Wayscloud, Dialect::Zenlayer, Dialect::Fluence202505];

fn sell_out(cloud: &Cloud) {
    for offer in &mut cloud.account().inventory {
        offer.capacity = 0;
    }
}

#[tokio::test(start_paused = true)]
async fn what_hangs_from_the_first_call_gets_no_create() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&ORDER).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&ORDER).await;
    sell_out(fleet.cloud(ORDER[0]));
    fleet.cloud(ORDER[1]).arm(Fault { kind: FaultKind::Hang, operation: None, after: 0, times: None });
    let report = up(&fleet, &broker, spec("web", 4, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(fleet.cloud(ORDER[1]).count_calls(Some("create")), 0);
    assert_eq!(fleet.cloud(ORDER[2]).ledger().open().count(), 4);
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn what_hangs_on_creates_only_is_left_once_absence_is_proven() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&ORDER).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&ORDER).await;
    sell_out(fleet.cloud(ORDER[0]));
    fleet.cloud(ORDER[1]).arm(Fault::always("create", FaultKind::Hang));
    let report = up(&fleet, &broker, spec("web", 5, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    assert!(fleet.cloud(ORDER[1]).count_calls(Some("create")) <= 3, "no more than the cap are on their way");
    assert_eq!(fleet.cloud(ORDER[2]).ledger().open().count(), 5);
    assert!(!report.open.is_empty(), "late machines are looked for, and that is said");
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn where_everything_hangs_after_a_create_a_person_is_asked() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&ORDER).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&ORDER).await;
    sell_out(fleet.cloud(ORDER[0]));
    let hanging = fleet.cloud(ORDER[1]);
    hanging.arm(Fault::always("create", FaultKind::ApplyLate(1)));
    hanging.arm(Fault::always("list", FaultKind::Hang));
    hanging.arm(Fault::always("status", FaultKind::Hang));
    let report = up(&fleet, &broker, spec("web", 2, choices.clone())).await;
    for machine in &report.machines {
        let asks = matches!(&machine.outcome, Outcome::Asks { question: Question::Created, .. });
        assert!(asks, "{machine:#?}");
    }
    assert_eq!(fleet.cloud(ORDER[2]).count_calls(Some("create")), 0, "nothing is sent elsewhere for them");
    assert_eq!(report.open.len(), 2, "{:#?}", report.open);

    // It answers again: what is due is looked at, and the machines are taken.
    hanging.disarm();
    fleet.clock.sleep(std::time::Duration::from_secs(24 * 3_600)).await;
    let reports = broker.look().await.unwrap();
    assert_eq!(reports.len(), 1);
    let report = up(&fleet, &broker, spec("web", 2, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(fleet.live(), 2);
    down(&fleet, &broker, "web").await;
}
