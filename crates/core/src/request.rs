//! What is wanted, in words that every provider understands.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Country, Error, Marker, Money, OfferId, Period, Result, Size};

/// One machine that is wanted, in words that every provider understands.
///
/// Each adapter resolves what its wire needs from these words and the account's configuration. What a provider
/// cannot meet is refused with `IncompatibleOffer` before anything is sent, never left out silently; what a
/// wire has no place for and costs nothing to keep ourselves (labels, the user's name) is kept by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreateRequest {
    /// The unique token that goes into the machine's name. One marker, one machine.
    pub marker: Marker,
    /// The user's name for the machine: goes before the marker where the provider's names are long enough.
    /// Absent: the marker alone.
    pub name: Option<String>,
    /// Where it may stand. Empty: anywhere.
    pub location: LocationWish,
    /// How large it must be, or exactly which offer.
    pub machine: MachineWish,
    /// The system disk in GiB. Absent: the smallest that the offer and the image allow.
    pub disk_gib: Option<u64>,
    /// Further disks.
    pub data_disks: Vec<DataDisk>,
    /// What it starts from.
    pub image: ImageWish,
    /// Who may log in. At least one key.
    pub ssh_keys: Vec<SshKey>,
    /// Whether it gets a public address.
    pub public_address: PublicAddress,
    /// Ports to open besides 22/tcp. Empty: none.
    pub ports: Vec<Port>,
    /// What cloud-init runs at the first start: plain text. Absent: nothing.
    pub user_data: Option<String>,
    /// Labels. Sent where the provider has a place for them.
    pub labels: BTreeMap<String, String>,
    /// How it is paid for.
    pub charge: ChargeType,
    /// The most it may cost. Sent where the wire has a field for it; elsewhere the wish is refused, so that no limit is
    /// ever forgotten. Absent: no limit.
    pub price_limit: Option<PriceLimit>,
    /// Everything else that one provider's wire knows: by kind of provider (`fluence`, `wayscloud`,
    /// `zenlayer`), a JSON object whose keys that adapter documents. Unknown keys are refused.
    pub options: BTreeMap<String, serde_json::Map<String, serde_json::Value>>,
}

impl CreateRequest {
    /// The smallest whole wish: this size, this image, this key, anywhere, pay-as-you-go, with a public address.
    #[must_use]
    pub fn new(marker: Marker, size: Size, image: ImageWish, key: SshKey) -> Self {
        Self {
            marker,
            name: None,
            location: LocationWish::default(),
            machine: MachineWish::Size(size),
            disk_gib: None,
            data_disks: Vec::new(),
            image,
            ssh_keys: vec![key],
            public_address: PublicAddress::Automatic,
            ports: Vec::new(),
            user_data: None,
            labels: BTreeMap::new(),
            charge: ChargeType::PayAsYouGo,
            price_limit: None,
            options: BTreeMap::new(),
        }
    }

    /// Whether the wish makes sense anywhere. Every adapter calls this first.
    ///
    /// # Errors
    /// `InvalidRequest`, naming the field, what was given and what is allowed.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        if let MachineWish::Size(size) = &self.machine {
            check_range("size.vcpus", size.vcpus.into(), 1, 1_024)?;
            check_range("size.memory_mib", size.memory_mib, 128, 64 * 1_024 * 1_024)?;
        }
        if let Some(disk) = self.disk_gib {
            check_range("disk_gib", disk, 1, 65_536)?;
        }
        for disk in &self.data_disks {
            check_range("data_disks.size_gib", disk.size_gib, 1, 65_536)?;
        }
        if self.ssh_keys.is_empty() {
            return Err(Error::invalid("ssh_keys", "", "at least one public key is needed to log in"));
        }
        if self.ports.iter().any(|port| port.number == 0) {
            return Err(Error::invalid("ports", 0, "a port is a number from 1 to 65535"));
        }
        if let Some(months) = self.charge.months() {
            check_range("charge.months", months.into(), 1, 120)?;
        }
        if let Some(limit) = &self.price_limit
            && (limit.amount.amount.is_sign_negative() || limit.amount.amount.is_zero())
        {
            return Err(Error::invalid("price_limit", limit, "it must be more than zero"));
        }
        for (key, value) in &self.labels {
            if key.is_empty() || key.len() > 64 || value.len() > 64 {
                return Err(Error::invalid(
                    "labels",
                    format!("{key}={value}"),
                    "a key is 1 to 64 and a value 0 to 64 bytes",
                ));
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<()> {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte != b'-');
    if name.len() <= 40 && name.bytes().all(fits) && end(name.bytes().next()) && end(name.bytes().last()) {
        return Ok(());
    }
    let allowed = "a name is 1 to 40 characters of a-z, 0-9 and `-`, with no hyphen at either end";
    Err(Error::invalid("name", name, allowed))
}

fn check_range(field: &str, given: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(Error::invalid(field, given, format!("it must be from {least} to {most}")))
}

/// Where a machine may stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocationWish {
    /// In one of these countries. Empty: any.
    pub countries: Vec<Country>,
    /// In this zone, by the provider's own word. Absent: any.
    pub zone: Option<String>,
}

