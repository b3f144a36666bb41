//! How prices moved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vmbroker_core::{Offer, Price};

/// How the price of one offer moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceHistory {
    /// The offer as it was last seen.
    pub offer: Offer,
    /// The system disk that the prices are for, in GiB, as it was asked; absent where none was.
    pub disk_gib: Option<u64>,
    /// What was observed, oldest first: one entry for the first observation and one for each change.
    pub changes: Vec<PriceChange>,
}

/// A price from one observation on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// When it was first observed. It may have changed any time since the observation before.
    pub at: Timestamp,
    /// The price; absent where the offer was no longer there.
    pub price: Option<Price>,
}
