//! `vmbroker sweep`.

use serde_json::json;
use vmbroker::deploy::{Standing, Sweep, SweepOptions, SweptDeletion, SweptMachine};
use vmbroker::printable;

use super::state_cell;
use crate::args::Accounts;
use crate::context::{Context, report_all};
use crate::failure::{FAILED, Failure, OK};
use crate::story::second;
use crate::table::{Table, column};

/// Look for machines of ours that the journal does not know.
///
/// All accounts are listed first, and the journal is read after. With `--delete`, machines that belong to nothing are
/// deleted, a step at a time and a few at once, if an earlier sweep saw them long enough ago. It refuses where the
/// journal is younger than such a machine: then the journal was lost, and `vmbroker resolve MARKER adopt HANDLE --into
/// NAME` takes machines back.
///
/// JSON: `{"machines": [{"instance", "handle_text", "marker", "standing": "orphan"|"foreign"|{"known": {"deployment"}}|
/// {"late": {"deployment"}}, "first_seen", "deletion"}], "unknown": how many belong to nothing, "failures": [{"provider",
/// "message", …}]}`. Nothing is known of accounts that stand under `failures`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker sweep
  vmbroker sweep --delete")]
pub(crate) struct Args {
    #[command(flatten)]
    accounts: Accounts,
    /// Delete what belongs to nothing, where nothing speaks against it.
    #[arg(long)]
    delete: bool,
    /// Show machines of other installations, too. They are never deleted.
    #[arg(long)]
    any_owner: bool,
    /// Show also the machines that the journal knows.
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open(&args.accounts).await?;
    let broker = open.broker(&context).await?;
    let spinner = context.terminal.spinner("reading lists");
    broker.look().await?;
    let swept = broker.sweep(SweepOptions { any_owner: args.any_owner, delete: args.delete }).await?;
    drop((spinner, broker));
    let Sweep { machines, failed } = swept;
    let unknown = machines.iter().filter(|it| belongs_to_nothing(it)).count();
    let not_deleted = machines.iter().any(|it| matches!(it.deletion, SweptDeletion::Failed(_)));
    let terminal = &context.terminal;
    let errors: Vec<_> = failed.into_iter().map(|(_, error)| error).collect();
    if terminal.is_json() {
        let failures: Vec<Failure> = errors.iter().map(Failure::of).collect();
        let document = |machine: &SweptMachine| {
            let mut value = json!(machine);
            value["handle_text"] = json!(machine.instance.handle.to_string());
            value
        };
        let machines: Vec<_> = machines.iter().map(document).collect();
        terminal.print_json(&json!({ "machines": machines, "unknown": unknown, "failures": failures }))?;
    } else {
        say(&args, &context, &machines, unknown)?;
    }
    let code = report_all(terminal, errors);
    Ok(if code == OK && not_deleted { FAILED } else { code })
}

fn belongs_to_nothing(machine: &SweptMachine) -> bool {
    match machine.standing {
        Standing::Orphan | Standing::Late { .. } => true,
        Standing::Known { .. } | Standing::Foreign => false,
    }
}

fn say(args: &Args, context: &Context, machines: &[SweptMachine], unknown: usize) -> Result<(), Failure> {
    let terminal = &context.terminal;
    let shown = |it: &&SweptMachine| args.all || !matches!(it.standing, Standing::Known { .. });
    let shown: Vec<&SweptMachine> = machines.iter().filter(shown).collect();
    if !shown.is_empty() {
        table(&shown).print(terminal)?;
    }
    let known = machines.iter().filter(|it| matches!(it.standing, Standing::Known { .. })).count();
    terminal.note(&format!("{known} machines are known to the journal, {unknown} of ours belong to nothing"));
    if unknown > 0 && !args.delete {
        terminal.note(
            "hint: `vmbroker resolve MARKER adopt HANDLE --into NAME` takes one into a deployment; `vmbroker sweep --delete` \
             deletes what belongs to nothing",
        );
    }
    Ok(())
}

fn table(machines: &[&SweptMachine]) -> Table {
    let mut table = Table::new(&[
        column("HANDLE"),
        column("STATE"),
        column("MARKER").dispensable(3),
        column("BELONGS TO"),
        column("FIRST SEEN").dispensable(2),
        column("DELETION").dispensable(1),
    ]);
    for machine in machines {
        let standing = match &machine.standing {
            Standing::Known { deployment } => deployment.clone(),
            Standing::Late { deployment } => format!("nothing any more (came late for {deployment})"),
            Standing::Orphan => "nothing".to_owned(),
            Standing::Foreign => "another installation".to_owned(),
        };
        let deletion = match &machine.deletion {
            SweptDeletion::NotAsked => "-".to_owned(),
            SweptDeletion::Refused(why) => format!("left alone: {why}"),
            SweptDeletion::Started => "started".to_owned(),
            SweptDeletion::Failed(fault) => printable(&fault.to_string()),
        };
        table.row([
            machine.instance.handle.to_string(),
            state_cell(machine.instance.state, &machine.instance.word),
            machine.marker.to_string(),
            standing,
            second(machine.first_seen),
            deletion,
        ]);
    }
    table
}
