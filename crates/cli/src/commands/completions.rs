//! `vmbroker completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::context::Context;
use crate::failure::{Failure, OK};

/// Print a completion script for a shell, such as for `source <(vmbroker completions bash)`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  source <(vmbroker completions bash)
  vmbroker completions fish")]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vmbroker", &mut script);
    context.terminal.print_program(&String::from_utf8_lossy(&script))?;
    Ok(OK)
}
