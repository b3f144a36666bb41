use super::*;

const FILE: &str = "crates/core/src/money.rs";

fn missed(what: &str, line: &str, why: &str) -> Survivor {
    Survivor { what: what.to_owned(), line: line.to_owned(), why: why.to_owned() }
}

fn found(missed: Vec<Survivor>) -> Found {
    Found {
        caught: 5,
        timed_out: 1,
        unviable: 2,
        missed,
        day: "2026-11-27".to_owned(),
        version: "27.1.0".to_owned(),
        content: "0123456789ab".to_owned(),
    }
}

fn list(missed: Vec<Survivor>) -> List {
    List { files: [(FILE.to_owned(), found(missed))].into() }
}

#[test]
fn a_list_is_read_as_it_was_written() {
    let all = list(vec![
        missed("replace || with && in exact", "if a || b {", "One reason,\nin two lines."),
        missed("replace < with <= in exact", "`{}`: a < b", ""),
    ]);
    assert_eq!(List::read(&all.text(&BTreeSet::new(), "2 cores")), all);
    assert_eq!(all.unexplained(), [format!("{FILE}: replace < with <= in exact: `{{}}`: a < b")]);
    assert_eq!(all.sums(), "10 changes in 1 files: 5 caught, 1 timed out, 2 did not compile, 2 missed.");
}

#[test]
fn an_explanation_goes_on_with_its_change_and_ends_with_it() {
    let mut all = list(vec![
        missed("replace < with <= in f", "a < b", "They are never the same."),
        missed("replace < with <= in f", "c < d", "Nor these."),
    ]);
    let again =
        vec![missed("replace < with <= in f", "c < d", ""), missed("replace < with == in f", "c < d", "")];
    all.take(FILE.to_owned(), found(again));
    let whys: Vec<&str> = all.files[FILE].missed.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(whys, ["Nor these.", ""]);
}

#[test]
fn a_file_that_was_not_run_is_named() {
    let wanted = BTreeSet::from([FILE.to_owned(), "crates/core/src/price.rs".to_owned()]);
    let text = list(Vec::new()).text(&wanted, "2 cores");
    assert!(text.contains("Not run yet: crates/core/src/price.rs.\n"), "{text}");
}

#[test]
fn the_list_of_this_repository_explains_all_that_no_test_notices() {
    let text = include_str!("../../../../../tests/mutants.md");
    let all = List::read(text);
    assert!(!all.files.is_empty() && text.contains(&all.sums()), "{}", all.sums());
    assert_eq!(all.unexplained(), [""; 0]);
}
