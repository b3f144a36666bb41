//! The adapter for the Fluence compute marketplace (`https://api.fluence.dev`), for two contracts of its API:
//! `2025-04` (create and delete at `/vms/v3`, list at `/vms/v2`) and `2025-05` (everything at `/vms/v3`).
//! The documents are "Deploying Virtual Machines", "Manage your deployments" and "Finding compute resources" at
//! `https://fluence.dev/docs/build/api/`.
//!
//! Reading order: [`Config`] and [`Credentials`] (what an account sets), [`Fluence`] (the provider), then the
//! private rooms: `wire` (their JSON), `request` (a wish becomes their JSON), `convert` (their JSON becomes our
//! nouns), `error` (what a refusal means), `images` (from a neutral name to a URL).
//!
//! # What the wire makes of a wish
//! * **Size**: the smallest basic configuration on offer that is at least this large. Gigabytes in a
//!   configuration's name are GiB.
//! * **Offer**: `<basic configuration>@<country>`, such as `cpu-2-ram-4gb-storage-25gb@DE`. Fluence takes no
//!   offer's id, and a country is the narrowest place that can be asked for: an offer is therefore all that one
//!   country has of one configuration, and says of its building only what is true of all of it. Without
//!   `@<country>` it is that configuration anywhere.
//! * **Zone**: there are none to choose from; a wish for one is refused.
//! * **Disks**: what the system disk exceeds its configuration by, and each further disk, is one entry of
//!   `additionalResources.storage`; the matching `hardware.storage` is always sent with it.
//! * **Price limit**: sent as `maxTotalPricePerEpochUsd`, for 24 hours, in USD or USDC (1:1). An hour's limit is
//!   taken 24 times. A month's limit is divided by 31, so that no month can cost more. What has more than six
//!   decimal places is rounded down.
//! * **Ports**: 22/tcp is always sent.
//! * **Image**: `id:` and the URL of a disk image, or a name: first from [`Config::images`], then (contract
//!   `2025-05`) from Fluence's own default images, then from [`BUILT_IN_IMAGES`].
//! * **User data, no public address, a given public address, prepaid**: not on this wire, so refused. Labels
//!   have no place on it either and are left to the caller.
//!
//! # Options
//! Under the key `fluence` of a request's options:
//!
//! | key | value | meaning |
//! | --- | --- | --- |
//! | `hardware` | `{cpu: [{manufacturer, architecture}], memory: [{type, generation}], storage: [{type}]}` | Only such hardware. Each entry may name a part of its fields; it is completed from what the marketplace lists, and refused where nothing there fits. |
//! | `storage_type` | `HDD`, `SSD`, `NVMe` | The kind of additional storage where a disk names none. Absent: the first of `hardware.storage`, else [`Config::storage_type`]. |
//! | `hostname` | a name of `[a-z0-9-]` | The machine's own host name (contract `2025-05`). Absent: its name. |
//!
//! # What an offer costs
//! A day of 24 hours, charged when a machine is created and then each day at 17:55 UTC. Decimals in USDC, read to the
//! last digit under both contracts; what is no exact amount, zero or negative marks the offer with its reason.
//! * A create cannot name a building, and Fluence says that it picks the cheapest; so an offer costs what the dearest
//!   costs that is not sold out. A create is then never dearer than its offer said, and one with that price as its
//!   limit is refused only when prices moved. Where the prices differ, all of them are in the extra `price`.
//! * A larger system disk ([`OfferQuery::disk_gib`](vmbroker_core::OfferQuery)) is priced by one estimate for each
//!   offer, with the constraints that a create would send: the unit of the storage price in offers is not named. Where
//!   buildings differ in price, the difference is added to the estimate, which is for the cheapest. The estimate's
//!   deposit is in the extras. One that fails marks its offer; all failed are an error.
//! * How many are left counts machines as the configuration has them: with a larger disk it may be fewer.
//!
//! # What remains uncertain
//! Under contract `2025-04` only active machines are listed. One that was seen and left the list is told as not found
//! and taken for gone by whoever waits, though it may be out of funds, with its reserve still held. Delete it before
//! believing it gone: a delete frees the reserve, is sent before the list is looked at, and is `NothingLeft` under
//! `2025-04` only where Fluence took it, does not know the machine or is deleting it already. Any other refusal is an
//! error there.
//!
//! # Invariants
//! `instances` is always 1. Before a create under `2025-04` the offers are looked at with the same constraints,
//! because there "nothing fits" is answered with the same 500 as a fault. Money is read by contract, never by
//! guessing. Ids are compared without case, and sent back exactly as the list gave them.

mod config;
mod convert;
mod error;
mod images;
mod provider;
mod request;
mod wire;

pub use config::{Auth, Config, Contract, Credentials, ImageSource};
pub use images::{BUILT_IN_IMAGES, BuiltInImage};
pub use provider::{Fluence, KIND};

/// How many machines a list's answer holds, read into this adapter's wire structs and dropped: what the listing
/// benchmark takes as its floor.
///
/// # Errors
/// Where the bytes are no such list.
#[doc(hidden)]
pub fn floor(answer: &[u8]) -> serde_json::Result<usize> {
    serde_json::from_slice::<Vec<wire::Vm>>(answer).map(|rows| rows.len())
}
