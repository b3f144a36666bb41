//! A wish, checked and turned into CreateInstances. Pure: nothing is sent from here.

mod inquiry;
mod options;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::Serialize;
use vmbroker_core::{
    CreateRequest, Error, ErrorKind, ImageWish, LocationWish, MachineWish, NameRule, PublicAddress, Result,
    Secret, Size, SshKey, clip, printable,
};

use crate::config::{Config, Credentials};
use crate::convert::{Image, Market, Model, Zone};
pub(crate) use inquiry::Inquiry;
pub(crate) use options::{Login, Marketing, NetworkMode, Nic, Options, Tag, Term};

/// What a machine's name may be: CreateInstances, `instanceName`, and the user guide's wish for a letter or digit
/// first. Square brackets would be a pattern that counts; they are never allowed.
pub(crate) const NAME: NameRule = NameRule { longest: 63, capitals: true, full_stop: true };
/// The key of the tag that holds the marker beside the name.
pub(crate) const MARKER_TAG: &str = "vmbroker-marker";
/// The most data disks of one machine.
const MOST_DATA_DISKS: usize = 10;
/// The most bytes of `initScript`: 32 KB, which the document does not say is 32,768.
const LONGEST_SCRIPT: usize = 32_000;
/// The most public keys that one key pair holds.
const MOST_KEYS: usize = 5;
/// A disk is a multiple of this many GiB.
const DISK_STEP: u64 = 10;
/// The step in which we choose a system disk: the console knows no finer one.
const OUR_DISK_STEP: u64 = 20;
/// How the network is charged for where nobody says, the first that the model allows. The others need a bandwidth
/// cluster.
const INTERNET_CHARGE_TYPES: [&str; 3] = ["ByBandwidth", "ByInstanceBandwidth95", "ByTrafficPackage"];

/// The body of CreateInstances, version 2026-04-01:
/// `https://docs.console.zenlayer.com/api-reference/compute/vm/virtual-machine-instance/createinstances`.
#[derive(Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateInstances {
    pub(crate) zone_id: String,
    pub(crate) image_id: String,
    pub(crate) instance_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_name: Option<String>,
    #[serde(default, serialize_with = "expose", skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_group_id: Option<String>,
    pub(crate) instance_charge_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_charge_prepaid: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_charge_postpaid: Option<Term>,
    pub(crate) internet_charge_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traffic_package_size: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) internet_max_bandwidth_out: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_disk: Option<DiskWish>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) data_disks: Vec<DiskWish>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subnet_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable_ipv4: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable_ipv6: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_pass_through: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) init_script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network_mode: Option<NetworkMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_pre_allocated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nic: Option<Nic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) security_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cidr_block_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_cidr_ipv4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) marketing_options: Option<Marketing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<TagWish>,
}

/// A disk as CreateInstances takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiskWish {
    /// In GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_amount: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_category: Option<String>,
}

/// Tags as CreateInstances takes them: an object with a list inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct TagWish {
    pub(crate) tags: Vec<Tag>,
}

fn expose<S: serde::Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

/// A wish that our own checks let pass.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) request: &'a CreateRequest,
    pub(crate) options: Options,
    tags: Vec<Tag>,
    start_cidr_ipv4: Option<Ipv4Addr>,
}

/// What the look-ups turned the wish's words into.
pub(crate) struct Resolved {
    pub(crate) model: Model,
    pub(crate) image: Image,
    pub(crate) subnet_id: String,
    pub(crate) login: ResolvedLogin,
}

/// With what to log in.
pub(crate) enum ResolvedLogin {
    Key(String),
    Password(Secret),
}

