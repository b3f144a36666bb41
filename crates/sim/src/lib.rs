//! Simulated clouds that speak the real wires over HTTP, for the first hour and for tests.
//!
//! Reading order: [`Cloud`] (one account: inventory, machines, faults, calls), [`Machine`] (a life written down in
//! advance), [`Ledger`] (what each machine cost), [`Fault`] (what can go wrong), [`Face`] (a dialect of HTTP),
//! [`Ending`] (what becomes of a request), [`Sandbox`] (faces on loopback ports, with a control face).
//!
//! Invariants of this room: everything follows from the seed and the clock, and nothing runs by itself: a machine's
//! phase is read from its timeline when somebody asks. Only the ids of Zenlayer's requests are random: they name a
//! request, never a machine, and drawn from the seed they would let the number of looks change the ids of machines.
//! A machine is never forgotten, so the ledger, which is read from all machines, cannot lose one. A face is a pure
//! answer to a request; what goes wrong on the connection is done to every face alike. Nothing here shares a line
//! with an adapter: each is its own reading of the documents.

mod billing;
mod cloud;
mod control;
mod face;
mod faces;
mod fault;
mod inventory;
mod ledger;
mod machine;
mod profile;
mod reception;
mod sandbox;
mod serve;

pub use billing::Billing;
pub use cloud::{Account, Call, Cloud, Verdict};
pub use face::{Answer, Face, Request};
pub use faces::{Dialect, WALDUR_IDS, WaldurIds};
pub use fault::{Fault, FaultKind, Refusal};
pub use inventory::{Place, SimOffer};
pub use ledger::{Ledger, LedgerEntry};
pub use machine::{Machine, Phase};
pub use profile::{Credentials, Profile};
pub use reception::Ending;
pub use sandbox::{Running, Sandbox, SandboxConfig};
