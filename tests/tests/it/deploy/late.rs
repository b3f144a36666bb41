//! Clouds that break what they promised: a create that is applied after D. The double is found, and one is kept.

use std::sync::Arc;
use std::time::Duration;

use vmbroker::deploy::engine::{LegState, What};
use vmbroker::deploy::{Broker, News, Outcome, Report};
use vmbroker::journal::{Point, Probe, Side};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, spec};

use super::crash::{killer, what_is_left};
use super::{down, up};

/// Longer than any D.
const LATE: u64 = 3_600;
const BOTH: [Dialect; 2] = [Dialect::Zenlayer, Dialect::Wayscloud];

pub(super) fn handle(report: &Report) -> String {
    let Outcome::Running { handle, .. } = &report.machines[0].outcome else { panic!("{report:#?}") };
    handle.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_comes_after_its_absence_was_proven_is_removed_and_the_other_kept() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&BOTH).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&BOTH).await;
    fleet.cloud(BOTH[0]).arm(Fault::once("create", FaultKind::ApplyLate(LATE)));
    let report = up(&fleet, &broker, spec("web", 1, choices.clone())).await;
    let kept = handle(&report);
    assert!(kept.starts_with(BOTH[1].name()), "{kept}");
    assert_eq!(report.open.len(), 1, "somebody has to look again, and that is said: {report:#?}");
    fleet.clock.sleep(Duration::from_secs(2 * LATE)).await;
    assert_eq!(fleet.live(), 2, "now it is there");
    assert_eq!(broker.look().await.unwrap().len(), 1);
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert_eq!((fleet.live(), handle(&report)), (1, kept), "what was handed over is kept");
    down(&fleet, &broker, "web").await;
}

/// A fleet on which one leg's create was applied twice, with the second machine handed over; and whose it is.
pub(super) async fn doubled(home: &std::path::Path) -> (Fleet, Vec<vmbroker::deploy::Choice>, String) {
    let fleet = Fleet::set(&BOTH[..1]).await;
    let broker = fleet.broker(home, None).await;
    // With nothing else to try, the same leg sends once more.
    let choices = fleet.choices(&BOTH[..1]).await[..1].to_vec();
    fleet.cloud(BOTH[0]).arm(Fault::once("create", FaultKind::ApplyLate(LATE)));
    let report = up(&fleet, &broker, spec("web", 1, choices.clone())).await;
    let state = broker.state("web").await.unwrap().unwrap();
    let leg = state.legs.values().next().unwrap();
    assert_eq!((state.legs.len(), leg.creates, leg.state), (1, 2, LegState::Running));
    fleet.clock.sleep(Duration::from_secs(2 * LATE)).await;
    assert_eq!(fleet.live(), 2);
    (fleet, choices, handle(&report))
}

#[tokio::test(start_paused = true)]
async fn of_two_machines_with_one_marker_the_one_handed_over_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let (fleet, choices, kept) = doubled(home.path()).await;
    let broker = fleet.broker(home.path(), None).await;
    broker.look().await.unwrap();
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert_eq!((fleet.live(), handle(&report)), (1, kept));
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn killed_when_a_double_is_written_down_the_next_run_ends_it() {
    for side in [Side::Before, Side::After] {
        let home = tempfile::tempdir().unwrap();
        let (fleet, choices, kept) = doubled(home.path()).await;
        let at = Point { name: "doubled", side };
        let (probe, dead): (Probe, _) = killer(move |point| point == at);
        fleet.broker(home.path(), Some(probe)).await.look().await.unwrap_err();
        assert!(dead.load(std::sync::atomic::Ordering::SeqCst), "{at}");
        let left = what_is_left(home.path());
        let broker = fleet.broker(left.path(), None).await;
        broker.look().await.unwrap();
        let report = up(&fleet, &broker, spec("web", 1, choices)).await;
        assert_eq!((fleet.live(), handle(&report)), (1, kept), "{at}");
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_at_an_account_that_cannot_be_asked_is_not_given_up_as_too_late() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&BOTH).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&BOTH[..1]).await;
    let mut run = broker.deploy(spec("web", 1, choices.clone())).await.unwrap();
    let is_accepted =
        |news: &News| matches!(news, News::Happened(event) if matches!(event.what, What::Accepted { .. }));
    while run.next().await.is_some_and(|news| !is_accepted(&news)) {}
    drop(run);
    fleet.clock.sleep(Duration::from_secs(86_400)).await;
    let other = fleet.registry().only(&[BOTH[1].name().parse().unwrap()]).unwrap();
    Broker::new(other, Arc::clone(broker.journal()), broker.owner()).look().await.unwrap();
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!((fleet.live(), fleet.ever()), (1, 1), "it had been up all the time");
    down(&fleet, &broker, "web").await;
}
