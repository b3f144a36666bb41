//! `vmbroker providers`.

use std::path::Path;

use serde_json::{Value, json};
use vmbroker::{Answer, Listing, ProviderId, Semantics};

use super::duration_cell;
use crate::args::Accounts;
use crate::context::{Context, Open, report_all};
use crate::failure::Failure;
use crate::table::{Table, column};

/// Check each account: configuration, credentials, and whether it can be reached.
///
/// It is reached by reading its list: the one answer from which absence is concluded.
///
/// JSON: `{"config": path, "accounts": [{"account", "kind", "credentials": [source], "ca_file": path, "reached",
/// "machines", "semantics": {…}, "failure": {…}}]}`. `ca_file` is the file with certificates of further authorities that
/// the account trusts, or null. Durations of `semantics` are `{"secs", "nanos"}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker providers
  vmbroker providers --sandbox")]
pub(crate) struct Args {
    #[command(flatten)]
    accounts: Accounts,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open(&args.accounts).await?;
    let spinner = context.terminal.spinner("reading each account's list");
    let answers = open.registry.list().await;
    drop(spinner);
    let terminal = &context.terminal;
    if terminal.is_json() {
        let accounts: Vec<Value> = answers.iter().map(|answer| as_json(&open, answer)).collect();
        terminal.print_json(&json!({ "config": open.config.path, "accounts": accounts }))?;
    } else {
        if let Some(path) = &open.config.path {
            terminal.note(&format!("configuration: {}", path.display()));
        }
        for id in open.registry.ids() {
            if let Some(path) = authorities(&open, id) {
                terminal.note(&format!("note: `{id}` trusts the certificates of {}, too", path.display()));
            }
        }
        accounts_table(&open, &answers).print(terminal)?;
        terminal.print("\n")?;
        semantics_table(&open).print(terminal)?;
    }
    Ok(report_all(terminal, answers.into_iter().filter_map(|answer| answer.result.err())))
}

fn sources(open: &Open, id: &ProviderId) -> Option<Vec<String>> {
    let described = open.config.accounts.iter().find(|it| it.id == *id)?;
    described.credentials.as_ref().ok().map(|found| found.sources.clone())
}

/// Where the certificates of further authorities are that the account trusts.
fn authorities<'a>(open: &'a Open, id: &ProviderId) -> Option<&'a Path> {
    let described = open.config.accounts.iter().find(|it| it.id == *id)?;
    described.authorities.as_ref().ok()?.as_deref()
}

fn semantics(open: &Open, id: &ProviderId) -> Option<Semantics> {
    open.registry.get(id).ok().map(|provider| provider.semantics().clone())
}

fn kind(open: &Open, id: &ProviderId) -> String {
    let described = open.config.accounts.iter().find(|it| it.id == *id).map(|it| it.kind.to_string());
    described.or_else(|| Some(semantics(open, id)?.kind.to_owned())).unwrap_or_default()
}

fn accounts_table(open: &Open, answers: &[Answer<Listing>]) -> Table {
    let mut table = Table::new(&[
        column("ACCOUNT"),
        column("CLOUD"),
        column("CREDENTIALS").dispensable(2),
        column("REACHED"),
        column("MACHINES").dispensable(1).right(),
    ]);
    for Answer { provider, result } in answers {
        let credentials = match sources(open, provider) {
            Some(sources) => sources.join(", "),
            None if open.config.accounts.iter().any(|it| it.id == *provider) => "missing".to_owned(),
            None => "-".to_owned(),
        };
        let (reached, machines) = match result {
            Ok(listing) => ("yes", listing.instances().len().to_string()),
            Err(_) => ("no: see below", "?".to_owned()),
        };
        table.row([provider.to_string(), kind(open, provider), credentials, reached.to_owned(), machines]);
    }
    table
}

/// How each account behaves where its user must know.
fn semantics_table(open: &Open) -> Table {
    let mut table = Table::new(&[
        column("ACCOUNT"),
        column("CREATES"),
        column("APPROVAL").dispensable(4),
        column("NAMES UP TO").dispensable(5).right(),
        column("DELETES"),
        column("LATE CREATE").dispensable(2).right(),
        column("LIST LAGS").dispensable(3).right(),
        column("VISIBLE WITHIN").dispensable(1).right(),
        column("LOOKS EVERY").dispensable(6).right(),
    ]);
    for id in open.registry.ids() {
        let Some(semantics) = semantics(open, id) else { continue };
        let delete = match semantics.delete {
            vmbroker::DeleteMode::Direct => "directly",
            vmbroker::DeleteMode::Order => "by an order",
            vmbroker::DeleteMode::RecycleBin => "by recycle bin",
        };
        table.row([
            id.to_string(),
            if semantics.creates_order { "an order" } else { "a machine" }.to_owned(),
            if semantics.approval_possible { "possible" } else { "no" }.to_owned(),
            semantics.name.longest.to_string(),
            delete.to_owned(),
            duration_cell(semantics.create_applies_within),
            duration_cell(semantics.list_lags_by),
            semantics.visible_within.map_or("nobody knows".to_owned(), duration_cell),
            duration_cell(semantics.poll_every),
        ]);
    }
    table
}

fn as_json(open: &Open, answer: &Answer<Listing>) -> Value {
    let id = &answer.provider;
    json!({
        "account": id,
        "kind": kind(open, id),
        "credentials": sources(open, id),
        "ca_file": authorities(open, id),
        "reached": answer.result.is_ok(),
        "machines": answer.result.as_ref().ok().map(|listing| listing.instances().len()),
        "semantics": semantics(open, id),
        "failure": answer.result.as_ref().err().map(Failure::of),
    })
}
