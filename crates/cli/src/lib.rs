//! The command line of vmbroker: the only room that reads arguments, environment and files, and prints.
//!
//! Reading order: [`Surroundings`] (everything taken from outside), [`run`] (the whole program), [`commands`] (what it
//! can do), then `args`,
//! `config` (file, environment, secrets), `context` (what a command works with), `commands` (one file for each
//! verb), and how things are said: `failure`, `terminal`, `table`, `json`, `csv`, `chart`.
//!
//! Invariants of this room: data goes to standard output and everything else to standard error; provider text is
//! escaped before it is printed; a broken pipe is success; no secret comes from an argument or is ever printed.

mod args;
mod catalogue;
mod chart;
mod commands;
mod config;
mod context;
mod csv;
mod deployment;
mod failure;
mod installation;
mod interrupt;
mod json;
mod log;
mod progress;
mod run;
mod sandbox;
mod state;
mod story;
mod surroundings;
mod table;
mod terminal;
mod units;

pub use args::commands;
pub use run::run;
pub use surroundings::{Stream, Surroundings};
