//! Resources: what an order leads to, listed from the instant of the order on.

use serde_json::{Value, json};

use super::desk::Desk;
use super::filter;
use super::ids::{PROJECT_NAME, WALDUR_IDS as IDS};
use super::order::{self, offering_fields};
use super::page;
use super::plan;
use super::record::{Vm, stamp};
use super::refuse::{detail, field, not_found};
use super::view::View;
use crate::{Answer, Machine, Phase};

const STATES: [&str; 6] = ["Creating", "OK", "Erred", "Updating", "Terminating", "Terminated"];

/// `GET /api/marketplace-resources/ID/`.
pub(super) fn get(desk: &Desk<'_>, id: &str) -> Answer {
    let found = desk.resource(id).and_then(|at| desk.machine(at));
    match found.filter(|(machine, _)| is_listed(desk, machine)) {
        Some((machine, vm)) => Answer::json(200, &page::trim(desk, body(desk, machine, &vm))),
        None => not_found("Resource"),
    }
}

/// `GET /api/marketplace-resources/`.
pub(super) fn list(desk: &Desk<'_>) -> Answer {
    answer_list(desk).unwrap_or_else(|refused| refused)
}

fn answer_list(desk: &Desk<'_>) -> Result<Answer, Answer> {
    let request = desk.request;
    let states = filter::choices(request, "state", &STATES)?;
    let project = filter::uuid(request, "project_uuid")?;
    let offering = filter::uuid(request, "offering_uuid")?;
    let customer = filter::uuid(request, "customer_uuid")?;
    let name = filter::text(request, "name").map(|name| name.to_lowercase());
    let exact = filter::text(request, "name_exact");
    let offering_type = filter::text(request, "offering_type");
    let runtime = filter::text(request, "runtime_state");
    let backend = filter::text(request, "backend_id");
    let scope = filter::link(request, "scope", "openstack-instances");
    let project_name = filter::text(request, "project_name");
    let since = filter::since(request, "created")?;
    let all_the_same = filter::fits(project.as_deref(), IDS.project)
        && filter::fits(offering.as_deref(), IDS.offering)
        && filter::fits(customer.as_deref(), IDS.customer)
        && filter::fits(offering_type.as_deref(), "OpenStack.Instance")
        && filter::fits(project_name.as_deref(), PROJECT_NAME);
    let count = if all_the_same { desk.account.machines.len() } else { 0 };
    // A list that nothing narrows is cut to its page before a row is read.
    let narrowed =
        states.is_some() || [&name, &exact, &runtime, &backend, &scope].into_iter().any(Option::is_some);
    let fits = |machine: &Machine| {
        if !narrowed {
            return true;
        }
        let Some(vm) = Vm::of(machine) else { return false };
        let view = View::of(desk.speech, machine, &vm, desk.now);
        let shown = vm.renamed.as_ref().unwrap_or(&machine.name);
        filter::fits_any(states.as_ref(), &view.resource)
            && name.as_ref().is_none_or(|name| shown.to_lowercase().contains(name.as_str()))
            && filter::fits(exact.as_deref(), shown)
            && filter::fits(runtime.as_deref(), &runtime_word(desk, &view))
            && filter::fits(backend.as_deref(), &vm.backend_id)
            && (scope.is_none() || view.instance.is_some() && scope.as_ref() == Some(&vm.instance))
    };
    let mut rows: Vec<&Machine> = desk.account.machines[..count].iter().collect();
    rows.retain(|machine| {
        is_listed(desk, machine) && since.is_none_or(|since| machine.created >= since) && fits(machine)
    });
    if filter::newest_first(request) {
        rows.reverse();
    }
    let cut = page::cut(desk, rows.len())?;
    let rows = rows[cut.rows.clone()].iter();
    let rows = rows.filter_map(|machine| Some(body(desk, machine, &Vm::of(machine)?))).collect();
    Ok(page::array(desk, &cut, rows))
}

/// `PATCH /api/marketplace-resources/ID/`: another name for the resource; the instance keeps its own.
pub(super) fn rename(desk: &mut Desk<'_>, id: &str, wish: &Value) -> Answer {
    let Some(at) = desk.resource(id) else { return not_found("Resource") };
    let Some((machine, mut vm)) = desk.machine(at) else { return not_found("Resource") };
    let is_waldur = desk.is_waldur();
    if !is_waldur && View::of(desk.speech, machine, &vm, desk.now).resource == "Creating" {
        return detail(409, "The resource is being created.");
    }
    match wish.get("name") {
        None => {}
        Some(Value::String(name)) if name.is_empty() => return field("name", "This field may not be blank."),
        Some(Value::String(name)) => vm.renamed = Some(name.clone()),
        Some(_) => return field("name", "Not a valid string."),
    }
    let shown = vm.renamed.clone().unwrap_or_else(|| machine.name.clone());
    desk.keep(at, &vm);
    if is_waldur {
        return Answer::json(200, &json!({ "name": shown, "description": "", "end_date": null }));
    }
    get(desk, id)
}

