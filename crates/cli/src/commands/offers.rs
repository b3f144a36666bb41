//! `vmbroker offers`.

use serde_json::json;
use vmbroker::{Availability, ChargeType, Country, Offer, OfferQuery};

use super::{place_cell, size_cell};
use crate::args::Accounts;
use crate::context::{Context, report_all};
use crate::failure::Failure;
use crate::table::{Table, column};
use crate::units::{memory_mib, word};

/// Show what can be rented, at all accounts side by side.
///
/// A price that the provider has not told is `unknown`, never free.
///
/// JSON: `{"offers": [{"provider", "id", "size": {"vcpus", "memory_mib"}, "disk_gib", "location", "charge",
/// "price", "availability", "extras"}], "failures": [{"provider", "message", …}]}`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    accounts: Accounts,
    /// At least this many virtual processors.
    #[arg(long, value_name = "COUNT")]
    vcpus: Option<u32>,
    /// At least this much memory, such as 4GiB.
    #[arg(long, value_name = "SIZE", value_parser = memory_mib)]
    memory: Option<u64>,
    /// In this country, by its two-letter code (repeat for more).
    #[arg(long = "country", value_name = "CODE", value_parser = word::<Country>)]
    countries: Vec<Country>,
    /// In this zone, by the provider's own word.
    #[arg(long)]
    zone: Option<String>,
    /// Paid up front for this many months, instead of as you go.
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=120))]
    prepaid_months: Option<u32>,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open(&args.accounts).await?;
    let query = OfferQuery {
        vcpus: args.vcpus,
        memory_mib: args.memory,
        disk_gib: None,
        countries: args.countries,
        zone: args.zone,
        charge: args.prepaid_months.map(|months| ChargeType::Prepaid { months }),
    };
    let spinner = context.terminal.spinner("asking for offers");
    let answers = open.registry.offers(&query).await;
    drop(spinner);
    let (mut offers, mut errors) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer.result {
            Ok(found) => offers.extend(found),
            Err(error) => errors.push(error),
        }
    }
    offers.sort_by(|a, b| (a.size, &a.provider, &a.id).cmp(&(b.size, &b.provider, &b.id)));
    let terminal = &context.terminal;
    if terminal.is_json() {
        let failures: Vec<Failure> = errors.iter().map(Failure::of).collect();
        terminal.print_json(&json!({ "offers": offers, "failures": failures }))?;
    } else if offers.is_empty() {
        terminal.note("no offer meets this wish");
    } else {
        table(&offers).print(terminal)?;
        if offers.iter().any(|offer| !offer.price.is_known()) {
            terminal.note("note: `unknown` means that the price has not been told, never that it is free");
        }
    }
    Ok(report_all(terminal, errors))
}

fn table(offers: &[Offer]) -> Table {
    let mut table = Table::new(&[
        column("PROVIDER"),
        column("OFFER"),
        column("SIZE"),
        column("DISK").dispensable(2),
        column("WHERE").dispensable(1),
        column("LEFT").dispensable(3).right(),
        column("PRICE"),
    ]);
    for offer in offers {
        let left = match offer.availability {
            Availability::Unknown => "?".to_owned(),
            Availability::Count(left) => left.to_string(),
        };
        table.row([
            offer.provider.to_string(),
            offer.id.to_string(),
            size_cell(offer.size),
            offer.disk_gib.map_or("any".to_owned(), |gib| format!("{gib} GiB")),
            place_cell(&offer.location),
            left,
            offer.price.to_string(),
        ]);
    }
    table
}
