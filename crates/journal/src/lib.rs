//! The durable record: what was wanted, what was sent, what is known. Written before anything leaves.
//!
//! Reading order: [`Journal`] (the trait), [`Batch`] and [`Change`] (what one commit writes), the rows,
//! [`SqliteJournal`] (a file in the user's state folder), [`private`] (files that only their owner may touch), [`Probe`]
//! (how tests stop a program at a persist point), [`JournalError`].
//!
//! Invariants of this room: a commit is durable when its call returns, or did not happen. A row changes only from
//! the version that its writer read. Events are only ever added, in the transaction that changes the rows they tell
//! of. Nothing here decides: states are words, bodies are JSON, and only those who write them understand them. No
//! user data, password, private key or secret is given to this room.

mod batch;
mod error;
mod journal;
pub mod private;
mod probe;
mod rows;
mod sqlite;

pub use batch::{Batch, Change};
pub use error::{JournalError, JournalErrorKind, Result};
pub use journal::Journal;
pub use probe::{Point, Probe, Side};
pub use rows::{
    AttemptRow, BlockRow, DeploymentRow, EventRow, HandleRow, IntentRow, LegRow, LookRow, Record, SightingRow,
};
pub use sqlite::SqliteJournal;
