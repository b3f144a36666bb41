//! From a question that can be asked for any run time to the points of a line.

use rust_decimal::Decimal;

use super::lead::{leader, steps};
use super::{Point, Series, Span};

/// Steps whose run times are closer than this factor fall on one place: in a picture of 600 points and four decades
/// it is a quarter of a point.
const FINEST: f64 = 1.004;

/// The points of several lines, exact to the second wherever the cheapest of them changes.
///
/// Each question answers what a run of so many seconds costs, and absent where that cannot be known. A longer run
/// never costs less: two equal answers are taken for all between them.
pub(crate) fn curves<F: Fn(u64) -> Option<Decimal>>(span: Span, questions: &[F]) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = questions.iter().map(|question| sampled(span, question)).collect();
    let unnamed =
        |points: &Vec<Point>| Series { label: String::new(), detail: String::new(), points: points.clone() };
    let series: Vec<Series> = lines.iter().map(unnamed).collect();
    let at = |seconds: u64| -> Vec<Option<Decimal>> {
        questions.iter().map(|question| question(seconds)).collect()
    };
    let mut holder = leader(&at(span.from), None);
    let mut before = span.from;
    for seconds in steps(&series, span) {
        // Asked again, for a sampled point may come late by as much as cannot be seen.
        let now = leader(&at(seconds), holder);
        if now != holder {
            let exact = first(before, seconds, |seconds| leader(&at(seconds), holder) != holder);
            for (line, question) in lines.iter_mut().zip(questions) {
                insert(line, Point { seconds: exact, total: question(exact) });
            }
        }
        holder = now;
        before = seconds;
    }
    lines
}

/// The first run time after `before` for which it holds, where it does not hold at `before` and does at `at`.
fn first(mut before: u64, mut at: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while at - before > 1 {
        let middle = before + (at - before) / 2;
        if holds(middle) { at = middle } else { before = middle }
    }
    at
}

fn insert(line: &mut Vec<Point>, point: Point) {
    match line.binary_search_by_key(&point.seconds, |point| point.seconds) {
        Ok(at) => line[at] = point,
        Err(at) => line.insert(at, point),
    }
}

/// The points at which the total changes, as finely as can be seen.
fn sampled(span: Span, question: impl Fn(u64) -> Option<Decimal>) -> Vec<Point> {
    let ask = |seconds| Point { seconds, total: question(seconds) };
    let mut points = vec![ask(span.from)];
    // Stretches still to be looked at, the earliest on top.
    let mut stretches = vec![(ask(span.from), ask(span.to))];
    while let Some((from, to)) = stretches.pop() {
        if from.total == to.total {
            continue;
        }
        if to.seconds - from.seconds <= 1 || ratio(from.seconds, to.seconds) < FINEST {
            points.push(to);
            continue;
        }
        let middle = ask(from.seconds + (to.seconds - from.seconds) / 2);
        stretches.push((middle, to));
        stretches.push((from, middle));
    }
    points
}

#[expect(clippy::cast_precision_loss, reason = "a place in a picture")]
fn ratio(from: u64, to: u64) -> f64 {
    to as f64 / from as f64
}
