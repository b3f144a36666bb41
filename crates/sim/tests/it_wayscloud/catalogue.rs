//! What can be looked up.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vmbroker_sim::WALDUR_IDS;

use crate::{Bench, KEY, order_path, text, waldur_order};

#[test]
fn the_catalogue_holds_the_fixed_ids() {
    for bench in [Bench::waldur(), Bench::documented()] {
        for (name, id) in WALDUR_IDS.images {
            let row = bench.get(&format!("/api/openstack-images/{id}/")).body;
            assert_eq!((&row["name"], &row["min_disk"]), (&json!(name), &json!(10_240)));
        }
        let images = bench.get(&format!("/api/openstack-images/?tenant_uuid={}", WALDUR_IDS.tenant));
        assert_eq!(images.header("x-result-count"), "3");
        assert_eq!(
            bench.get(&format!("/api/openstack-images/?tenant_uuid={}", WALDUR_IDS.plan)).body,
            json!([])
        );
        for (name, id) in WALDUR_IDS.flavors {
            let row = bench.get(&format!("/api/openstack-flavors/{id}/")).body;
            assert_eq!(row["name"], name);
            assert!(row["ram"].as_u64().unwrap() >= 2_048);
        }
        let subnets = bench.get("/api/openstack-subnets/").body;
        assert_eq!(subnets.as_array().unwrap().len(), 2);
        let address = bench.get("/api/openstack-floating-ips/").body;
        assert_eq!(
            (&address[0]["uuid"], &address[0]["port"]),
            (&json!(WALDUR_IDS.floating_ip), &Value::Null)
        );
        assert_eq!(bench.get("/api/projects/").body[0]["uuid"], WALDUR_IDS.project);
        let secret = bench.cloud.account().credentials.secret.clone();
        assert_eq!(bench.get("/api/users/me/").body["token"], secret);
        assert_eq!(bench.get("/api/openstack-images/1/").status, 404);
    }
}

#[test]
fn a_plan_costs_what_its_flavors_cost() {
    let bench = Bench::waldur();
    let path =
        format!("/api/marketplace-public-offerings/{}/plans/{}/", WALDUR_IDS.offering, WALDUR_IDS.plan);
    for dearer in [0, 50, 7] {
        bench.cloud.account().dearer_percent = dearer;
        let plan = bench.get(&path).body;
        assert_eq!((&plan["unit"], &plan["unit_price"]), (&json!("day"), &json!("0.0000000000")));
        let price = |kind: &str| -> Decimal { plan["prices"][kind].to_string().parse().unwrap() };
        let account = bench.cloud.account();
        for offer in &account.inventory {
            let gib = Decimal::from(offer.memory_mib / 1_024);
            let sum = price("cores") * Decimal::from(offer.vcpus) + price("ram") * gib;
            assert_eq!(sum, account.price(offer), "{}", offer.id);
        }
    }
    assert_eq!(bench.get("/api/configuration/").body["CURRENCY_NAME"], "EUR");
}

#[test]
fn limits_make_the_cost_of_an_order_and_the_lines_of_its_bill() {
    let bench = Bench::waldur();
    let limited = |limits: Value| {
        let mut order = waldur_order("vm");
        order["limits"] = limits;
        bench.create(&order, None)
    };
    // What came with a tenant has no components of its own.
    assert_eq!(limited(json!({ "ram": 4 })).body, json!({ "limits": ["Invalid types: ram"] }));
    bench.cloud.account().shelf("settings").insert("own_plan".to_owned(), json!(1));
    let offering = bench.get(&format!("/api/marketplace-public-offerings/{}/", WALDUR_IDS.offering)).body;
    assert_eq!(offering["plans"][0]["uuid"], WALDUR_IDS.plan);
    assert_eq!((&offering["billable"], &offering["parent_uuid"]), (&json!(true), &Value::Null));
    assert_eq!(limited(json!({ "gpu": 1 })).body, json!({ "limits": ["Invalid types: gpu"] }));
    let wrong = limited(json!({ "ram": "4" })).body;
    assert_eq!(wrong, json!({ "limits": { "ram": ["A valid integer is required."] } }));
    assert_eq!(limited(json!([])).status, 400);
    bench.cloud.account().dearer_percent = 7;
    let made = limited(json!({ "cores": 2, "ram": 3 }));
    assert_eq!((made.status, &made.body["limits"]), (201, &json!({ "cores": 2, "ram": 3 })));
    assert_eq!((&made.body["cost"], &made.body["plan_unit"]), (&json!("0.3745000000"), &json!("day")));
    // Two lines, each rounded up to the cent.
    assert_eq!(bench.cloud.ledger().total(), "0.39".parse().unwrap());
}

#[test]
fn a_waldur_lists_the_parents_plan_with_its_offering() {
    let path = format!("/api/marketplace-public-offerings/{}/", WALDUR_IDS.offering);
    let offering = Bench::waldur().get(&path).body;
    assert_eq!(offering["parent_uuid"], WALDUR_IDS.parent_offering);
    assert_eq!(offering["plans"][0]["uuid"], WALDUR_IDS.parent_plan);
    assert_eq!(offering["scope_uuid"], WALDUR_IDS.tenant);
    let offering = Bench::documented().get(&path).body;
    assert_eq!(offering["plans"][0]["uuid"], WALDUR_IDS.plan);
}

