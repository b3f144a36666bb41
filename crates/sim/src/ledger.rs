//! What each machine cost, by its provider's own rules. The judge in every test.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{Machine, Phase};

/// What a machine cost up to this time.
pub(crate) fn charged(machine: &Machine, at: Timestamp) -> Decimal {
    let spans = machine.billed_spans(at);
    let billing = machine.offer.billing;
    let line =
        |price: Decimal| spans.iter().map(|(start, end)| billing.cost(price, *start, *end)).sum::<Decimal>();
    if machine.lines.is_empty() {
        return line(machine.offer.price);
    }
    machine.lines.iter().copied().map(line).sum()
}

/// What the cloud charged, machine by machine. Gone machines stay in it.
#[derive(Clone, Debug, Serialize)]
pub struct Ledger {
    /// When it was read.
    pub at: Timestamp,
    /// One entry for each machine that ever was accepted.
    pub entries: Vec<LedgerEntry>,
}

/// What one machine cost so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// The provider's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it stopped costing money; absent: it still does.
    pub ended: Option<Timestamp>,
    /// Its phase now.
    pub phase: Phase,
    /// What was charged so far.
    pub charged: Decimal,
    /// The currency of the charge.
    pub currency: &'static str,
}

impl Ledger {
    pub(crate) fn read(machines: &[Machine], at: Timestamp) -> Self {
        let entry = |machine: &Machine| {
            let phase = machine.phase(at)?;
            let spans = machine.billed_spans(at);
            let ended = if phase.is_billed() { None } else { spans.last().map(|span| span.1) };
            Some(LedgerEntry {
                id: machine.id.clone(),
                name: machine.name.clone(),
                created: machine.created,
                ended,
                phase,
                charged: charged(machine, at),
                currency: machine.offer.currency,
            })
        };
        Self { at, entries: machines.iter().filter_map(entry).collect() }
    }

    /// The machines that still cost money.
    pub fn open(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.entries.iter().filter(|entry| entry.phase.is_billed())
    }

    /// The machines that still cost money and have this text in their name.
    pub fn open_with<'a>(&'a self, marker: &'a str) -> impl Iterator<Item = &'a LedgerEntry> {
        self.open().filter(move |entry| entry.name.contains(marker))
    }

    /// All charges together. Every machine of one cloud is charged in one currency.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.entries.iter().map(|entry| entry.charged).sum()
    }
}
