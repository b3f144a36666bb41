//! The adapters that are measured, and the plain way to the same rows.

use std::sync::Arc;

use vmbroker_core::{Clock, ComputeProvider, Secret};
use vmbroker_http::HttpConfig;

use crate::canned::{MACHINES, WALDUR_PAGE, ZENLAYER_PAGE};

/// Their names, in the order in which they are measured.
pub(crate) const NAMES: [&str; 4] = ["fluence-2025-04", "fluence-2025-05", "wayscloud waldur", "zenlayer"];

/// One adapter and the plain way to the same rows.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) pages: usize,
    pub(crate) provider: Arc<dyn ComputeProvider>,
    pub(crate) plain: reqwest::Client,
    /// The requests of the plain way, one a page.
    pub(crate) requests: Vec<reqwest::Request>,
    /// Decodes one page into the adapter's wire structs; how many rows it has.
    pub(crate) decode: fn(&[u8]) -> usize,
}

/// A plain reqwest, with nothing but what it needs to be built.
fn plain() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap()
}

/// Every adapter, over the answers that are served at this address.
pub(crate) fn subjects(base: &str) -> Vec<Subject> {
    let id = |name: &str| name.parse().unwrap();
    let clock = Clock::system();
    let secret = || Secret::new("canned-secret");
    let pace = HttpConfig {
        read_every: Some("0s".parse().unwrap()),
        write_every: Some("0s".parse().unwrap()),
        ..HttpConfig::default()
    };
    let url = Some(base.to_owned());
    let get =
        |path: &str| reqwest::Request::new(reqwest::Method::GET, format!("{base}{path}").parse().unwrap());
    let fluence = |name, contract, path: &str| {
        let config =
            vmbroker_fluence::Config { url: url.clone(), contract, http: pace.clone(), ..Default::default() };
        let credentials = vmbroker_fluence::Credentials { api_key: secret() };
        Subject {
            name,
            pages: 1,
            provider: Arc::new(
                vmbroker_fluence::Fluence::new(id(name), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: vec![get(path)],
            decode: |bytes| vmbroker_fluence::floor(bytes).unwrap(),
        }
    };
    let waldur = {
        let config = vmbroker_wayscloud::Config {
            dialect: vmbroker_wayscloud::Dialect::Waldur,
            url: url.clone(),
            project: Some("11111111a32c419a956a63aae54d0c7a".to_owned()),
            offering: Some("68308972a32c419a956a63aae54d0c7a".to_owned()),
            http: pace.clone(),
            ..Default::default()
        };
        let credentials = vmbroker_wayscloud::Credentials { token: secret() };
        let pages = MACHINES.div_ceil(WALDUR_PAGE);
        let path = |page| format!("/api/marketplace-resources/?page_size={WALDUR_PAGE}&page={page}");
        Subject {
            name: "wayscloud waldur",
            pages,
            provider: Arc::new(
                vmbroker_wayscloud::Wayscloud::new(id("waldur"), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: (1..=pages).map(|page| get(&path(page))).collect(),
            decode: |bytes| vmbroker_wayscloud::floor(bytes).unwrap(),
        }
    };
    let zenlayer = {
        let config = vmbroker_zenlayer::Config { url: url.clone(), http: pace.clone(), ..Default::default() };
        let access = vmbroker_zenlayer::Access::Key { id: Secret::new("AKIDEXAMPLE"), password: secret() };
        let credentials = vmbroker_zenlayer::Credentials { access, machine_password: None };
        let pages = MACHINES / ZENLAYER_PAGE;
        let request = |page| {
            let mut request =
                reqwest::Request::new(reqwest::Method::POST, format!("{base}/api/v2/vm").parse().unwrap());
            let body = format!("{{\"pageSize\":{ZENLAYER_PAGE},\"pageNum\":{page}}}");
            *request.body_mut() = Some(body.into());
            request
        };
        Subject {
            name: "zenlayer",
            pages,
            provider: Arc::new(
                vmbroker_zenlayer::Zenlayer::new(id("zenlayer"), config, credentials, clock.clone()).unwrap(),
            ),
            plain: plain(),
            requests: (1..=pages).map(request).collect(),
            decode: |bytes| vmbroker_zenlayer::floor(bytes).unwrap(),
        }
    };
    vec![
        fluence("fluence-2025-04", vmbroker_fluence::Contract::April2025, "/vms/v2"),
        fluence("fluence-2025-05", vmbroker_fluence::Contract::May2025, "/vms/v3"),
        waldur,
        zenlayer,
    ]
}
