//! Outside witnesses: clients that the clouds' own vendors wrote, unchanged, speak to the simulated clouds.
//!
//! The simulator and the adapters are two readings of the same documents, and a vendor's client is a third one that
//! nobody here wrote. It drives a simulated cloud through whole lives; after each step the ledger, the client and the
//! adapter must tell the same of each machine. For each thing that they could get wrong there is a face that does, and
//! the same judge must complain of it.
//!
//! The clients are Python packages. `VMBROKER_PYTHON` names an interpreter that has them (default: `python3`); where
//! there is none, the tests are shown as ignored with that reason. CONTRIBUTING.md says how to install them. Everything
//! runs on loopback.
#![expect(clippy::print_stdout, reason = "a test that tells what it tried, and with which versions")]

mod python;
mod tally;
mod waldur;
mod wrong;
mod zenlayer;

use std::fmt::Debug;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use python::Python;
use tally::Tally;

/// The tests that need a witness.
type Trials = fn(&Witness) -> Vec<Trial>;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let witnesses: [(&str, Trials); 2] =
        [("zenlayercloud-sdk-python", zenlayer::trials), ("python-waldur-client", waldur::trials)];
    let witnesses = witnesses.map(|(package, trials)| (Witness::call(package), trials));
    let trials = witnesses.iter().flat_map(|(witness, trials)| trials(witness)).collect();
    let conclusion = libtest_mimic::run(&args, trials);
    if !args.list && !conclusion.has_failed() {
        witnesses.iter().for_each(|(witness, _)| witness.report());
    }
    conclusion.exit_code()
}

/// A client that others wrote, or why it is not here.
#[derive(Clone)]
struct Witness {
    package: &'static str,
    python: Result<Python, String>,
    tally: Tally,
}

impl Witness {
    fn call(package: &'static str) -> Self {
        Self { package, python: Python::with(package), tally: Tally::default() }
    }

    /// A test that needs this client.
    fn trial<F>(&self, name: &str, run: fn(Python, Tally) -> F) -> Trial
    where
        F: Future<Output = anyhow::Result<()>> + 'static,
    {
        let (python, tally) = (self.python.clone(), self.tally.clone());
        Trial::ignorable_test(name, move || match python {
            Err(why) => Ok(libtest_mimic::Completion::ignored_with(why)),
            Ok(python) => {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                runtime.block_on(run(python, tally)).map_err(|complaint| format!("{complaint:#}"))?;
                Ok(libtest_mimic::Completion::Completed)
            }
        })
    }

    fn report(&self) {
        match &self.python {
            Ok(python) => self.tally.say(&format!("outside witness: {} {}", self.package, python.version)),
            Err(why) => println!("outside witness: {} is not heard: {why}", self.package),
        }
    }
}

/// What two of them must agree in.
fn same<T: PartialEq + Debug>(what: &str, seen: T, wanted: T) -> anyhow::Result<()> {
    anyhow::ensure!(seen == wanted, "{what}: {seen:?} is seen, and {wanted:?} was to be");
    Ok(())
}
