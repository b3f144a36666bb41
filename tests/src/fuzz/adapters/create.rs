//! Creating: whatever is answered, one machine is ordered at most, and one that may exist is never said not to.

use serde_json::value::RawValue;
use vmbroker_core::{CreateRequest, Effect, Error, Handle, Result, Retry};
use vmbroker_sim::Dialect;

use super::super::Mark;
use super::super::canned::Served;
use super::super::harmless::check_error;
use super::super::question::wish;
use super::super::script::End;
use super::super::spans::scalars;
use super::{Flaw, ask, is_success};

/// A part of the name of the one call that orders a machine.
fn call(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "POST /vms/v3$",
        Dialect::Wayscloud | Dialect::Waldur => "POST /api/marketplace-orders/$",
        Dialect::Zenlayer => "CreateInstances$",
    }
}

/// The field that says how many machines are ordered, where the wire has one.
fn count(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => "\"instances\":1,",
        Dialect::Wayscloud | Dialect::Waldur => "",
        Dialect::Zenlayer => "\"instanceCount\":1,",
    }
}

pub(super) fn create(dialect: Dialect, flaw: Flaw, input: &[u8]) -> Mark {
    let mut asked = None;
    let (said, served) = ask(dialect, input, call(dialect), async |provider, script| {
        let request = asked.insert(wish(script));
        if flaw == Flaw::Twice {
            let _ = provider.create(request).await;
        }
        provider.create(request).await
    });
    let (request, said) = (asked.unwrap(), spoiled(flaw, said));
    let is_create = |call: &Served| call.name.trim_end().ends_with(self::call(dialect).trim_end_matches('$'));
    let creates: Vec<&Served> = served.iter().filter(|call| is_create(call)).collect();
    assert!(creates.len() <= 1, "a machine is ordered more than once: {served:?}");
    for call in &served {
        assert!(call.alone == is_create(call), "only a create has its own connection: {call:?}");
    }
    if let Some(create) = creates.first() {
        let sent = String::from_utf8_lossy(&create.sent);
        assert!(sent.contains(request.marker.as_str()), "the marker is not in what is sent: {sent}");
        assert!(sent.contains(count(dialect)), "another number than one is ordered: {sent}");
        assert!(served.last().is_some_and(is_create), "something is asked after the create: {served:?}");
    }
    match said {
        Ok(handle) => check_handle(&handle, &request, creates.first().copied()),
        Err(error) => check_failure(&error, dialect, creates.first().copied()),
    }
}

fn spoiled(flaw: Flaw, said: Result<Handle>) -> Result<Handle> {
    match (flaw, said) {
        (Flaw::NoId, Ok(handle)) => Ok(Handle { order: None, instance: Some(String::new()), ..handle }),
        (Flaw::NoEffect, Err(error)) => Err(error.with_effect(Effect::None)),
        (_, said) => said,
    }
}

fn check_handle(handle: &Handle, request: &CreateRequest, create: Option<&Served>) -> Mark {
    assert!(!handle.id().is_empty(), "a machine is known without an id: {handle:?}");
    let create = create.filter(|create| is_success(create));
    assert!(create.is_some(), "a machine is known that nobody accepted: {handle:?}");
    let back = handle.to_string().parse::<Handle>();
    assert!(
        back.is_ok_and(|back| back.id() == handle.id() && back.provider == handle.provider),
        "no command takes this handle: {:.200}",
        handle.to_string()
    );
    assert!(handle.marker == Some(request.marker) && handle.made_at.is_some(), "{handle:?}");
    let body = create.map(|create| create.body.as_slice()).unwrap_or_default();
    // A truth value is no id, but a text may say `true`.
    let quoted = format!("\"{}\"", handle.id());
    let bare = matches!(handle.id(), "true" | "false" | "null");
    let told = scalars(body).any(|text| text == handle.id());
    let told = told && (!bare || String::from_utf8_lossy(body).contains(&quoted));
    assert!(told, "the id is not in the answer: {handle:?} {}", String::from_utf8_lossy(body));
    Mark::taken().and((handle.order.is_some(), handle.instance.is_some()))
}

fn check_failure(error: &Error, dialect: Dialect, create: Option<&Served>) -> Mark {
    let mark = check_error(error).and(create.is_some());
    match (create, error.effect()) {
        (None, effect) => assert!(effect == Effect::None, "nothing was ordered, but: {error}"),
        (Some(create), Effect::None) => {
            assert!(is_refusal(dialect, create), "this may have made a machine: {create:?} {error}");
        }
        (Some(_), Effect::Unknown) => {
            assert!(error.retry() == Retry::Never, "{error} is to be sent again: {:?}", error.retry());
        }
    }
    mark
}

/// Whether an answer says, whole and as documented, that nothing was made; or the order never left.
fn is_refusal(dialect: Dialect, create: &Served) -> bool {
    let Some(status) = create.status else { return create.end == End::Unsent };
    let begins = create.body.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_container = matches!(begins, Some(b'{' | b'['));
    let is_whole = is_container && serde_json::from_slice::<Box<RawValue>>(&create.body).is_ok();
    let before_work =
        || dialect == Dialect::Zenlayer && scalars(&create.body).any(|it| it == "REQUEST_LIMIT_EXCEEDED");
    match status {
        408 | 409 | 425 => false,
        429 => is_whole && before_work(),
        400..=499 => is_whole,
        _ => false,
    }
}
