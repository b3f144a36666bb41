//! The laws every [`ComputeProvider`](vmbroker_core::ComputeProvider) keeps, as public async functions that the
//! author of any adapter runs against a provider on a simulated cloud.
//!
//! Reading order: [`Subject`] (what a law is run on), [`World`] and [`Fault`] (what the author tells of the
//! simulated cloud, and what can be made to go wrong there), [`laws`] (one function for each law, the law itself
//! in its first line), [`run_all`] and [`Report`] (all of them at once), [`LogBuffer`] (for the test that no secret is
//! logged).
//!
//! Invariants of this room: every wait is on the subject's [`Clock`](vmbroker_core::Clock); no law panics; what
//! could not be tried is reported as [`Verdict::NotApplicable`] with its reason, never as kept.
//!
//! ```
//! use vmbroker_conformance::{Subject, run_all};
//!
//! async fn my_provider_keeps_the_laws(subject: Subject) -> Result<(), vmbroker_conformance::Shortfall> {
//!     run_all(&subject).await.only_not_applicable(&["a_hanging_look_ends"])
//! }
//! ```

mod law;
pub mod laws;
mod log;
mod report;
mod steps;
mod subject;
mod verdict;
mod world;

pub use law::{LAWS, Law};
pub use log::LogBuffer;
pub use report::{Entry, Report, Shortfall, run_all};
pub use subject::Subject;
pub use verdict::{Outcome, Verdict, Violation};
pub use world::{Bill, Fault, Refusal, Unseen, World};
