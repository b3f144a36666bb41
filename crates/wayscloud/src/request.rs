//! A wish in their words. Pure: what the wire cannot carry is refused here, before anything is sent.

mod documented;
mod waldur;

use std::collections::BTreeMap;

use serde::Deserialize;
use vmbroker_core::{
    ChargeType, CreateRequest, Error, ErrorKind, MachineWish, NameRule, OfferId, PublicAddress, Result,
    SshKey,
};

use crate::config::{Config, Dialect, is_uuid};
use crate::wire;

pub(crate) use documented::DocumentedOrder;
pub(crate) use waldur::{WaldurOrder, terminate};

/// What a machine may be called: a hostname label.
pub(crate) const NAME: NameRule = NameRule { longest: 63, capitals: true, full_stop: false };

/// A smaller system disk is refused, in MiB.
const SMALLEST_DISK_MIB: u64 = 1_024;
/// The system disk for an image that does not say how large it must be, in MiB.
const USUAL_DISK_MIB: u64 = 10_240;

/// What one provider's wire knows besides the neutral words: see the crate's page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) subnet: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) availability_zone: Option<String>,
    pub(crate) server_group: Option<String>,
    pub(crate) system_volume_type: Option<String>,
    pub(crate) data_volume_type: Option<String>,
    pub(crate) security_groups: Option<Vec<String>>,
    pub(crate) connect_directly_to_external_network: Option<bool>,
    pub(crate) accepting_terms_of_service: Option<bool>,
    pub(crate) limits: Option<BTreeMap<String, u64>>,
    pub(crate) callback_url: Option<String>,
}

/// A wish that was checked, with everything in it that needs no look-up.
#[derive(Clone, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) request: &'a CreateRequest,
    pub(crate) name: String,
    pub(crate) key: &'a SshKey,
    pub(crate) options: Options,
}

impl Wish<'_> {
    /// The plan that the offer or the options name.
    pub(crate) fn plan(&self) -> Option<&str> {
        let offered = match &self.request.machine {
            MachineWish::Offer(OfferId(id)) => offer_parts(id).1,
            MachineWish::Size(_) => None,
        };
        offered.or(self.options.plan.as_deref())
    }
}

/// The flavor of an offer, and its plan where several can be had: `<flavor>` or `<flavor>:<plan>`.
pub(crate) fn offer_parts(id: &str) -> (&str, Option<&str>) {
    id.split_once(':').map_or((id, None), |(flavor, plan)| (flavor, Some(plan)))
}

/// What was looked up for a wish: ids at the provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) project: String,
    pub(crate) offering: String,
    pub(crate) image: String,
    pub(crate) flavor: Option<String>,
    pub(crate) subnet: String,
    /// The id of the stored key; empty in the documented dialect, which takes its text.
    pub(crate) key: String,
    pub(crate) plan: Option<String>,
    /// The system disk in MiB.
    pub(crate) disk_mib: u64,
    /// The limits that follow from the machine's size; empty where the plan charges by none.
    pub(crate) limits: BTreeMap<String, u64>,
}

