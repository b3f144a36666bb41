//! `vmbroker delete`.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};
use vmbroker::{
    ComputeProvider, ComputeProviderExt, Error, Handle, Next, ProviderId, Registry, Wait, printable,
};

use super::{do_what_is_due, duration_cell};
use crate::args::Clouds;
use crate::context::{Context, Open};
use crate::failure::{FAILED, Failure, OK};
use crate::units::{duration, word};

/// Delete machines, and wait until it is proven that they are gone.
///
/// Safe to repeat at any time, in any state. A machine of a deployment is no longer wanted then: `vmbroker deploy` makes
/// none in its place until it is run with the same `count` again.
///
/// JSON: `{"machines": [{"handle_text", "handle", "result", "why", "wait_seconds", "failure"}]}`, where the result
/// is `gone`, `not_found` (neither the provider nor the journal knows it), `unproven`, `failed` or, with `--no-wait`,
/// `started`, `wait_then_repeat` or `nothing_left`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker delete HANDLE
  vmbroker delete HANDLE --no-wait")]
pub(crate) struct Args {
    #[command(flatten)]
    clouds: Clouds,
    /// The machines, as `create` and `list` print them.
    #[arg(required = true, value_name = "HANDLE", value_parser = word::<Handle>)]
    handles: Vec<Handle>,
    /// Only take the step that is possible now.
    #[arg(long)]
    no_wait: bool,
    /// Stop waiting after this long.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "30m", conflicts_with = "no_wait")]
    timeout: Duration,
}

/// A machine whose deletion ended, one way or another.
#[derive(Debug)]
struct Deleted {
    /// The handle that was given.
    asked: Handle,
    /// The handle as now known.
    now: Handle,
    end: End,
}

/// How the deletion of one machine ended.
#[derive(Debug)]
enum End {
    Gone,
    /// Neither the provider nor the journal knows it.
    NotFound,
    /// The provider does not know it, and nobody can say when that would be proof.
    Unproven,
    Step(Next),
    Failed(Error),
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open_all(args.clouds).await?;
    open.know(&args.handles)?;
    let mut handles: Vec<Handle> = Vec::new();
    for handle in args.handles {
        if !handles.contains(&handle) {
            handles.push(handle);
        }
    }
    let (accounts, unknown) = condemn(&context, &open, &handles).await?;
    let terminal = &context.terminal;
    let total = handles.len();
    let spinner = terminal.spinner(format!("deleting {total} of {total} machines"));
    let wait = (!args.no_wait).then(|| Wait::new(open.clock.clone(), args.timeout));
    let one = |handle: Handle| {
        let is_known = !unknown.contains(&handle);
        delete(&accounts, handle, wait.as_ref(), is_known)
    };
    let mut still_open: FuturesUnordered<_> = handles.into_iter().map(one).collect();
    let mut ends = Vec::new();
    while let Some(end) = still_open.next().await {
        if !terminal.is_json() {
            say(&context, &end)?;
        }
        ends.push(end);
        spinner.say(format!("deleting {} of {total} machines", total - ends.len()));
    }
    drop((spinner, still_open));
    note_ends(&context, &open, &ends).await;
    if terminal.is_json() {
        let machines: Vec<Value> = ends.iter().map(as_json).collect();
        terminal.print_json(&json!({ "machines": machines }))?;
    }
    Ok(report(&context, &ends))
}

/// Writes down that these machines are to be deleted, before anything is sent. Those that the journal knows by their
/// order only are found by the marker that a look shows. The accounts, and the handles that the journal does not know.
async fn condemn(
    context: &Context,
    open: &Open,
    handles: &[Handle],
) -> Result<(Registry, Vec<Handle>), Failure> {
    let broker = open.broker(context).await?;
    let registry = broker.accounts().await?;
    let mut unknown = Vec::new();
    for handle in handles {
        if !broker.condemn(handle).await? {
            unknown.push(handle.clone());
        }
    }
    let live = broker.journal().legs().await?.into_iter().filter(|leg| leg.live);
    let accounts: Vec<ProviderId> = live.map(|leg| leg.account).collect();
    let sought: Vec<Handle> =
        unknown.iter().filter(|handle| accounts.contains(&handle.provider)).cloned().collect();
    if sought.is_empty() {
        return Ok((registry, unknown));
    }
    for seen in registry.status(&sought).await.into_iter().filter_map(|it| it.result.ok()).flatten() {
        let marker = seen.instance().and_then(|it| it.marker).or(seen.handle.marker);
        let handle = Handle { marker, ..seen.handle };
        if broker.condemn(&handle).await? {
            unknown.retain(|it| !it.is_same(&handle));
        }
    }
    Ok((registry, unknown))
}

