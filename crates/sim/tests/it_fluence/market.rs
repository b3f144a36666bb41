use rust_decimal::Decimal;
use serde_json::{Value, json};
use vmbroker_sim::{Fault, FaultKind};

use crate::support::*;

#[test]
fn the_lists_tell_what_the_inventory_holds() {
    for dialect in BOTH {
        let cloud = cloud(dialect);
        let get = |path: &str| ask(dialect, &cloud, "GET", path, &Value::Null).1;
        let slugs = json!([SMALL, LARGE, "cpu-8-ram-16gb-storage-25gb"]);
        assert_eq!(get("/marketplace/basic_configurations"), slugs);
        assert_eq!(get("/marketplace/countries"), json!(["DE", "FR", "PL", "US"]));
        assert_eq!(get("/marketplace/hardware")["storage"], json!([{ "type": "SSD" }, { "type": "NVMe" }]));
        let (_, rows) = offers(dialect, &cloud, &json!({}));
        assert_eq!(rows.as_array().unwrap().len(), 12);
        let (_, rows) = offers(
            dialect,
            &cloud,
            &json!({ "datacenter": { "countries": ["DE"] }, "basicConfiguration": LARGE }),
        );
        assert_eq!(rows.as_array().unwrap().len(), 1);
        assert_eq!(rows[0]["configuration"], json!({ "slug": LARGE, "price": "0.61396" }));
    }
}

#[test]
fn offers_are_priced_without_the_disk_and_estimates_with_it() {
    for dialect in BOTH {
        let cloud = cloud(dialect);
        let wish = disk(dialect, 100);
        let (_, rows) = offers(dialect, &cloud, &wish);
        assert_eq!(rows[0]["configuration"]["price"], "0.30698", "{dialect}");
        let (status, told) = estimate(dialect, &cloud, &wish, 1);
        assert_eq!((status, money(&told["totalPricePerEpoch"])), (200, "0.79498".parse().unwrap()));
        assert_eq!(money(&told["depositAmountUsdc"]), "1.58996".parse().unwrap());
        create(dialect, &cloud, &wish);
        assert_eq!(cloud.ledger().total(), money(&told["totalPricePerEpoch"]), "{dialect}");
    }
}

#[test]
fn an_estimate_fills_the_cheapest_first_and_is_what_creates_then_cost() {
    for dialect in BOTH {
        let cloud = german(dialect, &[("BER", "0.36", 2), ("FRA", "0.30", 1)]);
        let wish = json!({ "basicConfiguration": SMALL });
        let (_, told) = estimate(dialect, &cloud, &wish, 3);
        assert_eq!(money(&told["totalPricePerEpoch"]), "1.02".parse().unwrap());
        assert_eq!(
            (money(&told["maxPricePerEpoch"]), &told["instances"]),
            ("0.36".parse().unwrap(), &json!(3))
        );
        for _ in 0..3 {
            assert_eq!(create(dialect, &cloud, &wish).0, 200);
        }
        assert_eq!(cloud.ledger().total(), "1.02".parse::<Decimal>().unwrap());
        // Sold out: an empty list, a refusal in words, and a create as its contract answers it.
        assert_eq!(offers(dialect, &cloud, &wish), (200, json!([])));
        let (status, body) = estimate(dialect, &cloud, &wish, 1);
        assert_eq!((status, &body["error"]), (422, &json!("Not enough offers found")));
        let refused = if dialect == BOTH[0] { 500 } else { 422 };
        assert_eq!(create(dialect, &cloud, &wish).0, refused);
    }
}

#[test]
fn a_limit_counts_the_whole_machine_at_the_price_of_now() {
    for dialect in BOTH {
        let cloud = cloud(dialect);
        let limited = |most: &str| {
            let mut wish = disk(dialect, 100);
            wish["maxTotalPricePerEpochUsd"] = json!(most);
            wish
        };
        assert_eq!(offers(dialect, &cloud, &limited("0.79497")).1, json!([]));
        assert_eq!(estimate(dialect, &cloud, &limited("0.79497"), 1).0, 422);
        assert_eq!(estimate(dialect, &cloud, &limited("0.79498"), 1).0, 200);
        cloud.arm(Fault::once("create", FaultKind::PriceMoved(7)));
        assert_ne!(create(dialect, &cloud, &limited("0.79498")).0, 200, "{dialect}");
        assert!(cloud.ledger().entries.is_empty());
        // What has moved is told in six decimals and billed as it is told.
        let (_, told) = estimate(dialect, &cloud, &disk(dialect, 1), 1);
        let price = money(&told["totalPricePerEpoch"]);
        assert_eq!(price, "0.33369".parse().unwrap(), "{dialect}");
        assert_eq!(create(dialect, &cloud, &disk(dialect, 1)).0, 200);
        assert_eq!(cloud.ledger().total(), price);
    }
}
