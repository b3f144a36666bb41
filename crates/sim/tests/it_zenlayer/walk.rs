//! From ordered to gone, power, and what stands in the way.

use serde_json::json;
use vmbroker_sim::{FaultKind, Phase};

use crate::support::{ask, ask_with, cloud, create, look, read, refused, step, wish, with};

#[tokio::test(start_paused = true)]
async fn a_machine_goes_from_ordered_to_gone() {
    let cloud = cloud();
    let id = create(&cloud, &wish(&cloud)).remove(0);
    assert!((18..=19).contains(&id.len()));
    assert_eq!(look(&cloud, &id)["instanceStatus"], "PENDING");
    assert_eq!(
        refused(&cloud, "TerminateInstance", &json!({"instanceId": id})),
        (403, "OPERATION_DENIED_INSTANCE_CREATING".into())
    );
    step(&cloud, 4);
    assert_eq!(look(&cloud, &id)["instanceStatus"], "DEPLOYING");
    while look(&cloud, &id)["instanceStatus"] != "RUNNING" {
        step(&cloud, 1);
    }
    assert_eq!(look(&cloud, &id)["publicIpAddresses"], json!([]), "addresses come after running");
    step(&cloud, 10);
    let row = look(&cloud, &id);
    assert!(row["publicIpAddresses"][0].as_str().unwrap().starts_with("203.0.113."));
    assert_eq!(row.as_object().unwrap().len(), 29, "{row}");
    assert_eq!(row["createTime"], "2026-06-01T00:00:00Z");
    assert_eq!(row["tags"], json!({"tags": [{"key": "owner", "value": "me"}]}));
    assert_eq!(
        refused(&cloud, "ReleaseInstances", &json!({"instanceIds": [id]})).1,
        "OPERATION_DENIED_INSTANCE_NOT_RECYCLED"
    );
    ask(&cloud, "TerminateInstance", &json!({"instanceId": id}));
    assert_eq!(look(&cloud, &id)["instanceStatus"], "RECYCLING");
    assert_eq!(
        refused(&cloud, "TerminateInstance", &json!({"instanceId": id})),
        (403, "OPERATION_DENIED_INSTANCE_RECYCLED".into())
    );
    step(&cloud, 13);
    assert_eq!(look(&cloud, &id)["instanceStatus"], "RECYCLE");
    assert_eq!(ask(&cloud, "DescribeInstances", &json!({}))["totalCount"], 1, "the bin is listed");
    assert_eq!(cloud.ledger().open().count(), 0, "the bin costs nothing");
    ask(&cloud, "ReleaseInstances", &json!({"instanceIds": [id]}));
    assert_eq!(look(&cloud, &id)["instanceStatus"], "RELEASING");
    step(&cloud, 13);
    assert_eq!(ask(&cloud, "DescribeInstances", &json!({}))["totalCount"], 0);
    for action in ["DescribeInstances", "DescribeInstancesStatus", "ReleaseInstances"] {
        let answer = refused(&cloud, action, &json!({"instanceIds": [id]}));
        assert_eq!(answer, (404, "INVALID_INSTANCE_NOT_FOUND".into()), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bin_empties_itself_and_a_revert_brings_a_machine_back() {
    let cloud = cloud();
    let ids = create(&cloud, &with(&wish(&cloud), "instanceCount", json!(2)));
    step(&cloud, 120);
    ask(&cloud, "TerminateInstance", &json!({"instanceId": ids[0]}));
    let answer =
        ask_with(&cloud, "TerminateInstance", &json!({"instanceId": ids[1]}), Some(&FaultKind::Revert));
    assert_eq!(answer.status, 200);
    step(&cloud, 13);
    assert_eq!(look(&cloud, &ids[0])["instanceStatus"], "RECYCLE");
    assert_eq!(look(&cloud, &ids[1])["instanceStatus"], "RUNNING");
    step(&cloud, 24 * 3_600);
    assert_eq!(ask(&cloud, "DescribeInstances", &json!({}))["totalCount"], 1);
    assert_eq!(cloud.ledger().entries.len(), 2, "the ledger forgets nothing");
}

#[tokio::test(start_paused = true)]
async fn power_has_its_preconditions() {
    let cloud = cloud();
    let id = create(&cloud, &wish(&cloud)).remove(0);
    let ids = json!({"instanceIds": [id]});
    assert_eq!(refused(&cloud, "StopInstances", &ids).1, "OPERATION_DENIED_INSTANCE_NOT_RUNNING");
    step(&cloud, 120);
    assert_eq!(refused(&cloud, "StartInstances", &ids).1, "OPERATION_DENIED_INSTANCE_NOT_STOPPED");
    for (action, during, after) in [
        ("RebootInstances", "REBOOT", "RUNNING"),
        ("StopInstances", "STOPPING", "STOPPED"),
        ("StartInstances", "BOOTING", "RUNNING"),
    ] {
        ask(&cloud, action, &ids);
        assert_eq!(look(&cloud, &id)["instanceStatus"], during);
        assert_eq!(refused(&cloud, "RebootInstances", &ids).1, "OPERATION_DENIED_INSTANCE_STATUS");
        step(&cloud, 11);
        assert_eq!(look(&cloud, &id)["instanceStatus"], after);
    }
    ask(&cloud, "TerminateInstance", &json!({"instanceId": id}));
    for action in ["StartInstances", "StopInstances", "RebootInstances"] {
        assert_eq!(refused(&cloud, action, &ids).1, "OPERATION_DENIED_INSTANCE_RECYCLED");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_machine_stays_until_it_is_terminated() {
    let cloud = cloud();
    let fault = FaultKind::FailLater("no host".into());
    let answer = ask_with(&cloud, "CreateInstances", &wish(&cloud), Some(&fault));
    let id = read(&answer)["response"]["instanceIdSet"][0].as_str().unwrap().to_owned();
    step(&cloud, 120);
    assert_eq!(look(&cloud, &id)["instanceStatus"], "CREATE_FAILED");
    assert_eq!(cloud.ledger().open().count(), 1);
    ask(&cloud, "TerminateInstance", &json!({"instanceId": id}));
    step(&cloud, 13);
    assert_eq!(cloud.ledger().entries[0].phase, Phase::Gone);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_and_a_commitment_cannot_be_terminated() {
    let cloud = cloud();
    let good = wish(&cloud);
    let prepaid = with(&good, "instanceChargeType", json!("PREPAID"));
    let prepaid = create(&cloud, &with(&prepaid, "instanceChargePrepaid", json!({"period": 2}))).remove(0);
    let promised = create(&cloud, &with(&good, "instanceChargePostpaid", json!({"period": 1}))).remove(0);
    step(&cloud, 120);
    let row = look(&cloud, &prepaid);
    assert_eq!(
        (row["period"].as_i64(), row["expiredTime"].as_str()),
        (Some(2), Some("2026-07-31T00:00:00Z"))
    );
    let terminate = |id: &str| refused(&cloud, "TerminateInstance", &json!({"instanceId": id}));
    assert_eq!(terminate(&prepaid), (403, "OPERATION_DENIED_INSTANCE_SUBSCRIPTION".into()));
    assert_eq!(terminate(&promised), (403, "OPERATION_DENIED_POSTPAID_PROMISE".into()));
    step(&cloud, 31 * 24 * 3_600);
    ask(&cloud, "TerminateInstance", &json!({"instanceId": promised}));
}
