//! Offers for people: one line each where the terminal is wide enough, else a few short ones.

use vmbroker::{Availability, Excluded};

use super::super::{place_cell, size_cell};
use super::amount;
use super::view::{Row, View, known, short_place};
use crate::table::{Column, Table, cell, column};

/// What stands on standard output, and what must be said beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub text: String,
    /// Headings that did not fit.
    pub left_out: Vec<String>,
    /// Whether any total was rounded.
    pub rounded: bool,
}

/// The offers for a terminal of this width; absent: no terminal, and so any width.
pub(super) fn show(view: &View<'_>, width: Option<u16>) -> Shown {
    let decimals = amount::decimals(view.rows.iter().map(|row| row.total));
    let totals: Vec<(String, bool)> = view.rows.iter().map(|row| amount::cell(row.total, decimals)).collect();
    let rounded = totals.iter().any(|(_, rounded)| *rounded);
    let table = table(view, &totals);
    let (text, left_out) = table.render(width);
    let left_out = left_out.into_iter().map(str::to_owned).collect();
    if is_wider(&text, width) {
        return Shown { text: blocks(view, &totals), left_out: Vec::new(), rounded };
    }
    Shown { text, left_out, rounded }
}

fn table(view: &View<'_>, totals: &[(String, bool)]) -> Table {
    // Who gave no run time wants to see the rate; who gave one wants to see what it is for.
    let (size, rate) = if view.run_given { (1, 2) } else { (2, 1) };
    let total = Column { heading: total_heading(view).into(), ..column("TOTAL").right() };
    let mut table = Table::new(&[
        column("PROVIDER"),
        column("OFFER"),
        column("SIZE").dispensable(size),
        column("DISK").dispensable(4).right(),
        column("WHERE"),
        column("LEFT").dispensable(3).right(),
        column("RATE").dispensable(rate),
        total,
    ]);
    for (row, (total, _)) in view.rows.iter().zip(totals) {
        let offer = row.offer;
        table.row([
            offer.provider.to_string(),
            offer.id.to_string(),
            size_cell(offer.size),
            disk_cell(row),
            short_place(offer),
            left_cell(row),
            offer.price.to_string(),
            total.clone(),
        ]);
    }
    table
}

fn total_heading(view: &View<'_>) -> String {
    view.currency.map_or("TOTAL".to_owned(), |currency| format!("TOTAL {currency}"))
}

fn disk_cell(row: &Row<'_>) -> String {
    row.offer.disk_gib.map_or("any".to_owned(), |gib| format!("{gib} GiB"))
}

fn left_cell(row: &Row<'_>) -> String {
    match row.offer.availability {
        Availability::Unknown => "?".to_owned(),
        Availability::Count(left) => left.to_string(),
    }
}

/// For narrow terminals: the total and the offer, and under them what it is, a thing to a line.
fn blocks(view: &View<'_>, totals: &[(String, bool)]) -> String {
    let mut text = String::new();
    for (row, (total, _)) in view.rows.iter().zip(totals) {
        let offer = row.offer;
        let total = match known(row.total) {
            Some(money) => format!("{total} {}", money.currency),
            None => total.clone(),
        };
        let lines = [
            format!("{total}  {}", offer.provider),
            format!("  {}", offer.id),
            format!("  {}, {}", size_cell(offer.size), place_cell(&offer.location)),
            format!("  {}", offer.price),
        ];
        for line in lines {
            text.push_str(cell(&line).trim_end());
            text.push('\n');
        }
    }
    text
}

/// The offers that are out of the question, each with the reason.
pub(super) fn excluded(view: &View<'_>, width: Option<u16>) -> String {
    let mut table = Table::new(&[
        column("OUT OF THE QUESTION"),
        column("OFFER"),
        column("SIZE").dispensable(1),
        column("WHERE").dispensable(2),
        column("REASON"),
    ]);
    for Excluded { offer, why, .. } in view.excluded {
        table.row([
            offer.provider.to_string(),
            offer.id.to_string(),
            size_cell(offer.size),
            short_place(offer),
            why.to_string(),
        ]);
    }
    let (text, _) = table.render(width);
    if !is_wider(&text, width) {
        return text;
    }
    let mut text = String::from("Out of the question:\n");
    for Excluded { offer, why, .. } in view.excluded {
        for line in [offer.provider.to_string(), format!("  {}", offer.id), format!("  {why}")] {
            text.push_str(&cell(&line));
            text.push('\n');
        }
    }
    text
}

fn is_wider(text: &str, width: Option<u16>) -> bool {
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    width.is_some_and(|width| widest > usize::from(width))
}
