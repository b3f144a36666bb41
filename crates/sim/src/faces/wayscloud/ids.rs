//! The fixed ids of what the simulated account holds, so that a configuration can name them.

use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Cloud;

/// The ids that an account of the simulated WAYSCloud or Waldur is configured with. All are 32 hex digits, the same
/// in every sandbox, and the same in both speeches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaldurIds {
    /// The one project.
    pub project: &'static str,
    /// The offering of virtual machines in the one tenant.
    pub offering: &'static str,
    /// The plan that can be ordered with it.
    pub plan: &'static str,
    /// The offering that the offering belongs to. Not for virtual machines.
    pub parent_offering: &'static str,
    /// The parent's plan: a Waldur lists it with the offering, and refuses an order with it.
    pub parent_plan: &'static str,
    /// The tenant: images, flavors, subnets and floating addresses are listed by it.
    pub tenant: &'static str,
    /// The organisation that the project belongs to.
    pub customer: &'static str,
    /// The subnet that reaches the world.
    pub subnet: &'static str,
    /// Another subnet.
    pub other_subnet: &'static str,
    /// A floating address that is free at first.
    pub floating_ip: &'static str,
    /// The images, by name.
    pub images: [(&'static str, &'static str); 3],
    /// The flavors, by name.
    pub flavors: [(&'static str, &'static str); 4],
}

/// The name of the one project.
pub(super) const PROJECT_NAME: &str = "sandbox";

/// The ids of every simulated WAYSCloud and Waldur.
pub const WALDUR_IDS: WaldurIds = WaldurIds {
    project: "8c0f5a1d3b724e6f9a10c2d4e6f80123",
    offering: "5e2b7c90d1a34f68b3c5d7e9f1a20b34",
    plan: "d41e6b8f0a2c4957b6d8e0f2a4c61835",
    parent_offering: "46a1c3e5f7094b2d8f6e4c2a08b6d4f2",
    parent_plan: "fe98a7b6c5d44e3f9201a3b5c7d9e1f3",
    tenant: "749b1d3f5a7c4e9082b4d6f8a0c2e4f6",
    customer: "8d27f4b16c3a4e59b07d2f8e1a6c3b94",
    subnet: "ae61c4f80b2d4975a3e8d0b6f2c4179e",
    other_subnet: "b07d92e4c6f84a13950be2d7f4a86c31",
    floating_ip: "49d3e7a1b5c94f028e6d4c2b0a8f7e61",
    images: [
        ("Ubuntu 22.04", "f31a5c7e9b0d4f268a4c6e80b2d4f617"),
        ("Ubuntu 24.04", "f32b6d8fac1e4037995d7f91c3e5a728"),
        ("Debian 12", "f33c7e90bd2f4148aa6e80a2d4f6b839"),
    ],
    flavors: [
        ("m1.small", "5f0a1b2c3d4e4f5061728394a5b6c7d8"),
        ("m1.medium", "5f1b2c3d4e5f406172839405b6c7d8e9"),
        ("m1.large", "5f2c3d4e5f604172839405a6c7d8e9fa"),
        ("m1.xlarge", "5f3d4e5f60714283940516b7d8e9fa0b"),
    ],
};

/// The address of the floating address that is free at first.
pub(super) const FREE_ADDRESS: &str = "198.51.100.77";

/// The id of a flavor: the fixed one, or one that follows from its name.
pub(super) fn flavor_id(name: &str) -> String {
    let fixed = WALDUR_IDS.flavors.iter().find(|(known, _)| *known == name);
    match fixed {
        Some((_, id)) => (*id).to_owned(),
        None => HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..16]),
    }
}

/// Fills a new cloud with what this provider keeps besides machines.
pub(crate) fn furnish(cloud: &Cloud) {
    let ids = WALDUR_IDS;
    let mut account = cloud.account();
    for (name, id) in ids.images {
        let row = json!({ "name": name, "min_disk": 10_240, "min_ram": 1_024 });
        account.shelf("images").insert(id.to_owned(), row);
    }
    for (id, name, cidr, is_connected) in [
        (ids.subnet, "private-subnet", "192.168.42.0/24", true),
        (ids.other_subnet, "inner-subnet", "192.168.43.0/24", false),
    ] {
        let row = json!({ "name": name, "cidr": cidr, "is_connected": is_connected });
        account.shelf("subnets").insert(id.to_owned(), row);
    }
    let free = json!({ "address": FREE_ADDRESS, "machine": null, "keep": true });
    account.shelf("floating_ips").insert(ids.floating_ip.to_owned(), free);
}
