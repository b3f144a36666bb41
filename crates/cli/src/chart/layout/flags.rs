//! Flags above the plot: from which run time on which offer is cheapest.
//!
//! A flag's text stands right of its pole. The rightmost takes the lowest row; each further one the lowest row that
//! lies over every flag it would reach into. So no text meets another, and no pole goes through a text.

use super::super::picture::{Anchor, Area, Ink, Mark, Text};
use super::super::scale::TimeScale;
use super::super::{Change, Chart, Lead};
use super::{EDGE, SMALL, WIDTH, after};

/// Changes closer than this share one flag.
const CLOSE: f64 = 16.0;
/// More flags than this are a hedge; the nearest share one.
const MOST: usize = 6;
const ROW: f64 = 18.0;
/// No flag's text is wider.
const WIDEST: f64 = 520.0;

/// Changes that share a flag, by run time.
pub(super) type Group = Vec<Change>;

/// The first change of a group, and the last where there are more.
pub(super) fn ends(group: &Group) -> impl Iterator<Item = Change> {
    let last = group.last().filter(|_| group.len() > 1);
    group.first().into_iter().chain(last).copied()
}

/// A flag: its text, and the part of the plot that it is about.
#[derive(Debug)]
pub(super) struct Flag {
    text: Text,
    /// How far above the plot.
    rise: f64,
    from: f64,
    /// Right of `from` where several changes share the flag.
    to: f64,
    /// The first flag is about the plot's edge, which needs no pole.
    pole: bool,
}

/// The flags, and how high they rise above the plot.
pub(super) fn flags(chart: &Chart, lead: &Lead, groups: &[Group], time: &TimeScale) -> (Vec<Flag>, f64) {
    let mut flags: Vec<Flag> = Vec::new();
    let mut wanted: Vec<(f64, f64, String, bool)> = Vec::new();
    if let Some(first) = lead.first {
        wanted.push((time.left, time.left, format!("cheapest: {}", chart.series[first].label), false));
    }
    for group in groups {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let name = &chart.series[last.to].label;
        let words = match group.len() {
            1 => format!("after {}: {name}", after(first.seconds)),
            many => {
                let (from, to) = (after(first.seconds), after(last.seconds));
                format!("{many} changes from {from} to {to}, then {name}")
            }
        };
        wanted.push((time.x(first.seconds), time.x(last.seconds), words, true));
    }
    let mut rows = 0.0_f64;
    for (from, to, words, pole) in wanted.into_iter().rev() {
        let start = if pole { from + 5.0 } else { from };
        let text = Text::new(&words, (start, 0.0), Anchor::Start, SMALL);
        let text = text.within((WIDTH - EDGE - start).min(WIDEST));
        let right = text.area().right + 8.0;
        let reached = flags.iter().filter(|flag| flag.from <= right);
        let rise = reached.map(|flag| flag.rise + ROW).fold(0.0, f64::max);
        rows = rows.max(rise + ROW);
        flags.push(Flag { text, rise, from, to, pole });
    }
    (flags, rows)
}

/// The changes, those that stand too close to each other together.
pub(super) fn groups(changes: &[Change], time: &TimeScale) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for change in changes {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| gap(last, change, time) < CLOSE) => {
                group.push(*change)
            }
            _ => groups.push(vec![*change]),
        }
    }
    while groups.len() > MOST {
        let between = |at: &usize| match (groups[*at].last(), groups[at + 1].first()) {
            (Some(left), Some(right)) => gap(left, right, time),
            _ => 0.0,
        };
        let closest = (0..groups.len() - 1).min_by(|a, b| between(a).total_cmp(&between(b))).unwrap_or(0);
        let right = groups.remove(closest + 1);
        groups[closest].extend(right);
    }
    groups
}

fn gap(left: &Change, right: &Change, time: &TimeScale) -> f64 {
    time.x(right.seconds) - time.x(left.seconds)
}

/// Draws poles, stretches and texts.
pub(super) fn draw(flags: Vec<Flag>, plot: &Area, marks: &mut Vec<Mark>) {
    for mut flag in flags {
        let base = plot.top - 9.0 - flag.rise;
        if flag.to > flag.from {
            marks.push(Mark::Area(Area { left: flag.from, right: flag.to, ..*plot }));
        }
        if flag.pole {
            let (from, to) = ((flag.from, base - 9.0), (flag.from, plot.bottom));
            marks.push(Mark::Rule { from, to, ink: Ink::Guide });
        }
        flag.text.at.1 = base;
        marks.push(Mark::Text(flag.text));
    }
}
