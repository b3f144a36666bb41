//! Faces that are wrong in one thing each, with which the judge must find fault.

use anyhow::{bail, ensure};
use serde_json::{Value, json};
use vmbroker_sim::{Dialect, Request};

use super::Room;
use crate::python::Python;
use crate::tally::Tally;
use crate::wrong::{self, serve};

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
        let stage = super::stage().await?;
        let address = serve(stage.cloud.clone(), Dialect::Zenlayer, flaw).await?;
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

impl wrong::Flaw for Flaw {
    fn misread(self, request: &mut Request) {
        match self {
            Self::SignedHost => {
                let hosts = request.headers.iter_mut().filter(|(name, _)| name == "host");
                // The vendor's documents sign the host with its port.
                hosts.for_each(|(_, host)| *host = "127.0.0.1".to_owned());
            }
            // The SDK writes a space after each colon and comma; a JSON writer of another language does not.
            Self::SignedBody => request.body = request.json().unwrap_or_default().to_string().into_bytes(),
            _ => {}
        }
    }

    fn missay(self, status: &mut u16, body: &mut Value) {
        let rows = body.pointer_mut("/response/dataSet").and_then(Value::as_array_mut).into_iter().flatten();
        let machines = rows.filter_map(Value::as_object_mut).filter(|row| row.contains_key("instanceName"));
        match self {
            Self::Without(field) => machines.for_each(|row| _ = row.remove(field)),
            Self::Invented => machines.for_each(|row| _ = row.insert("hostname".to_owned(), json!("double"))),
            Self::AlwaysRunning => {
                machines.for_each(|row| _ = row.insert("instanceStatus".to_owned(), json!("RUNNING")));
            }
            Self::Unwrapped => {
                if let Some(inner) = body.get("response") {
                    *body = inner.clone();
                }
            }
            Self::RefusesWith200 => *status = 200,
            Self::SignedHost | Self::SignedBody => {}
        }
    }
}
