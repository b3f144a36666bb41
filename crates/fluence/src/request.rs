//! A wish becomes their JSON. Pure: what must be asked first is asked by `provider`, and nothing is sent before
//! everything here has been found right.

mod hardware;
mod options;

#[cfg(test)]
mod tests;

use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use vmbroker_core::{
    ChargeType, Country, CreateRequest, Currency, Error, ErrorKind, ImageWish, MachineWish, NameRule,
    PriceLimit, Protocol, PublicAddress, Result, Size, SshKey,
};

pub(crate) use hardware::completed;
pub(crate) use options::Options;

use crate::convert::Basic;
use crate::wire::{
    AdditionalResources, AdditionalStorage, Constraints, CreateVms, DatacenterWish, Hardware, OpenPort, Spec,
    VmConfiguration,
};
use crate::{Config, Contract, images};

/// The port that Fluence keeps for itself.
const RESERVED_PORT: u16 = 10_250;
/// The port that is always open.
const SSH_PORT: u16 = 22;
/// The most ports besides it, by the guide to the console.
const MOST_PORTS: usize = 50;
/// The kinds of keys that the documents name.
const KEY_KINDS: [&str; 5] =
    ["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
/// The storage that the documents name; any other is looked for in the marketplace's list.
const STORAGE_KINDS: [&str; 3] = ["HDD", "SSD", "NVMe"];
/// The longest month: a daily limit of a month's divided by it is never more than that month's.
const LONGEST_MONTH: u32 = 31;

/// A wish found right, in their words as far as they are known without asking.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    request: &'a CreateRequest,
    contract: Contract,
    default_storage: String,
    countries: Vec<Country>,
    max_price: Option<String>,
    name: String,
    pub(crate) options: Options,
    pub(crate) pick: Pick,
    pub(crate) image: ImagePick,
}

/// Which basic configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// This one.
    Slug(String),
    /// The smallest that is at least this large.
    AtLeast(Size),
}

/// Which image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ImagePick {
    /// The one at this URL.
    Url(String),
    /// One that Fluence itself may have under this name.
    Name(String),
}

impl<'a> Plan<'a> {
    /// The plan for a wish.
    ///
    /// # Errors
    /// `InvalidRequest` where the wish is wrong, `IncompatibleOffer` where this wire cannot meet it.
    pub(crate) fn of(request: &'a CreateRequest, config: &Config, rule: &NameRule) -> Result<Self> {
        request.check()?;
        check_what_the_wire_lacks(request)?;
        check_ports(request)?;
        check_keys(&request.ssh_keys)?;
        let options = Options::of(request, config.contract, rule)?;
        let (pick, countries) = pick(request)?;
        Ok(Self {
            request,
            contract: config.contract,
            default_storage: options.default_storage().unwrap_or(&config.storage_type).to_owned(),
            countries,
            max_price: request.price_limit.as_ref().map(max_price).transpose()?,
            name: rule.compose(request.name.as_deref(), &request.marker),
            options,
            pick,
            image: image(&request.image, config)?,
        })
    }

    /// Whether the marketplace's list of hardware is needed to say what is wanted.
    pub(crate) fn needs_hardware(&self) -> bool {
        let wish = &self.options.hardware;
        let names_some = !(wish.cpu.is_empty() && wish.memory.is_empty() && wish.storage.is_empty());
        let mut kinds: Vec<&str> =
            self.request.data_disks.iter().map(|disk| self.kind_of(disk.kind.as_deref())).collect();
        if self.request.disk_gib.is_some() {
            kinds.push(&self.default_storage);
        }
        names_some || kinds.iter().any(|kind| known_storage(kind).is_none())
    }

    /// The constraints, for this basic configuration or, while it is not chosen yet, for any. `hardware` is what
    /// the options' wish was completed to; `listed` is the marketplace's whole list where it was asked for.
    ///
    /// # Errors
    /// `IncompatibleOffer` where a disk cannot be had.
    pub(crate) fn constraints(
        &self,
        slug: Option<&str>,
        hardware: &Hardware,
        listed: Option<&Hardware>,
    ) -> Result<Constraints> {
        let mut hardware = hardware.clone();
        let disks = self.additional_disks(slug)?;
        let mut storage = Vec::with_capacity(disks.len());
        for (kind, gib) in disks {
            storage.push(additional_storage(self.contract, kind, gib, &mut hardware, listed)?);
        }
        Ok(Constraints {
            basic_configuration: slug.map(str::to_owned),
            additional_resources: (!storage.is_empty()).then_some(AdditionalResources { storage }),
            hardware: (hardware != Hardware::default()).then_some(hardware),
            datacenter: within(&self.countries),
            max_total_price_per_epoch_usd: self.max_price.clone(),
        })
    }

