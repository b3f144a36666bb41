//! Disks that are full, read-only, damaged or taken: each stops before any create, with a clear sentence.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use vmbroker_tests::probe::{DIE_AT, FULL_AT, WAIT_AT};

use crate::program::{Done, Home};
use crate::world::{THREE, World, finish};

const DEPLOY: [&str; 2] = ["deploy", "web.toml"];
const FILE: &str = "journal.sqlite";

/// It failed with this in its sentence, and nothing was sent.
async fn stops(world: &World, done: &Done, says: &[&str]) {
    assert_eq!(done.code, Some(1), "{done:?}");
    for text in says {
        assert!(done.err.to_lowercase().contains(text), "`{text}` is not said: {done:?}");
    }
    assert_eq!(world.all_creates().await, 0, "{done:?}");
}

/// A world with a journal that nothing is in.
async fn fresh() -> World {
    let world = World::start(&THREE).await;
    world.wish(2, "");
    world.home.well(&["sweep"]).await;
    world
}

/// The program under a limit on the size of files, in blocks of 512 bytes: a disk with no more room.
fn with_room(home: &Home, blocks: u32, args: &[&str]) -> Command {
    let program = home.command(args);
    let program = program.as_std();
    let text = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(text).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(program.get_current_dir().unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_disk_without_room_stops_before_any_create() {
    let world = fresh().await;
    // The journal's log has no room for what is about to be sent.
    let done = finish(with_room(&world.home, 8, &DEPLOY), &DEPLOY).await;
    stops(&world, &done, &["the journal", FILE]).await;
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(0), "with room again it goes on");
    world.end("no room").await;
}

#[tokio::test]
async fn a_disk_that_fills_up_at_any_commit_before_the_create_stops_it() {
    for point in ["before:opened", "before:planned", "before:sending"] {
        let world = fresh().await;
        let done = world.run_with(&DEPLOY, &[(FULL_AT, &format!("{point}#1000"))]).await;
        stops(&world, &done, &["the journal", "cannot be written", "no space left"]).await;
        assert_eq!(world.home.run(&DEPLOY).await.code, Some(0), "{point}: with room again it goes on");
        assert_eq!(world.live().await, 2, "{point}");
        world.end(point).await;
    }
}

#[tokio::test]
async fn a_disk_that_is_full_after_the_create_shows_the_handle_and_is_tried_again() {
    let world = fresh().await;
    world.wish(1, "");
    let done = world.run_with(&DEPLOY, &[(FULL_AT, "before:accepted#2")]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.err.contains("zenlayer/") && done.err.contains("cannot be written down"), "{done:?}");
    assert_eq!((world.live().await, world.all_creates().await), (1, 1));
    world.end("full after the create").await;

    // Killed while it is full: the marker finds the machine.
    let world = fresh().await;
    world.wish(1, "");
    let full = [(FULL_AT, "before:accepted#1000"), (DIE_AT, "before:accepted#2")];
    let killed = world.run_with(&DEPLOY, &full).await;
    assert_eq!(killed.code, None, "{killed:?}");
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(0));
    assert_eq!((world.live().await, world.all_creates().await), (1, 1));
    world.end("killed while full").await;
}

#[tokio::test]
async fn a_read_only_journal_stops_before_any_create() {
    let world = fresh().await;
    let folder = world.state();
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let set = |mode_of_files: u32, mode_of_folder: u32| {
        for file in &files {
            fs::set_permissions(file, fs::Permissions::from_mode(mode_of_files)).unwrap();
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode_of_folder)).unwrap();
    };
    set(0o400, 0o500);
    // Permissions bind nobody who is root: then only a commit that is refused shows it.
    let may_write = fs::OpenOptions::new().append(true).open(folder.join(FILE)).is_ok();
    if !may_write {
        stops(&world, &world.home.run(&DEPLOY).await, &["the journal", FILE]).await;
    }
    let done = world.run_with(&DEPLOY, &[(FULL_AT, "before:opened")]).await;
    stops(&world, &done, &["the journal"]).await;
    set(0o600, 0o700);
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(0));
    world.end("read-only").await;
}

#[tokio::test]
async fn a_damaged_journal_stops_before_any_create_and_is_never_written_over() {
    let world = fresh().await;
    let path = world.state().join(FILE);
    let whole = fs::read(&path).unwrap();
    let mut file = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut seen = Vec::new();
    file.read_to_end(&mut seen).unwrap();
    let half = seen.len() / 2;
    file.seek(SeekFrom::Start(u64::try_from(half).unwrap())).unwrap();
    file.write_all(&vec![0xA5; half]).unwrap();
    drop(file);
    let damaged = fs::read(&path).unwrap();
    stops(&world, &world.home.run(&DEPLOY).await, &["journal", FILE]).await;
    for args in [&["deployments"][..], &["events", "web"], &["sweep"], &["resolve"]] {
        let done = world.home.run(args).await;
        assert!(done.code == Some(1) && done.err.contains(FILE), "{args:?} {done:?}");
    }
    assert!(fs::read(&path).unwrap() == damaged, "it is left as it is");

    // Cut short, and no database at all.
    for content in [&whole[..whole.len() / 3], &b"not a journal at all, and longer than a header of one hundred bytes, which a database begins with, always"[..]] {
        fs::write(&path, content).unwrap();
        stops(&world, &world.home.run(&DEPLOY).await, &["journal", FILE]).await;
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(0), "the copy put back works");
    world.end("damaged").await;
}

#[tokio::test]
async fn a_second_writer_stops_and_readers_work_beside_a_running_deploy() {
    let world = fresh().await;
    let mut command = world.home.command(&DEPLOY);
    command.env(WAIT_AT, "after:accepted");
    let mut first = command.spawn().unwrap();
    let mut lines = BufReader::new(first.stderr.take().unwrap()).lines();
    let waits = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line == "waiting" {
                return;
            }
        }
        panic!("it ended");
    };
    tokio::time::timeout(crate::program::PATIENCE, waits).await.unwrap();
    // It orders two machines at once, and the one that it does not wait at may still be on its way.
    let both = async {
        while world.all_creates().await < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::program::PATIENCE, both).await.unwrap();
    for args in [&DEPLOY[..], &["destroy", "web"], &["sweep"]] {
        let done = world.home.run(args).await;
        assert!(done.code == Some(1) && done.err.contains("another"), "{args:?} {done:?}");
    }
    assert_eq!(world.all_creates().await, 2, "the second writer sends nothing");
    let shown = world.home.well(&["deployments", "--output", "json"]).await.json();
    assert_eq!(shown["deployments"][0]["name"], json!("web"), "{shown}");
    let events = world.home.well(&["events", "web", "--output", "json"]).await;
    assert!(events.out.contains("accepted"), "{events:?}");
    for args in [&["receipt", "web"][..], &["resolve"], &["list"]] {
        world.home.well(args).await;
    }
    first.kill().await.unwrap();
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(0), "whoever was killed leaves no lock");
    assert_eq!(world.live().await, 2);
    world.end("two writers").await;
}
