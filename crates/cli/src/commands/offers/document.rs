//! Offers for programs.

use serde_json::{Value, json};
use vmbroker::Offer;

use super::view::{Row, View, certainty, known};
use crate::failure::Failure;

/// The whole answer. The excluded offers are in it, asked for or not.
pub(super) fn document(view: &View<'_>) -> Value {
    let comparison = view.comparison;
    let failures: Vec<Failure> = comparison.failures.iter().map(Failure::of).collect();
    let excluded = comparison.excluded.iter().map(|excluded| {
        let mut value = json!(*excluded.offer);
        value["reason"] = json!(excluded.why.to_string());
        value["why"] = json!(excluded.why);
        value["seen"] = json!(excluded.seen);
        value
    });
    let conversions = comparison.conversions.iter().map(|conversion| {
        let mut value = json!(conversion);
        value["words"] = json!(conversion.to_string());
        value
    });
    json!({
        "start": comparison.start,
        "run_seconds": comparison.run.as_secs(),
        "currency": view.currency,
        "offers": view.rows.iter().map(|row| offer(view, row)).collect::<Vec<_>>(),
        "left_off": view.cut.all,
        "excluded": excluded.collect::<Vec<_>>(),
        "conversions": conversions.collect::<Vec<_>>(),
        "answers": comparison.answers,
        "failures": failures,
        "notes": comparison.notes,
    })
}

fn offer(view: &View<'_>, row: &Row<'_>) -> Value {
    let offer: &Offer = row.offer;
    let mut value = json!(offer);
    value["rank"] = json!(row.rank);
    value["total"] = json!(known(row.total));
    value["certainty"] = json!(certainty(row.total));
    value["doubt"] = json!(row.doubt);
    value["quote"] = json!(view.comparison.explain(offer));
    value["seen"] = json!(row.seen);
    value
}