    /// The whole body of the create: always one machine.
    pub(crate) fn body(&self, constraints: Constraints, os_image: String) -> CreateVms {
        let ssh = OpenPort { port: SSH_PORT, protocol: "tcp".to_owned() };
        let mut open_ports = vec![ssh];
        for port in &self.request.ports {
            let port = OpenPort { port: port.number, protocol: port.protocol.to_string() };
            if !open_ports.contains(&port) {
                open_ports.push(port);
            }
        }
        CreateVms {
            constraints,
            instances: 1,
            vm_configuration: VmConfiguration {
                name: self.name.clone(),
                hostname: self.options.hostname.clone(),
                open_ports,
                os_image,
                ssh_keys: self.request.ssh_keys.iter().map(|key| key.as_str().to_owned()).collect(),
            },
        }
    }

    /// What is wanted beyond the basic configuration: kind and GiB of each disk.
    fn additional_disks(&self, slug: Option<&str>) -> Result<Vec<(&str, u64)>> {
        let mut disks = Vec::new();
        if let (Some(wanted), Some(slug)) = (self.request.disk_gib, slug) {
            let more = wanted.saturating_sub(own_disk(slug, wanted)?);
            if more > 0 {
                disks.push((self.default_storage.as_str(), more));
            }
        }
        disks.extend(
            self.request.data_disks.iter().map(|disk| (self.kind_of(disk.kind.as_deref()), disk.size_gib)),
        );
        Ok(disks)
    }

    fn kind_of<'b>(&'b self, kind: Option<&'b str>) -> &'b str {
        kind.unwrap_or(&self.default_storage)
    }
}

/// What a create of this offer would send for a system disk of this size, but for the name, the image, a limit and
/// the options of its request. Absent: the disk of its configuration is that large.
///
/// # Errors
/// `IncompatibleOffer` where the disk cannot be had.
pub(crate) fn with_disk(
    offer: &str,
    gib: u64,
    config: &Config,
    listed: Option<&Hardware>,
) -> Result<Option<Constraints>> {
    let (slug, country) = parts(offer)?;
    let more = gib.saturating_sub(own_disk(&slug, gib)?);
    if more == 0 {
        return Ok(None);
    }
    let mut hardware = Hardware::default();
    let disk = additional_storage(config.contract, &config.storage_type, more, &mut hardware, listed)?;
    Ok(Some(Constraints {
        basic_configuration: Some(slug),
        additional_resources: Some(AdditionalResources { storage: vec![disk] }),
        hardware: Some(hardware),
        datacenter: within(country.as_slice()),
        max_total_price_per_epoch_usd: None,
    }))
}

/// Whether the marketplace's list of hardware is needed to say what a larger system disk is of.
pub(crate) fn disk_needs_hardware(config: &Config) -> bool {
    known_storage(&config.storage_type).is_none()
}

/// How large the disk of a basic configuration is, in GiB.
fn own_disk(slug: &str, wanted: u64) -> Result<u64> {
    Basic::parse(slug).map(|basic| basic.storage_gib).ok_or_else(|| {
        let message = format!("`disk_gib` is {wanted}, but how large the disk of `{slug}` is cannot be told");
        incompatible(vmbroker_core::printable(&message))
    })
}

/// In one of these countries; anywhere where there are none.
pub(crate) fn within(countries: &[Country]) -> Option<DatacenterWish> {
    let countries: Vec<String> = countries.iter().map(|country| country.code().to_owned()).collect();
    (!countries.is_empty()).then_some(DatacenterWish { countries })
}

/// An error for a valid wish that this provider cannot meet.
pub(crate) fn incompatible(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::IncompatibleOffer, message)
}

fn check_what_the_wire_lacks(request: &CreateRequest) -> Result<()> {
    let refused = if request.user_data.is_some() {
        "`user_data` cannot be met: Fluence has no place for it"
    } else if request.location.zone.is_some() {
        "`location.zone` cannot be met: at Fluence only countries can be chosen"
    } else if matches!(request.charge, ChargeType::Prepaid { .. }) {
        "`charge` cannot be met: Fluence rents by the day only"
    } else {
        match request.public_address {
            PublicAddress::Automatic => return Ok(()),
            PublicAddress::None => "`public_address` cannot be met: at Fluence every machine has one",
            PublicAddress::Given(_) => "`public_address` cannot be met: Fluence picks it",
        }
    };
    Err(incompatible(refused))
}

fn check_ports(request: &CreateRequest) -> Result<()> {
    if request.ports.iter().any(|port| port.number == RESERVED_PORT) {
        return Err(incompatible(format!("`ports` holds {RESERVED_PORT}, which Fluence keeps for itself")));
    }
    let ssh = |number: u16, protocol: Protocol| number == SSH_PORT && protocol == Protocol::Tcp;
    let mut further: Vec<_> = request.ports.iter().filter(|port| !ssh(port.number, port.protocol)).collect();
    further.sort_unstable();
    further.dedup();
    if further.len() > MOST_PORTS {
        let count = further.len();
        return Err(incompatible(format!("`ports` holds {count}, but Fluence opens at most {MOST_PORTS}")));
    }
    Ok(())
}

fn check_keys(keys: &[SshKey]) -> Result<()> {
    for key in keys {
        let kind = key.as_str().split(' ').next().unwrap_or_default();
        if !KEY_KINDS.contains(&kind) {
            let kind = vmbroker_core::clip(&vmbroker_core::printable(kind), 60);
            return Err(incompatible(format!(
                "`ssh_keys` holds one of kind `{kind}`, but Fluence takes RSA, ECDSA and ED25519"
            )));
        }
    }
    Ok(())
}

