//! `vmbroker list`.

mod known;

use serde_json::json;
use vmbroker::{Error, Instance, Listing, Marker, Owner};

use known::Known;

use super::{address_cell, duration_cell, place_cell, size_cell, state_cell};
use crate::args::Accounts;
use crate::context::{Context, Open, report_all};
use crate::failure::Failure;
use crate::json;
use crate::table::{Table, column};
use crate::units::word;

/// List the machines of all accounts.
///
/// JSON: `{"instances": [{"handle_text", "handle", "name", "marker", "state", "word", "size", "location",
/// "public_addresses", "price", "deployment", …}], "complete": [account], "missing": [{"marker", "deployment",
/// "provider", "handle_text"}], "failures": [{"provider", "message", …}]}`. `deployment` is the one that the journal has it
/// in, or null; `missing` are machines that the journal has as up and that no complete list shows.
/// Only for the accounts under `complete` may absence be concluded.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker list
  vmbroker list --mine --output json
  vmbroker list --marker MARKER")]
pub(crate) struct Args {
    #[command(flatten)]
    accounts: Accounts,
    /// Only the machine with this marker.
    #[arg(long, value_parser = word::<Marker>)]
    marker: Option<Marker>,
    /// Only machines of this installation.
    #[arg(long)]
    mine: bool,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open(&args.accounts).await?;
    let owner = if args.mine { Some(open.owner(&context.place)?) } else { None };
    let spinner = context.terminal.spinner("reading lists");
    let answers = open.registry.list().await;
    drop(spinner);
    let (mut instances, mut complete, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for answer in answers {
        match answer.result {
            Ok(listing) => {
                complete.push(answer.provider);
                instances.extend(wanted(listing, args.marker, owner));
            }
            Err(error) => errors.push(error),
        }
    }
    let terminal = &context.terminal;
    let known = Known::read(&context, &open).await;
    let missing = if args.marker.is_none() { known.missing(&instances, &complete) } else { Vec::new() };
    if terminal.is_json() {
        let failures: Vec<Failure> = errors.iter().map(Failure::of).collect();
        let document = |instance: &Instance| {
            let mut value = json::instance(instance);
            value["deployment"] = json!(known.deployment(instance));
            value
        };
        let instances: Vec<_> = instances.iter().map(document).collect();
        let missing: Vec<_> = missing.iter().map(|leg| known::document(leg)).collect();
        terminal.print_json(&json!({
            "instances": instances, "complete": complete, "missing": missing, "failures": failures,
        }))?;
    } else if instances.is_empty() {
        say_none(&args, &context, &open, &errors);
    } else {
        table(&instances, &known).print(terminal)?;
        say_doubled(&args, &context, instances.len());
    }
    if !terminal.is_json() {
        known::say_missing(terminal, &missing);
    }
    Ok(report_all(terminal, errors))
}

fn wanted(listing: Listing, marker: Option<Marker>, owner: Option<Owner>) -> impl Iterator<Item = Instance> {
    listing.into_instances().into_iter().filter(move |instance| {
        marker.is_none_or(|marker| instance.marker == Some(marker))
            && owner.is_none_or(|owner| instance.marker.is_some_and(|marker| marker.owner() == owner))
    })
}

/// One marker is one machine: more than one means that a create was doubled.
fn say_doubled(args: &Args, context: &Context, count: usize) {
    if args.marker.is_some() && count > 1 {
        context.terminal.note(&format!(
            "warning: {count} machines carry this marker, and each may cost money: keep one and delete the others"
        ));
    }
}

/// Nothing was found: says so, and what that is worth.
fn say_none(args: &Args, context: &Context, open: &Open, errors: &[Error]) {
    let terminal = &context.terminal;
    let Some(asked) = asked(open, errors) else { return };
    let Some(marker) = args.marker else {
        let whose = if args.mine { "no machine of this installation" } else { "no machine" };
        terminal.note(&format!("{whose} at {asked}"));
        return;
    };
    terminal.note(&format!("no machine with the marker {marker} at {asked}"));
    for id in open.registry.ids() {
        let Ok(provider) = open.registry.get(id) else { continue };
        let semantics = provider.semantics();
        match semantics.visible_within {
            None => terminal.note(&format!(
                "note: at `{id}` nobody can say how long a new machine stays invisible: absence is never proven"
            )),
            Some(visible) => {
                let after = (semantics.create_applies_within + semantics.list_lags_by).max(visible);
                if !after.is_zero() {
                    terminal.note(&format!(
                        "note: at `{id}` this is proof only from {} after the order on",
                        duration_cell(after)
                    ));
                }
            }
        }
    }
}

/// The accounts that answered; absent where none did.
fn asked(open: &Open, errors: &[Error]) -> Option<String> {
    let failed = |id| errors.iter().any(|error| error.provider() == Some(id));
    let names: Vec<String> =
        open.registry.ids().filter(|id| !failed(*id)).map(|id| format!("`{id}`")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The table that shows machines.
fn table(instances: &[Instance], known: &Known) -> Table {
    let named = instances.iter().any(|instance| known.name(instance).is_some());
    let mut columns = vec![
        column("HANDLE"),
        column("STATE"),
        column("NAME").dispensable(1),
        column("SIZE").dispensable(3),
        column("WHERE").dispensable(4),
        column("ADDRESS").dispensable(2),
        column("PRICE").dispensable(5),
    ];
    if named {
        columns.push(column("DEPLOYMENT").dispensable(1));
    }
    let mut table = Table::new(&columns);
    for instance in instances {
        let mut row = vec![
            instance.handle.to_string(),
            state_cell(instance.state, &instance.word),
            instance.name.clone(),
            size_cell(instance.size),
            place_cell(&instance.location),
            address_cell(instance),
            instance.price.to_string(),
        ];
        if named {
            row.push(known.name(instance).unwrap_or("-").to_owned());
        }
        table.row(row);
    }
    table
}
