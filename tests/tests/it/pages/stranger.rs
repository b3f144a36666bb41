//! The README's program in a crate of a stranger's own, outside of this workspace.

use std::process::Command;

use super::{page, root};

/// The first block of this kind on a page.
fn block(page: &str, kind: &str) -> String {
    let (_, rest) = page.split_once(&format!("```{kind}\n")).unwrap_or_else(|| panic!("no block of {kind}"));
    rest.split_once("\n```").unwrap().0.to_owned() + "\n"
}

#[test]
fn the_readmes_manifest_names_versions_that_are_used_here() {
    let (workspace, manifest) = (page("Cargo.toml"), block(&page("README.md"), "toml"));
    let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
    let quoted = |line: &str| line.split('"').nth(1).unwrap().to_owned();
    for line in dependencies.lines() {
        let name = line.split(' ').next().unwrap();
        let ours = workspace.lines().find(|row| row.starts_with(&format!("{name} = "))).unwrap();
        let (theirs, ours) = (quoted(line), quoted(ours));
        let fits = ours.starts_with(&format!("{theirs}.")) || theirs.ends_with(&format!("/{ours}"));
        assert!(fits, "{name}: {theirs} on the page, {ours} here");
    }
}

#[test]
#[ignore = "compiles every dependency anew, which takes minutes"]
fn the_readmes_program_compiles_in_a_crate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let readme = page("README.md");
    let manifest = block(&readme, "toml");
    let path = format!("path = \"{}\"", root().join("crates/broker").display());
    assert!(manifest.contains("path = \"../vmbroker/crates/broker\""), "{manifest}");
    let manifest = manifest.replace("path = \"../vmbroker/crates/broker\"", &path);
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("src/main.rs"), block(&readme, "rust,no_run")).unwrap();
    // The same versions as here: nothing need be looked up.
    std::fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet"]).current_dir(folder.path());
    cargo.env("CARGO_TARGET_DIR", folder.path().join("target"));
    assert!(cargo.status().unwrap().success());
}
