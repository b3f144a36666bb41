//! The house rules that no compiler checks.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// Which of our crates each crate may use in what it ships: the edges of ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("vmbroker-core", &[]),
    ("vmbroker-http", &["vmbroker-core"]),
    ("vmbroker-sim", &["vmbroker-core"]),
    ("vmbroker-conformance", &["vmbroker-core"]),
    ("vmbroker-journal", &["vmbroker-core"]),
    ("vmbroker-fluence", &["vmbroker-core", "vmbroker-http"]),
    ("vmbroker-wayscloud", &["vmbroker-core", "vmbroker-http"]),
    ("vmbroker-zenlayer", &["vmbroker-core", "vmbroker-http"]),
    (
        "vmbroker",
        &["vmbroker-core", "vmbroker-fluence", "vmbroker-journal", "vmbroker-wayscloud", "vmbroker-zenlayer"],
    ),
    (
        "vmbroker-cli",
        &[
            "vmbroker",
            "vmbroker-core",
            "vmbroker-fluence",
            "vmbroker-http",
            "vmbroker-journal",
            "vmbroker-sim",
            "vmbroker-wayscloud",
            "vmbroker-zenlayer",
        ],
    ),
    ("vmbroker-xtask", &[]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every member's manifest, by its folder.
fn manifests() -> BTreeMap<PathBuf, Table> {
    let rooms = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let members = rooms.chain([root().join("tests"), root().join("examples")]);
    let read = |folder: PathBuf| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        (folder, text.parse().unwrap())
    };
    members.map(read).collect()
}

fn name(manifest: &Table) -> &str {
    manifest["package"]["name"].as_str().unwrap()
}

/// The names of our own crates in one section of a manifest.
fn ours<'a>(manifest: &'a Table, section: &str) -> Vec<&'a str> {
    let entries = manifest.get(section).and_then(|section| section.as_table());
    entries
        .into_iter()
        .flat_map(Table::keys)
        .filter(|key| key.starts_with("vmbroker"))
        .map(String::as_str)
        .collect()
}

/// What is wrong with a crate's edges, if anything.
fn complaint(manifest: &Table) -> Option<String> {
    let allowed = MAY_USE.iter().find(|row| row.0 == name(manifest))?.1;
    let stranger = ours(manifest, "dependencies").into_iter().find(|used| !allowed.contains(used))?;
    Some(format!("{} may not use {stranger}", name(manifest)))
}

#[test]
fn crates_use_only_the_crates_they_may() {
    for manifest in manifests().values() {
        assert_eq!(complaint(manifest), None);
    }
    let crooked: Table =
        "[package]\nname = \"vmbroker-core\"\n[dependencies]\nvmbroker-http.workspace = true"
            .parse()
            .unwrap();
    assert_eq!(complaint(&crooked).unwrap(), "vmbroker-core may not use vmbroker-http");
}

#[test]
fn every_crate_in_the_house_has_its_row_of_edges() {
    for (folder, manifest) in manifests() {
        if folder.starts_with(root().join("crates")) {
            assert!(MAY_USE.iter().any(|row| row.0 == name(&manifest)), "{} has no row", name(&manifest));
        }
    }
}

#[test]
fn simulator_and_adapters_meet_only_in_tests() {
    for manifest in manifests().values() {
        if ["vmbroker-fluence", "vmbroker-wayscloud", "vmbroker-zenlayer"].contains(&name(manifest)) {
            assert!(!ours(manifest, "dependencies").contains(&"vmbroker-sim"), "{}", name(manifest));
        }
        if name(manifest) == "vmbroker-sim" {
            let all = [ours(manifest, "dependencies"), ours(manifest, "dev-dependencies")].concat();
            assert_eq!(all, ["vmbroker-core"]);
        }
    }
}

#[test]
fn architecture_names_every_crate() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for manifest in manifests().values() {
        let name = format!("`{}`", name(manifest));
        assert!(text.contains(&name), "ARCHITECTURE.md does not name {name}");
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for manifest in manifests().values() {
        let lints =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(lints, Some(true), "{} does not", name(manifest));
    }
}

#[test]
fn the_top_level_holds_what_a_newcomer_expects() {
    let wanted = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "PROOF.md",
        "README.md",
        ".ci/run",
    ];
    for file in wanted {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let head: String = readme.lines().take(30).collect::<Vec<_>>().join("\n");
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        assert!(head.contains(command), "`{command}` does not stand at the top of README.md");
    }
}
