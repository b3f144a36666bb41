//! Where offers are kept from one command to the next.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use vmbroker::Catalogue;

use crate::config::{Config, Place};

/// The catalogue of these accounts. Where the user has no folder for what can be fetched again, it lasts as long as
/// the command.
pub(crate) fn catalogue(config: &Config, place: &Place) -> Catalogue {
    let folder = folder(config, place);
    let catalogue = folder.map_or_else(Catalogue::in_memory, Catalogue::in_folder);
    let lifetimes = config.accounts.iter().filter_map(|it| Some((it.id.clone(), it.offers_fresh_for?)));
    lifetimes.fold(catalogue, |catalogue, (account, lifetime)| catalogue.keeping_for(account, lifetime))
}

/// One folder for each configuration: offers are kept by account name, and the `fluence` of one file is another
/// account, perhaps at another cloud, than the `fluence` of the next.
fn folder(config: &Config, place: &Place) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    add(&config.path.as_ref().map(|path| path.to_string_lossy()).unwrap_or_default());
    for account in &config.accounts {
        add(account.id.as_str());
        add(account.kind.word());
        // What the account is asked for, and where: all but how fast and how patiently it is asked.
        for (key, value) in
            account.settings.iter().filter(|(key, _)| !["http", "timing"].contains(&key.as_str()))
        {
            add(key);
            add(&value.to_string());
        }
        for source in account.credentials.iter().flat_map(|found| &found.sources) {
            add(source);
        }
    }
    let name = HEXLOWER.encode(&hash.finalize()[..8]);
    Some(place.cache_home()?.join("vmbroker").join(format!("offers-{name}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use vmbroker::Kind;

    use super::*;
    use crate::config::{Described, Found};

    fn config(path: &str, url: &str) -> Config {
        let settings = json!({ "url": url, "http": { "read_timeout": "5s" } });
        let account = Described {
            id: "fluence".parse().unwrap(),
            kind: Kind::Fluence,
            settings: settings.as_object().unwrap().clone(),
            offers_fresh_for: None,
            authorities: Ok(None),
            credentials: Ok(Found { secrets: BTreeMap::new(), sources: vec!["FLUENCE_API_KEY".to_owned()] }),
        };
        Config { path: Some(path.into()), accounts: vec![account], ..Config::default() }
    }

    #[test]
    fn accounts_of_the_same_name_in_two_configurations_never_mix() {
        let home = tempfile::tempdir().unwrap();
        let env = BTreeMap::from([("HOME".to_owned(), home.path().into())]);
        let place = Place { env, folder: "/".into() };
        let folder = |config: &Config| folder(config, &place).unwrap();
        let real = config("/home/vmbroker.toml", "https://api.fluence.dev");
        assert_eq!(folder(&real), folder(&config("/home/vmbroker.toml", "https://api.fluence.dev")));
        let mut patient = config("/home/vmbroker.toml", "https://api.fluence.dev");
        patient.accounts[0].settings["http"] = json!({ "read_timeout": "50s" });
        assert_eq!(folder(&real), folder(&patient), "how patiently it is asked changes no offer");
        for other in [
            config("/home/sandbox.toml", "https://api.fluence.dev"),
            config("/home/vmbroker.toml", "http://127.0.0.1:4000"),
            config("/home/vmbroker.toml", "http://127.0.0.1:4001"),
        ] {
            assert_ne!(folder(&real), folder(&other));
        }
        let folder = folder(&real);
        assert!(folder.starts_with(home.path().join(".cache/vmbroker")));
        drop(catalogue(&real, &place));
        assert!(!folder.exists(), "it is made when there is something to keep");
        assert_eq!(self::folder(&real, &Place { env: BTreeMap::new(), folder: "/".into() }), None);
    }
}
