//! The whole system: every adapter against the simulated cloud that speaks its dialect.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod bills;
mod calls;
mod canary;
mod deploy;
mod deploy_calls;
mod deploying;
mod fluence_prices;
mod laws;
mod limits;
mod market;
mod outcomes;
mod pages;
mod prices;
mod process;
mod program;
mod quotes;
mod walks;
