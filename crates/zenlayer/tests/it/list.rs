//! Listing every machine of the account.

use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, ErrorKind, Retry, State};
use vmbroker_http::Exchange;

use crate::cloud::*;

fn asked(number: usize) -> Value {
    json!({ "pageSize": 1000, "pageNum": number })
}

fn rows(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|n| row(&n.to_string(), "RUNNING")).collect()
}

fn paged(number: usize, total: usize, rows: &[Value]) -> Exchange {
    answer_to(&asked(number), 200, page(total, rows))
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_and_the_order_kept() {
    let exchanges =
        (1..=10).rev().map(|n| paged(n, 9_500, &rows((n - 1) * 1_000..(n * 1_000).min(9_500)))).collect();
    let (provider, replay) = account(exchanges);
    let listing = provider.list().await.unwrap();
    assert_eq!((listing.instances().len(), replay.left()), (9_500, 0));
    assert!(listing.instances().iter().enumerate().all(|(n, it)| it.handle.id() == n.to_string()));
    assert_eq!(listing.at(), NOW.parse().unwrap());
}

#[tokio::test(start_paused = true)]
async fn pages_smaller_than_asked_for_are_all_read() {
    let exchanges = (1..=3).map(|n| paged(n, 50, &rows((n - 1) * 20..(n * 20).min(50)))).collect();
    let (provider, replay) = account(exchanges);
    assert_eq!(provider.list().await.unwrap().instances().len(), 50);
    assert_eq!(replay.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_account_is_a_whole_list() {
    for empty in [
        page(0, &[]),
        success(&json!({ "totalCount": 0, "dataSet": null })),
        success(&json!({ "totalCount": "0" })),
    ] {
        let (provider, _) = account(vec![answer(200, empty)]);
        assert!(provider.list().await.unwrap().instances().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_changed_while_it_was_read_is_read_again() {
    let moved = [paged(1, 4, &rows(0..2)), paged(2, 4, &rows(1..3))];
    let whole = [paged(1, 3, &rows(0..2)), paged(2, 3, &rows(2..3))];
    let (provider, replay) = account(moved.iter().cloned().chain(whole).collect());
    assert_eq!(provider.list().await.unwrap().instances().len(), 3);
    assert_eq!(replay.left(), 0);
    let always: Vec<Exchange> = (0..4).flat_map(|_| moved.clone()).collect();
    let (provider, replay) = account(always);
    let error = provider.list().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
    assert_eq!(replay.left(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_list_is_never_a_list() {
    let bad = [
        success(&json!({ "dataSet": [] })),
        success(&json!({ "totalCount": 2 })),
        success(&json!({ "totalCount": 2, "dataSet": [] })),
        success(&json!({ "totalCount": 99_999_999, "dataSet": [row("1", "RUNNING")] })),
        success(&json!({ "totalCount": 1, "dataSet": {} })),
        page(1, &rows(0..1)).replace(']', ""),
        "[]".to_owned(),
    ];
    for text in bad {
        let (provider, _) = account((0..3).map(|_| answer(200, text.clone())).collect());
        assert!(provider.list().await.is_err(), "{text}");
    }
    // The second page cannot be read.
    let refused = answer_to(&asked(2), 401, refusal("AUTHFAILURE_SIGNATURE_FAILURE"));
    let (provider, _) = account(vec![paged(1, 3, &rows(0..2)), refused]);
    assert_eq!(provider.list().await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_a_machine_all_the_same() {
    let rows = [
        row("1", "RUNNING"),
        Value::Null,
        json!({ "instanceId": "2", "cpuCount": {} }),
        json!({}),
        json!("x"),
    ];
    let (provider, _) = account(vec![answer(200, page(5, &rows))]);
    let listing = provider.list().await.unwrap();
    let states: Vec<State> = listing.instances().iter().map(|it| it.state).collect();
    let unread = State::Unrecognised;
    assert_eq!(states, [State::Running, unread, unread, unread, unread]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_zone_is_named_by_the_provider_if_it_can() {
    let mut elsewhere = row("1", "RUNNING");
    elsewhere["zoneId"] = "XYZ-A".into();
    let names = json!({ "zoneSet": [{ "zoneId": "XYZ-A", "zoneName": "Atlantis" }] });
    let exchanges = vec![
        answer_to(&asked(1), 200, page(1, &[elsewhere.clone()])),
        answer_to(&json!({}), 200, success(&names)),
        answer_to(&asked(1), 200, page(1, &[elsewhere.clone()])),
    ];
    let (provider, replay) = account(exchanges);
    for _ in 0..2 {
        let listing = provider.list().await.unwrap();
        assert_eq!(listing.instances()[0].location.to_string(), "Atlantis XYZ-A");
    }
    assert_eq!(replay.left(), 0);
    let refused = answer_to(&json!({}), 401, refusal("AUTHFAILURE_UNAUTHORIZED_OPERATION"));
    let (provider, _) = account(vec![answer_to(&asked(1), 200, page(1, &[elsewhere])), refused]);
    assert_eq!(provider.list().await.unwrap().instances()[0].location.to_string(), "XYZ-A");
}
