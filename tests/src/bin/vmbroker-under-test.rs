//! The program `vmbroker`, built here so that a test of this crate can start it as a process.

use std::process::ExitCode;

use vmbroker_cli::{Surroundings, run};

fn main() -> std::io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(ExitCode::from(runtime.block_on(Box::pin(run(Surroundings::of_this_process())))))
}
