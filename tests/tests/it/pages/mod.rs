//! The pages are tests: every command that README.md names is run as a reader would run it, in the order of the page,
//! and so is every example in the program's own help.
//!
//! Reading order: [`text`] (the commands of a page), [`reader`] (who runs them), [`cargo`] (what is said of cargo, which
//! is not run inside a test, but must be true).

mod cargo;
mod reader;
mod stranger;
mod text;

use std::path::{Path, PathBuf};

use reader::Reader;
use text::commands;
use vmbroker_tests::proof;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

#[tokio::test]
async fn every_command_of_the_readme_does_what_a_reader_expects() {
    let mut reader = Reader::new();
    let found = commands(&page("README.md"));
    for command in &found {
        reader.follow(command).await.unwrap_or_else(|why| panic!("README.md:{}: {why}", command.line));
    }
    assert!(reader.ran >= 20, "only {} commands were run", reader.ran);
    let count = u64::try_from(found.len()).unwrap();
    proof::tried("pages as tests", &[("commands of README.md followed", count)], "");
}

#[tokio::test]
async fn every_example_in_the_programs_help_runs() {
    // A reader of the help looks for accounts first, and for what there is to do with machines last.
    const ORDER: [&str; 17] = [
        "sandbox",
        "init",
        "providers",
        "offers",
        "create",
        "list",
        "status",
        "deploy",
        "deployments",
        "events",
        "receipt",
        "resolve",
        "sweep",
        "delete",
        "destroy",
        "completions",
        "demo",
    ];
    let mut reader = Reader::new();
    let all = reader.help(&[]).await;
    let mut ran = 0;
    for command in subcommands(&all) {
        assert!(command == "help" || ORDER.contains(&command.as_str()), "{command} is not tried");
    }
    for command in ORDER {
        let help = reader.help(&[command]).await;
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command}: {help}"));
        for example in text::lines(examples) {
            reader.follow(&example).await.unwrap_or_else(|why| panic!("vmbroker help {command}: {why}"));
            ran += 1;
        }
    }
    proof::tried("pages as tests", &[("examples of the help followed", ran)], "");
}

#[test]
fn what_the_other_pages_say_of_commands_is_true() {
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md", "PROOF.md"] {
        for command in commands(&page(name)) {
            let why = cargo::judge(&root(), &command);
            why.unwrap_or_else(|why| panic!("{name}:{}: {why}", command.line));
        }
    }
}

#[test]
fn a_page_that_is_wrong_is_found_out() {
    let rows = [
        ("`cargo xtask nothing`", "knows no `nothing`"),
        ("`cargo run -p vmbroker-examples --bin nothing`", "no example `nothing`"),
        ("`cargo bench -p vmbroker-tests --bench nothing`", "no bench `nothing`"),
        ("`cargo test -p vmbroker-tests --test nothing`", "no test `nothing`"),
        ("```sh\ncargo install nothing\n```", "is not known"),
        ("```sh\nmake all\n```", "is not known"),
    ];
    for (text, complaint) in rows {
        let found = commands(text);
        let why = cargo::judge(&root(), &found[0]).unwrap_err();
        assert!(why.contains(complaint), "{text}: {why}");
    }
}

#[tokio::test]
async fn a_command_that_the_program_does_not_know_is_found_out() {
    let mut reader = Reader::new();
    for text in ["vmbroker lst", "vmbroker offers --vcpu 2", "vmbroker help nothing", "frobnicate"] {
        let command = &text::lines(text)[0];
        assert!(reader.follow(command).await.is_err(), "{text}");
    }
}

/// The names in the list of commands of a help text.
fn subcommands(help: &str) -> Vec<String> {
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let rows = list.lines().take_while(|row| !row.is_empty());
    let names = rows.filter(|row| row.starts_with("  ") && !row.starts_with("   "));
    names.filter_map(|row| row.split_whitespace().next()).map(str::to_owned).collect()
}
