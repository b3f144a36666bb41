//! Who is asked what: the words of a script's first line, where it has them.

use vmbroker_core::{
    ChargeType, CreateRequest, Currency, Handle, ImageWish, MachineWish, Marker, Money, OfferId, OfferQuery,
    Owner, Period, Port, PriceLimit, Protocol, ProviderId, Size, State,
};
use vmbroker_sim::Dialect;

use super::account::{
    DELETION, FLUENCE_ID, ORDER, OTHER_FLUENCE_ID, OTHER_ZENLAYER_ID, RESOURCE, ZENLAYER_ID,
};
use super::script::Script;
use super::thread::now;

/// The marker of every machine that is asked for.
pub(super) fn marker() -> Marker {
    Marker::new(Owner::of_installation("fuzz"), [1; 10])
}

/// Which offers: any, unless `disk`, `vcpus`, `country`, `offer`, `months` or `zone` say so.
pub(super) fn query(script: &Script) -> OfferQuery {
    let months = script.number("months").and_then(|months| u32::try_from(months).ok());
    OfferQuery {
        offer: script.word("offer").map(|id| OfferId(id.to_owned())),
        vcpus: script.number("vcpus").and_then(|vcpus| u32::try_from(vcpus).ok()),
        disk_gib: script.number("disk"),
        countries: script.word("country").and_then(|code| code.parse().ok()).into_iter().collect(),
        zone: script.word("zone").map(str::to_owned),
        charge: months.map(|months| ChargeType::Prepaid { months }),
        ..OfferQuery::default()
    }
}

/// Which machine: a small one, unless `offer`, `disk`, `image`, `limit`, `port` or `months` say more.
pub(super) fn wish(script: &Script) -> CreateRequest {
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    let image = script.word("image").and_then(|text| text.parse().ok());
    let image = image.unwrap_or_else(|| ImageWish::Name("ubuntu-22.04".to_owned()));
    let mut wish = CreateRequest::new(marker(), size, image, crate::key());
    if let Some(id) = script.word("offer") {
        wish.machine = MachineWish::Offer(OfferId(id.to_owned()));
    }
    wish.disk_gib = script.number("disk");
    let money = |whole: u64| Money::new(whole.into(), Currency::USD);
    wish.price_limit =
        script.number("limit").map(|whole| PriceLimit { amount: money(whole), per: Period::DAY });
    let port = script.number("port").and_then(|number| u16::try_from(number).ok());
    wish.ports = port.map(|number| Port { number, protocol: Protocol::Tcp }).into_iter().collect();
    if let Some(months) = script.number("months").and_then(|months| u32::try_from(months).ok()) {
        wish.charge = ChargeType::Prepaid { months };
    }
    wish
}

/// The machines that are looked at: one that was seen, one that was not, and, where there are orders, one of which only
/// the order is known. `many` adds so many more.
pub(super) fn handles(dialect: Dialect, script: &Script) -> Vec<Handle> {
    let id: ProviderId = dialect.name().parse().unwrap();
    let (known, other) = match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => (FLUENCE_ID, OTHER_FLUENCE_ID),
        Dialect::Wayscloud | Dialect::Waldur => (RESOURCE, "7de30a23fdec44ecbfbd3d84e57a9662"),
        Dialect::Zenlayer => (ZENLAYER_ID, OTHER_ZENLAYER_ID),
    };
    let mut handles = vec![seen(script, Handle::of_instance(&id, known)), Handle::of_instance(&id, other)];
    if matches!(dialect, Dialect::Wayscloud | Dialect::Waldur) {
        handles.push(Handle::of_order(&id, ORDER).made(now(), marker()));
    }
    let more = script.number("many").unwrap_or(0).min(130);
    handles.extend((0..more).map(|number| Handle::of_instance(&id, format!("{number:032x}"))));
    handles
}

/// The machine that is to be ended: `order` for one of which only the order is known, `ending` where an order to end it
/// was placed.
pub(super) fn ended(dialect: Dialect, script: &Script) -> Handle {
    let orders = matches!(dialect, Dialect::Wayscloud | Dialect::Waldur);
    let place = if orders && script.word("order").is_some() { 2 } else { 0 };
    let mut handle = handles(dialect, script).swap_remove(place);
    if orders && script.word("ending").is_some() {
        handle.deletion_order = Some(DELETION.to_owned());
    }
    handle
}

/// The same, seen in the state that `seen` says, `running` where it says none, never where it says `never`.
fn seen(script: &Script, handle: Handle) -> Handle {
    let word = script.word("seen").unwrap_or("running");
    match State::ALL.into_iter().find(|state| state.words() == word) {
        Some(state) => handle.made(now(), marker()).seen(now(), state),
        None => handle,
    }
}
