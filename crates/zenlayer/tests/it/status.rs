//! Looking at machines.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, ErrorKind, Finding, Handle, State};
use vmbroker_http::{Answer, Exchange, Limits, Request, Transport, TransportError};

use crate::cloud::*;

/// A provider that knows some ids and refuses every call with one that it does not know.
#[derive(Debug)]
struct Strict {
    known: Vec<String>,
    names_the_unknown: bool,
    asked: Mutex<Vec<Value>>,
}

impl Strict {
    fn new(known: impl IntoIterator<Item = String>, names_the_unknown: bool) -> Arc<Self> {
        Arc::new(Self { known: known.into_iter().collect(), names_the_unknown, asked: Mutex::default() })
    }

    fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Strict {
    async fn round_trip(&self, request: &Request, _limits: Limits) -> Result<Answer, TransportError> {
        let asked: Value = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
        self.asked.lock().unwrap().push(asked.clone());
        let all = self.known.iter().cloned().map(Value::from).collect();
        let ids = asked["instanceIds"].as_array().cloned().unwrap_or(all);
        assert!(ids.len() <= 100 || asked.get("instanceIds").is_none());
        let known = |id: &&Value| self.known.iter().any(|known| known == id.as_str().unwrap());
        let (status, body) = match ids.iter().find(|id| !known(id)) {
            Some(id) => {
                let name = if self.names_the_unknown { id.as_str().unwrap() } else { "it" };
                let body = json!({ "requestId": "T", "code": "INVALID_INSTANCE_NOT_FOUND", "message": format!("{name} is not found") });
                (404, body.to_string())
            }
            None => {
                let size = usize::try_from(asked["pageSize"].as_u64().unwrap_or(20)).unwrap();
                let start = (usize::try_from(asked["pageNum"].as_u64().unwrap()).unwrap() - 1) * size;
                let rows: Vec<Value> = ids
                    .iter()
                    .skip(start)
                    .take(size)
                    .map(|id| row(id.as_str().unwrap(), "RUNNING"))
                    .collect();
                (200, page(ids.len(), &rows))
            }
        };
        Ok(Answer { status, headers: Vec::new(), body: body.into_bytes() })
    }
}

fn seen(id: &str) -> Handle {
    handle(id).seen(NOW.parse().unwrap(), State::Running)
}

#[tokio::test(start_paused = true)]
async fn a_round_over_500_machines_costs_5_calls() {
    let ids: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    let cloud = Strict::new(ids.clone(), false);
    let provider = over(cloud.clone());
    let handles: Vec<Handle> = ids.iter().map(|id| seen(id)).collect();
    let observations = provider.status(&handles).await.unwrap();
    assert_eq!(cloud.calls(), 5);
    assert!(observations.iter().all(|it| it.state() == Some(State::Running)));
    assert!(observations.iter().zip(&handles).all(|(it, handle)| it.handle.instance == handle.instance));
    // The page size is always sent: without it 100 ids would bring 20 rows.
    assert!(cloud.asked.lock().unwrap().iter().all(|asked| asked["pageSize"] == 100));
    assert!(observations[0].instance().is_some());
}

#[tokio::test(start_paused = true)]
async fn one_unknown_machine_hides_no_other() {
    let ids: Vec<String> = (0..250).map(|n| format!("i-{n:03}")).collect();
    for (names, most) in [(false, 60), (true, 9)] {
        let missing = ["i-007", "i-123", "i-249"];
        let cloud = Strict::new(ids.iter().filter(|id| !missing.contains(&id.as_str())).cloned(), names);
        let provider = over(cloud.clone());
        let handles: Vec<Handle> = ids.iter().map(|id| seen(id)).collect();
        let observations = provider.status(&handles).await.unwrap();
        for (id, it) in ids.iter().zip(&observations) {
            assert_eq!(it.state().is_none(), missing.contains(&id.as_str()), "{id}");
        }
        assert!(cloud.calls() <= most, "{}", cloud.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn new_machines_that_are_not_visible_yet_cost_no_call_each() {
    let old: Vec<String> = (0..150).map(|n| format!("old-{n:03}")).collect();
    let new: Vec<String> = (0..150).map(|n| format!("new-{n:03}")).collect();
    let cloud = Strict::new(old.iter().chain(&new[..10]).cloned(), false);
    let provider = over(cloud.clone());
    let handles: Vec<Handle> = new.iter().map(|id| handle(id)).chain(old.iter().map(|id| seen(id))).collect();
    let observations = provider.status(&handles).await.unwrap();
    assert!(cloud.calls() <= 7, "{}", cloud.calls());
    for (handle, it) in handles.iter().zip(&observations) {
        let id = handle.id();
        let known = id.starts_with("old") || new[..10].iter().any(|known| known == id);
        assert_eq!(it.state().is_some(), known, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn handles_are_answered_in_order_with_duplicates_and_strangers() {
    let cloud = Strict::new(["a".to_owned(), "b".to_owned()], false);
    let provider = over(cloud.clone());
    let order = Handle::of_order(&"zen".parse().unwrap(), "o-1");
    let handles = [handle("b"), handle("x"), handle("a"), order, handle("b")];
    let observations = provider.status(&handles).await.unwrap();
    let found: Vec<bool> = observations.iter().map(|it| it.finding != Finding::NotFound).collect();
    assert_eq!(found, [true, false, true, false, true]);
    assert!(observations.iter().zip(&handles).all(|(it, asked)| it.handle.id() == asked.id()));
    assert_eq!(observations[0].handle.last_seen.unwrap().state, State::Running);
    let before = cloud.calls();
    assert!(provider.status(&[]).await.unwrap().is_empty());
    assert_eq!(cloud.calls(), before);
}

#[tokio::test(start_paused = true)]
async fn a_failed_or_short_look_is_an_error_and_never_absence() {
    let unreadable = json!({ "instanceId": {}, "instanceStatus": "RUNNING" });
    let rows: [(Exchange, ErrorKind); 11] = [
        // One of those asked for came, and cannot be read: neither of them is known to be absent.
        (answer(200, page(1, std::slice::from_ref(&unreadable))), ErrorKind::Protocol),
        (answer(200, page(2, &[row("1", "RUNNING"), Value::Null])), ErrorKind::Protocol),
        (answer(404, refusal("INVALID_ACTION_NOT_FOUND")), ErrorKind::Protocol),
        (answer(401, refusal("AUTHFAILURE_SIGNATURE_FAILURE")), ErrorKind::Unauthenticated),
        (answer(404, "<html>not found</html>"), ErrorKind::Protocol),
        (answer(200, success(&json!({}))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "totalCount": 2, "dataSet": null }))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "dataSet": [] }))), ErrorKind::Unavailable),
        (answer(200, page(2, &[])), ErrorKind::Unavailable),
        (answer(200, success(&json!({ "totalCount": -1, "dataSet": [] }))), ErrorKind::Protocol),
        (
            answer(200, json!({ "requestId": "T", "dataSet": [], "totalCount": 0 }).to_string()),
            ErrorKind::Protocol,
        ),
    ];
    for (exchange, kind) in rows {
        let shown = exchange.answer.clone();
        let (provider, _) = account(vec![exchange.clone(), exchange.clone(), exchange.clone(), exchange]);
        let error = provider.status(&[seen("1"), seen("2")]).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}: {error}");
        assert_eq!(error.operation(), Some("status"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_says_that_none_of_them_is_known() {
    let (provider, _) = account(vec![answer(200, page(0, &[]))]);
    let observations = provider.status(&[seen("1"), handle("2")]).await.unwrap();
    assert!(observations.iter().all(|it| it.finding == Finding::NotFound));
}

#[tokio::test(start_paused = true)]
async fn an_expired_signature_teaches_the_providers_clock_for_good() {
    let expired = answer(401, refusal("AUTHFAILURE_SIGNATURE_EXPIRED"))
        .with_answer_header("date", "Sat, 21 Nov 2026 09:00:00 GMT");
    let fine = || answer(200, page(1, &[row("1", "STOPPED")]));
    let (provider, replay) = account(vec![expired, fine(), fine()]);
    for _ in 0..2 {
        assert_eq!(provider.status(&[handle("1")]).await.unwrap()[0].state(), Some(State::Stopped));
    }
    let stamps: Vec<i64> =
        replay.asked().iter().map(|asked| header(asked, "x-zc-timestamp").parse().unwrap()).collect();
    assert_eq!(stamps, [1_795_248_000, 1_795_251_600, 1_795_251_600]);
}

#[tokio::test(start_paused = true)]
async fn an_expired_signature_that_stays_expired_ends() {
    let expired = || {
        answer(401, refusal("AUTHFAILURE_SIGNATURE_EXPIRED"))
            .with_answer_header("date", "Sat, 21 Nov 2026 09:00:00 GMT")
    };
    let (provider, replay) = account(vec![expired(), expired(), expired()]);
    let error = provider.status(&[handle("1")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(replay.left(), 1);
}
