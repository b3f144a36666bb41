//! `InquiryPriceCreateInstance`.
//!
//! Disks, bandwidth and addresses are free here, so that what is asked is what the ledger charges. Fields without a
//! value are null in one object and absent in the others: the real one does both.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::actions::Ask;
use super::create::{
    DATA_DISK, POSTPAID, PREPAID, SYSTEM_DISK, check_charge, check_data_disks, check_disk_category,
    find_model,
};
use super::schema::{CHARGE_TYPE, Field, INTERNET_CHARGE_TYPES, Kind, may, must};
use super::wire::{Outcome, fields};

/// The hours of a month of a subscription.
const MONTH: i64 = 720;

/// The fields. Unlike in the create, the count and the system disk are required.
pub(super) const FIELDS: &[Field] = &[
    must("zoneId", Kind::Text),
    may("imageId", Kind::Text),
    must("instanceType", Kind::Text),
    CHARGE_TYPE,
    PREPAID,
    POSTPAID,
    must("internetChargeType", Kind::Word(INTERNET_CHARGE_TYPES)),
    may("trafficPackageSize", Kind::Number),
    may("internetMaxBandwidthOut", Kind::Whole),
    must("instanceCount", Kind::Whole),
    must("systemDisk", Kind::Object(SYSTEM_DISK)),
    may("dataDisks", Kind::Objects(DATA_DISK)),
];

/// The price of one machine, whatever the count; whether the real one multiplies is not documented [I].
pub(super) fn run(ask: &mut Ask<'_>) -> Outcome {
    let wish = &ask.wish;
    wish.whole_within("instanceCount", 1, 100)?;
    let offer = find_model(ask.account, wish)?;
    check_charge(wish, &offer)?;
    check_disk_category(&wish.object("systemDisk").unwrap_or_default())?;
    let disks = check_data_disks(wish)?;
    let hourly = ask.account.price(&offer);
    let is_prepaid = wish.text("instanceChargeType") == Some("PREPAID");
    let terms = wish.object("instanceChargePrepaid");
    let period = terms.and_then(|terms| terms.whole("period")).unwrap_or(1);
    let item = |hourly: Decimal| {
        if is_prepaid {
            let price = number(hourly * Decimal::from(MONTH * period));
            json!({"discount": 100.0, "originalPrice": price, "discountPrice": price})
        } else {
            let price = number(hourly);
            json!({"discount": 100.0, "unitPrice": price, "discountUnitPrice": price, "chargeUnit": "HOUR"})
        }
    };
    let mut instance = item(hourly);
    for name in ["originalPrice", "discountPrice", "unitPrice", "discountUnitPrice", "chargeUnit"] {
        if instance.get(name).is_none() {
            instance[name] = Value::Null;
        }
    }
    let free = item(Decimal::ZERO);
    let mut merged: Vec<(i64, i64, &str)> = Vec::new();
    for (size, amount, category) in disks {
        match merged.iter_mut().find(|row| row.0 == size && row.2 == category) {
            Some(row) => row.1 += amount,
            None => merged.push((size, amount, category)),
        }
    }
    let disk_rows: Vec<Value> = merged
        .into_iter()
        .map(|(size, amount, category)| {
            json!({"diskSize": size, "diskAmount": amount, "diskCategory": category, "diskPrice": free})
        })
        .collect();
    Ok(fields([
        ("instancePrice", instance),
        ("bandwidthPrice", json!([free])),
        ("eipPrice", free.clone()),
        ("systemDiskPrice", free.clone()),
        ("dataDiskPrice", json!({"discountPrice": 0.0, "originalPrice": 0.0})),
        ("dataDiskPrices", disk_rows.into()),
    ]))
}

/// An amount as a JSON number.
fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}
