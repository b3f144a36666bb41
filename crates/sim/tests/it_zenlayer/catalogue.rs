//! What there is, what it costs, and keys.

use serde_json::{Value, json};

use crate::support::{ask, cloud, refused, wish, with};

#[tokio::test(start_paused = true)]
async fn the_price_that_is_asked_is_the_price_of_the_ledger() {
    let cloud = cloud();
    let mut body = wish(&cloud);
    body["systemDisk"] = json!({"diskSize": 20});
    for name in ["subnetId", "password", "instanceName", "tags"] {
        body.as_object_mut().unwrap().remove(name);
    }
    let price = ask(&cloud, "InquiryPriceCreateInstance", &body);
    assert_eq!(price["instancePrice"]["unitPrice"], 0.012);
    assert_eq!(price["instancePrice"]["chargeUnit"], "HOUR");
    assert_eq!(price["instancePrice"]["originalPrice"], Value::Null);
    assert_eq!(price["systemDiskPrice"]["discountUnitPrice"], 0.0016);
    assert_eq!(price["eipPrice"]["discountUnitPrice"], 0.003);
    assert_eq!(price["bandwidthPrice"][0]["discountUnitPrice"], 0.0004);
    cloud.account().dearer_percent = 10;
    let price = ask(&cloud, "InquiryPriceCreateInstance", &body);
    assert_eq!(price["instancePrice"]["discountUnitPrice"], 0.0132);
    let prepaid = with(&body, "instanceChargeType", json!("PREPAID"));
    let prepaid = with(&prepaid, "instanceChargePrepaid", json!({"period": 2}));
    let price = ask(&cloud, "InquiryPriceCreateInstance", &prepaid);
    assert_eq!(price["instancePrice"]["originalPrice"], 19.008);
    assert_eq!(price["instancePrice"]["discountPrice"], 18.0576);
    assert_eq!(price["instancePrice"]["discount"], 95);
    assert_eq!(price["instancePrice"]["unitPrice"], Value::Null);
    let disks =
        json!([{"diskSize": 10}, {"diskSize": 10, "diskAmount": 2}, {"diskSize": 10, "diskCategory": "SSD"}]);
    let price = ask(&cloud, "InquiryPriceCreateInstance", &with(&prepaid, "dataDisks", disks));
    assert_eq!(price["dataDiskPrices"].as_array().unwrap().len(), 2, "merged by size and kind");
    assert_eq!(price["dataDiskPrices"][0]["diskAmount"], 3);
    assert_eq!(price["dataDiskPrice"]["originalPrice"], 6.1776);
    let package = with(&body, "internetChargeType", json!("ByTrafficPackage"));
    let price = ask(&cloud, "InquiryPriceCreateInstance", &package);
    assert_eq!(price["bandwidthPrice"][0]["excessAmountUnit"], "GB");
    assert_eq!(
        refused(&cloud, "InquiryPriceCreateInstance", &with(&body, "systemDisk", Value::Null)).1,
        "MISSING_PARAMETER"
    );
    let rows = [
        ("instanceCount", Value::Null, "MISSING_PARAMETER"),
        ("zoneId", json!("XYZ-A"), "INVALID_ZONE_NOT_FOUND"),
        ("instanceType", json!("c.0c0g"), "INVALID_INSTANCE_TYPE_NOT_FOUND"),
        ("systemDisk", json!({"diskSize": 25}), "INVALID_SYSTEM_DISK_SIZE"),
        ("systemDisk", json!({"diskSize": 20, "diskCategory": "TAPE"}), "INVALID_DISK_ZONE_NO_SELL"),
        ("subnetId", json!("1"), "INVALID_PARAMETER_VALUE"),
    ];
    for (field, value, code) in rows {
        let wrong = with(&body, field, value);
        assert_eq!(refused(&cloud, "InquiryPriceCreateInstance", &wrong).1, code, "{field}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_says_what_can_be_had() {
    let cloud = cloud();
    let zones = ask(&cloud, "DescribeZones", &json!({}));
    assert_eq!(zones["zoneSet"].as_array().unwrap().len(), 4);
    assert_eq!(zones["zoneSet"][1]["zoneName"], "Paris");
    let models = ask(&cloud, "DescribeZoneInstanceConfigInfos", &json!({"instanceChargeType": "POSTPAID"}));
    assert_eq!(models["instanceTypeQuotaSet"].as_array().unwrap().len(), 16);
    assert_eq!(refused(&cloud, "DescribeZoneInstanceConfigInfos", &json!({})).1, "MISSING_PARAMETER");
    assert_eq!(refused(&cloud, "DescribeImages", &json!({})).1, "MISSING_PARAMETER");
    let images = ask(&cloud, "DescribeImages", &json!({"zoneId": "FRA-A", "pageSize": 3}));
    assert_eq!((images["totalCount"].as_i64(), images["dataSet"].as_array().unwrap().len()), (Some(8), 3));
    assert!(images["dataSet"][0]["imageSize"].is_string());
    assert_eq!(images["dataSet"][0].as_object().unwrap().len(), 9);
    let subnets = ask(&cloud, "DescribeSubnets", &json!({"zoneId": "FRA-A"}));
    assert_eq!(subnets["totalCount"], 2);
    let disks =
        ask(&cloud, "DescribeDiskCategory", &json!({"instanceChargeType": "POSTPAID", "zoneId": "FRA-A"}));
    assert_eq!(disks["categoryZoneSet"][0]["categorySet"], json!(["STANDARD", "SSD"]));
    assert_eq!(ask(&cloud, "DescribeSecurityGroups", &json!({}))["totalCount"], 1);
    assert_eq!(ask(&cloud, "DescribeVmInventoryCapacity", &json!({}))["dataSet"][0]["capacity"], "ABUNDANT");
}

#[tokio::test(start_paused = true)]
async fn keys_are_imported_once_under_a_name() {
    let cloud = cloud();
    let blob = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP me@home";
    let id = ask(&cloud, "ImportKeyPair", &json!({"keyName": "mine", "publicKey": blob}))["keyId"].clone();
    let found = ask(&cloud, "DescribeKeyPairs", &json!({"keyIds": [id]}));
    assert_eq!(found["dataSet"][0]["publicKey"], blob);
    let rows = [
        ("mine", blob.to_owned(), 409, "INVALID_KEY_PAIR_NAME_EXIST"),
        ("other", "ssh-dss AAAAB3".to_owned(), 400, "INVALID_KEY_PAIR_ALGORITHM"),
        ("other", "ssh-ed25519 !".to_owned(), 400, "INVALID_KEY_PAIR_MALFORMED"),
        ("other", String::new(), 400, "INVALID_KEY_PAIR_MALFORMED"),
        ("other", [blob; 6].join("\n"), 400, "INVALID_PUBLIC_KEY_EXCEED_LIMIT"),
        ("a-name-that-is-longer-than-32-characters", blob.to_owned(), 400, "INVALID_PARAMETER_EXCEED_LENGTH"),
    ];
    for (name, key, status, wanted) in rows {
        let answer = refused(&cloud, "ImportKeyPair", &json!({"keyName": name, "publicKey": key}));
        assert_eq!(answer, (status, wanted.to_owned()), "{key}");
    }
}
