//! What a crash leaves: before a commit nothing of it, after it all of it.

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vmbroker_journal::{Batch, Change, Journal, JournalErrorKind, Point, Probe, Side, SqliteJournal};

use super::{at, event, first, handle, leg, open};

fn second() -> Batch {
    Batch::from(vec![
        Change::Leg(Box::new(leg(2, "accepted"))),
        Change::Handle(handle()),
        Change::Event(event("accepted")),
    ])
}

/// Which version the leg has, and how many events and handles there are.
async fn found(folder: &Path) -> (u64, usize, usize) {
    let journal = open(folder).await;
    let record = journal.deployment("web").await.unwrap().unwrap();
    let events = journal.events("web", 0).await.unwrap().len();
    (record.legs[0].version, events, journal.handles().await.unwrap().len())
}

/// Commits in a process of its own that dies on one side of the second commit.
fn die(folder: &Path, side: Side) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_process_that_dies", "--ignored", "--nocapture"])
        .env("JOURNAL_FOLDER", folder)
        .env("JOURNAL_SIDE", if side == Side::Before { "before" } else { "after" })
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success(), "it was to die");
}

#[tokio::test]
#[ignore = "run as a process of its own by the tests beside it, which say where it dies"]
#[expect(clippy::disallowed_methods, reason = "the parent says so by the environment")]
async fn the_process_that_dies() {
    let Some(folder) = std::env::var_os("JOURNAL_FOLDER") else { return };
    let side = if std::env::var("JOURNAL_SIDE").unwrap() == "before" { Side::Before } else { Side::After };
    let probe = Probe::new(move |point| {
        if point == (Point { name: "accepted", side }) {
            std::process::abort();
        }
        Ok(())
    });
    let journal = SqliteJournal::open(Path::new(&folder), at(0), Some(probe)).await.unwrap();
    journal.commit("planned", first()).await.unwrap();
    journal.commit("accepted", second()).await.unwrap();
}

#[tokio::test]
async fn a_process_that_dies_before_a_commit_leaves_nothing_of_it() {
    let home = tempfile::tempdir().unwrap();
    die(home.path(), Side::Before);
    assert_eq!(found(home.path()).await, (1, 1, 0));
}

#[tokio::test]
async fn a_process_that_dies_after_a_commit_leaves_all_of_it() {
    let home = tempfile::tempdir().unwrap();
    die(home.path(), Side::After);
    assert_eq!(found(home.path()).await, (2, 2, 1));
}

#[tokio::test]
async fn a_probe_stops_a_commit_or_hides_that_it_happened() {
    for (side, left) in [(Side::Before, (1, 1, 0)), (Side::After, (2, 2, 1))] {
        let home = tempfile::tempdir().unwrap();
        let probe = Probe::new(move |point| {
            if point == (Point { name: "accepted", side }) {
                return Err(io::Error::other("stopped"));
            }
            Ok(())
        });
        let journal = SqliteJournal::open(home.path(), at(0), Some(probe)).await.unwrap();
        journal.commit("planned", first()).await.unwrap();
        let error = journal.commit("accepted", second()).await.unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Io);
        drop(journal);
        assert_eq!(found(home.path()).await, left, "{side:?}");
    }
}

#[tokio::test]
async fn a_commit_goes_on_when_nobody_waits_for_it() {
    let home = tempfile::tempdir().unwrap();
    let reached = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&reached);
    let probe = Probe::new(move |point| {
        if point.name == "accepted" {
            seen.store(true, Ordering::SeqCst);
        }
        Ok(())
    });
    let journal = SqliteJournal::open(home.path(), at(0), Some(probe)).await.unwrap();
    journal.commit("planned", first()).await.unwrap();
    {
        let mut commit = Box::pin(journal.commit("accepted", second()));
        let once = std::future::poll_fn(|context| {
            let _ = commit.as_mut().poll(context);
            std::task::Poll::Ready(())
        });
        once.await;
    }
    // The next call waits for the one connection, and so for the commit that nobody waits for.
    for _ in 0..10_000 {
        if journal.handles().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    assert!(reached.load(Ordering::SeqCst));
    drop(journal);
    // The lock goes with the last call that uses the journal.
    assert_eq!(found(home.path()).await, (2, 2, 1));
}
