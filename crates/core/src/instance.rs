//! What is rented.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Extras, Handle, Location, Marker, Money, Port, Price, State};

/// How large a machine is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Size {
    /// Virtual processors; 0 where the provider does not tell.
    pub vcpus: u32,
    /// Memory in MiB; 0 where the provider does not tell.
    pub memory_mib: u64,
}

/// One disk of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The provider's id of it; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its size in MiB.
    pub size_mib: u64,
    /// Its kind in the provider's word, such as `NVMe`; absent where not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether the machine starts from it.
    #[serde(default)]
    pub system: bool,
}

/// What a machine was started from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The provider's id of it: at Fluence its URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name, as the provider shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A machine, with everything any provider tells of it.
///
/// What a provider does not tell is absent, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The reference to it.
    pub handle: Handle,
    /// Its whole name at the provider.
    pub name: String,
    /// Our token inside that name; absent for machines that are not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<Marker>,
    /// Where it is in its life.
    pub state: State,
    /// The provider's own word for that.
    pub word: String,
    /// How large it is.
    pub size: Size,
    /// Its disks.
    #[serde(default)]
    pub disks: Vec<Disk>,
    /// Where it stands.
    pub location: Location,
    /// What it was started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// The name to log in with, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_user: Option<String>,
    /// Its public addresses; empty until the provider tells one.
    #[serde(default)]
    pub public_addresses: Vec<IpAddr>,
    /// Its private addresses.
    #[serde(default)]
    pub private_addresses: Vec<IpAddr>,
    /// Its open ports; empty where the provider does not tell.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// What it costs.
    pub price: Price,
    /// What was charged for it so far, by the provider's own figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Money>,
    /// What the provider holds back for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Money>,
    /// When it is charged for next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_billing_at: Option<Timestamp>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When a prepaid term ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Why it failed, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Labels or tags at the provider.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What the provider tells and has no field here, by the provider's field name.
    #[serde(default)]
    pub extras: Extras,
}

impl Instance {
    /// A machine of which nothing but its reference, name and state is known yet.
    #[must_use]
    pub fn new(handle: Handle, name: impl Into<String>, state: State, word: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            handle,
            marker: Marker::find_in(&name),
            name,
            state,
            word: word.into(),
            size: Size::default(),
            disks: Vec::new(),
            location: Location::default(),
            image: None,
            login_user: None,
            public_addresses: Vec::new(),
            private_addresses: Vec::new(),
            ports: Vec::new(),
            price: Price::untold(),
            spent: None,
            reserved: None,
            next_billing_at: None,
            created_at: None,
            expires_at: None,
            failure: None,
            labels: BTreeMap::new(),
            extras: Extras::new(),
        }
    }
}
