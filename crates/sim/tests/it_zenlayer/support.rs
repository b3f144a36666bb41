//! How the face is asked.

use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vmbroker_core::Clock;
use vmbroker_sim::{Answer, Cloud, Dialect, FaultKind, Request};

pub(crate) const HOST: &str = "console.zenlayer.com";
pub(crate) const SIGNED: &str = "content-type;host";

/// A signature made by hand from the vendor's description.
pub(crate) fn sign(secret: &str, stamp: i64, content_type: &str, host: &str, body: &[u8]) -> String {
    let payload = HEXLOWER.encode(&Sha256::digest(body));
    let canonical = format!("POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{SIGNED}\n{payload}");
    let digest = HEXLOWER.encode(&Sha256::digest(canonical.as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("ZC2-HMAC-SHA256\n{stamp}\n{digest}").as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// A request with these headers as they are.
pub(crate) fn request(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { method: "POST".into(), path: path.into(), query: String::new(), headers, body: body.to_vec() }
}

/// A request that carries a signature.
pub(crate) fn signed(
    action: &str,
    stamp: i64,
    content_type: &str,
    host: &str,
    id: &str,
    signature: &str,
    body: &str,
) -> Request {
    let authorization =
        format!("ZC2-HMAC-SHA256 Credential={id}, SignedHeaders={SIGNED}, Signature={signature}");
    let headers = [
        ("content-type", content_type),
        ("host", host),
        ("x-zc-action", action),
        ("x-zc-version", "2026-04-01"),
        ("x-zc-timestamp", &stamp.to_string()),
        ("x-zc-signature-method", "ZC2-HMAC-SHA256"),
        ("authorization", &authorization),
    ];
    request("/api/v2/vm", &headers, body.as_bytes())
}

pub(crate) fn cloud_at(from: &str) -> Cloud {
    Dialect::Zenlayer.cloud(Clock::simulated(from.parse().unwrap(), 1), 7)
}

pub(crate) fn cloud() -> Cloud {
    cloud_at("2026-06-01T00:00:00Z")
}

pub(crate) fn ask_with(cloud: &Cloud, action: &str, body: &Value, fault: Option<&FaultKind>) -> Answer {
    let product = if action.ends_with("KeyPairs") || action.ends_with("KeyPair") { "ccs" } else { "vm" };
    let token = format!("Bearer {}", cloud.account().credentials.secret);
    let headers = [
        ("content-type", "application/json"),
        ("host", HOST),
        ("x-zc-action", action),
        ("authorization", token.as_str()),
    ];
    let request = request(&format!("/api/v2/{product}"), &headers, body.to_string().as_bytes());
    Dialect::Zenlayer.face().answer(cloud, &request, fault)
}

/// The response of an action that must succeed.
pub(crate) fn ask(cloud: &Cloud, action: &str, body: &Value) -> Value {
    let answer = ask_with(cloud, action, body, None);
    let outer = read(&answer);
    assert_eq!(answer.status, 200, "{action} {outer}");
    assert_eq!(outer["requestId"], outer["response"]["requestId"]);
    outer["response"].clone()
}

/// The status and the code of an action that must be refused.
pub(crate) fn refused(cloud: &Cloud, action: &str, body: &Value) -> (u16, String) {
    let answer = ask_with(cloud, action, body, None);
    code(&answer)
}

pub(crate) fn code(answer: &Answer) -> (u16, String) {
    let body = read(answer);
    assert!(body.get("response").is_none(), "{body}");
    assert!(body["requestId"].as_str().unwrap().starts_with('T'));
    assert!(!body["message"].as_str().unwrap().is_empty());
    (answer.status, body["code"].as_str().unwrap().to_owned())
}

pub(crate) fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// A wish that the face accepts.
pub(crate) fn wish(cloud: &Cloud) -> Value {
    let images = ask(cloud, "DescribeImages", &json!({"zoneId": "SEL-A", "imageName": "22.04"}));
    let subnets = ask(cloud, "DescribeSubnets", &json!({"zoneId": "SEL-A"}));
    let subnet = subnets["dataSet"].as_array().unwrap().iter().find(|subnet| subnet["isDefault"] == true);
    json!({
        "zoneId": "SEL-A", "imageId": images["dataSet"][0]["imageId"], "instanceType": "c.1c2g",
        "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth", "instanceCount": 1,
        "subnetId": subnet.unwrap()["subnetId"], "password": "Abcdef1!", "instanceName": "web",
        "tags": {"tags": [{"key": "owner", "value": "me"}]},
    })
}

pub(crate) fn with(wish: &Value, name: &str, value: Value) -> Value {
    let mut wish = wish.clone();
    wish[name] = value;
    wish
}

pub(crate) fn create(cloud: &Cloud, wish: &Value) -> Vec<String> {
    let response = ask(cloud, "CreateInstances", wish);
    response["instanceIdSet"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn look(cloud: &Cloud, id: &str) -> Value {
    ask(cloud, "DescribeInstances", &json!({"instanceIds": [id]}))["dataSet"][0].clone()
}

pub(crate) fn step(cloud: &Cloud, seconds: u64) {
    cloud.clock().step(Duration::from_secs(seconds));
}
