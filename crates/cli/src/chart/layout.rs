//! Where everything stands. No label meets another, whatever the names and however close the lines.

mod axes;
mod flags;
mod legend;

use std::time::Duration;

use rust_decimal::Decimal;

use super::lead::walk;
use super::picture::{Anchor, Area, Look, Mark, Picture, Spot, Text};
use super::scale::{MoneyScale, TimeScale};
use super::style::{Style, style};
use super::text::{width, wrapped};
use super::{Change, Chart, Lead, Series};
use crate::units::run_time_words;

const WIDTH: f64 = 1_080.0;
const EDGE: f64 = 20.0;
/// Right of the plot: the names of the lines.
const LEGEND: f64 = 350.0;
/// The plot's least height.
const HEIGHT: f64 = 330.0;
/// Where the title and the line under it end.
const HEAD: f64 = 58.0;
const SMALL: f64 = 11.5;
/// How many marks each line has.
const SIGNS: u32 = 5;

/// The whole picture.
pub(super) fn picture(chart: &Chart) -> Picture {
    let drawn: Vec<(Style, &Series)> =
        chart.series.iter().filter(|it| can_be_drawn(it)).enumerate().map(looks).collect();
    let lead = chart.lead();
    let totals = |(_, series): &(Style, &Series)| -> Vec<Decimal> { totals_in(chart, series).collect() };
    let all: Vec<Decimal> = drawn.iter().flat_map(totals).collect();
    let left = axes::room_for_money(chart.currency, &MoneyScale::new(all.iter().copied(), 0.0, HEIGHT));
    let time = TimeScale { span: chart.span, left, right: WIDTH - LEGEND };
    let groups = flags::groups(&lead.changes, &time);
    let rings: Vec<Change> = groups.iter().flat_map(flags::ends).collect();
    let (flags, rows) = flags::flags(chart, &lead, &groups, &time);
    let top = HEAD + rows + 12.0;
    let plot = Area { left, top, right: time.right, bottom: top + HEIGHT.max(legend::height(drawn.len())) };
    let money = MoneyScale::new(all.into_iter(), plot.top, plot.bottom);

    let mut marks = vec![
        Mark::Text(
            Text::new(&chart.title, (EDGE, 30.0), Anchor::Start, 17.0).bold().within(WIDTH - 2.0 * EDGE),
        ),
        Mark::Text(
            Text::new(&chart.subtitle, (EDGE, 49.0), Anchor::Start, 12.0).weak().within(WIDTH - 2.0 * EDGE),
        ),
    ];
    let below = axes::draw(chart, &plot, &time, &money, &mut marks);
    flags::draw(flags, &plot, &mut marks);
    let cheapest = pieces(&cheapest(chart), &time, &money);
    marks.push(Mark::Line { pieces: cheapest, look: Look::Cheapest });
    for (style, series) in &drawn {
        marks.push(Mark::Line { pieces: pieces(series, &time, &money), look: Look::Offer(*style) });
    }
    for (at, (style, series)) in drawn.iter().enumerate() {
        marks
            .extend(signs(at, drawn.len(), series, &time, &money).map(|at| Mark::Sign { at, style: *style }));
    }
    marks.extend(
        rings
            .into_iter()
            .filter_map(|change| Some(Mark::Ring { at: (time.x(change.seconds), money.y(change.total)?) })),
    );
    legend::draw(chart, &drawn, &plot, &money, &mut marks);
    legend::draw_key(&plot, lead.first.is_some(), !lead.changes.is_empty(), &mut marks);
    let height = notes(chart, below, &mut marks) + EDGE;
    Picture { width: WIDTH, height, title: chart.title.clone(), summary: summary(chart, &lead), marks }
}

fn looks((at, series): (usize, &Series)) -> (Style, &Series) {
    (style(at), series)
}

/// Whether any total has a place on the scale: those of zero and less have none.
fn can_be_drawn(series: &Series) -> bool {
    series.points.iter().any(|point| point.total.is_some_and(|total| total > Decimal::ZERO))
}

/// The totals that are seen in the picture.
fn totals_in<'a>(chart: &Chart, series: &'a Series) -> impl Iterator<Item = Decimal> + use<'a> {
    let span = chart.span;
    let inside = series.points.iter().filter(move |it| (span.from..=span.to).contains(&it.seconds));
    inside
        .filter_map(|point| point.total)
        .chain(series.total_at(span.from))
        .filter(|total| *total > Decimal::ZERO)
}

