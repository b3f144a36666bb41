//! The program dies at each persist point, before and after, and at any commit; the next one brings all to its end.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

use vmbroker::deploy::Outcome;
use vmbroker::journal::{Point, Probe, SqliteJournal};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, spec};

use super::{THREE, down, up, within};

/// Something of everything: a lost answer, a machine that fails, one that is late, one that is sold out.
async fn troubled() -> Fleet {
    let fleet = Fleet::set(&THREE).await;
    let arm = |dialect, fault| fleet.cloud(dialect).arm(fault);
    arm(Dialect::Zenlayer, Fault::once("create", FaultKind::LoseAnswer));
    arm(Dialect::Zenlayer, Fault::once("create", FaultKind::Reset));
    arm(Dialect::Zenlayer, Fault::once("create", FaultKind::FailLater("no host".to_owned())));
    arm(Dialect::Wayscloud, Fault::once("create", FaultKind::ApplyLate(20)));
    fleet
}

/// A probe that kills at this moment: from then on nothing is written any more.
pub(super) fn killer(moment: impl Fn(Point) -> bool + Send + Sync + 'static) -> (Probe, Arc<AtomicBool>) {
    let dead = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&dead);
    let probe = Probe::new(move |point| {
        if seen.load(Ordering::SeqCst) || moment(point) {
            seen.store(true, Ordering::SeqCst);
            return Err(io::Error::other("the program is dead"));
        }
        Ok(())
    });
    (probe, dead)
}

/// What is on the disk when the program dies, as the next one finds it. What the dead one still tries goes nowhere.
pub(super) fn what_is_left(folder: &Path) -> tempfile::TempDir {
    let next = tempfile::tempdir().unwrap();
    for name in [SqliteJournal::FILE.to_owned(), format!("{}-wal", SqliteJournal::FILE)] {
        if folder.join(&name).exists() {
            fs::copy(folder.join(&name), next.path().join(&name)).unwrap();
        }
    }
    next
}

/// Runs until the probe kills, then again to the end; whether it was killed at all.
async fn die_and_go_on(fleet: &Fleet, probe: Probe, dead: &AtomicBool, case: &str) -> bool {
    let home = tempfile::tempdir().unwrap();
    let choices = fleet.choices(&THREE).await;
    {
        let broker = fleet.broker(home.path(), Some(probe)).await;
        if let Ok(run) = broker.deploy(spec("web", 3, choices.clone())).await {
            let _ = within(fleet, run.finish()).await;
        }
    }
    let killed = dead.load(Ordering::SeqCst);
    let left = what_is_left(home.path());
    let broker = fleet.broker(left.path(), None).await;
    let report = up(fleet, &broker, spec("web", 3, choices)).await;
    assert!(report.is_complete(), "{case}: {report:#?}");
    assert_eq!(fleet.live(), 3, "{case}: {report:#?}");
    for machine in &report.machines {
        assert!(matches!(machine.outcome, Outcome::Running { .. }), "{case}: {machine:#?}");
    }
    down(fleet, &broker, "web").await;
    let swept = broker.sweep(vmbroker::deploy::SweepOptions::default()).await.unwrap();
    assert!(swept.machines.is_empty(), "{case}: {:#?}", swept.machines);
    killed
}

#[tokio::test(start_paused = true)]
async fn at_every_persist_point_before_and_after() {
    let points = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&points);
    let note = Probe::new(move |point| {
        noted.lock().unwrap().insert(point);
        Ok(())
    });
    die_and_go_on(&troubled().await, note, &AtomicBool::new(false), "nobody dies").await;
    let points = points.lock().unwrap().clone();
    assert!(points.len() >= 2 * 10, "{points:?}");
    for point in points {
        let (probe, dead) = killer(move |at| at == point);
        let killed = die_and_go_on(&troubled().await, probe, &dead, &point.to_string()).await;
        assert!(killed, "{point} was not reached");
    }
}

#[tokio::test(start_paused = true)]
async fn at_any_commit() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (nth, passed) = (random.u64(1..60), AtomicU64::new(0));
        let (probe, dead) = killer(move |_| passed.fetch_add(1, Ordering::SeqCst) + 1 == nth);
        die_and_go_on(&troubled().await, probe, &dead, &format!("seed {seed}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_at_any_poll_loses_nothing() {
    for polls in (0..40).chain([60, 100, 200]) {
        let home = tempfile::tempdir().unwrap();
        let fleet = troubled().await;
        let choices = fleet.choices(&THREE).await;
        let broker = fleet.broker(home.path(), None).await;
        {
            let run = broker.deploy(spec("web", 3, choices.clone())).await.unwrap();
            let mut work = Box::pin(run.finish());
            let mut left = polls;
            std::future::poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                work.as_mut().poll(context).map(|_| ())
            })
            .await;
        }
        // The sends that were on their way end by themselves.
        fleet.clock.sleep(std::time::Duration::from_secs(700)).await;
        let report = up(&fleet, &broker, spec("web", 3, choices)).await;
        assert!(report.is_complete(), "{polls} polls: {report:#?}");
        assert_eq!(fleet.live(), 3, "{polls} polls: {report:#?}");
        down(&fleet, &broker, "web").await;
    }
}
