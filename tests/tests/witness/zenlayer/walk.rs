//! Whole lives: of a machine that the SDK makes, and of one that the adapter makes.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use vmbroker_core::{Next, OfferId, OfferQuery};
use vmbroker_tests::{key, wish};

use super::{MODEL, Room, ZONE};
use crate::python::Python;
use crate::same;
use crate::tally::Tally;

/// What there is to rent is the same for both, and costs the same.
pub(super) async fn catalogue(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let offers = room.stage.provider.offers(&OfferQuery::default()).await?;
    let zones = room.sdk.ask("DescribeZones", json!({})).await?;
    let zones: BTreeSet<&str> = rows(&zones["zoneSet"]).filter_map(|zone| zone["zoneId"].as_str()).collect();
    same("zones", zones, offers.iter().filter_map(|offer| offer.location.zone.as_deref()).collect())?;
    let models =
        room.sdk.ask("DescribeZoneInstanceConfigInfos", json!({ "instanceChargeType": "POSTPAID" })).await?;
    let model = |row: &Value| -> Option<(String, u64, u64)> {
        let id = format!("{}/{}", row["zoneId"].as_str()?, row["instanceType"].as_str()?);
        Some((id, row["cpuCount"].as_u64()?, row["memory"].as_u64()? * 1_024))
    };
    let models: BTreeSet<_> = rows(&models["instanceTypeQuotaSet"]).filter_map(model).collect();
    let offered = offers.iter().map(|it| (it.id.0.clone(), u64::from(it.size.vcpus), it.size.memory_mib));
    same("models", models, offered.collect())?;
    same("prices", price(&mut room).await?, of_the_adapter_by_the_hour(&room).await?)?;

    let subscribed =
        inquiry(json!({ "instanceChargeType": "PREPAID", "instanceChargePrepaid": { "period": 1 } }));
    let subscribed = room.sdk.ask("InquiryPriceCreateInstance", subscribed).await?;
    let one = &subscribed["instancePrice"];
    ensure!(one["discountPrice"].is_number() && one["unitPrice"].is_null(), "a subscription costs {one}");

    for action in ["DescribeVmInventoryCapacity", "DescribeSecurityGroups"] {
        let answer = room.sdk.ask(action, json!({})).await?;
        ensure!(rows(&answer["dataSet"]).count() > 0, "{action} says nothing");
    }
    let disks = room.sdk.ask("DescribeDiskCategory", json!({ "instanceChargeType": "POSTPAID" })).await?;
    ensure!(rows(&disks["categoryZoneSet"]).count() > 0, "no kinds of disks");
    let pair = json!({ "keyName": "witness", "publicKey": key().as_str() });
    let ccs = || json!({ "product": "ccs" });
    let taken = room.sdk.ask_with(ccs(), "ImportKeyPair", pair).await?;
    let asked = json!({ "keyIds": [taken["keyId"]] });
    let pairs = room.sdk.ask_with(ccs(), "DescribeKeyPairs", asked).await?;
    same("key", pairs["dataSet"][0]["publicKey"].as_str(), Some(key().as_str()))
}