/// Checks a wish.
///
/// # Errors
/// `InvalidRequest` where it is wrong everywhere or an option is unknown; `IncompatibleOffer`, naming the field,
/// where this provider cannot meet it.
pub(crate) fn check<'a>(request: &'a CreateRequest, config: &Config) -> Result<Wish<'a>> {
    request.check()?;
    let options = read_options(request)?;
    let documented = config.dialect == Dialect::Documented;
    if request.charge != ChargeType::PayAsYouGo {
        return Err(cannot("charge", "it is paid for as it runs, never up front"));
    }
    if request.price_limit.is_some() {
        // An order takes no limit, and one that nobody watches is worse than none.
        return Err(cannot("price_limit", "an order cannot be held to a limit"));
    }
    let [key] = request.ssh_keys.as_slice() else {
        return Err(cannot("ssh_keys", "an order takes one key, not several"));
    };
    if let MachineWish::Offer(OfferId(id)) = &request.machine
        && let Some(plan) = offer_parts(id).1
    {
        if !is_uuid(plan) {
            return Err(cannot("offer", "its plan is no UUID"));
        }
        if options.plan.as_deref().is_some_and(|other| !wire::same_uuid(other, plan)) {
            return Err(cannot("offer", "it is for another plan than `options.wayscloud.plan`"));
        }
    }
    let groups = options.security_groups.as_ref().unwrap_or(&config.security_groups);
    if !request.ports.is_empty() && (documented || groups.is_empty()) {
        return Err(cannot(
            "ports",
            "an order cannot open ports; set `security_groups` (Waldur dialect) to groups that open them",
        ));
    }
    if documented {
        check_documented(request, &options)?;
    }
    if let PublicAddress::Given(id) = &request.public_address
        && !is_uuid(id)
    {
        return Err(cannot("public_address", "a given address is named by the UUID of the floating IP"));
    }
    if request.data_disks.len() > 1 {
        return Err(cannot("data_disks", "an order takes one data disk, not several"));
    }
    if request.data_disks.iter().any(|disk| disk.kind.as_deref().is_some_and(|kind| !is_uuid(kind))) {
        return Err(cannot("data_disks.kind", "the kind of a disk is the UUID of a volume type"));
    }
    let place = config.location();
    let countries = &request.location.countries;
    if !countries.is_empty() && !place.country.is_some_and(|country| countries.contains(&country)) {
        return Err(cannot("location.countries", "the account's `country` is another one or not set"));
    }
    if request.location.zone.is_some() && request.location.zone != place.zone {
        return Err(cannot("location.zone", "the account's `zone` is another one or not set"));
    }
    let name = NAME.compose(request.name.as_deref(), &request.marker);
    Ok(Wish { request, name, key, options })
}

fn check_documented(request: &CreateRequest, options: &Options) -> Result<()> {
    if request.user_data.is_some() {
        return Err(cannot("user_data", "the documented order has no field for it"));
    }
    if !request.data_disks.is_empty() {
        return Err(cannot("data_disks", "the documented order has no field for them"));
    }
    let both = Options { subnet: options.subnet.clone(), plan: options.plan.clone(), ..Options::default() };
    if both != *options {
        return Err(Error::invalid(
            "options.wayscloud",
            "a key of the Waldur dialect",
            "in the documented dialect only `subnet` and `plan` are known",
        ));
    }
    Ok(())
}

fn read_options(request: &CreateRequest) -> Result<Options> {
    let Some(given) = request.options.get(crate::KIND) else { return Ok(Options::default()) };
    let value = serde_json::Value::Object(given.clone());
    let options: Options = serde_json::from_value(value).map_err(|error| {
        let keys: Vec<&str> = given.keys().map(String::as_str).collect();
        Error::invalid("options.wayscloud", keys.join(", "), error)
    })?;
    let references = [
        ("subnet", &options.subnet),
        ("plan", &options.plan),
        ("availability_zone", &options.availability_zone),
        ("server_group", &options.server_group),
        ("system_volume_type", &options.system_volume_type),
        ("data_volume_type", &options.data_volume_type),
    ];
    let single = references.iter().filter_map(|(key, given)| given.as_deref().map(|given| (*key, given)));
    let groups = options.security_groups.iter().flatten().map(|given| ("security_groups", given.as_str()));
    for (key, given) in single.chain(groups) {
        if !is_uuid(given) {
            return Err(Error::invalid(&format!("options.wayscloud.{key}"), given, "it must be a UUID"));
        }
    }
    Ok(options)
}

/// The system disk for this wish and image, in MiB.
///
/// # Errors
/// `IncompatibleOffer` where the wish is smaller than the image allows.
pub(crate) fn disk_mib(wish: &Wish<'_>, image: &wire::Image) -> Result<u64> {
    let least = image.min_disk.filter(|disk| *disk > 0);
    match (wish.request.disk_gib.map(|gib| gib * 1_024), least) {
        (None, None) => Ok(USUAL_DISK_MIB),
        (None, Some(least)) => Ok(least.max(SMALLEST_DISK_MIB)),
        (Some(wanted), Some(least)) if wanted < least => {
            Err(cannot("disk_gib", &format!("the image needs {} GiB", least.div_ceil(1_024))))
        }
        (Some(wanted), _) => Ok(wanted),
    }
}

/// A wish that this provider cannot meet.
pub(crate) fn cannot(field: &str, why: &str) -> Error {
    Error::new(ErrorKind::IncompatibleOffer, format!("`{field}` cannot be met: {why}"))
}

#[cfg(test)]
mod tests;
