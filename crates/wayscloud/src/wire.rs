//! Their JSON, in their words. What is absent, null or of an unexpected type is `None`: one bad field never sinks
//! an answer, one bad row never sinks a list.

mod offering;
mod page;

use serde::{Deserialize, Serialize};
use vmbroker_http::scalar;
pub(crate) use vmbroker_http::scalar::Row;

pub(crate) use offering::{Component, Configuration, Figures, Offering, Plan};
pub(crate) use page::Page;

/// An order: `/api/marketplace-orders/<uuid>/`, as created, read or listed. Each of the three has other keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    /// How WAYSCloud's prose and Waldur's terminate name the id.
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) order_uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) offering: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// `Create`, `Update` or `Terminate`.
    #[serde(rename = "type", deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// The id of the thing at `/api/marketplace-resources/`: the one that stays.
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) marketplace_resource_uuid: Option<String>,
    /// The id of the machine at `/api/openstack-instances/`; null before it exists and after it ended.
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) resource_uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) resource_name: Option<String>,
    /// Empty where nothing went wrong, and where a deletion did.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) error_message: Option<String>,
    #[serde(deserialize_with = "scalar::object", skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<Attributes>,
}

impl Order {
    /// Its id, by either name, where it can stand in a path.
    pub(crate) fn id(&self) -> Option<&str> {
        let ids = [self.uuid.as_deref(), self.order_uuid.as_deref()];
        ids.into_iter().flatten().find(|id| fits_path(id))
    }

    /// The name of the machine it is for.
    pub(crate) fn machine_name(&self) -> Option<&str> {
        let attributes = self.attributes.as_ref().and_then(|it| it.name.as_deref());
        self.resource_name.as_deref().or(attributes).filter(|name| !name.is_empty())
    }

    /// Whether it ends a machine.
    pub(crate) fn terminates(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("terminate"))
    }

    /// Whether it makes a machine: the documented dialect does not say what an order does.
    pub(crate) fn creates(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("create"))
    }
}

/// What was ordered, as far as we read it back. References are UUIDs or hyperlinks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) flavor: Option<String>,
    /// In MiB.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) system_volume_size: Option<u64>,
}

/// A resource: `/api/marketplace-resources/<uuid>/`, read or listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Resource {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) offering_uuid: Option<String>,
    /// `OpenStack.Instance` for a machine, `OpenStack.Volume` for its disk, which bears the machine's name too.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) offering_type: Option<String>,
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) project_uuid: Option<String>,
    /// The machine's hyperlink; null before it exists, after it ended, and where it never came to be.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// The machine's id at `/api/openstack-instances/`.
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) resource_uuid: Option<String>,
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) backend_id: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) error_message: Option<String>,
    /// Where WAYSCloud's pages show it; Waldur keeps it in `backend_metadata`.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_state: Option<String>,
    #[serde(deserialize_with = "scalar::object", skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<Attributes>,
    #[serde(deserialize_with = "scalar::object", skip_serializing_if = "Option::is_none")]
    pub(crate) backend_metadata: Option<Metadata>,
}

impl Resource {
    /// Its id where it can stand in a path.
    pub(crate) fn id(&self) -> Option<&str> {
        self.uuid.as_deref().filter(|id| fits_path(id))
    }

    /// The id of the machine behind it; absent where there is none.
    pub(crate) fn machine(&self) -> Option<&str> {
        let of_scope = self.scope.as_deref().map(last_segment);
        self.resource_uuid.as_deref().or(of_scope).filter(|id| fits_path(id))
    }

    /// The state of the machine itself, wherever it is told; absent where no key tells it.
    pub(crate) fn runtime(&self) -> Option<&str> {
        let metadata = self.backend_metadata.as_ref().and_then(|it| it.runtime_state.as_deref());
        metadata.or(self.runtime_state.as_deref())
    }
}

/// What a resource mirrors of its machine; empty until the machine is known and after it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_state: Option<String>,
    /// What is being done: `Stop`, `Start`, …; empty where nothing is.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
    /// `[null]` while an address is being allocated.
    #[serde(deserialize_with = "scalar::many", skip_serializing_if = "Vec::is_empty")]
    pub(crate) external_ips: Vec<String>,
    #[serde(deserialize_with = "scalar::many", skip_serializing_if = "Vec::is_empty")]
    pub(crate) internal_ips: Vec<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) system_volume_image_name: Option<String>,
}

/// A project: `/api/projects/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Project {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// An image: `/api/openstack-images/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Image {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// In MiB.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) min_disk: Option<u64>,
    /// In MiB.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) min_ram: Option<u64>,
}

/// A flavor: `/api/openstack-flavors/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Flavor {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) cores: Option<u64>,
    /// In MiB.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) ram: Option<u64>,
    /// In MiB.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) disk: Option<u64>,
}

/// A subnet: `/api/openstack-subnets/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subnet {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Whether a router connects it: only then a public address can be reached.
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) is_connected: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
}

/// A stored SSH key: `/api/keys/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Key {
    #[serde(deserialize_with = "scalar::id", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar::one", skip_serializing_if = "Option::is_none")]
    pub(crate) public_key: Option<String>,
}

/// Whether the text may stand as one segment of a path: their ids, and nothing that leads elsewhere.
pub(crate) fn fits_path(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The last segment of a hyperlink; a bare id is its own.
pub(crate) fn last_segment(reference: &str) -> &str {
    let path = reference.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

/// A UUID as it is compared: without dashes, in lower case.
pub(crate) fn plain_uuid(uuid: &str) -> String {
    uuid.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether two UUIDs are the same, with or without dashes, in any letter case.
pub(crate) fn same_uuid(one: &str, other: &str) -> bool {
    let plain = |uuid: &'_ str| {
        uuid.bytes().filter(|byte| *byte != b'-').map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>()
    };
    one == other || plain(one) == plain(other)
}

#[cfg(test)]
mod tests;
