//! What is refused, throttled or lost reaches the SDK as the documents say.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use vmbroker_core::{ComputeProviderExt, ErrorKind};
use vmbroker_sim::{Fault, FaultKind, Refusal};
use vmbroker_tests::wish;

use super::{Room, STEP, ZONE};
use crate::python::Python;
use crate::same;
use crate::tally::Tally;

/// Each refusal has the documents' code, and the account holds no machine because of it.
pub(super) async fn have_codes(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let held = room.stage.cloud.account().credentials.clone();
    let wrong = [
        (json!({ "key": [held.id, "another"] }), "AUTHFAILURE_SIGNATURE_FAILURE"),
        (json!({ "key": ["another", held.secret] }), "AUTHFAILURE_SIGNATURE_FAILURE"),
        (json!({ "token": "another" }), "AUTHFAILURE_INVALID_AUTHORIZATION"),
    ];
    for (access, code) in wrong {
        let refused = room.sdk.refused(access, "DescribeZones", json!({})).await?;
        same("code of another's key", refused.code.as_str(), code)?;
    }
    let token = json!({ "token": held.secret });
    let zones = room.sdk.ask_with(token, "DescribeZones", json!({})).await?;
    ensure!(zones["zoneSet"].as_array().is_some_and(|zones| !zones.is_empty()), "a token opens nothing");

    let good = room.wish("refused").await?;
    let rows = [
        (json!({ "zoneId": "XXX-Z" }), "INVALID_ZONE_NOT_FOUND"),
        (json!({ "instanceType": "c.0c0g" }), "INVALID_INSTANCE_TYPE_NOT_FOUND"),
        (json!({ "imageId": "img-none" }), "INVALID_IMAGE_NOT_FOUND"),
        (
            json!({ "internetChargeType": "BandwidthCluster" }),
            "OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT",
        ),
        (json!({ "internetMaxBandwidthOut": 100_000 }), "INVALID_BANDWIDTH_VALUE_EXCEED_MAXIMUM"),
        (json!({ "systemDisk": { "diskSize": 25 } }), "INVALID_SYSTEM_DISK_SIZE"),
        (json!({ "instanceName": "no_underscore" }), "INVALID_PARAMETER_PATTERN_ERROR"),
        (json!({ "instanceCount": 101 }), "INVALID_PARAMETER_EXCEED_MAXIMUM"),
        (json!({ "subnetId": null }), "MISSING_PARAMETER"),
        (json!({ "keyId": null }), "MISSING_PARAMETER"),
        (json!({ "keyId": null, "password": "weak" }), "INVALID_PASSWORD_MALFORMED"),
    ];
    for (change, code) in rows {
        room.refuse("CreateInstances", changed(&good, change), code).await?;
    }
    room.stage.cloud.account().inventory.iter_mut().for_each(|offer| offer.capacity = 0);
    room.refuse("CreateInstances", good.clone(), "RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT").await?;
    let error =
        room.stage.provider.create(&wish()).await.err().context("the adapter creates what is sold out")?;
    same("kind of the same refusal", error.kind(), ErrorKind::OutOfCapacity)?;
    for (refusal, code) in [
        (Refusal::Quota, "OPERATION_DENIED_INSTANCE_QUOTA_EXCEED"),
        (Refusal::Permission, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
        (Refusal::Unavailable, "SERVICE_TEMPORARY_UNAVAILABLE"),
    ] {
        room.stage.cloud.arm(Fault::once("create", FaultKind::Refuse(refusal)));
        room.refuse("CreateInstances", good.clone(), code).await?;
    }
    // The clock of the cloud leaves the SDK's behind.
    room.stage.clock.step(STEP * 15);
    room.refuse("DescribeZones", json!({}), "AUTHFAILURE_SIGNATURE_EXPIRED").await?;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 0)
}

/// What is throttled is the SDK's to repeat; one create makes one machine all the same.
pub(super) async fn throttled(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let wish = room.wish("throttled").await?;
    let once = || Fault::once("create", FaultKind::Throttle { retry_after: Some("1".to_owned()) });
    room.stage.cloud.arm(once());
    room.refuse("CreateInstances", wish.clone(), "REQUEST_LIMIT_EXCEEDED").await?;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 0)?;
    room.stage.cloud.arm(once());
    let made = room.sdk.ask_with(json!({ "retries": 2 }), "CreateInstances", wish).await?;
    let id = made["instanceIdSet"][0].as_str().context("no id")?.to_owned();
    room.agree(&id, "PENDING").await?;
    same("creates that arrived", room.stage.cloud.count_calls(Some("create")), 3)?;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 1)
}

/// The SDK never learns of a machine; by the marker that was put into its name, the adapter finds it.
pub(super) async fn lost(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let marker = wish().marker;
    let request = room.wish(&format!("web-{marker}")).await?;
    room.stage.cloud.arm(Fault::once("create", FaultKind::LoseAnswer));
    let refused = room.sdk.refused(json!({}), "CreateInstances", request).await?;
    same("code of a lost answer", refused.code.as_str(), "NETWORK_ERROR")?;
    let found = room.stage.provider.find(marker).await?;
    same("machines of that marker", found.len(), 1)?;
    let id = found[0].handle.id().to_owned();
    same("zone", found[0].location.zone.as_deref(), Some(ZONE))?;
    room.agree(&id, "PENDING").await?;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 1)
}

/// This wish with these fields; a null takes a field out.
fn changed(wish: &Value, change: Value) -> Value {
    let mut wish = wish.clone();
    if let (Some(wish), Value::Object(change)) = (wish.as_object_mut(), change) {
        wish.extend(change);
        wish.retain(|_, value| !value.is_null());
    }
    wish
}
