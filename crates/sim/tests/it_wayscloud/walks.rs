//! From order to running to gone.

use serde_json::{Value, json};
use vmbroker_sim::WALDUR_IDS;

use crate::{Bench, documented_order, instance_path, order_path, resource_path, text, waldur_order};

#[test]
fn a_waldur_brings_a_machine_from_order_to_running() {
    let bench = Bench::waldur();
    let created = bench.create(&waldur_order("vm-two"), None);
    assert_eq!(created.status, 201);
    let (order, resource) = (text(&created.body["uuid"]), text(&created.body["marketplace_resource_uuid"]));
    assert!(created.header("location").ends_with(&order_path(&order)));
    assert_eq!(created.body["state"], "executing");
    assert_eq!(created.body["resource_uuid"], Value::Null);
    assert_eq!(order.len(), 32);
    assert!(created.body["url"].is_string() && created.body["project"].is_string());

    // The resource is there at once; its instance is not.
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!((&row["state"], &row["scope"]), (&json!("Creating"), &Value::Null));

    bench.step(500);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!(look["state"], "executing");
    assert!(look.get("url").is_none() && look.get("project").is_none(), "a look is another shape");
    let instance = text(&look["resource_uuid"]);
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!((&row["state"], &row["runtime_state"]), (&json!("Creation Scheduled"), &json!("")));
    assert_eq!((&row["internal_ips"], &row["external_ips"]), (&json!([]), &json!([null])));

    // Every machine has its inner address by now, and none runs yet.
    bench.step(44_200);
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!((&row["state"], &row["runtime_state"]), (&json!("Creating"), &json!("")));
    assert_eq!(row["internal_ips"].as_array().map(Vec::len), Some(1));

    // Step by step to the instant at which the machine runs.
    while bench.get(&instance_path(&instance)).body["runtime_state"] != "ACTIVE" {
        bench.step(100);
    }
    bench.step(600);
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!(row["state"], "OK");
    assert_eq!(row["external_ips"], json!([null]));
    assert_eq!(bench.get(&order_path(&order)).body["state"], "executing");
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Creating");

    bench.step(1_500);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["error_message"]), (&json!("done"), &json!("")));
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!(row["state"], "OK");
    assert_eq!(row["backend_metadata"]["runtime_state"], "ACTIVE");
    assert_eq!(row["backend_metadata"]["external_ips"], json!([null]));

    bench.step(8_000);
    let address = bench.cloud.account().machines[0].address.to_string();
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!(row["backend_metadata"]["external_ips"], json!([address]));
    assert_eq!(bench.get(&instance_path(&instance)).body["access_url"], json!([address]));
}

#[test]
fn a_waldur_removes_a_machine_by_a_terminate_order() {
    let bench = Bench::waldur();
    let (_, early) = bench.order_at_waldur("early", None);
    let terminate =
        |resource: &str| bench.post(&format!("{}terminate/", resource_path(resource)), &json!({}));
    let refused = terminate(&early);
    assert_eq!(
        (refused.status, &refused.body["detail"]),
        (409, &json!("Valid states for operation: OK, Erred."))
    );

    let (resource, instance) = bench.running_at_waldur("vm-two");
    let refused = terminate(&resource);
    assert_eq!(refused.status, 409);
    assert_eq!(refused.body["detail"], "Please stop the instance before its removal.");
    assert_eq!(bench.delete(&resource_path(&resource)).status, 405);
    let verb = bench.delete(&instance_path(&instance));
    assert_eq!((verb.status, verb.raw.body.len()), (405, 0));

    let stop = bench.post(&format!("{}stop/", instance_path(&instance)), &json!({}));
    assert_eq!((stop.status, &stop.body["status"]), (202, &json!("stop was scheduled")));
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!((&row["state"], &row["action"]), (&json!("Update Scheduled"), &json!("Stop")));
    assert_eq!(terminate(&resource).status, 409);
    bench.step(11_000);
    assert_eq!(bench.get(&instance_path(&instance)).body["runtime_state"], "SHUTOFF");

    let accepted = terminate(&resource);
    assert_eq!(accepted.status, 200);
    let order = text(&accepted.body["order_uuid"]);
    let twice = terminate(&resource);
    assert_eq!((twice.status, twice.body), (400, json!(["Pending order for resource already exists."])));
    // For a moment the resource knows nothing of it.
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "OK");
    bench.step(1_000);
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!(row["state"], "Terminating");
    assert_eq!(row["order_in_progress"]["uuid"], order.as_str());
    assert_eq!(bench.get(&order_path(&order)).body["state"], "executing");
    assert_eq!(bench.open(), 2);

    bench.step(12_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["resource_uuid"]), (&json!("done"), &Value::Null));
    assert!(look.get("plan_uuid").is_none(), "left out, not null");
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!(
        (&row["state"], &row["backend_metadata"]),
        (&json!("Terminated"), &json!({ "state": "Deleted" }))
    );
    let gone = bench.get(&instance_path(&instance));
    assert_eq!((gone.status, &gone.body["detail"]), (404, &json!("No Instance matches the given query.")));
    let late = terminate(&resource);
    assert_eq!((late.status, &late.body["detail"]), (409, &json!("Valid states for operation: OK, Erred.")));
    // It stays listed for ever.
    assert_eq!(bench.get("/api/marketplace-resources/?name_exact=vm-two").body[0]["state"], "Terminated");
    assert_eq!(bench.open(), 1);
}

