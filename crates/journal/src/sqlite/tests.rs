use super::*;
use crate::{Change, EventRow};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn event(text: &str) -> Batch {
    let row = EventRow {
        number: 0,
        deployment: "web".into(),
        at: now(),
        intent: None,
        leg: None,
        kind: "told".into(),
        body: text.into(),
    };
    Batch::from(vec![Change::Event(row)])
}

#[tokio::test]
async fn a_full_disk_is_a_sentence_and_writes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(home.path(), now(), None).await.unwrap();
    {
        let connection = journal.0.connection.lock().unwrap();
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .unwrap();
    }
    let error = journal.commit("told", event(&"x".repeat(100_000))).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Full);
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(journal.events("web", 0).await.unwrap().is_empty());
    journal.commit("told", event("small")).await.unwrap();
    assert_eq!(journal.events("web", 0).await.unwrap().len(), 1, "what fits is written again");
}

#[tokio::test]
async fn commits_are_as_durable_as_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(home.path(), now(), None).await.unwrap();
    let connection = journal.0.connection.lock().unwrap();
    let word = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
    let level = connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0));
    assert_eq!((word("journal_mode").unwrap().as_str(), level.unwrap()), ("wal", 2));
}

#[test]
fn sqlite_speaks_in_kinds() {
    use rusqlite::ffi::{self, Error};
    let rows = [
        (ffi::SQLITE_FULL, JournalErrorKind::Full),
        (ffi::SQLITE_READONLY, JournalErrorKind::ReadOnly),
        (ffi::SQLITE_READONLY_DBMOVED, JournalErrorKind::ReadOnly),
        (ffi::SQLITE_BUSY, JournalErrorKind::InUse),
        (ffi::SQLITE_CORRUPT, JournalErrorKind::Damaged),
        (ffi::SQLITE_NOTADB, JournalErrorKind::Foreign),
        (ffi::SQLITE_IOERR_FSYNC, JournalErrorKind::Io),
        (ffi::SQLITE_CANTOPEN, JournalErrorKind::Io),
    ];
    for (code, kind) in rows {
        let error =
            failure::of(Path::new("/j"), "written", rusqlite::Error::SqliteFailure(Error::new(code), None));
        assert_eq!(error.kind(), kind, "{code}");
        assert!(error.to_string().contains("/j"), "{error}");
    }
}
