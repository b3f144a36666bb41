//! A journal that cannot be trusted or written stops everything before anything is sent, with one clear sentence; and
//! who only reads works beside who writes.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use vmbroker::journal::{Journal, Probe, SqliteJournal};
use vmbroker::{Billing, Charge, Currency, Period, Price};

use crate::cloud::Cloud;
use crate::world::World;

const CREATE: [&str; 5] = ["create", "--offer", "small", "--ssh-key", "key.pub"];

fn cloud() -> std::sync::Arc<Cloud> {
    let billing = Billing::begun(Period::HOUR);
    let charge = Charge::rate("machine", "0.1".parse().unwrap(), Period::HOUR, billing);
    Cloud::selling("one", Price::new(Currency::USD, vec![charge]))
}

fn world(cloud: &std::sync::Arc<Cloud>) -> World {
    let world = World::new().with(cloud.clone());
    let text = "name = \"web\"\ncount = 1\nfor = \"3h\"\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = \"key.pub\"\n";
    world.file("web.toml", text, 0o644);
    world
}

fn folder(world: &World) -> PathBuf {
    world.path("home/.local/state/vmbroker")
}

/// Each command that orders anything stops with this sentence, and no machine is made.
async fn refused(world: &World, cloud: &Cloud, sentence: &str) {
    let before = cloud.machines().len();
    let asked = cloud.asked();
    for args in [&["deploy", "web.toml"][..], &CREATE, &["sweep"], &["destroy", "web"]] {
        let outcome = world.run(args).await;
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{args:?}: {}", outcome.err);
        let said = outcome.err.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(said.contains(sentence), "{args:?}: {said}");
    }
    assert_eq!((cloud.machines().len(), cloud.asked()), (before, asked), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn a_second_writer_is_refused_and_readers_are_not() {
    let cloud = cloud();
    let world = world(&cloud);
    assert_eq!(world.run(&["deploy", "web.toml"]).await.code, 0);
    let writer =
        SqliteJournal::open(&folder(&world), "2026-01-01T00:00:00Z".parse().unwrap(), None).await.unwrap();
    refused(&world, &cloud, "another vmbroker is writing the journal").await;
    for args in [
        &["deployments"][..],
        &["events", "web"],
        &["receipt", "web"],
        &["resolve"],
        &["list"],
        &["deploy", "web.toml", "--plan"],
    ] {
        let outcome = world.run(args).await;
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
    }
    assert_eq!(writer.deployments().await.unwrap().len(), 1);
    drop(writer);
    assert_eq!(world.run(&["destroy", "web"]).await.code, 0);
}

#[tokio::test(start_paused = true)]
async fn a_create_waits_for_another_that_is_soon_done() {
    let cloud = cloud();
    let world = world(&cloud);
    assert_eq!(world.run(&["deploy", "web.toml"]).await.code, 0);
    let before = cloud.machines().len();
    let made_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let other = SqliteJournal::open(&folder(&world), made_at, None).await.unwrap();
    let soon = async {
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        drop(other);
    };
    let (outcome, ()) = tokio::join!(world.run(&CREATE), soon);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(cloud.machines().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_a_foreign_and_an_open_journal_are_refused() {
    type Spoil = fn(&mut Vec<u8>);
    let cases: [(&str, Spoil, u32); 3] = [
        ("is damaged: nothing was sent", |bytes| bytes[100..4_000].fill(0xa5), 0o600),
        (
            "is not a journal of vmbroker",
            |bytes| *bytes = b"my own notes, longer than a header".repeat(9),
            0o600,
        ),
        ("may be read by other users", |_| {}, 0o644),
    ];
    for (sentence, change, mode) in cases {
        let cloud = cloud();
        let world = world(&cloud);
        assert_eq!(world.run(&["deploy", "web.toml"]).await.code, 0);
        let file = folder(&world).join(SqliteJournal::FILE);
        let mut bytes = fs::read(&file).unwrap();
        change(&mut bytes);
        for more in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{more}", file.display()));
        }
        fs::write(&file, bytes).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        refused(&world, &cloud, sentence).await;
        let list = world.run(&["list"]).await;
        assert_eq!(list.code, 0, "a list is worth having without it: {}", list.err);
        assert!(list.err.contains(sentence), "{}", list.err);
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_takes_nothing_more_stops_before_anything_is_sent() {
    for args in [&["deploy", "web.toml"][..], &CREATE] {
        let cloud = cloud();
        let mut world = world(&cloud);
        world.probe = Some(Probe::new(|_| Err(io::ErrorKind::StorageFull.into())));
        let outcome = world.run(args).await;
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{args:?}: {}", outcome.err);
        let said =
            "error: the journal `[folder]/home/.local/state/vmbroker/journal.sqlite` cannot be written";
        assert!(outcome.err.contains(said), "{args:?}: {}", outcome.err);
        assert!(cloud.machines().is_empty(), "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_cannot_be_written_down_is_said_at_once_and_found_later() {
    let cloud = cloud();
    let mut world = world(&cloud);
    world.probe = Some(Probe::new(|point| match point.name {
        "accepted" => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }));
    let outcome = world.run(&CREATE).await;
    assert_eq!(outcome.out, "one/instance:m1\n", "{}", outcome.err);
    assert!(outcome.err.contains("warning: one/instance:m1 ("), "{}", outcome.err);
    world.probe = None;
    // Every command that writes looks at what is due.
    assert_eq!(world.run(&["sweep"]).await.code, 0);
    let marker = cloud.machines()[0].marker.unwrap();
    let told = world.run(&["events", marker.as_str()]).await;
    assert!(told.out.contains("was found by its marker: one/instance:m1"), "{}", told.out);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_place_for_it_nothing_is_sent() {
    let cloud = cloud();
    let world = world(&cloud);
    world.file("vmbroker.toml", "state = \"web.toml/journal\"\n", 0o644);
    let outcome = world.run(&CREATE).await;
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{}", outcome.err);
    assert!(
        outcome.err.contains("the journal's folder `[folder]/web.toml/journal` cannot be made"),
        "{}",
        outcome.err
    );
    world.file("vmbroker.toml", "state = \"\"\n", 0o644);
    let outcome = world.run(&CREATE).await;
    assert_eq!(outcome.code, 3, "{}", outcome.err);
    assert!(cloud.machines().is_empty());
}
