//! The end of machines: terminate orders at a Waldur, DELETE in the documents, and orders that are taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::desk::Desk;
use super::record::{Kind, Order};
use super::refuse::{detail, field, not_found};
use super::resource::open_order;
use super::view::View;
use crate::machine::add;
use crate::{Answer, FaultKind, Phase};

/// `POST /api/marketplace-resources/ID/terminate/`.
pub(super) fn terminate(desk: &mut Desk<'_>, id: &str, wish: &Value) -> Answer {
    let found = desk.resource(id).and_then(|at| Some((at, desk.machine(at)?)));
    let Some((at, (machine, vm))) = found else { return not_found("Resource") };
    let attributes = match wish.get("attributes") {
        None => json!({}),
        Some(attributes) if attributes.is_object() => attributes.clone(),
        Some(_) => return field("attributes", "Expected a dictionary of items."),
    };
    let phase = machine.phase(desk.now).unwrap_or(Phase::Accepted);
    let view = View::of(desk.speech, machine, &vm, desk.now);
    let open = open_order(desk, machine);
    if open.is_some_and(|order| order.kind == Kind::Terminate) {
        return Answer::json(400, &json!(["Pending order for resource already exists."]));
    }
    if !["OK", "Erred"].contains(&view.resource.as_str()) {
        return detail(409, "Valid states for operation: OK, Erred.");
    }
    // An instance in error may go as it is, whatever it runs.
    let forced = attributes.get("action").and_then(Value::as_str) == Some("force_destroy");
    match (view.instance, view.runtime.as_str()) {
        _ if forced => {}
        (None | Some("Erred"), _) | (Some("OK"), "SHUTOFF") => {}
        (Some("OK"), "ACTIVE") => return detail(409, "Please stop the instance before its removal."),
        _ => {
            let why = "Instance should be shutoff and OK or erred. Please contact support.";
            return detail(409, why);
        }
    }
    let reverts = matches!(desk.fault, Some(FaultKind::Revert));
    let gone_at = add(desk.now, desk.account.profile.delete);
    let order = Order {
        uuid: desk.new_id(),
        number: desk.account.next_number(),
        kind: Kind::Terminate,
        machine: at,
        created: desk.now,
        attributes,
        has_plan: false,
        limits: BTreeMap::new(),
        refused: None,
        pending: false,
        // The resource says that it is back before the order says that it failed.
        end_at: if reverts { add(gone_at, Duration::from_millis(900)) } else { gone_at },
        succeeds: !reverts,
        // A removal that fails leaves no word about why.
        message: String::new(),
    };
    let mut vm = vm;
    vm.before = (view.resource, view.runtime);
    vm.erred_at = (reverts && phase != Phase::Failed).then_some(gone_at).or(vm.erred_at);
    desk.keep(at, &vm);
    desk.file(&order);
    if let Some(extra) = desk.account.extra(at) {
        extra.insert("terminate_order".to_owned(), json!(order.uuid));
    }
    desk.account.remove(at, desk.now, desk.fault);
    let released = order.attributes.get("release_floating_ips") != Some(&Value::Bool(false));
    release(desk, at, released && !reverts);
    Answer::json(200, &json!({ "order_uuid": order.uuid }))
}

/// `DELETE /api/marketplace-resources/ID/`, in the documents only.
pub(super) fn resource(desk: &mut Desk<'_>, id: &str) -> Answer {
    let found = desk.resource(id).and_then(|at| Some((at, desk.machine(at)?)));
    let Some((at, (machine, mut vm))) = found else { return not_found("Resource") };
    let view = View::of(desk.speech, machine, &vm, desk.now);
    match view.resource.as_str() {
        _ if vm.orphan => return not_found("Resource"),
        "Terminated" => return not_found("Resource"),
        "OK" | "Erred" => {}
        // 409 is documented while it is created; for one that is being removed no answer is, and this one fits.
        state => return detail(409, &format!("The resource cannot be deleted in state {state}.")),
    }
    vm.before = (view.resource, view.runtime);
    desk.keep(at, &vm);
    desk.account.remove(at, desk.now, desk.fault);
    release(desk, at, !matches!(desk.fault, Some(FaultKind::Revert)));
    Answer::empty(204)
}

/// `DELETE /api/marketplace-orders/ID/`: takes an order back while it waits for a person.
pub(super) fn order(desk: &mut Desk<'_>, id: &str) -> Answer {
    let Some(order) = desk.order(id) else { return not_found("Order") };
    if !order.pending {
        return detail(409, "Valid states for operation: pending-consumer, pending-provider.");
    }
    let at = order.machine;
    if let Some((_, mut vm)) = desk.machine(at) {
        vm.orphan = true;
        desk.keep(at, &vm);
    }
    let now = desk.now;
    if let Some(machine) = desk.account.machines.get_mut(at) {
        // The row stays in Creating for ever; no machine stands behind it, and nothing is billed.
        machine.schedule(now, &[(Duration::ZERO, Phase::Gone)]);
    }
    release(desk, at, false);
    desk.account.shelf("orders").remove(id);
    Answer::empty(204)
}

/// Gives the floating addresses of a machine back to the tenant, or lets them go.
fn release(desk: &mut Desk<'_>, at: usize, let_go: bool) {
    for row in desk.account.shelf("floating_ips").values_mut() {
        if row.get("machine") == Some(&json!(at)) {
            row["keep"] = json!(!let_go);
        }
    }
}
