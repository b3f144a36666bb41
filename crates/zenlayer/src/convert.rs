//! Zenlayer's words turned into nouns. Pure.

mod places;
mod price;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Deserialize;
use vmbroker_core::{
    Availability, ChargeType, Disk, Extras, Handle, Instance, Location, Marker, Offer, OfferId, Price,
    ProviderId, Size, State,
};

use crate::request::MARKER_TAG;
use crate::wire::{DiskInfo, ImageInfo, InstanceInfo, ModelInfo, TagInfo, ZoneInfo};
use vmbroker_http::scalar::Row;

pub(crate) use price::Priced;

/// What each of the provider's words for a machine's life means: `…/vm/datastructure`, InstanceInfo.
///
/// `CREATING` and `INSTALLING` occur in the documents' prose and error codes only. A machine that starts, restarts
/// or is copied comes (back) up by itself.
#[rustfmt::skip]
pub(crate) const STATES: &[(&str, State)] = &[
    ("PENDING", State::Provisioning),
    ("DEPLOYING", State::Provisioning),
    ("CREATING", State::Provisioning),
    ("INSTALLING", State::Provisioning),
    ("CREATE_FAILED", State::Failed),
    ("RUNNING", State::Running),
    ("BOOTING", State::Provisioning),
    ("REBOOT", State::Provisioning),
    ("REBUILDING", State::Provisioning),
    ("IMAGING", State::Provisioning),
    ("STOPPING", State::Stopping),
    ("STOPPED", State::Stopped),
    ("RECYCLING", State::Deleting),
    ("RECYCLE", State::Recycled),
    ("RELEASING", State::Deleting),
];

/// The state that a word means, whatever its letter case and separators.
pub(crate) fn state(word: &str) -> State {
    let letters = |text: &'static str| {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase())
    };
    let same = |known: &'static str| {
        let given = word.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase());
        known == word || letters(known).eq(given)
    };
    STATES.iter().find(|(known, _)| same(known)).map_or(State::Unrecognised, |(_, state)| *state)
}

/// A zone of the provider.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) location: Location,
    pub(crate) security_groups: Option<bool>,
    pub(crate) ipv6: Option<bool>,
    pub(crate) cpu_pass_through: Option<bool>,
}

/// A model that is on sale in a zone.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) zone: String,
    pub(crate) name: String,
    pub(crate) size: Size,
    pub(crate) internet_charge_types: Vec<String>,
    /// The most outgoing Mbit/s; absent where there is no limit.
    pub(crate) bandwidth_limit: Option<u32>,
    full_name: Option<String>,
    frequency: Option<String>,
}

/// What is on sale, for one way of paying.
#[derive(Clone, Debug, Default)]
pub(crate) struct Market {
    zones: BTreeMap<String, Zone>,
    pub(crate) models: Vec<Model>,
}

/// An image of a zone.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) size_gib: Option<u64>,
    pub(crate) available: bool,
    pub(crate) windows: bool,
    public: bool,
    name: String,
    version: String,
    category: String,
}

/// The provider's names for the families of systems, by the first word of a neutral image name.
const CATEGORIES: &[(&str, &str)] = &[
    ("windows", "WINDOWS"),
    ("ubuntu", "UBUNTU"),
    ("centos", "CENTOS"),
    ("debian", "DEBIAN"),
    ("arch", "ARCHLINUX"),
    ("archlinux", "ARCHLINUX"),
    ("coreos", "COREOS"),
    ("fedora", "FEDORA"),
    ("freebsd", "FREEBSD"),
    ("kylin", "KYLIN"),
    ("oracle", "ORACLELINUX"),
    ("oraclelinux", "ORACLELINUX"),
    ("rhel", "REDHAT"),
    ("redhat", "REDHAT"),
    ("suse", "SUSE"),
    ("sles", "SUSE"),
    ("opensuse", "SUSE"),
    ("tencentos", "TENCENTOS"),
];

/// Where the account's zones stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(HashMap<String, Location>);

impl Places {
    /// Learns the places that the provider names.
    pub(crate) fn learn(&mut self, market: &Market) {
        self.0.extend(market.zones.values().map(|zone| (zone.id.clone(), zone.location.clone())));
    }

    /// Where this zone stands.
    pub(crate) fn find(&mut self, zone: Option<String>) -> Location {
        let Some(zone) = zone else { return Location::default() };
        if let Some(known) = self.0.get(&zone) {
            let Location { country, city, zone: named, data_centre } = known;
            return Location {
                country: *country,
                city: city.clone(),
                // The same text, which need not be copied: it came with the machine.
                zone: named.is_some().then_some(zone),
                data_centre: data_centre.clone(),
            };
        }
        let location = places::location(zone.clone(), None);
        self.0.insert(zone, location.clone());
        location
    }
}

