//! An order as <https://learn.wayscloud.services/en-us/7-virtual-machine/12-vm-management> documents it.

#[cfg(test)]
use serde::Deserialize;
use serde::Serialize;
use vmbroker_core::PublicAddress;

use super::{Resolved, Wish};

/// `POST /api/marketplace-orders/`
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
pub(crate) struct DocumentedOrder {
    project: String,
    offering: String,
    plan: String,
    attributes: Attributes,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
struct Attributes {
    name: String,
    image: String,
    /// May be left out where the offering has a flavor of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flavor: Option<String>,
    ssh_public_key: String,
    networks: Vec<Network>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(Deserialize), serde(deny_unknown_fields))]
struct Network {
    subnet: String,
    /// `auto`, `none`, or the UUID of a floating IP.
    floating_ip: String,
}

impl DocumentedOrder {
    /// The order for this wish.
    pub(crate) fn new(wish: &Wish<'_>, resolved: Resolved) -> Self {
        let floating_ip = match &wish.request.public_address {
            PublicAddress::Automatic => "auto".to_owned(),
            PublicAddress::None => "none".to_owned(),
            PublicAddress::Given(id) => id.clone(),
        };
        Self {
            project: resolved.project,
            offering: resolved.offering,
            plan: resolved.plan.unwrap_or_default(),
            attributes: Attributes {
                name: wish.name.clone(),
                image: resolved.image,
                flavor: resolved.flavor,
                ssh_public_key: wish.key.as_str().to_owned(),
                networks: vec![Network { subnet: resolved.subnet, floating_ip }],
            },
        }
    }
}
