//! The dialects that simulated clouds speak.

mod fluence;
mod wayscloud;
mod zenlayer;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use vmbroker_core::Clock;

use crate::{Cloud, Face, inventory};

pub(crate) use wayscloud::review;
pub use wayscloud::{WALDUR_IDS, WaldurIds};

/// A dialect that a simulated cloud speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Dialect {
    /// Fluence as of April 2025.
    #[serde(rename = "fluence-2025-04")]
    Fluence202504,
    /// Fluence as of May 2025.
    #[serde(rename = "fluence-2025-05")]
    Fluence202505,
    /// WAYSCloud's marketplace, as its documents say.
    #[serde(rename = "wayscloud")]
    Wayscloud,
    /// A Waldur, as one behaves when it runs.
    #[serde(rename = "waldur")]
    Waldur,
    /// Zenlayer's `vm` and `ccs`.
    #[serde(rename = "zenlayer")]
    Zenlayer,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] =
        [Self::Fluence202504, Self::Fluence202505, Self::Wayscloud, Self::Waldur, Self::Zenlayer];
    /// One for each provider: what the demo and the embedded sandbox use.
    pub const DEFAULT: [Self; 3] = [Self::Fluence202504, Self::Wayscloud, Self::Zenlayer];

    /// The dialect's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fluence202504 => "fluence-2025-04",
            Self::Fluence202505 => "fluence-2025-05",
            Self::Wayscloud => "wayscloud",
            Self::Waldur => "waldur",
            Self::Zenlayer => "zenlayer",
        }
    }

    /// A new cloud with what a provider of this dialect has to rent.
    #[must_use]
    pub fn cloud(self, clock: Clock, seed: u64) -> Cloud {
        match self {
            Self::Fluence202504 | Self::Fluence202505 => Cloud::new(clock, seed, inventory::fluence()),
            Self::Wayscloud | Self::Waldur => {
                let cloud = Cloud::new(clock, seed, inventory::wayscloud());
                wayscloud::furnish(&cloud);
                cloud
            }
            Self::Zenlayer => {
                let cloud = Cloud::new(clock, seed, inventory::zenlayer());
                zenlayer::furnish(&cloud);
                cloud
            }
        }
    }

    /// The face that speaks it.
    #[must_use]
    pub fn face(self) -> Arc<dyn Face> {
        match self {
            Self::Fluence202504 => Arc::new(fluence::Fluence::new(fluence::Contract::April)),
            Self::Fluence202505 => Arc::new(fluence::Fluence::new(fluence::Contract::May)),
            Self::Wayscloud => Arc::new(wayscloud::Wayscloud::new(wayscloud::Speech::Documented)),
            Self::Waldur => Arc::new(wayscloud::Wayscloud::new(wayscloud::Speech::Waldur)),
            Self::Zenlayer => Arc::new(zenlayer::Zenlayer),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names: Vec<&str> = Self::ALL.iter().map(|dialect| dialect.name()).collect();
        let found = Self::ALL.into_iter().find(|dialect| dialect.name() == text);
        found.ok_or_else(|| format!("`{text}` is no simulated cloud; there are {}", names.join(", ")))
    }
}
