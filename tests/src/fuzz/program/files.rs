//! Files that a person writes: what is wrong with one is said with its field, and never with a secret.

use std::fs;

use serde_json::Value;

use super::super::Mark;
use super::super::catalogue::shop;
use super::{Outcome, args, check, folder, run};

/// Stands in a file itself, where no secret should.
const WRITTEN: &str = "canary-written-here";

/// `vmbroker.toml`, read by a command that asks nobody.
pub(super) fn config(input: &[u8], spoil: impl Fn(Outcome) -> Outcome) -> Mark {
    let folder = folder();
    fs::write(folder.join("vmbroker.toml"), input).unwrap();
    let json = input.len() % 2 == 1;
    let said = args(if json { "--output json deployments" } else { "deployments" });
    let outcome = spoil(run(&folder, &said, Vec::new()));
    fs::remove_file(folder.join("vmbroker.toml")).unwrap();
    check(&outcome);
    check_written(input, &outcome);
    if outcome.code == 3 {
        let named = outcome.err.contains('`') || outcome.err.contains(": line ");
        assert!(named, "what is wrong names no field: {}", outcome.err);
    }
    if json && outcome.code != 0 {
        let last = outcome.err.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last).unwrap_or_default();
        assert!(value["error"]["message"].is_string(), "no JSON: {}", outcome.err);
    }
    Mark::of(outcome.code == 0).and((outcome.code, json)).and_words(&after_place(&outcome.err))
}

/// A secret that somebody wrote into the file, and only there, is not repeated.
fn check_written(input: &[u8], outcome: &Outcome) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines().filter(|line| line.contains(WRITTEN));
    let (Some(line), None) = (lines.next(), lines.next()) else { return };
    let Some((key, value)) = line.split_once(" = ") else { return };
    let held = ["api_key", "token", "password", "secret", "access_key_password", "machine_password"];
    if held.contains(&key) && value.trim() == format!("\"{WRITTEN}\"") {
        assert!(!outcome.err.contains(WRITTEN), "the program tells the secret: {}", outcome.err);
    }
}

/// A deployment's file, read for its plan at one account that sells one thing.
pub(super) fn deployment(input: &[u8], spoil: impl Fn(Outcome) -> Outcome) -> Mark {
    let folder = folder();
    fs::write(folder.join("web.toml"), input).unwrap();
    let json = input.len() % 2 == 1;
    let said = args(if json { "--output json deploy web.toml --plan" } else { "deploy web.toml --plan" });
    let outcome = spoil(run(&folder, &said, vec![shop()]));
    check(&outcome);
    assert!(outcome.code != 2, "the command line is right: {}", outcome.err);
    if outcome.code == 3 {
        let named = outcome.err.contains('`') || outcome.err.contains(": line ");
        assert!(named, "what is wrong names no field: {}", outcome.err);
    }
    if json && outcome.code <= 1 && !outcome.out.is_empty() {
        let value: Value = serde_json::from_str(&outcome.out).unwrap();
        let text = String::from_utf8_lossy(input);
        let count = text.lines().find_map(|line| line.strip_prefix("count = ")?.parse::<u64>().ok());
        assert!(count.is_none() || value["count"].as_u64() == count, "another count: {text} {}", outcome.out);
    }
    Mark::of(outcome.code <= 1).and((outcome.code, json)).and_words(&after_place(&outcome.err))
}

/// What is said after the name of the file.
fn after_place(err: &str) -> String {
    err.split_once(".toml: ").map_or(err, |(_, rest)| rest).to_owned()
}
