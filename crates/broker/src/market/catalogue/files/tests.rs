use super::*;

fn file(folder: &Path) -> CacheFile {
    CacheFile::new(folder, "offers", &"fluence".parse().unwrap())
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
    let mut reader = File::open(file(folder.path()).path()).unwrap();
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
            fs::write(&path, bytes).unwrap();
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
        fs::write(file(folder.path()).path(), &text).unwrap();
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
    assert!(value.is_none() && note.unwrap().contains("cannot be read: "));
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
