//! Their JSON becomes our nouns. Pure: no call, no clock.

mod basic;
mod estimate;
mod offers;

use std::borrow::Cow;
use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;
use vmbroker_core::{
    Billing, Charge, Currency, DataCentre, Disk, Extras, Handle, Image, Instance, Location, Money, Period,
    Port, Price, Protocol, ProviderId, State,
};
use vmbroker_http::scalar::Figure;

pub(crate) use basic::Basic;
pub(crate) use estimate::estimated;
pub(crate) use offers::{Listed, admitted, offers};

use crate::Contract;
use crate::wire::{Datacenter, Json, Metadata, Resource, Vm, VmPort};

/// What each status means, in lower case. A word that is not here is [`State::Unrecognised`].
const STATES: &[(&str, State)] = &[
    ("new", State::Provisioning),
    ("launching", State::Provisioning),
    ("active", State::Running),
    // Still running, but the next epoch cannot be paid.
    ("smallbalance", State::Running),
    ("insufficientfunds", State::Stopped),
    // Ended by the provider: its data are lost, and only a delete frees what is reserved for it.
    ("terminated", State::Failed),
    // Ended by the user.
    ("stopped", State::Gone),
];

/// The state that a status means. Letter case has changed once already, so it does not count, nor do separators.
pub(crate) fn state(word: &str) -> State {
    let plain = || word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let known = STATES.iter().find(|(known, _)| plain().eq(known.chars()));
    known.map_or(State::Unrecognised, |(_, state)| *state)
}

/// An epoch's price in USDC: charged when a machine is created, and then each day at 17:55 UTC. Source: the billing section of
/// the documents' page on renting a machine.
pub(crate) fn price(epoch: Decimal) -> Price {
    const BILLED_AT: u32 = 17 * 3_600 + 55 * 60;
    let billing = Billing::at_the_clock(Period::DAY, BILLED_AT);
    Price::new(Currency::Usdc, vec![Charge::rate("machine", epoch, Period::DAY, billing)])
}

/// How an account's machines are read.
pub(crate) struct Reader<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) contract: Contract,
    /// Whom to log in as, by the image's URL.
    pub(crate) login_users: &'a HashMap<String, String>,
}

impl Reader<'_> {
    /// The machine of a row.
    pub(crate) fn instance(&self, vm: Vm) -> Instance {
        let handle = Handle::of_instance(self.provider, vm.id.unwrap_or_default());
        let word = vm.status.unwrap_or_default();
        let mut instance = Instance::new(handle, vm.vm_name.unwrap_or_default(), state(&word), word);
        let extras = &mut instance.extras;
        let mut usdc = |field: &'static str, figure: Option<Figure>| Some(self.usdc(field, &figure?, extras));
        let money = |amount: Option<Result<Decimal, String>>| Some(Money::new(amount?.ok()?, Currency::Usdc));
        instance.spent = money(usdc("totalSpent", vm.total_spent));
        instance.reserved = money(usdc("reservedBalance", vm.reserved_balance));
        match usdc("pricePerEpoch", vm.price_per_epoch) {
            None => {}
            Some(Ok(amount)) => instance.price = price(amount),
            Some(Err(why)) => instance.price = Price::unknown(why),
        }
        instance.created_at = parse("createdAt", vm.created_at, extras);
        instance.next_billing_at = parse("nextBillingAt", vm.next_billing_at, extras);
        instance.public_addresses =
            parse("publicIp", vm.public_ip.filter(|text| !text.is_empty()), extras).into_iter().collect();
        keep(extras, "statusChangedAt", vm.status_changed_at);
        if let Some(url) = vm.os_image {
            instance.login_user = self.login_users.get(&url).cloned();
            instance.image = Some(Image { id: Some(url), name: None });
        }
        if let Some(datacenter) = vm.datacenter {
            instance.location = location(datacenter, extras);
        }
        for port in vm.ports.into_iter().flatten() {
            match known_port(&port) {
                Some(port) => instance.ports.push(port),
                None => append(extras, "ports", &unknown_port(port)),
            }
        }
        for resource in vm.resources.into_iter().flatten() {
            self.resource(resource, &mut instance);
        }
        instance
    }

    /// A row that does not fit the documented shape: kept, so that it is never taken for absent.
    pub(crate) fn unreadable(&self, row: &Value, complaint: &str) -> Instance {
        let text = |field: &str| row.get(field).and_then(Value::as_str).unwrap_or_default();
        let handle = Handle::of_instance(self.provider, text("id"));
        let mut instance = Instance::new(handle, text("vmName"), State::Unrecognised, text("status"));
        instance.extras.insert("unreadable", vmbroker_core::clip(complaint, 200));
        instance
    }

    /// An amount by contract, never by its looks: `"2"` is two millionths under one and two USDC under the other. Where
    /// there is none, what was written is kept.
    fn usdc(&self, field: &'static str, figure: &Figure, extras: &mut Extras) -> Result<Decimal, String> {
        let amount = match self.contract {
            Contract::April2025 => figure
                .whole()
                .map(|millionths| Decimal::new(millionths, 6))
                .ok_or_else(|| format!("`{}` is no whole number of millionths", figure.shown())),
            Contract::May2025 => figure.decimal(),
        };
        amount.map_err(|why| {
            keep(extras, field, Some(figure.text().into_owned()));
            format!("`{field}`: {why}")
        })
    }

    fn resource(&self, mut resource: Resource, instance: &mut Instance) {
        let read = match resource.kind.as_deref() {
            Some("VCPU") => match resource.count() {
                Some(vcpus) => {
                    instance.size.vcpus = instance.size.vcpus.saturating_add(vcpus);
                    true
                }
                None => false,
            },
            Some("RAM") => match self.mib(&resource) {
                Some(mib) => {
                    instance.size.memory_mib = instance.size.memory_mib.saturating_add(mib);
                    true
                }
                None => false,
            },
            Some("STORAGE") => match self.mib(&resource) {
                Some(size_mib) => {
                    let kind = resource.metadata.as_mut().and_then(|it| it.kind.take());
                    let system = instance.disks.is_empty();
                    instance.disks.push(Disk {
                        id: None,
                        size_mib,
                        kind: kind.and_then(Json::into_text),
                        system,
                    });
                    true
                }
                None => false,
            },
            _ => false,
        };
        let kind = resource.kind.take();
        let rest = describe(resource, !read);
        if !rest.is_empty() {
            append(&mut instance.extras, kind.unwrap_or_else(|| "resources".to_owned()), &rest);
        }
    }

    /// How many MiB: by its unit where it has one, else in MiB where the contract says so.
    fn mib(&self, resource: &Resource) -> Option<u64> {
        let (figure, factor) = match (&resource.supply, resource.units.as_deref(), &resource.quantity) {
            (Some(supply), Some("GiB"), _) => (supply, 1_024),
            (Some(supply), Some("MiB"), _) => (supply, 1),
            (None, None, Some(quantity)) if self.contract == Contract::April2025 => (quantity, 1),
            _ => return None,
        };
        if let Some(whole) = figure.whole() {
            return u64::try_from(whole).ok()?.checked_mul(factor);
        }
        let mib = figure.decimal().ok()?.checked_mul(Decimal::from(factor))?;
        if mib.fract().is_zero() { u64::try_from(mib).ok() } else { None }
    }
}

