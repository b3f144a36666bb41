//! The documents' own JSON through the wire structs and back, and what does not keep to the documents.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::request::CreateInstances;

/// Decodes, encodes, and compares: only what is listed may be missing afterwards, each by its JSON pointer. A null and
/// an absent field are the same.
fn round_trip<T: DeserializeOwned + Serialize>(mut given: Value, not_read: &[&str]) {
    let read: T = serde_json::from_value(given.clone()).unwrap();
    let mut back = serde_json::to_value(read).unwrap();
    for pointer in not_read {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = given.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        assert!(parent.remove(key).is_some(), "{pointer} is not there to be tolerated");
    }
    for side in [&mut given, &mut back] {
        without_nothing(side);
    }
    assert_eq!(back, given);
}

/// Takes out null, `[]` and `{"tags": []}`: the documents write each of them for "nothing".
fn without_nothing(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(without_nothing);
            map.retain(|_, it| !it.is_null() && *it != json!([]) && *it != json!({}));
        }
        Value::Array(list) => list.iter_mut().for_each(without_nothing),
        _ => {}
    }
}

fn envelope(response: Value) -> Value {
    json!({ "requestId": "T05992D0C-3B0A-4D2B-8A47-0E3BB1F2A1C5", "response": response })
}

#[test]
fn the_documented_create_request_round_trips() {
    let example = json!({
        "zoneId": "SEL-A", "instanceType": "c.1c2g", "imageId": "img-yKK4q6XybymPgfx7ynUUqC3N8",
        "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth"
    });
    round_trip::<CreateInstances>(example, &[]);
}

#[test]
fn every_documented_create_parameter_round_trips() {
    let all = json!({
        "zoneId": "SEL-A", "imageId": "img-1", "instanceType": "c.1c2g", "instanceName": "web",
        "password": "Abcdef1!", "keyId": "key-1", "resourceGroupId": "r-1",
        "instanceChargeType": "PREPAID", "instanceChargePrepaid": { "period": 3 },
        "instanceChargePostpaid": { "period": 2 }, "internetChargeType": "ByTrafficPackage",
        "trafficPackageSize": 1.5, "internetMaxBandwidthOut": 10, "instanceCount": 1,
        "systemDisk": { "diskSize": 40, "diskCategory": "SSD" },
        "dataDisks": [{ "diskSize": 100, "diskAmount": 2, "diskCategory": "SSD" }],
        "subnetId": "914782535395847474", "enableIpv4": true, "enableIpv6": false, "cpuPassThrough": true,
        "initScript": "#!/bin/sh\n", "networkMode": "Virtio", "diskPreAllocated": false,
        "nic": { "wanName": "wan0", "lanName": "lan0" }, "securityGroupId": "sg-1", "clusterId": "c-1",
        "cidrBlockId": "cidr-1", "startCidrIpv4": "192.0.2.1",
        "marketingOptions": { "discountCode": "X", "usePocVoucher": true },
        "tags": { "tags": [{ "key": "owner", "value": "web" }] }
    });
    assert_eq!(all.as_object().unwrap().len(), 30);
    round_trip::<CreateInstances>(all, &[]);
}

#[test]
fn the_documented_create_answer_round_trips() {
    let given = envelope(json!({
        "requestId": "T05992D0C-3B0A-4D2B-8A47-0E3BB1F2A1C5", "orderNumber": "2026112100001",
        "instanceIdSet": ["1234567890123456789"],
        "instances": [{ "instanceId": "1234567890123456789", "diskIdSet": [] }]
    }));
    // The inner request id repeats the outer one; no action takes an order's number; ids are taken from
    // `instanceIdSet` alone.
    let not_read = ["/response/requestId", "/response/orderNumber", "/response/instances"];
    round_trip::<Envelope<Created>>(given, &not_read);
}

#[test]
fn the_documented_refusal_round_trips() {
    let given = json!({
        "requestId": "T67723B59-0A63-4D62-8CC3-8A7B3E3C3DB5", "code": "INVALID_ZONE_NOT_FOUND",
        "message": "The specified zoneId `SEL--A` is not found"
    });
    round_trip::<Envelope<Created>>(given, &[]);
}

pub(crate) fn whole_instance() -> Value {
    json!({
        "instanceId": "1234567890123456789", "zoneId": "FRA-A", "instanceName": "web", "instanceType": "c.4c8g",
        "cpuCount": 4, "memory": 8, "imageId": "img-1", "imageName": "Ubuntu 22.04",
        "instanceChargeType": "PREPAID", "internetMaxBandwidthOut": 10, "internetChargeType": "ByBandwidth",
        "period": 1, "publicIpAddresses": ["203.0.113.7"], "publicIpv6Addresses": ["2001:db8::7"],
        "privateIpAddresses": ["10.0.0.7"], "subnetId": "914782535395847474",
        "createTime": "2026-11-21T08:00:00Z", "expiredTime": "2026-12-21T08:00:00Z",
        "resourceGroupId": "r-1", "resourceGroupName": "default", "instanceStatus": "RUNNING",
        "trafficPackageSize": 1.5, "securityGroupIds": ["sg-1", "sg-2"],
        "systemDisk": { "diskId": "d-1", "diskSize": 40, "diskCategory": "SSD" },
        "dataDisks": [{ "diskId": "d-2", "diskName": "data", "diskSize": 100, "portable": false, "diskCategory": "SSD" }],
        "autoRenew": true, "keyId": "key-1", "nic": { "wanName": "eth0", "lanName": "eth1" },
        "tags": { "tags": [{ "key": "role", "value": "web" }] }
    })
}