#[test]
fn keys_are_found_made_and_unique_by_name() {
    let bench = Bench::waldur();
    let wish = json!({ "name": "alice-key", "public_key": KEY });
    let made = bench.post("/api/keys/", &wish);
    assert_eq!(made.status, 201);
    assert_eq!(made.body["fingerprint_sha256"], "SHA256:wOvKMEZogOTWWTuHBwC6+0M1gaYqO1zeexQ/SRPRl7Q");
    let again = bench.post("/api/keys/", &wish);
    assert_eq!((again.status, again.body), (400, json!({ "name": ["This field must be unique."] })));
    assert_eq!(bench.post("/api/keys/", &json!({ "name": "x", "public_key": "ssh-rsa x" })).status, 400);
    assert_eq!(bench.get("/api/keys/").body[0]["public_key"], KEY);
    let mut order = waldur_order("vm");
    order["attributes"]["ssh_public_key"] = made.body["url"].clone();
    assert_eq!(bench.create(&order, None).status, 201);
}

#[test]
fn a_free_floating_address_is_taken_first_and_goes_with_its_machine() {
    let bench = Bench::waldur();
    let addresses = || bench.get("/api/openstack-floating-ips/").body.as_array().unwrap().clone();
    let (resource, instance) = bench.running_at_waldur("vm");
    assert_eq!(addresses().len(), 1);
    assert_eq!(addresses()[0]["instance_uuid"], instance.as_str());
    assert_eq!(addresses()[0]["address"], "198.51.100.77");

    // A given one that is taken is told like one that is unknown.
    let mut order = waldur_order("other");
    order["attributes"]["floating_ips"][0]["url"] =
        json!(format!("/api/openstack-floating-ips/{}/", WALDUR_IDS.floating_ip));
    let taken = bench.create(&order, None);
    assert_eq!(taken.body, json!({ "floating_ips": [["Invalid hyperlink - Object does not exist."]] }));

    let (order, _) = bench.order_at_waldur("third", None);
    assert_eq!(addresses().len(), 2);
    assert!(addresses().iter().any(|row| row["address"].is_null()), "the new one is not made yet");
    bench.step(120_000);
    assert_eq!(text(&bench.get(&order_path(&order)).body["state"]), "done");

    let wish = json!({ "attributes": { "action": "force_destroy", "release_floating_ips": false } });
    assert_eq!(bench.post(&format!("/api/marketplace-resources/{resource}/terminate/"), &wish).status, 200);
    bench.step(13_000);
    assert!(addresses().iter().any(|row| row["uuid"] == WALDUR_IDS.floating_ip && row["port"].is_null()));
}

#[test]
fn flavors_are_found_by_the_least_that_they_must_have_and_sorted_as_asked() {
    let bench = Bench::waldur();
    let names = |query: &str| -> Vec<String> {
        let rows = bench.get(&format!("/api/openstack-flavors/?{query}")).body;
        rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("cores__gte=2&ram__gte=8192"), ["m1.large", "m1.xlarge"]);
    assert_eq!(names("cores__gte=3&o=-cores,ram"), ["m1.xlarge", "m1.large"]);
    assert_eq!(names("o=cores,ram,disk").len(), 4);
    assert_eq!(names("ram__gte=1000000"), [""; 0]);
    assert_eq!(bench.get("/api/openstack-flavors/?cores__gte=two").status, 400);
    // The key is one of flavors: elsewhere it is unknown, and ignored.
    assert_eq!(bench.get("/api/openstack-images/?ram__gte=two").header("x-result-count"), "3");
    let free = bench.get("/api/openstack-floating-ips/").body[0]["address"].as_str().unwrap().to_owned();
    let count = |address: &str| {
        let answer = bench.get(&format!("/api/openstack-floating-ips/?address={address}"));
        answer.header("x-result-count").to_owned()
    };
    assert_eq!((count(&free).as_str(), count("192.0.2.1").as_str()), ("1", "0"));
}

#[test]
fn resources_and_offerings_are_found_by_what_they_are_called_and_lead_to() {
    let bench = Bench::waldur();
    let offerings = |name: &str| {
        bench
            .get(&format!("/api/marketplace-public-offerings/?name_exact={name}"))
            .header("x-result-count")
            .to_owned()
    };
    assert_eq!(offerings("Virtual%20machine%20in%20sandbox-tenant"), "1");
    assert_eq!(offerings("Virtual%20machine"), "0");
    for name in ["one", "two"] {
        assert_eq!(bench.post("/api/marketplace-orders/", &waldur_order(name)).status, 201);
    }
    bench.clock.step(std::time::Duration::from_secs(300));
    let resources = |query: &str| {
        bench.get(&format!("/api/marketplace-resources/?{query}")).body.as_array().unwrap().clone()
    };
    let all = resources("");
    assert_eq!(all.len(), 2);
    for row in &all {
        let found = resources(&format!("scope={}", text(&row["scope"])));
        assert_eq!((found.len(), &found[0]["uuid"]), (1, &row["uuid"]));
    }
    assert_eq!(resources(&format!("scope=http://elsewhere/api/projects/{}/", WALDUR_IDS.project)).len(), 0);
    assert_eq!(resources("project_name=sandbox").len(), 2);
    assert_eq!(resources("project_name=sand").len(), 0);
}
