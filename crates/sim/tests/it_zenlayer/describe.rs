//! Lists, looks and their traps.

use std::collections::HashSet;

use serde_json::json;
use vmbroker_sim::FaultKind;

use crate::support::{ask, ask_with, cloud, create, look, read, refused, step, wish, with};

#[tokio::test(start_paused = true)]
async fn a_hundred_ids_give_twenty_rows_and_one_unknown_id_fails_them_all() {
    let cloud = cloud();
    let ids = create(&cloud, &with(&wish(&cloud), "instanceCount", json!(100)));
    for action in ["DescribeInstances", "DescribeInstancesStatus"] {
        let found = ask(&cloud, action, &json!({"instanceIds": ids}));
        assert_eq!(found["totalCount"], 100);
        assert_eq!(found["dataSet"].as_array().unwrap().len(), 20, "{action}");
        let found = ask(&cloud, action, &json!({"instanceIds": ids, "pageSize": 100}));
        assert_eq!(found["dataSet"].as_array().unwrap().len(), 100);
        let mut one_bad = ids.clone();
        one_bad[40] = "1234567890123456789".to_owned();
        assert_eq!(
            refused(&cloud, action, &json!({"instanceIds": one_bad, "pageSize": 100})),
            (404, "INVALID_INSTANCE_NOT_FOUND".into())
        );
        let mut too_many = ids.clone();
        too_many.push("1".to_owned());
        assert_eq!(
            refused(&cloud, action, &json!({"instanceIds": too_many})).1,
            "INVALID_PARAMETER_EXCEED_LENGTH"
        );
    }
    assert_eq!(
        refused(&cloud, "DescribeInstances", &json!({"pageSize": 1_001})).1,
        "INVALID_PARAMETER_EXCEED_MAXIMUM"
    );
    cloud.account().profile.page_cap = Some(7);
    let mut seen = HashSet::new();
    for number in 1..=15 {
        let page = ask(&cloud, "DescribeInstances", &json!({"pageSize": 1_000, "pageNum": number}));
        let rows = page["dataSet"].as_array().unwrap().clone();
        assert_eq!(rows.len(), if number == 15 { 2 } else { 7 });
        seen.extend(rows.iter().map(|row| row["instanceId"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_hidden_machine_is_unknown_until_it_shows() {
    let cloud = cloud();
    let answer = ask_with(&cloud, "CreateInstances", &wish(&cloud), Some(&FaultKind::Hide(30)));
    let id = read(&answer)["response"]["instanceIdSet"][0].as_str().unwrap().to_owned();
    assert_eq!(ask(&cloud, "DescribeInstances", &json!({}))["totalCount"], 0);
    let look_status = json!({"instanceIds": [id]});
    assert_eq!(refused(&cloud, "DescribeInstancesStatus", &look_status).1, "INVALID_INSTANCE_NOT_FOUND");
    step(&cloud, 31);
    assert_eq!(look(&cloud, &id)["instanceStatus"], "DEPLOYING");
}

#[tokio::test(start_paused = true)]
async fn filters_find_what_they_name() {
    let cloud = cloud();
    let base = wish(&cloud);
    create(&cloud, &with(&base, "instanceName", json!("web-1")));
    create(
        &cloud,
        &with(
            &with(&base, "instanceName", json!("web-10")),
            "tags",
            json!({"tags": [{"key": "owner", "value": "you"}]}),
        ),
    );
    step(&cloud, 120);
    for (filter, wanted) in [
        (json!({"instanceName": "web-1"}), 1),
        (json!({"instanceName": "web-1*"}), 2),
        (json!({"instanceName": "web"}), 0),
        (json!({"tags": [{"key": "owner", "value": "you"}]}), 1),
        (json!({"tagKeys": ["owner"]}), 2),
        (json!({"tagKeys": ["nothing"]}), 0),
        (json!({"instanceStatus": "RUNNING", "zoneId": "SEL-A"}), 2),
        (json!({"instanceStatus": "STOPPED"}), 0),
        (json!({"zoneId": "PAR-A"}), 0),
        (json!({"imageId": base["imageId"], "subnetId": base["subnetId"]}), 2),
        (json!({"publicIpAddresses": ["192.0.2.1"]}), 0),
    ] {
        assert_eq!(ask(&cloud, "DescribeInstances", &filter)["totalCount"], wanted, "{filter}");
    }
    let bad = json!({"tags": {"tags": []}});
    assert_eq!(refused(&cloud, "DescribeInstances", &bad).1, "INVALID_PARAMETER_TYPE", "here it is an array");
}
