//! `vmbroker offers history`.

use serde_json::{Value, json};
use vmbroker::{PriceHistory, ProviderId};

use super::filter::Filter;
use super::view::short_place;
use crate::args::Accounts;
use crate::context::Context;
use crate::csv::{Cell, Csv};
use crate::failure::{Failure, OK};
use crate::table::{Table, column};
use crate::units::word;

/// Show how prices moved, as far as earlier `vmbroker offers` saw them. Nothing is asked.
///
/// An offer has a line for its first observation and one for each change; it may have changed any time since the
/// observation before. Simulated clouds of `--sandbox` live as long as one command and have no history.
///
/// JSON: `{"offers": [{"provider", "id", …, "asked_disk_gib", "changes": [{"at", "price"}]}], "notes"}`, oldest change
/// first; a price is null where the offer was no longer there.
///
/// CSV: provider, offer, country, city, zone, asked_disk_gib, since, price.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    filter: Filter,
    /// Only this account (repeat for more) [default: all].
    #[arg(long = "provider", value_name = "ACCOUNT", value_parser = word::<ProviderId>)]
    providers: Vec<ProviderId>,
    /// Only offers whose price moved.
    #[arg(long)]
    moved: bool,
}

/// What a price is where the offer was no longer there.
const GONE: &str = "no longer offered";

pub(super) async fn run(args: Args, context: &Context) -> Result<u8, Failure> {
    let accounts = Accounts { providers: args.providers, ..Accounts::default() };
    let open = context.open(&accounts).await?;
    let market = open.market(&context.place)?;
    let (mut histories, notes) = market.history(&args.filter.query()).await;
    histories.retain(|history| !args.moved || history.changes.len() > 1);
    let terminal = &context.terminal;
    if terminal.is_json() {
        let offers: Vec<Value> = histories.iter().map(as_json).collect();
        terminal.print_json(&json!({ "offers": offers, "notes": notes }))?;
        return Ok(OK);
    }
    if terminal.is_csv() {
        terminal.print(&csv(&histories))?;
    } else if histories.is_empty() {
        let what = if args.moved { "no price is known to have moved" } else { "no offers were seen so far" };
        terminal.note(&format!("{what}; `vmbroker offers` looks, and keeps what it sees"));
    } else {
        table(&histories).print(terminal)?;
    }
    for note in notes {
        terminal.note(&format!("note: {}", vmbroker::printable(&note)));
    }
    Ok(OK)
}

fn table(histories: &[PriceHistory]) -> Table {
    let mut table = Table::new(&[
        column("PROVIDER"),
        column("OFFER"),
        column("WHERE").dispensable(1),
        column("DISK").dispensable(2).right(),
        column("SINCE"),
        column("PRICE"),
    ]);
    for PriceHistory { offer, disk_gib, changes } in histories {
        for change in changes {
            table.row([
                offer.provider.to_string(),
                offer.id.to_string(),
                short_place(offer),
                disk_gib.or(offer.disk_gib).map_or("any".to_owned(), |gib| format!("{gib} GiB")),
                change.at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
                change.price.as_ref().map_or(GONE.to_owned(), ToString::to_string),
            ]);
        }
    }
    table
}

fn csv(histories: &[PriceHistory]) -> String {
    let mut csv =
        Csv::new(&["provider", "offer", "country", "city", "zone", "asked_disk_gib", "since", "price"]);
    for PriceHistory { offer, disk_gib, changes } in histories {
        for change in changes {
            csv.row([
                Cell::text(&offer.provider),
                Cell::text(&offer.id),
                Cell::maybe(offer.location.country),
                Cell::maybe(offer.location.city.as_ref()),
                Cell::maybe(offer.location.zone.as_ref()),
                disk_gib.map_or(Cell::Empty, |gib| Cell::Number(gib.into())),
                Cell::text(change.at),
                Cell::text(change.price.as_ref().map_or(GONE.to_owned(), ToString::to_string)),
            ]);
        }
    }
    csv.into_text()
}

fn as_json(history: &PriceHistory) -> Value {
    let mut value = json!(history.offer);
    value["asked_disk_gib"] = json!(history.disk_gib);
    value["changes"] = json!(history.changes);
    value
}
