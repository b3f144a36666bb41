//! Zenlayer's own words: the answers of the `vm` service, version 2026-04-01, and of `ccs`, 2025-09-01.
//!
//! Pages: `https://docs.console.zenlayer.com/api-reference/compute/vm/…`. The requests stand in
//! [`crate::request`]. Every field is optional and every enumeration open; a number may come as text.

pub(crate) mod price;
#[cfg(test)]
pub(crate) mod tests;

use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use vmbroker_http::scalar::{Row, id, ids, many, object, objects, one};

/// What every answer is wrapped in: `…/api-introduction/instruction/response`.
///
/// A success has `response`; a failure has `code` and `message` instead.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<T> {
    #[serde(default, deserialize_with = "one")]
    pub(crate) request_id: Option<String>,
    #[serde(default, deserialize_with = "one")]
    pub(crate) code: Option<String>,
    #[serde(default, deserialize_with = "one")]
    pub(crate) message: Option<String>,
    pub(crate) response: Option<T>,
}

/// An answer of which only its being a success counts: TerminateInstance, ReleaseInstances.
#[derive(Deserialize)]
pub(crate) struct Empty {}

/// One page of a list: DescribeInstances, DescribeInstancesStatus, DescribeImages, DescribeSubnets,
/// DescribeKeyPairs.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// How many rows there are on all pages.
    #[serde(default, deserialize_with = "one")]
    pub(crate) total_count: Option<i64>,
    pub(crate) data_set: Option<Vec<Row<T>>>,
}

/// The answer of CreateInstances. Only the ids of `instanceIdSet` are read: nothing can be asked by `orderNumber`, and
/// `instances` repeats the ids beside disks.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    #[serde(default, deserialize_with = "ids")]
    pub(crate) instance_id_set: Vec<Option<String>>,
}

/// InstanceInfo of `…/vm/datastructure`: 29 fields.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InstanceInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) instance_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub(crate) zone_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_type: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) cpu_count: Option<i64>,
    /// In GiB.
    #[serde(deserialize_with = "one")]
    pub(crate) memory: Option<i64>,
    #[serde(deserialize_with = "id")]
    pub(crate) image_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) image_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_charge_type: Option<String>,
    /// In Mbit/s; 0 and -1: not limited beyond the model.
    #[serde(deserialize_with = "one")]
    pub(crate) internet_max_bandwidth_out: Option<i64>,
    #[serde(deserialize_with = "one")]
    pub(crate) internet_charge_type: Option<String>,
    /// In months.
    #[serde(deserialize_with = "one")]
    pub(crate) period: Option<i64>,
    #[serde(deserialize_with = "many")]
    pub(crate) public_ip_addresses: Vec<String>,
    #[serde(deserialize_with = "many")]
    pub(crate) public_ipv6_addresses: Vec<String>,
    #[serde(deserialize_with = "many")]
    pub(crate) private_ip_addresses: Vec<String>,
    #[serde(deserialize_with = "id")]
    pub(crate) subnet_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) create_time: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) expired_time: Option<String>,
    #[serde(deserialize_with = "id")]
    pub(crate) resource_group_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) resource_group_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_status: Option<String>,
    /// In TB.
    #[serde(deserialize_with = "one")]
    pub(crate) traffic_package_size: Option<f64>,
    #[serde(deserialize_with = "many")]
    pub(crate) security_group_ids: Vec<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) system_disk: Option<DiskInfo>,
    #[serde(deserialize_with = "objects")]
    pub(crate) data_disks: Vec<DiskInfo>,
    #[serde(deserialize_with = "one")]
    pub(crate) auto_renew: Option<bool>,
    #[serde(deserialize_with = "id")]
    pub(crate) key_id: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) nic: Option<NicInfo>,
    pub(crate) tags: Tags,
}

/// SystemDisk and DataDisk of `…/vm/datastructure`, as an instance shows them.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DiskInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) disk_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) disk_name: Option<String>,
    /// In GiB.
    #[serde(deserialize_with = "one")]
    pub(crate) disk_size: Option<i64>,
    #[serde(deserialize_with = "one")]
    pub(crate) portable: Option<bool>,
    #[serde(deserialize_with = "one")]
    pub(crate) disk_category: Option<String>,
}

