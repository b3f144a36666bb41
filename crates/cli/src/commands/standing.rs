//! How a deployment stands at the end of a command: a table, reasons, questions, and what is still open.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vmbroker::deploy::engine::{Deployment, Leg, LegState, Question, Reason};
use vmbroker::deploy::{OpenLook, Outcome, Receipt, Report, rate};
use vmbroker::{Handle, Observation, Period, ProviderId, Registry, printable};

use super::follow::words;
use super::{address_cell, money_cell, together};
use crate::failure::Failure;
use crate::story::second;
use crate::table::{Table, column};
use crate::terminal::Terminal;

/// The addresses of machines that are up, by handle text, as far as the accounts tell.
pub(crate) async fn addresses(registry: &Registry, report: &Report) -> BTreeMap<String, String> {
    let up = report.machines.iter().filter_map(|machine| match &machine.outcome {
        Outcome::Running { handle, .. } => Some((**handle).clone()),
        _ => None,
    });
    let handles: Vec<Handle> = up.collect();
    if handles.is_empty() {
        return BTreeMap::new();
    }
    let seen = registry.status(&handles).await.into_iter().filter_map(|answer| answer.result.ok()).flatten();
    let cell = |seen: Observation| Some((seen.handle.to_string(), seen.instance().map(address_cell)?));
    seen.filter_map(cell).collect()
}

/// Every machine that is wanted or may be there, and what it costs until now.
pub(crate) fn table(
    state: &Deployment,
    report: &Report,
    addresses: &BTreeMap<String, String>,
    now: jiff::Timestamp,
) -> Table {
    let mut table = Table::new(&[
        column("MACHINE"),
        column("STATE"),
        column("HANDLE"),
        column("ADDRESS").dispensable(1),
        column("OFFER").dispensable(4),
        column("WHERE").dispensable(3),
        column("COST SO FAR").dispensable(2).right(),
    ]);
    let receipt = Receipt::of(state, now);
    for machine in report.machines.iter().filter(|it| it.wanted || is_open(&it.outcome)) {
        let leg = state.legs_of(machine.number).last();
        let (word, handle) = cells(&machine.outcome);
        let handle = handle.map_or("-".to_owned(), ToString::to_string);
        let cost = receipt.lines.iter().filter(|line| line.number == machine.number);
        table.row([
            format!("#{}", machine.number),
            word,
            handle.clone(),
            addresses.get(&handle).cloned().unwrap_or_else(|| "-".to_owned()),
            leg.map_or("-".to_owned(), |leg| leg.choice.offer.to_string()),
            leg.map_or("-".to_owned(), |leg| leg.choice.location.to_string()),
            together(cost.filter_map(|line| line.most)),
        ]);
    }
    table
}

fn is_open(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Running { .. } | Outcome::Asks { .. } | Outcome::Vanished { .. } | Outcome::Open { .. } => {
            true
        }
        Outcome::Failed { .. } | Outcome::Nothing => false,
    }
}

fn cells(outcome: &Outcome) -> (String, Option<&Handle>) {
    match outcome {
        Outcome::Running { handle, .. } => ("up".to_owned(), Some(handle)),
        Outcome::Failed { .. } => ("failed".to_owned(), None),
        Outcome::Asks { account, handle, .. } => {
            (format!("waiting for your word ({account})"), handle.as_deref())
        }
        Outcome::Vanished { handle, .. } => ("no longer there".to_owned(), handle.as_deref()),
        Outcome::Open { account, state, handle, .. } => {
            (format!("{} ({account})", words(*state)), handle.as_deref())
        }
        Outcome::Nothing => ("none".to_owned(), None),
    }
}

/// Why machines are not where they might have been: by account, each reason once, with how often.
pub(crate) fn reasons(
    state: &Deployment,
    left_out: &[(ProviderId, String)],
) -> Vec<(ProviderId, String, usize)> {
    let mut counts: BTreeMap<(ProviderId, String), usize> = BTreeMap::new();
    for leg in state.legs.values() {
        if let Some(why) = why_not(leg) {
            *counts.entry((leg.choice.account.clone(), why)).or_default() += 1;
        }
    }
    for (account, why) in left_out {
        *counts.entry((account.clone(), why.clone())).or_default() += 1;
    }
    let failed = state.intents.values().flat_map(|intent| &intent.failed);
    for (account, why) in failed.filter_map(|line| line.split_once(": ")) {
        if let Ok(account) = account.parse::<ProviderId>() {
            counts.entry((account, why.to_owned())).or_insert(1);
        }
    }
    counts.into_iter().map(|((account, why), count)| (account, why, count)).collect()
}

fn why_not(leg: &Leg) -> Option<String> {
    match leg.state {
        LegState::Rejected => leg.fault.as_ref().map(ToString::to_string),
        LegState::Absent => {
            let fault = leg.fault.as_ref().map(|fault| format!(" ({fault})")).unwrap_or_default();
            Some(format!("a create's answer was lost, and no machine came of it{fault}"))
        }
        LegState::Gone => leg
            .reason
            .as_ref()
            .filter(|reason| !matches!(reason, Reason::Unwanted | Reason::Doubled))
            .map(|reason| format!("a machine was deleted: {reason}")),
        LegState::AskUser => {
            leg.fault.as_ref().map(|fault| format!("nobody knows what became of a create: {fault}"))
        }
        LegState::Planned
        | LegState::Sending
        | LegState::Accepted
        | LegState::Provisioning
        | LegState::Running
        | LegState::Uncertain
        | LegState::Found
        | LegState::Duplicate
        | LegState::Deleting
        | LegState::DeleteUnconfirmed
        | LegState::Vanished => None,
    }
}

