//! `vmbroker resolve`.

use serde_json::json;
use vmbroker::deploy::Broker;
use vmbroker::deploy::engine::{Decision, Deployment, LegState};
use vmbroker::{Handle, Marker, ProviderId};

use super::standing;
use crate::args::Clouds;
use crate::context::Context;
use crate::failure::{Failure, OK};
use crate::units::word;

/// List what waits for a person, or decide it.
///
/// A create whose outcome nobody can prove is never sent again by itself, and nothing is sent elsewhere for it. Look at
/// the provider's own page, then decide. Each machine stands here with three facts: when its create was sent, when it
/// was looked for, and what it costs per hour.
///
/// A machine of ours that the journal does not know, such as after a lost journal, is taken into a deployment with
/// `resolve MARKER adopt HANDLE --into NAME`; `vmbroker sweep` lists such machines.
///
/// JSON: `{"asks": [{"deployment", "marker", "machine", "provider", "offer", "question", "sent_at", "looked_at",
/// "price_per_hour", "fault", "handles"}]}`; after a decision the shape of `deploy`, after `--same-account`
/// `{"same_account"}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker resolve
  vmbroker resolve MARKER adopt HANDLE
  vmbroker resolve MARKER confirm-absent")]
pub(crate) struct Args {
    /// The machine that is decided about [default: list all that wait].
    #[arg(value_name = "MARKER", value_parser = word::<Marker>)]
    marker: Option<Marker>,
    /// This account is the one its machines in the journal were ordered at, though its credentials are new and it shows
    /// none of them.
    #[arg(long, value_name = "ACCOUNT", value_parser = word::<ProviderId>, conflicts_with = "marker")]
    same_account: Option<ProviderId>,
    #[command(subcommand)]
    decision: Option<Word>,
}

/// What a person decides.
#[derive(Debug, clap::Subcommand)]
enum Word {
    /// This is its machine.
    Adopt {
        /// The machine, as `vmbroker list` shows it.
        #[arg(value_name = "HANDLE", value_parser = word::<Handle>)]
        handle: Handle,
        /// Take a machine that the journal does not know into this deployment, as one more that is wanted.
        #[arg(long, value_name = "NAME")]
        into: Option<String>,
    },
    /// There is no machine, or it is gone: another may be ordered in its place.
    ConfirmAbsent,
    /// All machines of a create that was carried out more than once are kept.
    KeepBoth,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    if let Some(id) = args.same_account {
        if args.decision.is_some() {
            return Err(Failure::usage(
                "`--same-account` is a decision of its own: no other stands beside it",
            ));
        }
        return vouch(&id, &context).await;
    }
    let (marker, decision) = match (args.marker, args.decision) {
        (Some(marker), Some(decision)) => (marker, decision),
        (None, None) => return list(&context).await,
        (Some(_), None) => {
            return Err(Failure::usage("the decision is missing: what of this machine?")
                .hint("it is one of `adopt HANDLE`, `confirm-absent`, `keep-both`"));
        }
        (None, Some(_)) => {
            return Err(Failure::usage("the machine's marker is missing: it stands before the decision")
                .hint("`vmbroker resolve` lists what waits for a decision"));
        }
    };
    let open = context.open_all(Clouds::default()).await?;
    if let Word::Adopt { handle, .. } = &decision {
        open.know(std::slice::from_ref(handle))?;
    }
    let broker = open.broker(&context).await?;
    let report = match decision {
        Word::Adopt { mut handle, into: Some(name) } => {
            handle.marker = Some(marker);
            check_into(&broker, &name).await?;
            broker.adopt(&name, &handle).await?
        }
        Word::Adopt { mut handle, into: None } => {
            handle.marker = Some(marker);
            decide(&broker, marker, Decision::Adopt(handle)).await?
        }
        Word::ConfirmAbsent => decide(&broker, marker, Decision::ConfirmAbsent).await?,
        Word::KeepBoth => decide(&broker, marker, Decision::KeepBoth).await?,
    };
    let terminal = &context.terminal;
    let state =
        broker.state(&report.name).await?.unwrap_or_else(|| Deployment::new(&report.name, open.clock.now()));
    if terminal.is_json() {
        terminal.print_json(&standing::document(&state, &report, &Default::default()))?;
    } else {
        let next = if report.name == marker.as_str() {
            format!("`vmbroker events {marker}` tells its story")
        } else {
            format!("`vmbroker deploy FILE` goes on with `{}`", report.name)
        };
        terminal.print(&format!("{marker}: written down; {next}\n"))?;
    }
    Ok(OK)
}

async fn vouch(id: &ProviderId, context: &Context) -> Result<u8, Failure> {
    let open = context.open_all(Clouds::default()).await?;
    open.broker(context).await?.vouch(id).await?;
    if context.terminal.is_json() {
        context.terminal.print_json(&json!({ "same_account": id }))?;
    } else {
        context.terminal.print(&format!("{id}: written down; its machines are looked for there again\n"))?;
    }
    Ok(OK)
}

async fn decide(
    broker: &Broker,
    marker: Marker,
    decision: Decision,
) -> Result<vmbroker::deploy::Report, Failure> {
    broker.resolve(marker, decision).await.map_err(|error| {
        Failure::from(error).hint("`vmbroker resolve` lists what waits for a decision, `vmbroker sweep` what the journal does not know")
    })
}

/// A new deployment gets a name as any other.
async fn check_into(broker: &Broker, name: &str) -> Result<(), Failure> {
    if broker.report(name).await?.is_some() || crate::deployment::is_name(name) {
        return Ok(());
    }
    let message = format!(
        "`--into {}` is no name of a deployment: it is 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end",
        vmbroker::printable(name)
    );
    Err(Failure::usage(message))
}

async fn list(context: &Context) -> Result<u8, Failure> {
    let mut states = Vec::new();
    if let Some(broker) = context.reader().await? {
        for row in broker.journal().deployments().await? {
            states.extend(broker.state(&row.name).await?);
        }
    }
    let terminal = &context.terminal;
    let asks: Vec<_> =
        states.iter().flat_map(|state| standing::asking(state).map(move |leg| (state.name(), leg))).collect();
    if terminal.is_json() {
        let asks: Vec<_> = asks.iter().map(|(name, leg)| standing::ask_document(name, leg)).collect();
        terminal.print_json(&json!({ "asks": asks }))?;
    } else if asks.is_empty() {
        terminal.note("nothing waits for a decision");
        for leg in states.iter().flat_map(|state| state.legs.values()) {
            if leg.state == LegState::Uncertain {
                terminal.note(&format!(
                    "{} is being looked for at `{}`: every command that writes the journal looks again",
                    leg.marker, leg.choice.account
                ));
            }
        }
    } else {
        let texts = asks
            .iter()
            .map(|(name, leg)| format!("{}{}", standing::question(name, leg), standing::how_to_decide(leg)));
        terminal.print(&texts.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(OK)
}
