//! The rules of a create.

use serde_json::{Value, json};

use vmbroker_sim::Cloud;

use crate::support::{ask, cloud, create, refused, wish, with};

/// Rows of a wish and the status and code that it is refused with; nothing is made.
fn check(cloud: &Cloud, rows: Vec<(Value, u16, &str)>) {
    for (wish, status, wanted) in rows {
        assert_eq!(refused(cloud, "CreateInstances", &wish), (status, wanted.to_owned()), "{wish}");
    }
    assert!(cloud.account().machines.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_or_has_the_wrong_shape_is_refused() {
    let cloud = cloud();
    let good = wish(&cloud);
    let paris = ask(&cloud, "DescribeSubnets", &json!({"zoneId": "PAR-A"}));
    let old = ask(&cloud, "DescribeImages", &json!({"zoneId": "SEL-A", "imageStatus": "UNAVAILABLE"}));
    let rows = vec![
        (with(&good, "zoneID", json!("x")), 400, "INVALID_PARAMETER_VALUE"),
        (with(&good, "systemDisk", json!({"diskId": "1"})), 400, "INVALID_PARAMETER_VALUE"),
        (with(&good, "subnetId", Value::Null), 400, "MISSING_PARAMETER"),
        (with(&good, "instanceCount", json!("1")), 400, "INVALID_PARAMETER_TYPE"),
        (with(&good, "instanceCount", json!(0)), 400, "INVALID_PARAMETER_LESS_MINIMUM"),
        (with(&good, "instanceCount", json!(101)), 400, "INVALID_PARAMETER_EXCEED_MAXIMUM"),
        (with(&good, "zoneId", json!("XXX-A")), 404, "INVALID_ZONE_NOT_FOUND"),
        (with(&good, "instanceType", json!("z.9c9g")), 404, "INVALID_INSTANCE_TYPE_NOT_FOUND"),
        (with(&good, "imageId", json!("img-none")), 404, "INVALID_IMAGE_NOT_FOUND"),
        (with(&good, "imageId", old["dataSet"][0]["imageId"].clone()), 404, "INVALID_IMAGE_NOT_FOUND"),
        (with(&good, "zoneId", json!("PAR-A")), 404, "INVALID_IMAGE_NOT_FOUND"),
        (with(&good, "subnetId", json!("1")), 404, "INVALID_SUBNET_NOT_FOUND"),
        (
            with(&good, "subnetId", paris["dataSet"][0]["subnetId"].clone()),
            403,
            "OPERATION_DENIED_SUBNET_ZONE_MISMATCH",
        ),
    ];
    check(&cloud, rows);
}

#[tokio::test(start_paused = true)]
async fn charges_bandwidth_and_names_keep_their_limits() {
    let cloud = cloud();
    let good = wish(&cloud);
    let rows = vec![
        (with(&good, "instanceChargeType", json!("HOURLY")), 400, "INVALID_PARAMETER_VALUE"),
        (with(&good, "instanceChargeType", json!("PREPAID")), 400, "MISSING_PARAMETER"),
        (with(&good, "instanceChargePostpaid", json!({"period": 0})), 400, "INVALID_PARAMETER_LESS_MINIMUM"),
        (
            with(&good, "internetChargeType", json!("BandwidthCluster")),
            400,
            "OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT",
        ),
        (with(&good, "trafficPackageSize", json!(1.0)), 400, "INVALID_PARAMETER_VALUE"),
        (with(&good, "internetMaxBandwidthOut", json!(0)), 400, "INVALID_PARAMETER_LESS_MINIMUM"),
        (with(&good, "internetMaxBandwidthOut", json!(501)), 400, "INVALID_BANDWIDTH_VALUE_EXCEED_MAXIMUM"),
        (with(&good, "instanceName", json!("a_b")), 400, "INVALID_PARAMETER_PATTERN_ERROR"),
        (with(&good, "instanceName", json!("a".repeat(65))), 400, "INVALID_PARAMETER_EXCEED_LENGTH"),
    ];
    check(&cloud, rows);
}

#[tokio::test(start_paused = true)]
async fn exactly_one_way_to_log_in_is_taken() {
    let cloud = cloud();
    let good = wish(&cloud);
    let windows = ask(&cloud, "DescribeImages", &json!({"zoneId": "SEL-A", "category": "Windows"}));
    let windows = &windows["dataSet"][0]["imageId"];
    let key = ask(&cloud, "DescribeKeyPairs", &json!({}))["dataSet"][0]["keyId"].clone();
    let rows = vec![
        (with(&good, "password", json!("weak")), 400, "INVALID_PASSWORD_MALFORMED"),
        (with(&good, "password", Value::Null), 400, "MISSING_PARAMETER"),
        (with(&good, "keyId", key.clone()), 400, "INVALID_PARAMETER_INSTANCE_LOGIN_CONFLICT"),
        (
            with(&with(&good, "password", Value::Null), "keyId", json!("key-none")),
            404,
            "INVALID_KEY_PAIR_NOT_FOUND",
        ),
        (
            with(&with(&with(&good, "password", Value::Null), "keyId", key), "imageId", windows.clone()),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
    ];
    check(&cloud, rows);
}

#[tokio::test(start_paused = true)]
async fn disks_scripts_tags_and_networks_keep_their_rules() {
    let cloud = cloud();
    let good = wish(&cloud);
    let tag = |key: &str| json!({"key": key, "value": "v"});
    let rows = vec![
        (with(&good, "systemDisk", json!({"diskSize": 25})), 400, "INVALID_SYSTEM_DISK_SIZE"),
        (with(&good, "systemDisk", json!({"diskSize": 10})), 400, "INVALID_SYSTEM_DISK_SIZE"),
        (
            with(&good, "systemDisk", json!({"diskSize": 20, "diskCategory": "TAPE"})),
            400,
            "INVALID_DISK_ZONE_NO_SELL",
        ),
        (
            with(
                &good,
                "dataDisks",
                json!([{"diskSize": 20, "diskAmount": 6}, {"diskSize": 40, "diskAmount": 5}]),
            ),
            400,
            "INVALID_PARAMETER_EXCEED_LENGTH",
        ),
        (with(&good, "initScript", json!("x".repeat(32_769))), 400, "INVALID_PARAMETER_EXCEED_LENGTH"),
        (with(&good, "tags", json!([tag("a")])), 400, "INVALID_PARAMETER_TYPE"),
        (with(&good, "tags", json!({"tags": [tag("a"), tag("a")]})), 400, "INVALID_PARAMETER_VALUE"),
        (
            with(&good, "tags", json!({"tags": [tag(&"a".repeat(65))]})),
            400,
            "INVALID_PARAMETER_EXCEED_LENGTH",
        ),
        (with(&good, "startCidrIpv4", json!("192.0.2.1")), 400, "MISSING_PARAMETER"),
        (with(&good, "cidrBlockId", json!("1")), 404, "OPERATION_DENIED_IPV4_CIDR_NOT_FOUND"),
        (with(&good, "resourceGroupId", json!("1")), 404, "OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND"),
        (with(&good, "securityGroupId", json!("1")), 404, "INVALID_SECURITY_GROUP_NOT_FOUND"),
        (with(&good, "nic", json!({"wanName": "Eth0"})), 400, "INVALID_PARAMETER_PATTERN_ERROR"),
        (with(&good, "enableIpv6", json!(true)), 400, "INVALID_PARAMETER_VALUE"),
    ];
    check(&cloud, rows);
}

#[tokio::test(start_paused = true)]
async fn the_largest_allowed_wish_is_accepted() {
    let cloud = cloud();
    let good = wish(&cloud);
    let ok = with(&good, "initScript", json!("x".repeat(32_768)));
    let ok = with(&ok, "dataDisks", json!([{"diskSize": 20, "diskAmount": 9}, {"diskSize": 40}]));
    let response = ask(&cloud, "CreateInstances", &with(&ok, "instanceCount", Value::Null));
    assert_eq!(response["instanceIdSet"].as_array().unwrap().len(), 1, "absent counts as one");
    assert_eq!(response["instances"][0]["diskIdSet"].as_array().unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn stock_and_quota_end() {
    let cloud = cloud();
    let good = wish(&cloud);
    for offer in &mut cloud.account().inventory {
        offer.capacity = 2;
    }
    let sold_out = (400, "RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT".to_owned());
    assert_eq!(refused(&cloud, "CreateInstances", &with(&good, "instanceCount", json!(3))), sold_out);
    create(&cloud, &with(&good, "instanceCount", json!(2)));
    assert_eq!(refused(&cloud, "CreateInstances", &good), sold_out);
    cloud.account().profile.quota = 2;
    let other = with(&good, "instanceType", json!("c.2c4g"));
    assert_eq!(
        refused(&cloud, "CreateInstances", &other),
        (403, "OPERATION_DENIED_INSTANCE_QUOTA_EXCEED".to_owned())
    );
}
