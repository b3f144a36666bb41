//! The table that shows machines live.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use vmbroker::{Clock, Handle, Marker, Observation, ProviderId, State};

use crate::commands::address_cell;
use crate::table::{Table, column};
use crate::terminal::{Spinner, Terminal};

/// What is shown of one machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub provider: ProviderId,
    pub marker: Marker,
    /// The handle as text; absent until the order was accepted.
    pub handle_text: Option<String>,
    pub addresses: Option<String>,
    /// Every state it was seen in, and when, in seconds from the start on the clouds' own clock.
    pub states: Vec<Seen>,
}

/// A state and when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    pub state: String,
    pub after_seconds: u64,
}

/// The table that shows machines live: drawn again and again for a person, line by line for a log.
#[derive(Clone, Debug)]
pub(crate) struct Board(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rows: Mutex<BTreeMap<Marker, Row>>,
    clock: Clock,
    started: Duration,
    terminal: Terminal,
    spinner: Spinner,
}

impl Board {
    pub(crate) fn new(clock: &Clock, terminal: &Terminal) -> Self {
        Self(Arc::new(Inner {
            rows: Mutex::default(),
            clock: clock.clone(),
            started: clock.elapsed(),
            terminal: terminal.clone(),
            spinner: terminal.spinner("starting"),
        }))
    }

    /// How long it has been, on the clouds' own clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.clock.elapsed().saturating_sub(self.0.started)
    }

    /// A machine is being ordered.
    pub(crate) fn ordering(&self, provider: &ProviderId, marker: Marker) {
        let row = Row {
            provider: provider.clone(),
            marker,
            handle_text: None,
            addresses: None,
            states: Vec::new(),
        };
        self.change(marker, |rows| _ = rows.insert(marker, row), "ordering");
    }

    /// Its order was accepted.
    pub(crate) fn accepted(&self, marker: Marker, handle: &Handle) {
        let text = handle.to_string();
        self.change(marker, |rows| with(rows, marker, |row| row.handle_text = Some(text)), "ordered");
    }

    /// It was looked at.
    pub(crate) fn seen(&self, observation: &Observation) {
        let Some(marker) = observation.handle.marker else { return };
        let state = match observation.state() {
            Some(state) => state.words(),
            // A new machine may not be shown yet; one that was being deleted is on its way out, which is no proof.
            None if self.was_deleted(marker) => "no longer shown",
            None => return,
        };
        let addresses = observation.instance().map(address_cell).filter(|cell| cell != "-");
        let update = |rows: &mut BTreeMap<Marker, Row>| {
            with(rows, marker, |row| {
                row.handle_text = Some(observation.handle.to_string());
                row.addresses = addresses.or(row.addresses.take());
            });
        };
        self.change(marker, update, state);
    }

    /// Its deletion was asked for.
    pub(crate) fn deleting(&self, marker: Marker) {
        self.change(marker, |_| {}, State::Deleting.words());
    }

    /// It is proven gone.
    pub(crate) fn gone(&self, marker: Marker) {
        self.change(marker, |_| {}, State::Gone.words());
    }

    /// All machines, by account.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let rows = self.0.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<Row> = rows.values().cloned().collect();
        rows.sort_by(|a, b| (&a.provider, a.marker).cmp(&(&b.provider, b.marker)));
        rows
    }

    fn was_deleted(&self, marker: Marker) -> bool {
        let rows = self.0.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let deleting = State::Deleting.words();
        rows.get(&marker).is_some_and(|row| row.states.iter().any(|seen| seen.state == deleting))
    }

    fn change(&self, marker: Marker, update: impl FnOnce(&mut BTreeMap<Marker, Row>), state: &str) {
        let after_seconds = self.elapsed().as_secs();
        let line = {
            let mut rows = self.0.rows.lock().unwrap_or_else(PoisonError::into_inner);
            update(&mut rows);
            let Some(row) = rows.get_mut(&marker) else { return };
            let is_new = row.states.last().is_none_or(|last| last.state != state);
            if is_new {
                row.states.push(Seen { state: state.to_owned(), after_seconds });
            }
            is_new.then(|| format!("{after_seconds:>5} s  {:<12} {marker}  {state}\n", row.provider))
        };
        if let Some(width) = self.0.terminal.watched_width() {
            let (table, _) = table(&self.rows()).render(Some(width));
            self.0.spinner.say(format!("{after_seconds} s on the clouds' clock\n\n{table}"));
        } else if let Some(line) = line.filter(|_| !self.0.terminal.is_json()) {
            // A line that cannot be written is no reason to stop: machines must be deleted all the same.
            let _ = self.0.terminal.print(&line);
        }
    }
}

fn with(rows: &mut BTreeMap<Marker, Row>, marker: Marker, change: impl FnOnce(&mut Row)) {
    if let Some(row) = rows.get_mut(&marker) {
        change(row);
    }
}

/// The machines and what became of each.
pub(crate) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        column("CLOUD"),
        column("MACHINE"),
        column("STATE"),
        column("ADDRESS").dispensable(1),
        column("SEEN").dispensable(2),
    ]);
    for row in rows {
        let state = row.states.last().map_or(String::new(), |seen| seen.state.clone());
        let seen: Vec<String> =
            row.states.iter().map(|seen| format!("{} {} s", seen.state, seen.after_seconds)).collect();
        table.row([
            row.provider.to_string(),
            row.marker.to_string(),
            state,
            row.addresses.clone().unwrap_or_else(|| "-".to_owned()),
            seen.join(", "),
        ]);
    }
    table
}
