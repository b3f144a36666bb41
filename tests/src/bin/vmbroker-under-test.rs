//! The program `vmbroker`, built here so that a test of this crate can start it as a process, with crash points that
//! the environment names. The program that people get has none.

use std::process::ExitCode;

use vmbroker_cli::{Surroundings, run};

fn main() -> std::io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut surroundings = Surroundings::of_this_process();
    surroundings.probe = vmbroker_tests::probe::probe(&surroundings.env);
    Ok(ExitCode::from(runtime.block_on(Box::pin(run(surroundings)))))
}
