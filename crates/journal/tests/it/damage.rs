//! Foreign, newer and damaged files are refused and left as they are.

use std::fs;
use std::path::Path;

use vmbroker_journal::{Batch, Change, Journal, JournalErrorKind, SqliteJournal};

use super::{at, event, first, open};

const PAGE: usize = 4_096;

async fn kind(folder: &Path) -> JournalErrorKind {
    SqliteJournal::open(folder, at(0), None).await.unwrap_err().kind()
}

fn journal_with(content: &[u8]) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(SqliteJournal::FILE);
    fs::write(&file, content).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    home
}

async fn whole_file() -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let journal = open(home.path()).await;
    journal.commit("planned", first()).await.unwrap();
    for number in 0..200 {
        let body = format!("{{\"number\":{number}}}");
        let row = vmbroker_journal::EventRow { body, ..event("told") };
        journal.commit("told", Batch::from(vec![Change::Event(row)])).await.unwrap();
    }
    drop(journal);
    fs::read(home.path().join(SqliteJournal::FILE)).unwrap()
}

#[tokio::test]
async fn a_file_of_another_program_is_refused_and_left_alone() {
    let text = journal_with(&b"dear diary, ".repeat(100));
    assert_eq!(kind(text.path()).await, JournalErrorKind::Foreign);
    assert!(fs::read(text.path().join(SqliteJournal::FILE)).unwrap().starts_with(b"dear diary"));
    let mut other = whole_file().await;
    other[68..72].copy_from_slice(&7_u32.to_be_bytes());
    assert_eq!(kind(journal_with(&other).path()).await, JournalErrorKind::Foreign);
}

#[tokio::test]
async fn a_newer_layout_is_refused_and_left_alone() {
    let mut newer = whole_file().await;
    newer[60..64].copy_from_slice(&2_u32.to_be_bytes());
    let home = journal_with(&newer);
    let error = SqliteJournal::open(home.path(), at(0), None).await.unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Newer);
    assert!(error.to_string().contains("layout 2"), "{error}");
    assert_eq!(SqliteJournal::read_only(home.path()).await.unwrap_err().kind(), JournalErrorKind::Newer);
    assert_eq!(fs::read(home.path().join(SqliteJournal::FILE)).unwrap(), newer);
}

/// What can be read of a journal, or that it was refused.
async fn reads(folder: &Path) -> Option<usize> {
    let journal = SqliteJournal::open(folder, at(0), None).await.ok()?;
    journal.deployment("web").await.ok()??;
    Some(journal.events("web", 0).await.ok()?.len())
}

#[tokio::test]
async fn each_page_that_is_overwritten_is_noticed() {
    let whole = whole_file().await;
    let pages = whole.len() / PAGE;
    assert!(pages > 20, "{pages}");
    for page in 0..pages {
        let mut broken = whole.clone();
        broken[page * PAGE..(page + 1) * PAGE].fill(0x5a);
        assert_eq!(reads(journal_with(&broken).path()).await, None, "page {page}");
    }
}

#[tokio::test]
async fn flipped_bytes_are_refused_or_harmless_and_never_a_crash() {
    let whole = whole_file().await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for page in 0..whole.len() / PAGE {
        // The head of a page says where everything in it is; the rest is a sample.
        let places = (0..8).map(|at| if page == 0 { at * 12 } else { at }).collect::<Vec<_>>();
        let places = places.into_iter().chain((0..4).map(|_| random.usize(0..PAGE)));
        for place in places {
            let mut broken = whole.clone();
            broken[page * PAGE + place] ^= 0xff;
            match reads(journal_with(&broken).path()).await {
                None => refused += 1,
                Some(events) => assert_eq!(events, 201, "page {page} byte {place}: rows are lost silently"),
            }
        }
    }
    println!("{refused} flips refused");
    assert!(refused > whole.len() / PAGE, "the check notices little: {refused}");
}

#[tokio::test]
async fn a_cut_file_is_refused() {
    let whole = whole_file().await;
    for length in [1, 99, 100, 512, PAGE, whole.len() / 2 / PAGE * PAGE, whole.len() - PAGE] {
        assert_eq!(reads(journal_with(&whole[..length]).path()).await, None, "{length}");
    }
}
