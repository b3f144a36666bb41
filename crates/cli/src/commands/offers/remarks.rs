//! What is said beside the offers, on standard error.

use std::path::Path;

use vmbroker::{Comparison, Doubt, printable};

use super::view::{Cut, View};
use crate::json;
use crate::terminal::Terminal;

/// What the totals are for, and what they rest on.
pub(super) fn say_what_totals_are(terminal: &Terminal, view: &View<'_>, rounded: bool) {
    let other = if view.run_given { "" } else { "; `--for` sets another run time" };
    terminal.note(&format!("note: totals are for {}{other}", view.run_words()));
    for conversion in &view.comparison.conversions {
        let words = printable(&conversion.to_string());
        terminal.note(&format!("note: {} is counted in {}: {words}", conversion.from, conversion.to));
    }
    if rounded {
        terminal.note("note: totals are rounded here; `--explain`, csv and json have every digit");
    }
    say_doubts(terminal, view);
}

/// Which totals are not exact, and what to do about it.
fn say_doubts(terminal: &Terminal, view: &View<'_>) {
    let mut doubts: Vec<&str> = view.rows.iter().filter_map(|row| row.doubt.as_deref()).collect();
    let count = doubts.len();
    doubts.sort_unstable();
    doubts.dedup();
    let have = if count == 1 { "offer has" } else { "offers have" };
    match doubts.as_slice() {
        [] => {}
        [only] => {
            let why = printable(only);
            terminal.note(&format!("note: {count} {have} no exact total, which never means free: {why}"));
        }
        [_, ..] => terminal.note(&format!(
            "note: {count} {have} no exact total, which never means free; `--explain` says why for each"
        )),
    }
    if view.comparison.unranked.iter().any(|it| matches!(it.doubt, Doubt::NoRate { .. })) {
        terminal.note(
            "hint: `[[exchange]]` in vmbroker.toml gives a rate; `vmbroker init` shows how it is written",
        );
    }
}

/// That nothing was found, and at whom; silent where nobody answered, for then the failures say it.
pub(super) fn say_none(terminal: &Terminal, comparison: &Comparison) {
    if comparison.answers.is_empty() {
        return;
    }
    let names: Vec<String> =
        comparison.answers.iter().map(|answer| format!("`{}`", answer.provider)).collect();
    terminal.note(&format!("no offer meets this wish at {}", names.join(", ")));
    let out = comparison.excluded.len();
    if out > 0 {
        let offers = if out == 1 { "1 offer is" } else { &format!("{out} offers are") };
        terminal.note(&format!("note: {offers} out of the question; `--excluded` says why"));
    }
}

/// Where the chart is.
pub(super) fn say_chart(terminal: &Terminal, path: &Path) {
    if terminal.is_json() {
        terminal.note(json::line(&serde_json::json!({ "chart": path })).trim_end());
    } else {
        terminal.note(&format!("chart: {}", printable(&path.display().to_string())));
    }
}

/// What a limit cut off, and what the market has to say besides.
pub(super) fn say_rest(terminal: &Terminal, view: &View<'_>) {
    let Cut { all, unranked } = view.cut;
    if all > 0 {
        let unranked = match unranked {
            0 => String::new(),
            many if many == all => ", none with an exact total".to_owned(),
            many => format!(", {many} of them without an exact total"),
        };
        terminal.note(&format!("note: {all} more{unranked}, cut off by `--limit`"));
    }
    for note in &view.comparison.notes {
        terminal.note(&format!("note: {}", printable(note)));
    }
}
