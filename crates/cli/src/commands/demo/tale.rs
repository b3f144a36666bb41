//! What happened to each machine, in sentences.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use vmbroker::deploy::engine::{Event, Reason, What};
use vmbroker::{Handle, Marker, ProviderId, State};

/// What is told of one machine that was ordered at one cloud.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// The number of the wanted machine.
    pub number: u32,
    pub provider: ProviderId,
    pub marker: Marker,
    /// The handle as text; absent: there never was a machine here.
    pub handle_text: Option<String>,
    pub addresses: Option<String>,
    /// Every state it was in, and since when, in seconds from the start on the clouds' own clock.
    pub states: Vec<Seen>,
    /// When it was handed over, on the same clock; absent: it never was.
    pub up_after_seconds: Option<u64>,
    #[serde(skip)]
    pub handle: Option<Handle>,
}

/// A state and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    pub state: String,
    pub after_seconds: u64,
}

/// Something that happened, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// When, in seconds from the start on the clouds' own clock.
    pub after_seconds: u64,
    /// To which machine; absent: to none of them.
    pub number: Option<u32>,
    pub text: String,
}

/// Everything that happened so far.
#[derive(Debug)]
pub(crate) struct Tale {
    started: Timestamp,
    rows: BTreeMap<Marker, Row>,
    lines: Vec<Line>,
}

impl Tale {
    pub(crate) fn from(started: Timestamp) -> Self {
        Self { started, rows: BTreeMap::new(), lines: Vec::new() }
    }

    /// Takes in what happened; what is to be told of it, where it is worth a line.
    pub(crate) fn take(&mut self, event: &Event) -> Option<Line> {
        let after_seconds = u64::try_from(event.at.duration_since(self.started).as_secs()).unwrap_or(0);
        self.note(event, after_seconds);
        let row = event.what.leg().and_then(|leg| self.rows.get(&leg));
        let text = match row {
            Some(row) => of_machine(&event.what, row),
            None => of_no_machine(&event.what),
        };
        let number = row.map(|row| row.number).or(match &event.what {
            What::Failed { intent, .. } => Some(*intent),
            _ => None,
        });
        let line = Line { after_seconds, number, text: text? };
        self.lines.push(line.clone());
        Some(line)
    }

    /// Everything that was told.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The machines that there were, by number.
    pub(crate) fn machines(&self) -> Vec<Row> {
        let there = self.rows.values().filter(|row| row.handle.is_some());
        let mut rows: Vec<Row> = there.cloned().collect();
        rows.sort_by_key(|row| (row.number, row.marker));
        rows
    }

    /// A machine has this public address.
    pub(crate) fn reached(&mut self, marker: Marker, addresses: String) {
        if let Some(row) = self.rows.get_mut(&marker) {
            row.addresses = Some(addresses);
        }
    }

    fn note(&mut self, event: &Event, after_seconds: u64) {
        if let What::Planned { leg, intent, choice, .. } = &event.what {
            let row = Row {
                number: *intent,
                provider: choice.account.clone(),
                marker: *leg,
                handle_text: None,
                addresses: None,
                states: Vec::new(),
                up_after_seconds: None,
                handle: None,
            };
            self.rows.insert(*leg, row);
        }
        let Some(row) = event.what.leg().and_then(|leg| self.rows.get_mut(&leg)) else { return };
        if let What::Accepted { handle, .. }
        | What::Found { handle, .. }
        | What::Seen { handle, machine: 0, .. }
        | What::Ready { handle, .. }
        | What::Stepped { handle, machine: 0, .. } = &event.what
        {
            row.handle_text = Some(handle.to_string());
            row.handle = Some((**handle).clone());
        }
        if let What::Ready { .. } = &event.what {
            row.up_after_seconds = Some(after_seconds);
        }
        let state = state(&event.what);
        if let Some(state) = state.filter(|state| row.states.last().is_none_or(|last| last.state != *state)) {
            row.states.push(Seen { state: state.to_owned(), after_seconds });
        }
    }
}

/// The state that a machine is in from then on, in one or two words; absent: as before.
fn state(what: &What) -> Option<&'static str> {
    match what {
        What::Planned { .. } => Some("ordering"),
        What::Accepted { .. } => Some("ordered"),
        What::Refused { .. } => Some("refused"),
        What::Unclear { .. } => Some("answer lost"),
        What::ProvenAbsent { .. } => Some("proven absent"),
        What::Found { .. } => Some("adopted"),
        What::Seen { state, machine: 0, .. } => Some(state.words()),
        What::Ready { .. } => Some(State::Running.words()),
        What::Condemned { .. } => Some(State::Deleting.words()),
        What::Gone { machine: 0, .. } => Some(State::Gone.words()),
        What::Vanished { .. } => Some("vanished"),
        What::Asked { .. } => Some("asks"),
        _ => None,
    }
}

/// What is told of a machine.
fn of_machine(what: &What, row: &Row) -> Option<String> {
    let at = &row.provider;
    match what {
        What::Planned { number: 1, .. } => Some(format!("ordering at {at}")),
        What::Planned { .. } => Some(format!("goes on to {at}")),
        What::Accepted { handle, .. } => Some(format!("accepted as {handle}")),
        What::Refused { fault, again_at, .. } => {
            let again = if again_at.is_some() { "; it is asked again" } else { "" };
            Some(format!("{at} refuses: {fault}{again}"))
        }
        What::Unclear { .. } => Some(format!(
            "the answer of {at} is LOST: there may be a machine, or none. No second one is ordered; it is looked for \
             by the marker in its name, {}",
            row.marker
        )),
        What::ProvenAbsent { .. } => Some(format!("proven absent at {at}: no machine came of it")),
        What::Found { handle, .. } => {
            Some(format!("FOUND by its marker, {handle}, and adopted: nothing is lost, nothing is doubled"))
        }
        What::Doubled { handles, .. } => Some(format!("there are {} of it: one is kept", handles.len())),
        What::Seen { state: State::Recycled, .. } => {
            Some(format!("in the recycle bin of {at}: not gone yet"))
        }
        What::Ready { .. } => Some(format!("up at {at}")),
        // That all are deleted is said once for all of them.
        What::Condemned { reason: Reason::Unwanted, .. } => None,
        What::Condemned { reason, .. } => Some(format!("to be deleted: {reason}")),
        What::Gone { .. } => Some(format!("proven gone from {at}")),
        What::Vanished { .. } => Some(format!("no longer there at {at}, and nobody deleted it")),
        What::Asked { .. } => Some("a person has to decide".to_owned()),
        _ => None,
    }
}

/// What is told of the deployment.
fn of_no_machine(what: &What) -> Option<String> {
    match what {
        What::Failed { why, .. } => Some(format!("nothing is left to try: {}", why.join("; "))),
        What::Halted { fault } => Some(format!("nothing more is ordered: {fault}")),
        _ => None,
    }
}