impl Market {
    /// What is on sale. Rows without an id are left out: nothing could be ordered by them.
    pub(crate) fn new(zones: Vec<ZoneInfo>, models: Vec<ModelInfo>) -> Self {
        let zone = |info: ZoneInfo| {
            let id = info.zone_id.filter(|id| !id.is_empty())?;
            let zone = Zone {
                location: places::location(id.clone(), info.zone_name.as_deref()),
                security_groups: info.support_security_group,
                ipv6: info.support_ipv6,
                cpu_pass_through: info.support_cpu_pass_through,
                id: id.clone(),
            };
            Some((id, zone))
        };
        let mut zones: BTreeMap<String, Zone> = zones.into_iter().filter_map(zone).collect();
        let models: Vec<Model> = models.into_iter().filter_map(Model::new).collect();
        for model in &models {
            zones.entry(model.zone.clone()).or_insert_with(|| Zone {
                location: places::location(model.zone.clone(), None),
                security_groups: None,
                ipv6: None,
                cpu_pass_through: None,
                id: model.zone.clone(),
            });
        }
        Self { zones, models }
    }

    /// The zone of this id.
    pub(crate) fn zone(&self, id: &str) -> Option<&Zone> {
        self.zones.get(id)
    }

    /// This model as an offer.
    pub(crate) fn offer(&self, model: &Model, provider: &ProviderId, charge: ChargeType) -> Offer {
        let limit = model.bandwidth_limit.map(|most| most.to_string());
        let types = Some(model.internet_charge_types.join(",")).filter(|text| !text.is_empty());
        let extras = [
            ("instanceTypeName", model.full_name.clone()),
            ("frequency", model.frequency.clone()),
            ("internetMaxBandwidthOutLimit", limit),
            ("internetChargeTypes", types),
        ];
        let extras = extras.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Offer {
            provider: provider.clone(),
            id: model.offer_id(),
            size: model.size,
            disk_gib: None,
            location: self.zone(&model.zone).map(|zone| zone.location.clone()).unwrap_or_default(),
            charge,
            price: Price::untold(),
            availability: Availability::Unknown,
            extras: extras.collect(),
        }
    }
}

impl Model {
    fn new(info: ModelInfo) -> Option<Self> {
        let limit = info.internet_max_bandwidth_out_limit.filter(|most| *most > 0);
        Some(Self {
            zone: info.zone_id.filter(|id| !id.is_empty())?,
            name: info.instance_type.filter(|id| !id.is_empty())?,
            size: size(info.cpu_count, info.memory),
            internet_charge_types: info.internet_charge_types,
            bandwidth_limit: limit.and_then(|most| u32::try_from(most).ok()),
            full_name: info.instance_type_name,
            frequency: info.frequency,
        })
    }

    /// The zone and the model in one word.
    pub(crate) fn offer_id(&self) -> OfferId {
        OfferId(format!("{}/{}", self.zone, self.name))
    }
}

impl Image {
    /// An image; absent where it has no id.
    pub(crate) fn new(info: ImageInfo) -> Option<Self> {
        let is = |text: &Option<String>, word: &str| {
            text.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(word))
        };
        Some(Self {
            id: info.image_id.filter(|id| !id.is_empty())?,
            size_gib: info.image_size.and_then(|size| u64::try_from(size).ok()).filter(|size| *size > 0),
            available: info.image_status.is_none() || is(&info.image_status, "AVAILABLE"),
            windows: is(&info.os_type, "windows") || is(&info.category, "Windows"),
            public: info.image_type.is_none() || is(&info.image_type, "PUBLIC_IMAGE"),
            name: info.image_name.unwrap_or_default().to_ascii_lowercase(),
            version: info.image_version.unwrap_or_default().to_ascii_lowercase(),
            category: letters(&info.category.unwrap_or_default()),
        })
    }

    /// The public image that a neutral name such as `ubuntu-22.04` means: of that family and version, and of several
    /// the one with the shortest name, which is the plainest. A name without a version means none where there are
    /// several versions: nobody is given one of them by chance.
    pub(crate) fn named<'a>(name: &str, images: &'a [Self]) -> Option<&'a Self> {
        let (family, version) = name.split_once('-').unwrap_or((name, ""));
        let fits =
            |image: &&Self| image.public && image.available && image.is_of(family) && image.has(version);
        let fitting = || images.iter().filter(fits);
        let mut numbers = fitting().map(Self::number);
        let first = numbers.next()?;
        if version.is_empty() && numbers.any(|number| number != first) {
            return None;
        }
        fitting().min_by_key(|image| (image.name.len(), &image.name, &image.id))
    }

    /// The version as a number, as far as it has one.
    fn number(&self) -> Option<&str> {
        let words = self.name.split(is_between).chain(self.version.split(is_between));
        words.into_iter().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn is_of(&self, family: &str) -> bool {
        match CATEGORIES.iter().find(|(word, _)| *word == family) {
            Some((_, category)) => self.category == *category,
            // The name begins with it, whole word by whole word.
            None => {
                let family = letters(family);
                let words = self.name.split(|c: char| !c.is_ascii_alphanumeric());
                let mut begun = String::new();
                let mut begins = words.map(|word| {
                    begun.push_str(&letters(word));
                    begun == family
                });
                !family.is_empty() && begins.any(|is_it| is_it)
            }
        }
    }

    /// Whether each word of the version stands whole in the image's name or version.
    fn has(&self, version: &str) -> bool {
        let words = |text: &str| -> Vec<String> { text.split(is_between).map(str::to_owned).collect() };
        let known: Vec<String> = words(&self.name).into_iter().chain(words(&self.version)).collect();
        version.split('-').filter(|word| !word.is_empty()).all(|word| known.iter().any(|it| it == word))
    }
}

