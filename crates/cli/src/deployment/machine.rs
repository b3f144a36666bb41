//! `[machine]`: what each machine is to be.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Map;
use toml::{Table, Value};
use vmbroker::{
    ChargeType, CreateRequest, DataDisk, ImageWish, Kind, LocationWish, MachineWish, Marker, Owner, Port,
    PublicAddress, Size, SshKey,
};

use super::fields::Fields;
use crate::commands::create::SANDBOX_KEY;
use crate::config::{Place, nearest, read_text};
use crate::failure::Failure;
use crate::units::{data_disk, disk_gib, memory_mib, word};

/// More than any provider takes.
const MOST_FILE_BYTES: u64 = 1_024 * 1_024;
/// The image where none is named.
const IMAGE: &str = "ubuntu-22.04";

/// The keys of `[machine]`.
pub(super) const KEYS: [&str; 12] = [
    "vcpus",
    "memory",
    "disk",
    "data_disks",
    "image",
    "ssh_keys",
    "public_address",
    "ports",
    "user_data",
    "labels",
    "prepaid_months",
    "options",
];

/// Reads it. Paths are relative to the folder of the deployment's file.
pub(super) fn read(
    shown: &str,
    table: Table,
    place: &Place,
    folder: &Path,
    sandbox: bool,
) -> Result<CreateRequest, Failure> {
    let mut fields = Fields::new(shown, "machine", &KEYS, table)?;
    let vcpus = fields.whole("vcpus", 1, 1_024)?;
    let vcpus =
        vcpus.ok_or_else(|| fields.missing("vcpus", "it says how many virtual processors at least"))?;
    let memory = fields.word("memory", memory_mib)?;
    let memory_mib =
        memory.ok_or_else(|| fields.missing("memory", "it says how much at least, such as \"4GiB\""))?;
    let disk_gib = fields.word("disk", disk_gib)?;
    let data_disks: Vec<DataDisk> = fields.list("data_disks", data_disk)?;
    let image = fields.word("image", word::<ImageWish>)?;
    let image = image.map_or_else(|| IMAGE.parse(), Ok)?;
    let ssh_keys = keys(&mut fields, place, folder, sandbox)?;
    let with_address = fields.truth("public_address")?.unwrap_or(true);
    let ports: Vec<Port> = fields.list("ports", word::<Port>)?;
    let user_data = match fields.text("user_data")? {
        None => None,
        Some(path) => Some(file(&fields, "user_data", &path, place, folder)?),
    };
    let labels: BTreeMap<String, String> = fields.pairs("labels")?.into_iter().collect();
    let months = fields.whole("prepaid_months", 1, 120)?;
    let options = options(&mut fields)?;
    Ok(CreateRequest {
        // Every machine gets a marker of its own before anything is sent.
        marker: Marker::new(Owner::of_installation("template"), [0; 10]),
        name: None,
        location: LocationWish::default(),
        machine: MachineWish::Size(Size { vcpus, memory_mib }),
        disk_gib,
        data_disks,
        image,
        ssh_keys,
        public_address: if with_address { PublicAddress::Automatic } else { PublicAddress::None },
        ports,
        user_data,
        labels,
        charge: months.map_or(ChargeType::PayAsYouGo, |months| ChargeType::Prepaid { months }),
        price_limit: None,
        options,
    })
}

/// Keys as text, or the files that hold them.
fn keys(
    fields: &mut Fields<'_>,
    place: &Place,
    folder: &Path,
    sandbox: bool,
) -> Result<Vec<SshKey>, Failure> {
    let given = fields.list("ssh_keys", |text| Ok(text.to_owned()))?;
    if given.is_empty() && sandbox {
        return Ok(vec![SANDBOX_KEY.parse()?]);
    }
    if given.is_empty() {
        let needed = "without a public key nobody can log in";
        return Err(fields
            .missing("ssh_keys", needed)
            .hint("`ssh_keys = [\"~/.ssh/id_ed25519.pub\"]`; `ssh-keygen -t ed25519` makes one"));
    }
    let one = |text: &String| {
        // A key has a space, and begins with its kind; everything else names a file.
        let is_key =
            text.trim().contains(' ') && ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| text.starts_with(kind));
        if is_key {
            return word::<SshKey>(text).map_err(|allowed| fields.wrong("ssh_keys", text, &allowed));
        }
        let key = file(fields, "ssh_keys", text, place, folder).map_err(|failure| {
            failure.hint("`ssh-keygen -t ed25519` makes a key; name its public half, the file ending in .pub")
        })?;
        word::<SshKey>(&key).map_err(|allowed| {
            fields.wrong("ssh_keys", text, &format!("its file is no public key: {allowed}"))
        })
    };
    given.iter().map(one).collect()
}

fn file(fields: &Fields<'_>, key: &str, path: &str, place: &Place, folder: &Path) -> Result<String, Failure> {
    read_text(&place.resolve(folder, path.as_ref()), MOST_FILE_BYTES)
        .map_err(|error| fields.wrong(key, path, "this file cannot be read").because(error))
}

/// What one provider's wire knows besides: a table for each cloud.
fn options(fields: &mut Fields<'_>) -> Result<BTreeMap<String, Map<String, serde_json::Value>>, Failure> {
    let mut options = BTreeMap::new();
    for (cloud, value) in fields.table("options")?.unwrap_or_default() {
        let key = format!("options.{cloud}");
        if !Kind::ALL.iter().any(|kind| kind.word() == cloud) {
            let kinds = Kind::ALL.map(|kind| format!("`{kind}`")).join(", ");
            let failure = fields.wrong(&key, &value.to_string(), &format!("its name must be one of {kinds}"));
            return Err(match nearest(&cloud, Kind::ALL.iter().map(|kind| kind.word())) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            });
        }
        let Value::Table(table) = value else {
            return Err(fields.wrong(&key, &value.to_string(), "it must be a table"));
        };
        let held = serde_json::to_value(table).ok();
        let Some(serde_json::Value::Object(held)) = held else {
            return Err(fields.wrong(&key, "a value", "it holds what JSON cannot"));
        };
        options.insert(cloud, held);
    }
    Ok(options)
}