/// Checks everything that can be checked before anything is sent.
///
/// # Errors
/// `InvalidRequest` where the wish or an option for this provider is wrong in itself, `IncompatibleOffer` where a
/// sound wish cannot be met here, `InvalidConfig` where it needs a setting that the account lacks; all name the
/// field.
pub(crate) fn check<'a>(
    request: &'a CreateRequest,
    config: &Config,
    credentials: &Credentials,
) -> Result<Wish<'a>> {
    request.check()?;
    let options = Options::read(request)?;
    let tags = tags(request, &options)?;
    if options.login == Some(Login::Password) && credentials.machine_password.is_none() {
        let message = "`options.zenlayer.login` is `password`, but the account has no `machine_password`";
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    }
    if options.login != Some(Login::Password)
        && options.key_id.is_none()
        && request.ssh_keys.len() > MOST_KEYS
    {
        let message =
            format!("`ssh_keys` has {}, but a machine gets {MOST_KEYS} at most", request.ssh_keys.len());
        return Err(cannot(message));
    }
    if let Some(disk) = request.disk_gib.filter(|disk| !disk.is_multiple_of(DISK_STEP)) {
        return Err(cannot(format!(
            "`disk_gib` is {disk}, but a system disk is a multiple of {DISK_STEP} GiB"
        )));
    }
    if let Some(limit) = &request.price_limit {
        // An order takes no limit, and one that nobody watches is worse than none.
        return Err(cannot(format!("`price_limit` is {limit}, but an order here cannot be held to a limit")));
    }
    if request.data_disks.len() > MOST_DATA_DISKS {
        let given = request.data_disks.len();
        return Err(cannot(format!(
            "`data_disks` has {given}, but a machine gets {MOST_DATA_DISKS} at most"
        )));
    }
    if let Some(script) = request.user_data.as_ref().filter(|script| script.len() > LONGEST_SCRIPT) {
        let given = script.len();
        return Err(cannot(format!("`user_data` has {given} bytes, but {LONGEST_SCRIPT} are the most")));
    }
    if !request.ports.is_empty() && security_group(&options, config).is_none() {
        return Err(cannot(
            "`ports` cannot be opened one by one: set the account's `security_group_id` to a group that opens them",
        ));
    }
    let start_cidr_ipv4 = given_address(request, &options)?;
    Ok(Wish { request, options, tags, start_cidr_ipv4 })
}

/// The models that meet the wish, the smallest of each zone, the smallest first.
///
/// # Errors
/// `IncompatibleOffer` or `OutOfCapacity`, with what is missing.
pub(crate) fn candidates<'a>(wish: &Wish<'_>, market: &'a Market, config: &Config) -> Result<Vec<&'a Model>> {
    let location = &wish.request.location;
    if let Some(zone) = location.zone.as_deref()
        && market.zone(zone).is_none()
    {
        return Err(cannot(format!("`location.zone` is `{}`, which the account does not have", shown(zone))));
    }
    let here = |model: &&Model| stands_in(location, market.zone(&model.zone));
    let mut large: Vec<&Model> = match &wish.request.machine {
        MachineWish::Size(size) => {
            market.models.iter().filter(here).filter(|model| is_at_least(model.size, *size)).collect()
        }
        MachineWish::Offer(id) => {
            market.models.iter().filter(here).filter(|it| it.offer_id() == *id).collect()
        }
    };
    if large.is_empty() {
        return Err(nothing_fits(wish, market));
    }
    large.sort_by(|a, b| (a.size, &a.name, &a.zone).cmp(&(b.size, &b.name, &b.zone)));
    let mut complaint = None;
    let mut zones = BTreeSet::new();
    let mut fitting = Vec::new();
    for model in large {
        match fits(&wish.options, model, market.zone(&model.zone), config) {
            Ok(()) if zones.insert(model.zone.as_str()) => fitting.push(model),
            Ok(()) => {}
            Err(error) => complaint = complaint.or(Some(error)),
        }
    }
    match complaint {
        Some(complaint) if fitting.is_empty() => Err(complaint),
        _ => Ok(fitting),
    }
}

