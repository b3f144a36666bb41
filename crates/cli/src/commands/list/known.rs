//! What the journal knows of the machines that are listed.

use serde_json::{Value, json};
use vmbroker::journal::{HandleRow, LegRow};
use vmbroker::{Instance, ProviderId};

use crate::context::{Context, Open};
use crate::terminal::Terminal;

/// What the journal knows, as far as it can be read: a list is worth having without it, too.
#[derive(Debug, Default)]
pub(super) struct Known {
    legs: Vec<LegRow>,
    handles: Vec<HandleRow>,
}

impl Known {
    /// Reads the journal, beside whoever writes it.
    pub(super) async fn read(context: &Context, open: &Open) -> Self {
        let read = async {
            let Some(broker) = open.reader(&context.place).await? else { return Ok(Self::default()) };
            let journal = broker.journal();
            Ok(Self { legs: journal.legs().await?, handles: journal.handles().await? })
        };
        read.await.unwrap_or_else(|failure: crate::failure::Failure| {
            context.terminal.note(&format!("warning: {}", failure.message));
            Self::default()
        })
    }

    /// The deployment of this machine.
    pub(super) fn deployment(&self, instance: &Instance) -> Option<&str> {
        let marker = instance.marker?;
        self.legs.iter().find(|leg| leg.marker == marker).map(|leg| leg.deployment.as_str())
    }

    /// The deployment's name, where that says more than the machine's own.
    pub(super) fn name(&self, instance: &Instance) -> Option<&str> {
        let name = self.deployment(instance)?;
        instance.marker.is_some_and(|marker| marker.as_str() != name).then_some(name)
    }

    /// The machines that the journal has as up at accounts whose lists are complete, and that are in none.
    pub(super) fn missing(
        &self,
        listed: &[Instance],
        complete: &[ProviderId],
    ) -> Vec<(&LegRow, Option<&HandleRow>)> {
        let up = self.legs.iter().filter(|leg| leg.state == "running" && complete.contains(&leg.account));
        let gone = up.filter(|leg| !listed.iter().any(|it| it.marker == Some(leg.marker)));
        gone.map(|leg| (leg, self.handles.iter().find(|row| row.leg == leg.marker && row.number == 0)))
            .collect()
    }
}

pub(super) fn document((leg, row): &(&LegRow, Option<&HandleRow>)) -> Value {
    json!({
        "marker": leg.marker,
        "deployment": leg.deployment,
        "provider": leg.account,
        "handle_text": row.map(|row| row.handle.to_string()),
    })
}

/// Says which machines the journal has as up and no list shows.
pub(super) fn say_missing(terminal: &Terminal, missing: &[(&LegRow, Option<&HandleRow>)]) {
    for (leg, row) in missing {
        let what = row.map_or_else(|| leg.marker.to_string(), |row| row.handle.to_string());
        terminal.note(&format!(
            "note: the journal has {what} of `{}` as up, and the list of `{}` does not show it",
            leg.deployment, leg.account
        ));
    }
}
