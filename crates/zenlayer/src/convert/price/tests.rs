use std::time::Duration;

use serde_json::{Value, json};
use vmbroker_core::{Due, OfferQuery, Total};

use super::*;

const HOURLY: ChargeType = ChargeType::PayAsYouGo;

fn free() -> Value {
    json!({ "discount": 100.0, "unitPrice": 0, "discountUnitPrice": 0.0, "chargeUnit": "HOUR" })
}

fn paid_nothing() -> Value {
    json!({ "discount": 100, "originalPrice": 0.0, "discountPrice": 0 })
}

/// The price of an answer in which only the machine costs something. Texts of JSON: a number in a `Value` has been
/// through a float.
fn machine(item: &str, charge: ChargeType) -> Price {
    let other = if charge == HOURLY { free() } else { paid_nothing() };
    whole(item, &other.to_string(), &format!("[{other}]"), charge, 1, &Config::default())
}

fn whole(item: &str, others: &str, bandwidth: &str, charge: ChargeType, mbps: u32, config: &Config) -> Price {
    let text = format!(
        r#"{{"instancePrice": {item}, "systemDiskPrice": {others}, "eipPrice": {others}, "bandwidthPrice": {bandwidth},
             "dataDiskPrice": {{"discountPrice": 0.0}}, "dataDiskPrices": []}}"#
    );
    price(&serde_json::from_str(&text).unwrap(), mbps, charge, config)
}

fn total(price: &Price, hours: u64) -> Total {
    price.total("2026-03-01T10:20:00Z".parse().unwrap(), Duration::from_secs(hours * 3_600))
}

fn exact(price: &Price, hours: u64) -> String {
    total(price, hours).exact().expect("an exact price").amount.normalize().to_string()
}

/// The figures of the documents' examples: 0.63 an hour of the year 2023, and 13.3 of 14 at 95 %.
#[test]
fn the_documents_examples_are_read_to_the_last_digit() {
    let hourly = r#"{"discount":100.0,"originalPrice":null,"discountPrice":null,"unitPrice":0.63,
                     "discountUnitPrice":0.63,"chargeUnit":"HOUR"}"#;
    let price = machine(hourly, HOURLY);
    assert_eq!((exact(&price, 1), exact(&price, 24)), ("0.63".to_owned(), "15.12".to_owned()));
    assert_eq!(price.currency(), Some(Currency::USD));
    let prepaid = r#"{"discount":95,"discountPrice":13.3,"originalPrice":14}"#;
    for (months, term) in [(1, 31 * 24), (3, 92 * 24)] {
        let price = machine(prepaid, ChargeType::Prepaid { months });
        assert_eq!(
            (exact(&price, 1), exact(&price, term)),
            ("13.3".to_owned(), "13.3".to_owned()),
            "{months}"
        );
        assert_eq!(exact(&price, term + 1), "26.6", "another term begins");
    }
}

#[test]
fn where_an_amount_is_for_one_month_a_term_costs_all_its_months() {
    let config = Config { prepaid_price: PrepaidPrice::Month, ..Config::default() };
    let item = r#"{"discount":95,"discountPrice":13.3,"originalPrice":14}"#;
    let free = paid_nothing().to_string();
    let price = whole(item, &free, &format!("[{free}]"), ChargeType::Prepaid { months: 3 }, 1, &config);
    assert_eq!(exact(&price, 1), "39.9");
}

#[test]
fn every_part_is_a_charge_with_its_own_unit() {
    let item = r#"{"unitPrice":"0.1","discountUnitPrice":"0.09","chargeUnit":"HOUR"}"#;
    let daily = r#"{"unitPrice":2.4,"discountUnitPrice":null,"chargeUnit":"DAY"}"#;
    let rows =
        r#"[{"discountUnitPrice":0.01,"chargeUnit":"HOUR"},{"discountUnitPrice":0.002,"chargeUnit":"HOUR"}]"#;
    let config = Config { currency: Some("EUR".parse().unwrap()), ..Config::default() };
    let price = whole(item, daily, rows, HOURLY, 1, &config);
    let items: Vec<&str> = price.charges().iter().map(|charge| &*charge.item).collect();
    assert_eq!(items, ["machine", "system disk", "address", "bandwidth", "bandwidth"]);
    // 25 hours: 25 x (0.09 + 0.01 + 0.002), and two days begun of 2 x 2.4.
    assert_eq!(exact(&price, 25), "12.15");
    assert_eq!(total(&price, 25).exact().unwrap().currency.code(), "EUR");
}

