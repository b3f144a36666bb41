//! Reading what does not keep to its document: a number as text, a null, one bad row among a thousand.
//!
//! For a field whose value is worth having and whose absence sinks nothing: `#[serde(default, deserialize_with =
//! "scalar::one")]`, or [`id`], [`ids`], [`many`], [`object`], [`objects`]. None of these fails on valid JSON: what cannot be read is
//! absent. No value is copied into a tree first, so that a list of 10,000 machines is read as fast as its plain
//! structs.
//!
//! Money, and everything else that must be exact or said to be unreadable, is a [`Figure`]. Never read an amount as
//! text or number by [`one`]: a JSON number with a fraction has gone through a binary float there.

mod figure;
mod loose;

pub use figure::Figure;
pub use loose::{Loose, Row, Scalar, id, ids, many, object, objects, one};
