//! Zenlayer: the vendor's SDK for Python drives the simulated `vm` and `ccs`.
//!
//! Reading order: [`sdk`] (a call, and what every answer must be like), [`eyes`] (one machine seen by all), [`walk`]
//! (a whole life), [`refusals`] (what is refused, throttled or lost), [`double`] (faces that are wrong).

mod double;
mod eyes;
mod refusals;
mod sdk;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::SignedDuration;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_http::HttpTransport;
use vmbroker_sim::{Dialect, Profile};
use vmbroker_tests::{Stage, key};

use crate::python::Python;
use crate::tally::Tally;
use crate::{Witness, same};
use sdk::{Sdk, check_request_id};

const ZONE: &str = "FRA-A";
const MODEL: &str = "c.2c4g";

pub(crate) fn trials(witness: &Witness) -> Vec<Trial> {
    vec![
        witness.trial("zenlayer::the_sdk_finds_what_the_adapter_offers", walk::catalogue),
        witness.trial("zenlayer::the_sdk_takes_a_machine_from_create_to_gone", walk::of_the_sdk),
        witness.trial("zenlayer::the_sdk_sees_what_the_adapter_makes", walk::of_the_adapter),
        witness.trial("zenlayer::each_refusal_reaches_the_sdk_with_its_code", refusals::have_codes),
        witness.trial("zenlayer::what_is_throttled_is_repeated_and_not_doubled", refusals::throttled),
        witness.trial("zenlayer::a_create_that_the_sdk_lost_is_found_by_its_marker", refusals::lost),
        witness.trial("zenlayer::faces_that_are_wrong_are_found_out", double::are_found_out),
    ]
}

/// A simulated cloud whose clock is moved by hand, but starts near the real one, by which the SDK signs. It starts
/// behind, and a walk ends ahead: five minutes either way are allowed.
async fn stage() -> anyhow::Result<Stage> {
    let now = Clock::system().now() - SignedDuration::from_secs(200);
    let transport = Arc::new(HttpTransport::new(None)?);
    let stage = Stage::set_at(Dialect::Zenlayer, transport, Clock::simulated(now, 1)).await;
    // No step ends by itself while somebody looks: a busy machine may take seconds for a look.
    let long = Duration::from_secs(30);
    let profile =
        Profile { queue: long, build: long, address: long, power: long, delete: long, ..Profile::default() };
    stage.cloud.account().profile = profile;
    Ok(stage)
}

/// How far the clock must be moved for a step of that profile to be over, its random quarter included.
const STEP: Duration = Duration::from_secs(38);

/// The SDK and the adapter at one cloud.
struct Room {
    stage: Stage,
    sdk: Sdk,
    tally: Tally,
}

impl Room {
    async fn enter(python: &Python, tally: Tally) -> anyhow::Result<Self> {
        let stage = stage().await?;
        let address = stage.url.trim_start_matches("http://").to_owned();
        Self::of(stage, python, tally, &address)
    }

    /// The SDK calls the cloud at this address, which need not be the adapter's.
    fn of(stage: Stage, python: &Python, tally: Tally, address: &str) -> anyhow::Result<Self> {
        let held = stage.cloud.account().credentials.clone();
        let access = json!({ "key": [held.id, held.secret] });
        let sdk = Sdk::start(python, tally.clone(), address, access)?;
        Ok(Self { stage, sdk, tally })
    }

    /// What an order of a small machine of this name needs, each id of it found through the SDK.
    async fn wish(&mut self, name: &str) -> anyhow::Result<Value> {
        let asked =
            json!({ "zoneId": ZONE, "category": "Ubuntu", "imageStatus": "AVAILABLE", "pageSize": 100 });
        let images = self.sdk.ask("DescribeImages", asked).await?;
        let subnets = self.sdk.ask("DescribeSubnets", json!({ "zoneId": ZONE, "pageSize": 100 })).await?;
        let pair = json!({ "keyName": format!("of-{name}"), "publicKey": key().as_str() });
        let pair = self.sdk.ask_with(json!({ "product": "ccs" }), "ImportKeyPair", pair).await?;
        Ok(json!({
            "zoneId": ZONE, "instanceType": MODEL, "instanceName": name, "instanceCount": 1,
            "imageId": images["dataSet"][0]["imageId"], "subnetId": subnets["dataSet"][0]["subnetId"],
            "keyId": pair["keyId"], "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth",
            "internetMaxBandwidthOut": 5, "enableIpv4": true, "enableIpv6": true,
            "systemDisk": { "diskSize": 40, "diskCategory": "SSD" },
            "dataDisks": [{ "diskSize": 10, "diskAmount": 2, "diskCategory": "STANDARD" }],
            "nic": { "wanName": "wan0", "lanName": "lan0" },
            "tags": { "tags": [{ "key": "who", "value": "the SDK" }, { "key": "why", "value": "witness" }] },
        }))
    }

    /// Creates a machine through the SDK; its id.
    async fn create(&mut self, name: &str) -> anyhow::Result<String> {
        let (ever, wish) = (self.stage.cloud.ledger().entries.len(), self.wish(name).await?);
        let made = self.sdk.ask("CreateInstances", wish).await?;
        let id = made["instanceIdSet"][0].as_str().context("a create without an id")?.to_owned();
        same("machines of one create", &made["instanceIdSet"], &json!([id]))?;
        same("their rows", &made["instances"][0]["instanceId"], &json!(id))?;
        ensure!(
            made["orderNumber"].as_str().is_some_and(|it| !it.is_empty()),
            "no number of the order: {made}"
        );
        same("machines in the ledger", self.stage.cloud.ledger().entries.len(), ever + 1)?;
        Ok(id)
    }

    /// Does something to a machine through the SDK; such an answer says nothing but the request's id.
    async fn act(&mut self, action: &str, request: Value) -> anyhow::Result<()> {
        let answer = self.sdk.ask(action, request).await?;
        same(action, answer.as_object().map(serde_json::Map::len), Some(1))
    }

    /// The same is refused with this code, and changes nothing.
    async fn refuse(&mut self, action: &str, request: Value, code: &str) -> anyhow::Result<()> {
        let refused = self.sdk.refused(json!({}), action, request).await?;
        check_request_id(&json!(refused.request_id))?;
        same(action, refused.code.as_str(), code)
    }

    async fn agree(&mut self, id: &str, status: &str) -> anyhow::Result<Value> {
        eyes::agree(&self.stage, &mut self.sdk, &self.tally, id, status).await.context(format!("at {status}"))
    }

    async fn agree_gone(&mut self, id: &str) -> anyhow::Result<()> {
        eyes::agree_gone(&self.stage, &mut self.sdk, &self.tally, id).await
    }

    /// What was begun is over.
    fn pass(&self) {
        self.stage.clock.step(STEP);
    }
}
