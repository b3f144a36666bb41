use std::time::Duration;

use vmbroker_core::{Size, Total};

use super::*;

const TAKEN: Taken = Taken { size: Size { vcpus: 2, memory_mib: 4_096 }, disk_mib: None };

/// A plan of one offering whose rows are JSON.
fn priced(components: &str, plan: &str) -> Price {
    let offering = format!(r#"{{"billable":true,"components":{components}}}"#);
    let offering = serde_json::from_str(&offering).unwrap();
    price(&offering, &serde_json::from_str(plan).unwrap(), TAKEN, Ok("EUR".parse().unwrap()))
}

fn total(price: &Price, start: &str, run: u64) -> Total {
    price.total(start.parse().unwrap(), Duration::from_secs(run))
}

fn exactly(price: &Price, start: &str, run: u64) -> String {
    total(price, start, run).exact().map_or_else(|| format!("{price:?}"), |money| money.to_string())
}

const CPU: &str = r#"[{"type":"cpu","name":"vCPU","billing_type":"fixed","measured_unit":"cores"}]"#;
/// As a running Waldur 7.0.7 told them, cut to the keys that matter.
const BOTH: &str = r#"[{"billing_type":"limit","type":"ram","name":"RAM","measured_unit":"GB","limit_period":"month","factor":null},
    {"billing_type":"fixed","type":"cpu","name":"vCPU","measured_unit":"cores","limit_period":null,"factor":null}]"#;
const SMALL: &str = r#"{"name":"Small","unit_price":"25.0000000000","unit":"month","init_price":0,"switch_price":0,
    "prices":{"ram":1.25,"cpu":12.5},"future_prices":{"ram":null,"cpu":null},"quotas":{"ram":0,"cpu":2},
    "plan_type":"mixed","minimal_price":26.25}"#;

