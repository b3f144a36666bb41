//! Everything that is promised, tried harder than the gate has time for, and one table of what came of it.
//!
//! [`trials`](TRIALS) says what is run; [`Tally`] gathers what the runs say of themselves; `table` makes the table
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

/// What is run, in this order. Seeds go on where the gate's end.
const TRIALS: &[Trial] = &[
    Trial { name: "compile", arguments: &["--workspace", "--no-run"] },
    Trial { name: "gate", arguments: &["--workspace", "--no-fail-fast", "--", "--nocapture"] },
    Trial { name: "model", arguments: &[TESTS, "--test", "model", "--", "--ignored", "--nocapture"] },
    Trial {
        name: "flood",
        arguments: &[TESTS, "--test", "flood", "--", "--faulted", "85000", "--first", "100000"],
    },
    Trial { name: "faults", arguments: &[TESTS, "--test", "faults", "--", "--wide"] },
    Trial { name: "fuzz", arguments: &[TESTS, "--test", "fuzz", "--", "--runs", "10000000", "--seed", "2"] },
];

/// The crate in which whole systems are tried.
const TESTS: &str = "--package=vmbroker-tests";

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
    let chosen = |trial: &&Trial| options.only.as_ref().is_none_or(|word| trial.name.contains(word.as_str()));
    let trials: Vec<&Trial> = TRIALS.iter().filter(chosen).collect();
    if trials.is_empty() {
        let names: Vec<&str> = TRIALS.iter().map(|trial| trial.name).collect();
        bail!("no trial has that word in its name; there are: {}", names.join(", "));
    }
    let (mut tally, started) = (Tally::default(), now());
    for (place, trial) in trials.iter().enumerate() {
        eprintln!("[{}/{}] {}", place + 1, trials.len(), trial.name);
        let log = logs.join(format!("{}.log", trial.name));
        let went_well = try_out(root, trial, &log)?;
        let text = fs::read_to_string(&log).unwrap_or_default();
        tally.read(&text)?;
        if !went_well {
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

/// Runs one trial with its words in a file; whether it went well.
fn try_out(root: &Path, trial: &Trial, log: &PathBuf) -> anyhow::Result<bool> {
    let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = Command::new("cargo");
    command.args(["test", "--profile", "proof", "--locked"]).args(trial.arguments);
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
    loop {
        if let Some(status) = child.try_wait().context("cargo cannot be waited for")? {
            eprintln!("      {} s, {status}", started.elapsed().as_secs());
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(200));
        let seconds = started.elapsed().as_secs();
        if seconds >= told + 30 {
            told = seconds;
            eprintln!("      … {seconds} s");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long it took is for a person, by the machine's own clock")]
fn now() -> Instant {
    Instant::now()
}
