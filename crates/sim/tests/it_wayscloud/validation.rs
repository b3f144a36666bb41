//! What is wrong with an order.

use serde_json::{Value, json};
use vmbroker_sim::WALDUR_IDS;

use crate::{Bench, KEY, documented_order, waldur_order};

const NO_MATCH: &str = "Invalid hyperlink - No URL match.";
const WRONG_MATCH: &str = "Invalid hyperlink - Incorrect URL match.";
const NO_OBJECT: &str = "Invalid hyperlink - Object does not exist.";
const ZERO: &str = "00000000000000000000000000000000";

/// An order with one value changed, or taken out where the new one is absent.
fn with(mut order: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = order.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    order
}

#[test]
fn a_waldur_complains_in_its_own_words() {
    let bench = Bench::waldur();
    let link = |path: &str| Some(json!(format!("/api/{path}/")));
    let subnet = json!(format!("/api/openstack-subnets/{}/", WALDUR_IDS.subnet));
    let rows: Vec<(&str, Option<Value>, Value)> = vec![
        ("/project", Some(json!(WALDUR_IDS.project)), json!({ "project": [NO_MATCH] })),
        ("/project", link(&format!("projects/{ZERO}")), json!({ "project": [NO_OBJECT] })),
        (
            "/project",
            Some(json!(format!("/api/projects/{}", WALDUR_IDS.project))),
            json!({ "project": [NO_MATCH] }),
        ),
        ("/project", None, json!({ "project": ["This field is required."] })),
        (
            "/offering",
            link(&format!("marketplace-provider-offerings/{}", WALDUR_IDS.offering)),
            json!({ "offering": [WRONG_MATCH] }),
        ),
        ("/plan", link(&format!("marketplace-plans/{}", WALDUR_IDS.plan)), json!({ "plan": [WRONG_MATCH] })),
        (
            "/plan",
            link(&format!(
                "marketplace-public-offerings/{}/plans/{}",
                WALDUR_IDS.parent_offering, WALDUR_IDS.parent_plan
            )),
            json!({ "plan": ["This plan is not available for selected offering."] }),
        ),
        ("/attributes/name", None, json!({ "name": ["This field is required."] })),
        ("/attributes/name", Some(json!("")), json!({ "name": ["This field may not be blank."] })),
        ("/attributes/image", link(&format!("openstack-images/{ZERO}")), json!({ "image": [NO_OBJECT] })),
        (
            "/attributes/flavor",
            Some(json!(12)),
            json!({ "flavor": ["Incorrect type. Expected URL string, received int."] }),
        ),
        ("/attributes/ssh_public_key", Some(json!(KEY)), json!({ "ssh_public_key": [NO_MATCH] })),
        (
            "/attributes/system_volume_size",
            None,
            json!({ "system_volume_size": ["This field is required."] }),
        ),
        (
            "/attributes/system_volume_size",
            Some(json!(512)),
            json!({ "system_volume_size": ["Ensure this value is greater than or equal to 1024."] }),
        ),
        (
            "/attributes/system_volume_size",
            Some(json!(10_000)),
            json!({ "system_volume_size": ["System volume size has to be greater than 10240 MiB"] }),
        ),
        ("/attributes/ports", None, json!({ "ports": ["This field is required."] })),
        (
            "/attributes/ports",
            Some(json!([])),
            json!({ "non_field_errors": ["Please specify at least one network."] }),
        ),
        (
            "/attributes/ports",
            Some(json!([{ "subnet": WALDUR_IDS.subnet }])),
            json!({ "ports": [{ "subnet": [NO_MATCH] }] }),
        ),
        (
            "/attributes/floating_ips",
            Some(json!([{}])),
            json!({ "floating_ips": [{ "subnet": ["This field is required."] }] }),
        ),
        (
            "/attributes/floating_ips",
            Some(json!([{ "subnet": subnet, "url": format!("/api/openstack-floating-ips/{ZERO}/") }])),
            json!({ "floating_ips": [[NO_OBJECT]] }),
        ),
    ];
    for (pointer, value, wanted) in rows {
        let reply = bench.create(&with(waldur_order("vm"), pointer, value), None);
        assert_eq!((reply.status, reply.body), (400, wanted), "{pointer}");
    }
    let bad = bench.create(&waldur_order("bad name!!"), None);
    assert_eq!(bad.status, 400);
    assert!(bad.body["name"]["name"].as_str().unwrap().starts_with("'bad name!!' not a valid PQDN or FQDN."));
    assert!(bench.cloud.ledger().entries.is_empty());
}

#[test]
fn only_creates_with_attributes_are_ordered() {
    let bench = Bench::waldur();
    for (pointer, value, wanted) in [
        ("/attributes", Value::Null, json!({ "attributes": ["This field may not be null."] })),
        ("/type", json!("Terminate"), json!({ "type": ["\"Terminate\" is not a valid choice."] })),
    ] {
        let reply = bench.create(&with(waldur_order("vm"), pointer, Some(value)), None);
        assert_eq!((reply.status, reply.body), (400, wanted), "{pointer}");
    }
}

