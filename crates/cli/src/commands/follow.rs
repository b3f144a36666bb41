//! A run over a deployment, as it is followed on the command line.

use std::time::Duration;

use serde_json::json;
use vmbroker::Clock;
use vmbroker::deploy::engine::{Deployment, LegState, Mode};
use vmbroker::deploy::{News, Receipt, Report, Run};

use super::duration_cell;
use crate::context::Context;
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::json;
use crate::story::Story;
use crate::table::{Table, column};

/// How often the picture of a run is drawn anew although nothing happened: times and costs go on.
const REDRAW: Duration = Duration::from_millis(500);

/// How following a run ended.
pub(crate) enum Followed {
    /// Nothing more can be done now.
    Ended { report: Box<Report>, state: std::sync::Arc<Deployment> },
    /// The user left at once.
    Left,
}

/// Follows a run to its end, and tells its story beside the data. `again`: which command goes on where this one stops.
pub(crate) async fn follow(
    run: Run,
    context: &Context,
    clock: &Clock,
    again: &str,
) -> Result<Followed, Failure> {
    follow_telling(run, context, clock, again, &|line| context.terminal.note(line.trim_end())).await
}

/// The same, where the story goes to whoever is told.
pub(crate) async fn follow_telling(
    mut run: Run,
    context: &Context,
    clock: &Clock,
    again: &str,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Followed, Failure> {
    let terminal = &context.terminal;
    let watched = terminal.watched_width().filter(|_| !terminal.is_json());
    let spinner = terminal.spinner("starting");
    let state = run.state();
    let known = state.legs.values().map(|leg| (leg.marker, leg.intent, leg.choice.account.clone()));
    let mut story = Story::knowing(known);
    drop(state);
    let mut stop = Box::pin(interrupted());
    let mut asked = false;
    loop {
        let redraw = async {
            match watched {
                Some(_) => tokio::time::sleep(REDRAW).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => {
                if asked {
                    terminal.note(&format!("left at once; nothing is lost: `{again}` goes on from here"));
                    return Ok(Followed::Left);
                }
                asked = true;
                stop = Box::pin(interrupted());
                run.hold().ask();
                say_held(context, &run, again);
            }
            news = run.next() => match news {
                Some(news) => say(context, &mut story, &news, watched.is_some(), tell),
                None => break,
            },
            () = redraw => {}
        }
        if let Some(width) = watched {
            spinner.say(picture(&run, clock, width));
        }
    }
    drop(spinner);
    let state = run.state();
    let report = Box::new(run.finish().await?);
    Ok(Followed::Ended { report, state })
}

fn say(context: &Context, story: &mut Story, news: &News, watched: bool, tell: &dyn Fn(&str)) {
    let terminal = &context.terminal;
    match news {
        News::Happened(event) => {
            let told = story.tell(event);
            if terminal.is_json() {
                terminal.note(json::line(&json!({ "event": event, "text": told.sentence })).trim_end());
            } else if !watched {
                tell(&told.line(false));
            }
        }
        News::NotWritten { leg, handle, why } => {
            let handle = handle.as_ref().map(ToString::to_string);
            if terminal.is_json() {
                let line = json!({ "not_written": { "marker": leg, "handle_text": handle, "why": why } });
                terminal.note(json::line(&line).trim_end());
                return;
            }
            terminal.note(&not_written(&leg.to_string(), handle.as_deref(), why));
        }
    }
}

/// What a person must know at once where the journal cannot take it in.
pub(crate) fn not_written(marker: &str, handle: Option<&str>, why: &str) -> String {
    let what =
        handle.map_or_else(|| format!("the machine with marker {marker}"), |it| format!("{it} ({marker})"));
    format!(
        "warning: {what} may cost money and cannot be written down: {why}; it is tried again for some minutes"
    )
}

/// Nothing new is started: what still runs.
fn say_held(context: &Context, run: &Run, again: &str) {
    let state = run.state();
    let open = state.legs.values().filter(|leg| {
        leg.state.is_coming()
            || leg.state.is_ending()
            || matches!(leg.state, LegState::Sending | LegState::Uncertain)
    });
    let open: Vec<String> = open
        .map(|leg| format!("#{} at {} is {}", leg.intent, leg.choice.account, words(leg.state)))
        .collect();
    let terminal = &context.terminal;
    if terminal.is_json() {
        return terminal.note(json::line(&json!({ "held": open })).trim_end());
    }
    let what = if state.head.mode == Mode::Down { "still being deleted" } else { "nothing new is started" };
    terminal.note(&format!("{what}; Ctrl-C again leaves at once, and `{again}` goes on then"));
    for line in open {
        terminal.note(&format!("  still open: {line}"));
    }
}

/// A state as people say it.
pub(crate) fn words(state: LegState) -> &'static str {
    match state {
        LegState::Planned => "about to be ordered",
        LegState::Sending => "being ordered",
        LegState::Accepted => "ordered",
        LegState::Provisioning => "being built",
        LegState::Running => "up",
        LegState::Rejected => "refused",
        LegState::Uncertain => "being looked for",
        LegState::Found => "found",
        LegState::Absent => "not made",
        LegState::Duplicate => "made more than once",
        LegState::Deleting => "to be deleted",
        LegState::DeleteUnconfirmed => "being deleted",
        LegState::Gone => "gone",
        LegState::Vanished => "no longer there",
        LegState::AskUser => "waiting for your word",
    }
}

/// One line for each machine: where, what, since when, what it cost so far.
fn picture(run: &Run, clock: &Clock, width: u16) -> String {
    let (state, now) = (run.state(), clock.now());
    let receipt = Receipt::of(&state, now);
    let mut table = Table::new(&[
        column("MACHINE"),
        column("AT"),
        column("OFFER").dispensable(2),
        column("STATE"),
        column("FOR").right(),
        column("COST SO FAR").dispensable(1).right(),
    ]);
    for intent in state.intents.values() {
        let leg = state.legs_of(intent.number).last();
        if leg.is_none() && !intent.wanted {
            continue;
        }
        let since = leg.map(|leg| Duration::try_from(now.duration_since(leg.since)).unwrap_or_default());
        let lines = receipt.lines.iter().filter(|line| line.number == intent.number);
        let cost = super::together(lines.filter_map(|line| line.most));
        let word = match leg {
            _ if !intent.failed.is_empty() => "failed",
            None => "waiting",
            Some(leg) => words(leg.state),
        };
        table.row([
            format!("#{}", intent.number),
            leg.map_or("-".to_owned(), |leg| leg.choice.account.to_string()),
            leg.map_or("-".to_owned(), |leg| leg.choice.offer.to_string()),
            word.to_owned(),
            since.map_or("-".to_owned(), |since| duration_cell(Duration::from_secs(since.as_secs()))),
            cost,
        ]);
    }
    let (text, _) = table.render(Some(width));
    format!("{}\n\n{text}", state.name())
}
