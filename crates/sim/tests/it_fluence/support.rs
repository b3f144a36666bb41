//! How the face is asked.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_sim::{Billing, Cloud, Dialect, Place, Request, SimOffer};

pub(crate) const BOTH: [Dialect; 2] = [Dialect::Fluence202504, Dialect::Fluence202505];
pub(crate) const SMALL: &str = "cpu-2-ram-4gb-storage-25gb";
pub(crate) const LARGE: &str = "cpu-4-ram-8gb-storage-25gb";

pub(crate) fn cloud(dialect: Dialect) -> Cloud {
    dialect.cloud(Clock::simulated("2026-03-01T10:00:00Z".parse().unwrap(), 1), 7)
}

/// A cloud with the small configuration in these German cities, each at this price with so much room.
pub(crate) fn german(dialect: Dialect, rows: &[(&'static str, &str, u64)]) -> Cloud {
    let cloud = cloud(dialect);
    let offer = |(city, price, room): &(&'static str, &str, u64)| {
        let place = Place { country: "DE", city, zone: city };
        SimOffer::new(SMALL, 2, 4_096, 25, place, price, "USDC", Billing::WholeDays, *room)
    };
    cloud.account().inventory = rows.iter().map(offer).collect();
    cloud
}

/// The status and the answer.
pub(crate) fn ask(dialect: Dialect, cloud: &Cloud, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let token = format!("Bearer {}", cloud.account().credentials.secret);
    let headers =
        vec![("authorization".to_owned(), token), ("content-type".to_owned(), "application/json".to_owned())];
    let body = if method == "GET" { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request { method: method.into(), path: path.into(), query: String::new(), headers, body };
    let answer = dialect.face().answer(cloud, &request, None);
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

pub(crate) fn offers(dialect: Dialect, cloud: &Cloud, constraints: &Value) -> (u16, Value) {
    ask(dialect, cloud, "POST", "/marketplace/offers", constraints)
}

pub(crate) fn estimate(dialect: Dialect, cloud: &Cloud, constraints: &Value, instances: u64) -> (u16, Value) {
    let body = json!({ "constraints": constraints, "instances": instances });
    ask(dialect, cloud, "POST", "/vms/v3/estimate", &body)
}

pub(crate) fn create(dialect: Dialect, cloud: &Cloud, constraints: &Value) -> (u16, Value) {
    let body = json!({ "constraints": constraints, "instances": 1, "vmConfiguration": {
        "name": "vm", "openPorts": [], "osImage": "https://images.example/a.img", "sshKeys": ["ssh-ed25519 AAAA"] } });
    ask(dialect, cloud, "POST", "/vms/v3", &body)
}

/// So many GiB of additional storage, with the hardware that it is of.
pub(crate) fn disk(dialect: Dialect, gib: u64) -> Value {
    let storage = match dialect {
        Dialect::Fluence202504 => json!({ "type": "NVMe", "megabytes": gib * 1_024 }),
        _ => json!({ "type": "NVMe", "supply": gib, "units": "GiB" }),
    };
    json!({ "basicConfiguration": SMALL, "additionalResources": { "storage": [storage] },
            "hardware": { "storage": [{ "type": "NVMe" }] } })
}

pub(crate) fn money(figure: &Value) -> Decimal {
    Decimal::from_str_exact(figure.as_str().unwrap()).unwrap()
}
