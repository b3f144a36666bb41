//! Failover deployment that never loses or doubles a paid machine.
//!
//! Reading order: [`Plan`] (from what runs cost to what is tried), [`DeploySpec`] (what is wanted), [`Broker`] (the
//! front door), [`Run`] and [`News`] (a run as it is followed), [`Report`] (how everything stands), [`Receipt`] (what it
//! cost), [`Sweep`] (what is at the clouds and not in the journal), [`engine`] (what follows from what).

mod accounts;
mod adopt;
mod broker;
mod claims;
mod driver;
pub mod engine;
mod failure;
mod order;
mod plan;
mod planning;
mod receipt;
mod report;
mod resolve;
mod rows;
mod run;
mod spec;
mod sweep;

pub use broker::{Broker, Draw};
pub use failure::DeployError;
pub use order::Order;
pub use plan::{LeftOut, Plan};
pub use planning::{MOST_OFFERS_OF_AN_ACCOUNT, Planning, rate};
pub use receipt::{Receipt, ReceiptLine};
pub use report::{MachineReport, OpenLook, Outcome, Report};
pub use run::{Hold, News, Run};
pub use spec::{Choice, DeploySpec, MOST_MACHINES, OnUncertain, Policy, Ready, Strategy};
pub use sweep::{Standing, Sweep, SweepOptions, SweptDeletion, SweptMachine};
