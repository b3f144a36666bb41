//! Takes one safeguard after the other out of a copy of the source, and sees which tests notice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::page::{self, Marks};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the safeguards whose name or file holds this word; PROOF.md is not touched then
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
}

/// The list as it is kept by hand.
#[derive(Deserialize)]
struct List {
    safeguard: Vec<Safeguard>,
}

/// One safeguard, and how it is taken out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Safeguard {
    name: String,
    /// The file in which it stands.
    file: PathBuf,
    /// The text that is it: stands in the file exactly once.
    from: String,
    /// What stands there without it. Compiles.
    to: String,
    /// The arguments of `cargo test` with which at least one test must fail.
    test: Vec<String>,
}

/// What a run of tests came to.
enum Outcome {
    Passed,
    /// The tests that failed, by name.
    Failed(Vec<String>),
}

const MARKS: Marks = Marks("safeguards");

pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<()> {
    let list = root.join("crates/xtask/safeguards.toml");
    let text = fs::read_to_string(&list).with_context(|| format!("{} cannot be read", list.display()))?;
    let list: List = toml::from_str(&text).context("safeguards.toml")?;
    let fits = |it: &&Safeguard| {
        let file = it.file.to_string_lossy();
        options
            .only
            .as_ref()
            .is_none_or(|word| it.name.contains(word.as_str()) || file.contains(word.as_str()))
    };
    let chosen: Vec<&Safeguard> = list.safeguard.iter().filter(fits).collect();
    if chosen.is_empty() {
        bail!("no safeguard has that word in its name or file");
    }
    let copy = Copied::of(root)?;
    let mut checked: BTreeMap<&[String], ()> = BTreeMap::new();
    let (mut rows, mut unseen) = (String::new(), Vec::new());
    for (place, safeguard) in chosen.iter().enumerate() {
        eprintln!("[{}/{}] without: {}", place + 1, chosen.len(), safeguard.name);
        if checked.insert(&safeguard.test, ()).is_none()
            && let Outcome::Failed(tests) = copy.test(&safeguard.test)?
        {
            bail!("with every safeguard in place these fail: {}", tests.join(", "));
        }
        let outcome = copy.without(safeguard, || copy.test(&safeguard.test))?;
        let caught = match outcome {
            Outcome::Passed => {
                unseen.push(safeguard.name.as_str());
                "**nothing noticed**".to_owned()
            }
            Outcome::Failed(tests) => caught_by(&tests),
        };
        eprintln!("      {caught}");
        rows.push_str(&format!("| {} | `{}` | {caught} |\n", safeguard.name, safeguard.file.display()));
    }
    let text = format!(
        "{}, {}: {} of {} taken out one at a time, {} noticed.\n\n| taken out | of | tests that then failed |\n|---|---|---|\n{rows}",
        page::today(),
        page::code(root),
        chosen.len(),
        list.safeguard.len(),
        chosen.len() - unseen.len()
    );
    println!("{text}");
    if !unseen.is_empty() {
        bail!("no test notices that these are missing: {}", unseen.join("; "));
    }
    if options.only.is_none() {
        MARKS.write(&root.join("PROOF.md"), &text)?;
        eprintln!("PROOF.md has the new list");
    }
    Ok(())
}

/// The first tests by name, and how many more.
fn caught_by(tests: &[String]) -> String {
    let named: Vec<String> = tests.iter().take(3).map(|test| format!("`{test}`")).collect();
    let more = tests.len().saturating_sub(3);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}

/// A copy of the source, in which anything may be changed.
struct Copied {
    root: PathBuf,
    target: PathBuf,
}

impl Copied {
    /// Copies all files that git knows, where they differ from an older copy.
    fn of(root: &Path) -> anyhow::Result<Self> {
        let folder = root.join("target/safeguards");
        let copied = Self { root: folder.join("tree"), target: folder.join("build") };
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git cannot be started")?;
        let names = String::from_utf8(output.stdout).context("a file's name is no text")?;
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let Ok(content) = fs::read(root.join(name)) else { continue };
            let to = copied.root.join(name);
            if fs::read(&to).is_ok_and(|old| old == content) {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            }
            fs::write(&to, content).with_context(|| format!("{} cannot be written", to.display()))?;
        }
        Ok(copied)
    }

    /// Does this with the safeguard taken out, and puts it back.
    fn without<T>(
        &self,
        safeguard: &Safeguard,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let file = self.root.join(&safeguard.file);
        let whole =
            fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        if whole.matches(&safeguard.from).count() != 1 {
            bail!("`{}` does not stand exactly once in {}", safeguard.from, safeguard.file.display());
        }
        let written = fs::write(&file, whole.replacen(&safeguard.from, &safeguard.to, 1));
        written.with_context(|| format!("{} cannot be written", file.display()))?;
        let done = work();
        fs::write(&file, whole).with_context(|| format!("{} cannot be put back", file.display()))?;
        done
    }

    fn test(&self, arguments: &[String]) -> anyhow::Result<Outcome> {
        let cargo = |last: &[&str]| {
            let output = Command::new("cargo")
                .args(["test", "--locked", "--no-fail-fast"])
                .args(last)
                .args(arguments)
                .env("CARGO_TARGET_DIR", &self.target)
                .env("CARGO_TERM_COLOR", "never")
                .current_dir(&self.root)
                .stdin(Stdio::null())
                .output()
                .context("cargo cannot be started")?;
            anyhow::Ok((
                output.status.success(),
                String::from_utf8_lossy(&output.stdout).into_owned(),
                output.stderr,
            ))
        };
        let (compiles, _, errors) = cargo(&["--no-run"])?;
        if !compiles {
            bail!("it does not compile:\n{}", String::from_utf8_lossy(&errors));
        }
        let (passed, said, _) = cargo(&[])?;
        Ok(if passed { Outcome::Passed } else { Outcome::Failed(failed(&said)) })
    }
}

/// The names of the tests that failed.
fn failed(said: &str) -> Vec<String> {
    let names = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let mut names: Vec<String> =
        names.map(|name| name.rsplit("::").next().unwrap_or(name).to_owned()).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_failed_are_named() {
        let said = "test a::b ... ok\ntest a::c ... FAILED\ntest d ... FAILED\ntest result: FAILED. 1 passed";
        assert_eq!(failed(said), ["c", "d"]);
        let many: Vec<String> = (0..5).map(|number| format!("t{number}")).collect();
        assert_eq!(caught_by(&many), "`t0`, `t1`, `t2` and 2 more");
    }

    #[test]
    fn each_safeguard_stands_once_where_the_list_says() {
        let root = crate::root();
        let list = fs::read_to_string(root.join("crates/xtask/safeguards.toml")).unwrap();
        let list: List = toml::from_str(&list).unwrap();
        for safeguard in list.safeguard {
            let file = fs::read_to_string(root.join(&safeguard.file)).unwrap();
            let count = file.matches(&safeguard.from).count();
            assert_eq!(count, 1, "{}: `{}` in {}", safeguard.name, safeguard.from, safeguard.file.display());
            assert_ne!(safeguard.from, safeguard.to, "{}", safeguard.name);
        }
    }
}
