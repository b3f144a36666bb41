//! What is checked before a request is worked on, in the order in which a Waldur checks it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::desk::Desk;
use super::refuse::{detail, not_allowed, page, unauthorised};
use super::route::{Route, Shelf};
use super::{catalogue, create, delete, instance, key, order, resource};
use crate::Answer;
use crate::machine::add;

/// Answers a request.
pub(super) fn answer(desk: &mut Desk<'_>) -> Answer {
    let path = &desk.request.path;
    if !path.ends_with('/') {
        let whole = format!("{path}/");
        if Route::read(desk.speech, &whole).is_none() {
            return page(404);
        }
        let query =
            if desk.request.query.is_empty() { String::new() } else { format!("?{}", desk.request.query) };
        return Answer { content_type: "text/html; charset=utf-8", ..Answer::empty(301) }
            .with_header("location", format!("{whole}{query}"));
    }
    let Some(route) = Route::read(desk.speech, path) else {
        return page(404);
    };
    if !accepts_json(desk) {
        return detail(406, "Could not satisfy the request Accept header.");
    }
    // The configuration is for everybody.
    if route != Route::Configuration
        && let Err(refused) = check_token(desk)
    {
        return refused;
    }
    let mut answer = dispatch(desk, route);
    if desk.request.method == "HEAD" {
        answer.body.clear();
    }
    answer
}

fn dispatch(desk: &mut Desk<'_>, route: Route) -> Answer {
    // HEAD is GET without a body.
    let method = if desk.request.method == "HEAD" { "GET" } else { desk.request.method.as_str() };
    let body = || read_body(desk);
    match (method, route) {
        ("GET", Route::Orders) => order::list(desk),
        ("POST", Route::Orders) => match body() {
            Ok(body) => create::create(desk, &body),
            Err(refused) => refused,
        },
        ("GET", Route::Order(id)) => order::get(desk, &id),
        ("DELETE", Route::Order(id)) => delete::order(desk, &id),
        ("POST", Route::OrderAction(id, action)) => order::act(desk, &id, &action),
        ("GET", Route::Resources) => resource::list(desk),
        ("GET", Route::Resource(id)) => resource::get(desk, &id),
        ("PATCH", Route::Resource(id)) => match body() {
            Ok(body) => resource::rename(desk, &id, &body),
            Err(refused) => refused,
        },
        ("DELETE", Route::Resource(id)) if !desk.is_waldur() => delete::resource(desk, &id),
        ("POST", Route::Terminate(id)) => match body() {
            Ok(body) => delete::terminate(desk, &id, &body),
            Err(refused) => refused,
        },
        ("GET", Route::Instances) => instance::list(desk),
        ("GET", Route::Instance(id)) => instance::get(desk, &id),
        ("DELETE", Route::Instance(_)) => Answer::empty(405),
        ("POST", Route::Power(id, verb)) => instance::power(desk, &id, &verb),
        ("GET", Route::Offerings) => catalogue::offerings(desk, false),
        ("GET", Route::DocumentedOfferings) => catalogue::offerings(desk, true),
        ("GET", Route::Offering(id)) => catalogue::offering(desk, &id),
        ("GET", Route::Plans(id)) => catalogue::plans(desk, &id),
        ("GET", Route::Plan(offering, id)) => catalogue::plan(desk, &offering, &id),
        ("POST", Route::Shelf(Shelf::Keys)) => match body() {
            Ok(body) => key::add(desk, &body),
            Err(refused) => refused,
        },
        ("GET", Route::Shelf(shelf)) => catalogue::list(desk, shelf),
        ("GET", Route::Item(shelf, id)) => catalogue::item(desk, shelf, &id),
        ("GET", Route::Configuration) => catalogue::configuration(desk),
        ("GET", Route::Me) => catalogue::me(desk),
        (method, _) => not_allowed(method),
    }
}

fn accepts_json(desk: &Desk<'_>) -> bool {
    let Some(accept) = desk.request.header("accept") else { return true };
    let types = accept.split(',').map(|part| part.split(';').next().unwrap_or(part).trim());
    let mut types = types.filter(|part| !part.is_empty()).peekable();
    types.peek().is_none() || types.any(|part| ["*/*", "application/*", "application/json"].contains(&part))
}

fn check_token(desk: &mut Desk<'_>) -> Result<(), Answer> {
    let header = desk.request.header("authorization").unwrap_or_default();
    let words: Vec<&str> = header.split_whitespace().collect();
    let token = match words.as_slice() {
        [scheme] if scheme.eq_ignore_ascii_case("token") => {
            return Err(unauthorised("Invalid token. No credentials provided."));
        }
        [scheme, token] if scheme.eq_ignore_ascii_case("token") => *token,
        [scheme, ..] if scheme.eq_ignore_ascii_case("token") => {
            return Err(unauthorised("Invalid token. Token string should not contain spaces."));
        }
        // Any other scheme counts as none.
        _ => return Err(unauthorised("Authentication credentials were not provided.")),
    };
    if token != desk.account.credentials.secret {
        return Err(unauthorised("Invalid token."));
    }
    if let Some(lifetime) = desk.setting("token_lifetime") {
        let now = desk.now;
        let settings = desk.account.shelf("settings");
        let used = settings.get("token_used").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let used: Timestamp = used.unwrap_or(now);
        if now > add(used, Duration::from_secs(lifetime)) {
            return Err(unauthorised("Token has expired."));
        }
        // Every request that passes renews it.
        settings.insert("token_used".to_owned(), json!(now.to_string()));
    }
    Ok(())
}

fn read_body(desk: &Desk<'_>) -> Result<Value, Answer> {
    let request = desk.request;
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    let kind = request.header("content-type").unwrap_or("text/plain");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => request.json().map_err(|why| detail(400, &format!("JSON parse error - {why}"))),
        // Forms are understood, and have no place for objects: as if nothing was sent.
        "application/x-www-form-urlencoded" | "multipart/form-data" if desk.is_waldur() => Ok(json!({})),
        _ => Err(detail(415, &format!("Unsupported media type \"{kind}\" in request."))),
    }
}
