//! Faces that are wrong in one thing each, with which the judge must find fault.

use std::sync::Arc;

use anyhow::{bail, ensure};
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vmbroker_sim::{Cloud, Dialect, Face, Request};

use super::Room;
use crate::python::Python;
use crate::tally::Tally;

/// What a face gets wrong.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// It takes another text for the host that was signed.
    SignedHost,
    /// It takes the body for signed as it reads it, not as it came.
    SignedBody,
    /// Its rows have no such field.
    Without(&'static str),
    /// Its rows have a field that no document knows.
    Invented,
    /// Its answers stand without their envelope.
    Unwrapped,
    /// It says that every machine runs.
    AlwaysRunning,
    /// It names refusals with another status than the documents', which is no refusal to the SDK.
    RefusesWith200,
}

/// Each flaw, and what the judge must say of it.
const FLAWS: [(Flaw, &str); 9] = [
    (Flaw::SignedHost, "AUTHFAILURE_SIGNATURE_FAILURE"),
    (Flaw::SignedBody, "AUTHFAILURE_SIGNATURE_FAILURE"),
    (Flaw::Without("instanceStatus"), "absent from the answer"),
    (Flaw::Without("systemDisk"), "absent from the answer"),
    (Flaw::Without("tags"), "absent from the answer"),
    (Flaw::Invented, "unread by the SDK"),
    (Flaw::Unwrapped, "cannot read the answer"),
    (Flaw::AlwaysRunning, "RUNNING"),
    (Flaw::RefusesWith200, "cannot read the answer"),
];

/// Every wrong face is found out by a part of the walk.
pub(super) async fn are_found_out(python: Python, tally: Tally) -> anyhow::Result<()> {
    for (flaw, complaint) in FLAWS {
        let stage = super::stage().await;
        let address = serve(stage.cloud.clone(), flaw).await?;
        // What is counted are the calls that the right face answered.
        let mut room = Room::of(stage, &python, Tally::default(), &address)?;
        let Err(found) = first_steps(&mut room).await else { bail!("nobody notices {flaw:?}") };
        let found = format!("{found:#}");
        ensure!(found.contains(complaint), "{flaw:?} is noticed as another thing: {found}");
        tally.found_out();
    }
    Ok(())
}

async fn first_steps(room: &mut Room) -> anyhow::Result<()> {
    let id = room.create("double").await?;
    room.agree(&id, "PENDING").await?;
    room.refuse("StartInstances", json!({ "instanceIds": [id] }), "OPERATION_DENIED_INSTANCE_NOT_STOPPED")
        .await
}

async fn serve(cloud: Cloud, flaw: Flaw) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = axum::Router::new().fallback(answer).with_state((cloud, Dialect::Zenlayer.face(), flaw));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn answer(
    State((cloud, face, flaw)): State<(Cloud, Arc<dyn Face>, Flaw)>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    let mut request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: String::new(),
        headers: parts.headers.iter().map(header).collect(),
        body,
    };
    misread(flaw, &mut request);
    let mut answer = face.answer(&cloud, &request, None);
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        missay(flaw, &mut answer.status, &mut body);
        answer.body = body.to_string().into_bytes();
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn misread(flaw: Flaw, request: &mut Request) {
    match flaw {
        Flaw::SignedHost => {
            let hosts = request.headers.iter_mut().filter(|(name, _)| name == "host");
            // The vendor's documents sign the host with its port.
            hosts.for_each(|(_, host)| *host = "127.0.0.1".to_owned());
        }
        // The SDK writes a space after each colon and comma; a JSON writer of another language does not.
        Flaw::SignedBody => request.body = request.json().unwrap_or_default().to_string().into_bytes(),
        _ => {}
    }
}

fn missay(flaw: Flaw, status: &mut u16, body: &mut Value) {
    let rows = body.pointer_mut("/response/dataSet").and_then(Value::as_array_mut).into_iter().flatten();
    let machines = rows.filter_map(Value::as_object_mut).filter(|row| row.contains_key("instanceName"));
    match flaw {
        Flaw::Without(field) => machines.for_each(|row| _ = row.remove(field)),
        Flaw::Invented => machines.for_each(|row| _ = row.insert("hostname".to_owned(), json!("double"))),
        Flaw::AlwaysRunning => {
            machines.for_each(|row| _ = row.insert("instanceStatus".to_owned(), json!("RUNNING")));
        }
        Flaw::Unwrapped => {
            if let Some(inner) = body.get("response") {
                *body = inner.clone();
            }
        }
        Flaw::RefusesWith200 => *status = 200,
        Flaw::SignedHost | Flaw::SignedBody => {}
    }
}