/// The least total at each run time.
fn cheapest(chart: &Chart) -> Series {
    let least = |(seconds, totals): (u64, Vec<Option<Decimal>>)| super::Point {
        seconds,
        total: totals.into_iter().flatten().min(),
    };
    let points = walk(&chart.series, chart.span).map(least).collect();
    Series { label: String::new(), detail: String::new(), points }
}

/// A stepped line, in pieces where a total is not known. Steps too small to be seen are drawn together.
fn pieces(series: &Series, time: &TimeScale, money: &MoneyScale) -> Vec<Vec<Spot>> {
    let mut pieces: Vec<Vec<Spot>> = Vec::new();
    let mut y = None;
    for (seconds, totals) in walk(std::slice::from_ref(series), time.span) {
        let (x, next) = (time.x(seconds), totals[0].and_then(|total| money.y(total)));
        match (y, next, pieces.last_mut()) {
            (Some(before), Some(after), Some(piece)) => {
                let far = |last: &Spot| ((after - last.1).abs(), x - last.0);
                // A tenth of a point is what is written; less than half of it is no step.
                let seen = |(up, right)| up >= 0.4 || (up >= 0.05 && right >= 0.4);
                if piece.last().map(far).is_none_or(seen) {
                    piece.extend([(x, before), (x, after)]);
                }
            }
            (Some(before), None, Some(piece)) => piece.push((x, before)),
            (None, Some(after), _) => pieces.push(vec![(x, after)]),
            (Some(_), _, None) | (None, None, _) => {}
        }
        y = next;
    }
    if let (Some(y), Some(piece)) = (y, pieces.last_mut()) {
        piece.push((time.right, y));
    }
    pieces
}

/// Where a line's marks stand: no two lines' marks at the same run time, so that equal lines show both.
fn signs(
    at: usize,
    of: usize,
    series: &Series,
    time: &TimeScale,
    money: &MoneyScale,
) -> impl Iterator<Item = Spot> {
    let shift =
        f64::from(u32::try_from(2 * at + 1).unwrap_or(1)) / f64::from(u32::try_from(2 * of).unwrap_or(2));
    (0..SIGNS).filter_map(move |nth| {
        let seconds = time.at((f64::from(nth) + shift) / f64::from(SIGNS));
        Some((time.x(seconds), money.y(series.total_at(seconds)?)?))
    })
}

/// The sentences under the picture. Returns where they end.
fn notes(chart: &Chart, mut y: f64, marks: &mut Vec<Mark>) -> f64 {
    let undrawn = chart.series.iter().filter(|series| !can_be_drawn(series)).map(|series| {
        let why = match series.points.iter().find_map(|point| point.total) {
            Some(total) => format!("a total of {} has no place on this scale", total.normalize()),
            None => "its total cannot be known".to_owned(),
        };
        format!("Not drawn: {}: {why}.", series.label)
    });
    for note in undrawn.chain(chart.notes.iter().cloned()) {
        for line in wrapped(&super::text::harmless(&note), SMALL, WIDTH - 2.0 * EDGE) {
            y += 16.0;
            marks.push(Mark::Text(Text::new(&line, (EDGE, y), Anchor::Start, SMALL).weak()));
        }
    }
    y
}

/// What the picture says, in words.
fn summary(chart: &Chart, lead: &Lead) -> String {
    let Some(first) = lead.first else { return "No total is known.".to_owned() };
    let mut text = format!("Cheapest at first: {}.", chart.series[first].label);
    for change in &lead.changes {
        let after = after(change.seconds);
        text.push_str(&format!(" After {after}: {}.", chart.series[change.to].label));
    }
    text
}

/// The longest run for which a change has not happened yet, in words.
fn after(seconds: u64) -> String {
    run_time_words(Duration::from_secs(seconds.saturating_sub(1).max(1)))
}

/// The widest of these texts.
fn widest<'a>(texts: impl Iterator<Item = &'a str>, size: f64) -> f64 {
    texts.map(|text| width(text, size, false)).fold(0.0, f64::max)
}
