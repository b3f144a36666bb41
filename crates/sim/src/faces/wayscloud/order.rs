//! Orders: their bodies in both speeches, looks, lists, approvals.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::filter;
use super::ids::{PROJECT_NAME, WALDUR_IDS as IDS};
use super::page;
use super::plan;
use super::record::{Kind, Order, Vm, stamp};
use super::refuse::{detail, not_found};
use crate::machine::add;
use crate::{Answer, Machine};

const STATES: [&str; 8] = [
    "pending-consumer",
    "pending-provider",
    "pending-project",
    "executing",
    "done",
    "erred",
    "canceled",
    "rejected",
];
const DOCUMENTED_STATES: [&str; 3] = ["Creating", "Success", "Erred"];
const TYPES: [&str; 3] = ["Create", "Update", "Terminate"];

/// `GET /api/marketplace-orders/ID/`.
pub(super) fn get(desk: &Desk<'_>, id: &str) -> Answer {
    match desk.order(id).and_then(|order| body(desk, &order, false)) {
        Some(body) => Answer::json(200, &page::trim(desk, body)),
        None => not_found("Order"),
    }
}

/// `GET /api/marketplace-orders/`.
pub(super) fn list(desk: &Desk<'_>) -> Answer {
    answer_list(desk).unwrap_or_else(|refused| refused)
}

fn answer_list(desk: &Desk<'_>) -> Result<Answer, Answer> {
    let request = desk.request;
    let states = if desk.is_waldur() { &STATES[..] } else { &DOCUMENTED_STATES[..] };
    let states = filter::choices(request, "state", states)?;
    let types = filter::choices(request, "type", &TYPES)?;
    let project = filter::uuid(request, "project_uuid")?;
    let offering = filter::uuid(request, "offering_uuid")?;
    let customer = filter::uuid(request, "customer_uuid")?;
    let provider = filter::uuid(request, "provider_uuid")?;
    // The marketplace's resource, not the instance that an order's `resource_uuid` names.
    let resource = filter::uuid(request, "resource_uuid")?;
    let created = filter::since(request, "created")?;
    let offering_type = filter::text(request, "offering_type");
    let mut orders = desk.orders();
    orders.retain(|order| {
        let machine = desk.account.machines.get(order.machine);
        filter::fits_any(states.as_ref(), state(desk, order))
            && filter::fits_any(types.as_ref(), order.kind.word())
            && filter::fits(project.as_deref(), IDS.project)
            && filter::fits(offering.as_deref(), IDS.offering)
            && filter::fits(customer.as_deref(), IDS.customer)
            && filter::fits(provider.as_deref(), IDS.customer)
            && filter::fits(offering_type.as_deref(), "OpenStack.Instance")
            && machine.is_some_and(|machine| filter::fits(resource.as_deref(), &machine.id))
            && created.is_none_or(|since| order.created >= since)
    });
    if filter::newest_first(request) {
        orders.reverse();
    }
    let cut = page::cut(desk, orders.len())?;
    let rows = orders[cut.rows.clone()].iter().filter_map(|order| body(desk, order, false)).collect();
    // The documents show an envelope; a Waldur sends a bare array.
    Ok(if desk.is_waldur() { page::array(desk, &cut, rows) } else { page::envelope(desk, &cut, rows) })
}

/// An approval, a rejection or another action on an order.
pub(super) fn act(desk: &Desk<'_>, id: &str, action: &str) -> Answer {
    if desk.order(id).is_none() {
        return not_found("Order");
    }
    if action.starts_with("approve") || action.starts_with("reject") {
        // The account may order, and not approve.
        return detail(403, "You do not have permission to perform this action.");
    }
    let why = "The order's offering with OpenStack.Instance type does not support this action";
    detail(405, &format!("Method \"{why}\" not allowed."))
}

/// An order's state in the words of the speech.
pub(super) fn state<'a>(desk: &Desk<'_>, order: &'a Order) -> &'a str {
    let word = order.state(desk.now);
    match word {
        _ if desk.is_waldur() => word,
        "done" => "Success",
        "erred" | "rejected" | "canceled" => "Erred",
        // The documents know no state for an order that waits for a person.
        _ => "Creating",
    }
}

/// An order; `is_new`: as the create answers it, which is another shape than a look gives.
pub(super) fn body(desk: &Desk<'_>, order: &Order, is_new: bool) -> Option<Value> {
    let machine = desk.account.machines.get(order.machine)?;
    let vm = Vm::of(machine)?;
    Some(if desk.is_waldur() {
        waldur(desk, order, machine, &vm, is_new)
    } else {
        documented(desk, order, machine, &vm, is_new)
    })
}

/// The instance behind an order, once it exists and while it does.
fn instance(desk: &Desk<'_>, machine: &Machine, vm: &Vm) -> Option<String> {
    let phase = machine.phase(desk.now)?;
    vm.has_instance(phase, desk.now).then(|| vm.instance.clone())
}

