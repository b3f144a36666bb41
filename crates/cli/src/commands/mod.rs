//! One file for each verb.

pub(crate) mod completions;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod deployments;
pub(crate) mod destroy;
pub(crate) mod events;
pub(crate) mod follow;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod offers;
pub(crate) mod providers;
pub(crate) mod receipt;
pub(crate) mod resolve;
pub(crate) mod sandbox;
pub(crate) mod standing;
pub(crate) mod status;
pub(crate) mod sweep;

use std::time::Duration;

use vmbroker::deploy::Broker;
use vmbroker::{Instance, Location, Money, ProviderId, Registry, Size, State, printable};

use crate::failure::Failure;

/// A size as a cell: `2 vCPU 4 GiB`.
pub(crate) fn size_cell(size: Size) -> String {
    let memory = if size.memory_mib.is_multiple_of(1_024) {
        format!("{} GiB", size.memory_mib / 1_024)
    } else {
        format!("{} MiB", size.memory_mib)
    };
    match (size.vcpus, size.memory_mib) {
        (0, 0) => "-".to_owned(),
        (0, _) => memory,
        (vcpus, 0) => format!("{vcpus} vCPU"),
        (vcpus, _) => format!("{vcpus} vCPU {memory}"),
    }
}

/// A place as a cell.
pub(crate) fn place_cell(location: &Location) -> String {
    location.to_string()
}

/// A state as a cell, with the provider's word where ours does not say it.
pub(crate) fn state_cell(state: State, word: &str) -> String {
    if state == State::Unrecognised { format!("{state} ({word})") } else { state.to_string() }
}

/// The public addresses of a machine, else its private ones, as a cell.
pub(crate) fn address_cell(instance: &Instance) -> String {
    let shown = if instance.public_addresses.is_empty() {
        &instance.private_addresses
    } else {
        &instance.public_addresses
    };
    let texts: Vec<String> = shown.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "-".to_owned() } else { texts.join(" ") }
}

/// The one account a command acts at: the named one, else the only one.
pub(crate) fn one_account(registry: &Registry, named: Option<&ProviderId>) -> Result<ProviderId, Failure> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let all: Vec<&ProviderId> = registry.ids().collect();
    match all.as_slice() {
        [only] => Ok((*only).clone()),
        _ => {
            let names: Vec<String> = all.iter().map(|id| format!("`{id}`")).collect();
            let message = format!("there are {} accounts: say at which one", all.len());
            Err(Failure::usage(message).hint(format!("`--provider` is one of {}", names.join(", "))))
        }
    }
}

/// A time as a person says it.
pub(crate) fn duration_cell(duration: Duration) -> String {
    if duration.subsec_millis() > 0 && duration.as_secs() < 10 {
        return format!("{} ms", duration.as_millis());
    }
    let (minutes, seconds) = (duration.as_secs() / 60, duration.as_secs() % 60);
    match (minutes, seconds) {
        (0, _) => format!("{seconds} s"),
        (_, 0) => format!("{minutes} min"),
        _ => format!("{minutes} min {seconds} s"),
    }
}

/// Amounts as a cell, currency by currency, rounded to four digits.
pub(crate) fn together(amounts: impl Iterator<Item = Money>) -> String {
    let mut sums: Vec<Money> = Vec::new();
    for money in amounts {
        match sums.iter_mut().find(|sum| sum.currency == money.currency) {
            Some(sum) => sum.amount = sum.amount.saturating_add(money.amount),
            None => sums.push(money),
        }
    }
    let texts: Vec<String> = sums.iter().map(|sum| money_cell(*sum)).collect();
    if texts.is_empty() { "-".to_owned() } else { texts.join(" + ") }
}

/// An amount as a cell, rounded to four digits; all of them stand in the output for programs.
pub(crate) fn money_cell(money: Money) -> String {
    Money::new(money.amount.round_dp(4), money.currency).to_string()
}

/// The failure for a deployment that the journal does not know, with the one that was probably meant.
pub(crate) async fn unknown_deployment(reader: Option<&Broker>, name: &str) -> Failure {
    let message = format!("`{}` is no deployment in the journal", printable(name));
    let failure = Failure::usage(message);
    let known = match reader {
        Some(broker) => broker.journal().deployments().await.unwrap_or_default(),
        None => Vec::new(),
    };
    match crate::config::nearest(name, known.iter().map(|row| row.name.as_str())) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`vmbroker deployments` lists those that there are"),
    }
}

/// Looks at everything that is due, and lets the journal go. What goes wrong with that is said, and no more: the
/// command itself has done its part.
pub(crate) async fn do_what_is_due(context: &crate::context::Context, broker: Broker) {
    let spinner = context.terminal.spinner("looking at what is due");
    let looked = broker.look().await;
    drop(spinner);
    if let Err(error) = looked {
        context.terminal.note(&format!("warning: what is due could not be looked at: {error}"));
    }
}
