//! The files: who may see them, who may write them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use vmbroker_journal::{Batch, Change, Journal, JournalErrorKind, SqliteJournal, private};

use super::{at, event, first, open};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

async fn refusal(folder: &Path) -> vmbroker_journal::JournalError {
    SqliteJournal::open(folder, at(0), None).await.unwrap_err()
}

#[tokio::test]
async fn only_its_owner_can_read_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("state/vmbroker");
    let journal = open(&folder).await;
    journal.commit("planned", first()).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 4, "journal, log, index and lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn what_others_may_touch_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("vmbroker");
    drop(open(&folder).await);
    let file = folder.join(SqliteJournal::FILE);
    set_mode(&file, 0o644);
    let error = refusal(&folder).await;
    assert_eq!(error.kind(), JournalErrorKind::Exposed);
    assert!(error.to_string().contains("chmod 600"), "{error}");
    assert_eq!(SqliteJournal::read_only(&folder).await.unwrap_err().kind(), JournalErrorKind::Exposed);
    set_mode(&file, 0o600);
    set_mode(&folder, 0o777);
    let error = refusal(&folder).await;
    assert_eq!(error.kind(), JournalErrorKind::Exposed);
    assert!(error.to_string().contains("chmod 700"), "{error}");
    set_mode(&folder, 0o700);
    let elsewhere = home.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert_eq!(refusal(&folder).await.kind(), JournalErrorKind::Exposed, "a link may lead anywhere");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(refusal(&folder).await.kind(), JournalErrorKind::Exposed);
}

#[tokio::test]
async fn a_second_writer_is_told_which_file_is_locked_and_readers_go_on() {
    let home = tempfile::tempdir().unwrap();
    let writer = open(home.path()).await;
    writer.commit("planned", first()).await.unwrap();
    let error = refusal(home.path()).await;
    assert_eq!(error.kind(), JournalErrorKind::InUse);
    assert!(error.to_string().contains("journal.lock"), "{error}");
    assert!(!error.to_string().contains('\n'), "one sentence: {error}");

    let reader = SqliteJournal::read_only(home.path()).await.unwrap().unwrap();
    assert_eq!(reader.events("web", 0).await.unwrap().len(), 1);
    writer.commit("told", Batch::from(vec![Change::Event(event("told"))])).await.unwrap();
    assert_eq!(reader.events("web", 0).await.unwrap().len(), 2, "a reader sees what was committed since");
    let error = reader.commit("told", Batch::from(vec![Change::Event(event("x"))])).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::ReadOnly);

    drop(writer);
    drop(open(home.path()).await);
}

#[tokio::test]
async fn without_a_journal_a_reader_makes_none() {
    let home = tempfile::tempdir().unwrap();
    assert!(SqliteJournal::read_only(home.path()).await.unwrap().is_none());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let error = refusal(&file.join("vmbroker")).await;
    assert!(error.to_string().contains("vmbroker"), "{error}");
}

/// The names of all files in the journal's folder while it is open.
const NAMES: [&str; 4] = ["journal.lock", "journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal"];

/// A folder with a journal that was written, its files as they are while it is open.
async fn written() -> (tempfile::TempDir, PathBuf) {
    let (home, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(home.path()).await;
    journal.commit("planned", first()).await.unwrap();
    for name in NAMES {
        fs::copy(home.path().join(name), copy.path().join(name)).unwrap();
    }
    let folder = copy.path().to_owned();
    (copy, folder)
}

/// What a writer and a reader say of this folder.
async fn refusals(folder: &Path) -> [Option<JournalErrorKind>; 2] {
    let writer = SqliteJournal::open(folder, at(0), None).await.map(drop);
    let reader = SqliteJournal::read_only(folder).await.map(drop);
    [writer, reader].map(|result| result.err().map(|error| error.kind()))
}

const EXPOSED: Option<JournalErrorKind> = Some(JournalErrorKind::Exposed);

#[tokio::test]
async fn none_of_its_files_may_be_a_link_or_open_to_others() {
    for name in NAMES {
        // A reader takes no lock.
        let wanted = [EXPOSED, EXPOSED.filter(|_| name != "journal.lock")];
        for mode in [0o604, 0o640, 0o660, 0o602] {
            let (_home, folder) = written().await;
            set_mode(&folder.join(name), mode);
            assert_eq!(refusals(&folder).await, wanted, "{name} {mode:o}");
            set_mode(&folder.join(name), 0o600);
            assert_eq!(refusals(&folder).await, [None, None], "{name}: as it was");
        }
        let (_home, folder) = written().await;
        let elsewhere = tempfile::tempdir().unwrap();
        let victim = elsewhere.path().join("victim");
        let file = folder.join(name);
        for there in [true, false] {
            fs::remove_file(&file).unwrap();
            symlink(&victim, &file).unwrap();
            if there {
                fs::write(&victim, "dear diary").unwrap();
                set_mode(&victim, 0o600);
            } else {
                fs::remove_file(&victim).unwrap();
            }
            assert_eq!(refusals(&folder).await, wanted, "{name} is a link");
            let held = fs::read_to_string(&victim).ok();
            assert_eq!(
                held.as_deref(),
                there.then_some("dear diary"),
                "{name}: what it leads to is left alone"
            );
        }
        // The same file by a careless program, which follows the link.
        fs::write(&file, "scribble").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "scribble");
    }
}

