//! Accounts without any file: the vendors' own environment variables.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vmbroker::{Kind, ProviderId, Secret};

use super::{Config, Described, Found, Place};
use crate::failure::Failure;

/// An account that a vendor's variables describe.
struct Vendor {
    account: &'static str,
    kind: Kind,
    /// The variable, and the secret or setting it holds.
    variables: &'static [(&'static str, Holds)],
    settings: &'static [(&'static str, &'static str)],
}

enum Holds {
    Secret(&'static str),
    Setting(&'static str),
}

const VENDORS: &[Vendor] = &[
    Vendor {
        account: "fluence",
        kind: Kind::Fluence,
        variables: &[("FLUENCE_API_KEY", Holds::Secret("api_key"))],
        settings: &[],
    },
    Vendor {
        account: "wayscloud",
        kind: Kind::Wayscloud,
        variables: &[("WAYSCLOUD_API_TOKEN", Holds::Secret("token"))],
        settings: &[],
    },
    Vendor {
        account: "waldur",
        kind: Kind::Wayscloud,
        variables: &[
            ("WALDUR_API_URL", Holds::Setting("url")),
            ("WALDUR_ACCESS_TOKEN", Holds::Secret("token")),
        ],
        settings: &[("dialect", "waldur")],
    },
    Vendor {
        account: "zenlayer",
        kind: Kind::Zenlayer,
        variables: &[
            ("ZENLAYERCLOUD_ACCESS_KEY_ID", Holds::Secret("access_key_id")),
            ("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", Holds::Secret("access_key_password")),
        ],
        settings: &[],
    },
];

/// The vendors' variables that are set.
pub(crate) fn variables_set(place: &Place) -> impl Iterator<Item = &'static str> {
    let all = VENDORS.iter().flat_map(|vendor| vendor.variables);
    all.map(|(name, _)| *name).filter(|name| place.variable(name).is_some())
}

/// The accounts that the environment describes; none is fine here.
pub(crate) fn read(place: &Place) -> Result<Config, Failure> {
    let mut config = Config::default();
    for vendor in VENDORS {
        let set = vendor.variables.iter().filter(|(name, _)| place.variable(name).is_some()).count();
        if set == 0 {
            continue;
        }
        let mut settings = Map::new();
        let mut found = Found { secrets: BTreeMap::new(), sources: Vec::new() };
        for (key, value) in vendor.settings {
            settings.insert((*key).to_owned(), Value::from(*value));
        }
        for (name, holds) in vendor.variables {
            let Some(value) = place.variable(name) else {
                let names: Vec<String> =
                    vendor.variables.iter().map(|(name, _)| format!("`{name}`")).collect();
                let names = names.join(" and ");
                let message =
                    format!("the environment variable `{name}` is not set: {names} belong together");
                return Err(Failure::configuration(message));
            };
            match holds {
                Holds::Setting(key) => drop(settings.insert((*key).to_owned(), Value::from(value))),
                Holds::Secret(key) => {
                    found.secrets.insert((*key).to_owned(), Secret::new(value));
                    found.sources.push((*name).to_owned());
                }
            }
        }
        let id: ProviderId = vendor.account.parse()?;
        config.accounts.push(Described {
            id,
            kind: vendor.kind,
            settings,
            offers_fresh_for: None,
            authorities: Ok(None),
            credentials: Ok(found),
        });
    }
    Ok(config)
}
