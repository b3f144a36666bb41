//! The names of the lines, right of the plot, each as near to the end of its line as the others let it.

use super::super::picture::{Anchor, Area, Look, Mark, Spot, Text};
use super::super::scale::MoneyScale;
use super::super::style::Style;
use super::super::{Chart, Series};
use super::{EDGE, SMALL, WIDTH};

/// The height of one name with what stands under it.
const ENTRY: f64 = 36.0;
/// From the plot to the sample of a line.
const LEADER: f64 = 26.0;
const SAMPLE: f64 = 32.0;

/// The height that so many names take.
pub(super) fn height(names: usize) -> f64 {
    f64::from(u32::try_from(names).unwrap_or(u32::MAX)) * ENTRY
}

/// Draws a sample of each line with its name.
pub(super) fn draw(
    chart: &Chart,
    drawn: &[(Style, &Series)],
    plot: &Area,
    money: &MoneyScale,
    marks: &mut Vec<Mark>,
) {
    let end_of = |series: &Series| series.total_at(chart.span.to).and_then(|total| money.y(total));
    let wanted: Vec<f64> = drawn.iter().map(|(_, series)| end_of(series).unwrap_or(plot.bottom)).collect();
    let middles = apart(&wanted, plot.top + ENTRY / 2.0, plot.bottom - ENTRY / 2.0);
    let left = plot.right + LEADER;
    let words = left + SAMPLE + 8.0;
    for ((style, series), y) in drawn.iter().zip(middles) {
        if let Some(end) = end_of(series) {
            let bend = vec![(plot.right, end), (plot.right + 6.0, end), (left - 6.0, y), (left - 2.0, y)];
            marks.push(Mark::Line { pieces: vec![bend], look: Look::Leader(*style) });
        }
        let sample: Vec<Spot> = vec![(left, y), (left + SAMPLE, y)];
        marks.push(Mark::Line { pieces: vec![sample], look: Look::Offer(*style) });
        marks.push(Mark::Sign { at: (left + SAMPLE / 2.0, y), style: *style });
        let most = WIDTH - EDGE - words;
        let (name, under) = if series.detail.is_empty() { (y + 4.0, y) } else { (y - 3.0, y + 12.0) };
        marks.push(Mark::Text(Text::new(&series.label, (words, name), Anchor::Start, 12.0).within(most)));
        if !series.detail.is_empty() {
            let detail = Text::new(&series.detail, (words, under), Anchor::Start, 10.5);
            marks.push(Mark::Text(detail.weak().within(most)));
        }
    }
}

/// Draws what the band and the rings mean, under the names.
pub(super) fn draw_key(plot: &Area, band: bool, rings: bool, marks: &mut Vec<Mark>) {
    let left = plot.right + LEADER;
    let y = plot.bottom + 18.0;
    if band {
        let sample: Vec<Spot> = vec![(left, y), (left + SAMPLE, y)];
        marks.push(Mark::Line { pieces: vec![sample], look: Look::Cheapest });
        marks.push(Mark::Text(
            Text::new("the cheapest", (left + SAMPLE + 8.0, y + 4.0), Anchor::Start, SMALL).weak(),
        ));
    }
    if rings {
        let left = left + SAMPLE + 126.0;
        marks.push(Mark::Ring { at: (left, y) });
        marks.push(Mark::Text(
            Text::new("the cheapest changes", (left + 12.0, y + 4.0), Anchor::Start, SMALL).weak(),
        ));
    }
}

/// Places at least an entry apart between `top` and `bottom`, each as near as can be to where it is wanted, in the
/// same order from top to bottom; of equal ones the first stays above.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Groups that touch: the middle that their members want on average, and their members.
    let mut groups: Vec<(f64, Vec<usize>)> = Vec::new();
    for at in order {
        groups.push((wanted[at], vec![at]));
        while let [.., (above, upper), (below, lower)] = groups.as_slice() {
            let (upper_len, lower_len) = (height(upper.len()), height(lower.len()));
            if fit(*above, upper_len, top, bottom) + upper_len / 2.0
                <= fit(*below, lower_len, top, bottom) - lower_len / 2.0
            {
                break;
            }
            let middle = (above * upper_len + below * lower_len) / (upper_len + lower_len);
            let members = upper.iter().chain(lower).copied().collect();
            groups.truncate(groups.len() - 2);
            groups.push((middle, members));
        }
    }
    let mut places = vec![0.0; wanted.len()];
    for (middle, members) in groups {
        let all = height(members.len());
        let mut y = fit(middle, all, top, bottom) - all / 2.0 + ENTRY / 2.0;
        for at in members {
            places[at] = y;
            y += ENTRY;
        }
    }
    places
}

/// The middle of a group of this height, moved so that its first and last entries stay within the bounds.
fn fit(middle: f64, height: f64, top: f64, bottom: f64) -> f64 {
    let reach = (height - ENTRY) / 2.0;
    middle.min(bottom - reach).max(top + reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_apart_and_near_to_their_lines() {
        assert_eq!(apart(&[300.0, 100.0], 0.0, 400.0), [300.0, 100.0], "free ones stay");
        assert_eq!(apart(&[200.0, 200.0], 0.0, 400.0), [182.0, 218.0], "equal ones share the place");
        assert_eq!(apart(&[0.0, 0.0, 400.0], 0.0, 400.0), [0.0, 36.0, 400.0], "within the bounds");
        let crowded = apart(&[50.0, 52.0, 51.0, 90.0, 10.0, 11.0], 0.0, 400.0);
        let mut sorted = crowded.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= ENTRY - 1e-9), "{crowded:?}");
        assert!(crowded[4] < crowded[5] && crowded[5] < crowded[0] && crowded[0] < crowded[2], "{crowded:?}");
    }
}
