//! Their JSON, in their words. Both contracts share one set of shapes; which of the fields count is `convert`'s
//! business. What differs in type from one version to the next is read as a [`Figure`] or as [`Json`].

mod json;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use vmbroker_core::Result;
use vmbroker_http::Reply;
use vmbroker_http::scalar::Figure;

pub(crate) use json::Json;

/// A machine of the list: "View your active VMs", `GET /vms/v2` and `GET /vms/v3`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Vm {
    pub(crate) id: Option<String>,
    pub(crate) vm_name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) status_changed_at: Option<String>,
    pub(crate) price_per_epoch: Option<Figure>,
    pub(crate) resources: Option<Vec<Resource>>,
    pub(crate) created_at: Option<String>,
    pub(crate) next_billing_at: Option<String>,
    pub(crate) os_image: Option<String>,
    pub(crate) datacenter: Option<Datacenter>,
    pub(crate) public_ip: Option<String>,
    pub(crate) ports: Option<Vec<VmPort>>,
    pub(crate) reserved_balance: Option<Figure>,
    pub(crate) total_spent: Option<Figure>,
}

/// A part of a machine: `VCPU`, `RAM`, `STORAGE`, `PUBLIC_IP`, `NETWORK_BANDWIDTH`, `GPU`. Its amount is
/// `quantity` (MiB for memory and storage), or `supply` with `units`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct Resource {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) quantity: Option<Figure>,
    pub(crate) supply: Option<Figure>,
    pub(crate) units: Option<String>,
    pub(crate) details: Option<Json>,
    pub(crate) metadata: Option<Metadata>,
}

/// What a part is made of; which fields are there depends on its type.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct Metadata {
    pub(crate) manufacturer: Option<Json>,
    pub(crate) brand: Option<Json>,
    pub(crate) architecture: Option<Json>,
    pub(crate) generation: Option<Json>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<Json>,
    pub(crate) version: Option<Json>,
    pub(crate) dedicated: Option<Json>,
    pub(crate) shared: Option<Json>,
}

/// Where a machine or an offer stands.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Datacenter {
    pub(crate) id: Option<String>,
    pub(crate) country_code: Option<String>,
    pub(crate) city_code: Option<String>,
    pub(crate) city_index: Option<Figure>,
    pub(crate) tier: Option<Figure>,
    pub(crate) certifications: Option<Vec<String>>,
}

/// An open port of a listed machine.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct VmPort {
    pub(crate) port: Option<Figure>,
    pub(crate) protocol: Option<String>,
}

/// A row of `GET /vms/v3/status`.
#[derive(Debug, Deserialize)]
pub(crate) struct BriefStatus {
    pub(crate) id: Option<String>,
    pub(crate) status: Option<String>,
}

/// "Deploying Virtual Machines", `POST /vms/v3`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateVms {
    pub(crate) constraints: Constraints,
    pub(crate) instances: u32,
    pub(crate) vm_configuration: VmConfiguration,
}

/// What a machine must be; by itself the body of `POST /marketplace/offers`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Constraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) basic_configuration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) additional_resources: Option<AdditionalResources>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hardware: Option<Hardware>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) datacenter: Option<DatacenterWish>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_total_price_per_epoch_usd: Option<String>,
}

/// What a machine has beyond its basic configuration: only storage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct AdditionalResources {
    pub(crate) storage: Vec<AdditionalStorage>,
}

/// Additional storage: `megabytes` (in MiB) under 2025-04, `supply` and `units` under 2025-05.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct AdditionalStorage {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) megabytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supply: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) units: Option<String>,
}

/// One piece of hardware with all its fields. Kept whole, since it must be sent back as the marketplace lists it,
/// and that list may gain fields.
pub(crate) type Spec = Map<String, Value>;

/// `GET /marketplace/hardware`, and the `hardware` of the constraints.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Hardware {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cpu: Vec<Spec>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) memory: Vec<Spec>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) storage: Vec<Spec>,
}

/// In one of these countries.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct DatacenterWish {
    pub(crate) countries: Vec<String>,
}

/// How a machine starts.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct VmConfiguration {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostname: Option<String>,
    pub(crate) open_ports: Vec<OpenPort>,
    pub(crate) os_image: String,
    pub(crate) ssh_keys: Vec<String>,
}

/// A port to open.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub(crate) struct OpenPort {
    pub(crate) port: u16,
    pub(crate) protocol: String,
}

