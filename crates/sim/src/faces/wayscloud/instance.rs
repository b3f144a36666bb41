//! Instances, which only a Waldur shows, and switching machines on and off in both speeches.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::Desk;
use super::filter;
use super::ids::{PROJECT_NAME, WALDUR_IDS as IDS};
use super::page;
use super::record::{Vm, stamp};
use super::refuse::{detail, not_found};
use super::view::View;
use crate::{Answer, Machine, Phase};

const STATES: [&str; 8] = [
    "Creation Scheduled",
    "Creating",
    "OK",
    "Erred",
    "Update Scheduled",
    "Updating",
    "Deletion Scheduled",
    "Deleting",
];

/// `GET /api/openstack-instances/ID/`.
pub(super) fn get(desk: &Desk<'_>, id: &str) -> Answer {
    match find(desk, id).and_then(|at| desk.machine(at)).and_then(|(machine, vm)| body(desk, machine, &vm)) {
        Some(body) => Answer::json(200, &page::trim(desk, body)),
        None => not_found("Instance"),
    }
}

/// `GET /api/openstack-instances/`.
pub(super) fn list(desk: &Desk<'_>) -> Answer {
    answer_list(desk).unwrap_or_else(|refused| refused)
}

fn answer_list(desk: &Desk<'_>) -> Result<Answer, Answer> {
    let request = desk.request;
    let states = filter::choices(request, "state", &STATES)?;
    let project = filter::uuid(request, "project_uuid")?;
    let tenant = filter::uuid(request, "tenant_uuid")?;
    let name = filter::text(request, "name").map(|name| name.to_lowercase());
    let exact = filter::text(request, "name_exact");
    let runtime = filter::text(request, "runtime_state");
    let all_the_same =
        filter::fits(project.as_deref(), IDS.project) && filter::fits(tenant.as_deref(), IDS.tenant);
    let mut rows: Vec<(&Machine, Vm)> = Vec::new();
    for at in 0..if all_the_same { desk.account.machines.len() } else { 0 } {
        let Some((machine, vm)) = desk.machine(at) else { continue };
        let view = View::of(desk.speech, machine, &vm, desk.now);
        if view.instance.is_some_and(|state| filter::fits_any(states.as_ref(), state))
            && name.as_ref().is_none_or(|name| machine.name.to_lowercase().contains(name.as_str()))
            && filter::fits(exact.as_deref(), &machine.name)
            && filter::fits(runtime.as_deref(), &view.runtime)
        {
            rows.push((machine, vm));
        }
    }
    if filter::newest_first(request) {
        rows.reverse();
    }
    let cut = page::cut(desk, rows.len())?;
    let rows = rows[cut.rows.clone()].iter().filter_map(|(machine, vm)| body(desk, machine, vm)).collect();
    Ok(page::array(desk, &cut, rows))
}

/// Start, stop or restart: of an instance in a Waldur, of a resource in the documents.
pub(super) fn power(desk: &mut Desk<'_>, id: &str, verb: &str) -> Answer {
    let is_waldur = desk.is_waldur();
    let at = if is_waldur { find(desk, id) } else { desk.resource(id) };
    let Some((at, (machine, mut vm))) = at.and_then(|at| Some((at, desk.machine(at)?))) else {
        return not_found(if is_waldur { "Instance" } else { "Resource" });
    };
    let view = View::of(desk.speech, machine, &vm, desk.now);
    // The documents name 400 for an action that does not fit, a Waldur answers 409.
    let refused = if is_waldur { 409 } else { 400 };
    if view.resource == "Terminated" {
        return not_found(if is_waldur { "Instance" } else { "Resource" });
    }
    if view.instance != Some("OK") || (!is_waldur && view.resource != "OK") {
        return detail(refused, "Valid states for operation: OK.");
    }
    let (phases, action) = match (verb, view.runtime.as_str()) {
        ("stop", "ACTIVE") => ([Phase::Stopping, Phase::Stopped], "Stop"),
        ("stop", _) => return detail(refused, "Instance is already stopped."),
        ("start", "SHUTOFF") => ([Phase::Starting, Phase::Running], "Start"),
        ("start", _) => return detail(refused, "Instance is already active."),
        (_, "ACTIVE") => ([Phase::Starting, Phase::Running], "Restart"),
        _ => return detail(refused, "Please start instance first."),
    };
    vm.action = action.to_owned();
    desk.keep(at, &vm);
    let (now, took) = (desk.now, desk.account.profile.power);
    if let Some(machine) = desk.account.machines.get_mut(at) {
        machine.schedule(now, &[(Duration::ZERO, phases[0]), (took, phases[1])]);
    }
    Answer::json(202, &json!({ "status": format!("{verb} was scheduled") }))
}

