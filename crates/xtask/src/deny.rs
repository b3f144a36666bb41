//! `cargo xtask deny`: cargo-deny holds the dependencies against deny.toml, where it is installed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What is checked without a network. Known weaknesses (`advisories`) are not: their list has to be fetched.
const CHECKS: [&str; 3] = ["licenses", "bans", "sources"];

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(root);
        cargo
    };
    let silent = cargo().args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !silent.context("cargo cannot be started")?.success() {
        bail!(
            "cargo-deny is not installed: `cargo install cargo-deny --locked` installs it. `cargo test -p vmbroker-xtask` \
             holds the dependencies against deny.toml without it"
        );
    }
    let status = cargo().args(["deny", "--offline", "--locked", "check"]).args(CHECKS).status()?;
    if !status.success() {
        bail!("the dependencies are not what deny.toml allows: {status}");
    }
    Ok(())
}
