//! Where one request is worked on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Speech;
use super::record::{Order, Vm};
use crate::{Account, FaultKind, Machine, Request};

/// One request, and all that is needed to answer it.
pub(super) struct Desk<'a> {
    pub(super) speech: Speech,
    pub(super) account: &'a mut Account,
    pub(super) now: Timestamp,
    pub(super) request: &'a Request,
    pub(super) fault: Option<&'a FaultKind>,
    base: String,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        speech: Speech,
        account: &'a mut Account,
        now: Timestamp,
        request: &'a Request,
        fault: Option<&'a FaultKind>,
    ) -> Self {
        let base = format!("http://{}/api", request.header("host").unwrap_or("127.0.0.1"));
        Self { speech, account, now, request, fault, base }
    }

    /// The absolute URL of a path below `/api/`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}/", self.base)
    }

    /// The absolute URL of this request's path with another query.
    pub(super) fn url_of_request(&self, query: &str) -> String {
        let path = self.request.path.strip_prefix("/api").unwrap_or(&self.request.path);
        if query.is_empty() { format!("{}{path}", self.base) } else { format!("{}{path}?{query}", self.base) }
    }

    /// How this speech refers to something: by URL or by bare id.
    pub(super) fn refer(&self, kind: &str, id: &str) -> Value {
        match self.speech {
            Speech::Documented => json!(id),
            Speech::Waldur => json!(self.url(&format!("{kind}/{id}"))),
        }
    }

    pub(super) fn is_waldur(&self) -> bool {
        self.speech == Speech::Waldur
    }

    /// A new id.
    pub(super) fn new_id(&mut self) -> String {
        self.account.hex(32)
    }

    /// A setting of this face that is a whole number.
    pub(super) fn setting(&mut self, name: &str) -> Option<u64> {
        self.account.shelf("settings").get(name).and_then(Value::as_u64)
    }

    /// The machine at this place, and what is kept with it, if lists and looks show it.
    pub(super) fn machine(&self, at: usize) -> Option<(&Machine, Vm)> {
        let machine = self.account.machines.get(at)?;
        if !machine.is_visible(self.now) {
            return None;
        }
        Some((machine, Vm::of(machine)?))
    }

    /// The machine whose resource has this id.
    pub(super) fn resource(&self, id: &str) -> Option<usize> {
        self.account.position(id).filter(|at| self.machine(*at).is_some())
    }

    /// Writes back what is kept with a machine.
    pub(super) fn keep(&mut self, at: usize, vm: &Vm) {
        if let Some(extra) = self.account.extra(at) {
            vm.write(extra);
        }
    }

    /// The order with this id, if lists and looks show it.
    pub(super) fn order(&self, id: &str) -> Option<Order> {
        let order = Order::read(self.account.things.get("orders")?.get(id)?)?;
        self.shows(&order).then_some(order)
    }

    /// Every order that lists show, oldest first.
    pub(super) fn orders(&self) -> Vec<Order> {
        let all = self.account.things.get("orders");
        let mut orders: Vec<Order> =
            all.into_iter().flat_map(|all| all.values()).filter_map(Order::read).collect();
        orders.retain(|order| self.shows(order));
        orders.sort_by_key(|order| order.number);
        orders
    }

    /// Files an order.
    pub(super) fn file(&mut self, order: &Order) {
        let value = order.write();
        self.account.shelf("orders").insert(order.uuid.clone(), value);
    }

    fn shows(&self, order: &Order) -> bool {
        let machine = self.account.machines.get(order.machine);
        order.created <= self.now && machine.is_some_and(|machine| machine.is_visible(self.now))
    }
}
