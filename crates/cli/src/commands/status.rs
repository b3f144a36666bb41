//! `vmbroker status`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use vmbroker::{Error, Finding, Handle, Observation, State};

use super::{address_cell, duration_cell, state_cell};
use crate::args::Clouds;
use crate::context::{Context, Open, report_all};
use crate::failure::{Failure, OK};
use crate::json;
use crate::table::{Table, column};
use crate::units::{duration, word};

/// Show where machines are in their lives.
///
/// JSON: `{"machines": [{"handle_text", "handle", "at", "found", "state", "word", "failure", "instance"}],
/// "failures": [{"provider", "message", …}]}`; with `--watch` one such document a line whenever something changed.
/// A machine that the provider does not know has `"found": false`; that is no failure.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker status HANDLE
  vmbroker status HANDLE --watch --timeout 15m")]
pub(crate) struct Args {
    #[command(flatten)]
    clouds: Clouds,
    /// The machines, as `create` and `list` print them.
    #[arg(required = true, value_name = "HANDLE", value_parser = word::<Handle>)]
    handles: Vec<Handle>,
    /// Look again and again and show what changes, until all machines are gone.
    #[arg(long)]
    watch: bool,
    /// With `--watch`: stop looking after this long, such as 15m.
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "watch")]
    timeout: Option<Duration>,
}

/// What one round of looking showed, in the order of the handles.
struct Round {
    seen: Vec<(Handle, Option<Observation>)>,
    errors: Vec<Error>,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let open = context.open_all(args.clouds).await?;
    open.know(&args.handles)?;
    if args.watch {
        return Box::pin(watch(&args, &context, &open)).await;
    }
    let spinner = context.terminal.spinner("looking");
    let round = look(&open, &args.handles).await;
    drop(spinner);
    show(&round, &context, false)?;
    Ok(report_all(&context.terminal, round.errors))
}

async fn look(open: &Open, handles: &[Handle]) -> Round {
    let mut found: BTreeMap<String, std::vec::IntoIter<Observation>> = BTreeMap::new();
    let mut errors = Vec::new();
    for answer in open.registry.status(handles).await {
        match answer.result {
            Ok(observations) => drop(found.insert(answer.provider.to_string(), observations.into_iter())),
            Err(error) => errors.push(error),
        }
    }
    let mut next = |handle: &Handle| found.get_mut(handle.provider.as_str()).and_then(Iterator::next);
    let seen = handles.iter().map(|handle| (handle.clone(), next(handle))).collect();
    Round { seen, errors }
}

fn show(round: &Round, context: &Context, one_line: bool) -> Result<(), Failure> {
    let terminal = &context.terminal;
    if terminal.is_json() {
        let machines: Vec<_> =
            round.seen.iter().filter_map(|(_, it)| it.as_ref()).map(json::observation).collect();
        let failures: Vec<Failure> = round.errors.iter().map(Failure::of).collect();
        let document = json!({ "machines": machines, "failures": failures });
        return if one_line {
            terminal.print(&json::line(&document))
        } else {
            terminal.print_json(&document)
        };
    }
    let mut table = Table::new(&[
        column("HANDLE"),
        column("STATE"),
        column("WORD").dispensable(2),
        column("ADDRESS").dispensable(1),
        column("FAILURE").dispensable(3),
    ]);
    for (handle, observation) in &round.seen {
        table.row(row(handle, observation.as_ref()));
    }
    table.print(terminal)
}

fn row(handle: &Handle, observation: Option<&Observation>) -> [String; 5] {
    let dash = || "-".to_owned();
    let (state, word, failure) = match observation.map(|it| &it.finding) {
        None => ("not known: see the error".to_owned(), dash(), dash()),
        Some(Finding::NotFound) => ("not found".to_owned(), dash(), dash()),
        Some(Finding::Found { state, word, failure, .. }) => {
            (state_cell(*state, word), word.clone(), failure.clone().unwrap_or_else(dash))
        }
    };
    let shown = observation.map_or(handle, |it| &it.handle);
    let address = observation.and_then(Observation::instance).map_or_else(dash, address_cell);
    [shown.to_string(), state, word, address, failure]
}

async fn watch(args: &Args, context: &Context, open: &Open) -> Result<u8, Failure> {
    let terminal = &context.terminal;
    let pace = args.handles.iter().filter_map(|handle| open.registry.of(handle).ok());
    let pace = pace.map(|it| it.semantics().poll_every).min().unwrap_or(Duration::from_secs(10));
    let started = open.clock.elapsed();
    let mut handles = args.handles.clone();
    let mut before: Vec<Option<Observation>> = vec![None; handles.len()];
    let mut code = OK;
    loop {
        let spinner = terminal.spinner("looking");
        let round = look(open, &handles).await;
        let changed: Vec<bool> =
            round.seen.iter().zip(&before).map(|((_, now), then)| differs(now, then)).collect();
        let some: Vec<_> = round.seen.iter().zip(&changed).filter(|(_, changed)| **changed).collect();
        if !some.is_empty() {
            let seen = some.into_iter().map(|(seen, _)| seen.clone()).collect();
            show(&Round { seen, errors: Vec::new() }, context, true)?;
        }
        for ((handle, known), (_, now)) in handles.iter_mut().zip(&mut before).zip(round.seen) {
            if let Some(now) = now {
                *handle = now.handle.clone();
                *known = Some(now);
            }
        }
        let never = round.errors.iter().all(|error| error.retry() == vmbroker::Retry::Never);
        let failed = !round.errors.is_empty();
        code = if failed { report_all(terminal, round.errors) } else { code };
        let waited = open.clock.elapsed().saturating_sub(started);
        let is_over = |seen: &Observation| is_over(seen, open, waited);
        let all_gone = before.iter().all(|it| it.as_ref().is_some_and(is_over));
        let over = args.timeout.is_some_and(|timeout| waited >= timeout);
        if all_gone || over || terminal.is_closed() || (failed && never) {
            return Ok(if failed { code } else { OK });
        }
        spinner.say(format!("watching for {}", duration_cell(waited)));
        open.clock.sleep(pace).await;
    }
}

fn differs(now: &Option<Observation>, then: &Option<Observation>) -> bool {
    match (now, then) {
        (None, _) => false,
        (Some(now), then) => then.as_ref().is_none_or(|then| then.finding != now.finding),
    }
}

/// Nothing more will be seen: it is gone, or was seen before and is no longer there, or any machine that was made before
/// the watch began would be shown by now.
fn is_over(observation: &Observation, open: &Open, waited: Duration) -> bool {
    let would_show = || {
        let provider = open.registry.of(&observation.handle).ok()?;
        let semantics = provider.semantics();
        Some(semantics.visible_within?.saturating_add(semantics.list_lags_by))
    };
    match observation.finding {
        Finding::Found { state, .. } => state == State::Gone,
        Finding::NotFound => {
            observation.handle.last_seen.is_some() || would_show().is_some_and(|time| waited >= time)
        }
    }
}
