//! `vmbroker deployments`.

use serde_json::json;
use vmbroker::deploy::engine::{Deployment, LegState, Mode};

use super::standing::asking;
use super::together;
use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::story::second;
use crate::table::{Table, column};

/// List the deployments of this installation, from its journal.
///
/// It is read beside whatever runs. A machine from `create` is a deployment of one whose name is its marker.
///
/// JSON: `{"deployments": [{"name", "mode", "created_at", "wanted", "up", "asks", "on_the_way", "may_cost":
/// how many machines may cost money, "reserved", "over"}]}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker deployments
  vmbroker deployments --all")]
pub(crate) struct Args {
    /// Also those of which nothing is left.
    #[arg(long)]
    all: bool,
}

/// What is said of one deployment.
struct Line {
    state: Deployment,
    wanted: usize,
    up: usize,
    asks: usize,
    on_the_way: usize,
    may_cost: usize,
}

impl Line {
    fn of(state: Deployment) -> Self {
        let count = |is: fn(LegState) -> bool| state.legs.values().filter(|leg| is(leg.state)).count();
        let on_the_way = |state: LegState| {
            state.is_coming() || state.is_ending() || matches!(state, LegState::Sending | LegState::Uncertain)
        };
        Self {
            wanted: if state.head.mode == Mode::Down { 0 } else { state.wanted().count() },
            up: state.count(LegState::Running),
            asks: asking(&state).count(),
            on_the_way: count(on_the_way),
            may_cost: state.legs.values().filter(|leg| leg.may_live()).count(),
            state,
        }
    }

    /// Whether nothing is left of it. What only `create` ordered is over with its machine.
    fn is_over(&self) -> bool {
        self.may_cost == 0 && (self.wanted == 0 || self.state.head.mode == Mode::Held)
    }
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let mut lines = Vec::new();
    if let Some(broker) = context.reader().await? {
        for row in broker.journal().deployments().await? {
            let state = broker.state(&row.name).await?;
            lines.extend(state.map(Line::of).filter(|line| args.all || !line.is_over()));
        }
    }
    let terminal = &context.terminal;
    if terminal.is_json() {
        let document = |line: &Line| {
            json!({
                "name": line.state.name(),
                "mode": line.state.head.mode,
                "created_at": line.state.head.created_at,
                "wanted": line.wanted,
                "up": line.up,
                "asks": line.asks,
                "on_the_way": line.on_the_way,
                "may_cost": line.may_cost,
                "reserved": line.state.reserved(None),
                "over": line.is_over(),
            })
        };
        let lines: Vec<_> = lines.iter().map(document).collect();
        terminal.print_json(&json!({ "deployments": lines }))?;
        return Ok(OK);
    }
    if lines.is_empty() {
        terminal.note(if args.all {
            "no deployment is in the journal"
        } else {
            "no deployment stands; `--all` shows past ones"
        });
        return Ok(OK);
    }
    table(&lines).print(terminal)?;
    if lines.iter().any(|line| line.asks > 0) {
        terminal.note("note: some machines wait for your word: `vmbroker resolve`");
    }
    Ok(OK)
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new(&[
        column("NAME"),
        column("WANTED").right(),
        column("UP").right(),
        column("ON THE WAY").right(),
        column("ASKS").right(),
        column("MAY COST MONEY").dispensable(1).right(),
        column("RESERVED").dispensable(3).right(),
        column("SINCE").dispensable(2),
    ]);
    for line in lines {
        table.row([
            line.state.name().to_owned(),
            line.wanted.to_string(),
            line.up.to_string(),
            line.on_the_way.to_string(),
            line.asks.to_string(),
            line.may_cost.to_string(),
            together(line.state.reserved(None).into_iter()),
            second(line.state.head.created_at),
        ]);
    }
    table
}
