//! Creates: an order, and the machine it leads to.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::desk::Desk;
use super::order;
use super::plan;
use super::record::{Kind, Order, SETTLING, Vm};
use super::refuse::{self, page};
use super::{documented, waldur};
use crate::machine::add;
use crate::{Answer, FaultKind, Phase, Refusal, SimOffer};

/// How many machines a Waldur builds at a time; the others wait.
const PROVISIONING_LIMIT: u64 = 5;
/// After this long a machine that is stuck is set to failed.
const STUCK_FOR: Duration = Duration::from_secs(3 * 3_600);
const STUCK_TEXT: &str = "Provisioning has timed out.";
/// From the order to its instance.
const INSTANCE_AFTER: Duration = Duration::from_millis(400);

/// A floating address that is wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Floating {
    /// A free one of the tenant, or else a new one.
    Auto,
    /// This one.
    Given(String),
}

/// A create whose every part was found good.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) name: String,
    /// The image's name.
    pub(super) image: String,
    pub(super) flavor: SimOffer,
    pub(super) disk_mib: u64,
    pub(super) subnets: Vec<String>,
    pub(super) floating: Vec<Floating>,
    /// The name of the key.
    pub(super) key: Option<String>,
    pub(super) has_plan: bool,
    /// The limits that it names.
    pub(super) limits: BTreeMap<String, u64>,
    /// As they were sent.
    pub(super) attributes: Value,
}

/// `POST /api/marketplace-orders/`.
pub(super) fn create(desk: &mut Desk<'_>, body: &Value) -> Answer {
    let wish = if desk.is_waldur() { waldur::read(desk, body) } else { documented::read(desk, body) };
    let wish = match wish {
        Ok(wish) => wish,
        Err(refused) => return refused,
    };
    if desk.account.room(&wish.flavor, desk.now) == 0 {
        return refuse::refusal(Refusal::SoldOut);
    }
    if !desk.account.is_within_quota(desk.now) {
        return refuse::refusal(Refusal::Quota);
    }
    let order = place(desk, wish);
    let Some(body) = order::body(desk, &order, true) else { return page(500) };
    let answer = Answer::json(201, &body);
    if desk.is_waldur() {
        let url = desk.url(&format!("marketplace-orders/{}", order.uuid));
        return answer.with_header("location", url);
    }
    answer
}

/// Accepts a wish: the machine, its order, and what is kept with both.
fn place(desk: &mut Desk<'_>, wish: Wish) -> Order {
    let id = desk.new_id();
    let uuid = desk.new_id();
    let wait = if desk.is_waldur() { Some(slot(desk)) } else { None };
    let at = desk.account.accept(id, &wish.name, &wish.flavor, desk.now, desk.fault);
    if wish.has_plan {
        // Without limits a real one charges nothing by them; here no machine is free.
        let limits = if wish.limits.is_empty() { plan::limits_of(&wish.flavor) } else { wish.limits.clone() };
        let lines = plan::lines(desk, &limits);
        if let Some(machine) = desk.account.machines.get_mut(at) {
            machine.offer.price = lines.iter().sum();
            machine.lines = lines;
        }
    }
    let floating = take_floating(desk, &wish.floating, at);
    let queue = desk.account.profile.queue;
    adjust(desk, at, wait, floating.is_empty());
    let (created, settled_at, ends_in) = match desk.account.machines.get(at) {
        Some(machine) => {
            (machine.created, machine.phase_since(Timestamp::MAX), machine.phase(Timestamp::MAX))
        }
        None => (desk.now, desk.now, None),
    };
    let failure = desk.account.machines.get(at).and_then(|machine| machine.failure.clone());
    // A quota that another order used up first: accepted, and then no instance at all.
    let raced = failure.as_ref().is_some_and(|why| why.starts_with("{'"));
    let stuck = matches!(desk.fault, Some(FaultKind::Stuck));
    let instance_at = match () {
        () if raced => Timestamp::MAX,
        () if stuck => settled_at,
        () => add(created, INSTANCE_AFTER.min(queue / 2)),
    };
    let building = Duration::try_from(settled_at.duration_since(created)).unwrap_or_default();
    let number = desk.account.next_number();
    let vm = Vm {
        instance: desk.new_id(),
        backend_id: dashed(&desk.new_id()),
        order: uuid.clone(),
        has_plan: wish.has_plan,
        limits: wish.limits.clone(),
        image: wish.image,
        disk_mib: wish.disk_mib,
        internal: wish.subnets.iter().map(|_| format!("192.168.42.{}", 10 + number % 240)).collect(),
        subnets: wish.subnets,
        floating,
        key: wish.key,
        instance_at,
        internal_at: add(created, building * 3 / 4),
        settled_at,
        renamed: None,
        orphan: false,
        erred_at: None,
        action: String::new(),
        before: (String::new(), String::new()),
    };
    desk.keep(at, &vm);
    if let Some(extra) = desk.account.extra(at) {
        extra.insert("attributes".to_owned(), wish.attributes.clone());
    }
    let succeeds = ends_in == Some(Phase::Running);
    let order = Order {
        uuid,
        number,
        kind: Kind::Create,
        machine: at,
        created,
        attributes: wish.attributes,
        has_plan: wish.has_plan,
        limits: wish.limits,
        refused: None,
        pending: ends_in == Some(Phase::AwaitingApproval),
        end_at: if succeeds { add(settled_at, SETTLING) } else { settled_at },
        succeeds,
        message: failure.unwrap_or_default(),
    };
    desk.file(&order);
    order
}

