//! What others do to machines, journals and clocks.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use vmbroker::deploy::{Outcome, Standing, SweepOptions, SweptDeletion};
use vmbroker::journal::SqliteJournal;
use vmbroker::{Clock, Marker, Owner};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, broker, spec, wish};

use super::crash::{killer, what_is_left};
use super::{THREE, down, up};

#[tokio::test(start_paused = true)]
async fn a_machine_of_the_same_name_that_is_not_ours_is_never_adopted() {
    for dialect in THREE {
        let home = tempfile::tempdir().unwrap();
        let fleet = Fleet::set(&[dialect]).await;
        let broker = fleet.broker(home.path(), None).await;
        let account = broker.registry().get(&dialect.name().parse().unwrap()).unwrap();
        let mut foreign = wish();
        foreign.name = Some("web".to_owned());
        foreign.marker = Marker::new(Owner::of_installation("somebody"), [7; 10]);
        let theirs = account.create(&foreign).await.unwrap();
        fleet.clock.sleep(Duration::from_secs(600)).await;
        fleet.cloud(dialect).arm(Fault::once("create", FaultKind::LoseAnswer));
        let mut wanted = spec("web", 1, fleet.choices(&[dialect]).await);
        wanted.template.name = Some("web".to_owned());
        let report = up(&fleet, &broker, wanted).await;
        let Outcome::Running { handle, .. } = &report.machines[0].outcome else { panic!("{report:#?}") };
        assert_ne!(handle.id(), theirs.id(), "{dialect}");
        assert_eq!(fleet.live(), 2, "{dialect}");
        let run = broker.destroy("web").await.unwrap();
        super::within(&fleet, run.finish()).await.unwrap();
        assert_eq!(
            fleet.cloud(dialect).ledger().open_with(foreign.marker.as_str()).count(),
            1,
            "{dialect}: theirs stays"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_vanished_is_said_to_have_and_never_made_anew_by_itself() {
    for dialect in THREE {
        let home = tempfile::tempdir().unwrap();
        let fleet = Fleet::set(&[dialect]).await;
        let broker = fleet.broker(home.path(), None).await;
        let choices = fleet.choices(&[dialect]).await;
        up(&fleet, &broker, spec("web", 1, choices.clone())).await;
        let now = fleet.clock.now();
        fleet.cloud(dialect).account().remove(0, now, None);
        // One look that does not find it is no proof; the second one is.
        for _ in 0..3 {
            fleet.clock.sleep(Duration::from_secs(700)).await;
            let report = up(&fleet, &broker, spec("web", 1, choices.clone())).await;
            if matches!(report.machines[0].outcome, Outcome::Vanished { .. }) {
                break;
            }
        }
        let report = broker.report("web").await.unwrap().unwrap();
        assert!(matches!(report.machines[0].outcome, Outcome::Vanished { .. }), "{dialect}: {report:#?}");
        assert_eq!(fleet.creates(), 1, "{dialect}");
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_by_an_hour_shortens_no_grace() {
    for kind in [FaultKind::LoseAnswer, FaultKind::Reset, FaultKind::ApplyLate(100)] {
        let home = tempfile::tempdir().unwrap();
        let fleet = Fleet::set(&THREE).await;
        let choices = fleet.choices(&THREE).await;
        fleet.cloud(THREE[0]).arm(Fault::once("create", kind.clone()));
        let (probe, _) = killer(|point| point.to_string() == "after:unclear");
        let run = fleet.broker(home.path(), Some(probe)).await.deploy(spec("web", 2, choices.clone())).await;
        super::within(&fleet, run.unwrap().finish()).await.unwrap_err();
        let left = what_is_left(home.path());
        let hour = Duration::from_secs(3_600);
        let early = Clock::simulated(fleet.clock.now().checked_sub(hour).unwrap(), 1);
        let journal = SqliteJournal::open(left.path(), early.now(), None).await.unwrap();
        let next = broker(fleet.registry_at(&early), Arc::new(journal));
        let report = up(&fleet, &next, spec("web", 2, choices)).await;
        assert!(report.is_complete(), "{kind:?}: {report:#?}");
        assert_eq!(fleet.live(), 2, "{kind:?}: {report:#?}");
        let run = next.destroy("web").await.unwrap();
        super::within(&fleet, run.finish()).await.unwrap();
        assert_eq!(fleet.live(), 0, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_backup_was_put_back_what_it_does_not_know_is_shown_and_taken_back() {
    let (home, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    {
        let broker = fleet.broker(home.path(), None).await;
        up(&fleet, &broker, spec("web", 1, choices.clone())).await;
    }
    fs::copy(home.path().join(SqliteJournal::FILE), backup.path().join(SqliteJournal::FILE)).unwrap();
    {
        let broker = fleet.broker(home.path(), None).await;
        up(&fleet, &broker, spec("web", 2, choices.clone())).await;
    }
    fleet.clock.sleep(Duration::from_secs(600)).await;
    let broker = fleet.broker(backup.path(), None).await;
    let swept = broker.sweep(SweepOptions { any_owner: false, delete: true }).await.unwrap();
    let orphans: Vec<_> = swept.machines.iter().filter(|it| it.standing == Standing::Orphan).collect();
    assert_eq!(orphans.len(), 1, "{swept:#?}");
    assert!(matches!(orphans[0].deletion, SweptDeletion::Refused(_)), "never at first sight: {orphans:#?}");
    assert_eq!(fleet.live(), 2);
    broker.adopt("web", &orphans[0].instance.handle).await.unwrap();
    let report = up(&fleet, &broker, spec("web", 2, choices)).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!((fleet.live(), fleet.creates()), (2, 2));
}
