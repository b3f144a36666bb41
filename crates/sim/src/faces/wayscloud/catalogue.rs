//! What can be ordered, and what an order is made of.

use serde_json::{Value, json};

use super::create::{Holder, holder};
use super::desk::Desk;
use super::filter::{self, Least};
use super::ids::{PROJECT_NAME, WALDUR_IDS as IDS, flavor_id};
use super::key;
use super::page;
use super::plan::{components, own_plan, own_plan_is_listed, parent_plan};
use super::record::Vm;
use super::refuse::not_found;
use super::route::Shelf;
use crate::Answer;

/// `GET /api/marketplace-public-offerings/`, or the documents' list in its envelope.
pub(super) fn offerings(desk: &Desk<'_>, in_envelope: bool) -> Answer {
    let name = filter::text(desk.request, "name").map(|name| name.to_lowercase());
    let exact = filter::text(desk.request, "name_exact");
    let category =
        filter::text(desk.request, "category_name").or_else(|| filter::text(desk.request, "category_title"));
    let kinds = desk.request.query_values("type");
    let mut rows = vec![offering_body(desk)];
    if desk.is_waldur() {
        rows.insert(0, parent_body(desk));
    }
    rows.retain(|row| {
        let is = |key: &str, wanted: &str| row[key].as_str() == Some(wanted);
        name.as_ref().is_none_or(|name| {
            row["name"].as_str().is_some_and(|text| text.to_lowercase().contains(name.as_str()))
        }) && exact.as_deref().is_none_or(|name| is("name", name))
            && category.as_deref().is_none_or(|category| is("category_title", category))
            && (kinds.is_empty() || kinds.iter().any(|kind| is("type", kind)))
    });
    match page::cut(desk, rows.len()) {
        Ok(cut) if in_envelope => page::envelope(desk, &cut, rows[cut.rows.clone()].to_vec()),
        Ok(cut) => page::array(desk, &cut, rows[cut.rows.clone()].to_vec()),
        Err(refused) => refused,
    }
}

/// One offering.
pub(super) fn offering(desk: &Desk<'_>, id: &str) -> Answer {
    let body = match id {
        _ if id == IDS.offering => offering_body(desk),
        _ if id == IDS.parent_offering && desk.is_waldur() => parent_body(desk),
        _ => return not_found("Offering"),
    };
    Answer::json(200, &page::trim(desk, body))
}

/// The plans that an offering has of its own.
pub(super) fn plans(desk: &Desk<'_>, offering: &str) -> Answer {
    let rows = match offering {
        _ if offering == IDS.offering => vec![own_plan(desk)],
        _ if offering == IDS.parent_offering && desk.is_waldur() => vec![parent_plan(desk)],
        _ => return not_found("Offering"),
    };
    match page::cut(desk, rows.len()) {
        Ok(cut) => page::array(desk, &cut, rows),
        Err(refused) => refused,
    }
}

/// One plan of an offering.
pub(super) fn plan(desk: &Desk<'_>, offering: &str, id: &str) -> Answer {
    let body = match (offering, id) {
        _ if offering == IDS.offering && id == IDS.plan => own_plan(desk),
        _ if offering == IDS.parent_offering && id == IDS.parent_plan && desk.is_waldur() => {
            parent_plan(desk)
        }
        _ => return not_found("Plan"),
    };
    Answer::json(200, &page::trim(desk, body))
}

/// `GET /api/configuration/`: the currency stands here, not in the plan.
pub(super) fn configuration(desk: &Desk<'_>) -> Answer {
    let currency = desk.account.inventory.first().map_or("EUR", |offer| offer.currency);
    Answer::json(200, &json!({ "CURRENCY_NAME": currency, "SITE_NAME": "Sandbox", "FEATURES": {} }))
}

/// `GET /api/users/me/`: a real one shows the token here, in clear.
pub(super) fn me(desk: &Desk<'_>) -> Answer {
    let id = "1dfd3a7de7b94f0d940eeb861276298e";
    let body = json!({
        "url": desk.url(&format!("users/{id}")), "uuid": id, "username": "sandbox", "full_name": "Sandbox User",
        "email": "sandbox@example.com", "is_active": true, "token": desk.account.credentials.secret,
        "token_lifetime": null,
    });
    Answer::json(200, &page::trim(desk, body))
}

