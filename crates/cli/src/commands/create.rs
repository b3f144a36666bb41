//! `vmbroker create`.

mod wish;

pub(crate) use wish::{SANDBOX_KEY, read_key};

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use vmbroker::deploy::{News, Order};
use vmbroker::{
    ComputeProvider, ComputeProviderExt, Effect, Error, Goal, Handle, Marker, Observation, Owner, ProviderId,
    Wait,
};

use super::follow::not_written;
use super::{address_cell, do_what_is_due, duration_cell, one_account, state_cell};
use crate::args::Clouds;
use crate::context::{Context, Open};
use crate::failure::{Failure, OK};
use crate::interrupt::interrupted;
use crate::progress::Watched;
use crate::units::{duration, word};
use crate::{installation, json};

/// Order one machine and print its handle.
///
/// Its marker is printed on standard error, and stands in the journal, before anything is sent: whatever happens
/// then, the machine can be found by it. An order is sent once and never repeated. The machine is a deployment of one
/// whose name is its marker: `vmbroker events MARKER`, `receipt MARKER`.
///
/// JSON: `{"marker", "handle_text", "handle", "observation"}` on standard output, and before it the lines
/// `{"marker"}` and `{"accepted": handle}` on standard error.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker create --provider zenlayer --vcpus 2 --memory 4GiB --ssh-key demo-key.pub
  vmbroker create --sandbox --provider fluence --vcpus 4 --memory 8GiB --wait reachable")]
