//! The face of WAYSCloud's marketplace, in both speeches.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "it_wayscloud/catalogue.rs"]
mod catalogue;
#[path = "it_wayscloud/faults.rs"]
mod faults;
#[path = "it_wayscloud/manners.rs"]
mod manners;
#[path = "it_wayscloud/review.rs"]
mod review;
#[path = "it_wayscloud/validation.rs"]
mod validation;
#[path = "it_wayscloud/walks.rs"]
mod walks;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vmbroker_core::Clock;
use vmbroker_sim::{Answer, Cloud, Dialect, Face, FaultKind, Request, WALDUR_IDS};

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFp6+weTrbGQtI0XGr5yzeaW12NMYhwTq0Ak1iTBREz5 a@b";

/// A cloud, its face and its clock.
pub(crate) struct Bench {
    pub(crate) cloud: Cloud,
    pub(crate) face: Arc<dyn Face>,
    pub(crate) clock: Clock,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) raw: Answer,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.raw.headers.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn is_page(&self) -> bool {
        self.raw.content_type.starts_with("text/html") && self.body == Value::Null
    }
}

impl Bench {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let clock = Clock::simulated("2026-11-20T22:28:00Z".parse().unwrap(), 1);
        Self { cloud: dialect.cloud(clock.clone(), 7), face: dialect.face(), clock }
    }

    pub(crate) fn waldur() -> Self {
        Self::new(Dialect::Waldur)
    }

    pub(crate) fn documented() -> Self {
        Self::new(Dialect::Wayscloud)
    }

    pub(crate) fn step(&self, millis: u64) {
        self.clock.step(Duration::from_millis(millis));
    }

    /// A request without credentials; a body is JSON unless the headers say otherwise.
    pub(crate) fn request(&self, method: &str, target: &str, body: Option<&Value>) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = vec![("host".to_owned(), "sim.test".to_owned())];
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        }
    }

    pub(crate) fn send(&self, request: &Request, fault: Option<&FaultKind>) -> Reply {
        let raw = self.face.answer(&self.cloud, request, fault);
        let body = serde_json::from_slice(&raw.body).unwrap_or(Value::Null);
        Reply { status: raw.status, body, raw }
    }

    pub(crate) fn call_with(
        &self,
        method: &str,
        target: &str,
        body: Option<&Value>,
        fault: Option<&FaultKind>,
    ) -> Reply {
        let mut request = self.request(method, target, body);
        let secret = self.cloud.account().credentials.secret.clone();
        request.headers.push(("authorization".to_owned(), format!("Token {secret}")));
        self.send(&request, fault)
    }

    pub(crate) fn get(&self, target: &str) -> Reply {
        self.call_with("GET", target, None, None)
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Reply {
        self.call_with("POST", target, Some(body), None)
    }

    pub(crate) fn delete(&self, target: &str) -> Reply {
        self.call_with("DELETE", target, None, None)
    }

    pub(crate) fn create(&self, body: &Value, fault: Option<&FaultKind>) -> Reply {
        self.call_with("POST", "/api/marketplace-orders/", Some(body), fault)
    }

    /// Orders a machine at the Waldur; the ids of its order and its resource.
    pub(crate) fn order_at_waldur(&self, name: &str, fault: Option<&FaultKind>) -> (String, String) {
        let reply = self.create(&waldur_order(name), fault);
        assert_eq!(reply.status, 201, "{}", reply.body);
        (text(&reply.body["uuid"]), text(&reply.body["marketplace_resource_uuid"]))
    }

    /// A machine that runs at the Waldur: its resource and its instance.
    pub(crate) fn running_at_waldur(&self, name: &str) -> (String, String) {
        let (order, resource) = self.order_at_waldur(name, None);
        self.step(120_000);
        let order = self.get(&order_path(&order));
        assert_eq!(order.body["state"], "done");
        (resource, text(&order.body["resource_uuid"]))
    }

    pub(crate) fn open(&self) -> usize {
        self.cloud.ledger().open().count()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn order_path(id: &str) -> String {
    format!("/api/marketplace-orders/{id}/")
}

pub(crate) fn resource_path(id: &str) -> String {
    format!("/api/marketplace-resources/{id}/")
}

pub(crate) fn instance_path(id: &str) -> String {
    format!("/api/openstack-instances/{id}/")
}

/// An order that a Waldur accepts.
pub(crate) fn waldur_order(name: &str) -> Value {
    let ids = WALDUR_IDS;
    let subnet = format!("http://sim.test/api/openstack-subnets/{}/", ids.subnet);
    json!({
        "project": format!("http://sim.test/api/projects/{}/", ids.project),
        "offering": format!("http://sim.test/api/marketplace-public-offerings/{}/", ids.offering),
        "plan": format!("http://sim.test/api/marketplace-public-offerings/{}/plans/{}/", ids.offering, ids.plan),
        "attributes": {
            "name": name, "system_volume_size": 10_240,
            "image": format!("http://sim.test/api/openstack-images/{}/", ids.images[1].1),
            "flavor": format!("http://sim.test/api/openstack-flavors/{}/", ids.flavors[0].1),
            "ports": [{ "subnet": subnet }], "floating_ips": [{ "subnet": subnet }],
        },
    })
}

/// An order as the documents write it.
pub(crate) fn documented_order(name: &str) -> Value {
    let ids = WALDUR_IDS;
    json!({
        "project": ids.project, "offering": ids.offering, "plan": ids.plan,
        "attributes": {
            "name": name, "image": ids.images[0].1, "flavor": ids.flavors[1].1, "ssh_public_key": KEY,
            "networks": [{ "subnet": ids.subnet, "floating_ip": "auto" }],
        },
    })
}
