use serde_json::{Value, json};

use super::*;

/// What a running Waldur 7.0.7 answered, cut to the keys that matter.
const ANSWERS: &str = include_str!("../../tests/fixtures/waldur.json");

fn answer<T: serde::de::DeserializeOwned>(key: &str) -> T {
    let all: Value = serde_json::from_str(ANSWERS).unwrap();
    serde_json::from_str(&all[key].to_string()).unwrap()
}

#[test]
fn the_documented_answer_round_trips_field_by_field() {
    let document = json!({
        "uuid": "order_uuid_value",
        "project": "project_uuid_value",
        "offering": "offering_uuid_value",
        "plan": "plan_uuid_value",
        "created": "2025-03-15T11:00:00Z",
        "state": "Creating"
    });
    let order: Order = serde_json::from_str(&document.to_string()).unwrap();
    assert_eq!(order.id(), Some("order_uuid_value"));
    assert_eq!(serde_json::to_value(&order).unwrap(), document);
}

#[test]
fn orders_of_a_running_waldur_decode() {
    let created: Order = answer("order_created");
    assert_eq!(created.id(), Some("68308972a32c419a956a63aae54d0c7a"));
    assert_eq!(created.marketplace_resource_uuid.as_deref(), Some("515bc48013264b6d844314c18b45cd2e"));
    assert_eq!((created.resource_uuid.as_deref(), created.state.as_deref()), (None, Some("executing")));
    assert!(created.creates() && !created.terminates());
    assert_eq!(created.machine_name(), Some("vm-two"));
    let executing: Order = answer("order_executing");
    assert_eq!(executing.resource_uuid.as_deref(), Some("8c729defbfc4413396528d9262d92f06"));
    let done: Order = answer("order_done");
    assert_eq!(done.state.as_deref(), Some("done"));
    let erred: Order = answer("order_erred");
    assert!(erred.error_message.unwrap().starts_with("No valid host was found."));
    let silent: Order = answer("order_erred_without_text");
    assert_eq!(silent.error_message.as_deref(), Some(""));
    let ended: Order = answer("order_terminate_done");
    assert!(ended.terminates() && ended.resource_uuid.is_none() && ended.plan.is_none());
    let without_plan: Order = answer("order_without_plan");
    assert!(without_plan.plan.is_none() && without_plan.id().is_some());
    let placed: Order = answer("terminate");
    assert_eq!(placed.id(), Some("4faef2d249e24261a2785d48751cf014"));
    let pending: Page<Order> = answer("orders_pending");
    let pending = pending.rows.into_iter().next().unwrap().0.unwrap();
    assert_eq!(pending.state.as_deref(), Some("pending-consumer"));
}

#[test]
fn resources_of_a_running_waldur_decode() {
    let new: Resource = answer("resource_creating");
    assert_eq!(new.backend_metadata, Some(Metadata::default()));
    assert_eq!(new.machine(), Some("8c729defbfc4413396528d9262d92f06"));
    let allocating: Resource = answer("resource_allocating");
    assert!(allocating.backend_metadata.unwrap().external_ips.is_empty());
    let ok: Resource = answer("resource_ok");
    assert_eq!(ok.runtime(), Some("ACTIVE"));
    let metadata = ok.backend_metadata.clone().unwrap();
    assert_eq!(
        (metadata.external_ips[0].as_str(), metadata.internal_ips[0].as_str()),
        ("203.0.113.132", "192.168.42.72")
    );
    assert_eq!(ok.attributes.unwrap().system_volume_size, Some(10_240));
    let erred: Resource = answer("resource_erred");
    assert_eq!((erred.state.as_deref(), erred.runtime()), (Some("Erred"), Some("")));
    let ended: Resource = answer("resource_terminated");
    assert!(ended.scope.is_none() && ended.machine().is_none() && ended.runtime().is_none());
    assert_eq!(ended.backend_metadata.unwrap().state.as_deref(), Some("Deleted"));
    for key in ["resource_built", "resource_terminating", "resource_reverted"] {
        assert!(answer::<Resource>(key).id().is_some(), "{key}");
    }
    // A machine's own record has the same keys where we read them.
    let machine: Metadata = answer("instance_ok");
    assert_eq!((machine.state.as_deref(), machine.runtime_state.as_deref()), (Some("OK"), Some("ACTIVE")));
    let new: Metadata = answer("instance_new");
    assert!(new.external_ips.is_empty() && new.runtime_state.as_deref() == Some(""));
}