/// A created machine: the array that `POST /vms/v3` answers with.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    pub(crate) vm_id: String,
    #[cfg(test)]
    pub(crate) vm_name: Option<String>,
}

/// `DELETE /vms/v3` under 2025-04: one machine.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteVm<'a> {
    pub(crate) vm_id: &'a str,
}

/// `DELETE /vms/v3` under 2025-05: many machines.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteVms<'a> {
    #[cfg_attr(test, serde(borrow))]
    pub(crate) vm_ids: Vec<&'a str>,
}

/// What `DELETE /vms/v3` answers under 2025-05, where it answers with a body at all.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Deleted {
    pub(crate) removed_ids: Option<Vec<String>>,
}

/// "Finding compute resources": a row of `POST /marketplace/offers`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferRow {
    pub(crate) configuration: Option<Configuration>,
    pub(crate) resources: Option<Vec<OfferedResource>>,
    pub(crate) datacenter: Option<Datacenter>,
    pub(crate) servers: Option<Vec<Server>>,
    pub(crate) max_additional_supply: Option<Vec<OfferedResource>>,
}

/// A basic configuration and its price for 24 hours.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(crate) struct Configuration {
    pub(crate) slug: Option<String>,
    pub(crate) price: Option<Figure>,
}

/// A part of an offer, or what can be had beside it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferedResource {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) metadata: Option<Metadata>,
    /// For 24 hours; of additional storage for an unnamed unit of it, so that it is worth nothing there.
    pub(crate) price: Option<Figure>,
    pub(crate) supply: Option<Figure>,
    pub(crate) per_vm_limit: Option<Figure>,
    pub(crate) units: Option<String>,
}

/// A physical machine of an offer.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Server {
    pub(crate) available_basic_instances: Option<Figure>,
    #[cfg(test)]
    pub(crate) additional_resources: Option<Vec<OfferedResource>>,
}

/// The body of `POST /vms/v3/estimate`.
#[derive(Debug, Serialize)]
pub(crate) struct EstimateVms {
    pub(crate) constraints: Constraints,
    pub(crate) instances: u32,
}

/// What `POST /vms/v3/estimate` answers: the machines that a create would get now, for 24 hours, and the deposit.
/// Decimals in both contracts.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Estimate {
    pub(crate) deposit_amount_usdc: Option<Figure>,
    pub(crate) deposit_epochs: Option<Figure>,
    pub(crate) total_price_per_epoch: Option<Figure>,
    pub(crate) max_price_per_epoch: Option<Figure>,
    pub(crate) instances: Option<Figure>,
}

/// A row of `GET /vms/v3/default_images`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefaultImage {
    pub(crate) slug: Option<String>,
    pub(crate) download_url: Option<String>,
    pub(crate) username: Option<String>,
}

/// The rows of an array, each told to `good` as soon as it is read, so that a long list never stands in memory
/// twice. One that does not fit its shape is told to `bad`, so that it never sinks the others; then every row is
/// told anew.
///
/// # Errors
/// `Protocol` where the answer is no array at all.
pub(crate) fn rows<T: DeserializeOwned, U>(
    reply: &Reply,
    mut good: impl FnMut(T) -> U,
    mut bad: impl FnMut(Value, &serde_json::Error) -> U,
) -> Result<Vec<U>> {
    let mut source = serde_json::Deserializer::from_slice(&reply.answer().body);
    let read = Rows { good: &mut good, row: PhantomData }.deserialize(&mut source);
    if let Ok(rows) = read.and_then(|rows| source.end().map(|()| rows)) {
        return Ok(rows);
    }
    // Each row as its own text: a figure that had been a value before would have been rounded.
    let rows: Vec<Box<RawValue>> = reply.json()?;
    Ok(rows
        .into_iter()
        .map(|row| match serde_json::from_str(row.get()) {
            Ok(fits) => good(fits),
            Err(error) => bad(serde_json::from_str(row.get()).unwrap_or_default(), &error),
        })
        .collect())
}

struct Rows<'a, T, F> {
    good: &'a mut F,
    row: PhantomData<T>,
}

impl<'de, T: DeserializeOwned, U, F: FnMut(T) -> U> DeserializeSeed<'de> for Rows<'_, T, F> {
    type Value = Vec<U>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<U>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, U, F: FnMut(T) -> U> Visitor<'de> for Rows<'_, T, F> {
    type Value = Vec<U>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<U>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = items.next_element()? {
            rows.push((self.good)(row));
        }
        Ok(rows)
    }
}
