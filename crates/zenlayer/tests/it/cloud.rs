//! A provider in a list of exchanges, and what was asked of it.

use std::sync::Arc;

use serde_json::{Value, json};
use vmbroker_core::{Clock, CreateRequest, Handle, Marker, Owner, Secret, Size};
use vmbroker_http::{Exchange, HttpConfig, Replay, Transport};
use vmbroker_zenlayer::{Config, Credentials, Zenlayer};

pub(crate) const VM: &str = "/api/v2/vm";
pub(crate) const CCS: &str = "/api/v2/ccs";
pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";
pub(crate) const ID: &str = "1234567890123456789";
pub(crate) const NOW: &str = "2026-11-21T08:00:00Z";
pub(crate) const MACHINE_PASSWORD: &str = "Canary-pw1!";

pub(crate) fn marker() -> Marker {
    Marker::new(Owner::of_installation("test"), [1; 10])
}

pub(crate) fn wish() -> CreateRequest {
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker(), size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
}

pub(crate) fn credentials() -> Credentials {
    Credentials::key(Secret::new("canary-key-id"), Secret::new("canary-key-password"))
        .with_machine_password(Secret::new(MACHINE_PASSWORD))
}

pub(crate) fn unpaced() -> Config {
    let zero = Some(jiff::SignedDuration::ZERO);
    Config {
        http: HttpConfig { read_every: zero, write_every: zero, ..HttpConfig::default() },
        ..Config::default()
    }
}

pub(crate) fn clock() -> Clock {
    Clock::simulated(NOW.parse().unwrap(), 1)
}

pub(crate) fn over(transport: Arc<dyn Transport>) -> Zenlayer {
    Zenlayer::over(transport, "zen".parse().unwrap(), unpaced(), credentials(), clock()).unwrap()
}

pub(crate) fn account(exchanges: Vec<Exchange>) -> (Zenlayer, Arc<Replay>) {
    let replay = Arc::new(Replay::new(exchanges));
    (over(replay.clone()), replay)
}

pub(crate) fn handle(id: &str) -> Handle {
    Handle::of_instance(&"zen".parse().unwrap(), id)
}

/// An answer to a request of `vm`, whatever it asks.
pub(crate) fn answer(status: u16, body: impl Into<String>) -> Exchange {
    Exchange::new("POST", VM, status, body)
}

/// An answer to a request of `vm` with exactly this body.
pub(crate) fn answer_to(asked: &Value, status: u16, body: impl Into<String>) -> Exchange {
    let mut exchange = answer(status, body);
    exchange.body = Some(asked.to_string());
    exchange
}

pub(crate) fn success(response: &Value) -> String {
    json!({ "requestId": "T1", "response": response }).to_string()
}

pub(crate) fn refusal(code: &str) -> String {
    json!({ "requestId": "T2", "code": code, "message": "because" }).to_string()
}

pub(crate) fn page(total: usize, rows: &[Value]) -> String {
    success(&json!({ "totalCount": total, "dataSet": rows }))
}

pub(crate) fn row(id: &str, status: &str) -> Value {
    json!({ "instanceId": id, "instanceName": format!("n-{id}"), "instanceStatus": status, "zoneId": "FRA-A" })
}

pub(crate) fn zones() -> Exchange {
    let zones =
        json!({ "zoneSet": [{ "zoneId": "FRA-A", "zoneName": "Frankfurt", "supportSecurityGroup": true }] });
    answer_to(&json!({}), 200, success(&zones))
}

pub(crate) fn models() -> Exchange {
    let model = |name: &str, cpus: u32, gib: u32| {
        json!({ "zoneId": "FRA-A", "instanceType": name, "cpuCount": cpus, "memory": gib,
                "internetMaxBandwidthOutLimit": 1500, "internetChargeTypes": ["ByBandwidth"] })
    };
    let models = json!({ "instanceTypeQuotaSet": [model("c.4c8g", 4, 8), model("c.2c4g", 2, 4)] });
    answer_to(&json!({ "instanceChargeType": "POSTPAID" }), 200, success(&models))
}

/// Images and subnets are asked for alike: whoever asks first gets the first.
pub(crate) fn images() -> Exchange {
    let image = json!({ "imageId": "img-1", "imageName": "Ubuntu 22.04", "category": "Ubuntu", "imageSize": "30",
                        "imageType": "PUBLIC_IMAGE", "imageStatus": "AVAILABLE", "osType": "linux" });
    answer_to(&json!({ "zoneId": "FRA-A", "pageSize": 100, "pageNum": 1 }), 200, page(1, &[image]))
}

pub(crate) fn subnets() -> Exchange {
    let subnet = |id: &str, status: &str, default: bool| json!({ "subnetId": id, "zoneId": "FRA-A", "subnetStatus": status, "isDefault": default });
    let rows =
        [subnet("1", "Available", false), subnet("2", "Creating", true), subnet("3", "Available", true)];
    answer_to(&json!({ "zoneId": "FRA-A", "pageSize": 100, "pageNum": 1 }), 200, page(3, &rows))
}

pub(crate) fn keys(rows: &[Value]) -> Exchange {
    let mut exchange = Exchange::new("POST", CCS, 200, page(rows.len(), rows));
    exchange.body = Some(json!({ "pageSize": 100, "pageNum": 1 }).to_string());
    exchange
}

pub(crate) fn our_key() -> Value {
    let public_key = format!("{} somebody", KEY.rsplit_once(' ').unwrap().0);
    json!({ "keyId": "key-1", "keyName": "anything", "publicKey": public_key })
}

/// Every look-up before a create, and then these.
pub(crate) fn looked_up(rest: Vec<Exchange>) -> Vec<Exchange> {
    [zones(), models(), images(), subnets(), keys(&[our_key()])].into_iter().chain(rest).collect()
}

/// The actions that were asked for, in order.
pub(crate) fn actions(replay: &Replay) -> Vec<String> {
    replay.asked().iter().map(|asked| header(asked, "x-zc-action").to_owned()).collect()
}

pub(crate) fn header<'a>(exchange: &'a Exchange, name: &str) -> &'a str {
    let found = exchange.headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).unwrap_or_default()
}

pub(crate) fn body(exchange: &Exchange) -> Value {
    serde_json::from_str(exchange.body.as_deref().unwrap()).unwrap()
}
