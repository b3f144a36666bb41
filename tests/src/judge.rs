//! What the ledgers of simulated clouds say of a deployment: the judge of every long trial. Each function panics where
//! something is wrong, and says of which `case`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vmbroker::Marker;
use vmbroker::deploy::engine::{Deployment, Event, LegState, Machine, What};
use vmbroker::deploy::{Receipt, ReceiptLine};
use vmbroker_sim::{Cloud, LedgerEntry, Phase};

/// Every machine that ever was, with the marker in its name.
fn machines<'a>(clouds: impl Iterator<Item = &'a Cloud>) -> Vec<(Marker, LedgerEntry)> {
    let entries = clouds.flat_map(|cloud| cloud.ledger().entries);
    let marked = |entry: LedgerEntry| {
        let marker = entry.name[entry.name.len() - 23..].parse();
        (marker.unwrap_or_else(|_| panic!("lost, it has no marker: {entry:?}")), entry)
    };
    entries.map(marked).collect()
}

fn is(machine: &Machine, entry: &LedgerEntry) -> bool {
    let ids = [machine.handle.instance.as_deref(), machine.handle.order.as_deref()];
    // Where only the order is known, the marker is what tells.
    ids.into_iter().flatten().any(|id| id.eq_ignore_ascii_case(&entry.id)) || machine.handle.order.is_some()
}

/// Nothing is lost: each machine that costs money has a row with its handle, or one whose outcome is sought or asked
/// about. Nothing is doubled: at no instant two machines of one wish cost money.
pub fn nothing_is_lost_or_doubled<'a>(
    clouds: impl Iterator<Item = &'a Cloud>,
    state: &Deployment,
    case: &str,
) {
    let mut spans: BTreeMap<u32, Vec<(Timestamp, Timestamp, String)>> = BTreeMap::new();
    for (marker, entry) in machines(clouds) {
        let Some(leg) = state.legs.get(&marker) else { panic!("{case}: lost, it has no row: {entry:#?}") };
        let known = leg.machines.iter().any(|machine| machine.gone_at.is_none() && is(machine, &entry));
        let sought = matches!(leg.state, LegState::Sending | LegState::Uncertain | LegState::AskUser);
        // One that was never billed has no end on its bill.
        let ended = entry.ended.or((entry.phase == Phase::Gone).then_some(entry.created));
        assert!(ended.is_some() || known || sought, "{case}: lost: {entry:#?} {leg:#?}");
        let until = ended.unwrap_or(Timestamp::MAX);
        spans.entry(leg.intent).or_default().push((entry.created, until, entry.id));
    }
    for (intent, mut spans) in spans {
        spans.sort();
        for pair in spans.windows(2) {
            assert!(
                pair[0].1 <= pair[1].0,
                "{case}: doubled: #{intent} {pair:?}: {:#?}",
                story(state, intent)
            );
        }
    }
}

fn story(state: &Deployment, intent: u32) -> Vec<String> {
    state.legs_of(intent).map(|leg| format!("{leg:?}")).collect()
}

/// No leg sent more than it may, nothing was sent that was not written down first, and the events give the rows.
pub fn creates_are_bounded<'a>(
    clouds: impl Iterator<Item = &'a Cloud>,
    state: &Deployment,
    events: &[Event],
    case: &str,
) {
    for leg in state.legs.values() {
        assert!(leg.creates <= 2 && leg.refusals <= 5, "{case}: {leg:#?}");
    }
    let written = events.iter().filter(|event| matches!(event.what, What::Sending { .. })).count();
    let sent: usize = clouds.map(|cloud| cloud.count_calls(Some("create"))).sum();
    assert!(sent <= written, "{case}: {sent} sent, {written} written down");
    let folded = Deployment::folded(state.name(), events).unwrap();
    assert!(folded == *state, "{case}: the events do not give the rows");
}

/// Each bill lies within its line of the receipt; how many were compared, and how many have no price to compare.
#[must_use]
pub fn bills<'a>(
    clouds: impl Iterator<Item = &'a Cloud>,
    receipt: &Receipt,
    events: &[Event],
    case: &str,
) -> (usize, usize) {
    let (mut checked, mut unknown) = (0, 0);
    for (marker, entry) in machines(clouds) {
        let fits = |line: &&ReceiptLine| {
            line.leg == marker
                && line.handle.as_ref().is_some_and(|handle| {
                    let ids = [handle.instance.as_deref(), handle.order.as_deref()];
                    ids.into_iter().flatten().any(|id| id.eq_ignore_ascii_case(&entry.id))
                        || handle.order.is_some()
                })
        };
        let Some(line) = receipt.lines.iter().find(fits) else {
            panic!("{case}: no line of the receipt for {entry:#?}")
        };
        match (line.least, line.most) {
            (Some(least), Some(most)) => {
                let within = (least.amount..=most.amount).contains(&entry.charged);
                let told = || events.iter().filter(|event| event.what.leg() == Some(marker));
                let told = || told().map(|event| format!("{event:?}")).collect::<Vec<_>>();
                assert!(
                    within,
                    "{case}: the bill is not within the receipt: {entry:#?} {line:#?} {:#?}",
                    told()
                );
                checked += 1;
            }
            _ => unknown += 1,
        }
    }
    (checked, unknown)
}
