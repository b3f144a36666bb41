//! `cargo xtask`: the checks of the house itself. `cargo xtask help` lists them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to a person")]

mod gate;
mod mutants;
mod page;
mod proof;
mod safeguards;

use std::path::{Path, PathBuf};

use clap::Parser;

/// The checks of the house itself.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
enum Task {
    /// Runs the gate: formatting, lints, tests, docs
    Ci,
    /// Changes the code in small ways and sees whether a test notices; takes hours, and needs cargo-mutants
    Mutants(mutants::Options),
    /// Tries everything that is promised, prints one table and writes it into PROOF.md; under half an hour on two cores
    Proof(proof::Options),
    /// Takes each safeguard out of a copy of the source, and writes into PROOF.md which tests noticed
    Safeguards(safeguards::Options),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Ci => gate::run(&root()),
        Task::Mutants(options) => mutants::run(&root(), &options),
        Task::Proof(options) => proof::run(&root(), &options),
        Task::Safeguards(options) => safeguards::run(&root(), &options),
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
