//! `cargo xtask ci` runs the gate as it runs everywhere: the script `.ci/run`. `cargo xtask deny` lets cargo-deny check the
//! dependencies.

mod deny;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("ci"), None) => gate(),
        (Some("deny"), None) => deny::deny(&root()),
        _ => bail!("usage: cargo xtask ci|deny"),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn gate() -> anyhow::Result<()> {
    let status =
        Command::new("bash").arg(".ci/run").current_dir(root()).status().context("bash cannot be started")?;
    if !status.success() {
        bail!("the gate is closed: {status}");
    }
    Ok(())
}
