//! An order as a running Waldur MasterMind accepts it: hyperlinks (the path is enough, the last slash is needed),
//! `ports` and `floating_ips`, a disk in MiB. <https://docs.waldur.com/>, `POST /api/marketplace-orders/`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use vmbroker_core::PublicAddress;

use super::{Resolved, Wish};
use crate::config::Config;

/// `POST /api/marketplace-orders/`. A `type` is never sent: a new order of type `Terminate` is accepted there and
/// makes a bogus machine.
#[derive(Debug, Serialize)]
pub(crate) struct WaldurOrder {
    project: String,
    offering: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<BTreeMap<String, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepting_terms_of_service: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Attributes {
    name: String,
    description: String,
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flavor: Option<String>,
    /// In MiB, at least 1024 and at least what the image needs.
    system_volume_size: u64,
    ssh_public_key: String,
    ports: Vec<Port>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    floating_ips: Vec<FloatingIp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    security_groups: Vec<Link>,
    /// In MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_volume_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_volume_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_volume_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_group: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_directly_to_external_network: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Port {
    subnet: String,
}

#[derive(Debug, Serialize)]
struct FloatingIp {
    subnet: String,
    /// The given one; absent: a free one of the tenant, else a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Link {
    url: String,
}

impl WaldurOrder {
    /// The order for this wish; `root` is the URL that paths begin with.
    pub(crate) fn new(wish: Wish<'_>, resolved: Resolved, config: &Config, root: &Url) -> Self {
        let link = |collection: &str, id: &str| format!("{}{collection}/{id}/", root.path());
        let maybe = |collection: &str, id: Option<String>| id.map(|id| link(collection, &id));
        let groups = wish.options.security_groups.as_ref().unwrap_or(&config.security_groups);
        let offering = link("marketplace-public-offerings", &resolved.offering);
        let subnet = link("openstack-subnets", &resolved.subnet);
        let floating = |url| vec![FloatingIp { subnet: subnet.clone(), url }];
        let floating_ips = match &wish.request.public_address {
            PublicAddress::None => Vec::new(),
            PublicAddress::Automatic => floating(None),
            PublicAddress::Given(id) => floating(Some(link("openstack-floating-ips", id))),
        };
        let security_groups =
            groups.iter().map(|id| Link { url: link("openstack-security-groups", id) }).collect();
        let data_disk = wish.request.data_disks.first();
        let data_volume_type = data_disk.and_then(|disk| disk.kind.clone()).or(wish.options.data_volume_type);
        let words = wish.options.description.as_deref().unwrap_or("vmbroker");
        let attributes = Attributes {
            name: wish.name,
            description: format!("{words} {}", wish.request.marker),
            image: link("openstack-images", &resolved.image),
            flavor: maybe("openstack-flavors", resolved.flavor),
            system_volume_size: resolved.disk_mib,
            ssh_public_key: link("keys", &resolved.key),
            floating_ips,
            ports: vec![Port { subnet }],
            security_groups,
            data_volume_size: data_disk.map(|disk| disk.size_gib * 1_024),
            data_volume_type: data_disk.and(maybe("openstack-volume-types", data_volume_type)),
            system_volume_type: maybe("openstack-volume-types", wish.options.system_volume_type),
            user_data: wish.request.user_data.clone(),
            availability_zone: maybe("openstack-instance-availability-zones", wish.options.availability_zone),
            server_group: maybe("openstack-server-groups", wish.options.server_group).map(|url| Link { url }),
            connect_directly_to_external_network: wish.options.connect_directly_to_external_network,
        };
        Self {
            project: link("projects", &resolved.project),
            plan: resolved.plan.map(|plan| format!("{offering}plans/{plan}/")),
            offering,
            attributes,
            limits: wish.options.limits.or(Some(resolved.limits)).filter(|limits| !limits.is_empty()),
            accepting_terms_of_service: wish.options.accepting_terms_of_service,
            callback_url: wish.options.callback_url,
        }
    }
}

/// `POST /api/marketplace-resources/<uuid>/terminate/`: with its disks and addresses, which cost money too. By
/// force where the machine is in a state in which it can neither be stopped nor ended.
pub(crate) fn terminate(by_force: bool) -> Value {
    let mut attributes = json!({ "delete_volumes": true, "release_floating_ips": true });
    if by_force {
        attributes["action"] = json!("force_destroy");
    }
    json!({ "attributes": attributes })
}
