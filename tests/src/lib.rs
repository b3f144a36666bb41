//! What the whole-system tests share: every simulated dialect with the adapter that speaks it, and the world by
//! which the laws judge them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test ends where its ground is missing"
)]

mod arguments;
pub mod figures;
mod fleet;
pub mod fuzz;
pub mod judge;
pub mod probe;
pub mod proof;
mod stage;
mod world;

pub use arguments::Arguments;
pub use fleet::{Fleet, broker, dollars, spec};
pub use stage::{Stage, account, key, named_account, wish};
pub use world::SimWorld;
