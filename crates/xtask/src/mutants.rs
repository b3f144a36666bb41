//! Changes the code in small ways and sees whether a test notices: the mutation check of what decides over money.
//!
//! [`ROOMS`] says whose tests judge; `.cargo/mutants.toml` says which files are changed; `outcomes` reads what
//! cargo-mutants found; `list` is `tests/mutants.md`, in which each mutant that no test notices is explained.

mod list;
mod outcomes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use list::List;
use outcomes::Wanted;

use crate::page;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only these files, named as in tests/mutants.md; the others keep what their last run found
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Runs nothing: takes over what a run of cargo-mutants left in this folder; may be repeated, and then what a
    /// later one says of the same change counts
    #[arg(long, value_name = "FOLDER", conflicts_with = "files")]
    of: Vec<PathBuf>,
}

/// A crate that is changed.
struct Room {
    package: &'static str,
    folder: &'static str,
    /// Which of its tests judge. Unit tests alone are built in half the time.
    tests: &'static str,
}

const ROOMS: &[Room] = &[
    Room { package: "vmbroker-http", folder: "crates/http/", tests: "--tests" },
    Room { package: "vmbroker-core", folder: "crates/core/", tests: "--lib" },
    Room { package: "vmbroker", folder: "crates/broker/", tests: "--lib" },
];

/// Where the list stands.
const LIST: &str = "tests/mutants.md";

pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<()> {
    if !started(root, &["--version"]).is_ok_and(|version| !version.is_empty()) {
        bail!("cargo-mutants is not installed: `cargo install cargo-mutants --locked` does that");
    }
    let whole = options.files.is_empty() && options.of.is_empty();
    let folders = if options.of.is_empty() { try_out(root, &options.files)? } else { options.of.clone() };
    let path = root.join(LIST);
    let mut list = List::read(&fs::read_to_string(&path).unwrap_or_default());
    let wanted = in_scope(root)?;
    list.files.retain(|file, _| wanted.contains_key(file) && !whole);
    for (file, found) in outcomes::read(root, &folders, &wanted)? {
        list.take(file, found);
    }
    let wanted = wanted.into_keys().collect();
    fs::write(&path, list.text(&wanted, &page::machine()))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    println!("{}", list.sums());
    let unexplained = list.unexplained();
    if !unexplained.is_empty() {
        bail!("no test notices these, and {LIST} does not say why that may be:\n{}", unexplained.join("\n"));
    }
    Ok(())
}

/// Runs cargo-mutants in each room that has one of these files, or in all; where it left what it found.
fn try_out(root: &Path, files: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(stranger) = files.iter().find(|file| !ROOMS.iter().any(|room| file.starts_with(room.folder)))
    {
        bail!("`{stranger}` is in none of the crates that are changed");
    }
    let settings = settings(root, files)?;
    let mut folders = Vec::new();
    for room in ROOMS {
        if !files.is_empty() && !files.iter().any(|file| file.starts_with(room.folder)) {
            continue;
        }
        let folder = root.join("target/mutants").join(room.package);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let mut command = Command::new("cargo");
        command.args(["mutants", "--package", room.package, "--cargo-arg", room.tests]);
        command.arg("--output").arg(&folder).arg("--config").arg(&settings);
        let status = command.current_dir(root).status().context("cargo cannot be started")?;
        // 2: some were missed; 3: some ran out of time. Both are findings.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            bail!("cargo-mutants failed in {}: {status}", room.package);
        }
        folders.push(folder);
    }
    Ok(folders)
}

/// The file of cargo-mutants' settings; where files are named, one with these alone: `--file` adds to what is there.
fn settings(root: &Path, files: &[String]) -> anyhow::Result<PathBuf> {
    let path = root.join(".cargo/mutants.toml");
    if files.is_empty() {
        return Ok(path);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut settings: toml::Table = toml::from_str(&text).context(".cargo/mutants.toml")?;
    settings.insert("examine_globs".to_owned(), files.to_vec().into());
    let own = root.join("target/mutants/settings.toml");
    fs::create_dir_all(root.join("target/mutants")).context("target/mutants cannot be made")?;
    fs::write(&own, settings.to_string()).with_context(|| format!("{} cannot be written", own.display()))?;
    Ok(own)
}

/// The changes of the files that `.cargo/mutants.toml` names.
fn in_scope(root: &Path) -> anyhow::Result<Wanted> {
    let mut wanted = Wanted::new();
    for line in started(root, &["--workspace", "--list"])?.lines() {
        if let Some((file, _)) = line.split_once(':') {
            wanted.entry(file.to_owned()).or_default().insert(line.to_owned());
        }
    }
    Ok(wanted)
}

/// What cargo-mutants prints with these arguments.
fn started(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("cargo");
    command.arg("mutants").args(arguments).current_dir(root);
    let output = command.output().context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("cargo-mutants failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
