//! `vmbroker receipt`.

use serde_json::json;
use vmbroker::deploy::{Receipt, ReceiptLine};

use super::{money_cell, unknown_deployment};
use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::story::second;
use crate::table::{Table, column};

/// Show what a deployment was quoted and what it costs so far, at least and at most.
///
/// Nobody sees the very moments at which a provider begins and ends to charge, so each amount has two bounds: what was
/// seen to run is charged at least, and all from the order to the proof of its end at most.
///
/// JSON: `{"name", "at", "lines": [{"number", "leg", "account", "offer", "handle", "quoted", "least", "most", "from",
/// "until"}], "totals": [{"least", "most"}]}`. `until` is null while a machine may still cost money. Amounts are text and
/// have every digit.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker receipt web")]
pub(crate) struct Args {
    /// The deployment, as `vmbroker deployments` lists it.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let reader = context.reader().await?;
    let receipt = match &reader {
        Some(broker) => broker.receipt(&args.name).await?,
        None => None,
    };
    let Some(receipt) = receipt else { return Err(unknown_deployment(reader.as_ref(), &args.name).await) };
    let terminal = &context.terminal;
    if terminal.is_json() {
        let totals: Vec<_> = receipt
            .totals()
            .into_iter()
            .map(|(least, most)| json!({ "least": least, "most": most }))
            .collect();
        let mut document = json!(receipt);
        document["totals"] = json!(totals);
        terminal.print_json(&document)?;
    } else if receipt.lines.is_empty() {
        terminal.note(&format!("nothing was ever ordered for `{}`", args.name));
    } else {
        table(&receipt).print(terminal)?;
        terminal.print(&totals(&receipt))?;
    }
    Ok(OK)
}

/// What each machine costs.
pub(crate) fn table(receipt: &Receipt) -> Table {
    let mut table = Table::new(&[
        column("MACHINE"),
        column("AT"),
        column("HANDLE").dispensable(4),
        column("QUOTED").dispensable(1).right(),
        column("AT LEAST").right(),
        column("AT MOST").right(),
        column("FROM").dispensable(3),
        column("UNTIL").dispensable(2),
    ]);
    for line in &receipt.lines {
        let amount = |money: Option<_>| money.map_or("not known".to_owned(), money_cell);
        let quoted = if line.quoted.amount.is_zero() { "-".to_owned() } else { money_cell(line.quoted) };
        table.row([
            format!("#{}", line.number),
            line.account.to_string(),
            line.handle.as_ref().map_or("-".to_owned(), ToString::to_string),
            quoted,
            amount(line.least),
            amount(line.most),
            line.from.map_or("-".to_owned(), second),
            line.until.map_or("still there".to_owned(), second),
        ]);
    }
    table
}

/// All lines together.
pub(crate) fn totals(receipt: &Receipt) -> String {
    let mut text = String::new();
    for (least, most) in receipt.totals() {
        text.push_str(&format!("together from {} to {}\n", money_cell(least), money_cell(most)));
    }
    let unknown = |line: &&ReceiptLine| line.most.is_none();
    let unknown = receipt.lines.iter().filter(unknown).count();
    if unknown > 0 {
        text.push_str(&format!("besides {unknown} whose price is not known\n"));
    }
    text
}
