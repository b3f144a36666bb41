//! The machines: list, status, delete.

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::{Contract, error, object, unfit};
use crate::billing::next_boundary;
use crate::ledger::charged;
use crate::{Answer, Cloud, FaultKind, Machine, Phase, Request};

/// The list, as it was at this time.
pub(super) fn list(contract: Contract, cloud: &Cloud, now: Timestamp) -> Answer {
    let account = cloud.account();
    let shown = |machine: &&Machine| machine.is_visible(now) && status_word(contract, machine, now).is_some();
    let rows = account.machines.iter().filter(shown).map(|machine| row(contract, machine, now));
    Answer::json(200, &Value::Array(rows.collect()))
}

/// A few states, as they were at this time.
pub(super) fn status(cloud: &Cloud, request: &Request, now: Timestamp) -> Answer {
    let asked = request.query_values("ids");
    let ids: Vec<&str> = asked.iter().flat_map(|ids| ids.split(',')).collect();
    let account = cloud.account();
    let is_asked = |machine: &&Machine| {
        machine.is_visible(now) && ids.iter().any(|id| machine.id.eq_ignore_ascii_case(id))
    };
    let row = |machine: &Machine| {
        let word = status_word(Contract::May, machine, now)?;
        let mut row = json!({ "id": machine.id, "status": word, "statusChangedAt": plain_time(machine.phase_since(now)) });
        if let Some(address) = machine.public_address(now) {
            row["publicIp"] = json!(address);
        }
        Some(row)
    };
    Answer::json(200, &Value::Array(account.machines.iter().filter(is_asked).filter_map(row).collect()))
}

pub(super) fn delete(
    contract: Contract,
    cloud: &Cloud,
    body: &Value,
    fault: Option<&FaultKind>,
) -> Result<Answer, Answer> {
    let ids: Vec<&str> = match contract {
        Contract::April => {
            object(body, "body", &["vmId"])?.get("vmId").and_then(Value::as_str).into_iter().collect()
        }
        Contract::May => {
            let ids = object(body, "body", &["vmIds"])?.get("vmIds").and_then(Value::as_array);
            ids.into_iter().flatten().filter_map(Value::as_str).collect()
        }
    };
    if ids.is_empty() {
        return Err(unfit("missing field `vmId` or `vmIds`"));
    }
    let now = cloud.now();
    let mut account = cloud.account();
    let mut removed = Vec::new();
    for id in ids {
        let Some(at) = account.position(id) else { continue };
        match account.machines[at].phase(now) {
            None | Some(Phase::Gone) => {}
            Some(Phase::Deleting) => removed.push(json!(account.machines[at].id)),
            Some(_) => {
                account.remove(at, now, fault);
                removed.push(json!(account.machines[at].id));
            }
        }
    }
    let transaction = format!("0x{}", account.hex(64));
    match contract {
        Contract::April if removed.is_empty() => Err(error(404, "VM not found")),
        Contract::April => Ok(Answer::empty(200)),
        Contract::May => {
            Ok(Answer::json(200, &json!({ "removed_ids": removed, "transactions": [transaction] })))
        }
    }
}

/// The provider's word for a machine's phase; absent: the contract does not list it.
fn status_word(contract: Contract, machine: &Machine, now: Timestamp) -> Option<&'static str> {
    // A machine that is being deleted stays what it was until it is gone.
    let phase = match machine.phase(now)? {
        Phase::Deleting => machine.phase_before(now)?,
        phase => phase,
    };
    let word = match phase {
        Phase::AwaitingApproval | Phase::Accepted => "New",
        Phase::Building | Phase::Starting => "Launching",
        Phase::Running | Phase::Stopping | Phase::Deleting | Phase::Releasing => "Active",
        Phase::Stopped => "InsufficientFunds",
        Phase::Failed => "Terminated",
        Phase::Recycled | Phase::Gone => return None,
    };
    match contract {
        Contract::May => Some(word),
        Contract::April => (word == "Active").then_some("ACTIVE"),
    }
}