/// The account's own image for this name in this zone.
pub(crate) fn configured_image<'a>(config: &'a Config, name: &str, zone: &str) -> Option<&'a str> {
    let exact = config.images.get(&format!("{name}@{zone}"));
    exact.or_else(|| config.images.get(name)).map(String::as_str)
}

/// The image of this wish among those of the zone.
///
/// # Errors
/// `IncompatibleOffer` where the zone has none, or it cannot be used as wished.
pub(crate) fn image(wish: &Wish<'_>, images: &[Image], zone: &str, config: &Config) -> Result<Image> {
    let by_id = |id: &str| images.iter().find(|image| image.id == id);
    let found = match &wish.request.image {
        ImageWish::Id(id) => by_id(id),
        ImageWish::Name(name) => match configured_image(config, name, zone) {
            Some(id) => by_id(id),
            None => Image::named(name, images),
        },
    };
    let Some(image) = found else {
        let wanted = wish.request.image.to_string();
        let versions = if wanted.contains('-') { "" } else { ", or has in several versions: name one" };
        return Err(cannot(format!(
            "`image` is `{}`, which zone `{}` does not have{versions}",
            shown(&wanted),
            shown(zone)
        )));
    };
    if !image.available {
        return Err(cannot(format!("`image` `{}` is not available now", shown(&image.id))));
    }
    if image.windows && wish.options.login != Some(Login::Password) {
        return Err(cannot(format!(
            "`image` `{}` is Windows, which takes no key: set `options.zenlayer.login` to `password`",
            shown(&image.id)
        )));
    }
    if let (Some(least), Some(disk)) = (image.size_gib, wish.request.disk_gib)
        && disk < least
    {
        return Err(cannot(format!("`disk_gib` is {disk}, but the image needs {least}")));
    }
    Ok(image.clone())
}

/// The public keys of the wish, one a line, without comments: what a key pair must hold, no more and no less.
pub(crate) fn key_bodies<'a>(keys: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let body = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    keys.into_iter().filter_map(body).collect()
}

/// The wish's keys, in order, as lines.
pub(crate) fn key_lines(keys: &[SshKey]) -> Vec<&str> {
    keys.iter().map(SshKey::as_str).collect()
}

/// The name of the charge type in the provider's words.
pub(crate) fn charge_word(charge: vmbroker_core::ChargeType) -> &'static str {
    match charge.months() {
        None => "POSTPAID",
        Some(_) => "PREPAID",
    }
}

impl CreateInstances {
    /// The request for exactly one machine.
    ///
    /// # Errors
    /// `IncompatibleOffer` where the model allows no way of charging for the network that needs no more settings.
    pub(crate) fn new(wish: Wish<'_>, resolved: Resolved, config: &Config) -> Result<Self> {
        let internet_charge_type = internet_charge(&wish.options, &resolved.model, config)?;
        let mbps = bandwidth(&wish.options, config);
        let Wish { request, options, tags, start_cidr_ipv4 } = wish;
        let category = options.disk_category.as_ref().or(config.disk_category.as_ref());
        let data_disk = |disk: &vmbroker_core::DataDisk| DiskWish {
            disk_size: Some(disk.size_gib),
            disk_amount: Some(1),
            disk_category: disk.kind.as_ref().or(category).cloned(),
        };
        let (key_id, password) = match resolved.login {
            ResolvedLogin::Key(id) => (Some(id), None),
            ResolvedLogin::Password(password) => (None, Some(password)),
        };
        Ok(Self {
            zone_id: resolved.model.zone,
            image_id: resolved.image.id,
            instance_type: resolved.model.name,
            instance_name: Some(NAME.compose(request.name.as_deref(), &request.marker)),
            password,
            key_id,
            resource_group_id: options.resource_group_id.or_else(|| config.resource_group_id.clone()),
            instance_charge_type: charge_word(request.charge).to_owned(),
            instance_charge_prepaid: request.charge.months().map(|period| Term { period }),
            instance_charge_postpaid: options.instance_charge_postpaid,
            internet_charge_type,
            traffic_package_size: options.traffic_package_size,
            internet_max_bandwidth_out: Some(mbps),
            // One intent is one machine: of several, a lost answer could not be traced.
            instance_count: Some(1),
            system_disk: system_disk(request.disk_gib, resolved.image.size_gib, category),
            data_disks: request.data_disks.iter().map(data_disk).collect(),
            subnet_id: Some(resolved.subnet_id),
            enable_ipv4: Some(request.public_address != PublicAddress::None),
            enable_ipv6: options.enable_ipv6,
            cpu_pass_through: options.cpu_pass_through,
            init_script: request.user_data.clone(),
            network_mode: options.network_mode,
            disk_pre_allocated: options.disk_pre_allocated,
            nic: options.nic,
            security_group_id: options.security_group_id.or_else(|| config.security_group_id.clone()),
            cluster_id: options.cluster_id,
            cidr_block_id: options.cidr_block_id,
            start_cidr_ipv4: start_cidr_ipv4.map(|address| address.to_string()),
            marketing_options: options.marketing_options,
            tags: Some(TagWish { tags }),
        })
    }
}

