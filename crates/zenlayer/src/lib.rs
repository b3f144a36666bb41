//! The Zenlayer adapter: virtual machines over the `vm` service of the Zenlayer Cloud API 2.0.
//!
//! Reading order: [`Config`] and [`Credentials`] (what an account sets), `request` (a wish becomes CreateInstances),
//! `wire` (the provider's answers), `convert` (answers become nouns), `sign` (ZC2-HMAC-SHA256), `error` (what
//! refusals mean), [`Zenlayer`] (the provider).
//!
//! # What `options.zenlayer` may say
//! Everything that CreateInstances takes and that no neutral word covers, by the provider's own names. An unknown key
//! is refused. Absent: the account's setting, else the provider's default.
//!
//! | key | value | rule |
//! | --- | --- | --- |
//! | `login` | `"key"` (default) or `"password"` | `password`: the account's `machine_password` is sent in place of the SSH keys; a Windows image needs it. A password itself is never an option |
//! | `keyId` | id of a key pair | used in place of the wish's `ssh_keys` |
//! | `resourceGroupId` | id | |
//! | `instanceChargePostpaid` | `{"period": months}` | at least 1; pay-as-you-go only. A promise: the machine cannot be deleted before |
//! | `internetChargeType` | such as `"ByBandwidth"` | one that the model allows |
//! | `trafficPackageSize` | TB | prepaid with `ByTrafficPackage` only; not negative |
//! | `internetMaxBandwidthOut` | Mbit/s | at least 1, at most what the model allows |
//! | `diskCategory` | such as `"SSD"` | for all disks of which the wish says no kind |
//! | `subnetId` | id | |
//! | `enableIpv6`, `cpuPassThrough`, `diskPreAllocated` | true or false | the zone must have the first two |
//! | `networkMode` | `"Vf"` or `"Virtio"` | |
//! | `nic` | `{"wanName": …, "lanName": …}` | 4 to 15 of `a-z0-9`, a letter first, not the same |
//! | `securityGroupId` | id | must open the wished `ports` |
//! | `clusterId` | id of a bandwidth cluster | |
//! | `cidrBlockId` | id | `public_address` may then name an address of the block |
//! | `startCidrIpv4` | IPv4 address | with `cidrBlockId` only |
//! | `marketingOptions` | `{"discountCode": …, "usePocVoucher": …}` | |
//! | `tags` | `[{"key": …, "value": …}]` | 1 to 64 characters each; no key twice, also not as a label |
//!
//! # Invariants
//! One create request for one machine, never repeated; the marker is in its name and in the tag `vmbroker-marker`.
//! Signed are the exact bytes sent, anew for each try. No password stands in a wish, an error or a log.

mod config;
mod convert;
mod error;
mod provider;
mod request;
mod sign;
mod wire;

pub use config::{Access, Config, Credentials, PrepaidPrice};
pub use provider::Zenlayer;

/// Which cloud this is: the key of this adapter's options in a wish, and `Semantics::kind`.
pub const KIND: &str = "zenlayer";

/// How many machines a page holds, read into this adapter's wire structs and dropped: what the listing benchmark
/// takes as its floor.
///
/// # Errors
/// Where the bytes are no such page.
#[doc(hidden)]
pub fn floor(answer: &[u8]) -> serde_json::Result<usize> {
    let answer: wire::Envelope<wire::Page<wire::InstanceInfo>> = serde_json::from_slice(answer)?;
    Ok(answer.response.and_then(|page| page.data_set).map_or(0, |rows| rows.len()))
}

/// Adds the credentials to a request, as every try of every call does: what the signing benchmark measures.
#[doc(hidden)]
pub fn authorise(access: &Access, request: &mut vmbroker_http::Request, now: jiff::Timestamp) {
    sign::Signer::new(access.clone()).authorise(request, now);
}
