//! A picture of what runs cost: the total over the run time, one line for each offer, as SVG.
//!
//! Reading order: [`Chart`] (what is shown), `curve` (from a quote to the points of a line), `lead` (who is cheapest
//! when), `scale` (from times and money to places), `layout` (where everything stands; labels never overlap),
//! `text` (how wide it is, and made harmless), `style` (told apart without colour), `svg` (written out).
//!
//! Binary floats are places in the picture here, never money.

mod curve;
mod layout;
mod lead;
mod picture;
mod scale;
mod style;
mod svg;
mod text;

use rust_decimal::Decimal;
use vmbroker::Currency;

pub(crate) use curve::curves;
pub(crate) use lead::{Change, Lead};

/// A picture of what runs cost.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// What is compared, in a few words.
    pub title: String,
    /// From when, in which currency.
    pub subtitle: String,
    /// What every total is counted in.
    pub currency: Currency,
    /// The run times shown.
    pub span: Span,
    /// The run time that was asked for; absent where none was.
    pub asked: Option<u64>,
    /// One line for each offer. Six can be told apart well.
    pub series: Vec<Series>,
    /// What the totals rest on, and what could not be drawn: whole sentences under the picture.
    pub notes: Vec<String>,
}

/// Run times from the first to the last, in seconds; the first is at least 1 and less than the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub from: u64,
    pub to: u64,
}

impl Span {
    /// From the first to the last; what cannot be drawn is widened until it can.
    pub(crate) fn new(from: u64, to: u64) -> Self {
        let from = from.max(1);
        Self { from, to: to.max(from.saturating_mul(2)) }
    }
}

/// The totals of one offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    /// Which offer it is.
    pub label: String,
    /// How it is paid for; may be empty.
    pub detail: String,
    /// Its total from each of these run times on until the next, sorted by run time.
    pub points: Vec<Point>,
}

/// What a run costs from one run time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// The run time in seconds.
    pub seconds: u64,
    /// The total; absent where it cannot be known.
    pub total: Option<Decimal>,
}

impl Series {
    /// The total of a run this long; absent where it cannot be known.
    pub(crate) fn total_at(&self, seconds: u64) -> Option<Decimal> {
        let after = self.points.partition_point(|point| point.seconds <= seconds);
        self.points.get(after.checked_sub(1)?)?.total
    }
}

impl Chart {
    /// Who is cheapest, and when that changes.
    pub(crate) fn lead(&self) -> Lead {
        lead::lead(&self.series, self.span)
    }

    /// The picture as an SVG document. The same chart gives the same text.
    pub(crate) fn svg(&self) -> String {
        svg::document(&layout::picture(self))
    }
}

#[cfg(test)]
mod tests;
