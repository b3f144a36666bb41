//! Whole lives: of machines that the client orders, and of one that the adapter orders.

use anyhow::{Context, ensure};
use serde_json::json;
use vmbroker_core::{ComputeProviderExt, Goal, State, Wait};
use vmbroker_sim::{Fault, FaultKind, WALDUR_IDS};
use vmbroker_tests::{key, wish};

use super::{LONG, Room};
use crate::python::Python;
use crate::same;
use crate::tally::Tally;

/// The client orders, waits, stops and terminates; a second machine by its least size, and terminates it as it runs.
pub(super) async fn of_the_client(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let first = room.create("first", json!({ "flavor": "m1.large" })).await?;
    let least = json!({ "flavor_min_cpu": 2, "flavor_min_ram": 4_096 });
    let second = room.create("second", least).await?;
    let resource = room.agree(&first, "ACTIVE", State::Running).await?;
    let other = room.agree(&second, "ACTIVE", State::Running).await?;
    let named = json!({ "name": "second", "project": WALDUR_IDS.project });
    let shown = room.ask("get_instance_via_marketplace", named).await?;
    same("cores of the least that fits", &shown["cores"], &json!(2))?;
    ensure!(shown["external_ips"][0].is_string(), "it has no address: {shown}");

    let orders = room.ask("list_orders", json!({})).await?;
    let orders = orders.as_array().context("no list of orders")?;
    same("orders", orders.len(), 2)?;
    ensure!(orders.iter().all(|order| order["state"] == "done" && order["type"] == "Create"), "{orders:?}");

    room.ask("stop_instance", json!({ "uuid": first, "interval": 0.05, "timeout": 20 })).await?;
    room.agree(&first, "SHUTOFF", State::Stopped).await?;
    terminate(&mut room, &first, json!({})).await?;
    room.agree_gone(&resource).await?;
    room.agree(&second, "ACTIVE", State::Running).await?;
    terminate(&mut room, &second, json!({ "action": "force_destroy" })).await?;
    room.agree_gone(&other).await?;
    same("creates", room.stage.cloud.count_calls(Some("create")), 2)?;
    same("machines that cost money", room.stage.cloud.ledger().open().count(), 0)
}

/// The adapter orders and ends; the client finds it by the marker in its name.
pub(super) async fn of_the_adapter(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let (provider, wish) = (room.stage.provider.clone(), wish());
    let wait = Wait::new(room.stage.clock.clone(), LONG * 30);
    let ordered = provider.create(&wish).await?;
    let order = ordered.order.clone().context("no order")?;
    let reached = provider.wait_until(&ordered, Goal::Reachable, &wait).await?;
    let by_name = json!({ "name": wish.marker.to_string(), "project": WALDUR_IDS.project });
    let shown = room.ask("get_instance_via_marketplace", by_name).await?;
    same("resource", shown["marketplace_resource_uuid"].as_str(), Some(reached.handle.id()))?;
    let instance = shown["uuid"].as_str().context("no id")?.to_owned();
    let resource = room.agree(&instance, "ACTIVE", State::Running).await?;
    let order = room.ask("get_order", json!({ "order_uuid": order })).await?;
    same("resource of the order", &order["marketplace_resource_uuid"], &resource["uuid"])?;
    let keys = room.ask("list_ssh_keys", json!({})).await?;
    same("key that the adapter stored", keys[0]["public_key"].as_str(), Some(key().body()))?;
    provider.delete_until_gone(&reached.handle, &wait).await?;
    room.agree_gone(&resource).await?;
    same("creates", room.stage.cloud.count_calls(Some("create")), 1)
}

/// Lists that come in small pages are whole to both, and the client's count is the same.
pub(super) async fn pages(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    room.stage.cloud.account().profile.page_cap = Some(3);
    for number in 0..8 {
        let order = json!({ "flavor": "m1.small", "wait": false });
        room.create(&format!("page-{number}"), order).await?;
    }
    let listing = room.stage.provider.list().await?;
    let listed = room.ask("list_marketplace_resources", json!({ "fields": ["uuid", "name"] })).await?;
    let listed = listed.as_array().context("no list")?;
    same("rows", (listed.len(), listing.instances().len()), (8, 8))?;
    for instance in listing.instances() {
        let row = listed.iter().find(|row| row["uuid"] == instance.handle.id());
        let row = row.with_context(|| format!("the client does not list {instance:?}"))?;
        same("name", row["name"].as_str(), Some(instance.name.as_str()))?;
        same("fields that were asked for", row.as_object().map(serde_json::Map::len), Some(2))?;
    }
    same("count", room.ask("count_marketplace_resources", json!({})).await?, json!(8))?;
    room.tally.agreed();
    Ok(())
}

/// An order that fails leaves something behind: both see it, it costs money, and the client ends it.
pub(super) async fn failure(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let why = "No valid host was found.".to_owned();
    room.stage.cloud.arm(Fault::once("create", FaultKind::FailLater(why.clone())));
    let wish = super::wish("failing", json!({ "flavor": "m1.small" }));
    room.refuse("create_instance_via_marketplace", wish, &["InvalidStateError"]).await?;
    let listing = room.stage.provider.list().await?;
    let failed = listing.instances().first().context("the adapter does not see what is left")?;
    let id = json!({ "resource_uuid": failed.handle.id() });
    let resource = room.ask("get_marketplace_resource", id).await?;
    let instance = resource["resource_uuid"].as_str().context("no instance")?.to_owned();
    room.agree(&instance, "", State::Failed).await?;
    let order = room.ask("list_orders", json!({})).await?;
    same("why", order[0]["error_message"].as_str(), Some(why.as_str()))?;
    terminate(&mut room, &instance, json!({})).await?;
    room.agree_gone(&resource).await
}

/// Terminates it through the client, and lets the time pass that it takes.
async fn terminate(room: &mut Room, instance: &str, more: serde_json::Value) -> anyhow::Result<()> {
    let mut with = json!({ "instance_uuid": instance });
    if let (Some(with), Some(more)) = (with.as_object_mut(), more.as_object()) {
        with.extend(more.clone());
    }
    let order = room.ask("delete_instance_via_marketplace", with).await?;
    room.stage.clock.step(LONG);
    let order = room.ask("get_order", json!({ "order_uuid": order })).await?;
    same("state of the order", order["state"].as_str(), Some("done"))?;
    same("kind of the order", order["type"].as_str(), Some("Terminate"))
}
