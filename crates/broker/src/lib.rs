//! What applications import: the accounts of many clouds side by side, behind one trait.
//!
//! Reading order: [`Kind`] and [`Account`] (from settings and secrets to a [`ComputeProvider`]), [`Registry`]
//! (all accounts: looked up by handle, asked side by side), then everything of `vmbroker-core`, which is
//! re-exported here.
//!
//! Invariants of this room: no environment, no files, no printing. A slow or broken account is reported beside
//! the others and never holds them back.

mod account;
pub mod deploy;
mod market;
mod registry;

pub use account::{Account, Kind};
pub use market::{
    Answered, Catalogue, Comparison, Conversion, ConversionStep, Doubt, ExchangeRate, ExchangeRates,
    Excluded, Exclusion, Market, PriceChange, PriceHistory, Question, Ranked, Seen, Unranked,
};
pub use registry::{Answer, Registry};
pub use vmbroker_core::*;
pub use vmbroker_journal as journal;

/// The library example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
