//! What goes wrong inside the cloud.

use serde_json::{Value, json};
use vmbroker_sim::{FaultKind, Phase, Refusal};

use crate::{Bench, documented_order, instance_path, order_path, resource_path, text, waldur_order};

#[test]
fn a_failed_order_leaves_a_machine_that_is_billed_until_it_is_terminated() {
    let bench = Bench::waldur();
    let why = "No valid host was found. There are not enough hosts available.";
    let (order, resource) = bench.order_at_waldur("vm", Some(&FaultKind::FailLater(why.to_owned())));
    assert_eq!(bench.get(&order_path(&order)).body["error_message"], "", "told only at the end");
    bench.step(60_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["error_message"]), (&json!("erred"), &json!(why)));
    let instance = text(&look["resource_uuid"]);
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Erred");
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!((&row["state"], &row["error_message"]), (&json!("Erred"), &json!(why)));
    assert_eq!(bench.open(), 1);

    let accepted = bench.post(&format!("{}terminate/", resource_path(&resource)), &json!({}));
    assert_eq!(accepted.status, 200);
    bench.step(13_000);
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Terminated");
    assert_eq!(bench.open(), 0);
}

#[test]
fn an_order_that_lost_a_race_for_quota_has_no_instance() {
    let bench = Bench::waldur();
    let why =
        "{'non_field_errors': [ErrorDetail(string='One or more quotas were exceeded', code='invalid')]}";
    let (order, resource) = bench.order_at_waldur("vm", Some(&FaultKind::FailLater(why.to_owned())));
    bench.step(60_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["resource_uuid"]), (&json!("erred"), &Value::Null));
    assert_eq!(look["error_message"], why);
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!((&row["state"], &row["scope"]), (&json!("Erred"), &Value::Null));
}

#[test]
fn a_machine_that_was_built_and_failed_says_so() {
    let bench = Bench::waldur();
    let why = "Instance (PK: 29) runtime state become erred: ERROR".to_owned();
    let (_, resource) = bench.order_at_waldur("vm", Some(&FaultKind::FailLater(why)));
    bench.step(60_000);
    assert_eq!(bench.get(&resource_path(&resource)).body["backend_metadata"]["runtime_state"], "ERROR");
}

#[test]
fn an_order_that_waits_for_approval_can_be_taken_back_and_leaves_a_row_that_costs_nothing() {
    let bench = Bench::waldur();
    let (order, resource) = bench.order_at_waldur("vm", Some(&FaultKind::AwaitApproval));
    bench.step(86_400_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["resource_uuid"]), (&json!("pending-consumer"), &Value::Null));
    assert!(look.get("consumer_reviewed_by").is_none());
    assert_eq!(
        bench.get("/api/marketplace-orders/?state=pending-consumer").body.as_array().unwrap().len(),
        1
    );
    assert_eq!(bench.post(&format!("{}approve_by_consumer/", order_path(&order)), &json!({})).status, 403);
    assert_eq!(bench.post(&format!("{}cancel/", order_path(&order)), &json!({})).status, 405);
    assert_eq!(bench.open(), 0);

    assert_eq!(bench.delete(&order_path(&order)).status, 204);
    assert_eq!(bench.get(&order_path(&order)).status, 404);
    bench.step(1_000);
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!((&row["state"], &row["scope"]), (&json!("Creating"), &Value::Null));
    assert_eq!(bench.cloud.ledger().entries[0].phase, Phase::Gone);

    let (order, _) = bench.order_at_waldur("other", None);
    let refused = bench.delete(&order_path(&order));
    assert_eq!(refused.status, 409);
    assert_eq!(refused.body["detail"], "Valid states for operation: pending-consumer, pending-provider.");
}

#[test]
fn a_stuck_order_executes_for_hours_and_is_then_erred() {
    let bench = Bench::waldur();
    let (order, resource) = bench.order_at_waldur("vm", Some(&FaultKind::Stuck));
    bench.step(2 * 3_600_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["resource_uuid"]), (&json!("executing"), &Value::Null));
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Creating");
    bench.step(3_600_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!(
        (&look["state"], &look["error_message"]),
        (&json!("erred"), &json!("Provisioning has timed out."))
    );
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Erred");
}

#[test]
fn a_removal_that_fails_brings_the_resource_back_without_a_word() {
    let bench = Bench::waldur();
    let (resource, instance) = bench.running_at_waldur("vm");
    let path = format!("{}terminate/", resource_path(&resource));
    let forced = json!({ "attributes": { "action": "force_destroy" } });
    let accepted = bench.call_with("POST", &path, Some(&forced), Some(&FaultKind::Revert));
    let order = text(&accepted.body["order_uuid"]);
    bench.step(5_000);
    assert_eq!(bench.get(&resource_path(&resource)).body["state"], "Terminating");
    bench.step(8_000);
    let look = bench.get(&order_path(&order)).body;
    assert_eq!((&look["state"], &look["error_message"]), (&json!("erred"), &json!("")));
    let row = bench.get(&resource_path(&resource)).body;
    assert_eq!(row["state"], "OK");
    let row = bench.get(&instance_path(&instance)).body;
    assert_eq!((&row["state"], &row["runtime_state"]), (&json!("Erred"), &json!("ACTIVE")));
    assert_eq!(bench.open(), 1);
    // It may be tried again, and an instance in error need not be stopped.
    assert_eq!(bench.post(&path, &json!({})).status, 200);
    bench.step(13_000);
    assert_eq!(bench.open(), 0);
}

