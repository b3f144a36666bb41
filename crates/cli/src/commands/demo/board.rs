//! The machines as tables: live while somebody watches, and once when all are up.

use std::time::Duration;

use vmbroker::Clock;
use vmbroker::deploy::{Receipt, Run};

use super::super::duration_cell;
use super::tale::Row;
use crate::table::{Table, column};

/// One line for each machine: where, what, for how long, what it cost so far at most.
pub(crate) fn live(run: &Run, clock: &Clock, width: u16) -> String {
    let (state, now) = (run.state(), clock.now());
    let receipt = Receipt::of(&state, now);
    let mut table = Table::new(&[
        column("#").right(),
        column("CLOUD"),
        column("STATE"),
        column("FOR").right(),
        column("COST SO FAR").dispensable(1).right(),
    ]);
    for number in state.intents.keys() {
        let leg = state.legs_of(*number).last();
        let since = leg.map(|leg| Duration::try_from(now.duration_since(leg.since)).unwrap_or_default());
        let costs = receipt.lines.iter().filter(|line| line.number == *number).filter_map(|line| line.most);
        let costs: Vec<String> = costs.map(|cost| cost.to_string()).collect();
        table.row([
            number.to_string(),
            leg.map_or("-".to_owned(), |leg| leg.choice.account.to_string()),
            leg.map_or("waiting".to_owned(), |leg| leg.state.word().replace('_', " ")),
            since.map_or("-".to_owned(), |since| duration_cell(Duration::from_secs(since.as_secs()))),
            if costs.is_empty() { "-".to_owned() } else { costs.join(" + ") },
        ]);
    }
    table.render(Some(width)).0
}

/// The machines that are up.
pub(crate) fn up(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        column("#").right(),
        column("CLOUD"),
        column("ADDRESS"),
        column("MARKER").dispensable(1),
        column("UP AFTER").right(),
    ]);
    for row in rows {
        table.row([
            row.number.to_string(),
            row.provider.to_string(),
            row.addresses.clone().unwrap_or_else(|| "-".to_owned()),
            row.marker.to_string(),
            row.up_after_seconds.map_or("-".to_owned(), |seconds| format!("{seconds} s")),
        ]);
    }
    table
}
