//! Fluence's compute marketplace, in the contracts of April and May 2025.
//!
//! Documents: the pages `order_vm` and `manage_vms` of April 2025, and the pages of 1 May 2025 that replaced them.
//! Where the documents are silent the face picks the answer that is hardest to live with: ids change their letter
//! case between create and list, and in April a machine that is not active is not listed at all.

mod constraints;
mod market;
mod order;
mod vms;

use serde_json::{Value, json};

use crate::fault::stale;
use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

/// Which contract the face keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contract {
    /// `POST /vms/v3`, `GET /vms/v2`, `DELETE /vms/v3` with `{vmId}`.
    April,
    /// Everything under `/vms/v3`; decimal money; `supply` and `units`.
    May,
}

/// The face.
#[derive(Debug)]
pub(crate) struct Fluence {
    contract: Contract,
}

impl Fluence {
    pub(crate) fn new(contract: Contract) -> Self {
        Self { contract }
    }

    fn list_path(&self) -> &'static str {
        match self.contract {
            Contract::April => "/vms/v2",
            Contract::May => "/vms/v3",
        }
    }

    fn is_authorised(&self, cloud: &Cloud, request: &Request) -> bool {
        let secret = cloud.account().credentials.secret.clone();
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let key = request.header("x-api-key").filter(|_| self.contract == Contract::May);
        bearer.or(key) == Some(secret.as_str())
    }
}

/// A refusal in the provider's shape.
fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "error": text }))
}

/// What a body that does not fit is answered with.
fn unfit(complaint: &str) -> Answer {
    error(422, &format!("Failed to deserialize the JSON body into the target type: {complaint}"))
}

/// An object with none but these keys.
fn object<'a>(
    value: &'a Value,
    place: &str,
    keys: &[&str],
) -> Result<&'a serde_json::Map<String, Value>, Answer> {
    let map = value.as_object().ok_or_else(|| unfit(&format!("{place}: expected an object")))?;
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(unfit(&format!("{place}: unknown field `{key}`"))),
        None => Ok(map),
    }
}

impl Face for Fluence {
    fn operation(&self, request: &Request) -> &'static str {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/vms/v3") => "create",
            ("GET", path) if path == self.list_path() => "list",
            ("GET", "/vms/v3/status") => "status",
            ("DELETE", "/vms/v3") => "delete",
            ("POST", "/marketplace/offers") => "offers",
            ("POST", "/vms/v3/estimate") => "estimate",
            (
                "GET",
                "/marketplace/basic_configurations" | "/marketplace/countries" | "/marketplace/hardware",
            ) => "catalogue",
            ("GET", "/vms/v3/default_images") => "images",
            _ => "other",
        }
    }

    fn answer(&self, cloud: &Cloud, request: &Request, fault: Option<&FaultKind>) -> Answer {
        if !self.is_authorised(cloud, request) {
            return self.refusal(Refusal::Credentials);
        }
        let has_json =
            request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !request.body.is_empty() && !has_json {
            return error(415, "Expected request with `Content-Type: application/json`");
        }
        let with_body = |go: &dyn Fn(&Value) -> Result<Answer, Answer>| match request.json() {
            Ok(body) => go(&body).unwrap_or_else(|refusal| refusal),
            Err(complaint) => error(400, &format!("Failed to parse the request body as JSON: {complaint}")),
        };
        let may = self.contract == Contract::May;
        let told_as_of = stale(fault, cloud.now());
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/vms/v3") => with_body(&|body| order::create(self.contract, cloud, body, fault)),
            ("GET", path) if path == self.list_path() => vms::list(self.contract, cloud, told_as_of),
            ("GET", "/vms/v3/status") if may => vms::status(cloud, request, told_as_of),
            ("DELETE", "/vms/v3") => with_body(&|body| vms::delete(self.contract, cloud, body, fault)),
            ("POST", "/marketplace/offers") => with_body(&|body| market::offers(self.contract, cloud, body)),
            ("POST", "/vms/v3/estimate") => with_body(&|body| market::estimate(self.contract, cloud, body)),
            ("GET", "/marketplace/basic_configurations") => market::configurations(cloud),
            ("GET", "/marketplace/countries") => market::countries(cloud),
            ("GET", "/marketplace/hardware") => Answer::json(200, &market::hardware()),
            ("GET", "/vms/v3/default_images") if may => Answer::json(200, &market::images()),
            _ => Answer::empty(404),
        }
    }

    fn refusal(&self, refusal: Refusal) -> Answer {
        match (refusal, self.contract) {
            // The April page says so itself: no offer is an internal error "currently".
            (Refusal::SoldOut, Contract::April) | (Refusal::Internal, _) => {
                error(500, "Internal server error")
            }
            (Refusal::SoldOut, Contract::May) => error(422, "No suitable offer found"),
            (Refusal::Quota, _) => error(422, "VM quota exceeded"),
            (Refusal::Funds, _) => error(422, "Insufficient balance"),
            (Refusal::Credentials, _) => error(403, "Auth failed. No such API Key"),
            // Only documents of 2026 tell a key without the right from a wrong key.
            (Refusal::Permission, _) => {
                Answer::json(403, &json!({ "code": "forbidden", "error": "The API key has no such scope" }))
            }
            (Refusal::Incompatible, _) => error(422, "Unsupported OS image"),
            (Refusal::Unavailable, _) => error(503, "Service unavailable"),
        }
    }

    fn throttled(&self) -> Answer {
        error(429, "Too Many Requests")
    }
}