#[test]
fn the_documented_cloud_fails_and_reverts_in_its_own_words() {
    let bench = Bench::documented();
    let failed = bench.create(&documented_order("vm"), Some(&FaultKind::FailLater("no host".to_owned())));
    bench.step(60_000);
    let look = bench.get(&order_path(&text(&failed.body["uuid"]))).body;
    assert_eq!(look["state"], "Erred");
    let path = resource_path(&text(&look["marketplace_resource_uuid"]));
    assert_eq!(bench.get(&path).body["state"], "Erred");
    assert_eq!(bench.call_with("DELETE", &path, None, Some(&FaultKind::Revert)).status, 204);
    bench.step(13_000);
    assert_eq!((&bench.get(&path).body["state"], bench.open()), (&json!("Erred"), 1));
    assert_eq!(bench.delete(&path).status, 204);
    bench.step(13_000);
    assert_eq!(bench.open(), 0);

    let waiting = bench.create(&documented_order("vm"), Some(&FaultKind::AwaitApproval));
    let order = order_path(&text(&waiting.body["uuid"]));
    bench.step(3_600_000);
    assert_eq!(bench.get(&order).body["state"], "Creating");
    assert_eq!(bench.delete(&order).status, 204);
    assert_eq!(bench.get(&order).status, 404);
    assert_eq!(bench.get("/api/marketplace-resources/").body, json!([]));
}

#[test]
fn a_late_create_shows_nowhere_before_it_is_applied() {
    let bench = Bench::waldur();
    let (order, resource) = bench.order_at_waldur("vm", Some(&FaultKind::ApplyLate(30)));
    assert_eq!(bench.get(&order_path(&order)).status, 404);
    assert_eq!(bench.get(&resource_path(&resource)).status, 404);
    assert_eq!(bench.get("/api/marketplace-resources/").body, json!([]));
    assert_eq!(bench.get("/api/marketplace-orders/").body, json!([]));
    bench.step(31_000);
    assert_eq!(bench.get("/api/marketplace-resources/?name_exact=vm").body[0]["uuid"], resource.as_str());
    bench.step(120_000);
    assert_eq!(bench.get(&order_path(&order)).body["state"], "done");

    let (order, _) = bench.order_at_waldur("hidden", Some(&FaultKind::Hide(20)));
    assert_eq!(bench.get(&order_path(&order)).status, 404);
    assert_eq!(bench.open(), 2, "hidden, and billed");
    bench.step(21_000);
    assert_eq!(bench.get(&order_path(&order)).status, 200);
}

#[test]
fn only_five_machines_are_built_at_a_time() {
    let bench = Bench::waldur();
    let orders: Vec<String> = (0..8).map(|at| bench.order_at_waldur(&format!("vm-{at}"), None).0).collect();
    bench.step(65_000);
    let state = |order: &String| text(&bench.get(&order_path(order)).body["state"]);
    let done = orders.iter().filter(|order| state(order) == "done").count();
    assert_eq!(done, 5);
    let waiting = text(&bench.get(&order_path(&orders[7])).body["resource_uuid"]);
    let word = text(&bench.get(&instance_path(&waiting)).body["state"]);
    assert!(["Creation Scheduled", "Creating"].contains(&word.as_str()), "{word}");
    bench.step(65_000);
    assert!(orders.iter().all(|order| state(order) == "done"));

    let bench = Bench::waldur();
    bench.cloud.account().shelf("settings").insert("provisioning_limit".to_owned(), json!(100));
    let orders: Vec<String> = (0..8).map(|at| bench.order_at_waldur(&format!("vm-{at}"), None).0).collect();
    bench.step(65_000);
    assert!(orders.iter().all(|order| bench.get(&order_path(order)).body["state"] == "done"));
}

#[test]
fn the_same_order_twice_is_two_machines() {
    let bench = Bench::waldur();
    let first = bench.order_at_waldur("vm", None);
    let second = bench.order_at_waldur("vm", None);
    assert!(first.0 != second.0 && first.1 != second.1);
    assert_eq!(bench.get("/api/marketplace-resources/?name_exact=vm").body.as_array().unwrap().len(), 2);
    assert_eq!(bench.open(), 2);
}

#[test]
fn refusals_have_a_waldurs_shapes() {
    let bench = Bench::waldur();
    let rows = [
        (Refusal::SoldOut, 400, "non_field_errors"),
        (Refusal::Quota, 400, "non_field_errors"),
        (Refusal::Funds, 402, "detail"),
        (Refusal::Credentials, 401, "detail"),
        (Refusal::Permission, 403, "detail"),
        (Refusal::Incompatible, 400, "image"),
    ];
    for (refusal, status, key) in rows {
        let answer = bench.face.refusal(refusal);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, status, "{refusal:?}");
        assert!(body.get(key).is_some(), "{refusal:?}: {body}");
    }
    for (refusal, status) in [(Refusal::Internal, 500), (Refusal::Unavailable, 503)] {
        let answer = bench.face.refusal(refusal);
        assert_eq!((answer.status, answer.content_type), (status, "text/html; charset=utf-8"));
    }
    assert_eq!(bench.face.throttled().status, 429);
    assert!(serde_json::from_slice::<Value>(&bench.face.throttled().body).is_err());

    for offer in &mut bench.cloud.account().inventory {
        offer.capacity = 0;
    }
    assert_eq!(bench.create(&waldur_order("vm"), None).status, 400);
    assert!(bench.cloud.ledger().entries.is_empty());
}