/// A machine that the SDK makes, stops, starts, restarts, renames, terminates and releases.
pub(super) async fn of_the_sdk(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let id = room.create("witness").await?;
    let batch = || json!({ "instanceIds": [id] });
    let one = || json!({ "instanceId": id });
    let row = room.agree(&id, "PENDING").await?;
    same("processors", &row["cpuCount"], &json!(2))?;
    same("names of its networks", &row["nic"], &json!({ "wanName": "wan0", "lanName": "lan0" }))?;
    same("data disks", rows(&row["dataDisks"]).count(), 2)?;
    room.refuse("TerminateInstance", one(), "OPERATION_DENIED_INSTANCE_CREATING").await?;
    room.pass();
    room.agree(&id, "DEPLOYING").await?;
    room.pass();
    room.pass();
    let row = room.agree(&id, "RUNNING").await?;
    for name in ["publicIpAddresses", "publicIpv6Addresses", "privateIpAddresses"] {
        same(name, rows(&row[name]).count(), 1)?;
    }
    room.refuse("StartInstances", batch(), "OPERATION_DENIED_INSTANCE_NOT_STOPPED").await?;
    room.refuse("ReleaseInstances", batch(), "OPERATION_DENIED_INSTANCE_NOT_RECYCLED").await?;
    let steps = [
        ("StopInstances", json!({ "instanceIds": [id], "forceShutdown": true }), "STOPPING", "STOPPED"),
        ("StartInstances", batch(), "BOOTING", "RUNNING"),
        ("RebootInstances", batch(), "REBOOT", "RUNNING"),
    ];
    for (action, request, meanwhile, after) in steps {
        room.act(action, request).await?;
        room.agree(&id, meanwhile).await?;
        room.pass();
        room.agree(&id, after).await?;
    }
    room.act("ModifyInstancesAttribute", json!({ "instanceIds": [id], "instanceName": "renamed" })).await?;
    same("name", &room.agree(&id, "RUNNING").await?["instanceName"], &json!("renamed"))?;
    room.act("TerminateInstance", one()).await?;
    room.agree(&id, "RECYCLING").await?;
    room.pass();
    room.agree(&id, "RECYCLE").await?;
    room.refuse("TerminateInstance", one(), "OPERATION_DENIED_INSTANCE_RECYCLED").await?;
    room.act("ReleaseInstances", batch()).await?;
    room.agree(&id, "RELEASING").await?;
    room.pass();
    room.agree_gone(&id).await?;
    same("creates", room.stage.cloud.count_calls(Some("create")), 1)
}

/// A machine that the adapter makes and ends, seen by the SDK at every step.
pub(super) async fn of_the_adapter(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let (provider, wish) = (room.stage.provider.clone(), wish());
    let handle = provider.create(&wish).await?;
    let named = json!({ "instanceName": format!("{}*", wish.marker), "pageSize": 100 });
    let found = room.sdk.ask("DescribeInstances", named).await?;
    same("found by the marker in its name", &found["totalCount"], &json!(1))?;
    let id = found["dataSet"][0]["instanceId"].as_str().context("no id")?.to_owned();
    same("id", handle.id(), id.as_str())?;
    room.agree(&id, "PENDING").await?;
    (0..3).for_each(|_| room.pass());
    room.agree(&id, "RUNNING").await?;
    for (meanwhile, after) in [("RECYCLING", Some("RECYCLE")), ("RELEASING", None)] {
        let deletion = provider.delete(&handle).await?;
        ensure!(deletion.next != Next::NothingLeft, "{meanwhile}: nothing is left so soon");
        room.agree(&id, meanwhile).await?;
        room.pass();
        match after {
            Some(after) => _ = room.agree(&id, after).await?,
            None => room.agree_gone(&id).await?,
        }
    }
    same("creates", room.stage.cloud.count_calls(Some("create")), 1)
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What the SDK asks of the price of a small machine with a system disk of 20 GiB, with these words besides.
fn inquiry(more: Value) -> Value {
    let mut asked = json!({
        "zoneId": ZONE, "instanceType": MODEL, "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth",
        "internetMaxBandwidthOut": 1, "instanceCount": 1, "systemDisk": { "diskSize": 20 },
    });
    if let (Some(asked), Value::Object(more)) = (asked.as_object_mut(), more) {
        asked.extend(more);
    }
    asked
}

/// What an hour of it costs, each of its parts as the SDK reads it.
async fn price(room: &mut Room) -> anyhow::Result<Decimal> {
    let told = room.sdk.ask("InquiryPriceCreateInstance", inquiry(json!({}))).await?;
    let single = ["instancePrice", "eipPrice", "systemDiskPrice"].map(|name| &told[name]);
    let mut sum = Decimal::ZERO;
    for part in single.into_iter().chain(rows(&told["bandwidthPrice"])) {
        same("paid by", part["chargeUnit"].as_str(), Some("HOUR"))?;
        sum += part["discountUnitPrice"].to_string().parse::<Decimal>()?;
    }
    Ok(sum)
}

/// The same by the adapter.
async fn of_the_adapter_by_the_hour(room: &Room) -> anyhow::Result<Decimal> {
    let id = OfferId(format!("{ZONE}/{MODEL}"));
    let offers = room.stage.provider.offers(&OfferQuery { offer: Some(id), ..OfferQuery::default() }).await?;
    let offer = offers.first().context("the adapter does not offer it")?;
    same("system disk", offer.disk_gib, Some(20))?;
    Ok(offer.price.charges().iter().map(|charge| charge.amount).sum())
}
