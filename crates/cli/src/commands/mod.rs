//! One file for each verb.

pub(crate) mod completions;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod offers;
pub(crate) mod providers;
pub(crate) mod sandbox;
pub(crate) mod status;

use std::time::Duration;

use vmbroker::{Instance, Location, ProviderId, Registry, Size, State};

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
