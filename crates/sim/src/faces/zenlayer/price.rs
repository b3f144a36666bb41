//! `InquiryPriceCreateInstance`.
//!
//! Fields without a value are null in one object and absent in the others: the real one does both.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::SimOffer;

use super::actions::Ask;
use super::create::{
    DATA_DISK, POSTPAID, PREPAID, SYSTEM_DISK, check_charge, check_data_disks, check_disk_category,
    find_model,
};
use super::schema::{CHARGE_TYPE, Field, INTERNET_CHARGE_TYPES, Kind, may, must};
use super::tariff::{self, Parts, SUBSCRIBED};
use super::wire::{Outcome, Refused, fields};

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
    let system_disk = wish.object("systemDisk").unwrap_or_default();
    let size = system_disk.whole("diskSize").unwrap_or(20);
    if size < 10 || size % 10 != 0 {
        let message = "The system disk must have a multiple of 10 GiB";
        return Err(Refused::new(400, "INVALID_SYSTEM_DISK_SIZE", message));
    }
    let disks = check_data_disks(wish)?;
    let parts = Parts::new(wish, &offer, (size, check_disk_category(&system_disk)?), &disks);
    let term = tariff::term(wish);
    // Prices may have moved since the inventory was written.
    let now = |hourly: Decimal| ask.account.price(&SimOffer { price: hourly, ..offer.clone() });
    let item = |hourly: Decimal| item(now(hourly), term);
    let mut instance = item(parts.machine);
    for name in ["originalPrice", "discountPrice", "unitPrice", "discountUnitPrice", "chargeUnit"] {
        if instance.get(name).is_none() {
            instance[name] = Value::Null;
        }
    }
    let mut bandwidth = item(parts.bandwidth);
    if wish.text("internetChargeType") == Some("ByTrafficPackage") {
        let beyond = number(now(Decimal::new(5, 2)));
        bandwidth["excessUnitPrice"] = beyond.clone();
        bandwidth["excessDiscountUnitPrice"] = beyond;
        bandwidth["excessAmountUnit"] = "GB".into();
    }
    let mut merged: Vec<(i64, i64, &str)> = Vec::new();
    for (size, amount, category) in disks {
        match merged.iter_mut().find(|row| row.0 == size && row.2 == category) {
            Some(row) => row.1 += amount,
            None => merged.push((size, amount, category)),
        }
    }
    let of_row = |row: &(i64, i64, &str)| tariff::disk(row.0, row.2) * Decimal::from(row.1);
    let together = item(merged.iter().map(of_row).sum());
    let disk_rows: Vec<Value> = merged
        .iter()
        .map(|row| {
            let (size, amount, category) = row;
            let price = item(of_row(row));
            json!({"diskSize": size, "diskAmount": amount, "diskCategory": category, "diskPrice": price})
        })
        .collect();
    Ok(fields([
        ("instancePrice", instance),
        ("bandwidthPrice", json!([bandwidth])),
        ("eipPrice", item(parts.address)),
        ("systemDiskPrice", item(parts.system_disk)),
        (
            "dataDiskPrice",
            json!({"discountPrice": together["discountPrice"], "originalPrice": together["originalPrice"]}),
        ),
        ("dataDiskPrices", disk_rows.into()),
    ]))
}

/// One part: by the hour, or for a whole term.
fn item(hourly: Decimal, term: Option<u32>) -> Value {
    match term {
        None => {
            let price = number(hourly);
            json!({"discount": 100.0, "unitPrice": price, "discountUnitPrice": price, "chargeUnit": "HOUR"})
        }
        Some(months) => json!({
            "discount": SUBSCRIBED, "originalPrice": number(tariff::listed(hourly, months)),
            "discountPrice": number(tariff::subscribed(hourly, months)),
        }),
    }
}

/// An amount as a JSON number.
fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}
