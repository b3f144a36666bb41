//! Everything that is promised, tried harder than the gate has time for, and one table of what came of it.
//!
//! [`LANES`] says what is run; [`Tally`] gathers what the runs say of themselves; `table` makes the table
//! that goes into PROOF.md.

mod table;
mod tally;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tally::Tally;

use crate::page::{self, Marks};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only the trials whose name holds this word; PROOF.md is not touched then
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
}

/// One run, and the arguments of `cargo test` that start it.
struct Trial {
    name: &'static str,
    arguments: &'static [&'static str],
}

/// What is compiled first, so that the rest compiles nothing. Everything names the whole workspace: a single package
/// would be compiled again, with the features that it alone asks for.
const COMPILE: Trial = Trial { name: "compile", arguments: &["--workspace", "--no-run"] };

/// What is run: the second lane beside the first, which waits for processes and clocks about half of its time.
const LANES: [&[Trial]; 2] = [
    &[
        Trial {
            name: "gate",
            arguments: &["--workspace", "--no-fail-fast", "--", "--nocapture", "--skip", "whole::"],
        },
        Trial { name: "fuzz", arguments: &["--workspace", "--test", "fuzz", "--", "--runs", "10000000"] },
    ],
    &[
        Trial {
            name: "model",
            arguments: &["--workspace", "--test", "model", "--", "--ignored", "--nocapture"],
        },
        Trial { name: "flood", arguments: &["--workspace", "--test", "flood", "--", "--faulted", "100000"] },
        Trial { name: "faults", arguments: &["--workspace", "--test", "faults"] },
        Trial {
            name: "waldur",
            arguments: &["--workspace", "--test", "faults", "--", "--wide", "--cloud", "waldur"],
        },
    ],
];

/// At least so much of each kind must have been tried.
const LEAST: &[(&str, u64)] = &[
    ("creates that met a fault", 100_000),
    ("states", 1_000_000),
    ("sets of three", 30_000),
    ("executions", 10_000_000),
];

pub(crate) fn run(root: &Path, options: &Options) -> anyhow::Result<()> {
    let logs = root.join("target/proof-logs");
    fs::create_dir_all(&logs).with_context(|| format!("{} cannot be made", logs.display()))?;
    let is_chosen =
        |trial: &&Trial| options.only.as_ref().is_none_or(|word| trial.name.contains(word.as_str()));
    let lanes = LANES.map(|lane| lane.iter().filter(is_chosen).collect::<Vec<_>>());
    if lanes.iter().all(Vec::is_empty) {
        let names: Vec<&str> = LANES.iter().copied().flatten().map(|trial| trial.name).collect();
        bail!("no trial has that word in its name; there are: {}", names.join(", "));
    }
    let started = now();
    let mut tally = Tally::default();
    if !try_out(root, &COMPILE, &logs)? {
        bail!("it does not compile; all that was said: {}", log_of(&COMPILE, &logs).display());
    }
    let outcomes = std::thread::scope(|scope| {
        let runs = lanes.each_ref().map(|lane| {
            scope.spawn(|| lane.iter().map(|trial| try_out(root, trial, &logs)).collect::<Vec<_>>())
        });
        runs.map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    for (trial, outcome) in lanes.iter().flatten().zip(outcomes.into_iter().flatten()) {
        let log = log_of(trial, &logs);
        let text = fs::read_to_string(&log).unwrap_or_default();
        tally.read(&text)?;
        if !outcome? {
            tally.fail(trial.name);
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(60)..).unwrap_or_default();
            eprintln!("{}\n{} failed; all it said: {}", tail.join("\n"), trial.name, log.display());
        }
    }
    let whole = options.only.is_none();
    if whole {
        tally.demand(LEAST);
    }
    let setting = format!("{}, {}, {}", page::today(), page::code(root), page::machine());
    let text = table::Found { tally: &tally, took: started.elapsed(), setting }.text();
    println!("{text}");
    if !tally.failures().is_empty() {
        bail!("not everything held: {}", tally.failures().join("; "));
    }
    if whole {
        Marks("proof").write(&root.join("PROOF.md"), &text)?;
        eprintln!("PROOF.md has the new table");
    }
    Ok(())
}

fn log_of(trial: &Trial, logs: &Path) -> PathBuf {
    logs.join(format!("{}.log", trial.name))
}

/// Runs one trial with its words in a file; whether it went well.
fn try_out(root: &Path, trial: &Trial, logs: &Path) -> anyhow::Result<bool> {
    let log = log_of(trial, logs);
    let file = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = Command::new("cargo");
    command.args(["test", "--locked"]).args(trial.arguments);
    command.env("CARGO_TERM_COLOR", "never").env("RUST_BACKTRACE", "0");
    let errors = file.try_clone().context("a file cannot be opened twice")?;
    let mut child = command
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn()
        .context("cargo cannot be started")?;
    let (started, mut told) = (now(), 0);
    eprintln!("{}: begins", trial.name);
    loop {
        if let Some(status) = child.try_wait().context("cargo cannot be waited for")? {
            eprintln!("{}: {} s, {status}", trial.name, started.elapsed().as_secs());
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(200));
        let seconds = started.elapsed().as_secs();
        if seconds >= told + 60 {
            told = seconds;
            eprintln!("{}: … {seconds} s", trial.name);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long it took is for a person, by the machine's own clock")]
fn now() -> Instant {
    Instant::now()
}
