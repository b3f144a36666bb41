//! Orders that wait for a person, and what the person says.

use serde_json::Value;
use vmbroker_sim::{FaultKind, Verdict};

use crate::{Bench, documented_order, instance_path, order_path, resource_path, text, waldur_order};

fn waiting(bench: &Bench, name: &str) -> (String, String) {
    bench.order_at_waldur(name, Some(&FaultKind::AwaitApproval))
}

fn state(bench: &Bench, path: &str) -> String {
    text(&bench.get(path).body["state"])
}

#[test]
fn an_approved_order_goes_on_and_its_machine_is_billed_from_then_on() {
    let bench = Bench::waldur();
    let (order, resource) = waiting(&bench, "one");
    let (other, _) = waiting(&bench, "two");
    bench.step(3_600_000);
    assert_eq!(state(&bench, &order_path(&order)), "pending-consumer");
    assert_eq!((bench.open(), bench.cloud.ledger().total()), (0, "0".parse().unwrap()));
    assert_eq!(bench.cloud.review("one", Verdict::Approve), 1);
    assert_eq!(bench.cloud.review("one", Verdict::Reject), 0, "it was decided already");
    assert_eq!(state(&bench, &order_path(&order)), "executing");
    assert_eq!(state(&bench, &order_path(&other)), "pending-consumer");
    assert_eq!(bench.get(&order_path(&order)).body["resource_uuid"], Value::Null);
    bench.step(120_000);
    let done = bench.get(&order_path(&order)).body;
    assert_eq!(
        (text(&done["state"]), state(&bench, &resource_path(&resource))),
        ("done".into(), "OK".into())
    );
    let instance = bench.get(&instance_path(&text(&done["resource_uuid"]))).body;
    assert_eq!(
        (&instance["runtime_state"], instance["external_ips"][0].is_string()),
        (&"ACTIVE".into(), true)
    );
    assert_eq!((bench.open(), bench.cloud.ledger().total()), (1, "0.2".parse().unwrap()));
}

#[test]
fn a_rejected_order_leaves_a_terminated_row_and_a_cancelled_one_a_row_for_ever() {
    for (verdict, word, row) in
        [(Verdict::Reject, "rejected", "Terminated"), (Verdict::Cancel, "canceled", "Creating")]
    {
        let bench = Bench::waldur();
        let (order, resource) = waiting(&bench, "one");
        assert_eq!(bench.cloud.review("", verdict), 1);
        for _ in 0..2 {
            let ended = bench.get(&order_path(&order)).body;
            assert_eq!((text(&ended["state"]), &ended["error_message"]), (word.to_owned(), &"".into()));
            assert_eq!(state(&bench, &resource_path(&resource)), row);
            assert_eq!(bench.open(), 0);
            bench.step(86_400_000);
        }
        assert_eq!(bench.cloud.ledger().total(), "0".parse().unwrap());
        let listed = bench.get(&format!("/api/marketplace-orders/?state={word}")).body;
        assert_eq!(listed.as_array().map(Vec::len), Some(1));
        // The floating address that was set aside serves the next one.
        assert_eq!(bench.create(&waldur_order("two"), None).status, 201);
        assert_eq!(bench.get("/api/openstack-floating-ips/").body.as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn the_documents_have_one_word_for_every_end_that_is_none() {
    for (verdict, word) in
        [(Verdict::Approve, "Success"), (Verdict::Reject, "Erred"), (Verdict::Cancel, "Erred")]
    {
        let bench = Bench::documented();
        let made = bench.create(&documented_order("one"), Some(&FaultKind::AwaitApproval));
        let order = order_path(&text(&made.body["uuid"]));
        assert_eq!(state(&bench, &order), "Creating");
        assert_eq!(bench.cloud.review("one", verdict), 1);
        bench.step(120_000);
        assert_eq!(state(&bench, &order), word);
        assert_eq!(bench.open(), usize::from(word == "Success"));
    }
}
