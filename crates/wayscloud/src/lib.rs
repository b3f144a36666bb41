//! The adapter for WAYSCloud and other Waldur marketplaces.
//!
//! Reading order: [`Config`] and [`Credentials`] (what an account needs), [`Wayscloud`] (the provider), then the
//! private rooms: `wire` (their JSON), `request` (a wish in their words, one module for each dialect), `convert`
//! (their words in ours: every state in one table), `error` (their refusals), `provider` (the calls).
//!
//! Two dialects are spoken. `documented` is the one of WAYSCloud's own pages: bare UUIDs, `networks`, a plan, the
//! key as text. `waldur` is what a running Waldur MasterMind (7.0 and later) accepts: hyperlinks, `ports` and
//! `floating_ips`, a disk size, stored keys, orders that terminate.
//!
//! # Options
//! What [`CreateRequest::options`](vmbroker_core::CreateRequest::options) may hold under `wayscloud`:
//!
//! | key | meaning | dialect |
//! |---|---|---|
//! | `subnet` | the subnet's UUID, in place of the account's | both |
//! | `plan` | the plan's UUID, in place of the account's | both |
//! | `description` | text before the marker in the machine's description | waldur |
//! | `availability_zone`, `server_group`, `system_volume_type`, `data_volume_type` | a UUID each | waldur |
//! | `security_groups` | a list of UUIDs, in place of the account's | waldur |
//! | `connect_directly_to_external_network` | true or false | waldur |
//! | `accepting_terms_of_service` | true where the offering asks for it | waldur |
//! | `limits` | numbers by component, where the plan charges by limits | waldur |
//! | `callback_url` | where the provider calls when the order ends | waldur |
//!
//! # Offers and their prices
//! An offer is a flavor, with the plan where several could be ordered: its id is `<flavor>` or `<flavor>:<plan>`, and a
//! create that names it orders just that. Its price is the plan's, read as a Waldur writes its invoices: one line for
//! each component and calendar month, rounded up to the hundredth, without taxes. The limits that a Waldur order names
//! with a plan are those that were priced: cores, memory and disk of the machine. A machine without a plan (one whose
//! offering lists but the plan of its parent, the tenant) is on no bill, so its price is unknown. The currency is the
//! account's, or the one that `/api/configuration/` tells. Taxes, promotions, what is paid by use, and what limits cost
//! in the last month of a monthly plan are never guessed: the price says that it does not know them.
//!
//! # What is not sent
//! Labels and a price limit: neither wire has a place for them, so the caller keeps them. The documented wire also
//! has none for user data, data disks and open ports: such a wish is refused.
//!
//! # What an account may leave out
//! Everything but the token (and the URL of a cloud other than WAYSCloud). Project, offering and plan are looked up
//! where they are absent, and taken where there is exactly one. Where there are several, or the provider lists none,
//! they stand in the [`Config`], as do the images, flavors and subnet where no catalogue answers.
//!
//! Invariants of this room: one create request for each `create`, never repeated; every path ends in a slash;
//! redirects and foreign hosts are never followed; nothing sleeps.

mod config;
mod convert;
mod error;
mod provider;
mod request;
mod wire;

pub use config::{Config, Credentials, Dialect, Flavor};
pub use provider::Wayscloud;

/// The kind of provider: the key of its options and the name in its semantics.
pub const KIND: &str = "wayscloud";

/// How many machines a page holds, read into this adapter's wire structs and dropped: what the listing benchmark
/// takes as its floor.
///
/// # Errors
/// Where the bytes are no such page.
#[doc(hidden)]
pub fn floor(answer: &[u8]) -> serde_json::Result<usize> {
    serde_json::from_slice::<Vec<wire::Resource>>(answer).map(|rows| rows.len())
}