/// Whether it stands between the words of an image's name.
fn is_between(c: char) -> bool {
    !c.is_ascii_alphanumeric() && c != '.'
}

/// A machine as a row of DescribeInstances shows it, without what the row does not tell: whose it is and where.
///
/// Made row by row while a page is read, so that the memory of one row's texts serves the next.
#[derive(Debug, Deserialize)]
#[serde(from = "InstanceInfo")]
pub(crate) struct Listed {
    id: Option<String>,
    name: String,
    word: String,
    zone: Option<String>,
    size: Size,
    image: Option<vmbroker_core::Image>,
    disks: Vec<Disk>,
    public_addresses: Vec<IpAddr>,
    private_addresses: Vec<IpAddr>,
    created_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    labels: BTreeMap<String, String>,
    /// The marker in the tags.
    tagged: Option<Marker>,
    extras: Extras,
}

impl From<InstanceInfo> for Listed {
    fn from(mut info: InstanceInfo) -> Self {
        let mut kept = Extras::with_capacity(EXTRAS);
        let (mut public_addresses, mut private_addresses) = (Vec::new(), Vec::new());
        addresses("publicIpAddresses", &info.public_ip_addresses, &mut kept, &mut public_addresses);
        addresses("publicIpv6Addresses", &info.public_ipv6_addresses, &mut kept, &mut public_addresses);
        addresses("privateIpAddresses", &info.private_ip_addresses, &mut kept, &mut private_addresses);
        let (labels, tagged) = labels(std::mem::take(&mut info.tags.0));
        let listed = Self {
            id: info.instance_id.take().filter(|id| !id.is_empty()),
            name: info.instance_name.take().unwrap_or_default(),
            word: info.instance_status.take().unwrap_or_default(),
            zone: info.zone_id.take(),
            size: size(info.cpu_count, info.memory),
            image: image_of(&mut info),
            disks: disks(&mut info, &mut kept),
            public_addresses,
            private_addresses,
            created_at: time("createTime", info.create_time.take(), &mut kept),
            expires_at: time("expiredTime", info.expired_time.take(), &mut kept),
            labels,
            tagged,
            extras: Extras::new(),
        };
        extras(info, &mut kept);
        Self { extras: kept, ..listed }
    }
}

/// A machine of this account. A row that cannot be read is a machine all the same, in an unrecognised state and with a
/// made-up id that no command takes: leaving it out would read as its absence.
pub(crate) fn instance(
    row: Row<Listed>,
    number: usize,
    provider: &ProviderId,
    places: &mut Places,
) -> Instance {
    let Row(Some(row)) = row else { return unreadable(number, provider) };
    let handle = Handle::of_instance(provider, row.id.unwrap_or_else(|| unreadable_id(number)));
    let mut it = Instance::new(handle, row.name, state(&row.word), row.word);
    it.location = places.find(row.zone);
    it.size = row.size;
    it.image = row.image;
    it.disks = row.disks;
    it.public_addresses = row.public_addresses;
    it.private_addresses = row.private_addresses;
    it.created_at = row.created_at;
    it.expires_at = row.expires_at;
    it.labels = row.labels;
    it.marker = it.marker.or(row.tagged);
    it.handle.marker = it.marker;
    it.extras = row.extras;
    it
}