#[test]
fn the_plan_of_a_running_waldur_costs_what_its_order_said() {
    let price = priced(BOTH, SMALL);
    let items: Vec<(&str, String)> =
        price.charges().iter().map(|it| (it.item.as_ref(), it.amount.normalize().to_string())).collect();
    assert_eq!(items, [("RAM x 4", "5".to_owned()), ("vCPU x 2", "25".to_owned())]);
    let sum: Decimal = price.charges().iter().map(|it| it.amount).sum();
    // The cost of an order with `limits: {"ram": 4}`.
    assert_eq!(sum, "30.0000000000".parse().unwrap());
    assert_eq!(price.to_string(), "30 EUR/month + ?");
    // What is known is the least: versions differ in the month in which it ends.
    let least = total(&price, "2026-03-10T12:00:00Z", 2_400);
    assert!(matches!(least, Total::AtLeast(money) if money.to_string() == "6 EUR"), "{least:?}");
    // With a single GiB, as little as the plan's `minimal_price`.
    let size = Size { vcpus: 1, memory_mib: 1_024 };
    let offering = serde_json::from_str(&format!(r#"{{"components":{BOTH}}}"#)).unwrap();
    let plan = serde_json::from_str(SMALL).unwrap();
    let least = super::price(&offering, &plan, Taken { size, ..TAKEN }, Ok(Currency::USD));
    assert_eq!(least.to_string(), "26.25 USD/month + ?");
}

#[test]
fn each_unit_is_billed_by_its_own_rule() {
    let plan = |unit: &str, price: &str| format!(r#"{{"unit":"{unit}","unit_price":"{price}"}}"#);
    let hourly = priced("[]", &plan("hour", "0.0500000000"));
    assert_eq!(hourly.to_string(), "0.05 EUR/hour");
    assert_eq!(exactly(&hourly, "2026-01-31T23:30:00Z", 3_600), "0.1 EUR");
    let daily = priced("[]", &plan("day", "1.25"));
    assert_eq!(exactly(&daily, "2026-03-01T10:20:00Z", 86_401), "2.5 EUR");
    let monthly = priced("[]", &plan("month", "26.25"));
    assert_eq!(exactly(&monthly, "2026-01-10T23:50:00Z", 2_400), "1.05 EUR");
    assert_eq!(exactly(&monthly, "2026-01-01T00:00:00Z", 59 * 86_400), "52.5 EUR");
    for unit in ["half_month", "quarter", "quantity", "fortnight", "", "Hour"] {
        let price = priced("[]", &plan(unit, "0.05"));
        assert_eq!(total(&price, "2026-03-01T00:00:00Z", 60), Total::Unknown, "{unit}");
        assert!(price.unknown_parts()[0].contains(&format!("`{unit}`")), "{price:?}");
    }
    assert!(!priced("[]", r#"{"unit_price":"1"}"#).is_known());
}

#[test]
fn a_figure_is_the_right_amount_or_a_clear_mark() {
    let digits_28 = "0.1234567890123456789012345678";
    // (what stands for the price of the one vCPU, the rate, what is unknown)
    let rows = [
        ("12.5", "12.5 EUR/hour", ""),
        (r#""12.5000000000""#, "12.5 EUR/hour", ""),
        (r#""25.0000000000""#, "25 EUR/hour", ""),
        (r#""30.0000000000""#, "30 EUR/hour", ""),
        (r#""0.0500000000""#, "0.05 EUR/hour", ""),
        ("1.25", "1.25 EUR/hour", ""),
        ("26.25", "26.25 EUR/hour", ""),
        ("1e-7", "0.0000001 EUR/hour", ""),
        (digits_28, "0.1234567890123456789012345678 EUR/hour", ""),
        ("0.12345678901234567890123456789", "unknown", "more digits than the 28"),
        (r#""NaN""#, "unknown", "vCPU: `NaN` is no amount"),
        (r#""""#, "unknown", "vCPU: `` is no amount"),
        ("true", "unknown", "`true` is no amount"),
        ("[1]", "unknown", "`[1]` is no amount"),
        (r#"{"a":1}"#, "unknown", "is no amount"),
        ("-0.5", "unknown", "the vCPU is said to cost -0.5 EUR"),
        ("0", "unknown", "it is said to cost nothing"),
        (r#""0.0000000000""#, "unknown", "it is said to cost nothing"),
        ("null", "unknown", "vCPU: the plan tells no price"),
    ];
    for (figure, rate, unknown) in rows {
        let plan = format!(r#"{{"unit":"hour","prices":{{"cpu":{figure}}},"quotas":{{"cpu":1}}}}"#);
        let price = priced(CPU, &plan);
        assert_eq!(price.to_string(), rate, "{figure}");
        let parts = price.unknown_parts().join("; ");
        assert_eq!(parts.is_empty(), unknown.is_empty(), "{figure}: {parts}");
        assert!(parts.contains(unknown), "{figure}: {parts}");
        // The same as the whole price of a plan without components.
        let whole = priced("[]", &format!(r#"{{"unit":"hour","unit_price":{figure}}}"#));
        assert_eq!(whole.to_string(), rate, "{figure}");
        assert_eq!(whole.is_known(), unknown.is_empty(), "{figure}");
    }
    for plan in [r#"{"unit":"hour"}"#, r#"{"unit":"hour","prices":[1],"quotas":{"cpu":1}}"#] {
        assert_eq!(priced(CPU, plan).unknown_parts(), ["vCPU: the plan tells no price"], "{plan}");
        assert_eq!(priced("[]", plan).unknown_parts(), ["the plan tells no price"], "{plan}");
    }
    // A figure whose product has too many digits is not rounded.
    let long = format!(r#"{{"unit":"hour","prices":{{"cpu":{digits_28}}},"quotas":{{"cpu":"1.5"}}}}"#);
    assert!(priced(CPU, &long).unknown_parts()[0].contains("more digits than the 28"));
}

#[test]
fn what_is_known_is_the_least_where_something_is_not() {
    let components = |more: &str| format!(r#"[{{"type":"cpu","billing_type":"fixed"}},{more}]"#);
    // (another component, more of its plan, what is unknown)
    let rows = [
        (r#"{"type":"x","billing_type":"usage"}"#, "", "x: 0.1 for each that is used"),
        (r#"{"type":"x","billing_type":"limit"}"#, "", "x: how much of it a machine takes is not told"),
        (r#"{"type":"ram","billing_type":"limit"}"#, "", "ram: the plan tells no price"),
        (r#"{"type":"x","billing_type":"odd"}"#, "", "x: how `odd` is billed is not known"),
        (r#"{"type":"x"}"#, "", "x: how `` is billed is not known"),
        (r#"{"type":"x","billing_type":"one","is_prepaid":true}"#, "", "x: it is paid ahead"),
        (
            r#"{"type":"x","billing_type":"fixed"}"#,
            r#","future_prices":{"x":0.2}"#,
            "x: 0.1 for each in this",
        ),
        (
            r#"{"type":"x","billing_type":"fixed"}"#,
            r#","components":[{"type":"x","discount_rate":5}]"#,
            "discount",
        ),
        (r#"{"type":"x","billing_type":"fixed"}"#, "", "x: the plan tells no quota"),
        (r#"{"name":"?","billing_type":"fixed"}"#, "", "a component without a name"),
        (r#"{"type":"y","billing_type":"few"}"#, "", "x: how it is billed is not told"),
    ];
    for (component, more, unknown) in rows {
        let plan = format!(r#"{{"unit":"day","prices":{{"cpu":1,"x":0.1}},"quotas":{{"cpu":2}}{more}}}"#);
        let price = priced(&components(component), &plan);
        let parts = price.unknown_parts().join("; ");
        assert!(parts.contains(unknown), "{component}: {parts}");
        let least = total(&price, "2026-03-01T00:00:00Z", 60);
        assert!(
            matches!(least, Total::AtLeast(money) if money.to_string() == "2 EUR"),
            "{component}: {least:?}"
        );
    }
}

#[test]
fn limits_are_charged_by_the_day_or_once() {
    let ram = |period: &str| {
        format!(r#"[{{"type":"ram","billing_type":"limit","measured_unit":"GB","limit_period":{period}}}]"#)
    };
    let plan = |unit: &str| format!(r#"{{"unit":"{unit}","prices":{{"ram":0.005}},"quotas":{{"ram":0}}}}"#);
    for period in ["null", r#""""#, r#""month""#] {
        let price = priced(&ram(period), &plan("day"));
        assert_eq!(price.to_string(), "0.02 EUR/day");
        assert_eq!(exactly(&price, "2026-01-31T23:30:00Z", 3_600), "0.04 EUR");
        assert!(!priced(&ram(period), &plan("hour")).is_known());
    }
    assert_eq!(priced(&ram(r#""total""#), &plan("hour")).to_string(), "0.02 EUR once");
    for period in [r#""quarterly""#, r#""annual""#, r#""weekly""#] {
        assert_eq!(priced(&ram(period), &plan("day")).to_string(), "unknown");
    }
    // In MiB, as for a tenant: the limit is divided by the factor again.
    let mib = r#"[{"type":"ram","billing_type":"limit","measured_unit":"GB","factor":1024}]"#;
    assert_eq!(priced(mib, &plan("day")).to_string(), "0.02 EUR/day");
    let odd = r#"[{"type":"ram","billing_type":"limit","measured_unit":"GB","factor":1000}]"#;
    assert_eq!(priced(odd, &plan("day")).to_string(), "0.02 EUR/day");
}

#[test]
fn what_is_paid_once_comes_on_top() {
    let one = r#"[{"type":"setup","billing_type":"one"},{"type":"switch","billing_type":"few"}]"#;
    let plan = r#"{"unit":"hour","unit_price":"0.05","init_price":5,"switch_price":3,"prices":{"setup":5,"switch":3}}"#;
    let price = priced(one, plan);
    assert_eq!(price.to_string(), "5 EUR once + 0.05 EUR/hour");
    assert!(price.is_known());
    let alone =
        priced("[]", r#"{"unit":"hour","unit_price":"0.05","init_price":"5.0000000000","switch_price":3}"#);
    assert_eq!(alone.to_string(), "0.05 EUR/hour + 5 EUR once");
}

#[test]
fn a_plan_that_contradicts_itself_tells_no_price() {
    let plan = |whole: &str| {
        format!(r#"{{"unit":"hour","unit_price":{whole},"prices":{{"cpu":0.05}},"quotas":{{"cpu":2}}}}"#)
    };
    // Invoices are made from the components; a whole that was never filled in does not matter.
    for whole in [r#""0.1000000000""#, "0.1", "0", "null"] {
        assert_eq!(priced(CPU, &plan(whole)).to_string(), "0.1 EUR/hour", "{whole}");
    }
    for whole in [r#""0.2""#, "-0.1", r#""NaN""#] {
        assert_eq!(priced(CPU, &plan(whole)).to_string(), "unknown", "{whole}");
    }
}

#[test]
fn a_bill_that_is_another_one_s_is_no_price() {
    let offering = |more: &str| serde_json::from_str(&format!("{{{more}}}")).unwrap();
    let plan = serde_json::from_str(r#"{"unit":"hour","unit_price":"0.05"}"#).unwrap();
    let euros = || Ok("EUR".parse().unwrap());
    let rows = [
        (r#""billable":true"#, euros(), ""),
        (r#""name":"x""#, euros(), ""),
        (r#""billable":false"#, euros(), "the offering is on no bill of its own"),
        (r#""promotion_campaigns":[{"name":"spring"}]"#, euros(), "a promotion runs"),
        (r#""billable":true"#, Err("no currency".to_owned()), "no currency"),
    ];
    for (more, currency, why) in rows {
        let price = price(&offering(more), &plan, TAKEN, currency);
        assert_eq!(price.is_known(), why.is_empty(), "{more}");
        assert!(price.unknown_parts().join("").starts_with(why), "{more}");
    }
}
