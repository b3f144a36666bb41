//! What machines cost: quoted, and billed at least and at most.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use vmbroker_core::{Handle, Marker, Money, OfferId, Price, ProviderId, Total};

use super::engine::{Deployment, Leg, Machine};

/// What the machines of a deployment cost so far, by what was seen of them.
///
/// Nobody sees the very moments at which a provider begins and ends to charge. So each amount has two bounds: from
/// the latest possible beginning to the earliest possible end, and from the earliest to the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The deployment.
    pub name: String,
    /// Until when it counts.
    pub at: Timestamp,
    /// One line for each machine that ever was, or may be.
    pub lines: Vec<ReceiptLine>,
}

/// What one machine costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptLine {
    /// The number of the wanted machine.
    pub number: u32,
    /// The marker in its name.
    pub leg: Marker,
    /// At which account.
    pub account: ProviderId,
    /// Which offer.
    pub offer: OfferId,
    /// The provider's reference; absent where nobody knows whether there is a machine.
    pub handle: Option<Handle>,
    /// What it was to cost, for the run time that was wanted.
    pub quoted: Money,
    /// What was charged at least; absent where the price is not known.
    pub least: Option<Money>,
    /// What was charged at most, but for parts of the price that nobody tells; absent where the price is not known, or
    /// when it was made.
    pub most: Option<Money>,
    /// When it began to cost money, at the earliest; absent where nobody knows.
    pub from: Option<Timestamp>,
    /// When it was seen to cost nothing any more; absent: it still may cost.
    pub until: Option<Timestamp>,
}

impl Receipt {
    /// The receipt of this state at this time.
    #[must_use]
    pub fn of(state: &Deployment, now: Timestamp) -> Self {
        let mut lines: Vec<ReceiptLine> = state.legs.values().flat_map(|leg| leg_lines(leg, now)).collect();
        lines.sort_by_key(|line| (line.number, line.from));
        Self { name: state.name().to_owned(), at: now, lines }
    }

    /// All lines together, at least and at most, currency by currency; lines without amounts are left out.
    #[must_use]
    pub fn totals(&self) -> Vec<(Money, Money)> {
        let mut totals: Vec<(Money, Money)> = Vec::new();
        for (least, most) in self.lines.iter().filter_map(|line| line.least.zip(line.most)) {
            match totals.iter_mut().find(|total| total.1.currency == most.currency) {
                Some(total) => {
                    total.0.amount = total.0.amount.saturating_add(least.amount);
                    total.1.amount = total.1.amount.saturating_add(most.amount);
                }
                None => totals.push((least, most)),
            }
        }
        totals
    }
}

fn leg_lines(leg: &Leg, now: Timestamp) -> Vec<ReceiptLine> {
    // Of a machine that was taken back, nobody here knows more than its provider says.
    let began = leg.first_began_at.or_else(|| leg.machine().and_then(|machine| machine.handle.made_at));
    let line = |machine: Option<&Machine>, bounds: (Option<Money>, Option<Money>)| ReceiptLine {
        number: leg.intent,
        leg: leg.marker,
        account: leg.choice.account.clone(),
        offer: leg.choice.offer.clone(),
        handle: machine.map(|machine| machine.handle.clone()),
        quoted: leg.choice.quote,
        least: bounds.0,
        most: bounds.1,
        from: began,
        until: machine.and_then(|machine| machine.unbilled_at),
    };
    let price = &leg.choice.price;
    let lines = leg.machines.iter().map(|machine| {
        // The machine was there when we first knew of it, and nobody can say how long before.
        let least = match machine.billed_at {
            Some(last) => amount(price, machine.since, last),
            None => nothing(price),
        };
        let most = began.and_then(|began| amount(price, began, machine.unbilled_at.unwrap_or(now)));
        line(Some(machine), (least, most))
    });
    let mut lines: Vec<ReceiptLine> = lines.collect();
    if let Some(began) = began.filter(|_| lines.is_empty() && leg.may_live()) {
        lines.push(line(None, (nothing(price), amount(price, began, now))));
    }
    lines
}

fn amount(price: &Price, from: Timestamp, until: Timestamp) -> Option<Money> {
    let run = Duration::try_from(until.duration_since(from)).unwrap_or_default();
    match price.total(from, run) {
        Total::Exact(money) | Total::AtLeast(money) => Some(money),
        Total::Unknown => None,
    }
}

fn nothing(price: &Price) -> Option<Money> {
    price.currency().map(|currency| Money::new(Decimal::ZERO, currency))
}