#[test]
fn what_the_documents_say_is_wrong_at_a_waldur_in_three_ways() {
    let bench = Bench::waldur();
    let reply = bench.create(&documented_order("vm"), None);
    let wanted = json!({ "offering": [NO_MATCH], "plan": [NO_MATCH], "project": [NO_MATCH] });
    assert_eq!((reply.status, reply.body), (400, wanted));
    let attributes = documented_order("vm")["attributes"].clone();
    let reply = bench.create(&with(waldur_order("vm"), "/attributes", Some(attributes)), None);
    let wanted = json!({
        "ssh_public_key": [NO_MATCH], "image": [NO_MATCH], "flavor": [NO_MATCH],
        "system_volume_size": ["This field is required."], "ports": ["This field is required."],
    });
    assert_eq!((reply.status, reply.body), (400, wanted));
    let reply = bench.create(&json!({}), None);
    let wanted = json!({ "offering": ["This field is required."], "project": ["This field is required."] });
    assert_eq!((reply.status, reply.body), (400, wanted));
}

#[test]
fn some_bad_orders_end_in_an_internal_error_and_leave_nothing() {
    let bench = Bench::waldur();
    for (pointer, value) in [
        ("/attributes", None),
        ("/attributes", Some(json!([1]))),
        ("/attributes/name", Some(json!("n".repeat(151)))),
    ] {
        let reply = bench.create(&with(waldur_order("vm"), pointer, value), None);
        assert!(reply.status == 500 && reply.is_page(), "{pointer}");
    }
    assert!(bench.cloud.ledger().entries.is_empty());
}

#[test]
fn a_waldur_takes_any_host_dashes_and_what_it_does_not_know() {
    let bench = Bench::waldur();
    let project = WALDUR_IDS.project;
    let dashed = format!(
        "{}-{}-{}-{}-{}",
        &project[..8],
        &project[8..12],
        &project[12..16],
        &project[16..20],
        &project[20..]
    );
    let rows = [
        ("/project", Some(json!(format!("https://api.wayscloud.services/api/projects/{project}/")))),
        ("/project", Some(json!(format!("/api/projects/{dashed}/")))),
        ("/plan", None),
        ("/nonsense", Some(json!(1))),
        ("/attributes/nonsense", Some(json!("kept"))),
        ("/attributes/networks", Some(json!([{ "subnet": ZERO, "floating_ip": "auto" }]))),
        ("/attributes/floating_ips", None),
    ];
    for (pointer, value) in rows {
        let reply = bench.create(&with(waldur_order("vm"), pointer, value), None);
        assert_eq!(reply.status, 201, "{pointer}: {}", reply.body);
        if pointer == "/attributes/nonsense" {
            assert_eq!(reply.body["attributes"]["nonsense"], "kept");
        }
        if pointer == "/plan" {
            assert_eq!((&reply.body["plan"], &reply.body["cost"]), (&Value::Null, &Value::Null));
            assert!(reply.body.get("plan_uuid").is_none());
        }
    }
}

#[test]
fn the_documented_cloud_refuses_what_the_documents_do_not_name() {
    let bench = Bench::documented();
    let rows = [
        ("/project", Some(json!(format!("/api/projects/{}/", WALDUR_IDS.project))), "project"),
        ("/project", Some(json!(ZERO)), "project"),
        ("/plan", None, "plan"),
        ("/nonsense", Some(json!(1)), "nonsense"),
        ("/attributes", None, "attributes"),
        ("/attributes/nonsense", Some(json!(1)), "nonsense"),
        ("/attributes/system_volume_size", Some(json!(10_240)), "system_volume_size"),
        ("/attributes/name", Some(json!("bad name")), "name"),
        ("/attributes/ssh_public_key", None, "ssh_public_key"),
        ("/attributes/ssh_public_key", Some(json!("/api/keys/1/")), "ssh_public_key"),
        ("/attributes/image", Some(json!(ZERO)), "image"),
        ("/attributes/flavor", None, "flavor"),
        ("/attributes/networks", None, "networks"),
        ("/attributes/networks", Some(json!([])), "networks"),
        ("/attributes/networks", Some(json!([{ "subnet": ZERO }])), "networks"),
        (
            "/attributes/networks",
            Some(json!([{ "subnet": WALDUR_IDS.subnet, "floating_ip": ZERO }])),
            "networks",
        ),
    ];
    for (pointer, value, field) in rows {
        let reply = bench.create(&with(documented_order("vm"), pointer, value), None);
        assert_eq!(reply.status, 400, "{pointer}");
        assert!(reply.body.get(field).is_some(), "{pointer}: {}", reply.body);
    }
    assert!(bench.cloud.ledger().entries.is_empty());
    let none = json!([{ "subnet": WALDUR_IDS.subnet, "floating_ip": "none" }]);
    assert_eq!(
        bench.create(&with(documented_order("vm"), "/attributes/networks", Some(none)), None).status,
        201
    );
}
