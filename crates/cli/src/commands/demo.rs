//! `vmbroker demo`.

mod bills;
mod board;
mod play;
mod plot;
mod prices;
mod tale;
mod teller;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use vmbroker::ExchangeRates;
use vmbroker::deploy::Broker;
use vmbroker::journal::SqliteJournal;

use crate::context::Context;
use crate::failure::{FAILED, Failure, OK};
use crate::interrupt::interrupted;
use crate::sandbox::{LedgerLine, Sandbox, Settings};
use crate::table::{Table, column};
use play::{End, Moment, Stage};
use plot::Plot;
use teller::Teller;

/// Show the whole story on simulated clouds, in less than a minute.
///
/// Prices are compared, and machines are deployed at the cheapest cloud. It is sold out halfway, the answer of another
/// one is lost, and its account runs out of money: all machines come up all the same, each once. Then all are deleted,
/// and each cloud's bill is laid beside the receipt. Nothing is left, neither at the clouds nor on this computer.
///
/// JSON: `{"clouds": [{"account", "dialect", "url"}], "prices": [{"provider", "offer", "location", "rate", "total",
/// "converted"}], "machines": [{"number", "provider", "marker", "handle_text", "addresses", "up_after_seconds",
/// "states": [{"state", "after_seconds"}]}],
/// "story": [{"after_seconds", "number", "text"}], "receipt": [{"number", "provider", "marker", "quoted", "least",
/// "most", "billed", "verdict"}], "ledgers": [{"account", "machines", "open", "charged", "currency"}], "left": [{…}],
/// "failures": [{…}], "simulated_seconds"}`. The exit code is 0 only where all machines were up, none is left, and
/// each bill lies inside its receipt.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker demo
  vmbroker demo --machines 4 --speed 60")]
pub(crate) struct Args {
    /// How many machines are deployed.
    #[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(4..=60))]
    machines: u32,
    /// How many times as fast as real time the clouds run.
    #[arg(long, value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    tokio::select! {
        biased;
        // All there is lives in this process and its folder, and ends with them.
        () = interrupted() => Err(Failure::other("stopped: the simulated clouds and their machines are no more")),
        end = Box::pin(show(&args, &context)) => end,
    }
}

async fn show(args: &Args, context: &Context) -> Result<u8, Failure> {
    let teller = Teller::new(&context.terminal);
    let sandbox = Sandbox::start(&Settings::embedded(context.clock().now(), args.speed)).await?;
    let clouds = sandbox.clouds();
    let speed = args.speed;
    teller
        .part(1, &format!("{} simulated clouds start, {speed} times as fast as real ones", clouds.len()))?;
    let mut table = Table::new(&[column("CLOUD"), column("LISTENS AT")]);
    for cloud in clouds {
        table.row([cloud.account.to_string(), cloud.url.clone()]);
    }
    teller.table(&table)?;
    let meddle = |moment: Moment<'_>| match moment {
        Moment::Planned(plan) => {
            let plot = Plot::of(plan, args.machines);
            plot.arm(&sandbox);
            Some(plot.words())
        }
        Moment::Destroyed => None,
    };
    let temporary = context.place.variable("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    let end = Box::pin(perform(&sandbox, &teller, args.machines, &temporary, &meddle)).await?;
    tell_end(&end, &sandbox, &teller)
}

/// Plays it with a journal that ends with it.
async fn perform(
    sandbox: &Sandbox,
    teller: &Teller,
    machines: u32,
    temporary: &std::path::Path,
    meddle: &(dyn Fn(Moment<'_>) -> Option<String> + Sync),
) -> Result<End, Failure> {
    let cannot = |error| Failure::other("there is no place for the demonstration's journal").because(error);
    let folder = tempfile::Builder::new().prefix("vmbroker-demo-").tempdir_in(temporary).map_err(cannot)?;
    let config = sandbox.config()?;
    let registry = config.open(sandbox.clock())?;
    let journal = SqliteJournal::open(folder.path(), sandbox.clock().now(), None).await?;
    let broker = Broker::new(registry, Arc::new(journal), crate::installation::sandbox_owner())
        .exchanging(ExchangeRates::new(config.exchange.iter().cloned())?);
    let stage = Stage { sandbox, config: &config, broker: &broker, teller, machines };
    Box::pin(play::play(&stage, meddle)).await
}

/// The last part, and the exit code.
fn tell_end(end: &End, sandbox: &Sandbox, teller: &Teller) -> Result<u8, Failure> {
    let terminal = teller.terminal();
    let code = if end.is_good() { OK } else { FAILED };
    if terminal.is_json() {
        let left: Vec<_> = end.left.iter().map(crate::json::instance).collect();
        terminal.print_json(&json!({
            "clouds": sandbox.clouds(),
            "prices": end.prices,
            "machines": end.tale.machines(),
            "story": end.tale.lines(),
            "receipt": end.checked,
            "ledgers": end.ledgers,
            "left": left,
            "failures": end.failures,
            "simulated_seconds": end.seconds,
        }))?;
        return Ok(code);
    }
    teller.part(7, "The clouds' own ledgers")?;
    teller.table(&ledger_table(&end.ledgers))?;
    for failure in &end.failures {
        terminal.report(failure);
    }
    for instance in &end.left {
        teller.say(&format!("left: {} is {}", instance.handle, instance.state))?;
    }
    let (ordered, open) = (end.tale.machines().len(), end.open());
    let verdict = if code == OK { "Nothing is lost, doubled or left" } else { "Not all went well" };
    terminal.print("\n")?;
    teller.line("", &format!("{verdict}: {ordered} machines, {open} still cost money."))?;
    Ok(code)
}

fn ledger_table(ledgers: &[LedgerLine]) -> Table {
    let mut table = Table::new(&[
        column("CLOUD"),
        column("MACHINES EVER").right(),
        column("STILL COST MONEY").right(),
        column("CHARGED").right(),
    ]);
    for ledger in ledgers {
        table.row([
            ledger.account.to_string(),
            ledger.machines.to_string(),
            ledger.open.to_string(),
            format!("{} {}", ledger.charged, ledger.currency),
        ]);
    }
    table
}
