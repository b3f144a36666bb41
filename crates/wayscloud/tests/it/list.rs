use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use vmbroker_core::{ComputeProvider, ComputeProviderExt, ErrorKind, Retry, State};
use vmbroker_http::{Answer, Exchange, Request};
use vmbroker_wayscloud::{Dialect, Flavor};

use crate::cloud::{
    Counted, FLAVOR, OFFERING, ON, PROJECT, RESOURCE, asked, config, get, marker, over, provider, resource,
};

fn page(number: usize) -> String {
    let page = if number > 1 { format!("&page={number}") } else { String::new() };
    format!("/api/marketplace-resources/?project_uuid={PROJECT}&page_size=300{page}")
}

fn rows(ids: &[&str]) -> String {
    let row =
        |id: &&str| json!({ "uuid": id, "name": format!("n{id}"), "state": "OK", "offering_uuid": OFFERING });
    json!(ids.iter().map(row).collect::<Vec<_>>()).to_string()
}

async fn ids(exchanges: Vec<Exchange>) -> (Result<Vec<String>, vmbroker_core::Error>, Vec<String>) {
    let (replay, provider) = provider(Dialect::Documented, exchanges);
    let list = provider.list().await;
    let ids = list.map(|list| list.instances().iter().map(|it| it.handle.id().to_owned()).collect());
    (ids, asked(&replay))
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_by_count_even_where_they_are_smaller_than_asked_for() {
    let answer =
        |number, ids: &[&str]| get(&page(number), &rows(ids)).with_answer_header("x-result-count", "5");
    let (list, asked) = ids(vec![answer(1, &["a", "b"]), answer(2, &["c", "d"]), answer(3, &["e"])]).await;
    assert_eq!(list.unwrap(), ["a", "b", "c", "d", "e"]);
    assert_eq!(asked.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_by_link_or_envelope_and_never_at_a_foreign_host() {
    let link = r#"<https://evil.example/api/marketplace-resources/?page=2&x=1>; rel="next", <z>; rel="last""#;
    let second = "/api/marketplace-resources/?page=2&x=1";
    let by_link = vec![
        get(&page(1), &rows(&["a"])).with_answer_header("link", link),
        get(second, &rows(&["b"])).with_answer_header("link", r#"<a>; rel="first""#),
    ];
    let (list, asked) = ids(by_link).await;
    assert_eq!(list.unwrap(), ["a", "b"]);
    assert_eq!(asked[1], format!("GET {second}"));
    let envelope = |ids: &[&str], next: &str| {
        format!(r#"{{"count":2,"previous":null,"next":{next},"results":{}}}"#, rows(ids))
    };
    let by_count = vec![
        get(&page(1), &envelope(&["a"], r#""https://evil.example/?page=2""#)),
        get(&page(2), &envelope(&["b"], "null")),
    ];
    assert_eq!(ids(by_count).await.0.unwrap(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_without_any_word_of_pages_is_read_until_nothing_new_comes() {
    let end = Exchange::new("GET", &page(3), 404, r#"{"detail":"Invalid page."}"#);
    let (list, _) = ids(vec![get(&page(1), &rows(&["a"])), get(&page(2), &rows(&["b"])), end]).await;
    assert_eq!(list.unwrap(), ["a", "b"]);
    let (list, _) = ids(vec![get(&page(1), &rows(&["a"])), get(&page(2), &rows(&["a"]))]).await;
    assert_eq!(list.unwrap(), ["a"]);
    let looped = (0..3).map(|_| {
        get(&page(1), &rows(&["a"])).with_answer_header("link", &format!(r#"<{}>; rel="next""#, page(1)))
    });
    assert_eq!(ids(looped.collect()).await.0.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_list_is_read_again_and_then_an_error() {
    let answer = |number, ids: &[&str], count| {
        get(&page(number), &rows(ids)).with_answer_header("x-result-count", count)
    };
    let changed = || [answer(1, &["a"], "2"), answer(2, &["b"], "3")];
    let (list, asked) =
        ids(changed().into_iter().chain([answer(1, &["a"], "2"), answer(2, &["b"], "2")]).collect()).await;
    assert_eq!((list.unwrap().len(), asked.len()), (2, 4));
    let (list, asked) = ids(changed().into_iter().chain(changed()).chain(changed()).collect()).await;
    let error = list.unwrap_err();
    assert_eq!((error.kind(), error.retry(), asked.len()), (ErrorKind::Unavailable, Retry::Backoff, 6));
    let broken = vec![answer(1, &["a"], "2")];
    ids(broken).await.0.expect_err("the second page was never read");
    let html = vec![get(&page(1), "<html>"), get(&page(1), r#"{"detail":"x"}"#)];
    ids(html).await.0.expect_err("this is no list");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_project_does_not_read_as_an_empty_account() {
    let empty = || get(&page(1), "[]").with_answer_header("x-result-count", "0");
    let path = format!("/api/projects/{PROJECT}/");
    let unknown = Exchange::new("GET", &path, 404, r#"{"detail":"No Project matches the given query."}"#);
    assert_eq!(ids(vec![empty(), unknown]).await.0.unwrap_err().kind(), ErrorKind::InvalidConfig);
    for known in [get(&path, "{}"), Exchange::new("GET", &path, 404, "<html>")] {
        assert!(ids(vec![empty(), known]).await.0.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn ended_rows_and_other_things_are_no_machines_and_unreadable_ones_are_kept() {
    let named = marker().to_string();
    let list = json!([
        { "uuid": "a", "state": "OK", "offering_uuid": OFFERING, "runtime_state": "ACTIVE" },
        { "uuid": "b", "state": "Terminated", "offering_uuid": OFFERING },
        { "uuid": "c", "state": "OK", "offering_uuid": "c61bf2b8476340fcb8123b7b2fb48dd2", "name": "tenant" },
        { "uuid": "d", "state": "Frozen", "offering_uuid": "c61bf2b8476340fcb8123b7b2fb48dd2", "name": named },
        null,
        { "name": "no id", "state": "OK" }
    ]);
    let answer = get(&page(1), &list.to_string()).with_answer_header("x-result-count", "6");
    let (_, provider) = provider(Dialect::Documented, vec![answer]);
    let list = provider.list().await.unwrap();
    let seen: Vec<(&str, State)> = list.instances().iter().map(|it| (it.handle.id(), it.state)).collect();
    let unknown = State::Unrecognised;
    assert_eq!(
        seen,
        [("a", State::Running), ("d", unknown), ("unreadable-1-4", unknown), ("unreadable-1-5", unknown)]
    );
    assert_eq!(list.with_marker(marker()).count(), 1);
}

/// A Waldur with one machine that awaits approval, one whose order was canceled, and one whose order is deleted.
fn with_orphans(request: &Request) -> Answer {
    let ok = |body: serde_json::Value| {
        let count = body.as_array().map_or(0, Vec::len).to_string();
        Answer { status: 200, headers: vec![("x-result-count".into(), count)], body: body.to_string().into() }
    };
    let row = |id: &str| json!({ "uuid": id, "name": format!("n-{id}"), "state": "Creating", "created": "2026-11-20T21:00:00Z", "offering_uuid": OFFERING, "backend_metadata": {} });
    let query = request.url.query().unwrap_or_default();
    let order = |id: &str, state: &str| json!([{ "uuid": format!("o{id}"), "type": "Create", "state": state, "marketplace_resource_uuid": id }]);
    match request.url.path() {
        "/api/marketplace-resources/" => ok(json!([row("a1"), row("b2"), row("c3")])),
        "/api/marketplace-orders/" if query.contains("state=") || query.contains("resource_uuid=a1&") => {
            ok(order("a1", "pending-consumer"))
        }
        "/api/marketplace-orders/" if query.contains("resource_uuid=b2&") => ok(order("b2", "canceled")),
        "/api/marketplace-orders/" => ok(json!([])),
        _ => Answer { status: 404, headers: Vec::new(), body: b"<html>".to_vec() },
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_a_withdrawn_order_left_are_not_listed_and_asked_about_once() {
    let cloud = Counted::new(with_orphans);
    let provider = over(cloud.clone(), config(Dialect::Waldur));
    for calls in [4, 2] {
        let list = provider.list().await.unwrap();
        let seen: Vec<(&str, State)> = list.instances().iter().map(|it| (it.handle.id(), it.state)).collect();
        assert_eq!(seen, [("a1", State::AwaitingApproval)]);
        assert_eq!(list.instances()[0].handle.order.as_deref(), Some("oa1"));
        let asked: Vec<String> = cloud
            .take()
            .into_iter()
            .filter(|call| call.contains("marketplace-r") || call.contains("marketplace-o"))
            .collect();
        assert_eq!(asked.len(), calls, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_young_row_whose_order_is_not_shown_is_not_written_off_for_ever() {
    let row = json!([{ "uuid": RESOURCE, "name": marker().to_string(), "state": "Creating",
        "created": "2026-11-20T21:59:59Z", "offering_uuid": OFFERING, "backend_metadata": {} }]);
    let order = json!([{ "uuid": "o1", "type": "Create", "state": "executing", "marketplace_resource_uuid": RESOURCE }]);
    let shown = Arc::new(AtomicBool::new(false));
    let is_shown = Arc::clone(&shown);
    let cloud = Counted::new(move |request: &Request| {
        let body = match request.url.path() {
            "/api/marketplace-resources/" => row.clone(),
            "/api/marketplace-orders/" if is_shown.load(Ordering::SeqCst) => order.clone(),
            _ => json!([]),
        };
        let count = body.as_array().map_or(0, Vec::len).to_string();
        Answer { status: 200, headers: vec![("x-result-count".into(), count)], body: body.to_string().into() }
    });
    let provider = over(cloud, config(Dialect::Waldur));
    assert_eq!(provider.list().await.unwrap().instances().len(), 0);
    shown.store(true, Ordering::SeqCst);
    assert_eq!(provider.find(marker()).await.unwrap().len(), 1);
}

/// In each of these an order of the machine may be among what was not read.
#[tokio::test(start_paused = true)]
async fn orders_that_cannot_all_be_read_do_not_end_a_machine_that_is_being_built() {
    let other = format!(r#"[{{"uuid":"o1","type":"Migrate","marketplace_resource_uuid":"{RESOURCE}"}}]"#);
    for (orders, count) in [("[null]", "1"), ("[5]", "1"), ("[]", "1"), (other.as_str(), "1")] {
        let of_it = format!("/api/marketplace-orders/?resource_uuid={RESOURCE}&o=-created&page_size=300");
        let answers = vec![
            get(&crate::cloud::resource_path(), &resource("Creating", "{}")),
            get(&of_it, orders).with_answer_header("x-result-count", count),
        ];
        let (_, provider) = provider(Dialect::Waldur, answers);
        let it = crate::cloud::handle(&format!("instance:{RESOURCE}"));
        let seen = provider.status(&[it]).await.unwrap();
        assert_eq!(seen[0].state(), Some(State::Provisioning), "{orders}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_found_by_its_marker() {
    let list = format!("[{}]", resource("OK", ON));
    let answer = get(&page(1), &list).with_answer_header("x-result-count", "1");
    let (_, provider) = provider(Dialect::Documented, vec![answer]);
    let found = provider.find(marker()).await.unwrap();
    assert_eq!(found[0].handle.id(), RESOURCE);
    assert_eq!(found[0].public_addresses.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_pages_are_read_side_by_side_and_make_one_list() {
    let cloud = Counted::new(|request: &Request| {
        let number =
            request.url.query_pairs().find(|pair| pair.0 == "page").map_or(1, |pair| pair.1.parse().unwrap());
        let first: usize = (number - 1) * 300;
        let row = |n: usize| json!({ "uuid": format!("{n:032x}"), "name": "x", "state": "OK", "offering_uuid": OFFERING });
        let rows: Vec<_> = (first..(first + 300).min(10_000)).map(row).collect();
        Answer {
            status: 200,
            headers: vec![("x-result-count".into(), "10000".into())],
            body: json!(rows).to_string().into(),
        }
    });
    let provider = over(cloud.clone(), config(Dialect::Documented));
    let list = provider.list().await.unwrap();
    let ids: HashSet<&str> = list.instances().iter().map(|it| it.handle.id()).collect();
    assert_eq!((ids.len(), cloud.take().len()), (10_000, 34));
}

/// A Waldur whose pages have four rows at most, over the list of machines at this moment.
fn pages_of_four(list: &[&str], request: &Request) -> Answer {
    if request.url.path() != "/api/marketplace-resources/" {
        return Answer { status: 404, headers: Vec::new(), body: br#"{"detail":"Not found."}"#.to_vec() };
    }
    let number = |key: &str| {
        request.url.query_pairs().find(|pair| pair.0 == key).map(|pair| pair.1.parse::<usize>().unwrap())
    };
    let (size, page) = (number("page_size").unwrap().min(4), number("page").unwrap_or(1));
    let rows = rows(list.get(size * (page - 1)..list.len().min(size * page)).unwrap_or_default());
    let count = ("x-result-count".to_owned(), list.len().to_string());
    Answer { status: 200, headers: vec![count], body: rows.into() }
}

/// A row that ends between two pages moves those behind it up, and another that begins leaves the count as it was.
#[tokio::test(start_paused = true)]
async fn a_row_that_moves_from_a_page_that_is_read_to_one_that_was_is_not_missed() {
    let read = Arc::new(AtomicUsize::new(0));
    let reads = Arc::clone(&read);
    let cloud = Counted::new(move |request: &Request| {
        // After the fourth answer, the first page of the second list, `a` ends and `g` begins: without a row in common
        // nobody would show `e`.
        let list = match reads.fetch_add(1, Ordering::SeqCst) {
            0..4 => ["a", "b", "c", "d", "e", "f"],
            _ => ["b", "c", "d", "e", "f", "g"],
        };
        pages_of_four(&list, request)
    });
    let mut config = config(Dialect::Waldur);
    config.flavors =
        vec![Flavor { id: FLAVOR.into(), name: None, vcpus: 2, memory_mib: 4_096, disk_gib: None }];
    let provider = over(cloud.clone(), config);
    let list = async || -> Vec<String> {
        let listing = provider.list().await.unwrap();
        listing.instances().iter().map(|it| it.handle.id().to_owned()).collect()
    };
    assert_eq!(list().await, ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(cloud.take().len(), 3);
    assert_eq!(list().await, ["b", "c", "d", "e", "f", "g"]);
    let asked = cloud.take();
    assert_eq!(asked.len(), 6, "it is read again, without any further question: {asked:?}");
    assert!(asked.iter().all(|call| call.contains("&o=created&")), "{asked:?}");
}

/// One that begins while the list is read makes it longer than it was planned.
#[tokio::test(start_paused = true)]
async fn a_list_that_grows_while_it_is_read_is_read_to_its_end() {
    let read = Arc::new(AtomicUsize::new(0));
    let reads = Arc::clone(&read);
    let cloud = Counted::new(move |request: &Request| {
        let list = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let long = if reads.fetch_add(1, Ordering::SeqCst) == 0 { 5 } else { 9 };
        pages_of_four(&list[..long], request)
    });
    let provider = over(cloud.clone(), config(Dialect::Waldur));
    let listing = provider.list().await.unwrap();
    let ids: Vec<&str> = listing.instances().iter().map(|it| it.handle.id()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_ignores_the_page_asked_for_is_found_out_soon() {
    let list = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let cloud = Counted::new(move |request: &Request| {
        let mut first = request.clone();
        first.url.set_query(Some("page_size=4"));
        pages_of_four(&list, &first)
    });
    let provider = over(cloud.clone(), config(Dialect::Waldur));
    let error = provider.list().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
    let asked = cloud.take().iter().filter(|call| call.contains("/marketplace-resources/")).count();
    assert_eq!(asked, 3 * 5, "the pages that were planned, three times");
}