#[test]
fn the_catalogue_of_a_running_waldur_decodes() {
    let offering: Offering = answer("offering");
    assert_eq!(offering.scope_uuid.as_deref(), Some("749f8eb6bb2c4f08978711ba7bfa12e9"));
    assert!(offering.plans[0].url.as_deref().unwrap().contains("/46c9a049ce82458e92cc991e128c1463/plans/"));
    let images: Page<Image> = answer("images");
    assert_eq!(images.rows[0].0.as_ref().unwrap().min_disk, Some(10_240));
    let flavors: Page<Flavor> = answer("flavors");
    let flavor = flavors.rows[0].0.as_ref().unwrap();
    assert_eq!((flavor.cores, flavor.ram, flavor.disk), (Some(2), Some(4_096), Some(20_480)));
    let subnets: Page<Subnet> = answer("subnets");
    assert_eq!(subnets.rows[0].0.as_ref().unwrap().is_connected.as_deref(), Some("true"));
    let keys: Page<Key> = answer("key_list");
    assert!(keys.rows[0].0.as_ref().unwrap().public_key.as_deref().unwrap().starts_with("ssh-ed25519 "));
}

#[test]
fn numbers_come_as_numbers_texts_or_not_at_all() {
    let rows = [
        (json!(2048), Some(2_048)),
        (json!(2048.0), Some(2_048)),
        (json!("2048"), Some(2_048)),
        (json!("2048.0000"), Some(2_048)),
        (json!(-1), None),
        (json!(1e300), None),
        (json!("many"), None),
        (json!(null), None),
        (json!([1]), None),
    ];
    for (given, read) in rows {
        let flavor: Flavor = serde_json::from_value(json!({ "ram": given })).unwrap();
        assert_eq!(flavor.ram, read, "{given}");
    }
}

#[test]
fn a_field_of_the_wrong_type_is_absent_and_its_row_stays() {
    let text = r#"[{"uuid":"a","state":{"x":[1]},"name":7,"backend_metadata":"no","attributes":[]},
        null, 5, "row", [], {"uuid":"b","backend_metadata":{"external_ips":[null,"::1",[],9],"internal_ips":"x"}}]"#;
    let page: Page<Resource> = serde_json::from_str(text).unwrap();
    assert_eq!(page.rows.iter().filter(|row| row.0.is_some()).count(), 2);
    assert_eq!(page.rows.len(), 6);
    let first = page.rows[0].0.as_ref().unwrap();
    assert_eq!((first.state.as_deref(), first.name.as_deref()), (None, Some("7")));
    let metadata = page.rows[5].0.as_ref().unwrap().backend_metadata.as_ref().unwrap();
    assert_eq!(metadata.external_ips, ["::1", "9"]);
}

#[test]
fn a_list_comes_bare_or_in_an_envelope_and_nothing_else_is_one() {
    let page: Page<Order> = serde_json::from_str(
        r#"{"next":"http://x/?page=2","previous":null,"count":3,"results":[{"uuid":"a"}]}"#,
    )
    .unwrap();
    assert_eq!((page.rows.len(), page.count, page.next.as_deref()), (1, Some(3), Some("http://x/?page=2")));
    for wrong in [r#"{"detail":"x"}"#, "null", r#""x""#, "1", "[", r#"{"results":5}"#] {
        assert!(serde_json::from_str::<Page<Order>>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_order_is_an_object_and_its_id_fits_a_path() {
    let row: Row<Order> = serde_json::from_str(r#"["abc"]"#).unwrap();
    assert!(row.0.is_none());
    for wrong in ["", "../x", "a/b", "a?b", "a b", "."] {
        let order = Order { uuid: Some(wrong.into()), ..Order::default() };
        assert_eq!(order.id(), None, "{wrong}");
    }
    assert!(same_uuid("68308972-A32C-419A-956A-63AAE54D0C7A", "68308972a32c419a956a63aae54d0c7a"));
    assert_eq!(last_segment("https://w/api/openstack-flavors/abc/"), "abc");
    assert_eq!(last_segment("abc"), "abc");
}