/// Writes down what is proven gone, and does what is due. Where another program writes the journal by now, the next look
/// finds the same.
async fn note_ends(context: &Context, open: &Open, ends: &[Deleted]) {
    let Ok(broker) = open.broker(context).await else { return };
    for deleted in ends.iter().filter(|it| matches!(it.end, End::Gone | End::NotFound)) {
        if let Err(error) = broker.gone(&deleted.now).await {
            context.terminal.note(&format!("warning: {error}"));
        }
    }
    do_what_is_due(context, broker).await;
}

async fn delete(accounts: &Registry, handle: Handle, wait: Option<&Wait>, is_known: bool) -> Deleted {
    let result = match (accounts.of(&handle), wait) {
        (Err(error), _) => Err(error),
        (Ok(provider), None) => {
            provider.delete(&handle).await.map(|deletion| (deletion.handle, End::Step(deletion.next)))
        }
        (Ok(provider), Some(wait)) => until_gone(provider.as_ref(), handle.clone(), wait, is_known).await,
    };
    let (now, end) = result.unwrap_or_else(|error| (handle.clone(), End::Failed(error)));
    Deleted { asked: handle, now, end }
}

/// Looks before it deletes: what was seen and then is no longer there is gone. A handle from the command line does
/// not say how old it is; a machine that was never seen counts as made now, so that it is waited for.
async fn until_gone(
    provider: &dyn ComputeProvider,
    mut handle: Handle,
    wait: &Wait,
    is_known: bool,
) -> vmbroker::Result<(Handle, End)> {
    let seen = provider.status(std::slice::from_ref(&handle)).await.ok().and_then(|mut seen| seen.pop());
    let mut was_seen = true;
    match seen {
        Some(seen) if seen.state().is_some() => handle = seen.handle,
        _ => {
            was_seen = false;
            let deletion = provider.delete(&handle).await?;
            handle = deletion.handle;
            if deletion.next == Next::NothingLeft && provider.semantics().visible_within.is_none() {
                return Ok((handle, End::Unproven));
            }
            handle.made_at = handle.made_at.or_else(|| Some(wait.clock.now()));
        }
    }
    let last = provider.delete_until_gone(&handle, wait).await?;
    let end = if was_seen || is_known || last.state().is_some() { End::Gone } else { End::NotFound };
    Ok((handle, end))
}

fn say(context: &Context, deleted: &Deleted) -> Result<(), Failure> {
    let sentence = match &deleted.end {
        End::Failed(_) | End::Unproven => return Ok(()),
        End::Gone => "is gone".to_owned(),
        End::NotFound => {
            format!(
                "is known neither to `{}` nor to the journal: nothing was deleted",
                deleted.asked.provider
            )
        }
        End::Step(Next::Started) => "is being deleted".to_owned(),
        End::Step(Next::NothingLeft) => "has nothing left to delete".to_owned(),
        End::Step(Next::WaitThenRepeat { why, wait }) => {
            format!("cannot be deleted yet ({}): repeat in {}", printable(why), duration_cell(*wait))
        }
    };
    context.terminal.print(&format!("{} {sentence}\n", deleted.asked))
}

/// Reports what failed, says what only looking proves, and returns the exit code.
fn report(context: &Context, ends: &[Deleted]) -> u8 {
    let mut code = OK;
    for Deleted { asked: handle, end, .. } in ends {
        let failure = match end {
            End::Gone | End::NotFound | End::Step(_) => continue,
            End::Failed(error) => Failure::of(error).hint(format!(
                "`{handle}` may still be there and cost money: `vmbroker delete {handle}` is safe to repeat"
            )),
            End::Unproven => Failure::other(format!("`{handle}` is not known, which does not prove that it is gone"))
                .hint(format!(
                    "account `{}` shows no machine that is still starting, and nobody can say how long that takes",
                    handle.provider
                ))
                .hint(format!("look later (vmbroker status {handle}) or at the provider's own page")),
        };
        context.terminal.report(&failure);
        code = if code == OK || code == failure.exit_code { failure.exit_code } else { FAILED };
    }
    if ends.iter().any(|it| matches!(it.end, End::Step(_))) && !context.terminal.is_json() {
        context
            .terminal
            .note("note: a machine is gone only when `vmbroker status` or `vmbroker list` shows it");
    }
    code
}

fn as_json(deleted: &Deleted) -> Value {
    let mut value = json!({ "handle_text": deleted.asked.to_string(), "handle": deleted.now });
    let result = match &deleted.end {
        End::Gone => "gone",
        End::NotFound => "not_found",
        End::Unproven => "unproven",
        End::Step(Next::Started) => "started",
        End::Step(Next::NothingLeft) => "nothing_left",
        End::Step(Next::WaitThenRepeat { why, wait }) => {
            value["why"] = json!(why);
            value["wait_seconds"] = json!(wait.as_secs_f64());
            "wait_then_repeat"
        }
        End::Failed(error) => {
            value["failure"] = json!(Failure::of(error));
            "failed"
        }
    };
    value["result"] = json!(result);
    value
}