/// Nic of `…/vm/datastructure`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NicInfo {
    #[serde(deserialize_with = "one")]
    pub(crate) wan_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) lan_name: Option<String>,
}

/// One row of DescribeInstancesStatus.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StatusInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) instance_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_status: Option<String>,
}

/// The answer of DescribeZones.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ZoneSet {
    #[serde(default, deserialize_with = "objects")]
    pub(crate) zone_set: Vec<ZoneInfo>,
}

/// ZoneInfo of `…/vm/datastructure`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ZoneInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) zone_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) zone_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) support_security_group: Option<bool>,
    #[serde(deserialize_with = "one")]
    pub(crate) support_ipv6: Option<bool>,
    #[serde(deserialize_with = "one")]
    pub(crate) support_cpu_pass_through: Option<bool>,
}

/// The answer of DescribeZoneInstanceConfigInfos.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelSet {
    #[serde(default, deserialize_with = "objects")]
    pub(crate) instance_type_quota_set: Vec<ModelInfo>,
}

/// One model that is on sale in one zone.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ModelInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) zone_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_type: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) instance_type_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) cpu_count: Option<i64>,
    /// In GiB.
    #[serde(deserialize_with = "one")]
    pub(crate) memory: Option<i64>,
    /// In Mbit/s; -1: no limit is set.
    #[serde(deserialize_with = "one")]
    pub(crate) internet_max_bandwidth_out_limit: Option<i64>,
    #[serde(deserialize_with = "one")]
    pub(crate) frequency: Option<String>,
    #[serde(deserialize_with = "many")]
    pub(crate) internet_charge_types: Vec<String>,
}

/// One row of DescribeImages.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ImageInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) image_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) image_name: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) image_type: Option<String>,
    /// In GB; text in the current version, a number in an older one.
    #[serde(deserialize_with = "one")]
    pub(crate) image_size: Option<i64>,
    #[serde(deserialize_with = "one")]
    pub(crate) image_version: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) image_status: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) category: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) os_type: Option<String>,
}

/// One row of DescribeSubnets.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SubnetInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) subnet_id: Option<String>,
    #[serde(deserialize_with = "id")]
    pub(crate) zone_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) subnet_status: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) is_default: Option<bool>,
}

/// One row of DescribeKeyPairs of the `ccs` service.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeyPairInfo {
    #[serde(deserialize_with = "id")]
    pub(crate) key_id: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) key_name: Option<String>,
    /// One to five public keys, a line each.
    #[serde(deserialize_with = "one")]
    pub(crate) public_key: Option<String>,
}

/// The answer of ImportKeyPair of the `ccs` service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Imported {
    #[serde(default, deserialize_with = "id")]
    pub(crate) key_id: Option<String>,
}

/// One tag.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(default)]
pub(crate) struct TagInfo {
    #[serde(deserialize_with = "one")]
    pub(crate) key: Option<String>,
    #[serde(deserialize_with = "one")]
    pub(crate) value: Option<String>,
}

/// Tags: an object with a list inside; a bare list, as filters have it, is read too.
#[derive(Debug, Default)]
pub(crate) struct Tags(pub(crate) Vec<TagInfo>);

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct TagList {
    #[serde(default, deserialize_with = "objects")]
    tags: Vec<TagInfo>,
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagsVisitor)
    }
}

struct TagsVisitor;

/// Anything but a list and an object: no tags.
macro_rules! no_tags {
    ($($visit:ident: $kind:ty),*) => {$(
        fn $visit<E>(self, _: $kind) -> Result<Tags, E> {
            Ok(Tags::default())
        }
    )*};
}

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = Tags;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON")
    }

    no_tags!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Tags, E> {
        Ok(Tags::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tags, A::Error> {
        let list = TagList::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Tags(list.tags))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Tags, A::Error> {
        objects(serde::de::value::SeqAccessDeserializer::new(list)).map(Tags)
    }
}

#[cfg(test)]
impl Serialize for Tags {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({ "tags": self.0 }).serialize(serializer)
    }
}