fn row(contract: Contract, machine: &Machine, now: Timestamp) -> Value {
    let place = machine.offer.place;
    let terminated = machine.phase(now) == Some(Phase::Failed);
    let storage_mib =
        machine.extra.get("storageMib").and_then(Value::as_u64).unwrap_or(machine.offer.disk_gib * 1_024);
    let next = next_boundary(now).and_then(|at| at.checked_add(4.minutes().seconds(55)).ok()).unwrap_or(now);
    let mut row = json!({
        "id": machine.id, "vmName": machine.name, "status": status_word(contract, machine, now),
        "resources": resources(contract, machine, storage_mib),
        "osImage": machine.extra.get("osImage"), "ports": machine.extra.get("ports"),
        "publicIp": machine.public_address(now).filter(|_| !terminated),
        "datacenter": {
            "countryCode": place.country, "cityCode": place.city, "cityIndex": 1, "tier": 3, "certifications": ["ISO 27001"]
        },
    });
    let spent = charged(machine, now);
    match contract {
        Contract::April => {
            row["pricePerEpoch"] = json!(micro(machine.offer.price));
            row["reservedBalance"] = json!(micro(machine.offer.price).to_string());
            row["totalSpent"] = json!(micro(spent).to_string());
            row["createdAt"] = json!(expanded_time(machine.created));
            row["nextBillingAt"] = json!(expanded_time(next));
            row["datacenter"]["id"] = json!(format!("0x{:064x}", place.zone.len()));
        }
        Contract::May => {
            row["pricePerEpoch"] = json!(machine.offer.price.to_string());
            row["reservedBalance"] = json!(machine.offer.price.to_string().trim_start_matches('0'));
            row["totalSpent"] = json!(spent.to_string());
            row["createdAt"] = json!(plain_time(machine.created));
            row["statusChangedAt"] = json!(plain_time(machine.phase_since(now)));
            if terminated {
                row["datacenter"] = Value::Null;
            } else {
                row["nextBillingAt"] = json!(plain_time(next));
            }
        }
    }
    row
}

fn resources(contract: Contract, machine: &Machine, storage_mib: u64) -> Value {
    let mib = |mib: u64| match contract {
        Contract::April => json!({ "quantity": mib }),
        Contract::May => json!({ "supply": mib / 1_024, "units": "GiB" }),
    };
    let part = |kind: &str, amount: Value, metadata: Value| {
        let mut part = json!({ "type": kind, "metadata": metadata, "details": {} });
        if let (Some(part), Some(amount)) = (part.as_object_mut(), amount.as_object()) {
            part.extend(amount.clone());
        }
        part
    };
    let cpu = json!({ "manufacturer": "AMD", "brand": "EPYC", "architecture": "Zen", "generation": "4" });
    let mut parts = vec![
        part("VCPU", json!({ "quantity": machine.offer.vcpus }), cpu),
        part("RAM", mib(machine.offer.memory_mib), json!({ "type": "DDR", "generation": "5" })),
        part("STORAGE", mib(storage_mib), json!({ "type": "NVMe" })),
        part("PUBLIC_IP", json!({ "quantity": 1 }), json!({ "version": "4" })),
    ];
    if contract == Contract::April {
        parts.push(part("NETWORK_BANDWIDTH", json!({ "quantity": 100 }), json!({ "type": "shared" })));
    }
    Value::Array(parts)
}

/// USDC in its smallest unit, a millionth.
fn micro(amount: Decimal) -> i64 {
    (amount * Decimal::from(1_000_000)).round().to_i64().unwrap_or(i64::MAX)
}

fn plain_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Six digits of year and nine of fraction, as the provider's serialiser writes them.
fn expanded_time(at: Timestamp) -> String {
    at.strftime("+00%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}
