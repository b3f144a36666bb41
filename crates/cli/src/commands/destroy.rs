//! `vmbroker destroy`.

use serde_json::json;
use vmbroker::deploy::Receipt;

use super::follow::{Followed, follow};
use super::{standing, together, unknown_deployment};
use crate::args::Clouds;
use crate::context::Context;
use crate::failure::{FAILED, Failure, OK};

/// Delete every machine of a deployment, each with proof.
///
/// Safe to repeat, and to stop: `vmbroker destroy NAME` goes on where it stopped. What became of each machine and what
/// it cost stays in the journal: `vmbroker receipt NAME`, `vmbroker events NAME`.
///
/// JSON: `{"deployment", "gone": whether nothing is left, "complete", "machines", "asks", "open", "receipt"}`, with the
/// shapes of `deploy` and `receipt`; the events, each a line, on standard error.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker destroy web")]
pub(crate) struct Args {
    /// The deployment, as `vmbroker deployments` lists it.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open_all(Clouds::default()).await?;
    let broker = open.broker(&context).await?;
    if broker.report(&args.name).await?.is_none() {
        return Err(unknown_deployment(Some(&broker), &args.name).await);
    }
    let again = format!("vmbroker destroy {}", args.name);
    let run = broker.destroy(&args.name).await?;
    let followed = follow(run, &context, &open.clock, &again).await?;
    let Followed::Ended { report, state } = followed else { return Ok(FAILED) };
    let gone = !state.legs.values().any(|leg| leg.may_live());
    let receipt = Receipt::of(&state, open.clock.now());
    let terminal = &context.terminal;
    if terminal.is_json() {
        let mut document = standing::document(&state, &report, &Default::default());
        document["gone"] = json!(gone);
        document["receipt"] = json!(receipt);
        terminal.print_json(&document)?;
        return Ok(if gone { OK } else { FAILED });
    }
    if gone {
        let (least, most) =
            (receipt.totals().into_iter().map(|it| it.0), receipt.totals().into_iter().map(|it| it.1));
        terminal.print(&format!(
            "{}: nothing is left; it cost from {} to {}\n",
            args.name,
            together(least),
            together(most)
        ))?;
    } else {
        standing::table(&state, &report, &Default::default(), open.clock.now()).print(terminal)?;
        for leg in standing::asking(&state) {
            terminal.print(&format!(
                "\n{}{}",
                standing::question(&args.name, leg),
                standing::how_to_decide(leg)
            ))?;
        }
    }
    standing::say_open(terminal, &report.open, &again)?;
    Ok(if gone { OK } else { FAILED })
}