#[test]
fn every_documented_field_of_an_instance_round_trips() {
    let whole = whole_instance();
    assert_eq!(whole.as_object().unwrap().len(), 29);
    let second = json!({ "instanceId": "2", "period": null, "keyId": null, "expiredTime": null, "tags": { "tags": [] } });
    let page = envelope(json!({ "totalCount": 2, "dataSet": [whole, second] }));
    round_trip::<Envelope<Page<InstanceInfo>>>(page, &[]);
}

#[test]
fn the_other_documented_answers_round_trip() {
    let page = |row: Value| envelope(json!({ "totalCount": 1, "dataSet": [row] }));
    round_trip::<Envelope<Page<StatusInfo>>>(
        page(json!({ "instanceId": "1", "instanceStatus": "RECYCLE" })),
        &[],
    );
    let zones = envelope(json!({ "zoneSet": [{
        "zoneId": "FRA-A", "zoneName": "Frankfurt", "supportSecurityGroup": true, "supportNetworkType": "VPC",
        "supportIpv6": true, "supportCpuPassThrough": false, "networkLineType": "BGP"
    }] }));
    // Nothing that we order depends on these two.
    let unread = ["/response/zoneSet/0/supportNetworkType", "/response/zoneSet/0/networkLineType"];
    round_trip::<Envelope<ZoneSet>>(zones, &unread);
    let models = envelope(json!({ "instanceTypeQuotaSet": [{
        "zoneId": "FRA-A", "instanceType": "c.4c8g", "instanceTypeName": "Compute Optimized 4C8G", "cpuCount": 4,
        "memory": 8, "internetMaxBandwidthOutLimit": 1500, "frequency": "2.5 GHz",
        "internetChargeTypes": ["ByBandwidth", "ByTrafficPackage"]
    }] }));
    round_trip::<Envelope<ModelSet>>(models, &[]);
    let image = page(json!({
        "imageId": "img-1", "imageName": "Ubuntu 22.04", "imageType": "PUBLIC_IMAGE", "imageSize": 30,
        "imageDescription": null, "imageVersion": "22.04", "imageStatus": "AVAILABLE", "category": "Ubuntu",
        "osType": "linux"
    }));
    round_trip::<Envelope<Page<ImageInfo>>>(image, &["/response/dataSet/0/imageDescription"]);
    let subnet = page(json!({
        "subnetId": "914782535395847474", "zoneId": "FRA-A", "subnetStatus": "Available", "isDefault": true
    }));
    round_trip::<Envelope<Page<SubnetInfo>>>(subnet, &[]);
    let key = page(json!({ "keyId": "key-1", "keyName": "me", "publicKey": "ssh-ed25519 AAAA" }));
    round_trip::<Envelope<Page<KeyPairInfo>>>(key, &[]);
}

fn read(text: &str) -> InstanceInfo {
    let Row(row) = serde_json::from_str::<Row<InstanceInfo>>(text).unwrap();
    row.unwrap()
}

#[test]
fn numbers_may_be_text_and_whole_numbers_may_have_a_point() {
    let info = read(
        r#"{"instanceId": 7, "cpuCount": "4", "memory": 8.0, "period": "x", "internetMaxBandwidthOut": -1,
            "trafficPackageSize": "1.5", "autoRenew": "TRUE", "publicIpAddresses": "203.0.113.7"}"#,
    );
    assert_eq!(info.instance_id.as_deref(), Some("7"));
    assert_eq!((info.cpu_count, info.memory, info.period), (Some(4), Some(8), None));
    assert_eq!(info.internet_max_bandwidth_out, Some(-1));
    assert_eq!(info.traffic_package_size.map(|size| size.to_string()).as_deref(), Some("1.5"));
    assert_eq!(info.auto_renew, Some(true));
    assert_eq!(info.public_ip_addresses, ["203.0.113.7"]);
    for (text, wanted) in [("1e30", None), ("1.5", None), ("18446744073709551615", None), ("true", None)] {
        assert_eq!(read(&format!(r#"{{"cpuCount": {text}}}"#)).cpu_count, wanted, "{text}");
    }
}

#[test]
fn a_field_of_the_wrong_kind_is_absent_and_sinks_nothing() {
    let kinds =
        ["null", "true", "-1", "1.5", "\"\\u001b[31m\"", "[]", "{}", "[[1]]", "{\"a\":[{}]}", "[null,1,{}]"];
    for field in whole_instance().as_object().unwrap().keys() {
        for kind in kinds {
            let text = format!(r#"{{"totalCount": 1, "dataSet": [{{"{field}": {kind}}}]}}"#);
            let page: Page<InstanceInfo> = serde_json::from_str(&text).unwrap();
            assert_eq!(page.data_set.unwrap().len(), 1, "{text}");
        }
    }
}

#[test]
fn a_row_that_is_no_object_is_counted_and_empty() {
    let text =
        r#"{"totalCount": 6, "dataSet": [null, 1, "x", true, [{}], {"instanceId": "1", "new": [1, {}]}]}"#;
    let page: Page<InstanceInfo> = serde_json::from_str(text).unwrap();
    let rows = page.data_set.unwrap();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.iter().filter(|row| row.0.is_some()).count(), 1);
}

#[test]
fn tags_are_read_from_both_documented_shapes() {
    for tags in [r#"{"tags": [{"key": "a", "value": "b"}]}"#, r#"[{"key": "a", "value": "b"}]"#] {
        let info = read(&format!(r#"{{"tags": {tags}}}"#));
        assert_eq!(info.tags.0.len(), 1);
        assert_eq!(info.tags.0[0].key.as_deref(), Some("a"));
    }
}
