//! What is shown: offers with their totals, whatever form they are shown in.

use std::time::Duration;

use vmbroker::{Comparison, Currency, Excluded, Money, Offer, Ranked, Seen, Total, Unranked};

use super::Sort;
use crate::units::run_time_words;

/// All that a question brought, in the order in which it is shown.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub comparison: &'a Comparison,
    /// What totals are compared in; absent where nothing has a total and none was asked for.
    pub currency: Option<Currency>,
    /// Whether the run time was asked for; else it is ours.
    pub run_given: bool,
    /// Those with a total first, as they were to be sorted; those whose total cannot be known last.
    pub rows: Vec<Row<'a>>,
    /// How many more rows there would have been without a limit, and how many of them have no exact total.
    pub cut: Cut,
    /// Offers that were left out; empty where these were not asked for.
    pub excluded: &'a [Excluded],
}

/// Rows that a limit cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    pub all: usize,
    pub unranked: usize,
}

/// One offer and what it comes to.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    pub offer: &'a Offer,
    /// Its place by its total, from 1; absent where that is not exact.
    pub rank: Option<usize>,
    /// In the provider's currency.
    pub own: Total,
    /// In the currency of the view.
    pub total: Total,
    /// Why there is no exact total; absent where there is one.
    pub doubt: Option<String>,
    pub seen: Seen,
}

impl<'a> View<'a> {
    pub(super) fn new(
        comparison: &'a Comparison,
        run_given: bool,
        sort: Sort,
        limit: Option<usize>,
        with_excluded: bool,
    ) -> Self {
        let ranked = comparison.ranked.iter().enumerate().map(|(at, ranked)| Row::ranked(at + 1, ranked));
        let mut rows: Vec<Row<'a>> = ranked.collect();
        sort.sort(&mut rows);
        let mut unranked: Vec<Row<'a>> = comparison.unranked.iter().map(Row::unranked).collect();
        sort.sort(&mut unranked);
        rows.extend(unranked);
        let cut = rows.split_off(limit.unwrap_or(rows.len()).min(rows.len()));
        let cut = Cut { all: cut.len(), unranked: cut.iter().filter(|row| row.rank.is_none()).count() };
        let excluded = if with_excluded { comparison.excluded.as_slice() } else { &[] };
        Self { comparison, currency: comparison.currency, run_given, rows, cut, excluded }
    }

    /// `30 d from 2026-11-27 13:10:05 UTC on`.
    pub(super) fn run_words(&self) -> String {
        run_words(self.comparison)
    }
}

/// `30 d from 2026-11-27 13:10:05 UTC on`.
pub(super) fn run_words(comparison: &Comparison) -> String {
    let Comparison { start, run, .. } = comparison;
    let run = Duration::from_secs(run.as_secs());
    format!("{} from {} on", run_time_words(run), start.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

impl<'a> Row<'a> {
    fn ranked(rank: usize, ranked: &'a Ranked) -> Self {
        let (own, total) = (Total::Exact(ranked.total), Total::Exact(ranked.converted));
        Self { offer: &ranked.offer, rank: Some(rank), own, total, doubt: None, seen: ranked.seen }
    }

    fn unranked(unranked: &'a Unranked) -> Self {
        let total = match (unranked.total, unranked.converted) {
            (Total::Exact(_) | Total::AtLeast(_), Some(known)) => Total::AtLeast(known),
            (Total::Exact(_) | Total::AtLeast(_), None) | (Total::Unknown, _) => Total::Unknown,
        };
        let doubt = Some(unranked.why());
        Self { offer: &unranked.offer, rank: None, own: unranked.total, total, doubt, seen: unranked.seen }
    }
}

/// The amount of a total as far as it is known.
pub(super) fn known(total: Total) -> Option<Money> {
    match total {
        Total::Exact(money) | Total::AtLeast(money) => Some(money),
        Total::Unknown => None,
    }
}

/// How sure a total is, for programs.
pub(super) fn certainty(total: Total) -> &'static str {
    match total {
        Total::Exact(_) => "exact",
        Total::AtLeast(_) => "at_least",
        Total::Unknown => "unknown",
    }
}

/// Where an offer stands, as short as tells places apart: its country and its city, else the zone.
pub(super) fn short_place(offer: &Offer) -> String {
    let place = &offer.location;
    let within = place.city.as_deref().or(place.zone.as_deref());
    let country = place.country.as_ref().map(|country| country.code());
    let words: Vec<&str> = [country, within].into_iter().flatten().collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}
