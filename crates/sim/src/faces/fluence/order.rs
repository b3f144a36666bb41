//! `POST /vms/v3`.

use serde_json::{Map, Value, json};

use super::constraints::Constraints;
use super::{Contract, error, object, unfit};
use crate::{Answer, Cloud, FaultKind};

const SUFFIXES: [&str; 7] = [".qcow2", ".img", ".raw", ".raw.xz", ".raw.gz", ".img.xz", ".img.gz"];

pub(super) fn create(
    contract: Contract,
    cloud: &Cloud,
    body: &Value,
    fault: Option<&FaultKind>,
) -> Result<Answer, Answer> {
    let map = object(body, "body", &["constraints", "instances", "vmConfiguration"])?;
    let wish = Constraints::read(contract, map.get("constraints").unwrap_or(&Value::Null))?;
    let count = map.get("instances").and_then(Value::as_u64).filter(|count| *count > 0);
    let count = count.ok_or_else(|| unfit("missing field `instances`"))?;
    let keys: &[&str] = match contract {
        Contract::April => &["name", "openPorts", "osImage", "sshKeys"],
        Contract::May => &["name", "openPorts", "osImage", "sshKeys", "hostname"],
    };
    let configuration = map.get("vmConfiguration").ok_or_else(|| unfit("missing field `vmConfiguration`"))?;
    let configuration = object(configuration, "vmConfiguration", keys)?;
    let name = check(configuration)?;
    let found = wish.matching(cloud);
    let Some(offer) = found.first() else { return Err(no_offer(contract, "No suitable offer found")) };
    let now = cloud.now();
    let mut account = cloud.account();
    if !account.is_within_quota(now) {
        return Err(error(422, "VM quota exceeded"));
    }
    if account.room(offer, now) < count {
        return Err(no_offer(contract, "Not enough offers found"));
    }
    let mut answer = Vec::new();
    for number in 1..=count {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        let id = format!("0x{}", account.hex(40));
        let at = account.accept(id.clone(), &name, &wish.whole(offer), now, fault);
        if let Some(extra) = account.extra(at) {
            extra.insert("osImage".to_owned(), configuration["osImage"].clone());
            extra.insert("ports".to_owned(), ports(configuration));
            extra.insert("storageMib".to_owned(), json!((offer.disk_gib + wish.more_gib) * 1_024));
        }
        answer.push(json!({ "vmId": checksummed(&id), "vmName": name }));
    }
    Ok(Answer::json(200, &Value::Array(answer)))
}

fn no_offer(contract: Contract, text: &str) -> Answer {
    match contract {
        Contract::April => error(500, "Internal server error"),
        Contract::May => error(422, text),
    }
}

/// The create's answer spells an id with capitals here and there, the list without.
fn checksummed(id: &str) -> String {
    let capital = |(at, c): (usize, char)| if at > 1 && at % 3 == 0 { c.to_ascii_uppercase() } else { c };
    id.chars().enumerate().map(capital).collect()
}

fn check(configuration: &Map<String, Value>) -> Result<&str, Answer> {
    let name =
        configuration.get("name").and_then(Value::as_str).ok_or_else(|| unfit("missing field `name`"))?;
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if name.is_empty()
        || name.len() > 25
        || !name.bytes().all(fits)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(error(422, "Invalid VM name"));
    }
    let image = configuration
        .get("osImage")
        .and_then(Value::as_str)
        .ok_or_else(|| unfit("missing field `osImage`"))?;
    let is_url = image.starts_with("https://") || image.starts_with("http://");
    if !is_url || !SUFFIXES.iter().any(|suffix| image.ends_with(suffix)) {
        return Err(error(422, "Unsupported OS image"));
    }
    let keys = configuration
        .get("sshKeys")
        .and_then(Value::as_array)
        .ok_or_else(|| unfit("missing field `sshKeys`"))?;
    let is_key =
        |key: &Value| key.as_str().is_some_and(|key| key.starts_with("ssh-") || key.starts_with("ecdsa-"));
    if keys.is_empty() || !keys.iter().all(is_key) {
        return Err(error(422, "Invalid SSH key"));
    }
    let ports = configuration
        .get("openPorts")
        .and_then(Value::as_array)
        .ok_or_else(|| unfit("missing field `openPorts`"))?;
    for port in ports {
        let port = object(port, "openPorts", &["port", "protocol"])?;
        let number = port.get("port").and_then(Value::as_u64).filter(|number| (1..=65_535).contains(number));
        let protocol = port.get("protocol").and_then(Value::as_str);
        if number.is_none() || number == Some(10_250) || !matches!(protocol, Some("tcp" | "udp")) {
            return Err(error(422, "Invalid port"));
        }
    }
    if ports.len() > 51 {
        return Err(error(422, "Too many ports"));
    }
    Ok(name)
}

/// 22/tcp is open whether or not it was asked for.
fn ports(configuration: &Map<String, Value>) -> Value {
    let ssh = json!({ "port": 22, "protocol": "tcp" });
    let mut ports = configuration.get("openPorts").and_then(Value::as_array).cloned().unwrap_or_default();
    if !ports.contains(&ssh) {
        ports.push(ssh);
    }
    Value::Array(ports)
}
