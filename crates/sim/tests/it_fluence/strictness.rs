use serde_json::{Value, json};
use vmbroker_sim::Dialect;

use crate::support::*;

/// What a look at the offers and an estimate are answered with, which must be one.
fn refused(dialect: Dialect, wish: &Value) -> String {
    let cloud = cloud(dialect);
    let (status, told) = offers(dialect, &cloud, wish);
    assert_eq!(status, 422, "{dialect}: {wish}");
    assert_eq!(estimate(dialect, &cloud, wish, 1), (status, told.clone()), "{dialect}: {wish}");
    assert_eq!(create(dialect, &cloud, wish), (status, told.clone()), "{dialect}: {wish}");
    told["error"].as_str().unwrap().to_owned()
}

#[test]
fn constraints_that_do_not_fit_are_refused_by_all_three() {
    let rows = [
        (json!({ "colour": "red" }), "unknown field `colour`"),
        (json!({ "basicConfiguration": 2 }), "basicConfiguration: expected a string"),
        (json!({ "datacenter": { "countries": "DE" } }), "expected an array"),
        (json!({ "datacenter": { "countries": ["DE", 5] } }), "ISO 3166-1 alpha-2"),
        (json!({ "datacenter": { "countries": ["Germany"] } }), "ISO 3166-1 alpha-2"),
        (json!({ "datacenter": { "cities": ["FRA"] } }), "unknown field `cities`"),
        (json!({ "maxTotalPricePerEpochUsd": 1.5 }), "expected a decimal string"),
        (json!({ "maxTotalPricePerEpochUsd": "NaN" }), "expected a decimal string"),
        (json!({ "maxTotalPricePerEpochUsd": "0" }), "expected a decimal string"),
        (json!({ "maxTotalPricePerEpochUsd": "-1" }), "expected a decimal string"),
        (json!({ "hardware": { "cpu": [{ "manufacturer": "AMD" }] } }), "missing field `architecture`"),
        (json!({ "additionalResources": { "ramMb": 1 } }), "unknown field `ramMb`"),
        (json!({ "additionalResources": { "storage": {} } }), "expected an array"),
    ];
    for dialect in BOTH {
        for (wish, wanted) in &rows {
            let told = refused(dialect, wish);
            assert!(told.contains(wanted), "{dialect}: {wish}: {told}");
        }
    }
}

#[test]
fn each_contract_takes_additional_storage_in_its_own_words_only() {
    let with = |storage: Value, hardware: Value| json!({ "additionalResources": { "storage": [storage] }, "hardware": hardware });
    let named = || json!({ "storage": [{ "type": "NVMe" }] });
    let april = json!({ "type": "NVMe", "megabytes": 20_480 });
    let may = json!({ "type": "NVMe", "supply": 20, "units": "GiB" });
    let (first, second) = (BOTH[0], BOTH[1]);
    assert!(refused(first, &with(may.clone(), named())).contains("unknown field"));
    assert!(refused(second, &with(april.clone(), named())).contains("unknown field"));
    // Since May the hardware must name the storage; before, it need not.
    assert_eq!(estimate(first, &cloud(first), &with(april, Value::Null), 1).0, 200);
    for hardware in [Value::Null, json!({}), json!({ "storage": [{ "type": "SSD" }] })] {
        assert!(refused(second, &with(may.clone(), hardware)).contains("requires hardware.storage"));
    }
    assert_eq!(estimate(second, &cloud(second), &with(may, named()), 1).0, 200);
    for bad in [
        json!({ "type": "Tape", "supply": 20, "units": "GiB" }),
        json!({ "supply": 20, "units": "GiB" }),
        json!({ "type": "NVMe", "supply": "20", "units": "GiB" }),
        json!({ "type": "NVMe", "supply": 20, "units": "MiB" }),
    ] {
        refused(second, &with(bad, named()));
    }
}

#[test]
fn what_is_not_in_stock_is_no_offer_and_not_enough() {
    for dialect in BOTH {
        let cloud = cloud(dialect);
        let hdd = match dialect {
            Dialect::Fluence202504 => json!({ "type": "HDD", "megabytes": 1_024 }),
            _ => json!({ "type": "HDD", "supply": 1, "units": "GiB" }),
        };
        let unmet = [
            disk(dialect, 201),
            disk(dialect, u64::MAX / 1_024),
            json!({ "basicConfiguration": "cpu-3-ram-4gb-storage-25gb" }),
            json!({ "datacenter": { "countries": ["JP"] } }),
            json!({ "additionalResources": { "storage": [hdd] }, "hardware": { "storage": [{ "type": "HDD" }] } }),
        ];
        for wish in unmet {
            assert_eq!(offers(dialect, &cloud, &wish), (200, json!([])), "{dialect}: {wish}");
            let (status, told) = estimate(dialect, &cloud, &wish, 1);
            assert_eq!((status, &told["error"]), (422, &json!("Not enough offers found")), "{wish}");
        }
        for body in [json!({}), json!({ "instances": 0 }), json!({ "instances": "1" }), json!([])] {
            assert_eq!(ask(dialect, &cloud, "POST", "/vms/v3/estimate", &body).0, 422, "{body}");
        }
        assert_eq!(ask(dialect, &cloud, "POST", "/vms/v3/estimate", &json!({ "instances": 1 })).0, 200);
    }
}
