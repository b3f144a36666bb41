//! Zenlayer: `vm` as of 2026-04-01 and the key pairs of `ccs` as of 2025-09-01, over one signed POST each.
//!
//! Reading order: `sign` (who calls), `schema` (what a body may hold), `actions` (what can be asked), then one file
//! for each group of actions. Facts are from docs.console.zenlayer.com and the vendor's own tools; a line marked
//! `[I]` is inferred, because nothing is documented.

mod actions;
mod catalogue;
mod create;
mod describe;
mod keys;
mod lifecycle;
mod login;
mod names;
mod price;
mod schema;
mod sign;
mod stock;
mod tariff;
mod wire;

use crate::fault::stale;
use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

use actions::Ask;
use wire::Refused;

pub(crate) use stock::furnish;

/// The face. All actions of a product share one address; the action is named by a header.
#[derive(Debug)]
pub(crate) struct Zenlayer;

impl Face for Zenlayer {
    fn operation(&self, request: &Request) -> &'static str {
        let named = request.header("x-zc-action").unwrap_or_default();
        let Some(action) = actions::find(product(request), named) else { return "other" };
        if action.name == "DescribeInstances" && !has_ids(request) { "list" } else { action.operation }
    }

    fn answer(&self, cloud: &Cloud, request: &Request, fault: Option<&FaultKind>) -> Answer {
        let answer = match run(cloud, request, fault) {
            Ok(fields) => wire::success(fields),
            Err(refused) => refused.answer(),
        };
        match wire::http_date(cloud.now()) {
            Some(date) => answer.with_header("date", date),
            None => answer,
        }
    }

    fn refusal(&self, refusal: Refusal) -> Answer {
        let (status, code, message) = match refusal {
            Refusal::SoldOut => (400, wire::SOLD_OUT, "The selected resource is sold out"),
            // Listed for bare metal [I].
            Refusal::Quota => {
                (403, wire::QUOTA, "You are trying to create more instances than your remaining quota allows")
            }
            // The pages say that a create fails on a low balance and name no code [I].
            Refusal::Funds => (402, "OPERATION_DENIED_BALANCE_INSUFFICIENT", "The balance is insufficient"),
            Refusal::Credentials => (401, wire::BAD_SIGNATURE, "The signature does not match"),
            Refusal::Permission => (401, wire::UNAUTHORIZED, "The operation is not authorized"),
            Refusal::Incompatible => (
                400,
                wire::NETWORK_BILLING,
                "The network billing method is not supported in the current zone",
            ),
            Refusal::Internal => (500, "INTERNAL_SERVER_ERROR", "Internal server error"),
            Refusal::Unavailable => {
                (503, "SERVICE_TEMPORARY_UNAVAILABLE", "The service is temporarily unavailable")
            }
        };
        Refused::new(status, code, message).answer()
    }

    fn throttled(&self) -> Answer {
        Refused::new(429, "REQUEST_LIMIT_EXCEEDED", "The request limit is exceeded").answer()
    }
}

fn run(cloud: &Cloud, request: &Request, fault: Option<&FaultKind>) -> wire::Outcome {
    let now = cloud.now();
    let product = product(request);
    if product.is_empty() {
        let message = format!("There is nothing at `{}`", request.path);
        return Err(Refused::new(404, "OPERATION_FAILED_RESOURCE_NOT_FOUND", message));
    }
    if request.method != "POST" {
        // No page names a code for another verb [I].
        return Err(Refused::new(405, wire::BAD_VALUE, "Only POST is supported"));
    }
    sign::verify(request, &cloud.account().credentials, now)?;
    if !is_json(request.header("content-type").unwrap_or_default()) {
        // Only application/json is documented, and no code for anything else [I].
        return Err(Refused::new(415, wire::BAD_VALUE, "The content type must be application/json"));
    }
    let named = request.header("x-zc-action").unwrap_or_default();
    let Some(action) = actions::find(product, named) else {
        return Err(Refused::new(
            401,
            wire::UNAUTHORIZED,
            format!("The operation `{named}` is not authorized or does not exist"),
        ));
    };
    check_version(product, request.header("x-zc-version"))?;
    let wish = schema::read(&request.body, action.fields)?;
    // Only what is looked at may be old: whoever asks for a change acts on the machine as it is.
    let is_look = matches!(action.operation, "list" | "status");
    let now = if is_look { stale(fault, now) } else { now };
    let mut account = cloud.account();
    (action.run)(&mut Ask { account: &mut account, wish, now, fault })
}

/// Which product an address belongs to; empty: none.
fn product(request: &Request) -> &'static str {
    match request.path.as_str() {
        "/api/v2/vm" => "vm",
        "/api/v2/ccs" => "ccs",
        _ => "",
    }
}

/// The header is documented, and absent in the documented example of a token; both are accepted. Older versions
/// are answered as the present one.
fn check_version(product: &str, version: Option<&str>) -> Result<(), Refused> {
    let known = match product {
        "ccs" => ["2025-09-01"].as_slice(),
        _ => ["2026-04-01", "2023-03-13"].as_slice(),
    };
    match version {
        Some(version) if !known.contains(&version) => {
            Err(Refused::new(400, wire::BAD_VALUE, format!("The version `{version}` is not supported")))
        }
        _ => Ok(()),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn has_ids(request: &Request) -> bool {
    let ids = request.json().ok().and_then(|body| body.get("instanceIds")?.as_array().map(Vec::len));
    ids.is_some_and(|count| count > 0)
}
