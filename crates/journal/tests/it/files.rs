//! The files: who may see them, who may write them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vmbroker_journal::{Batch, Change, Journal, JournalErrorKind, SqliteJournal};

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
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
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
