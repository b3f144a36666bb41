use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, ErrorKind, Finding, Handle, Retry, State};
use vmbroker_http::{Answer, Exchange, Request};
use vmbroker_wayscloud::Dialect;

use crate::cloud::{
    Counted, DELETION, MACHINE, OFFERING, ON, ORDER, PROJECT, RESOURCE, asked, config, get, handle, marker,
    order_path, over, provider, resource, resource_path,
};

#[tokio::test(start_paused = true)]
async fn an_order_becomes_its_machine_step_by_step() {
    let order = |state: &str| {
        get(
            &order_path(),
            &format!(r#"{{"uuid":"{ORDER}","state":"{state}","marketplace_resource_uuid":"{RESOURCE}"}}"#),
        )
    };
    let row = |state: &str, metadata: &str| get(&resource_path(), &resource(state, metadata));
    let building = r#"{"state":"Creating","runtime_state":"","external_ips":[null]}"#;
    let (replay, provider) = provider(
        Dialect::Waldur,
        vec![
            order("pending-consumer"),
            row("Creating", "{}"),
            row("Creating", "{}"),
            order("executing"),
            row("Creating", building),
            order("executing"),
            row("Creating", ON),
            order("executing"),
            row("Creating", ON),
            order("done"),
            row("OK", ON),
        ],
    );
    let mut it = handle(&format!("order:{ORDER}"));
    let mut states = Vec::new();
    for _ in 0..6 {
        let seen = provider.status(std::slice::from_ref(&it)).await.unwrap().remove(0);
        states.push(seen.state().unwrap());
        it = seen.handle;
    }
    let p = State::Provisioning;
    assert_eq!(states, [State::AwaitingApproval, p, p, p, p, State::Running]);
    assert_eq!(it.to_string(), format!("ways/instance:{RESOURCE}"));
    assert_eq!((it.order.as_deref(), it.marker), (Some(ORDER), Some(marker())));
    assert_eq!(replay.left(), 0);
}

/// What is done next would be done to what was answered: it must be what was asked for.
#[tokio::test(start_paused = true)]
async fn an_answer_without_an_id_keeps_ours_and_one_of_another_thing_is_an_error() {
    let machine = handle(&format!("instance:{RESOURCE}"));
    let whole = resource("OK", ON);
    for dialect in [Dialect::Documented, Dialect::Waldur] {
        let nameless = whole.replace(&format!(r#""uuid":"{RESOURCE}","#), "");
        let (_, without) = provider(dialect, vec![get(&resource_path(), &nameless)]);
        let seen = without.status(std::slice::from_ref(&machine)).await.unwrap().remove(0);
        assert_eq!((seen.handle.instance.as_deref(), seen.state()), (Some(RESOURCE), Some(State::Running)));
        let (_, other) = provider(dialect, vec![get(&resource_path(), &whole.replace(RESOURCE, MACHINE))]);
        let error = other.status(std::slice::from_ref(&machine)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::Backoff), "{error}");
        let order = format!(r#"{{"uuid":"{DELETION}","state":"pending-consumer"}}"#);
        let (replay, other) = provider(dialect, vec![get(&order_path(), &order)]);
        other.delete(&handle(&format!("order:{ORDER}"))).await.unwrap_err();
        assert_eq!(asked(&replay), [format!("GET {}", order_path())], "another order is not withdrawn");
    }
}

#[tokio::test(start_paused = true)]
async fn a_documented_machine_is_found_by_its_exact_name() {
    let order = |state: &str| {
        get(
            &order_path(),
            &format!(r#"{{"uuid":"{ORDER}","state":"{state}","attributes":{{"name":"{}"}}}}"#, marker()),
        )
    };
    let named =
        format!("/api/marketplace-resources/?project_uuid={PROJECT}&name_exact={}&page_size=300", marker());
    let rows = format!(
        r#"{{"count":2,"next":null,"previous":null,"results":[{{"uuid":"x","name":"{0}-other","state":"OK"}},{1}]}}"#,
        marker(),
        resource("OK", ON)
    );
    let (replay, provider) = provider(
        Dialect::Documented,
        vec![
            order("Creating"),
            order("Success"),
            get(&named, &rows),
            get(&resource_path(), &resource("OK", ON)),
        ],
    );
    let mut it = handle(&format!("order:{ORDER}"));
    for wanted in [State::Ordered, State::Running, State::Running] {
        let seen = provider.status(std::slice::from_ref(&it)).await.unwrap().remove(0);
        assert_eq!(seen.state(), Some(wanted));
        it = seen.handle;
    }
    assert_eq!(it.instance.as_deref(), Some(RESOURCE));
    assert_eq!(replay.left(), 0);
}

/// The documented order tells neither its machine nor the name that was ordered.
#[tokio::test(start_paused = true)]
async fn a_machine_of_an_order_that_tells_nothing_is_found_by_its_marker() {
    let order = |state: &str| {
        let body = json!({ "uuid": ORDER, "project": PROJECT, "offering": OFFERING, "plan": "p",
            "created": "2026-11-20T22:00:00Z", "state": state });
        get(&order_path(), &body.to_string())
    };
    let list = |rows: &str, count: &str| {
        let path = format!("/api/marketplace-resources/?project_uuid={PROJECT}&page_size=300");
        get(&path, rows).with_answer_header("x-result-count", count)
    };
    let named = |name: &str| resource("OK", ON).replace(marker().as_str(), name);
    let rows = format!("[{},{}]", named("other"), named(&format!("web-{}", marker())));
    let made = |text: &str| handle(text).made("2026-11-20T22:00:00Z".parse().unwrap(), marker());
    let (_, found) = provider(Dialect::Documented, vec![order("Success"), list(&rows, "2")]);
    let seen = found.status(&[made(&format!("order:{ORDER}"))]).await.unwrap();
    assert_eq!((seen[0].state(), seen[0].handle.instance.as_deref()), (Some(State::Running), Some(RESOURCE)));
    // What a failed order left is found, and ended.
    let erred = rows.replace(r#""state":"OK","resource_uuid""#, r#""state":"Erred","resource_uuid""#);
    let deleted = Exchange::new("DELETE", &resource_path(), 204, "");
    let (replay, left) = provider(Dialect::Documented, vec![order("Erred"), list(&erred, "2"), deleted]);
    let deletion = left.delete(&made(&format!("order:{ORDER}"))).await.unwrap();
    assert_eq!((deletion.next, replay.left()), (vmbroker_core::Next::Started, 0));
    // Only where every row was read and none is it, nothing is left.
    for (rows, count, is_left) in [("[]", "0", false), ("[]", "1", true), ("[null]", "1", true)] {
        let looks = || vec![order("Erred"), list(rows, count)];
        let (_, provider) = provider(Dialect::Documented, [looks(), looks()].concat());
        let next = provider.delete(&made(&format!("order:{ORDER}"))).await.unwrap().next;
        assert_eq!(next != vmbroker_core::Next::NothingLeft, is_left, "{rows} {count} {next:?}");
        let seen = provider.status(&[made(&format!("order:{ORDER}"))]).await.unwrap();
        assert_eq!(seen[0].state() == Some(State::Failed), is_left, "{rows} {count}");
    }
}

/// A Waldur shows what has ended too: where nothing is shown any more, we may have lost the right to see it.
#[tokio::test(start_paused = true)]
async fn a_machine_that_vanished_with_its_project_is_not_gone() {
    let it =
        handle(&format!("instance:{RESOURCE}")).seen("2026-11-20T21:00:00Z".parse().unwrap(), State::Running);
    let gone = || {
        Exchange::new("GET", &resource_path(), 404, r#"{"detail":"No Resource matches the given query."}"#)
    };
    let project =
        |status, body: &str| Exchange::new("GET", &format!("/api/projects/{PROJECT}/"), status, body);
    for said in ["No Project matches the given query.", "Not found."] {
        let hidden = project(404, &format!(r#"{{"detail":"{said}"}}"#));
        let (_, provider) = provider(Dialect::Waldur, vec![gone(), hidden]);
        let error = provider.status(std::slice::from_ref(&it)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidConfig, Some("status")));
    }
    let (_, provider) = provider(Dialect::Waldur, vec![gone(), project(200, "{}")]);
    assert_eq!(provider.status(&[it]).await.unwrap()[0].finding, Finding::NotFound);
}

#[tokio::test(start_paused = true)]
async fn only_a_told_absence_is_an_absence() {
    let it = handle(&format!("instance:{RESOURCE}"));
    let path = resource_path();
    let gone = Exchange::new("GET", &path, 404, r#"{"detail":"No Resource matches the given query."}"#);
    let (_, told) = provider(Dialect::Waldur, vec![gone]);
    assert_eq!(told.status(std::slice::from_ref(&it)).await.unwrap()[0].finding, Finding::NotFound);
    for (status, body) in [
        (404, "<!doctype html><title>Not Found</title>"),
        (404, ""),
        (500, "<html>"),
        (301, ""),
        (401, r#"{"detail":"Token has expired."}"#),
        (200, "[]"),
    ] {
        let answers = (0..4).map(|_| Exchange::new("GET", &path, status, body)).collect();
        let (_, silent) = provider(Dialect::Waldur, answers);
        silent.status(std::slice::from_ref(&it)).await.expect_err(body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_order_leaves_a_row_with_nothing_behind_it() {
    let creating = || get(&resource_path(), &resource("Creating", "{}"));
    let of_it = format!("/api/marketplace-orders/?resource_uuid={RESOURCE}&o=-created&page_size=300");
    let canceled = format!(
        r#"[{{"uuid":"{ORDER}","type":"Create","state":"canceled","marketplace_resource_uuid":"{RESOURCE}"}}]"#
    );
    let none = get(&of_it, "[]").with_answer_header("x-result-count", "0");
    let one = get(&of_it, &canceled).with_answer_header("x-result-count", "1");
    let deleted =
        Exchange::new("GET", &order_path(), 404, r#"{"detail":"No Order matches the given query."}"#);
    let by_order = Handle { order: Some(ORDER.into()), ..handle(&format!("instance:{RESOURCE}")) };
    let by_row = handle(&format!("instance:{RESOURCE}"));
    for (it, answer) in [(&by_row, none), (&by_row, one), (&by_order, deleted)] {
        let (_, provider) = provider(Dialect::Waldur, vec![creating(), answer]);
        let seen = provider.status(std::slice::from_ref(it)).await.unwrap();
        assert_eq!(seen[0].state(), Some(State::Gone));
    }
    // Orders of others: the filter was not honoured, so nothing is proven.
    let others = r#"[{"uuid":"o9","state":"executing","marketplace_resource_uuid":"r9"}]"#;
    let ignored = get(&of_it, others).with_answer_header("x-result-count", "1");
    let (_, provider) = provider(Dialect::Waldur, vec![creating(), ignored]);
    let seen = provider.status(std::slice::from_ref(&by_row)).await.unwrap();
    assert_eq!(seen[0].state(), Some(State::Provisioning));
}

#[tokio::test(start_paused = true)]
async fn why_an_order_failed_is_told_and_remembered() {
    let why =
        "{'non_field_errors': [ErrorDetail(string='One or more quotas were exceeded', code='invalid')]}";
    let erred = json!({ "uuid": ORDER, "state": "erred", "resource_uuid": null, "error_message": why, "marketplace_resource_uuid": RESOURCE });
    let row = json!({ "uuid": RESOURCE, "state": "Erred", "scope": null, "resource_uuid": null, "error_message": "" }).to_string();
    let (replay, provider) = provider(
        Dialect::Waldur,
        vec![
            get(&order_path(), &erred.to_string()),
            get(&resource_path(), &row),
            get(&resource_path(), &row),
        ],
    );
    let mut it = handle(&format!("order:{ORDER}"));
    for _ in 0..2 {
        let seen = provider.status(std::slice::from_ref(&it)).await.unwrap().remove(0);
        let Finding::Found { state, failure, .. } = seen.finding else { panic!("not found") };
        assert_eq!((state, failure.as_deref()), (State::Failed, Some(why)));
        it = seen.handle;
    }
    assert_eq!((it.instance.as_deref(), replay.left()), (Some(RESOURCE), 0));
}

fn uuid(n: usize) -> String {
    format!("{n:032x}")
}

/// A Waldur with machines 0 to 499: those before `done` are running, number 0 has ended where `done` is 500.
fn waldur(request: &Request, done: usize) -> Answer {
    let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let value = |key: &str| pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1.clone());
    let states: Vec<&str> =
        pairs.iter().filter(|pair| pair.0 == "state").map(|pair| pair.1.as_str()).collect();
    let is_order = request.url.path().contains("orders");
    let row = |n: usize| {
        let (order, state) = match (n, done) {
            (0, 500) => ("done", "Terminated"),
            (n, done) if n < done => ("done", "OK"),
            _ => ("executing", "Creating"),
        };
        let metadata: Value = if state == "OK" { serde_json::from_str(ON).unwrap() } else { json!({}) };
        if is_order {
            json!({ "uuid": uuid(n + 1_000), "type": "Create", "state": order, "marketplace_resource_uuid": uuid(n) })
        } else {
            json!({ "uuid": uuid(n), "name": format!("m{n}"), "state": state, "offering_uuid": OFFERING, "resource_uuid": MACHINE, "backend_metadata": metadata })
        }
    };
    let ok = |body: Value, headers: Vec<(String, String)>| Answer {
        status: 200,
        headers,
        body: body.to_string().into(),
    };
    if !request.url.path().ends_with("orders/") && !request.url.path().ends_with("resources/") {
        let id = request.url.path().trim_end_matches('/').rsplit('/').next().unwrap();
        let n = usize::from_str_radix(id, 16).unwrap() % 1_000;
        return ok(row(n), Vec::new());
    }
    let all: Vec<Value> =
        (0..500).map(row).filter(|row| states.contains(&row["state"].as_str().unwrap())).collect();
    let size: usize = value("page_size").map_or(10, |size| size.parse().unwrap()).min(300);
    let page: usize = value("page").map_or(1, |page| page.parse().unwrap());
    let rows: Vec<Value> = all.iter().skip((page - 1) * size).take(size).cloned().collect();
    ok(json!(rows), vec![("x-result-count".into(), all.len().to_string())])
}

#[tokio::test(start_paused = true)]
async fn watching_500_machines_costs_four_calls_with_open_orders_and_two_after() {
    let done = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&done);
    let cloud = Counted::new(move |request: &Request| waldur(request, now.load(Ordering::SeqCst)));
    let provider = over(cloud.clone(), config(Dialect::Waldur));
    let new = |n| Handle { order: Some(uuid(n + 1_000)), ..handle(&format!("instance:{}", uuid(n))) };
    let mut handles: Vec<Handle> = (0..500).map(new).collect();
    let mut round = async |count: usize| {
        done.store(count, Ordering::SeqCst);
        let seen = provider.status(&handles).await.unwrap();
        assert!(seen.iter().zip(&handles).all(|(seen, asked)| seen.handle.instance == asked.instance));
        handles = seen.iter().map(|it| it.handle.clone()).collect();
        let running = seen.iter().filter(|it| it.state() == Some(State::Running)).count();
        (running, cloud.take())
    };
    let (running, calls) = round(0).await;
    assert_eq!((running, calls.len()), (0, 4), "{calls:?}");
    assert!(
        calls
            .iter()
            .all(|call| call.contains("page_size=300") && call.contains(&format!("project_uuid={PROJECT}")))
    );
    let (running, calls) = round(100).await;
    assert_eq!((running, calls.len()), (100, 4), "{calls:?}");
    let (running, calls) = round(499).await;
    assert_eq!(running, 499);
    // The last open order is cheaper by itself.
    assert_eq!(calls.len(), 3, "{calls:?}");
    let (running, calls) = round(500).await;
    // One machine left the list: two pages, and one look at it.
    assert_eq!((running, calls.len()), (499, 3), "{calls:?}");
    assert_eq!(calls[2], format!("GET /api/marketplace-resources/{}/", uuid(0)));
    handles.remove(0);
    assert_eq!(provider.status(&handles).await.unwrap().len(), 499);
    assert_eq!(cloud.take().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn duplicates_and_strangers_each_get_their_own_observation() {
    let list = |rows: &str, count: &str| {
        let mut exchange = get("", rows).with_answer_header("x-result-count", count);
        exchange.path = format!("/api/marketplace-resources/?project_uuid={PROJECT}&page_size=300");
        exchange
    };
    let stranger = "0000000000000000000000000000000f";
    let gone = Exchange::new(
        "GET",
        &format!("/api/marketplace-resources/{stranger}/"),
        404,
        r#"{"detail":"Not found."}"#,
    );
    let (_, provider) =
        provider(Dialect::Documented, vec![list(&format!("[{}]", resource("OK", ON)), "1"), gone]);
    let dashed = handle("instance:515BC480-1326-4b6d-8443-14c18b45cd2e");
    let plain = handle(&format!("instance:{RESOURCE}"));
    let seen = provider
        .status(&[plain.clone(), handle(&format!("instance:{stranger}")), dashed, plain])
        .await
        .unwrap();
    let states: Vec<Option<State>> = seen.iter().map(vmbroker_core::Observation::state).collect();
    let running = Some(State::Running);
    assert_eq!(states, [running, None, running, running]);
}

#[tokio::test(start_paused = true)]
async fn an_order_to_end_it_is_looked_at_until_the_row_shows_it() {
    let it = Handle { deletion_order: Some(DELETION.into()), ..handle(&format!("instance:{RESOURCE}")) };
    let row = |state: &str| get(&resource_path(), &resource(state, ON));
    let deletion = |state: &str| {
        get(
            &format!("/api/marketplace-orders/{DELETION}/"),
            &format!(r#"{{"uuid":"{DELETION}","type":"Terminate","state":"{state}","error_message":""}}"#),
        )
    };
    let (replay, provider) = provider(
        Dialect::Waldur,
        vec![row("OK"), deletion("executing"), row("Terminating"), row("OK"), deletion("erred")],
    );
    let mut it = it;
    for (state, kept) in [(State::Deleting, true), (State::Deleting, true), (State::Running, false)] {
        let seen = provider.status(std::slice::from_ref(&it)).await.unwrap().remove(0);
        assert_eq!((seen.state(), seen.handle.deletion_order.is_some()), (Some(state), kept));
        it = seen.handle;
    }
    assert_eq!((replay.left(), asked(&replay).len()), (0, 5));
}