/// A list of something that is only looked at.
pub(super) fn list(desk: &Desk<'_>, shelf: Shelf) -> Answer {
    answer_list(desk, shelf).unwrap_or_else(|refused| refused)
}

fn answer_list(desk: &Desk<'_>, shelf: Shelf) -> Result<Answer, Answer> {
    let tenant = filter::uuid(desk.request, "tenant_uuid")?;
    let exact = filter::text(desk.request, "name_exact");
    let name = filter::text(desk.request, "name").map(|name| name.to_lowercase());
    let address = filter::text(desk.request, "address").filter(|_| shelf == Shelf::FloatingIps);
    let least = match shelf {
        Shelf::Flavors => Least::asked(desk.request)?,
        _ => Least::default(),
    };
    let has_tenant = !matches!(shelf, Shelf::Projects | Shelf::Customers | Shelf::Tenants | Shelf::Keys);
    let mut rows = rows(desk, shelf);
    rows.retain(|row| {
        let shown = row["name"].as_str().unwrap_or_default();
        (!has_tenant || filter::fits(tenant.as_deref(), IDS.tenant))
            && filter::fits(exact.as_deref(), shown)
            && name.as_ref().is_none_or(|name| shown.to_lowercase().contains(name.as_str()))
            && address.as_deref().is_none_or(|address| row["address"] == address)
            && least.is_met(row)
    });
    if shelf == Shelf::Flavors {
        filter::sort(desk.request, &mut rows);
    }
    let cut = page::cut(desk, rows.len())?;
    let rows = rows.drain(cut.rows.clone()).collect();
    Ok(page::array(desk, &cut, rows))
}

/// One thing that is only looked at.
pub(super) fn item(desk: &Desk<'_>, shelf: Shelf, id: &str) -> Answer {
    match rows(desk, shelf).into_iter().find(|row| row["uuid"] == id) {
        Some(row) => Answer::json(200, &page::trim(desk, row)),
        None => not_found(shelf.noun()),
    }
}

fn rows(desk: &Desk<'_>, shelf: Shelf) -> Vec<Value> {
    let url = |id: &str| desk.url(&format!("{}/{id}", shelf.segment()));
    let settings = desk.url("service-settings/478efd5f47b7457db6975a80d2197b77");
    let tenant = desk.url(&format!("openstack-tenants/{}", IDS.tenant));
    let kept = |kind: &str| desk.account.things.get(kind).into_iter().flatten();
    match shelf {
        Shelf::Projects => vec![json!({
            "url": url(IDS.project), "uuid": IDS.project, "name": PROJECT_NAME, "slug": PROJECT_NAME,
            "customer": desk.url(&format!("customers/{}", IDS.customer)), "customer_uuid": IDS.customer,
            "customer_name": "Sandbox AS", "description": "", "start_date": null, "end_date": null,
            "billing_price_estimate": { "total": 0.0, "current": 0.0, "tax": 0.0, "tax_current": 0.0 },
        })],
        Shelf::Customers => vec![json!({
            "url": url(IDS.customer), "uuid": IDS.customer, "name": "Sandbox AS", "slug": "sandbox-as",
            "blocked": false, "archived": false,
        })],
        Shelf::Tenants => vec![json!({
            "url": url(IDS.tenant), "uuid": IDS.tenant, "name": "sandbox-tenant", "state": "OK",
            "project_uuid": IDS.project,
        })],
        Shelf::Images => {
            let row = |(id, row): (&String, &Value)| {
                json!({
                    "url": url(id), "uuid": id, "name": row["name"], "min_disk": row["min_disk"],
                    "min_ram": row["min_ram"], "settings": settings,
                })
            };
            kept("images").map(row).collect()
        }
        Shelf::Flavors => desk.account.inventory.iter().map(|offer| {
            let (id, disk) = (flavor_id(&offer.id), offer.disk_gib * 1_024);
            let (cores, ram) = (offer.vcpus, offer.memory_mib);
            json!({
                "url": url(&id), "uuid": id, "name": offer.id, "settings": settings, "cores": cores, "ram": ram,
                "disk": disk, "backend_id": format!("flavor-{}", offer.id),
                "display_name": format!("{} ({cores} CPU, {ram} MB RAM, {disk} MB HDD)", offer.id),
            })
        }).collect(),
        Shelf::Subnets => {
            let row = |(id, row): (&String, &Value)| {
                json!({
                    "url": url(id), "uuid": id, "name": row["name"], "description": "", "cidr": row["cidr"],
                    "gateway_ip": null, "is_connected": row["is_connected"], "ip_version": 4, "enable_dhcp": true,
                    "dns_nameservers": [], "state": "OK", "tenant": tenant, "tenant_name": "sandbox-tenant",
                    "project_uuid": IDS.project, "resource_type": "OpenStack.SubNet",
                })
            };
            kept("subnets").map(row).collect()
        }
        Shelf::FloatingIps => kept("floating_ips").filter_map(|(id, row)| floating_body(desk, id, row)).collect(),
        Shelf::SecurityGroups => {
            let id = "c1f5a3e7b9d04c268e0a4f6c8b2d7e93";
            vec![json!({
                "url": url(id), "uuid": id, "name": "default", "description": "", "state": "OK", "tenant": tenant,
                "tenant_uuid": IDS.tenant, "rules": [],
            })]
        }
        Shelf::Keys => kept("keys").map(|(id, row)| key::body(desk, id, row)).collect(),
    }
}

