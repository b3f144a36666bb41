//! `vmbroker demo`.

mod board;
mod story;

use serde_json::json;

use crate::context::Context;
use crate::failure::{FAILED, Failure, OK};
use crate::sandbox::{LedgerLine, Sandbox, Settings};
use crate::table::{Table, column};
use board::Board;

/// Show the whole story on simulated clouds, in less than a minute.
///
/// Machines are ordered at all three clouds, watched until they can be reached, and deleted; the clouds' own ledgers
/// prove that nothing is left.
///
/// JSON: `{"clouds": [{"account", "dialect", "url"}], "machines": [{"provider", "marker", "handle_text", "addresses",
/// "states": [{"state", "after_seconds"}]}], "ledgers": [{"account", "machines", "open", "charged", "currency"}],
/// "left": [{…}], "failures": [{…}], "simulated_seconds"}`. The exit code is 0 only where nothing is left.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many machines are ordered at each cloud.
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=50))]
    machines: u16,
    /// How many times as fast as real time the clouds run.
    #[arg(long, value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let terminal = &context.terminal;
    let sandbox = Sandbox::start(&Settings::embedded(context.clock().now(), args.speed)).await?;
    let clock = sandbox.clock().clone();
    let registry = sandbox.config()?.open(&clock)?;
    if !terminal.is_json() {
        terminal.print(&format!(
            "{} simulated clouds, {} times as fast as real ones:\n",
            sandbox.clouds().len(),
            args.speed
        ))?;
        for cloud in sandbox.clouds() {
            terminal.print(&format!("  {:<12} {}\n", cloud.account, cloud.url))?;
        }
        terminal.print("\n")?;
    }
    let board = Board::new(&clock, terminal);
    let owner = crate::installation::sandbox_owner();
    let (errors, left) = Box::pin(story::play(&registry, owner, args.machines.into(), &board)).await?;
    let (rows, seconds) = (board.rows(), board.elapsed().as_secs());
    drop(board);
    let ledgers = sandbox.ledgers();
    let failures: Vec<Failure> = errors.iter().map(Failure::of).collect();
    let open: usize = ledgers.iter().map(|ledger| ledger.open).sum();
    let code = if open == 0 && left.is_empty() && failures.is_empty() { OK } else { FAILED };
    if terminal.is_json() {
        let left: Vec<_> = left.iter().map(crate::json::instance).collect();
        terminal.print_json(&json!({
            "clouds": sandbox.clouds(),
            "machines": rows,
            "ledgers": ledgers,
            "left": left,
            "failures": failures,
            "simulated_seconds": seconds,
        }))?;
        return Ok(code);
    }
    if terminal.watched_width().is_some() {
        board::table(&rows).print(terminal)?;
    }
    terminal.print("\nThe clouds' ledgers:\n")?;
    ledger_table(&ledgers).print(terminal)?;
    for failure in &failures {
        terminal.report(failure);
    }
    for instance in &left {
        terminal.print(&format!("left: {} is {}\n", instance.handle, instance.state))?;
    }
    let end = if code == OK { "Nothing is left" } else { "Not all went well" };
    let ordered = rows.len();
    terminal.print(&format!(
        "\n{end}: {ordered} machines ordered, {open} still cost money, {seconds} s on the clouds' clock.\n"
    ))?;
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