fn security_group<'a>(options: &'a Options, config: &'a Config) -> Option<&'a str> {
    options.security_group_id.as_deref().or(config.security_group_id.as_deref())
}

/// Labels, tags and the marker. A label with an empty value has no place here and stays with the caller.
fn tags(request: &CreateRequest, options: &Options) -> Result<Vec<Tag>> {
    let mut all = BTreeMap::from([(MARKER_TAG.to_owned(), request.marker.to_string())]);
    let mut add = |field: &str, key: &str, value: &str| {
        if all.insert(key.to_owned(), value.to_owned()).is_none() {
            return Ok(());
        }
        Err(Error::invalid(field, key, format!("each key stands once, and `{MARKER_TAG}` is ours")))
    };
    for (key, value) in request.labels.iter().filter(|(_, value)| !value.is_empty()) {
        add("labels", key, value)?;
    }
    for tag in &options.tags {
        let fits = |text: &str| (1..=64).contains(&text.chars().count());
        if !fits(&tag.key) || !fits(&tag.value) {
            let given = format!("{}={}", tag.key, tag.value);
            let allowed = "a key and a value are 1 to 64 characters each";
            return Err(Error::invalid("options.zenlayer.tags", given, allowed));
        }
        add("options.zenlayer.tags", &tag.key, &tag.value)?;
    }
    Ok(all.into_iter().map(|(key, value)| Tag { key, value }).collect())
}

/// A given public address is one of a block that the account holds.
fn given_address(request: &CreateRequest, options: &Options) -> Result<Option<Ipv4Addr>> {
    let PublicAddress::Given(address) = &request.public_address else { return Ok(options.start_cidr_ipv4) };
    match address.parse() {
        Ok(address) if options.cidr_block_id.is_some() => Ok(Some(address)),
        Ok(_) => Err(cannot(
            "`public_address` is given, but an address is one of a block: name it in \
             `options.zenlayer.cidrBlockId`",
        )),
        Err(_) => {
            let given = shown(address);
            Err(cannot(format!("`public_address` is `{given}`, but a given address is an IPv4 address")))
        }
    }
}

fn stands_in(wish: &LocationWish, zone: Option<&Zone>) -> bool {
    let country = zone.and_then(|zone| zone.location.country);
    zone.is_some_and(|zone| wish.zone.as_deref().is_none_or(|wanted| wanted == zone.id))
        && (wish.countries.is_empty() || country.is_some_and(|country| wish.countries.contains(&country)))
}

fn is_at_least(size: Size, least: Size) -> bool {
    size.vcpus >= least.vcpus && size.memory_mib >= least.memory_mib
}

