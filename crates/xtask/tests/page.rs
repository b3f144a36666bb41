//! PROOF.md says what is there.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn page() -> String {
    fs::read_to_string(root().join("PROOF.md")).unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The lines between the marks of a part.
fn part(page: &str, name: &str) -> Vec<String> {
    let mark = |which: &str| format!("<!-- {name}, written by `cargo xtask {name}`: {which} -->");
    let (_, rest) = page.split_once(&mark("begin")).unwrap();
    let (part, _) = rest.split_once(&mark("end")).unwrap();
    part.lines().map(str::to_owned).collect()
}

/// The name of every function in the sources.
fn functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![root().join("crates"), root().join("tests"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(path).unwrap();
                let after = text.split("fn ").skip(1);
                names.extend(after.filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned)));
            }
        }
    }
    names
}

#[test]
fn the_page_of_proof_names_files_that_are_there() {
    let page = page();
    let paths = quoted(&page).filter(|it| it.starts_with("tests/") || it.starts_with("crates/"));
    let missing: Vec<&str> = paths.filter(|path| !root().join(path).exists()).collect();
    assert_eq!(missing, [""; 0]);
}

/// Which of the safeguards were tried is said above their rows: a list that grew since cannot pass for all of it.
#[test]
fn the_list_of_safeguards_is_the_one_that_was_tried() {
    let list: Table =
        fs::read_to_string(root().join("crates/xtask/safeguards.toml")).unwrap().parse().unwrap();
    let listed: BTreeSet<&str> =
        list["safeguard"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    let lines = part(&page(), "safeguards");
    let rows = lines.iter().filter(|line| line.starts_with("| ") && !line.starts_with("| taken out"));
    let (mut shown, functions) = (BTreeSet::new(), functions());
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        shown.insert(cells[0].trim_start_matches("| "));
        let tests: Vec<&str> = quoted(cells[2]).collect();
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            // An example of the documentation is named by its item and line.
            let is_example = test.split_once(" (line ").is_some_and(|(_, line)| line.ends_with(')'));
            assert!(
                is_example || functions.contains(test),
                "PROOF.md names `{test}`, and there is no such test"
            );
        }
    }
    let unknown: Vec<&&str> = shown.difference(&listed).collect();
    assert!(unknown.is_empty(), "PROOF.md has safeguards that are in no list: {unknown:?}");
    let said = format!(": {} of {} taken out one at a time, {0} noticed.", shown.len(), listed.len());
    assert!(lines.iter().any(|line| line.ends_with(&said)), "PROOF.md must say `{said}`");
}
