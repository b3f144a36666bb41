//! The program `vmbroker`, built here so that a test of this crate can start it as a process, and with a probe: where
//! `CRASH_AT` is such as `after:sending`, it dies there, as if the power went.

use std::process::ExitCode;

use vmbroker::journal::{Point, Probe};
use vmbroker_cli::{Surroundings, run};

fn main() -> std::io::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut surroundings = Surroundings::of_this_process();
    let crash_at = surroundings.env.get("CRASH_AT").and_then(|at| at.to_str()).map(str::to_owned);
    surroundings.probe = crash_at.map(crashing);
    Ok(ExitCode::from(runtime.block_on(Box::pin(run(surroundings)))))
}

fn crashing(at: String) -> Probe {
    Probe::new(move |point: Point| {
        if point.to_string() == at {
            std::process::abort();
        }
        Ok(())
    })
}
