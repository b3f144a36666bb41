//! The gate as it runs everywhere: the script `.ci/run`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let status =
        Command::new("bash").arg(".ci/run").current_dir(root).status().context("bash cannot be started")?;
    if !status.success() {
        bail!("the gate is closed: {status}");
    }
    Ok(())
}