/// How large a machine must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineWish {
    /// At least this large: the adapter takes the smallest offer that is.
    Size(Size),
    /// Exactly this offer of this provider.
    Offer(OfferId),
}

/// A further disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataDisk {
    /// Its size in GiB.
    pub size_gib: u64,
    /// Its kind in the provider's word, such as `NVMe`. Absent: the provider's default.
    #[serde(default)]
    pub kind: Option<String>,
}

/// What a machine starts from.
///
/// As text: a neutral name such as `ubuntu-22.04`, or `id:` and the provider's own id (at Fluence a URL).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageWish {
    /// A distribution and version that every adapter looks up: lower-case letters, digits, `.` and `-`.
    Name(String),
    /// The provider's own id.
    Id(String),
}

impl fmt::Display for ImageWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => write!(f, "id:{id}"),
        }
    }
}

impl FromStr for ImageWish {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(id) = text.strip_prefix("id:").filter(|id| !id.is_empty()) {
            return Ok(Self::Id(id.to_owned()));
        }
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
        if !text.is_empty() && text.len() <= 64 && text.bytes().all(fits) {
            return Ok(Self::Name(text.to_owned()));
        }
        let allowed = "it must be a name such as ubuntu-22.04, or `id:` and the provider's own id";
        Err(Error::invalid("image", text, allowed))
    }
}

