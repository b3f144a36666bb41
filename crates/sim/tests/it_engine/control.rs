//! The control face: every call of its table, and what it refuses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_sim::{Dialect, FaultKind, Sandbox, SandboxConfig};

use crate::speaker::{Bench, FROM, Wire, request, speak};

async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> Wire {
    speak(sandbox.control_url(), &request(method, path, &[], body), usize::MAX).await
}

/// The answer to a call that must succeed.
async fn get(bench: &Bench, path: &str) -> Value {
    let answer = ask(&bench.sandbox, "GET", path, None).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.json()
}

async fn post(bench: &Bench, path: &str, body: Value) -> Wire {
    ask(&bench.sandbox, "POST", path, Some(&body)).await
}

const LEDGER: &str = "/fluence-2025-05/ledger";
const CALLS: &str = "/fluence-2025-05/calls";
const FAULTS: &str = "/fluence-2025-05/faults";
const CAPACITY: &str = "/fluence-2025-05/capacity";

#[tokio::test(start_paused = true)]
async fn the_overview_names_every_cloud_with_what_is_needed_to_use_it() {
    let clock = Clock::simulated(FROM.parse().unwrap(), 1);
    let config = SandboxConfig { dialects: Dialect::ALL.to_vec(), ..SandboxConfig::new(clock) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let clouds = ask(&sandbox, "GET", "/", None).await.json()["clouds"].clone();
    let clouds = clouds.as_array().unwrap();
    assert_eq!(clouds.len(), Dialect::ALL.len());
    for ((row, dialect), running) in clouds.iter().zip(Dialect::ALL).zip(sandbox.clouds()) {
        let held = running.cloud.account().credentials.clone();
        assert_eq!((&row["name"], &row["url"]), (&json!(dialect.name()), &json!(running.url)));
        assert_eq!(row["credentials"], json!({ "id": held.id, "secret": held.secret }));
        assert!(row["time"].as_str().unwrap().starts_with("2026-11-21T08:0"), "{row}");
        for path in ["ledger", "calls", "faults"] {
            let answer = ask(&sandbox, "GET", &format!("/{}/{path}", dialect.name()), None).await;
            assert_eq!(answer.status(), 200, "{dialect} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_moves_the_clock_of_all_clouds_once() {
    let clock = Clock::simulated(FROM.parse().unwrap(), 1);
    let sandbox = Sandbox::start(SandboxConfig::new(clock.clone())).await.unwrap();
    let before = clock.now();
    let told = ask(&sandbox, "POST", "/step", Some(&json!({ "seconds": 86_400 }))).await;
    let moved = clock.now().duration_since(before).as_secs();
    assert!((86_400..86_400 + 3_600).contains(&moved), "{moved}");
    assert!(told.json()["time"].as_str().unwrap().starts_with("2026-11-22T08:"));
    assert!(sandbox.clouds().iter().all(|running| running.cloud.now() >= before));
}

#[tokio::test(start_paused = true)]
async fn the_ledger_counts_what_is_open_and_keeps_what_is_gone() {
    let bench = Bench::new().await;
    assert_eq!(get(&bench, LEDGER).await["entries"], json!([]));
    bench.create().await;
    let ledger = get(&bench, LEDGER).await;
    assert_eq!((&ledger["open"], &ledger["entries"][0]["name"]), (&json!(1), &json!("vm")));
    assert_eq!(ledger["entries"][0]["ended"], Value::Null);
    assert_eq!(ledger["total"], ledger["entries"][0]["charged"]);
    bench.delete().await;
    assert_eq!(post(&bench, "/step", json!({ "seconds": 60 })).await.status(), 200);
    let ledger = get(&bench, LEDGER).await;
    assert_eq!((&ledger["open"], &ledger["entries"][0]["phase"]), (&json!(0), &json!("gone")));
    assert!(ledger["entries"][0]["ended"].is_string() && ledger["total"] != "0", "{ledger}");
}

#[tokio::test(start_paused = true)]
async fn the_calls_show_each_request_with_what_went_wrong() {
    let bench = Bench::new().await;
    bench.create().await;
    post(&bench, FAULTS, json!({ "kind": "redirect", "times": 1 })).await;
    bench.list().await;
    let calls = get(&bench, CALLS).await;
    let rows: Vec<(&Value, &Value, &Value)> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (&call["operation"], &call["line"], &call["fault"]))
        .collect();
    let expected = [
        (json!("create"), json!("POST /vms/v3"), Value::Null),
        (json!("list"), json!("GET /vms/v3"), json!("redirect")),
    ];
    assert_eq!(rows, expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
    assert!(!calls.to_string().contains(&bench.cloud.account().credentials.secret));
}

#[tokio::test(start_paused = true)]
async fn faults_are_armed_shown_and_cleared() {
    let bench = Bench::new().await;
    let fault = json!({ "kind": { "status_after": 500 }, "operation": "create", "after": 0, "times": 2 });
    let armed = post(&bench, FAULTS, fault.clone()).await;
    assert_eq!((armed.status(), armed.json()), (200, json!([fault])));
    assert_eq!(bench.create().await.status(), 500);
    assert_eq!(get(&bench, FAULTS).await[0]["times"], 1, "one of two is left");
    let cleared = ask(&bench.sandbox, "DELETE", FAULTS, None).await;
    assert_eq!((cleared.status(), cleared.json()), (200, json!([])));
    assert_eq!(get(&bench, FAULTS).await, json!([]));
    assert_eq!(bench.create().await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_fault_can_be_armed_from_outside() {
    let bench = Bench::new().await;
    let kinds = [
        json!({ "refuse": "sold_out" }),
        json!({ "throttle": {} }),
        json!({ "throttle": { "retry_after": "2" } }),
        json!("lose_answer"),
        json!("truncate_answer"),
        json!({ "status_after": 500 }),
        json!({ "body_after": "{}" }),
        json!({ "html": 502 }),
        json!("html_success"),
        json!("redirect"),
        json!("reset"),
        json!("hang"),
        json!({ "slow": 5 }),
        json!("endless"),
        json!("echo"),
        json!({ "apply_late": 5 }),
        json!({ "hide": 5 }),
        json!({ "delay": 5 }),
        json!("stuck"),
        json!({ "fail_later": "why" }),
        json!("await_approval"),
        json!("revert"),
    ];
    for (at, kind) in kinds.iter().enumerate() {
        let answer = post(&bench, FAULTS, json!({ "kind": kind })).await;
        assert_eq!(answer.status(), 200, "{kind}");
        assert_eq!(answer.json().as_array().unwrap().len(), at + 1, "{kind}");
    }
    let answer = post(&bench, FAULTS, json!({ "kind": { "price_moved": 10 } })).await;
    assert_eq!(answer.json().as_array().unwrap().len(), kinds.len(), "a price moves at once and for good");
    assert_eq!(bench.cloud.account().dearer_percent, 10);
}

#[tokio::test(start_paused = true)]
async fn capacity_is_set_in_every_zone_and_an_unknown_offer_is_not_found() {
    let bench = Bench::new().await;
    let offer = bench.cloud.account().inventory[0].id.clone();
    let zones = bench.cloud.account().inventory.iter().filter(|it| it.id == offer).count();
    let answer = post(&bench, CAPACITY, json!({ "offer": offer, "capacity": 0 })).await;
    assert_eq!((answer.status(), answer.json()), (200, json!({ "changed": zones })));
    let left: Vec<u64> =
        bench.cloud.account().inventory.iter().filter(|it| it.id == offer).map(|it| it.capacity).collect();
    assert!(left.iter().all(|capacity| *capacity == 0));
    let answer = post(&bench, CAPACITY, json!({ "offer": "no-such", "capacity": 0 })).await;
    assert_eq!(answer.status(), 404);
    assert!(answer.json()["error"].as_str().unwrap().contains("no-such"));
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_does_not_run_is_not_found() {
    let bench = Bench::new().await;
    let calls = [
        ("GET", "/zenlayer/ledger"),
        ("GET", "/zenlayer/calls"),
        ("GET", "/zenlayer/faults"),
        ("POST", "/zenlayer/faults"),
        ("DELETE", "/zenlayer/faults"),
        ("POST", "/zenlayer/capacity"),
    ];
    for (method, path) in calls {
        let answer = ask(&bench.sandbox, method, path, None).await;
        assert_eq!(answer.status(), 404, "{method} {path}");
        assert_eq!(answer.json(), json!({ "error": "no cloud `zenlayer` runs" }), "{method} {path}");
    }
    assert_eq!(ask(&bench.sandbox, "GET", "/fluence-2025-05/no-such", None).await.status(), 404);
    assert_eq!(ask(&bench.sandbox, "PUT", FAULTS, None).await.status(), 405);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_refused_with_a_sentence_and_changes_nothing() {
    let bench = Bench::new().await;
    let before = bench.cloud.now();
    let bodies = [
        ("/step", "{"),
        ("/step", ""),
        ("/step", r#"{"seconds":-1}"#),
        ("/step", r#"{"seconds":1,"minutes":1}"#),
        (FAULTS, r#"{"kind":"no_such"}"#),
        (FAULTS, r#"{"kind":"hang","opreation":"create"}"#),
        (FAULTS, r#"{"operation":"create"}"#),
        (CAPACITY, r#"{"offer":"x"}"#),
        (CAPACITY, "\u{1b}[2J"),
    ];
    for (path, body) in bodies {
        let length = format!("{}", body.len());
        let head = request("POST", path, &[("content-length", &length)], None);
        let answer = speak(bench.sandbox.control_url(), &(head + body), usize::MAX).await;
        assert_eq!(answer.status(), 400, "{path} {body}");
        assert!(!answer.json()["error"].as_str().unwrap().is_empty(), "{path} {body}");
    }
    assert!(bench.cloud.armed().is_empty());
    assert!(bench.cloud.now().duration_since(before).as_secs() < 3_600);
}

#[tokio::test(start_paused = true)]
async fn clouds_and_control_listen_on_loopback_only() {
    let bench = Bench::new().await;
    for url in [bench.sandbox.control_url(), &bench.url] {
        let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        assert_eq!(address.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST), "{url}");
        // All of 127/8 reaches this machine: what listens anywhere would answer here, too.
        let elsewhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), address.port());
        assert!(std::net::TcpStream::connect(elsewhere).is_err(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_that_is_dropped_stops_listening() {
    let bench = Bench::new().await;
    let address: SocketAddr = bench.url.strip_prefix("http://").unwrap().parse().unwrap();
    drop(bench);
    while std::net::TcpStream::connect(address).is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_for_a_person_is_decided_from_outside() {
    let clock = Clock::simulated(FROM.parse().unwrap(), 1);
    let config = SandboxConfig { dialects: vec![Dialect::Waldur], ..SandboxConfig::new(clock) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let cloud = &sandbox.clouds()[0].cloud;
    let offer = cloud.account().inventory[0].clone();
    let now = cloud.now();
    cloud.account().accept("1".to_owned(), "vb-one", &offer, now, Some(&FaultKind::AwaitApproval));
    let review = async |body: Value| ask(&sandbox, "POST", "/waldur/review", Some(&body)).await;
    assert_eq!(review(json!({ "name": "vb-two", "verdict": "approve" })).await.status(), 404);
    assert_eq!(review(json!({ "name": "vb-one", "verdict": "perhaps" })).await.status(), 400);
    assert_eq!(cloud.ledger().open().count(), 0);
    let done = review(json!({ "name": "vb-one", "verdict": "approve" })).await;
    assert_eq!((done.status(), done.json()), (200, json!({ "reviewed": 1 })));
    assert_eq!(cloud.ledger().open().count(), 1);
}
