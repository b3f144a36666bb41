//! What a wish may say to Zenlayer alone.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vmbroker_core::{ChargeType, CreateRequest, Error, PublicAddress, Result};

use crate::KIND;

/// `options.zenlayer`: every parameter of CreateInstances that no neutral word covers, by its own name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) login: Option<Login>,
    pub(crate) key_id: Option<String>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) instance_charge_postpaid: Option<Term>,
    pub(crate) internet_charge_type: Option<String>,
    pub(crate) traffic_package_size: Option<f64>,
    pub(crate) internet_max_bandwidth_out: Option<u32>,
    pub(crate) disk_category: Option<String>,
    pub(crate) subnet_id: Option<String>,
    pub(crate) enable_ipv6: Option<bool>,
    pub(crate) cpu_pass_through: Option<bool>,
    pub(crate) network_mode: Option<NetworkMode>,
    pub(crate) disk_pre_allocated: Option<bool>,
    pub(crate) nic: Option<Nic>,
    pub(crate) security_group_id: Option<String>,
    pub(crate) cluster_id: Option<String>,
    pub(crate) cidr_block_id: Option<String>,
    pub(crate) start_cidr_ipv4: Option<Ipv4Addr>,
    pub(crate) marketing_options: Option<Marketing>,
    pub(crate) tags: Vec<Tag>,
}

/// The keys of [`Options`].
const KEYS: &[&str] = &[
    "login",
    "keyId",
    "resourceGroupId",
    "instanceChargePostpaid",
    "internetChargeType",
    "trafficPackageSize",
    "internetMaxBandwidthOut",
    "diskCategory",
    "subnetId",
    "enableIpv6",
    "cpuPassThrough",
    "networkMode",
    "diskPreAllocated",
    "nic",
    "securityGroupId",
    "clusterId",
    "cidrBlockId",
    "startCidrIpv4",
    "marketingOptions",
    "tags",
];

/// How to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Login {
    /// With the wish's SSH keys.
    #[default]
    Key,
    /// With the account's password for machines; the wish's SSH keys are not sent.
    Password,
}

/// A term in months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Term {
    pub(crate) period: u32,
}

/// The mode of the network card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NetworkMode {
    Vf,
    Virtio,
}

/// The names of the network cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Nic {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wan_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lan_name: Option<String>,
}

/// A discount or a voucher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Marketing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) discount_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) use_poc_voucher: Option<bool>,
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Options {
    /// The options of this wish, checked by the documented rules that need no look-up.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the key.
    pub(crate) fn read(request: &CreateRequest) -> Result<Self> {
        let Some(given) = request.options.get(KIND) else { return Ok(Self::default()) };
        let options = parse(given)?;
        options.check(request)?;
        Ok(options)
    }

    fn check(&self, request: &CreateRequest) -> Result<()> {
        let texts = [
            ("keyId", &self.key_id),
            ("resourceGroupId", &self.resource_group_id),
            ("internetChargeType", &self.internet_charge_type),
            ("diskCategory", &self.disk_category),
            ("subnetId", &self.subnet_id),
            ("securityGroupId", &self.security_group_id),
            ("clusterId", &self.cluster_id),
            ("cidrBlockId", &self.cidr_block_id),
        ];
        for (key, text) in texts {
            if let Some(text) = text.as_deref()
                && (text.is_empty() || text.len() > 128 || !text.bytes().all(|byte| byte.is_ascii_graphic()))
            {
                return Err(wrong(
                    key,
                    text,
                    "it must be 1 to 128 characters of printable ASCII without spaces",
                ));
            }
        }
        if let (Some(Login::Password), Some(key)) = (self.login, &self.key_id) {
            return Err(wrong("keyId", key, "a machine gets either a key or, by `login`, a password"));
        }
        self.check_money(request)?;
        if self.start_cidr_ipv4.is_some() && self.cidr_block_id.is_none() {
            let given = self.start_cidr_ipv4.map(|it| it.to_string()).unwrap_or_default();
            return Err(wrong("startCidrIpv4", &given, "it needs `cidrBlockId` beside it"));
        }
        if let (Some(start), PublicAddress::Given(_)) = (self.start_cidr_ipv4, &request.public_address) {
            return Err(wrong(
                "startCidrIpv4",
                &start.to_string(),
                "`public_address` names an address already",
            ));
        }
        match &self.nic {
            Some(nic) => nic.check(),
            None => Ok(()),
        }
    }

    fn check_money(&self, request: &CreateRequest) -> Result<()> {
        if let Some(term) = self.instance_charge_postpaid
            && (term.period < 1 || request.charge != ChargeType::PayAsYouGo)
        {
            let given = term.period.to_string();
            return Err(wrong(
                "instanceChargePostpaid.period",
                &given,
                "it must be at least 1 and is for pay-as-you-go machines only",
            ));
        }
        if self.internet_max_bandwidth_out == Some(0) {
            return Err(wrong("internetMaxBandwidthOut", "0", "it must be at least 1"));
        }
        if let Some(size) = self.traffic_package_size {
            let given = size.to_string();
            if size < 0.0 {
                return Err(wrong("trafficPackageSize", &given, "it must not be negative"));
            }
            let by_package = self.internet_charge_type.as_deref() == Some("ByTrafficPackage");
            if !by_package || request.charge == ChargeType::PayAsYouGo {
                return Err(wrong(
                    "trafficPackageSize",
                    &given,
                    "it is for prepaid machines whose `internetChargeType` is `ByTrafficPackage` only",
                ));
            }
        }
        Ok(())
    }
}

impl Nic {
    fn check(&self) -> Result<()> {
        for (key, name) in [("nic.wanName", &self.wan_name), ("nic.lanName", &self.lan_name)] {
            let Some(name) = name else { continue };
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
            if !(4..=15).contains(&name.len()) || !name.bytes().all(fits) || !starts {
                let allowed = "it must be 4 to 15 characters of a-z and 0-9 and start with a letter";
                return Err(wrong(key, name, allowed));
            }
        }
        match (&self.wan_name, &self.lan_name) {
            (Some(wan), Some(lan)) if wan == lan => {
                Err(wrong("nic.lanName", lan, "it must differ from `nic.wanName`"))
            }
            _ => Ok(()),
        }
    }
}

fn parse(given: &Map<String, Value>) -> Result<Options> {
    if given.contains_key("password") {
        // Its value is not shown: it is a secret that stands in the wrong place.
        return Err(wrong(
            "password",
            "[secret]",
            "a password is no part of a wish: set the account's `machine_password` and here `login` to `password`",
        ));
    }
    if let Some(key) = given.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let known = KEYS.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        return Err(Error::invalid(&format!("options.{KIND}"), key, format!("its keys are {known}")));
    }
    serde_path_to_error::deserialize(Value::Object(given.clone())).map_err(|error| {
        let path = error.path().to_string();
        let given = given.get(path.split(['.', '[']).next().unwrap_or_default()).unwrap_or(&Value::Null);
        wrong(&path, &given.to_string(), &format!("that does not fit: {}", error.inner()))
    })
}

fn wrong(key: &str, given: &str, allowed: &str) -> Error {
    Error::invalid(&format!("options.{KIND}.{key}"), given, allowed)
}
