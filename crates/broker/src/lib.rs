//! What applications import: the accounts of many clouds side by side, behind one trait.
//!
//! Reading order: [`Kind`] and [`Account`] (from settings and secrets to a [`ComputeProvider`]), [`Registry`]
//! (all accounts: looked up by handle, asked side by side), [`Market`] (what a run costs at each of them, cheapest
//! first), [`deploy`] (machines that come up somewhere, and are never lost, over a [`journal`]), then everything of
//! `vmbroker-core`, which is re-exported here. The README has a whole program.
//!
//! Features: `fluence`, `wayscloud` and `zenlayer`, all on by default, are the adapters. [`jiff`] tells times and
//! [`rust_decimal`] amounts: both are re-exported, so that an application has the same version.
//!
//! Invariants of this room: no environment, no printing, and no files but those of a [`Catalogue`] and of a [`journal`],
//! each in the folder it is given. A catalogue's hold what providers said, no secret, and nothing fails where they are
//! missing or broken. A slow or broken
//! account is reported beside the others and never holds them back. An offer whose total is not exactly known never has
//! a place in a ranking.

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
pub use {jiff, rust_decimal};

/// The library example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