#[tokio::test]
async fn a_folder_that_others_may_change_is_refused_by_writers_and_readers() {
    let (_home, folder) = written().await;
    for (mode, wanted) in
        [(0o700, None), (0o755, None), (0o770, EXPOSED), (0o707, EXPOSED), (0o1777, EXPOSED)]
    {
        set_mode(&folder, mode);
        assert_eq!(refusals(&folder).await, [wanted; 2], "{mode:o}");
    }
}

#[tokio::test]
async fn a_link_to_a_folder_of_the_same_owner_is_as_good_as_the_folder() {
    let (home, real) = written().await;
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("state");
    symlink(&real, &link).unwrap();
    let journal = open(&link).await;
    assert_eq!(journal.file(), fs::canonicalize(&real).unwrap().join(SqliteJournal::FILE));
    journal.commit("told", Batch::from(vec![Change::Event(event("told"))])).await.unwrap();
    let reader = SqliteJournal::read_only(&link).await.unwrap().unwrap();
    assert_eq!(reader.events("web", 0).await.unwrap().len(), 2);
    drop((journal, reader));
    set_mode(&real, 0o777);
    assert_eq!(refusals(&link).await, [EXPOSED; 2], "what counts is where it leads to");
    drop(home);
    let error = refusal(&link).await;
    assert!(!real.exists(), "a link to nowhere makes nothing: {error}");
}

/// Another user than the one who runs this.
const NOBODY: u32 = 65_534;

#[tokio::test]
async fn what_belongs_to_somebody_else_is_refused() {
    let (_home, folder) = written().await;
    if fs::metadata(&folder).unwrap().uid() != 0 {
        println!("ignored: only root can give a file to another user");
        return;
    }
    for name in NAMES {
        let wanted = [EXPOSED, EXPOSED.filter(|_| name != "journal.lock")];
        chown(folder.join(name), Some(NOBODY), None).unwrap();
        assert_eq!(refusals(&folder).await, wanted, "{name}");
        chown(folder.join(name), Some(0), None).unwrap();
    }
    assert_eq!(refusals(&folder).await, [None; 2]);
    chown(&folder, Some(NOBODY), None).unwrap();
    assert_eq!(refusals(&folder).await, [EXPOSED; 2]);
    let error = refusal(&folder).await.to_string();
    assert!(error.contains("belongs to another user"), "{error}");
    let link = tempfile::tempdir().unwrap();
    let link = link.path().join("state");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(&folder, &link).unwrap();
    assert_eq!(refusals(&link).await, [EXPOSED; 2], "through a link of one's own as well");
    fs::remove_dir_all(link.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    for name in NAMES {
        let (_home, folder) = written().await;
        let file = folder.join(name);
        fs::remove_file(&file).unwrap();
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&file).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("ignored: there is no `mkfifo`");
            return;
        }
        let wanted = [EXPOSED, EXPOSED.filter(|_| name != "journal.lock")];
        assert_eq!(refusals(&folder).await, wanted, "{name} is a pipe");
    }
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("ignored: there is no `mkfifo`");
        return;
    }
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(private::open(&pipe, false).map(|_| ())));
    let opened = told.recv_timeout(std::time::Duration::from_secs(20)).expect("it waits for the other end");
    assert!(matches!(opened, Err(private::Refused::Exposed(_))), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_make_it_at_once_one_writes_and_nothing_is_open_to_others_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/b/vmbroker");
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let folder = folder.clone();
            tokio::spawn(async move { SqliteJournal::open(&folder, at(0), None).await })
        })
        .collect();
    let mut open = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(journal) => open.push(journal),
            Err(error) => assert_eq!(error.kind(), JournalErrorKind::InUse, "{error}"),
        }
    }
    assert_eq!(open.len(), 1);
    open[0].commit("planned", first()).await.unwrap();
    assert_eq!((mode(&folder), mode(&home.path().join("a"))), (0o700, 0o700));
    for name in NAMES {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
}