/// A floating address; absent: it went with its machine.
fn floating_body(desk: &Desk<'_>, id: &str, row: &Value) -> Option<Value> {
    let machine = match holder(desk, row) {
        Holder::Gone => return None,
        Holder::Nobody => None,
        Holder::Machine(at) => desk.account.machines.get(at),
    };
    let vm = machine.and_then(Vm::of);
    let instance = vm.as_ref().map(|vm| vm.instance.as_str());
    // A new one has no address before its machine has one.
    let shown = machine.is_none_or(|machine| machine.public_address(desk.now).is_some());
    Some(json!({
        "url": desk.url(&format!("openstack-floating-ips/{id}")), "uuid": id, "name": "", "state": "OK",
        "address": shown.then(|| row["address"].clone()),
        "runtime_state": if machine.is_some() { "ACTIVE" } else { "DOWN" },
        "tenant": desk.url(&format!("openstack-tenants/{}", IDS.tenant)), "tenant_uuid": IDS.tenant,
        "port": machine.map(|_| desk.url(&format!("openstack-ports/{id}"))), "instance_uuid": instance,
        "instance_name": machine.map(|machine| machine.name.as_str()),
        "instance_url": instance.map(|id| desk.url(&format!("openstack-instances/{id}"))),
    }))
}

fn offering_body(desk: &Desk<'_>) -> Value {
    let has_parent = !own_plan_is_listed(desk);
    // A Waldur lists the plans of the parent with an offering that has one, and bills the parent alone.
    let plan = if has_parent { parent_plan(desk) } else { own_plan(desk) };
    let components = if has_parent { json!([]) } else { components() };
    let mut body = json!({
        "url": desk.url(&format!("marketplace-public-offerings/{}", IDS.offering)), "uuid": IDS.offering,
        "name": "Virtual machine in sandbox-tenant", "slug": "vm", "description": "", "terms_of_service": "",
        "type": "OpenStack.Instance", "state": "Active", "shared": false, "billable": !has_parent,
        "customer_uuid": IDS.customer, "customer_name": "Sandbox AS", "project_uuid": IDS.project,
        "category_title": "VMs", "category_uuid": "fa9711d0f71047238d8a3474acc350f6",
        "scope": desk.refer("openstack-tenants", IDS.tenant), "scope_uuid": IDS.tenant, "scope_state": "OK",
        "components": components, "options": {}, "plans": [plan],
        "quotas": [{ "name": "vcpu", "usage": 0, "limit": -1 }, { "name": "ram", "usage": 0, "limit": -1 }],
    });
    if has_parent {
        body["parent_uuid"] = json!(IDS.parent_offering);
        body["parent_name"] = json!("OpenStack tenant");
    }
    body
}

fn parent_body(desk: &Desk<'_>) -> Value {
    json!({
        "url": desk.url(&format!("marketplace-public-offerings/{}", IDS.parent_offering)),
        "uuid": IDS.parent_offering, "name": "OpenStack tenant", "slug": "tenant", "description": "",
        "type": "OpenStack.Tenant", "state": "Active", "shared": true, "billable": true, "scope": null,
        "customer_uuid": IDS.customer, "customer_name": "Sandbox AS", "category_title": "Private clouds",
        "category_uuid": "0d7a2c4e6f81493ba5c7e9d1f3b50a26", "components": [], "options": {},
        "plans": [parent_plan(desk)],
    })
}