#[test]
fn force_destroy_removes_a_machine_that_runs() {
    let bench = Bench::waldur();
    let (resource, _) = bench.running_at_waldur("vm");
    let forced = json!({ "attributes": { "action": "force_destroy" } });
    let accepted = bench.post(&format!("{}terminate/", resource_path(&resource)), &forced);
    assert_eq!(accepted.status, 200);
    bench.step(13_000);
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Terminated");
    assert_eq!(bench.open(), 0);
}

#[test]
fn the_documented_cloud_brings_a_machine_up_and_forgets_it() {
    let bench = Bench::documented();
    let created = bench.create(&documented_order("my-vm"), None);
    assert_eq!(created.status, 201);
    let mut keys: Vec<&String> = created.body.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["created", "offering", "plan", "project", "state", "uuid"]);
    assert_eq!(
        (&created.body["state"], &created.body["plan"]),
        (&json!("Creating"), &json!(WALDUR_IDS.plan))
    );
    let order = text(&created.body["uuid"]);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!(look["attributes"]["name"], "my-vm");
    assert!(look.get("marketplace_resource_uuid").is_none());

    bench.step(2_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!(look["state"], "Creating");
    let resource = text(&look["marketplace_resource_uuid"]);
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Creating");
    assert_eq!(bench.delete(&resource_path(&resource)).status, 409);
    assert_eq!(bench.delete(&order_path(&order)).status, 409);

    bench.step(120_000);
    assert_eq!(bench.get(&order_path(&order)).body["state"], "Success");
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!((&row["state"], &row["runtime_state"]), (&json!("OK"), &json!("active")));
    let address = bench.cloud.account().machines[0].address.to_string();
    assert_eq!(row["backend_metadata"]["external_ips"], json!([address]));
    assert_eq!(bench.get("/api/marketplace-resources/?name=my").body.as_array().map(Vec::len), Some(1));
    let orders = bench.get("/api/marketplace-orders/").body;
    assert_eq!((&orders["count"], &orders["next"]), (&json!(1), &Value::Null));
    assert_eq!(orders["results"][0]["uuid"], order.as_str());

    let gone = bench.delete(&resource_path(&resource));
    assert_eq!((gone.status, gone.raw.body.len()), (204, 0));
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Terminating");
    assert_eq!(bench.delete(&resource_path(&resource)).status, 409);
    assert_eq!(bench.open(), 1);
    bench.step(13_000);
    assert_eq!(bench.get(&resource_path(&resource)).status, 404);
    assert_eq!(bench.delete(&resource_path(&resource)).status, 404);
    assert_eq!(bench.get("/api/marketplace-resources/").body, json!([]));
    assert_eq!(bench.open(), 0);
}

#[test]
fn switching_on_and_off_needs_the_right_state() {
    let bench = Bench::waldur();
    let (_, instance) = bench.running_at_waldur("vm");
    let power = |verb: &str| {
        let reply = bench.post(&format!("{}{verb}/", instance_path(&instance)), &json!({}));
        (reply.status, text(&reply.body["detail"]))
    };
    assert_eq!(power("start"), (409, "Instance is already active.".to_owned()));
    assert_eq!(power("stop").0, 202);
    assert_eq!(power("stop"), (409, "Valid states for operation: OK.".to_owned()));
    bench.step(11_000);
    assert_eq!(power("stop"), (409, "Instance is already stopped.".to_owned()));
    assert_eq!(power("restart"), (409, "Please start instance first.".to_owned()));
    assert_eq!(power("start").0, 202);
    bench.step(11_000);
    assert_eq!(bench.get(&instance_path(&instance)).body["runtime_state"], "ACTIVE");
    assert_eq!(power("restart").0, 202);

    let bench = Bench::documented();
    let order = text(&bench.create(&documented_order("vm"), None).body["uuid"]);
    bench.step(120_000);
    let resource = text(&bench.get(&order_path(&order)).body["marketplace_resource_uuid"]);
    let stop = format!("{}actions/stop/", resource_path(&resource));
    assert_eq!(bench.post(&stop, &json!({})).status, 202);
    assert_eq!(bench.post(&stop, &json!({})).status, 400);
    bench.step(11_000);
    assert_eq!(bench.get(&resource_path(&resource)).body["runtime_state"], "shutoff");
}

#[test]
fn a_new_name_is_the_resources_alone() {
    let bench = Bench::waldur();
    let (resource, instance) = bench.running_at_waldur("vm");
    let renamed =
        bench.call_with("PATCH", &resource_path(&resource), Some(&json!({ "name": "other" })), None);
    assert_eq!(renamed.body, json!({ "name": "other", "description": "", "end_date": null }));
    assert_eq!(bench.get(&resource_path(&resource)).body["name"], "other");
    assert_eq!(bench.get(&instance_path(&instance)).body["name"], "vm");
}
