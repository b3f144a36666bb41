//! `vmbroker demo`.

use crate::context::Context;
use crate::failure::{Failure, OK};

/// Show the whole story on simulated clouds.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, _context: Context) -> Result<u8, Failure> {
    Ok(OK)
}
