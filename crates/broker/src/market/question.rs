//! What a buyer asks.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker_core::{Currency, Money, OfferQuery};

/// What a buyer asks: which machines, from when, for how long, and how to compare.
///
/// Which accounts are asked is not a part of it: see [`Registry::only`](crate::Registry::only).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which offers are wanted.
    pub query: OfferQuery,
    /// When the machine would start.
    pub start: Timestamp,
    /// How long it would run. A second that was begun counts.
    pub run: Duration,
    /// The currency that totals are compared in. Absent: that of the price ceiling; without one, the only currency
    /// that the offers have; where they have several, USD.
    pub currency: Option<Currency>,
    /// The most that the run may cost in all. Offers above it are excluded. Absent: no limit.
    pub price_ceiling: Option<Money>,
    /// Whether to ask the providers again however young the cached offers are. Default: no.
    pub refresh: bool,
    /// How long each provider may take, on the registry's clock; who has not answered by then is a failure beside the
    /// others' answers. Absent: as long as the registry gives them.
    pub deadline: Option<Duration>,
    /// How many ranked offers are returned at most, the cheapest. Absent: all.
    pub limit: Option<usize>,
}

impl Question {
    /// What these machines cost for this start and run time; all else as by default.
    #[must_use]
    pub fn new(query: OfferQuery, start: Timestamp, run: Duration) -> Self {
        let (currency, price_ceiling, deadline, limit) = (None, None, None, None);
        Self { query, start, run, currency, price_ceiling, refresh: false, deadline, limit }
    }
}
