//! Offers for spreadsheets.

use vmbroker::{Availability, Excluded, Offer, Total};

use super::view::{Row, View, certainty, known};
use crate::csv::{Cell, Csv};

/// The columns, as the help of the command names them.
pub(super) const HEADINGS: [&str; 18] = [
    "rank",
    "provider",
    "offer",
    "vcpus",
    "memory_mib",
    "disk_gib",
    "country",
    "city",
    "zone",
    "charge",
    "left",
    "price",
    "total",
    "currency",
    "provider_total",
    "provider_currency",
    "certainty",
    "remarks",
];

/// Offers in their order, then those that were left out where these were asked for.
pub(super) fn csv(view: &View<'_>, explained: bool) -> String {
    let mut csv = Csv::new(&HEADINGS);
    for row in &view.rows {
        let rank = row.rank.map_or(Cell::Empty, |rank| Cell::Number(rank.into()));
        csv.row(cells(
            row.offer,
            rank,
            [row.total, row.own],
            certainty(row.total),
            &remarks(row, view, explained),
        ));
    }
    for Excluded { offer, why, .. } in view.excluded {
        csv.row(cells(offer, Cell::Empty, [Total::Unknown; 2], "excluded", &why.to_string()));
    }
    csv.into_text()
}

fn remarks(row: &Row<'_>, view: &View<'_>, explained: bool) -> String {
    let mut remarks: Vec<String> = row.doubt.iter().cloned().collect();
    if explained {
        let quote = view.comparison.explain(row.offer);
        remarks
            .extend(quote.lines.iter().map(|line| format!("{}: {} = {}", line.item, line.how, line.amount)));
        let conversion = row.offer.price.currency().and_then(|from| view.comparison.conversion(from));
        remarks.extend(conversion.map(ToString::to_string));
    }
    remarks.join("; ")
}

fn cells(offer: &Offer, rank: Cell, totals: [Total; 2], certainty: &str, remarks: &str) -> [Cell; 18] {
    let place = &offer.location;
    let [total, provider_total] =
        totals.map(|total| known(total).map_or(Cell::Empty, |it| Cell::Number(it.amount)));
    let [currency, provider_currency] =
        totals.map(|total| Cell::maybe(known(total).map(|money| money.currency)));
    let left = match offer.availability {
        Availability::Unknown => Cell::Empty,
        Availability::Count(left) => Cell::Number(left.into()),
    };
    [
        rank,
        Cell::text(&offer.provider),
        Cell::text(&offer.id),
        Cell::Number(offer.size.vcpus.into()),
        Cell::Number(offer.size.memory_mib.into()),
        offer.disk_gib.map_or(Cell::Empty, |gib| Cell::Number(gib.into())),
        Cell::maybe(place.country),
        Cell::maybe(place.city.as_ref()),
        Cell::maybe(place.zone.as_ref()),
        Cell::text(
            offer
                .charge
                .months()
                .map_or("pay_as_you_go".to_owned(), |months| format!("prepaid {months} months")),
        ),
        left,
        Cell::text(&offer.price),
        total,
        currency,
        provider_total,
        provider_currency,
        Cell::text(certainty),
        Cell::text(remarks),
    ]
}