fn unreadable(number: usize, provider: &ProviderId) -> Instance {
    let handle = Handle::of_instance(provider, unreadable_id(number));
    Instance::new(handle, String::new(), State::Unrecognised, String::new())
}

fn unreadable_id(number: usize) -> String {
    format!("?unreadable-row-{number}")
}

fn size(cpus: Option<i64>, memory_gib: Option<i64>) -> Size {
    let vcpus = cpus.and_then(|cpus| u32::try_from(cpus).ok()).unwrap_or(0);
    let gib = memory_gib.and_then(|gib| u64::try_from(gib).ok()).unwrap_or(0);
    Size { vcpus, memory_mib: gib.saturating_mul(1_024) }
}

fn image_of(info: &mut InstanceInfo) -> Option<vmbroker_core::Image> {
    let (id, name) = (info.image_id.take(), info.image_name.take());
    (id.is_some() || name.is_some()).then_some(vmbroker_core::Image { id, name })
}

fn disks(info: &mut InstanceInfo, extras: &mut Extras) -> Vec<Disk> {
    let mut disks = Vec::with_capacity(1 + info.data_disks.len());
    let system = info.system_disk.take().map(|disk| (disk, true));
    let data = std::mem::take(&mut info.data_disks).into_iter().map(|disk| (disk, false));
    for (DiskInfo { disk_id, disk_name, disk_size, portable, disk_category }, system) in
        system.into_iter().chain(data)
    {
        let key = |field: &str| {
            let which = disk_id.as_deref().unwrap_or("?");
            format!("{}.{which}.{field}", if system { "systemDisk" } else { "dataDisks" })
        };
        if let Some(name) = disk_name.filter(|name| !name.is_empty()) {
            extras.insert(key("diskName"), name);
        }
        if let Some(portable) = portable {
            extras.insert(key("portable"), portable.to_string());
        }
        let gib = disk_size.and_then(|gib| u64::try_from(gib).ok()).unwrap_or(0);
        disks.push(Disk { id: disk_id, size_mib: gib.saturating_mul(1_024), kind: disk_category, system });
    }
    disks
}

/// The addresses that can be read; the rest is kept as text.
fn addresses(field: &'static str, given: &[String], extras: &mut Extras, addresses: &mut Vec<IpAddr>) {
    for text in given {
        match text.parse() {
            Ok(address) => addresses.push(address),
            Err(_) if text.is_empty() => {}
            Err(_) => extras.append(field, ",", text),
        }
    }
}

fn time(field: &'static str, given: Option<String>, extras: &mut Extras) -> Option<Timestamp> {
    let text = given.filter(|text| !text.is_empty())?;
    let time = text.parse().ok();
    if time.is_none() {
        extras.insert(field, text);
    }
    time
}

/// The tags as labels, and the marker of the tag that is its own: that one is no label.
fn labels(tags: Vec<TagInfo>) -> (BTreeMap<String, String>, Option<Marker>) {
    let (mut labels, mut marker) = (BTreeMap::new(), None);
    for tag in tags {
        let (Some(key), value) = (tag.key, tag.value.unwrap_or_default()) else { continue };
        match (key == MARKER_TAG).then(|| Marker::find_in(&value)).flatten() {
            Some(tagged) => marker = marker.or(Some(tagged)),
            None => _ = labels.insert(key, value),
        }
    }
    (labels, marker)
}

/// How many fields have no field of ours: room for all, taken once.
const EXTRAS: usize = 14;

/// What has no field, where the provider tells it.
fn extras(info: InstanceInfo, extras: &mut Extras) {
    let nic = info.nic.unwrap_or_default();
    let groups = match <[String; 1]>::try_from(info.security_group_ids) {
        Ok([only]) => Some(only),
        Err(several) => Some(several.join(",")),
    };
    let texts = [
        ("autoRenew", info.auto_renew.map(|flag| flag.to_string())),
        ("instanceChargeType", info.instance_charge_type),
        ("instanceType", info.instance_type),
        ("internetChargeType", info.internet_charge_type),
        ("internetMaxBandwidthOut", info.internet_max_bandwidth_out.map(|most| most.to_string())),
        ("keyId", info.key_id),
        ("nic.lanName", nic.lan_name),
        ("nic.wanName", nic.wan_name),
        ("period", info.period.map(|months| months.to_string())),
        ("resourceGroupId", info.resource_group_id),
        ("resourceGroupName", info.resource_group_name),
        ("securityGroupIds", groups),
        ("subnetId", info.subnet_id),
        ("trafficPackageSize", info.traffic_package_size.map(|size| size.to_string())),
    ];
    for (key, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            extras.insert(key, text);
        }
    }
}

/// Letters and digits in upper case.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