fn documented(desk: &Desk<'_>, order: &Order, machine: &Machine, vm: &Vm, is_new: bool) -> Value {
    let mut body = json!({
        "uuid": order.uuid, "project": IDS.project, "offering": IDS.offering, "plan": IDS.plan,
        "created": stamp(order.created), "state": state(desk, order),
    });
    if let Some(fields) = body.as_object_mut().filter(|_| !is_new) {
        fields.insert("attributes".to_owned(), order.attributes.clone());
        // Both ids come with the machine, not with the order.
        if let Some(instance) = instance(desk, machine, vm) {
            fields.insert("marketplace_resource_uuid".to_owned(), json!(machine.id));
            fields.insert("resource_uuid".to_owned(), json!(instance));
        }
    }
    body
}

fn waldur(desk: &Desk<'_>, order: &Order, machine: &Machine, vm: &Vm, is_new: bool) -> Value {
    let instance = instance(desk, machine, vm);
    let modified = if order.is_open(desk.now) { order.created } else { order.end_at };
    let cost = order.has_plan.then(|| format!("{:.10}", machine.offer.price));
    let reviewed = (!order.pending).then(|| stamp(add(order.created, std::time::Duration::from_millis(200))));
    let failed = order.state(desk.now) == "erred";
    let mut fields = offering_fields(desk);
    let mut put = |more: Value| {
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    };
    let plan_path = format!("marketplace-public-offerings/{}/plans/{}", IDS.offering, IDS.plan);
    put(json!({
        "plan": order.has_plan.then(|| desk.url(&plan_path)), "attributes": order.attributes, "limits": order.limits,
        "uuid": order.uuid, "created": stamp(order.created), "modified": stamp(modified), "type": order.kind.word(),
        "resource_uuid": instance, "resource_type": instance.as_ref().map(|_| "OpenStack.Instance"),
        "resource_name": vm.renamed.as_ref().unwrap_or(&machine.name), "cost": cost, "state": state(desk, order),
        "output": "", "marketplace_resource_uuid": machine.id,
        "error_message": if failed { order.message.as_str() } else { "" }, "callback_url": null,
        "consumer_reviewed_at": reviewed, "created_by_full_name": "Sandbox User", "created_by_username": "sandbox",
        "customer_name": "Sandbox AS", "customer_uuid": IDS.customer, "project_name": PROJECT_NAME,
        "project_uuid": IDS.project, "project_description": "",
    }));
    if order.has_plan {
        put(json!({
            "plan_unit": plan::UNIT, "plan_name": plan::NAME, "plan_uuid": IDS.plan, "plan_description": "",
        }));
    }
    let user = desk.url("users/1dfd3a7de7b94f0d940eeb861276298e");
    if is_new {
        // The create names the reviewer by URL, a look by name.
        put(json!({
            "url": desk.url(&format!("marketplace-orders/{}", order.uuid)), "created_by": user,
            "project": desk.url(&format!("projects/{}", IDS.project)),
        }));
        if !order.pending {
            put(json!({ "consumer_reviewed_by": user, "consumer_reviewed_by_username": "sandbox" }));
        }
    } else {
        let estimate: f64 = machine.offer.price.to_string().parse().unwrap_or(0.0);
        put(json!({
            "provider_reviewed_at": null, "created_by_civil_number": null, "customer_slug": "sandbox-as",
            "project_slug": PROJECT_NAME, "old_cost_estimate": 0.0,
            "new_cost_estimate": (order.kind == Kind::Create).then_some(estimate), "can_terminate": order.pending,
            "fixed_price": 0, "activation_price": 0, "termination_comment": null, "backend_id": "", "issue": null,
        }));
        if !order.pending {
            put(
                json!({ "consumer_reviewed_by": "sandbox", "consumer_reviewed_by_full_name": "Sandbox User" }),
            );
        }
    }
    Value::Object(fields)
}

/// The fields about the offering that orders and resources share.
pub(super) fn offering_fields(desk: &Desk<'_>) -> Map<String, Value> {
    let body = json!({
        "offering": desk.refer("marketplace-public-offerings", IDS.offering),
        "offering_name": "Virtual machine in sandbox-tenant", "offering_uuid": IDS.offering,
        "offering_description": "", "offering_image": null, "offering_thumbnail": null,
        "offering_type": "OpenStack.Instance", "offering_terms_of_service": "", "offering_shared": false,
        "offering_billable": false, "offering_plugin_options": {}, "provider_name": "Sandbox AS",
        "provider_uuid": IDS.customer, "category_title": "VMs",
        "category_uuid": "fa9711d0f71047238d8a3474acc350f6", "category_icon": null,
    });
    match body {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
