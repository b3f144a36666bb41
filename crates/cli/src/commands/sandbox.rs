//! `vmbroker sandbox`.

use crate::context::Context;
use crate::failure::{Failure, OK};

/// Serve simulated clouds on this machine until Ctrl-C.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, _context: Context) -> Result<u8, Failure> {
    Ok(OK)
}
