//! What cargo-mutants wrote into `mutants.out/outcomes.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::list::{Found, Survivor};

/// The changes that are to be tried, by file: each by its place and words, as cargo-mutants lists it.
pub(super) type Wanted = BTreeMap<String, BTreeSet<String>>;

#[derive(Deserialize)]
struct Outcomes {
    outcomes: Vec<Outcome>,
    start_time: String,
    cargo_mutants_version: String,
}

#[derive(Deserialize)]
struct Outcome {
    scenario: Scenario,
    summary: Summary,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant(Mutant),
}

#[derive(Deserialize)]
struct Mutant {
    /// Its place, a colon and a space, and what is changed.
    name: String,
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Start,
}

#[derive(Deserialize)]
struct Start {
    line: usize,
}

#[derive(Clone, Copy, Deserialize)]
enum Summary {
    Success,
    Failure,
    CaughtMutant,
    MissedMutant,
    Timeout,
    Unviable,
}

/// A change that was tried, what came of it, and what the file's row tells of the run.
struct Tried {
    mutant: Mutant,
    summary: Summary,
    day: String,
    version: String,
}

/// What the runs that left their outcomes in these folders found, by file. What a later one says of the same change
/// counts: it ran again what was missed before there was a test. A file of which not all that is wanted was tried, of
/// the code as it stands, is left out.
pub(super) fn read(
    root: &Path,
    folders: &[PathBuf],
    wanted: &Wanted,
) -> anyhow::Result<BTreeMap<String, Found>> {
    let mut all = BTreeMap::new();
    for folder in folders {
        let path = folder.join("mutants.out/outcomes.json");
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        add(&mut all, &text).with_context(|| path.display().to_string())?;
    }
    let mut found = by_file(&all, wanted, &|file| fs::read_to_string(root.join(file)).unwrap_or_default())?;
    for (file, found) in &mut found {
        found.content = content(root, file)?;
    }
    Ok(found)
}

/// Adds the outcomes in this JSON, by the change's place and words.
fn add(all: &mut BTreeMap<String, Tried>, json: &str) -> anyhow::Result<()> {
    let run: Outcomes = serde_json::from_str(json).context("these are no outcomes of cargo-mutants")?;
    for Outcome { scenario, summary } in run.outcomes {
        let Scenario::Mutant(mutant) = scenario else { continue };
        let day = run.start_time.get(..10).unwrap_or_default().to_owned();
        let version = run.cargo_mutants_version.clone();
        all.insert(mutant.name.clone(), Tried { mutant, summary, day, version });
    }
    Ok(())
}

/// The same, counted by file; `source` gives a file's text.
fn by_file(
    all: &BTreeMap<String, Tried>,
    wanted: &Wanted,
    source: &dyn Fn(&str) -> String,
) -> anyhow::Result<BTreeMap<String, Found>> {
    let mut files: BTreeMap<String, Found> = BTreeMap::new();
    for (file, changes) in wanted {
        let tried: Vec<&Tried> = changes.iter().filter_map(|change| all.get(change)).collect();
        if tried.len() == changes.len() {
            files.insert(file.clone(), count(&tried, &source(file))?);
        } else if !tried.is_empty() {
            eprintln!("{file} is left out: {} of {} changes were tried", tried.len(), changes.len());
        }
    }
    Ok(files)
}

/// The outcomes of all changes of one file with this text.
fn count(all: &[&Tried], text: &str) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for Tried { mutant, summary, day, version } in all {
        found.day = found.day.max(day.clone());
        found.version.clone_from(version);
        match summary {
            Summary::CaughtMutant => found.caught += 1,
            Summary::Timeout => found.timed_out += 1,
            Summary::Unviable => found.unviable += 1,
            Summary::MissedMutant => {
                let line = text.lines().nth(mutant.span.start.line.saturating_sub(1)).unwrap_or_default();
                let what = mutant.name.split_once(": ").map_or(&*mutant.name, |(_, what)| what);
                let (what, line) = (what.to_owned(), line.trim().to_owned());
                found.missed.push(Survivor { what, line, why: String::new() });
            }
            Summary::Success | Summary::Failure => bail!("`{}` has no outcome", mutant.name),
        }
    }
    Ok(found)
}

/// What git calls this content of the file.
fn content(root: &Path, file: &str) -> anyhow::Result<String> {
    let output = Command::new("git").args(["hash-object", file]).current_dir(root).output();
    let output = output.context("git cannot be started")?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let Some(short) = name.get(..12) else { bail!("git does not know what {file} holds") };
    Ok(short.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = [
        "a.rs:1:1: replace f with ()",
        "a.rs:2:5: replace < with <= in g",
        "a.rs:2:9: replace + with - in g",
        "a.rs:3:1: replace h with 1",
    ];

    fn json(outcomes: &[(&str, u32, &str)]) -> String {
        let mutant = |(name, line, summary): &(&str, u32, &str)| {
            let mutant = format!(r#"{{"name":"{name}","span":{{"start":{{"line":{line}}}}}}}"#);
            format!(r#"{{"scenario":{{"Mutant":{mutant}}},"summary":"{summary}"}}"#)
        };
        let baseline = r#"{"scenario":"Baseline","summary":"Success"}"#.to_owned();
        let rows: Vec<String> = [baseline].into_iter().chain(outcomes.iter().map(mutant)).collect();
        let rows = rows.join(",");
        format!(r#"{{"outcomes":[{rows}],"start_time":"2026-11-27T15:59:45Z","cargo_mutants_version":"1"}}"#)
    }

    fn whole() -> String {
        let [first, second, third, fourth] = NAMES;
        json(&[
            (first, 1, "CaughtMutant"),
            (second, 2, "MissedMutant"),
            (third, 2, "Timeout"),
            (fourth, 3, "Unviable"),
        ])
    }

    fn found(runs: &[String]) -> Option<Found> {
        let mut all = BTreeMap::new();
        runs.iter().for_each(|json| add(&mut all, json).unwrap());
        let wanted = Wanted::from([("a.rs".to_owned(), NAMES.map(str::to_owned).into())]);
        by_file(&all, &wanted, &|_| "f()\n    a < b\n".to_owned()).unwrap().remove("a.rs")
    }

    #[test]
    fn each_outcome_is_counted_and_a_missed_one_quotes_its_line() {
        let found = found(&[whole()]).unwrap();
        let counts = (found.caught, found.timed_out, found.unviable, found.missed.len());
        assert_eq!((counts, found.day.as_str()), ((1, 1, 1, 1), "2026-11-27"));
        let survivor = &found.missed[0];
        assert_eq!((survivor.what.as_str(), survivor.line.as_str()), ("replace < with <= in g", "a < b"));
    }

    #[test]
    fn what_a_later_run_says_of_the_same_change_counts() {
        let found = found(&[whole(), json(&[(NAMES[1], 2, "CaughtMutant")])]).unwrap();
        assert_eq!((found.caught, found.missed.len()), (2, 0));
    }

    #[test]
    fn a_file_of_which_a_part_was_not_tried_has_no_row() {
        assert_eq!(found(&[json(&[(NAMES[0], 1, "CaughtMutant")])]), None);
        let elsewhere = whole().replace("a.rs:3:1", "a.rs:4:1");
        assert_eq!(found(&[elsewhere]), None, "the code has changed since");
    }
}
