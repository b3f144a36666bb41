//! The control face: tests and curious people set faults, step time and read the ledgers from outside.
//!
//! JSON over HTTP, on loopback only, without credentials:
//!
//! | call | what it does |
//! |---|---|
//! | `GET /` | the clouds: name, URL, credentials; the time |
//! | `GET /NAME/ledger` | what each machine of the cloud cost, and what is still open |
//! | `GET /NAME/calls` | every call that arrived at the cloud |
//! | `GET /NAME/faults` | the faults that are armed |
//! | `POST /NAME/faults` | arms a fault, such as `{"kind":"lose_answer","operation":"create","times":1}` |
//! | `DELETE /NAME/faults` | ends every fault |
//! | `POST /NAME/review` | `{"name":"vb","verdict":"approve"}`: approves (or `reject`s, `cancel`s) every order that waits for a person and whose machine has this text in its name |
//! | `POST /NAME/capacity` | `{"offer":"c.2c4g","capacity":0}`: how many of these there are, in every zone |
//! | `POST /step` | `{"seconds":3600}`: moves the clock of all clouds |

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Cloud, Fault, Running, Verdict};

type Clouds = State<Arc<Vec<Running>>>;
type Refused = (StatusCode, Json<Value>);
type Answer = Result<Json<Value>, Refused>;

pub(crate) async fn serve(listener: TcpListener, clouds: Vec<Running>) -> io::Result<()> {
    let router = Router::new()
        .route("/", get(overview))
        .route("/step", post(step))
        .route("/{name}/ledger", get(ledger))
        .route("/{name}/calls", get(calls))
        .route("/{name}/faults", get(faults).post(arm).delete(disarm))
        .route("/{name}/capacity", post(capacity))
        .route("/{name}/review", post(review))
        .with_state(Arc::new(clouds));
    axum::serve(listener, router).await
}

async fn overview(State(clouds): Clouds) -> Json<Value> {
    let row = |running: &Running| {
        let credentials = running.cloud.account().credentials.clone();
        json!({
            "name": running.dialect.name(), "url": running.url, "time": running.cloud.now(),
            "credentials": { "id": credentials.id, "secret": credentials.secret },
        })
    };
    Json(json!({ "clouds": clouds.iter().map(row).collect::<Vec<_>>() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    seconds: u64,
}

async fn step(State(clouds): Clouds, body: Bytes) -> Answer {
    let step: Step = read(&body)?;
    if let Some(first) = clouds.first() {
        // One clock for all.
        first.cloud.clock().step(Duration::from_secs(step.seconds));
    }
    Ok(Json(json!({ "time": clouds.first().map(|running| running.cloud.now()) })))
}

async fn ledger(State(clouds): Clouds, Path(name): Path<String>) -> Answer {
    let ledger = find(&clouds, &name)?.ledger();
    let open = ledger.open().count();
    Ok(Json(json!({ "at": ledger.at, "open": open, "total": ledger.total(), "entries": ledger.entries })))
}

async fn calls(State(clouds): Clouds, Path(name): Path<String>) -> Answer {
    Ok(Json(json!(find(&clouds, &name)?.calls())))
}

async fn faults(State(clouds): Clouds, Path(name): Path<String>) -> Answer {
    Ok(Json(json!(find(&clouds, &name)?.armed())))
}

async fn arm(State(clouds): Clouds, Path(name): Path<String>, body: Bytes) -> Answer {
    let cloud = find(&clouds, &name)?;
    let fault: Fault = read(&body)?;
    cloud.arm(fault);
    Ok(Json(json!(cloud.armed())))
}

async fn disarm(State(clouds): Clouds, Path(name): Path<String>) -> Answer {
    find(&clouds, &name)?.disarm();
    Ok(Json(json!([])))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacity {
    offer: String,
    capacity: u64,
}

async fn capacity(State(clouds): Clouds, Path(name): Path<String>, body: Bytes) -> Answer {
    let cloud = find(&clouds, &name)?;
    let wish: Capacity = read(&body)?;
    let mut account = cloud.account();
    let mut changed = 0;
    for offer in account.inventory.iter_mut().filter(|offer| offer.id == wish.offer) {
        offer.capacity = wish.capacity;
        changed += 1;
    }
    if changed == 0 {
        return Err(refuse(StatusCode::NOT_FOUND, format!("{name} has no offer `{}`", wish.offer)));
    }
    Ok(Json(json!({ "changed": changed })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    name: String,
    verdict: Verdict,
}

async fn review(State(clouds): Clouds, Path(name): Path<String>, body: Bytes) -> Answer {
    let cloud = find(&clouds, &name)?;
    let wish: Review = read(&body)?;
    match cloud.review(&wish.name, wish.verdict) {
        0 => Err(refuse(StatusCode::NOT_FOUND, format!("no order of `{}` waits for a person", wish.name))),
        reviewed => Ok(Json(json!({ "reviewed": reviewed }))),
    }
}

fn find<'a>(clouds: &'a [Running], name: &str) -> Result<&'a Cloud, Refused> {
    let found = clouds.iter().find(|running| running.dialect.name() == name);
    found
        .map(|running| &running.cloud)
        .ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("no cloud `{name}` runs")))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| refuse(StatusCode::BAD_REQUEST, error.to_string()))
}

fn refuse(status: StatusCode, message: String) -> Refused {
    (status, Json(json!({ "error": message })))
}