/// Where the machine of the instance with this id stands.
fn find(desk: &Desk<'_>, id: &str) -> Option<usize> {
    let is_it = |machine: &Machine| {
        machine.extra.get("vm").and_then(|vm| vm.get("instance")).and_then(Value::as_str) == Some(id)
    };
    let at = desk.account.machines.iter().position(is_it)?;
    desk.machine(at)
        .filter(|(machine, vm)| View::of(desk.speech, machine, vm, desk.now).instance.is_some())?;
    Some(at)
}

fn body(desk: &Desk<'_>, machine: &Machine, vm: &Vm) -> Option<Value> {
    let view = View::of(desk.speech, machine, vm, desk.now);
    let state = view.instance?;
    let subnet = |id: &String| {
        json!({
            "subnet": desk.url(&format!("openstack-subnets/{id}")), "subnet_uuid": id, "fixed_ips": [],
            "mac_address": "fa:16:3e:55:34:f5", "allowed_address_pairs": [],
        })
    };
    let address = |(id, address): (&String, &Option<String>)| json!({ "url": desk.url(&format!("openstack-floating-ips/{id}")), "uuid": id, "address": address });
    let access: Vec<&String> = view.external.iter().flatten().collect();
    let message = machine.failure.as_deref().filter(|_| state == "Erred").unwrap_or_default();
    let mut body = json!({
        "url": desk.url(&format!("openstack-instances/{}", vm.instance)), "uuid": vm.instance, "name": machine.name,
        "description": "", "service_name": machine.offer.place.zone,
        "project": desk.url(&format!("projects/{}", IDS.project)), "project_uuid": IDS.project,
        "project_name": PROJECT_NAME, "customer": desk.url(&format!("customers/{}", IDS.customer)),
        "customer_name": "Sandbox AS", "error_message": message, "error_traceback": "",
        "resource_type": "OpenStack.Instance", "state": state, "created": stamp(machine.created),
        "modified": stamp(machine.phase_since(desk.now)), "backend_id": vm.backend_id, "access_url": access,
        "cores": machine.offer.vcpus, "ram": machine.offer.memory_mib, "disk": vm.disk_mib,
        "external_ips": view.external, "internal_ips": view.internal, "latitude": null, "longitude": null,
        "key_name": vm.key, "image_name": vm.image, "flavor_name": machine.offer.id,
        "flavor_disk": machine.offer.disk_gib * 1_024, "security_groups": [], "server_group": null,
        "floating_ips": vm.floating.iter().zip(&view.external).map(address).collect::<Vec<_>>(),
        "ports": vm.subnets.iter().map(subnet).collect::<Vec<_>>(), "availability_zone": null,
    });
    let more = json!({
        "runtime_state": view.runtime, "action": view.action, "action_details": {}, "tenant_uuid": IDS.tenant,
        "tenant": desk.url(&format!("openstack-tenants/{}", IDS.tenant)), "user_data": "",
        "marketplace_offering_uuid": IDS.offering, "marketplace_resource_uuid": machine.id,
        "marketplace_resource_state": view.resource,
        "marketplace_plan_uuid": vm.has_plan.then_some(IDS.plan), "is_usage_based": false, "is_limit_based": false,
    });
    if let (Value::Object(fields), Value::Object(more)) = (&mut body, more) {
        fields.extend(more);
    }
    Some(body)
}
