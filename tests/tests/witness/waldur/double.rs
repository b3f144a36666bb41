//! What is refused or lost, and faces that are wrong in one thing each.

use anyhow::{bail, ensure};
use serde_json::{Value, json};
use vmbroker_core::{ComputeProviderExt, State};
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal, Request};
use vmbroker_tests::wish;

use super::Room;
use crate::python::Python;
use crate::same;
use crate::tally::Tally;
use crate::wrong::{self, serve};

const CREATE: &str = "create_instance_via_marketplace";

/// Each refusal reaches the client in Waldur's words and makes no machine; what was lost is found by its marker.
pub(super) async fn refusals(python: Python, tally: Tally) -> anyhow::Result<()> {
    let mut room = Room::enter(&python, tally).await?;
    let small = json!({ "flavor": "m1.small" });
    let good = super::wish("refused", small.clone());
    let rows = [
        (json!({ "name": "bad name!" }), vec!["400", "not a valid PQDN or FQDN"]),
        (json!({ "image": "Plan 9" }), vec!["ObjectDoesNotExist"]),
        (json!({ "flavor": "m9.none" }), vec!["ObjectDoesNotExist"]),
        (json!({ "system_volume_size": 1 }), vec!["400", "System volume size"]),
        (json!({ "networks": [] }), vec!["400", "at least one network"]),
        (json!({ "offering": "0".repeat(32) }), vec!["404"]),
    ];
    for (change, words) in rows {
        let mut wish = good.clone();
        if let (Some(wish), Value::Object(change)) = (wish.as_object_mut(), change) {
            wish.extend(change);
        }
        room.refuse(CREATE, wish, &words).await?;
    }
    for (refusal, words) in [
        (Refusal::Quota, ["400", "quotas were exceeded"]),
        (Refusal::Permission, ["403", "You do not have permission"]),
        (Refusal::Internal, ["500", "communicate"]),
    ] {
        room.stage.cloud.arm(Fault::once("create", FaultKind::Refuse(refusal)));
        room.refuse(CREATE, good.clone(), &words).await?;
    }
    let token = std::mem::replace(&mut room.token, "another".to_owned());
    room.refuse("list_projects", json!({}), &["401", "Invalid token."]).await?;
    room.token = token;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 0)?;

    let marker = wish().marker;
    room.stage.cloud.arm(Fault::once("create", FaultKind::LoseAnswer));
    room.refuse(CREATE, super::wish(&marker.to_string(), small), &["WaldurClientException"]).await?;
    let found = room.stage.provider.find(marker).await?;
    same("machines of that marker", found.len(), 1)?;
    same("machines that ever were", room.stage.cloud.ledger().entries.len(), 1)
}

/// What a face gets wrong.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// It knows a token only after the scheme's word in capitals, as the documents write it.
    Scheme,
    /// It takes no heed of this key of a query.
    Ignores(&'static str),
    /// What it shows has no such field.
    Without(&'static str),
    /// It says that every machine is on.
    AlwaysOn,
    /// It sorts nothing: the first flavor is not the least.
    LargestFirst,
}

/// Each flaw, and what the judge must say of it.
const FLAWS: [(Flaw, &str); 7] = [
    (Flaw::Scheme, "401"),
    (Flaw::Ignores("scope"), "MultipleObjectsReturned"),
    (Flaw::Ignores("name_exact"), "MultipleObjectsReturned"),
    (Flaw::Without("scope"), "cannot read the answer"),
    (Flaw::Without("order_uuid"), "cannot read the answer"),
    (Flaw::AlwaysOn, "runtime state"),
    (Flaw::LargestFirst, "cores"),
];

/// Every wrong face is found out by a part of the walk.
pub(super) async fn are_found_out(python: Python, tally: Tally) -> anyhow::Result<()> {
    for (flaw, complaint) in FLAWS {
        let stage = super::stage().await?;
        let address = serve(stage.cloud.clone(), Dialect::Waldur, flaw).await?;
        let mut room = Room::of(stage, &python, Tally::default(), &address)?;
        let Err(found) = first_steps(&mut room).await else { bail!("nobody notices {flaw:?}") };
        let found = format!("{found:#}");
        ensure!(found.contains(complaint), "{flaw:?} is noticed as another thing: {found}");
        tally.found_out();
    }
    Ok(())
}

async fn first_steps(room: &mut Room) -> anyhow::Result<()> {
    let first = room.create("first", json!({ "flavor": "m1.small" })).await?;
    let second = room.create("second", json!({ "flavor_min_cpu": 2, "flavor_min_ram": 4_096 })).await?;
    let shown = room.ask("get_instance", json!({ "name": second })).await?;
    same("cores", &shown["cores"], &json!(2))?;
    room.ask("stop_instance", json!({ "uuid": first, "interval": 0.05, "timeout": 20 })).await?;
    room.agree(&first, "SHUTOFF", State::Stopped).await?;
    room.ask("delete_instance_via_marketplace", json!({ "instance_uuid": first })).await.map(drop)
}

impl wrong::Flaw for Flaw {
    fn misread(self, request: &mut Request) {
        match self {
            Self::Scheme => {
                let lower =
                    |(name, value): &(String, String)| name == "authorization" && value.starts_with("token");
                request.headers.retain(|header| !lower(header));
            }
            Self::Ignores(key) => drop_keys(request, |name| name == key),
            Self::LargestFirst => {
                drop_keys(request, |name| name == "o");
                if request.path.contains("flavors") {
                    request.query.push_str("&o=-cores");
                }
            }
            Self::Without(_) | Self::AlwaysOn => {}
        }
    }

    fn missay(self, _: &mut u16, body: &mut Value) {
        let rows = match body {
            Value::Array(rows) => rows.iter_mut().collect(),
            row => vec![row],
        };
        for row in rows.into_iter().filter_map(Value::as_object_mut) {
            match self {
                Self::Without(field) => _ = row.remove(field),
                Self::AlwaysOn if row.contains_key("runtime_state") => {
                    row.insert("runtime_state".to_owned(), json!("ACTIVE"));
                }
                _ => {}
            }
        }
    }
}

fn drop_keys(request: &mut Request, is_dropped: impl Fn(&str) -> bool) {
    let kept =
        request.query.split('&').filter(|pair| !is_dropped(pair.split('=').next().unwrap_or_default()));
    request.query = kept.collect::<Vec<_>>().join("&");
}
