//! One machine through three pairs of eyes: the SDK's, the adapter's and the ledger's.

use std::collections::BTreeSet;
use std::net::IpAddr;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use vmbroker_core::{Disk, Handle, Image, Instance, State};
use vmbroker_tests::Stage;

use super::sdk::Sdk;
use crate::same;
use crate::tally::Tally;

/// The row of this machine, of which SDK, adapter and ledger tell the same: that it is in this status.
pub(crate) async fn agree(
    stage: &Stage,
    sdk: &mut Sdk,
    tally: &Tally,
    id: &str,
    status: &str,
) -> anyhow::Result<Value> {
    let one = || json!({ "instanceIds": [id], "pageSize": 100 });
    let shown = sdk.ask("DescribeInstances", one()).await?;
    same("how many the SDK sees", &shown["totalCount"], &json!(1))?;
    let row = shown["dataSet"][0].clone();
    same("status", row["instanceStatus"].as_str(), Some(status))?;
    let older = sdk.ask_with(json!({ "version": "v20230313" }), "DescribeInstances", one()).await?;
    for (name, value) in older["dataSet"][0].as_object().context("the older version sees none")? {
        if name != "dataDisks" {
            same(name, value, &row[name])?;
        }
    }
    let brief = sdk.ask("DescribeInstancesStatus", one()).await?;
    same("brief status", &brief["dataSet"], &json!([{ "instanceId": id, "instanceStatus": status }]))?;

    let listing = stage.provider.list().await?;
    let listed = listing.instances().iter().find(|it| it.handle.id() == id);
    let instance = listed.with_context(|| format!("the adapter does not list {id}"))?;
    compare(&row, instance)?;
    same("the adapter's word", instance.word.as_str(), status)?;
    same("the adapter's state", Some(instance.state), state(status))?;
    let handle = Handle::of_instance(stage.provider.id(), id);
    let looked = stage.provider.status(&[handle]).await?;
    same("the adapter's look", looked.first().and_then(|it| it.state()), state(status))?;

    let ledger = stage.cloud.ledger();
    let entry = ledger.entries.iter().find(|entry| entry.id == id).context("the ledger does not know it")?;
    same("name in the ledger", Some(entry.name.as_str()), row["instanceName"].as_str())?;
    let costs = !["RECYCLE", "RELEASING"].contains(&status);
    same("whether it costs money", entry.phase.is_billed(), costs)?;
    tally.agreed();
    Ok(row)
}

/// Nobody sees the machine any more, and it costs nothing.
pub(crate) async fn agree_gone(stage: &Stage, sdk: &mut Sdk, tally: &Tally, id: &str) -> anyhow::Result<()> {
    let one = json!({ "instanceIds": [id], "pageSize": 100 });
    let refused = sdk.refused(json!({}), "DescribeInstances", one).await?;
    same("code of a machine that is gone", refused.code.as_str(), "INVALID_INSTANCE_NOT_FOUND")?;
    let all = sdk.ask("DescribeInstances", json!({ "pageSize": 100 })).await?;
    let rows = all["dataSet"].as_array().context("no rows")?;
    ensure!(rows.iter().all(|row| row["instanceId"] != id), "the SDK still lists it");
    let listing = stage.provider.list().await?;
    ensure!(listing.instances().iter().all(|it| it.handle.id() != id), "the adapter still lists it");
    ensure!(stage.cloud.ledger().open().all(|entry| entry.id != id), "it still costs money");
    tally.agreed();
    Ok(())
}

/// The state that each documented status is: written down a second time, for the adapter's table is under test.
fn state(status: &str) -> Option<State> {
    Some(match status {
        "PENDING" | "DEPLOYING" | "BOOTING" | "REBOOT" => State::Provisioning,
        "RUNNING" => State::Running,
        "STOPPING" => State::Stopping,
        "STOPPED" => State::Stopped,
        "RECYCLING" | "RELEASING" => State::Deleting,
        "RECYCLE" => State::Recycled,
        _ => return None,
    })
}

/// Every attribute of the SDK's row that the adapter has a word for.
fn compare(row: &Value, it: &Instance) -> anyhow::Result<()> {
    let text = |name: &str| row[name].as_str();
    let time = |name: &str| text(name).map(str::parse::<Timestamp>).transpose();
    same("name", Some(it.name.as_str()), text("instanceName"))?;
    same("processors", Some(u64::from(it.size.vcpus)), row["cpuCount"].as_u64())?;
    same("memory", Some(it.size.memory_mib), row["memory"].as_u64().map(|gib| gib * 1_024))?;
    same("zone", it.location.zone.as_deref(), text("zoneId"))?;
    let image = Image { id: text("imageId").map(str::to_owned), name: text("imageName").map(str::to_owned) };
    same("image", it.image.clone(), Some(image))?;
    same("created", it.created_at, time("createTime")?)?;
    same("expires", it.expires_at, time("expiredTime")?)?;
    let public = addresses(row, &["publicIpAddresses", "publicIpv6Addresses"])?;
    same("public addresses", it.public_addresses.iter().copied().collect(), public)?;
    let private = addresses(row, &["privateIpAddresses"])?;
    same("private addresses", it.private_addresses.iter().copied().collect(), private)?;
    let data = row["dataDisks"].as_array().into_iter().flatten().map(|disk| read_disk(disk, false));
    let disks: Vec<Disk> = [read_disk(&row["systemDisk"], true)].into_iter().chain(data).collect();
    same("disks", &it.disks, &disks)?;
    let tags = row["tags"]["tags"].as_array().into_iter().flatten();
    let tags: BTreeSet<_> = tags.map(|tag| (tag["key"].as_str(), tag["value"].as_str())).collect();
    for (key, value) in &it.labels {
        ensure!(tags.contains(&(Some(key), Some(value))), "label {key}={value} is no tag of {tags:?}");
    }
    let ours = usize::from(it.marker.is_some());
    ensure!(tags.len() <= it.labels.len() + ours, "tags {tags:?} are not all labels: {:?}", it.labels);
    Ok(())
}

fn addresses(row: &Value, names: &[&str]) -> anyhow::Result<BTreeSet<IpAddr>> {
    let all = names.iter().flat_map(|name| row[name].as_array().into_iter().flatten());
    all.map(|address| Ok(address.as_str().context("an address is no text")?.parse()?)).collect()
}

fn read_disk(disk: &Value, system: bool) -> Disk {
    let text = |name: &str| disk[name].as_str().map(str::to_owned);
    let size_mib = disk["diskSize"].as_u64().unwrap_or_default() * 1_024;
    Disk { id: text("diskId"), size_mib, kind: text("diskCategory"), system }
}