fn nothing_fits(wish: &Wish<'_>, market: &Market) -> Error {
    match &wish.request.machine {
        MachineWish::Size(size) => cannot(format!(
            "no model with {} vCPU and {} MiB is on sale at the wished place",
            size.vcpus, size.memory_mib
        )),
        MachineWish::Offer(id) => {
            let shown = shown(&id.0);
            if market.models.iter().any(|model| model.offer_id() == *id) {
                return cannot(format!("offer `{shown}` does not stand at the wished place"));
            }
            let message = format!("offer `{shown}` is not on sale: an offer is `zone/model`");
            Error::new(ErrorKind::OutOfCapacity, message)
        }
    }
}

/// Whether this model in this zone can meet what the wish says besides its size.
fn fits(options: &Options, model: &Model, zone: Option<&Zone>, config: &Config) -> Result<()> {
    internet_charge(options, model, config)?;
    let bandwidth = bandwidth(options, config);
    if let Some(most) = model.bandwidth_limit.filter(|most| *most < bandwidth) {
        return Err(cannot(format!(
            "the bandwidth is {bandwidth} Mbit/s, but `{}` allows {most}",
            shown(&model.offer_id().0)
        )));
    }
    let Some(zone) = zone else { return Ok(()) };
    let lacks = |wanted: bool, has: Option<bool>, what: &str| {
        if wanted && has == Some(false) {
            return Err(cannot(format!("zone `{}` has no {what}", shown(&zone.id))));
        }
        Ok(())
    };
    lacks(security_group(options, config).is_some(), zone.security_groups, "security groups")?;
    lacks(options.enable_ipv6 == Some(true), zone.ipv6, "IPv6")?;
    lacks(options.cpu_pass_through == Some(true), zone.cpu_pass_through, "CPU pass-through")
}

/// The outgoing bandwidth in Mbit/s: as asked, else the account's, else the provider's own default.
fn bandwidth(options: &Options, config: &Config) -> u32 {
    options.internet_max_bandwidth_out.or(config.bandwidth_mbps).unwrap_or(1)
}

/// How the network is charged for: as asked, else the first that the model allows and that needs no cluster.
fn internet_charge(options: &Options, model: &Model, config: &Config) -> Result<String> {
    let allowed = |word: &str| {
        model.internet_charge_types.is_empty() || model.internet_charge_types.iter().any(|it| it == word)
    };
    let asked = options.internet_charge_type.as_deref().or(config.internet_charge_type.as_deref());
    let clustered = options.cluster_id.is_some();
    let chosen = match asked {
        Some(word) => Some(word).filter(|word| allowed(word)),
        None if clustered => {
            ["BandwidthCluster", "ByClusterBandwidth95"].into_iter().find(|word| allowed(word))
        }
        None => INTERNET_CHARGE_TYPES.into_iter().find(|word| allowed(word)),
    };
    chosen.map(str::to_owned).ok_or_else(|| {
        let offer = model.offer_id().0;
        let (offer, allowed) = (shown(&offer), shown(&model.internet_charge_types.join(", ")));
        let asked = asked.map(|word| format!(" `{}`", shown(word))).unwrap_or_default();
        cannot(format!(
            "`{offer}` does not allow the internet charge type{asked} of the wish; it allows {allowed}"
        ))
    })
}

fn system_disk(wished: Option<u64>, image: Option<u64>, category: Option<&String>) -> Option<DiskWish> {
    let ours = |least: u64| least.max(1).div_ceil(OUR_DISK_STEP).saturating_mul(OUR_DISK_STEP);
    let disk_size = wished.or_else(|| image.map(ours));
    (disk_size.is_some() || category.is_some()).then(|| DiskWish {
        disk_size,
        disk_amount: None,
        disk_category: category.cloned(),
    })
}

fn cannot(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::IncompatibleOffer, message)
}

pub(crate) fn shown(text: &str) -> String {
    clip(&printable(text), 80)
}
