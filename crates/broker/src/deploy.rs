//! Failover deployment that never loses or doubles a paid machine.
//!
<<<<<<< HEAD
//! Reading order: [`DeploySpec`] (what is wanted), [`Plan`] (from prices to what is tried), [`engine`] (what follows from what), [`Broker`] (the front door),
=======
//! Reading order: [`Plan`] (from what runs cost to what is tried), [`DeploySpec`] (what is wanted), [`engine`] (what follows from what), [`Broker`] (the front door),
>>>>>>> journal
//! [`Run`] and [`News`] (a run as it is followed), [`Report`] (how everything stands), [`Receipt`] (what it
//! cost), [`Sweep`] (what is at the clouds and not in the journal), then `driver` (carries it out)
//! and `rows` (between state and journal).

mod adopt;
mod broker;
mod driver;
pub mod engine;
mod failure;
<<<<<<< HEAD
mod order;
=======
>>>>>>> journal
mod plan;
mod receipt;
mod report;
mod rows;
mod run;
mod spec;
mod sweep;

pub use broker::{Broker, Draw};
pub use failure::DeployError;
<<<<<<< HEAD
pub use order::Order;
pub use plan::{LeftOut, MOST_OFFERS_OF_AN_ACCOUNT, Plan, Planning, rate};
=======
pub use plan::{LeftOut, Plan};
>>>>>>> journal
pub use receipt::{Receipt, ReceiptLine};
pub use report::{MachineReport, OpenLook, Outcome, Report};
pub use run::{Hold, News, Run};
pub use spec::{Choice, DeploySpec, MOST_MACHINES, OnUncertain, Policy, Ready, Strategy};
pub use sweep::{Standing, Sweep, SweepOptions, SweptDeletion, SweptMachine};
