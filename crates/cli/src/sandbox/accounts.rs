//! Accounts at simulated clouds: as opened here, and as text for a vmbroker.toml.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use vmbroker::{Kind, Secret};
use vmbroker_sim::{Face, RunningCloud};

use super::Pace;
use crate::config::{Config, Described, Found};
use crate::failure::Failure;

/// How a written configuration names secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets<'a> {
    /// As files in this folder, beside the configuration.
    Files(&'a str),
    /// As environment variables.
    Variables,
}

/// The accounts at these clouds.
pub(super) fn config(clouds: &[RunningCloud], pace: Pace) -> Result<Config, Failure> {
    let described = |cloud: &RunningCloud| {
        let kind = kind(cloud.face);
        let secrets = secrets(cloud).into_iter().map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
        let found = Found { secrets: secrets.collect(), sources: vec!["the simulated cloud".to_owned()] };
        Ok(Described {
            id: cloud.name.parse()?,
            kind,
            settings: settings(cloud, pace),
            credentials: Ok(found),
        })
    };
    let accounts = clouds.iter().map(described).collect::<vmbroker::Result<_>>()?;
    Ok(Config { accounts, ..Config::default() })
}

/// The accounts as a vmbroker.toml, and the secrets that it names: by file name or by variable.
pub(super) fn text(
    clouds: &[RunningCloud],
    pace: Pace,
    secrets_as: Secrets<'_>,
) -> Result<(String, BTreeMap<String, String>), Failure> {
    let mut text = format!("{HEADER}\n");
    let mut named = BTreeMap::new();
    for cloud in clouds {
        let mut table = toml::Table::new();
        table.insert("provider".to_owned(), kind(cloud.face).word().into());
        for (secret, value) in secrets(cloud) {
            let (key, name) = match secrets_as {
                Secrets::Files(folder) => {
                    let file = format!("{}.{secret}", cloud.name);
                    table.insert(format!("{secret}_file"), format!("{folder}/{file}").into());
                    (file, value)
                }
                Secrets::Variables => {
                    let variable =
                        format!("SANDBOX_{}_{secret}", cloud.name).to_uppercase().replace('-', "_");
                    table.insert(format!("{secret}_env"), variable.clone().into());
                    (variable, value)
                }
            };
            named.insert(key, name);
        }
        let unwritable = |error| Failure::other("the configuration cannot be written").because(error);
        let settings = toml::Table::try_from(settings(cloud, pace)).map_err(unwritable)?;
        table.extend(settings);
        let accounts = toml::Table::from_iter([(cloud.name.clone(), toml::Value::Table(table))]);
        let whole = toml::Table::from_iter([("accounts".to_owned(), toml::Value::Table(accounts))]);
        let written = toml::to_string(&whole)
            .map_err(|error| Failure::other("the configuration cannot be written").because(error))?;
        let _ = write!(text, "\n{written}");
    }
    Ok((text, named))
}

/// The first line of a written configuration: a file that begins with it may be overwritten by the next one.
pub(crate) const HEADER: &str = "# Accounts at the simulated clouds of `vmbroker sandbox`.";

fn kind(face: Face) -> Kind {
    match face {
        Face::Fluence202504 | Face::Fluence202505 => Kind::Fluence,
        Face::WaysCloudDocumented | Face::WaysCloudWaldur => Kind::Wayscloud,
        Face::Zenlayer => Kind::Zenlayer,
    }
}

/// The secrets that the face accepts. They are invented and worth nothing.
fn secrets(cloud: &RunningCloud) -> Vec<(&'static str, String)> {
    let names = kind(cloud.face).credential_sets()[0];
    names.iter().map(|name| (*name, cloud.cloud.credential(name))).collect()
}

/// What the adapter must be told to talk to this cloud.
fn settings(cloud: &RunningCloud, pace: Pace) -> Map<String, Value> {
    let mut settings = Map::from_iter([("url".to_owned(), json!(cloud.url))]);
    let more = match cloud.face {
        Face::Fluence202504 => json!({ "contract": "2025-04" }),
        Face::Fluence202505 => json!({ "contract": "2025-05" }),
        Face::WaysCloudDocumented => json!({ "dialect": "documented" }),
        Face::WaysCloudWaldur => json!({ "dialect": "waldur" }),
        Face::Zenlayer => json!({}),
    };
    let timing = match pace {
        // These clouds keep the providers' own times, on a faster clock. How long a launch stays hidden is known
        // here, which it is not at Fluence.
        Pace::Clock(_) if cloud.face == Face::Fluence202504 => {
            json!({ "timing": { "visible_within": "10m" } })
        }
        Pace::Clock(_) => json!({}),
        Pace::Hurry(_) => json!({
            "timing": {
                "create_applies_within": "5s",
                "list_lags_by": "1s",
                "visible_within": "10s",
                "poll_every": "1s",
            },
            "http": { "read_every": "0s", "write_every": "0s" },
        }),
    };
    for part in [more, timing] {
        if let Value::Object(part) = part {
            settings.extend(part);
        }
    }
    settings
}
