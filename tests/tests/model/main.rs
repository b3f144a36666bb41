//! A model of how a machine is created without being lost or doubled, explored exhaustively.
//!
//! The model is small and knows no code of ours: one controller with its journal ([`one`]), or two over one row
//! ([`pair`]), and a provider that is as mean as it may be ([`world`]). Every order of every step is walked, and in
//! every state the laws are asked for. Time is counted in ticks.
//!
//! Reading order: [`rules`] (what is believed, what is true, what may go wrong), [`world`] (the provider), [`audit`]
//! (what went over the wire), then [`one`] with its laws, and [`pair`].
//!
//! A safeguard is in the model because a named test takes it out and sees a law break; the last steps to that are
//! printed (`cargo test -p vmbroker-tests --test model -- --nocapture`). The wide runs are ignored by default
//! (`-- --ignored --nocapture`).
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod audit;
mod one;
mod pair;
mod rules;
mod run;
mod world;
