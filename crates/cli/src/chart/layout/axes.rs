//! The axes with their ticks, and the grid.

use vmbroker::Currency;

use super::super::Chart;
use super::super::picture::{Anchor, Area, Ink, Mark, Text};
use super::super::scale::{MoneyScale, Tick, TimeScale};
use super::{EDGE, SMALL, run_time_words, widest};

/// Between two labels of one axis.
const GAP: f64 = 7.0;

fn caption(currency: Currency) -> String {
    format!("total, {currency}")
}

/// How far from the left the plot begins, so that amounts fit before it.
pub(super) fn room_for_money(currency: Currency, money: &MoneyScale) -> f64 {
    let ticks = money.ticks();
    let caption = caption(currency);
    EDGE + widest(ticks.iter().map(|tick| tick.label.as_str()).chain([caption.as_str()]), SMALL) + 10.0
}

/// Draws both axes. Returns where they end below the plot.
pub(super) fn draw(
    chart: &Chart,
    plot: &Area,
    time: &TimeScale,
    money: &MoneyScale,
    marks: &mut Vec<Mark>,
) -> f64 {
    let amount = |tick: &Tick| Text::new(&tick.label, (plot.left - 8.0, tick.at + 4.0), Anchor::End, SMALL);
    for (at, text) in spaced(&money.ticks(), amount) {
        marks.push(Mark::Rule { from: (plot.left, at), to: (plot.right, at), ink: Ink::Grid });
        marks.push(Mark::Text(text.weak()));
    }
    let duration = |tick: &Tick| Text::new(&tick.label, (tick.at, plot.bottom + 22.0), Anchor::Middle, SMALL);
    for (at, text) in spaced(&time.ticks(), duration) {
        marks.push(Mark::Rule { from: (at, plot.top), to: (at, plot.bottom + 5.0), ink: Ink::Grid });
        marks.push(Mark::Text(text.weak()));
    }
    let corner = (plot.left, plot.bottom);
    marks.push(Mark::Rule { from: corner, to: (plot.right, plot.bottom), ink: Ink::Weak });
    let above = (plot.left - 8.0, plot.top - 12.0);
    marks.push(Mark::Text(Text::new(&caption(chart.currency), above, Anchor::End, SMALL).weak()));
    let mut y = plot.bottom + 22.0;
    let inside = |seconds: &u64| (time.span.from..=time.span.to).contains(seconds);
    if let Some(asked) = chart.asked.filter(inside) {
        y += 20.0;
        let words = format!("asked for: {}", run_time_words(std::time::Duration::from_secs(asked)));
        let x = time.x(asked);
        marks.push(Mark::Pointer { at: (x, plot.bottom + 1.0) });
        marks.push(Mark::Text(pushed_inside(Text::new(&words, (x, y), Anchor::Middle, SMALL).bold(), plot)));
    }
    y += 18.0;
    let middle = f64::midpoint(plot.left, plot.right);
    let words = "run time (both scales are logarithmic)";
    marks.push(Mark::Text(Text::new(words, (middle, y), Anchor::Middle, SMALL).weak()));
    y + 8.0
}

/// The text moved sideways so that it stays under the plot or left of it.
fn pushed_inside(mut text: Text, plot: &Area) -> Text {
    let area = text.area();
    if area.left < EDGE {
        text.at.0 += EDGE - area.left;
    } else if area.right > plot.right {
        text.at.0 -= area.right - plot.right;
    }
    text
}

/// As many ticks as fit beside each other, the most wanted first.
fn spaced(ticks: &[Tick], label: impl Fn(&Tick) -> Text) -> Vec<(f64, Text)> {
    let mut wanted: Vec<&Tick> = ticks.iter().collect();
    wanted.sort_by_key(|tick| tick.rank);
    let mut kept: Vec<(f64, Text)> = Vec::new();
    for tick in wanted {
        let text = label(tick);
        if !kept.iter().any(|(_, other)| other.area().meets(&text.area(), GAP)) {
            kept.push((tick.at, text));
        }
    }
    kept
}