pub(crate) struct Args {
    #[command(flatten)]
    clouds: Clouds,
    /// At which account [default: the only one].
    #[arg(long, value_name = "ACCOUNT", value_parser = word::<ProviderId>)]
    provider: Option<ProviderId>,
    #[command(flatten)]
    wish: wish::WishArgs,
    /// Wait until the machine is on, or on and with an address.
    #[arg(long, value_enum, value_name = "GOAL")]
    wait: Option<Until>,
    /// With `--wait`: stop waiting after this long. The machine stays.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "20m")]
    timeout: Duration,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Until {
    /// The machine is on.
    Running,
    /// The machine is on and has a public address.
    Reachable,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open_all(args.clouds).await?;
    let wanted = open.registry.clone().only(args.provider.as_slice())?;
    let account = one_account(&wanted, args.provider.as_ref())?;
    let provider = open.registry.get(&account)?;
    let mut request = args.wish.request(nobody(), &context.place, open.sandbox.is_some())?;
    request.check()?;
    let broker = open.broker(&context).await?;
    let marker = installation::new_marker(broker.owner())?;
    request.marker = marker;
    let terminal = &context.terminal;
    if request.charge.months().is_some() {
        say_note(&context, "a prepaid machine cannot be deleted before its term ends");
    }
    say_line(&context, "marker", marker.as_str());
    let ordered = broker.order(&account, request).await;
    let mut order = ordered.map_err(|error| Failure::from(error).hint("nothing was ordered"))?;
    let (answer, stopped) = send(&context, &provider, &mut order).await;
    // Written down before anything is said of it: standard output may be closed or full.
    settle(&context, order).await;
    let handle = answer.map_err(|error| what_now(&error, &provider, marker))?;
    let ordered = |failure: Failure| {
        failure
            .hint(format!("the machine was ordered and may cost money; look at it: vmbroker status {handle}"))
            .hint(format!("to be rid of it: vmbroker delete {handle}"))
    };
    if terminal.is_json() {
        say_line(&context, "accepted", &handle.to_string());
    } else {
        terminal.print(&format!("{handle}\n")).map_err(ordered)?;
    }
    // From here on others may write the journal.
    do_what_is_due(&context, broker).await;
    let waited = match args.wait {
        None => Ok(None),
        Some(_) if stopped => Err(Failure::other("stopped waiting")),
        Some(until) => wait(&context, &open, provider, &handle, until, args.timeout).await.map(Some),
    };
    say_end(&context, marker, &handle, waited.as_ref().ok().and_then(Option::as_ref)).map_err(ordered)?;
    if matches!(waited, Ok(Some(_))) && open.sandbox.is_none() {
        // What was waited for is looked at once more, so that the journal knows it too.
        let look = async {
            if let Ok(broker) = open.broker(&context).await {
                do_what_is_due(&context, broker).await;
            }
        };
        tokio::select! {
            () = look => {}
            () = interrupted() => {}
        }
    }
    if open.sandbox.is_some() {
        say_note(&context, "the simulated clouds end with this command; `vmbroker sandbox` keeps them");
    }
    waited.map(|_| OK).map_err(ordered)
}

/// The marker of a wish that is only checked.
fn nobody() -> Marker {
    Marker::new(Owner::of_installation(""), [0; 10])
}

/// What is known of a machine, for a person or a program, to standard error.
fn say_line(context: &Context, what: &str, value: &str) {
    if context.terminal.is_json() {
        context.terminal.note(json::line(&json!({ (what): value })).trim_end());
    } else {
        context.terminal.note(&format!("{what}: {value}"));
    }
}

/// What a person should know besides, to standard error.
fn say_note(context: &Context, note: &str) {
    say_line(context, "note", note);
}

/// Awaits the answer; and whether somebody wants to stop. Stopping in the middle would lose it, so that has to be asked
/// for twice.
async fn send(
    context: &Context,
    provider: &Arc<dyn ComputeProvider>,
    order: &mut Order,
) -> (Result<Handle, Error>, bool) {
    let _spinner = context.terminal.spinner("ordering");
    tokio::select! {
        answer = order.answer() => return (answer, false),
        () = interrupted() => {}
    }
    say_note(
        context,
        "the order is on its way: its answer is awaited, so that no machine is lost; Ctrl-C again stops all the same",
    );
    let answer = tokio::select! {
        answer = order.answer() => answer,
        () = interrupted() => {
            let error = Error::new(vmbroker::ErrorKind::DeadlineExceeded, "stopped before the answer came");
            Err(error.at(provider.id(), "create").with_effect(Effect::Unknown))
        }
    };
    (answer, true)
}

/// Waits until the answer is in the journal, and says so where it cannot be written.
async fn settle(context: &Context, mut order: Order) {
    loop {
        let news = tokio::select! {
            news = order.written() => news,
            () = interrupted() => return,
        };
        let Some(News::NotWritten { leg, handle, why }) = news else { return };
        let handle = handle.map(|handle| handle.to_string());
        context.terminal.note(&not_written(&leg.to_string(), handle.as_deref(), &why));
    }
}

/// What a failed order means and what to do next.
fn what_now(error: &Error, provider: &Arc<dyn ComputeProvider>, marker: Marker) -> Failure {
    let failure = Failure::of(error);
    let id = provider.id();
    match error.effect() {
        Effect::None => failure.hint("nothing was ordered"),
        Effect::Unknown => {
            let semantics = provider.semantics();
            let late = semantics.create_applies_within + semantics.list_lags_by;
            let proof = match semantics.visible_within {
                None => format!(
                    "at `{id}` a list without it never proves that there is none: look again later, and at the \
                     provider's own page"
                ),
                Some(visible) => format!(
                    "a list without it is proof only from {} from now on",
                    duration_cell(late.max(visible))
                ),
            };
            failure
                .hint(format!(
                    "a machine may exist and cost money; look for it: vmbroker list --provider {id} --marker {marker}"
                ))
                .hint(proof)
                .hint("do not order again before that")
        }
    }
}

async fn wait(
    context: &Context,
    open: &Open,
    provider: Arc<dyn ComputeProvider>,
    handle: &Handle,
    until: Until,
    timeout: Duration,
) -> Result<Observation, Failure> {
    let goal = match until {
        Until::Running => Goal::Running,
        Until::Reachable => Goal::Reachable,
    };
    let spinner = Arc::new(context.terminal.spinner("waiting: ordered"));
    let told = Arc::clone(&spinner);
    let clock = open.clock.clone();
    let started = clock.elapsed();
    let told = move |_: &Handle, observation: &Observation| {
        let waited = duration_cell(Duration::from_secs(clock.elapsed().saturating_sub(started).as_secs()));
        let state = observation.state().map_or("not shown yet".to_owned(), |state| state.to_string());
        told.say(format!("waiting: {state}, {waited}"));
    };
    let watched = Watched::new(provider, Arc::new(told));
    let wait = Wait::new(open.clock.clone(), timeout);
    tokio::select! {
        seen = watched.wait_until(handle, goal, &wait) => Ok(seen?),
        () = interrupted() => Err(Failure::other("stopped waiting")),
    }
}

/// The document for programs, or what was waited for in words.
fn say_end(
    context: &Context,
    marker: Marker,
    handle: &Handle,
    observation: Option<&Observation>,
) -> Result<(), Failure> {
    let terminal = &context.terminal;
    if terminal.is_json() {
        let known = observation.map_or(handle, |it| &it.handle);
        return terminal.print_json(&json!({
            "marker": marker,
            "handle_text": known.to_string(),
            "handle": known,
            "observation": observation.map(json::observation),
        }));
    }
    if let Some(observation) = observation
        && let vmbroker::Finding::Found { state, word, instance, .. } = &observation.finding
    {
        let address = instance.as_deref().map(address_cell).unwrap_or_default();
        terminal.note(&format!("{}: {} {address}", observation.handle, state_cell(*state, word)));
    }
    Ok(())
}
