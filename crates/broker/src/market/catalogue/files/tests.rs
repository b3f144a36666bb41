use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use super::*;

fn file(folder: &Path) -> CacheFile {
    CacheFile::new(folder, "offers", &"fluence".parse().unwrap())
}

/// Writes it as a private file.
fn place(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    set_mode(path, 0o600);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

fn written(folder: &Path) -> Vec<u8> {
    file(folder).write(&vec![1, 2, 3]).unwrap();
    fs::read(file(folder).path()).unwrap()
}

#[test]
fn what_was_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let deeper = folder.path().join("is/made");
    assert!(matches!(file(&deeper).read::<Vec<u32>>(), (None, None)));
    file(&deeper).write(&vec![1, 2, 3]).unwrap();
    assert_eq!(file(&deeper).read(), (Some(vec![1, 2, 3]), None));
    let names: Vec<_> = fs::read_dir(&deeper).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["offers-fluence.json"], "nothing else is left behind");
}

#[test]
fn a_reader_sees_the_old_file_or_the_new_one_and_never_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let old = written(folder.path());
    let mut reader = fs::File::open(file(folder.path()).path()).unwrap();
    file(folder.path()).write(&vec![9; 1_000]).unwrap();
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert_eq!(read, old, "the file was replaced, not written over");
}

#[test]
fn each_byte_that_is_missing_or_changed_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = written(folder.path());
    let path = file(folder.path()).path();
    let aside = path.with_extension("set-aside");
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        for bytes in [&whole[..at], &changed] {
            place(&path, bytes);
            let (value, note) = file(folder.path()).read::<Vec<u32>>();
            assert_eq!(value, None, "{}", String::from_utf8_lossy(bytes));
            assert!(note.unwrap().ends_with(&format!("; it was set aside as {}", aside.display())));
            assert_eq!(fs::read(&aside).unwrap(), bytes, "it is still there for who wants to look");
            assert!(!path.exists());
        }
    }
}

#[test]
fn foreign_and_newer_files_are_set_aside_and_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(written(folder.path())).unwrap();
    let rows = [
        (text.replacen(r#""version":1"#, r#""version":2"#, 1), "has version 2, not 1"),
        (text.replacen("fluence", "zenlayer", 1), "is of the account `zenlayer`"),
        (text.replacen("fluence", r"\u001b[31m", 1), r"is of the account `\u{1b}[31m`"),
        (text.replacen("offers", "history", 1), "holds something else"),
        ("{\"vmbroker\":1}\n[]".to_owned(), "is none of ours"),
        ("hello\nworld".to_owned(), "is none of ours"),
        ("\n\n\n".to_owned(), "is none of ours"),
    ];
    for (text, why) in rows {
        place(&file(folder.path()).path(), text.as_bytes());
        let (value, note) = file(folder.path()).read::<Vec<u32>>();
        assert!(value.is_none() && note.as_ref().is_some_and(|note| note.contains(why)), "{text} {note:?}");
    }
    file(folder.path()).write(&vec![format!("a \u{202e}\ntext{}", "!".repeat(1_000))]).unwrap();
    let note = file(folder.path()).read::<Vec<u32>>().1.unwrap();
    assert!(note.contains("cannot be understood: invalid type: string \"a \\u{202e}"), "{note}");
    assert!(!note.contains('\n') && note.len() < 600, "it is a line with an end: {note}");
}

#[test]
fn a_folder_that_cannot_be_used_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("a-file");
    fs::write(&blocked, "").unwrap();
    assert!(file(&blocked).write(&1).unwrap_err().starts_with("the offers could not be kept in "));
    let path = file(folder.path()).path();
    fs::create_dir(&path).unwrap();
    let (value, note) = file(folder.path()).read::<u32>();
    assert!(value.is_none() && note.unwrap().contains("must be a plain file"));
    assert!(path.exists(), "what cannot be read is left alone");
}

#[test]
fn only_one_at_a_time_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let held = file(folder.path()).lock().unwrap();
    assert!(held.is_some() && file(folder.path()).lock().unwrap().is_none());
    drop(held);
    assert!(file(folder.path()).lock().unwrap().is_some());
}

#[test]
fn only_its_owner_can_read_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/b");
    written(&folder);
    drop(file(&folder).lock().unwrap());
    assert_eq!((mode(&folder), mode(&home.path().join("a"))), (0o700, 0o700));
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// That neither is read nor written what this folder holds, and why.
fn refused(folder: &Path, why: &str) {
    let (value, note) = file(folder).read::<Vec<u32>>();
    assert!(value.is_none() && note.as_ref().is_some_and(|note| note.contains(why)), "{why}: {note:?}");
    let written = file(folder).write(&vec![4]);
    assert!(written.as_ref().is_err_and(|note| note.contains(why)), "{why}: {written:?}");
    assert!(file(folder).lock().is_err_and(|refused| refused.to_string().contains(why)), "{why}");
}

#[test]
fn a_folder_that_others_may_change_or_own_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    written(path);
    for open in [0o770, 0o707, 0o1777] {
        set_mode(path, open);
        refused(path, "may be changed by other users");
    }
    set_mode(path, 0o700);
    assert_eq!(file(path).read(), (Some(vec![1, 2, 3]), None), "as it was");
    let link = path.join("link");
    symlink(path, &link).unwrap();
    assert_eq!(file(&link).read(), (Some(vec![1, 2, 3]), None), "a link to one's own folder is as good");
    if fs::metadata(path).unwrap().uid() != 0 {
        println!("ignored: only root can give a folder to another user");
        return;
    }
    chown(path, Some(65_534), None).unwrap();
    refused(path, "belongs to another user");
    refused(&link, "belongs to another user");
}

#[test]
fn no_link_in_place_of_a_file_is_followed() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, victim) = (file(folder.path()).path(), elsewhere.path().join("victim"));
    // A whole file of ours, only reached through a link.
    place(&victim, &written(folder.path()));
    fs::remove_file(&path).unwrap();
    symlink(&victim, &path).unwrap();
    assert!(fs::read(&path).is_ok(), "who is careless reads it");
    let (value, note) = file(folder.path()).read::<Vec<u32>>();
    assert!(value.is_none() && note.unwrap().contains("must be a plain file"));
    let before = fs::read(&victim).unwrap();
    file(folder.path()).write(&vec![9]).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_file(), "the link is replaced");
    assert_eq!(fs::read(&victim).unwrap(), before, "what it led to is left alone");
    let lock = path.with_extension("lock");
    symlink(elsewhere.path().join("made"), &lock).unwrap();
    assert!(file(folder.path()).lock().is_err());
    assert!(!elsewhere.path().join("made").exists());
    set_mode(&path, 0o644);
    let (value, note) = file(folder.path()).read::<Vec<u32>>();
    assert!(value.is_none() && note.unwrap().contains("chmod 600"));
}