impl Serialize for ImageWish {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An OpenSSH public key as text: `type base64 [comment]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SshKey(String);

impl SshKey {
    /// The whole line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Type and base64 without the comment: the same key has the same body everywhere.
    #[must_use]
    pub fn body(&self) -> &str {
        let end = self.0.match_indices(' ').nth(1).map_or(self.0.len(), |(at, _)| at);
        &self.0[..end]
    }
}

impl FromStr for SshKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let allowed = "it must be one line of an OpenSSH public key, such as `ssh-ed25519 AAAA… me@home`";
        if text.contains("PRIVATE KEY") {
            return Err(Error::invalid(
                "ssh_keys",
                "[a private key]",
                "the public half is wanted: the file ending in .pub",
            ));
        }
        let wrong = || Error::invalid("ssh_keys", text, allowed);
        let mut words = text.split_whitespace();
        let (Some(kind), Some(body)) = (words.next(), words.next()) else { return Err(wrong()) };
        let raw = data_encoding::BASE64.decode(body.as_bytes()).map_err(|_| wrong())?;
        let inner = raw.get(4..4 + kind.len()).ok_or_else(wrong)?;
        if inner != kind.as_bytes() || text.trim().chars().any(char::is_control) || text.len() > 16_384 {
            return Err(wrong());
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(Self(words.join(" ")))
    }
}

impl<'de> Deserialize<'de> for SshKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether a machine gets a public address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicAddress {
    /// One that the provider picks.
    #[default]
    Automatic,
    /// None.
    None,
    /// This one, by the provider's id of it.
    Given(String),
}

/// An open port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port {
    /// From 1 to 65535.
    pub number: u16,
    /// Which protocol.
    pub protocol: Protocol,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

impl FromStr for Port {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "ports",
                text,
                "a port is a number from 1 to 65535, then `/tcp` or `/udp` (tcp where absent)",
            )
        };
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return Err(wrong()),
        };
        let number = number.parse().ok().filter(|number| *number != 0).ok_or_else(wrong)?;
        Ok(Self { number, protocol })
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// How a machine is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeType {
    /// For the time it runs. The default.
    #[default]
    PayAsYouGo,
    /// Up front for whole months. A prepaid machine cannot be deleted before its term ends.
    Prepaid {
        /// How many, from 1.
        months: u32,
    },
}

impl ChargeType {
    /// The months paid up front; absent for pay-as-you-go.
    #[must_use]
    pub fn months(self) -> Option<u32> {
        match self {
            Self::PayAsYouGo => None,
            Self::Prepaid { months } => Some(months),
        }
    }
}

/// The most a machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceLimit {
    /// How much each period may cost at most.
    pub amount: Money,
    /// The period that the amount is for.
    pub per: Period,
}

impl fmt::Display for PriceLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.amount, self.per)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, ErrorKind, Owner};

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

    fn wish() -> CreateRequest {
        let marker = Marker::new(Owner::of_installation("test"), [1; 10]);
        let size = Size { vcpus: 2, memory_mib: 4_096 };
        CreateRequest::new(marker, size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
    }

    #[test]
    fn a_plain_wish_is_fine() {
        wish().check().unwrap();
    }

    #[test]
    fn each_bad_field_is_named_with_what_was_given() {
        let limit = |amount: &str| PriceLimit {
            amount: Money::new(amount.parse().unwrap(), Currency::USD),
            per: Period::DAY,
        };
        type Spoil = fn(&mut CreateRequest);
        let spoil: [(&str, Spoil); 9] = [
            ("name", |wish| wish.name = Some("-web".into())),
            ("name", |wish| wish.name = Some("Wéb".into())),
            ("size.vcpus", |wish| wish.machine = MachineWish::Size(Size { vcpus: 0, memory_mib: 1_024 })),
            ("size.memory_mib", |wish| wish.machine = MachineWish::Size(Size { vcpus: 1, memory_mib: 0 })),
            ("disk_gib", |wish| wish.disk_gib = Some(0)),
            ("data_disks.size_gib", |wish| wish.data_disks = vec![DataDisk { size_gib: 0, kind: None }]),
            ("ssh_keys", |wish| wish.ssh_keys.clear()),
            ("charge.months", |wish| wish.charge = ChargeType::Prepaid { months: 0 }),
            ("labels", |wish| _ = wish.labels.insert(String::new(), String::new())),
        ];
        for (field, spoil) in spoil {
            let mut wish = wish();
            spoil(&mut wish);
            let error = wish.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.message().starts_with(&format!("`{field}` is ")), "{error}");
        }
        let mut dear = wish();
        dear.price_limit = Some(limit("0"));
        assert!(dear.check().unwrap_err().message().contains("price_limit"));
    }

    #[test]
    fn a_key_is_one_public_line() {
        let key: SshKey = KEY.parse().unwrap();
        assert_eq!(key.body(), KEY.rsplit_once(' ').unwrap().0);
        for bad in
            ["", "ssh-ed25519", "ssh-rsa AAAAC3NzaC1lZDI1NTE5", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc"]
        {
            assert!(bad.parse::<SshKey>().is_err(), "{bad}");
        }
        let error = "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary".parse::<SshKey>().unwrap_err();
        assert!(!error.to_string().contains("canary"));
    }

    #[test]
    fn ports_and_images_are_read_from_text() {
        assert_eq!("80".parse::<Port>().unwrap().to_string(), "80/tcp");
        assert_eq!("53/udp".parse::<Port>().unwrap().protocol, Protocol::Udp);
        for bad in ["0", "65536", "80/sctp", "http", ""] {
            assert!(bad.parse::<Port>().is_err(), "{bad}");
        }
        assert_eq!("id:img-1".parse::<ImageWish>().unwrap(), ImageWish::Id("img-1".into()));
        assert!("Ubuntu 22".parse::<ImageWish>().is_err());
        assert!("id:".parse::<ImageWish>().is_err());
    }
}
