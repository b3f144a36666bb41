//! What all tests share: an account, a wish, and exchanges.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use vmbroker_core::{Clock, CreateRequest, Handle, Marker, Owner, Secret, Size};
use vmbroker_http::{Answer, Exchange, Limits, Replay, Request, Transport, TransportError};
use vmbroker_wayscloud::{Config, Credentials, Dialect, Flavor, Wayscloud};

pub(crate) const PROJECT: &str = "8295674fca01429c81fe10863dbfdefd";
pub(crate) const OFFERING: &str = "5d3ed594914344d7bcbd56d120d26dde";
pub(crate) const PLAN: &str = "d8ed4a79b28d4885b0ddc925473ab49f";
pub(crate) const IMAGE: &str = "f3e27b7850224399962510b32d1ef9d4";
pub(crate) const FLAVOR: &str = "5f7947acf45c45e0b0c64e856bcca256";
pub(crate) const SUBNET: &str = "ae4257eee36f4fa1a65b85dfc57de0ea";
pub(crate) const ORDER: &str = "68308972a32c419a956a63aae54d0c7a";
pub(crate) const RESOURCE: &str = "515bc48013264b6d844314c18b45cd2e";
pub(crate) const MACHINE: &str = "8c729defbfc4413396528d9262d92f06";
pub(crate) const DELETION: &str = "4faef2d249e24261a2785d48751cf014";
pub(crate) const TOKEN: &str = "canary-0123456789abcdef0123456789abcdef";
pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

pub(crate) fn config(dialect: Dialect) -> Config {
    let flavor = Flavor { id: FLAVOR.into(), name: None, vcpus: 2, memory_mib: 4_096, disk_gib: Some(20) };
    let documented = dialect == Dialect::Documented;
    Config {
        dialect,
        url: Some("https://w.example".into()),
        project: Some(PROJECT.into()),
        offering: Some(OFFERING.into()),
        plan: documented.then(|| PLAN.into()),
        subnet: documented.then(|| SUBNET.into()),
        images: [("ubuntu-24.04".to_owned(), IMAGE.to_owned())].into_iter().filter(|_| documented).collect(),
        flavors: if documented { vec![flavor] } else { Vec::new() },
        ..Config::default()
    }
}

pub(crate) fn over(transport: Arc<dyn Transport>, config: Config) -> Wayscloud {
    let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap(), 1);
    let credentials = Credentials { token: Secret::new(TOKEN) };
    Wayscloud::over(transport, "ways".parse().unwrap(), config, credentials, clock).unwrap()
}

pub(crate) fn provider(dialect: Dialect, exchanges: Vec<Exchange>) -> (Arc<Replay>, Wayscloud) {
    let replay = Arc::new(Replay::new(exchanges));
    (Arc::clone(&replay), over(replay, config(dialect)))
}

pub(crate) fn marker() -> Marker {
    Marker::new(Owner::of_installation("test"), [1; 10])
}

pub(crate) fn wish() -> CreateRequest {
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker(), size, "ubuntu-24.04".parse().unwrap(), KEY.parse().unwrap())
}

pub(crate) fn handle(text: &str) -> Handle {
    format!("ways/{text}").parse().unwrap()
}

pub(crate) fn get(path: &str, answer: &str) -> Exchange {
    Exchange::new("GET", path, 200, answer)
}

pub(crate) fn resource_path() -> String {
    format!("/api/marketplace-resources/{RESOURCE}/")
}

pub(crate) fn order_path() -> String {
    format!("/api/marketplace-orders/{ORDER}/")
}

/// The machine in this state, with what is mirrored of it.
pub(crate) fn resource(state: &str, metadata: &str) -> String {
    let name = marker();
    format!(
        r#"{{"uuid":"{RESOURCE}","name":"{name}","state":"{state}","resource_uuid":"{MACHINE}","scope":"https://w.example/api/openstack-instances/{MACHINE}/",
        "offering_uuid":"{OFFERING}","project_uuid":"{PROJECT}","error_message":"","backend_metadata":{metadata}}}"#
    )
}

pub(crate) const ON: &str = r#"{"state":"OK","runtime_state":"ACTIVE","external_ips":["203.0.113.132"],"internal_ips":["192.168.42.72"]}"#;
pub(crate) const OFF: &str = r#"{"state":"OK","runtime_state":"SHUTOFF","external_ips":["203.0.113.132"]}"#;

pub(crate) fn asked(replay: &Replay) -> Vec<String> {
    replay.asked().iter().map(|it| format!("{} {}", it.method, it.path)).collect()
}

/// A provider that answers by a function and counts.
pub(crate) struct Counted<F> {
    answer: F,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl<F> Counted<F> {
    pub(crate) fn new(answer: F) -> Arc<Self> {
        Arc::new(Self { answer, asked: Mutex::default() })
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl<F> fmt::Debug for Counted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counted")
    }
}

#[async_trait]
impl<F> Transport for Counted<F>
where
    F: Fn(&Request) -> Answer + Send + Sync + 'static,
{
    async fn round_trip(&self, request: &Request, _: Limits) -> Result<Answer, TransportError> {
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{} {}{query}", request.method, request.url.path()));
        Ok((self.answer)(request))
    }
}