#[test]
fn what_cannot_be_reckoned_beforehand_is_named_and_the_rest_is_the_least() {
    let hourly = r#"{"discountUnitPrice":0.63,"chargeUnit":"HOUR"}"#;
    let free = free().to_string();
    let rows = [
        (
            r#"{"discountUnitPrice":3,"chargeUnit":"MONTH"}"#,
            "bandwidth: 3 USD a month, and not for what part of one",
        ),
        (
            r#"{"stepPrices":[{"stepStart":0,"stepEnd":100.0,"unitPrice":0.2,"discountUnitPrice":0.1},
                 {"stepStart":100.0,"stepEnd":null,"unitPrice":0.08}],"amountUnit":"Mbps","chargeUnit":"HOUR"}"#,
            "bandwidth: USD for each Mbps and HOUR by steps, 0 to 100.0: 0.1, from 100.0: 0.08",
        ),
        (
            r#"{"discountUnitPrice":0,"chargeUnit":"HOUR","excessUnitPrice":0.06,"excessDiscountUnitPrice":0.05,
                "excessAmountUnit":"GB"}"#,
            "bandwidth: 0.05 USD for each GB beyond what is included",
        ),
        (
            r#"{"discountUnitPrice":0.1,"chargeUnit":"WEEK"}"#,
            "bandwidth: 0.1 USD for each `WEEK`, which is no known time",
        ),
        (r#"{"discountUnitPrice":0.1}"#, "bandwidth: 0.1 USD and not for how long"),
        (r#"{"discountPrice":0.1}"#, "bandwidth: 0.1 USD, and not for how long"),
        (r#"{"discountUnitPrice":"NaN","chargeUnit":"HOUR"}"#, "bandwidth: `NaN` is no amount"),
        (
            r#"{"discountUnitPrice":0.12345678901234567890123456789,"chargeUnit":"HOUR"}"#,
            "bandwidth: `0.12345678901234567890123456789` has more digits than the 28 that are kept exactly",
        ),
        ("{}", "the provider tells no price of the bandwidth"),
    ];
    for (row, wanted) in rows {
        let price = whole(hourly, &free, &format!("[{row}]"), HOURLY, 1, &Config::default());
        assert_eq!(price.unknown_parts(), [wanted], "{row}");
        let Total::AtLeast(least) = total(&price, 2) else { panic!("{row}: {price:?}") };
        assert_eq!(least.amount.normalize().to_string(), "1.26", "{row}");
    }
    let none = whole(hourly, "null", "null", HOURLY, 1, &Config::default());
    let untold =
        ["system disk", "address", "bandwidth"].map(|it| format!("the provider tells no price of the {it}"));
    assert_eq!(none.unknown_parts(), untold);
}

#[test]
fn a_price_by_amount_is_exact_for_one_and_open_for_more() {
    let hourly = r#"{"discountUnitPrice":0.63,"chargeUnit":"HOUR"}"#;
    let row = r#"[{"discountUnitPrice":0.02,"chargeUnit":"HOUR","amountUnit":"Mbps"}]"#;
    let of = |mbps| whole(hourly, &free().to_string(), row, HOURLY, mbps, &Config::default());
    assert_eq!(exact(&of(1), 1), "0.65");
    assert_eq!(of(100).unknown_parts(), ["bandwidth: 0.02 USD may be for each of the 100 Mbps"]);
}

#[test]
fn a_machine_without_a_price_that_can_be_believed_has_none() {
    let rows = [
        ("null", "the provider tells no price of the machine"),
        ("\"free\"", "the provider tells no price of the machine"),
        ("{}", "the provider tells no price of the machine"),
        (r#"{"discountUnitPrice":-0.5,"chargeUnit":"HOUR"}"#, "the machine is said to cost -0.5 USD"),
        (r#"{"discountUnitPrice":0,"chargeUnit":"HOUR"}"#, "the machine is said to cost nothing"),
        (r#"{"discountUnitPrice":"NaN","chargeUnit":"HOUR"}"#, "machine: `NaN` is no amount"),
        (
            r#"{"discountUnitPrice":1e-30,"chargeUnit":"HOUR"}"#,
            "machine: `1e-30` has more digits than the 28",
        ),
    ];
    for (item, wanted) in rows {
        let price = machine(item, HOURLY);
        assert!(price.unknown_parts().iter().any(|why| why.starts_with(wanted)), "{item}: {price:?}");
        assert!(total(&price, 1).exact().is_none(), "{item}");
    }
    let listed = machine(r#"{"originalPrice":14}"#, ChargeType::Prepaid { months: 1 });
    assert_eq!(listed.unknown_parts(), ["machine: listed at 14 USD, and not what is to be paid"]);
    let beside = r#"{"discountPrice":13.3,"unitPrice":0.5,"chargeUnit":"HOUR"}"#;
    let beside = machine(beside, ChargeType::Prepaid { months: 1 });
    assert_eq!(beside.unknown_parts(), ["machine: 0.5 USD for each HOUR beside the term"]);
    let unpaid =
        machine(r#"{"discountUnitPrice":0.63,"chargeUnit":"HOUR"}"#, ChargeType::Prepaid { months: 1 });
    assert!(total(&unpaid, 1).exact().is_none(), "an hour's rate is no price of a term: {unpaid:?}");
}

#[test]
fn a_free_disk_does_not_make_a_free_machine_believable() {
    let item = r#"{"discountUnitPrice":0,"chargeUnit":"HOUR"}"#;
    let disk = r#"{"discountUnitPrice":0.01,"chargeUnit":"HOUR"}"#;
    let price = whole(item, disk, &format!("[{disk}]"), HOURLY, 1, &Config::default());
    assert_eq!(price.unknown_parts(), ["the machine is said to cost nothing"]);
    assert!(price.charges().iter().all(|charge| matches!(charge.due, Due::Rate { per: Period::HOUR, .. })));
}

#[test]
fn the_answer_round_trips_field_by_field() {
    let item = r#"{"discount":95.0,"discountPrice":null,"originalPrice":null,"unitPrice":0.63,"discountUnitPrice":0.5985,"chargeUnit":"HOUR","stepPrices":[{"stepStart":0,"stepEnd":null,"unitPrice":0.10,"discountUnitPrice":0.1}],"amountUnit":"Mbps","excessUnitPrice":null,"excessDiscountUnitPrice":null,"excessAmountUnit":null,"category":"STANDARD"}"#;
    let read: PriceItem = serde_json::from_str(item).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), item);
}

#[test]
fn a_wish_for_a_disk_is_priced_at_the_next_size_that_is_sold() {
    let zones = serde_json::from_value(json!({ "zoneSet": [{ "zoneId": "FRA-A" }] })).unwrap();
    let model = json!({ "zoneId": "FRA-A", "instanceType": "c.2c4g", "internetMaxBandwidthOutLimit": 10,
                        "internetChargeTypes": ["ByTrafficPackage", "ByBandwidth"] });
    let models = serde_json::from_value(json!({ "instanceTypeQuotaSet": [model] })).unwrap();
    let (zones, models): (crate::wire::ZoneSet, crate::wire::ModelSet) = (zones, models);
    let market = crate::convert::Market::new(zones.zone_set, models.instance_type_quota_set);
    let ask = |disk_gib, charge, config: &Config| {
        let query = OfferQuery { disk_gib, ..OfferQuery::default() };
        Inquiry::new(&query, charge, &market, &market.models[0], config)
    };
    for (wished, asked) in [(None, 20), (Some(1), 10), (Some(25), 30), (Some(40), 40)] {
        let inquiry = ask(wished, HOURLY, &Config::default()).unwrap();
        assert_eq!(inquiry.disk_gib(), Some(asked), "{wished:?}");
    }
    let config = Config { disk_category: Some("SSD".into()), bandwidth_mbps: Some(5), ..Config::default() };
    let inquiry = ask(None, ChargeType::Prepaid { months: 6 }, &config).unwrap();
    assert_eq!(
        serde_json::to_value(&inquiry).unwrap(),
        json!({ "zoneId": "FRA-A", "instanceType": "c.2c4g", "instanceChargeType": "PREPAID",
                "instanceChargePrepaid": { "period": 6 }, "internetChargeType": "ByBandwidth",
                "internetMaxBandwidthOut": 5, "instanceCount": 1,
                "systemDisk": { "diskSize": 20, "diskCategory": "SSD" } })
    );
    let fast = Config { bandwidth_mbps: Some(11), ..Config::default() };
    assert!(ask(None, HOURLY, &fast).unwrap_err().message().contains("bandwidth is 11"));
}