/// Which configuration, and in which countries: an offer's own country narrows those that are wished for.
fn pick(request: &CreateRequest) -> Result<(Pick, Vec<Country>)> {
    let wished = &request.location.countries;
    let offer = match &request.machine {
        MachineWish::Size(size) => return Ok((Pick::AtLeast(*size), wished.clone())),
        MachineWish::Offer(offer) => offer.0.as_str(),
    };
    let (slug, country) = parts(offer)?;
    let countries = match country {
        None => wished.clone(),
        Some(country) if wished.is_empty() || wished.contains(&country) => vec![country],
        Some(country) => {
            return Err(incompatible(format!(
                "the offer is in {country}, which is not among the countries of `location`"
            )));
        }
    };
    Ok((Pick::Slug(slug), countries))
}

/// The configuration and the country of an offer.
fn parts(offer: &str) -> Result<(String, Option<Country>)> {
    let (slug, country) = match offer.split_once('@') {
        Some((slug, country)) => (slug, Some(Country::from_str(country))),
        None => (offer, None),
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let country = country.transpose();
    let (true, Ok(country)) = (!slug.is_empty() && slug.len() <= 100 && slug.bytes().all(fits), country)
    else {
        let allowed = "an offer of Fluence is a basic configuration and a country, such as \
                       `cpu-2-ram-4gb-storage-25gb@DE`";
        return Err(Error::invalid("offer", offer, allowed));
    };
    Ok((slug.to_owned(), country))
}

/// The limit for 24 hours as a decimal, never more than what was given.
fn max_price(limit: &PriceLimit) -> Result<String> {
    let currency = limit.amount.currency;
    if currency != Currency::USD && currency != Currency::Usdc {
        return Err(incompatible(format!(
            "`price_limit` is in {currency}, but Fluence takes a limit in USD or USDC only"
        )));
    }
    let amount = limit.amount.amount;
    let (seconds, a_day) = (limit.per.seconds(), Decimal::from(86_400));
    let daily = match seconds {
        Some(seconds) => amount.checked_mul(a_day).map(|sum| sum / Decimal::from(seconds)),
        None => Some(amount / Decimal::from(LONGEST_MONTH) / Decimal::from(limit.per.count())),
    };
    let rounded = daily.map(|daily| daily.round_dp_with_strategy(6, RoundingStrategy::ToZero));
    match rounded {
        Some(daily) if !daily.is_zero() => Ok(daily.normalize().to_string()),
        _ => {
            Err(incompatible(format!("`price_limit` of {limit} is no amount for 24 hours that can be sent")))
        }
    }
}

fn image(wish: &ImageWish, config: &Config) -> Result<ImagePick> {
    match wish {
        ImageWish::Id(url) => match images::check_url(url) {
            Ok(()) => Ok(ImagePick::Url(url.clone())),
            Err(allowed) => {
                Err(Error::invalid("image", format!("id:{url}"), format!("it must be `id:` and {allowed}")))
            }
        },
        ImageWish::Name(name) => Ok(match config.images.get(name) {
            Some(own) => ImagePick::Url(own.url.clone()),
            None => ImagePick::Name(name.clone()),
        }),
    }
}

fn known_storage(kind: &str) -> Option<&'static str> {
    STORAGE_KINDS.into_iter().find(|known| known.eq_ignore_ascii_case(kind))
}

/// The hardware that storage of this kind is of: as the marketplace lists it where its list is at hand.
fn storage_spec(kind: &str, listed: Option<&Hardware>) -> Result<Spec> {
    let is_it = |spec: &&Spec| {
        spec.get("type").and_then(serde_json::Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(kind))
    };
    if let Some(listed) = listed {
        return listed
            .storage
            .iter()
            .find(is_it)
            .cloned()
            .ok_or_else(|| hardware::none_such("storage", &vmbroker_core::printable(kind), &listed.storage));
    }
    let kind = known_storage(kind).unwrap_or(kind).to_owned();
    Ok(Spec::from_iter([("type".to_owned(), kind.into())]))
}

/// Additional storage. What it is of joins the hardware: the document says that one works only with the other.
fn additional_storage(
    contract: Contract,
    kind: &str,
    gib: u64,
    hardware: &mut Hardware,
    listed: Option<&Hardware>,
) -> Result<AdditionalStorage> {
    let spec = storage_spec(kind, listed)?;
    let kind = spec.get("type").and_then(serde_json::Value::as_str).unwrap_or(kind).to_owned();
    if !hardware.storage.contains(&spec) {
        hardware.storage.push(spec);
    }
    Ok(match contract {
        Contract::April2025 => {
            AdditionalStorage { kind, megabytes: Some(gib.saturating_mul(1_024)), supply: None, units: None }
        }
        Contract::May2025 => {
            AdditionalStorage { kind, megabytes: None, supply: Some(gib), units: Some("GiB".to_owned()) }
        }
    })
}
