//! Waldur: the vendor's client for Python, with whose words WAYSCloud's documents speak, drives the simulated Waldur.
//!
//! Reading order: this file (a call, and one machine seen by all), [`walk`] (whole lives), [`double`] (what is refused
//! or lost, and faces that are wrong).

mod double;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use vmbroker_core::{Clock, Instance, OfferQuery, State};
use vmbroker_http::HttpTransport;
use vmbroker_sim::{Dialect, WALDUR_IDS};
use vmbroker_tests::Stage;

use crate::python::{Python, Speaker};
use crate::tally::Tally;
use crate::{Witness, same};

pub(crate) fn trials(witness: &Witness) -> Vec<Trial> {
    vec![
        witness.trial("waldur::the_client_takes_a_machine_from_order_to_terminated", walk::of_the_client),
        witness.trial("waldur::the_client_sees_what_the_adapter_makes", walk::of_the_adapter),
        witness.trial("waldur::the_client_and_the_adapter_read_all_pages", walk::pages),
        witness.trial("waldur::a_machine_that_fails_is_seen_and_ended_by_both", walk::failure),
        witness.trial("waldur::what_is_refused_or_lost_reaches_the_client", double::refusals),
        witness.trial("waldur::faces_that_are_wrong_are_found_out", double::are_found_out),
    ]
}

/// How many of the cloud's seconds pass in one: the client waits by the real clock, and it waits long for an order that
/// names no machine at once, which the cloud does after less than half of one of its own.
const SPEED: u32 = 500;

/// A refusal as the client tells it.
#[derive(Debug)]
struct Refused {
    kind: String,
    text: String,
}

/// The client and the adapter at one cloud.
struct Room {
    stage: Stage,
    speaker: Speaker,
    tally: Tally,
    token: String,
}

impl Room {
    async fn enter(python: &Python, tally: Tally) -> anyhow::Result<Self> {
        let stage = stage().await?;
        let address = stage.url.trim_start_matches("http://").to_owned();
        Self::of(stage, python, tally, &address)
    }

    /// The client calls the cloud at this address, which need not be the adapter's.
    fn of(stage: Stage, python: &Python, tally: Tally, address: &str) -> anyhow::Result<Self> {
        let token = stage.cloud.account().credentials.secret.clone();
        Ok(Self { stage, speaker: Speaker::start(python, "waldur.py", address)?, tally, token })
    }

    /// What the client makes of this.
    async fn say(&mut self, call: &str, with: Value) -> anyhow::Result<Result<Value, Refused>> {
        let told = self.speaker.say(&json!({ "call": call, "token": self.token, "with": with })).await?;
        if let Some(why) = told.get("broken") {
            bail!("the client cannot read the answer to {call}: {why}");
        }
        self.tally.call(told["values"].as_u64().unwrap_or_default());
        Ok(match told.get("refused") {
            None => Ok(told["answer"].clone()),
            Some(refused) => {
                let text = |name: &str| refused[name].as_str().unwrap_or_default().to_owned();
                Err(Refused { kind: text("kind"), text: text("text") })
            }
        })
    }

    async fn ask(&mut self, call: &str, with: Value) -> anyhow::Result<Value> {
        self.say(call, with).await?.map_err(|refused| anyhow::anyhow!("{call} is refused: {refused:?}"))
    }

    /// The same is refused, with these words in what the client says.
    async fn refuse(&mut self, call: &str, with: Value, words: &[&str]) -> anyhow::Result<()> {
        let refused = match self.say(call, with).await? {
            Ok(answer) => bail!("{call} is not refused: {answer}"),
            Err(refused) => format!("{}: {}", refused.kind, refused.text),
        };
        let missing = words.iter().find(|word| !refused.contains(**word));
        missing.map_or(Ok(()), |word| bail!("{call} is refused without `{word}`: {refused}"))
    }

    /// Orders a machine as a user of the client would, by names, and waits for it; the id of its instance.
    async fn create(&mut self, name: &str, more: Value) -> anyhow::Result<String> {
        let made = self.ask("create_instance_via_marketplace", wish(name, more)).await?;
        made.as_str().map(str::to_owned).with_context(|| format!("a machine without an id: {made}"))
    }