/// When the next place among the machines that are being built is free.
fn slot(desk: &mut Desk<'_>) -> Timestamp {
    let limit = desk.setting("provisioning_limit").unwrap_or(PROVISIONING_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).max(1);
    let now = desk.now;
    let building = |machine: &&crate::Machine| {
        matches!(machine.phase(now), Some(Phase::Accepted | Phase::Building))
            && machine.phase_since(Timestamp::MAX) < add(machine.created, STUCK_FOR)
    };
    let machines = desk.account.machines.iter().filter(building);
    let mut ends: Vec<Timestamp> = machines.map(|machine| machine.phase_since(Timestamp::MAX)).collect();
    if ends.len() < limit {
        return now;
    }
    ends.sort_unstable();
    ends[ends.len() - limit]
}

/// Writes this face's own rules into the machine's life: waiting for a place, the end of being stuck, and no
/// address without a floating one.
fn adjust(desk: &mut Desk<'_>, at: usize, slot: Option<Timestamp>, is_inner: bool) {
    let queue = desk.account.profile.queue;
    let stuck = matches!(desk.fault, Some(FaultKind::Stuck));
    let Some(machine) = desk.account.machines.get_mut(at) else { return };
    let created = machine.created;
    let wait =
        slot.and_then(|slot| Duration::try_from(slot.duration_since(created)).ok()).unwrap_or_default();
    let ends_in = machine.phase(Timestamp::MAX);
    if stuck {
        machine.schedule(created, &[(queue, Phase::Building), (STUCK_FOR, Phase::Failed)]);
        machine.failure = Some(STUCK_TEXT.to_owned());
    } else if let Some(end) = ends_in.filter(|end| *end != Phase::AwaitingApproval && !wait.is_zero()) {
        let ready = machine.phase_since(Timestamp::MAX).duration_since(created);
        let ready = Duration::try_from(ready).unwrap_or_default();
        machine.schedule(created, &[(queue + wait, Phase::Building), (ready + wait, end)]);
        machine.address_at = machine.address_at.map(|at| add(at, wait));
    }
    if is_inner {
        machine.address_at = None;
    }
}

/// Takes the floating addresses for a machine. The first one is its public address.
fn take_floating(desk: &mut Desk<'_>, wishes: &[Floating], at: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for wish in wishes {
        let free = match wish {
            Floating::Given(id) => Some(id.clone()),
            Floating::Auto => free_floating(desk).into_iter().next(),
        };
        let id = free.unwrap_or_else(|| desk.new_id());
        let own = desk.account.machines.get(at).map(|machine| machine.address.to_string());
        let row = desk.account.shelf("floating_ips").entry(id.clone()).or_insert(json!({ "address": own }));
        row["machine"] = json!(at);
        row["keep"] = json!(true);
        let address = row["address"].as_str().and_then(|text| text.parse().ok());
        if let Some((machine, address)) =
            desk.account.machines.get_mut(at).filter(|_| taken.is_empty()).zip(address)
        {
            machine.address = address;
        }
        taken.push(id);
    }
    taken
}

/// The ids of the floating addresses that are free now.
pub(super) fn free_floating(desk: &Desk<'_>) -> Vec<String> {
    let rows = desk.account.things.get("floating_ips").into_iter().flatten();
    rows.filter(|(_, row)| holder(desk, row) == Holder::Nobody).map(|(id, _)| id.clone()).collect()
}

/// Who has a floating address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    /// The machine at this place.
    Machine(usize),
    /// It went with its machine.
    Gone,
}

/// Who has this floating address now.
pub(super) fn holder(desk: &Desk<'_>, row: &Value) -> Holder {
    let machine = row.get("machine").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    let Some(at) = machine else { return Holder::Nobody };
    let live = desk
        .account
        .machines
        .get(at)
        .is_some_and(|machine| machine.phase(desk.now).is_none_or(|phase| phase != Phase::Gone));
    match (live, row.get("keep") == Some(&Value::Bool(true))) {
        (true, _) => Holder::Machine(at),
        (false, true) => Holder::Nobody,
        (false, false) => Holder::Gone,
    }
}

fn dashed(id: &str) -> String {
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