impl Resource {
    fn count(&self) -> Option<u32> {
        u32::try_from(self.supply.as_ref().or(self.quantity.as_ref())?.whole()?).ok()
    }
}

/// Where it stands; what has no field goes to the extras.
pub(crate) fn location(datacenter: Datacenter, extras: &mut Extras) -> Location {
    let tier = datacenter.tier.as_ref().and_then(Figure::whole).and_then(|tier| u8::try_from(tier).ok());
    if tier.is_none() {
        keep(extras, "tier", datacenter.tier.map(into_text));
    }
    keep(extras, "cityIndex", datacenter.city_index.map(into_text));
    let certifications = datacenter.certifications.unwrap_or_default();
    let building = DataCentre { id: datacenter.id, tier, certifications };
    Location {
        country: parse("countryCode", datacenter.country_code, extras),
        city: datacenter.city_code,
        zone: None,
        data_centre: (building != DataCentre::default()).then_some(building),
    }
}

/// The value; where the text is none, the text is kept.
fn parse<T: std::str::FromStr>(field: &'static str, text: Option<String>, extras: &mut Extras) -> Option<T> {
    let text = text?;
    let value = text.parse().ok();
    if value.is_none() {
        keep(extras, field, Some(text));
    }
    value
}

fn into_text(figure: Figure) -> String {
    figure.text().into_owned()
}

fn keep(extras: &mut Extras, field: &'static str, text: Option<String>) {
    if let Some(text) = text {
        extras.insert(field, text);
    }
}

/// Adds to what is kept already: a machine may have several of one kind.
fn append(extras: &mut Extras, field: impl Into<Cow<'static, str>>, text: &str) {
    extras.append(field, " | ", text);
}

fn known_port(port: &VmPort) -> Option<Port> {
    let number = u16::try_from(port.port.as_ref()?.whole()?).ok().filter(|number| *number != 0)?;
    let protocol = port.protocol.as_deref()?;
    if protocol.eq_ignore_ascii_case("tcp") {
        Some(Port { number, protocol: Protocol::Tcp })
    } else if protocol.eq_ignore_ascii_case("udp") {
        Some(Port { number, protocol: Protocol::Udp })
    } else {
        None
    }
}

fn unknown_port(port: VmPort) -> String {
    let number = port.port.map(into_text).unwrap_or_default();
    format!("{number}/{}", port.protocol.unwrap_or_default())
}

/// What a part is made of, as `field=value; field=value`, with its amount where that has no field of ours.
fn describe(resource: Resource, with_amount: bool) -> String {
    let figure = |figure: Option<Figure>| figure.filter(|_| with_amount).map(into_text);
    let (quantity, supply) = (figure(resource.quantity), figure(resource.supply));
    let units = resource.units.as_deref().filter(|_| with_amount);
    let amount = [("quantity", quantity.as_deref()), ("supply", supply.as_deref()), ("units", units)];
    let metadata = resource.metadata.as_ref().map(Metadata::fields).unwrap_or_default();
    let details = [("details", resource.details.as_ref().and_then(Json::text))];
    let told = || {
        let all = amount.iter().chain(&metadata).chain(&details);
        all.filter_map(|(field, value)| value.map(|value| (*field, value)))
    };
    // Measured first: a list has five of these for each machine, and growing them costs more than writing them.
    let mut text = String::with_capacity(told().map(|(field, value)| field.len() + value.len() + 3).sum());
    for (field, value) in told() {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(field);
        text.push('=');
        text.push_str(value);
    }
    text
}

impl Metadata {
    pub(crate) fn fields(&self) -> [(&'static str, Option<&str>); 8] {
        [
            ("manufacturer", text_of(&self.manufacturer)),
            ("brand", text_of(&self.brand)),
            ("architecture", text_of(&self.architecture)),
            ("generation", text_of(&self.generation)),
            ("type", text_of(&self.kind)),
            ("version", text_of(&self.version)),
            ("dedicated", text_of(&self.dedicated)),
            ("shared", text_of(&self.shared)),
        ]
    }
}

fn text_of(json: &Option<Json>) -> Option<&str> {
    json.as_ref().and_then(Json::text)
}

#[cfg(test)]
mod tests;
