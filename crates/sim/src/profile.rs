//! How fast a simulated cloud is, and who may call it.

use std::time::Duration;

/// How fast a simulated cloud is. Every duration is on the cloud's own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// From the accepted create to the start of building.
    pub queue: Duration,
    /// From the start of building to running; each machine takes up to a quarter more.
    pub build: Duration,
    /// From running to the first address.
    pub address: Duration,
    /// How long switching on, off or restarting takes.
    pub power: Duration,
    /// From an accepted delete to gone, or to the recycle bin.
    pub delete: Duration,
    /// How long the recycle bin keeps a machine.
    pub retention: Duration,
    /// How long a new machine is invisible, besides what its face hides by its own rules.
    pub invisible: Duration,
    /// The most rows on one page of a list, whatever is asked for; absent: as the documents say.
    pub page_cap: Option<usize>,
    /// How many machines the account may hold.
    pub quota: usize,
}

impl Default for Profile {
    /// About the times that users of the real clouds report.
    fn default() -> Self {
        Self {
            queue: Duration::from_secs(3),
            build: Duration::from_secs(45),
            address: Duration::from_secs(8),
            power: Duration::from_secs(10),
            delete: Duration::from_secs(12),
            retention: Duration::from_secs(24 * 3_600),
            invisible: Duration::ZERO,
            page_cap: None,
            quota: 100_000,
        }
    }
}

/// Who may call a simulated cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The public half, where there is one (Zenlayer's access key id).
    pub id: String,
    /// The secret half: API key, token, access key password.
    pub secret: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self { id: "SANDBOXKEY0000000001".to_owned(), secret: "sandbox-secret-not-for-real-use".to_owned() }
    }
}