/// Prints the reasons.
pub(crate) fn say_reasons(
    terminal: &Terminal,
    heading: &str,
    reasons: &[(ProviderId, String, usize)],
) -> Result<(), Failure> {
    if reasons.is_empty() {
        return Ok(());
    }
    let mut text = format!("\n{heading}\n");
    for (account, why, count) in reasons {
        let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
        text.push_str(&format!("  {account:<12} {}{times}\n", printable(why)));
    }
    terminal.print(&text)
}

/// A leg that waits for a person, with the facts to decide by.
pub(crate) fn question(deployment: &str, leg: &Leg) -> String {
    let at = |time: Option<jiff::Timestamp>| time.map_or("never".to_owned(), second);
    let marker = leg.marker;
    let price = rate(&leg.choice.price, Period::HOUR);
    let price =
        price.map_or("a price that is not known".to_owned(), |it| format!("{} per hour", money_cell(it)));
    let what = match leg.question {
        Some(Question::Gone) => "was deleted, and nothing proves that it is gone",
        Some(Question::Unlisted) => {
            "is not shown any more, though nobody deleted it: the provider shows active machines only, and a suspended one \
             still costs money"
        }
        Some(Question::Created) | None => "was ordered, and nothing proves whether it was made",
    };
    let looked = match leg.missed_at {
        Some(missed) => format!("a complete list of {} did not show it", second(missed)),
        None => format!("no complete list could be had until {}", second(leg.since)),
    };
    let fault = leg
        .fault
        .as_ref()
        .map(|fault| format!("  why: {}\n", printable(&fault.to_string())))
        .unwrap_or_default();
    let machines: String =
        leg.machines.iter().map(|machine| format!("  machine: {}\n", machine.handle)).collect();
    format!(
        "{marker}: #{} of `{deployment}`, `{}` at {}, {what}\n  sent: {}\n  looked: {looked}\n  costs: {price}\n{fault}{machines}",
        leg.intent,
        leg.choice.offer,
        leg.choice.account,
        at(leg.began_at),
    )
}

/// How a person decides.
pub(crate) fn how_to_decide(leg: &Leg) -> String {
    let marker = leg.marker;
    let account = &leg.choice.account;
    format!(
        "  look at the provider's own page, or: vmbroker list --provider {account} --marker {marker}\n\
        \x20 it is there:  vmbroker resolve {marker} adopt HANDLE\n\
        \x20 it is not:    vmbroker resolve {marker} confirm-absent\n"
    )
}

/// The legs that wait for a person.
pub(crate) fn asking(state: &Deployment) -> impl Iterator<Item = &Leg> {
    state.legs.values().map(|leg| &**leg).filter(|leg| leg.state == LegState::AskUser)
}

/// Says what is still open, until when, and which command looks again.
pub(crate) fn say_open(terminal: &Terminal, open: &[OpenLook], again: &str) -> Result<(), Failure> {
    if open.is_empty() {
        return Ok(());
    }
    let mut text = String::from("\nStill open:\n");
    for look in open {
        let until = match look.until {
            Some(until) => format!("until {}", second(until)),
            None => "until it is settled".to_owned(),
        };
        let what = match look.state {
            LegState::Absent | LegState::Gone | LegState::Rejected | LegState::Running => {
                "a late machine is looked for"
            }
            state => words(state),
        };
        text.push_str(&format!(
            "  {} at {}: {what}, {until}; next from {}\n",
            look.leg,
            look.account,
            second(look.due_at)
        ));
    }
    text.push_str(&format!("`{again}` looks again, as does every command that orders or deletes.\n"));
    terminal.print(&text)
}

/// A leg that waits for a person, for programs.
pub(crate) fn ask_document(deployment: &str, leg: &Leg) -> Value {
    json!({
        "deployment": deployment,
        "marker": leg.marker,
        "machine": leg.intent,
        "provider": leg.choice.account,
        "offer": leg.choice.offer,
        "question": leg.question,
        "sent_at": leg.began_at,
        "looked_at": leg.missed_at,
        "price_per_hour": rate(&leg.choice.price, Period::HOUR),
        "fault": leg.fault,
        "handles": leg.machines.iter().map(|it| it.handle.to_string()).collect::<Vec<_>>(),
    })
}

/// The report for programs.
pub(crate) fn document(state: &Deployment, report: &Report, addresses: &BTreeMap<String, String>) -> Value {
    let machine = |it: &vmbroker::deploy::MachineReport| {
        let handle = cells(&it.outcome).1;
        let text = handle.map(ToString::to_string);
        json!({
            "number": it.number,
            "wanted": it.wanted,
            "outcome": it.outcome,
            "handle_text": text,
            "address": text.as_ref().and_then(|text| addresses.get(text)),
        })
    };
    json!({
        "deployment": report.name,
        "complete": report.is_complete(),
        "machines": report.machines.iter().map(machine).collect::<Vec<_>>(),
        "asks": asking(state).map(|leg| ask_document(&report.name, leg)).collect::<Vec<_>>(),
        "open": report.open,
        "reserved": report.reserved,
    })
}
