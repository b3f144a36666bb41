//! Accounts at simulated clouds: as opened here, and as text for a vmbroker.toml.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use vmbroker::{Currency, ExchangeRate, Kind, Secret};
use vmbroker_sim::{Dialect, Running, WALDUR_IDS};

use super::{Pace, account_name};
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

/// The accounts at these clouds, and rates between their currencies for this day.
pub(super) fn config(clouds: &[Running], pace: Pace, today: Date) -> Result<Config, Failure> {
    let described = |cloud: &Running| {
        let kind = kind(cloud.dialect);
        let secrets = secrets(cloud).into_iter().map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
        let found = Found { secrets: secrets.collect(), sources: vec!["the simulated cloud".to_owned()] };
        Ok(Described {
            id: account_name(cloud.dialect).parse()?,
            kind,
            settings: settings(cloud, pace),
            offers_fresh_for: None,
            authorities: Ok(None),
            credentials: Ok(found),
        })
    };
    let accounts = clouds.iter().map(described).collect::<vmbroker::Result<_>>()?;
    Ok(Config { accounts, exchange: exchange(today)?, ..Config::default() })
}

/// What the source of a rate says that nobody should rely on.
const INVENTED: &str = "invented for the sandbox";

/// Rates to the dollar for the other currencies of these clouds, as near to real ones as a simulation needs.
fn exchange(today: Date) -> vmbroker::Result<Vec<ExchangeRate>> {
    let rate = |from: &str, tenths| -> vmbroker::Result<ExchangeRate> {
        Ok(ExchangeRate {
            from: from.parse()?,
            to: Currency::USD,
            rate: Decimal::new(tenths, 1),
            date: Some(today),
            source: INVENTED.to_owned(),
        })
    };
    Ok(vec![rate("EUR", 11)?, rate("NOK", 1)?])
}

/// The accounts as a vmbroker.toml, and the secrets that it names: by file name or by variable.
pub(super) fn text(
    clouds: &[Running],
    pace: Pace,
    today: Date,
    secrets_as: Secrets<'_>,
    state: &str,
) -> Result<(String, BTreeMap<String, String>), Failure> {
    let mut text = format!(
        "{HEADER}\n\n# The journal of their machines, apart from that of real ones.\nstate = {}\n",
        toml::Value::from(state)
    );
    let mut named = BTreeMap::new();
    for cloud in clouds {
        let name = account_name(cloud.dialect);
        let mut table = toml::Table::new();
        table.insert("provider".to_owned(), kind(cloud.dialect).word().into());
        for (secret, value) in secrets(cloud) {
            let (key, value) = match secrets_as {
                Secrets::Files(folder) => {
                    let file = format!("{name}.{secret}");
                    table.insert(format!("{secret}_file"), format!("{folder}/{file}").into());
                    (file, value)
                }
                Secrets::Variables => {
                    let variable = format!("SANDBOX_{name}_{secret}").to_uppercase().replace('-', "_");
                    table.insert(format!("{secret}_env"), variable.clone().into());
                    (variable, value)
                }
            };
            named.insert(key, value);
        }
        let unwritable = |error| Failure::other("the configuration cannot be written").because(error);
        let settings = toml::Table::try_from(settings(cloud, pace)).map_err(unwritable)?;
        table.extend(settings);
        let accounts = toml::Table::from_iter([(name.to_owned(), toml::Value::Table(table))]);
        let whole = toml::Table::from_iter([("accounts".to_owned(), toml::Value::Table(accounts))]);
        let written = toml::to_string(&whole)
            .map_err(|error| Failure::other("the configuration cannot be written").because(error))?;
        let _ = write!(text, "\n{written}");
    }
    for ExchangeRate { from, to, rate, source, .. } in exchange(today)? {
        let _ = write!(
            text,
            "\n[[exchange]]\nfrom = \"{from}\"\nto = \"{to}\"\nrate = \"{rate}\"\ndate = \"{today}\"\nsource = \"{source}\"\n"
        );
    }
    Ok((text, named))
}

/// The first line of a written configuration: a file that begins with it may be overwritten by the next one.
pub(crate) const HEADER: &str = "# Accounts at the simulated clouds of `vmbroker sandbox`.";

fn kind(dialect: Dialect) -> Kind {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => Kind::Fluence,
        Dialect::Wayscloud | Dialect::Waldur => Kind::Wayscloud,
        Dialect::Zenlayer => Kind::Zenlayer,
    }
}

/// The secrets that the cloud accepts. They are invented and worth nothing.
fn secrets(cloud: &Running) -> Vec<(&'static str, String)> {
    let credentials = cloud.cloud.account().credentials.clone();
    match kind(cloud.dialect) {
        Kind::Fluence => vec![("api_key", credentials.secret)],
        Kind::Wayscloud => vec![("token", credentials.secret)],
        Kind::Zenlayer => {
            vec![("access_key_id", credentials.id), ("access_key_password", credentials.secret)]
        }
    }
}

/// What the adapter must be told to talk to this cloud.
fn settings(cloud: &Running, pace: Pace) -> Map<String, Value> {
    let ids = WALDUR_IDS;
    let of_dialect = match cloud.dialect {
        Dialect::Fluence202504 => json!({ "contract": "2025-04" }),
        Dialect::Fluence202505 => json!({ "contract": "2025-05" }),
        Dialect::Wayscloud => json!({
            "dialect": "documented", "project": ids.project, "offering": ids.offering, "plan": ids.plan,
        }),
        // This offering has plans only by way of its parent, and those may not be ordered with it.
        Dialect::Waldur => json!({ "dialect": "waldur", "project": ids.project, "offering": ids.offering }),
        Dialect::Zenlayer => json!({}),
    };
    let of_pace = match pace {
        // These clouds keep the providers' own times on a faster clock, but what they say is never old, and how long
        // a launch stays hidden is known, which it is not at Fluence.
        Pace::Clock(_) => json!({ "timing": { "list_lags_by": "2s", "visible_within": "5m" } }),
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
    let mut settings = Map::from_iter([("url".to_owned(), json!(cloud.url))]);
    for part in [of_dialect, of_pace] {
        if let Value::Object(part) = part {
            settings.extend(part);
        }
    }
    settings
}
