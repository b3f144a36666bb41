//! Plans: what a machine costs by the day, so much a core and so much a GiB of memory. Together that is the price of
//! the flavor, from which machines are made.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::desk::Desk;
use super::ids::WALDUR_IDS as IDS;
use crate::SimOffer;

/// What is counted: the type, the name, the unit and the price of one for a day in hundredths.
const COMPONENTS: [(&str, &str, &str, i64); 2] = [("cores", "Cores", "", 10), ("ram", "RAM", "GB", 5)];

/// How long the rates of the plan that can be ordered are for.
pub(super) const UNIT: &str = "day";
/// What that plan is called.
pub(super) const NAME: &str = "Daily";

/// Whether the offering lists the plan that can be ordered with it.
pub(super) fn own_plan_is_listed(desk: &Desk<'_>) -> bool {
    let settings = desk.account.things.get("settings");
    !desk.is_waldur() || settings.and_then(|it| it.get("own_plan")).is_some_and(|it| *it == json!(1))
}

/// What is counted, as the offering tells it. By limits: an order at a Waldur names them, and in the documents, where
/// an order has no place for them, the flavor does.
pub(super) fn components() -> Value {
    let row = |(kind, name, unit, _): (&str, &str, &str, i64)| {
        json!({
            "type": kind, "name": name, "billing_type": "limit", "measured_unit": unit, "limit_period": null,
            "factor": null, "default_limit": null, "is_boolean": false,
        })
    };
    COMPONENTS.into_iter().map(row).collect()
}

/// Whether limits may name it.
pub(super) fn is_component(kind: &str) -> bool {
    COMPONENTS.iter().any(|row| row.0 == kind)
}

/// What a machine of this flavor takes.
pub(super) fn limits_of(flavor: &SimOffer) -> BTreeMap<String, u64> {
    let gib = flavor.memory_mib.div_ceil(1_024);
    [("cores".to_owned(), u64::from(flavor.vcpus)), ("ram".to_owned(), gib)].into()
}

/// The lines of the bill of a machine with these limits, each the price of one day now.
pub(super) fn lines(desk: &Desk<'_>, limits: &BTreeMap<String, u64>) -> Vec<Decimal> {
    let limit = |kind: &str| Decimal::from(limits.get(kind).copied().unwrap_or(0));
    COMPONENTS.into_iter().map(|(kind, _, _, hundredths)| price(desk, hundredths) * limit(kind)).collect()
}

fn price(desk: &Desk<'_>, hundredths: i64) -> Decimal {
    let percent = Decimal::from(100 + u64::from(desk.account.dearer_percent));
    (Decimal::new(hundredths, 2) * percent / Decimal::ONE_HUNDRED).normalize()
}

/// The plan that can be ordered.
pub(super) fn own_plan(desk: &Desk<'_>) -> Value {
    // A real one writes these as numbers, and `unit_price` as text.
    let number = |hundredths: i64| price(desk, hundredths).to_string().parse::<f64>().unwrap_or(0.0);
    let prices: BTreeMap<&str, f64> =
        COMPONENTS.into_iter().map(|(kind, _, _, hundredths)| (kind, number(hundredths))).collect();
    body(desk, IDS.offering, IDS.plan, NAME, UNIT, &json!(prices))
}

/// The plan of the offering's parent, for a whole tenant.
pub(super) fn parent_plan(desk: &Desk<'_>) -> Value {
    body(desk, IDS.parent_offering, IDS.parent_plan, "VPC", "month", &json!({}))
}

fn body(desk: &Desk<'_>, offering: &str, id: &str, name: &str, unit: &str, prices: &Value) -> Value {
    let of_each = |value: Value| -> Value {
        prices.as_object().into_iter().flatten().map(|(kind, _)| (kind.clone(), value.clone())).collect()
    };
    json!({
        "url": desk.url(&format!("marketplace-public-offerings/{offering}/plans/{id}")), "uuid": id, "name": name,
        "description": "", "article_code": "", "max_amount": null, "archived": false, "is_active": true,
        "unit_price": "0.0000000000", "unit": unit, "init_price": 0, "switch_price": 0, "backend_id": "",
        "prices": prices, "future_prices": of_each(Value::Null), "quotas": of_each(json!(0)), "plan_type": "limit",
        "minimal_price": 0,
    })
}
