//! Who is cheapest, and when that changes.

use rust_decimal::Decimal;

use super::{Series, Span};

/// Who is cheapest at first, and where that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lead {
    /// The place of the series that is cheapest at first; absent where no total is known there.
    pub first: Option<usize>,
    /// The changes, by run time.
    pub changes: Vec<Change>,
}

/// From this run time on, another series is cheapest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The shortest run time in seconds for which this holds.
    pub seconds: u64,
    /// The total of the series that is now cheapest.
    pub total: Decimal,
    /// The place of that series.
    pub to: usize,
}

/// Follows the cheapest series through all run times. One that is only as cheap as the leader does not take the
/// lead; at the start the first of equals has it.
pub(super) fn lead(series: &[Series], span: Span) -> Lead {
    let mut lead = Lead::default();
    let mut holder = None;
    for (seconds, totals) in walk(series, span) {
        let now = leader(&totals, holder);
        if seconds == span.from {
            lead.first = now;
        } else if let (Some(to), true) = (now, now != holder)
            && let Some(total) = totals[to]
        {
            lead.changes.push(Change { seconds, total, to });
        }
        holder = now;
    }
    lead
}

/// The totals of all series at the start of the span and at each later run time at which one of them changes.
pub(super) fn walk(series: &[Series], span: Span) -> impl Iterator<Item = (u64, Vec<Option<Decimal>>)> {
    let mut next = vec![0_usize; series.len()];
    let mut now: Vec<Option<Decimal>> = vec![None; series.len()];
    std::iter::once(span.from).chain(steps(series, span)).map(move |seconds| {
        for (at, series) in series.iter().enumerate() {
            while let Some(point) = series.points.get(next[at]).filter(|point| point.seconds <= seconds) {
                now[at] = point.total;
                next[at] += 1;
            }
        }
        (seconds, now.clone())
    })
}

/// The run times after the start at which any total changes, sorted, each once.
pub(super) fn steps(series: &[Series], span: Span) -> Vec<u64> {
    let all = series.iter().flat_map(|series| series.points.iter().map(|point| point.seconds));
    let mut steps: Vec<u64> = all.filter(|seconds| (span.from + 1..=span.to).contains(seconds)).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The place of the least total: the holder's where it is one of the least, else the first of them.
pub(super) fn leader(totals: &[Option<Decimal>], holder: Option<usize>) -> Option<usize> {
    let least = totals.iter().flatten().min()?;
    let has_it = |at: &usize| totals[*at] == Some(*least);
    holder.filter(has_it).or_else(|| (0..totals.len()).find(has_it))
}