/// Whether lists and looks show it: a Waldur never forgets a resource, the documents' cloud forgets gone ones.
fn is_listed(desk: &Desk<'_>, machine: &Machine) -> bool {
    machine.is_visible(desk.now) && (desk.is_waldur() || machine.phase(desk.now) != Some(Phase::Gone))
}

/// The runtime state as the speech spells it.
fn runtime_word(desk: &Desk<'_>, view: &View) -> String {
    if desk.is_waldur() { view.runtime.clone() } else { view.runtime.to_lowercase() }
}

fn body(desk: &Desk<'_>, machine: &Machine, vm: &Vm) -> Value {
    let view = View::of(desk.speech, machine, vm, desk.now);
    let instance = view.instance.map(|_| vm.instance.as_str());
    let runtime = runtime_word(desk, &view);
    let metadata = match view.instance {
        Some(state) => json!({
            "state": if desk.is_waldur() { state } else { view.resource.as_str() }, "action": view.action,
            "external_ips": view.external, "internal_ips": view.internal, "runtime_state": runtime,
            "action_details": {}, "system_volume_image_name": vm.image,
        }),
        None if view.resource == "Terminated" => json!({ "state": "Deleted" }),
        None => json!({}),
    };
    let plan = vm.has_plan.then(|| match desk.is_waldur() {
        true => desk.url(&format!("marketplace-public-offerings/{}/plans/{}", IDS.offering, IDS.plan)),
        false => IDS.plan.to_owned(),
    });
    let mut fields = offering_fields(desk);
    let mut put = |more: Value| {
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    };
    put(json!({
        "uuid": machine.id, "name": vm.renamed.as_ref().unwrap_or(&machine.name), "state": view.resource,
        "description": "", "created": stamp(machine.created), "modified": stamp(machine.phase_since(desk.now)),
        "resource_uuid": instance, "resource_type": instance.map(|_| "OpenStack.Instance"),
        "backend_id": instance.map_or("", |_| vm.backend_id.as_str()), "backend_metadata": metadata,
        "plan": plan, "attributes": machine.extra.get("attributes"), "limits": vm.limits,
        "project": desk.refer("projects", IDS.project), "project_uuid": IDS.project, "project_name": PROJECT_NAME,
        "customer_uuid": IDS.customer, "customer_name": "Sandbox AS", "end_date": null,
    }));
    if vm.has_plan {
        put(json!({ "plan_unit": plan::UNIT, "plan_name": plan::NAME, "plan_uuid": IDS.plan }));
    }
    if !desk.is_waldur() {
        put(json!({ "runtime_state": runtime }));
        return Value::Object(fields);
    }
    let open = open_order(desk, machine).and_then(|order| order::body(desk, &order, false));
    let creation = desk.order(&vm.order).and_then(|order| order::body(desk, &order, false));
    put(json!({
        "url": desk.url(&format!("marketplace-resources/{}", machine.id)),
        "scope": instance.map(|id| desk.url(&format!("openstack-instances/{id}"))), "effective_id": "",
        "project_description": "", "parent_uuid": IDS.parent_offering, "parent_name": "sandbox-tenant",
        "is_usage_based": false, "is_limit_based": false, "slug": machine.name, "current_usages": {},
        "can_terminate": open.is_none() && ["OK", "Erred"].contains(&view.resource.as_str()),
        "report": null, "username": null, "limit_usage": null, "downscaled": false, "paused": false,
        "restrict_member_access": false, "endpoints": [], "error_message": "", "error_traceback": "",
        "offering_customer_uuid": IDS.customer, "options": {}, "available_actions": [],
        "order_in_progress": open, "creation_order": creation,
    }));
    Value::Object(fields)
}

/// The open order of a machine: the one that creates it, or the last one that removes it.
pub(super) fn open_order(desk: &Desk<'_>, machine: &Machine) -> Option<super::record::Order> {
    let named = |key: &str| machine.extra.get(key).and_then(Value::as_str).and_then(|id| desk.order(id));
    let vm = Vm::of(machine)?;
    let last = named("terminate_order").or_else(|| desk.order(&vm.order));
    last.filter(|order| order.is_open(desk.now))
}