    /// The resource of this instance, of which client, adapter and ledger tell the same: that it is so.
    async fn agree(&mut self, instance: &str, runtime: &str, state: State) -> anyhow::Result<Value> {
        let shown = self.ask("get_instance_via_marketplace", json!({ "name": instance })).await?;
        same("instance", shown["uuid"].as_str(), Some(instance))?;
        same("runtime state", shown["runtime_state"].as_str(), Some(runtime))?;
        let resource = &shown["marketplace_resource_uuid"];
        let resource = self.ask("get_marketplace_resource", json!({ "resource_uuid": resource })).await?;
        same("instance of the resource", &resource["resource_uuid"], &shown["uuid"])?;
        let id = resource["uuid"].as_str().context("a resource without an id")?;
        let listing = self.stage.provider.list().await?;
        let listed = listing.instances().iter().find(|it| it.handle.id() == id);
        let it = listed.with_context(|| format!("the adapter does not list {id}"))?;
        compare(&shown, &resource, it)?;
        same("state", it.state, state)?;
        let ledger = self.stage.cloud.ledger();
        let entry =
            ledger.entries.iter().find(|entry| entry.id == id).context("the ledger does not know it")?;
        same("name in the ledger", Some(entry.name.as_str()), shown["name"].as_str())?;
        ensure!(entry.phase.is_billed(), "it costs nothing");
        self.tally.agreed();
        Ok(resource)
    }

    /// The machine of this resource is terminated, to everybody, and costs nothing.
    async fn agree_gone(&mut self, resource: &Value) -> anyhow::Result<()> {
        let shown =
            self.ask("get_marketplace_resource", json!({ "resource_uuid": resource["uuid"] })).await?;
        same("state of the resource", shown["state"].as_str(), Some("Terminated"))?;
        let gone = json!({ "name": resource["resource_uuid"] });
        self.refuse("get_instance_via_marketplace", gone, &["ObjectDoesNotExist"]).await?;
        let listing = self.stage.provider.list().await?;
        let listed = listing.instances().iter().find(|it| Some(it.handle.id()) == resource["uuid"].as_str());
        ensure!(listed.is_none_or(|it| it.state == State::Gone), "the adapter sees {listed:?}");
        let ledger = self.stage.cloud.ledger();
        ensure!(ledger.open().all(|entry| resource["uuid"] != entry.id.as_str()), "it still costs money");
        self.tally.agreed();
        Ok(())
    }
}

async fn stage() -> anyhow::Result<Stage> {
    let clock = Clock::simulated("2026-11-21T08:00:00Z".parse()?, SPEED);
    let stage = Stage::set_at(Dialect::Waldur, Arc::new(HttpTransport::new(None)?), clock).await;
    // A row names its flavor only: the adapter knows their sizes once it has seen what is offered.
    stage.provider.offers(&OfferQuery::default()).await?;
    Ok(stage)
}

/// What a user of the client would order.
fn wish(name: &str, more: Value) -> Value {
    let ids = WALDUR_IDS;
    let mut wish = json!({
        "name": name, "offering": "Virtual machine in sandbox-tenant", "project": ids.project,
        "networks": [{ "subnet": ids.subnet, "floating_ip": "auto" }], "image": "Ubuntu 22.04",
        "system_volume_size": 20, "interval": 0.05, "timeout": 20,
    });
    if let (Some(wish), Value::Object(more)) = (wish.as_object_mut(), more) {
        wish.extend(more);
    }
    wish
}

/// Everything that instance and resource tell and the adapter has a word for.
fn compare(instance: &Value, resource: &Value, it: &Instance) -> anyhow::Result<()> {
    same("name", Some(it.name.as_str()), instance["name"].as_str())?;
    same("processors", Some(u64::from(it.size.vcpus)), instance["cores"].as_u64())?;
    same("memory", Some(it.size.memory_mib), instance["ram"].as_u64())?;
    same(
        "disks",
        it.disks.iter().map(|disk| disk.size_mib).sum::<u64>(),
        instance["disk"].as_u64().unwrap_or(0),
    )?;
    same(
        "image",
        it.image.as_ref().and_then(|image| image.name.as_deref()),
        instance["image_name"].as_str(),
    )?;
    let created = resource["created"].as_str().context("no time of creation")?;
    same("created", it.created_at, Some(created.parse()?))?;
    let pairs = [("external_ips", &it.public_addresses), ("internal_ips", &it.private_addresses)];
    for (name, addresses) in pairs {
        let told: Vec<&str> =
            instance[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        same(
            name,
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            told.iter().map(|it| (*it).to_owned()).collect(),
        )?;
    }
    Ok(())
}

/// Long enough for every step of a machine to be over.
const LONG: Duration = Duration::from_secs(120);
