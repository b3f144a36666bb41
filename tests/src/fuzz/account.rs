//! An account of each dialect over canned answers, with nothing that it would have to wait for.

use std::sync::{Arc, LazyLock};

use jiff::SignedDuration;
use vmbroker_core::{Clock, ComputeProvider, Secret};
use vmbroker_http::{HttpConfig, Transport};
use vmbroker_sim::{Dialect, WALDUR_IDS};

use super::harmless::SECRET;
use super::script::Script;

/// The ids that the corpora use.
pub(super) const FLUENCE_ID: &str = "0x311edB209b61EaA8c3e67c6B96D03288DB5Bc020";
pub(super) const OTHER_FLUENCE_ID: &str = "0xCbfC94101AE30f212790B6Da340fD071B5eee86D";
pub(super) const RESOURCE: &str = "515bc48013264b6d844314c18b45cd2e";
pub(super) const ORDER: &str = "68308972a32c419a956a63aae54d0c7a";
pub(super) const DELETION: &str = "4faef2d249e24261a2785d48751cf014";
pub(super) const ZENLAYER_ID: &str = "1234567890123456789";
pub(super) const OTHER_ZENLAYER_ID: &str = "1234567890123456790";

/// An account that sends everything over this transport.
pub(super) fn account(
    dialect: Dialect,
    transport: Arc<dyn Transport>,
    clock: Clock,
) -> Arc<dyn ComputeProvider> {
    let id = dialect.name().parse().unwrap();
    let secret = Secret::new(SECRET);
    let zero = Some(SignedDuration::ZERO);
    let http = HttpConfig { read_every: zero, write_every: zero, ..HttpConfig::default() };
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => {
            use vmbroker_fluence::{Config, Contract, Credentials, Fluence};
            let contract = match dialect {
                Dialect::Fluence202505 => Contract::May2025,
                _ => Contract::April2025,
            };
            let config = Config { contract, http, ..Config::default() };
            let credentials = Credentials { api_key: secret };
            Arc::new(Fluence::over(transport, id, config, credentials, clock).unwrap())
        }
        Dialect::Wayscloud | Dialect::Waldur => {
            use vmbroker_wayscloud::{Config, Credentials, Wayscloud};
            let spoken = match dialect {
                Dialect::Waldur => vmbroker_wayscloud::Dialect::Waldur,
                _ => vmbroker_wayscloud::Dialect::Documented,
            };
            let config = Config {
                dialect: spoken,
                url: Some("https://w.example".to_owned()),
                project: Some(WALDUR_IDS.project.to_owned()),
                offering: Some(WALDUR_IDS.offering.to_owned()),
                http,
                ..Config::default()
            };
            Arc::new(Wayscloud::over(transport, id, config, Credentials { token: secret }, clock).unwrap())
        }
        Dialect::Zenlayer => {
            use vmbroker_zenlayer::{Config, Credentials, Zenlayer};
            let config = Config { http, ..Config::default() };
            let credentials = Credentials::key(Secret::new("canary-key-id"), secret);
            Arc::new(Zenlayer::over(transport, id, config, credentials, clock).unwrap())
        }
    }
}

/// What a provider of this dialect answers where an input says nothing else.
pub(super) fn defaults(dialect: Dialect) -> &'static Script {
    static ALL: LazyLock<[Script; 4]> = LazyLock::new(|| {
        let texts = [
            include_str!("../../corpus/defaults/fluence"),
            include_str!("../../corpus/defaults/wayscloud"),
            include_str!("../../corpus/defaults/waldur"),
            include_str!("../../corpus/defaults/zenlayer"),
        ];
        texts.map(|text| Script::read(text.as_bytes(), ""))
    });
    &ALL[match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => 0,
        Dialect::Wayscloud => 1,
        Dialect::Waldur => 2,
        Dialect::Zenlayer => 3,
    }]
}
