//! The wire room against a listener that answers byte by byte.
#![expect(clippy::unwrap_used, reason = "a test")]

mod scripted;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use scripted::{Act, Scripted, answer};
use vmbroker_core::{Clock, Effect, Error, ErrorKind, Retry, Secret};
use vmbroker_http::{
    Answer, Call, Channel, Defaults, Dialect, Exchange, Header, HttpConfig, HttpTransport, Method, Nature,
    Pace, Recording, Refusal, Replay, Reply, Request, Transport, Url,
};

const CANARY: &str = "canary-4f1c9a";

#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn authorise(&self, request: &mut Request, _: Timestamp) {
        request.headers.push(Header::secret("authorization", format!("Bearer {CANARY}")));
    }

    fn refusal(&self, _: &'static str, nature: Nature, answer: &Answer, _: Timestamp) -> Refusal {
        Refusal::of_status(nature, answer, answer.excerpt())
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new(CANARY)]
    }
}

fn clock() -> Clock {
    Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1)
}

fn channel_over(transport: Arc<dyn Transport>, clock: Clock) -> Channel {
    let timeout = Duration::from_secs(30);
    let settings =
        Defaults { read_timeout: timeout, write_timeout: timeout, reads: Pace::OFF, writes: Pace::OFF };
    Channel::new("test".parse().unwrap(), Arc::new(Plain), transport, clock, settings)
}

fn channel() -> Channel {
    channel_over(Arc::new(HttpTransport::new(None).unwrap()), clock())
}

fn call(nature: Nature, port: u16) -> Call {
    let url = Url::parse(&format!("http://127.0.0.1:{port}/x")).unwrap();
    Call::new("test", nature, Method::POST, url).json(&serde_json::json!({ "a": 1 })).unwrap()
}

async fn send(nature: Nature, acts: Vec<Act>) -> (Result<Reply, Error>, scripted::Seen) {
    let scripted = Scripted::start(acts).await;
    let result = channel().send(call(nature, scripted.port)).await;
    (result, scripted.seen())
}

#[tokio::test(start_paused = true)]
async fn every_broken_answer_to_a_create_is_unknown_and_one_request() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":";
    let rows = [
        ("lost", Act::Close),
        ("500", answer(500, "", "{\"error\":\"no\"}")),
        ("html 502", answer(502, "content-type: text/html\r\n", "<html>")),
        ("truncated", Act::SayAndClose(cut.to_owned())),
        ("garbage head", Act::SayAndClose("\u{1b}[31m\r\n\r\n".to_owned())),
        ("hang", Act::Hang),
        ("301", answer(301, "location: /y/\r\n", "{}")),
        ("307", answer(307, "location: http://127.0.0.1:1/\r\n", "{}")),
        ("409", answer(409, "", "{}")),
        ("429", answer(429, "retry-after: 1\r\n", "{}")),
        ("400 html", answer(400, "", "<html>")),
        ("compressed", answer(200, "content-encoding: gzip\r\n", "x")),
        ("too large", Act::SayAndClose("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_owned())),
    ];
    for (name, act) in rows {
        let (result, seen) = send(Nature::Once, vec![act]).await;
        let error = result.expect_err(name);
        assert_eq!((error.effect(), error.retry()), (Effect::Unknown, Retry::Never), "{name}: {error}");
        assert_eq!(seen.requests.len(), 1, "{name}");
        assert!(!format!("{error} {error:?}").contains('\u{1b}'), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_2xx_that_does_not_decode_is_unknown_after_a_create() {
    for body in ["<html>", "", "{\"id\":", "[]", "{\"other\":1}"] {
        let (result, seen) = send(Nature::Once, vec![answer(200, "", body)]).await;
        #[derive(Debug, serde::Deserialize)]
        struct Created {
            #[expect(dead_code, reason = "only its presence matters")]
            id: String,
        }
        let error = result.unwrap().json::<Created>().unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Protocol, Effect::Unknown), "{body}");
        assert_eq!(seen.requests.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_and_a_complete_refusal_changed_nothing() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = channel().send(call(Nature::Once, closed)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect(), error.retry()),
        (ErrorKind::Unavailable, Effect::None, Retry::Backoff)
    );

    let (result, seen) = send(Nature::Once, vec![answer(402, "", "{\"error\":\"no money\"}")]).await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InsufficientFunds, Effect::None));
    assert!(error.to_string().contains("no money"));
    assert_eq!(seen.requests.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_may_have_changed_is_not_forgotten() {
    // The first try may have worked; the complete refusal of the second does not take that back.
    let acts = vec![Act::Close, answer(403, "", "{\"error\":\"no\"}")];
    let (result, seen) = send(Nature::Repeatable, acts).await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::PermissionDenied, Effect::Unknown));
    assert_eq!(seen.requests.len(), 2);
}

#[test]
fn a_call_never_shows_its_body_or_its_secrets() {
    let mut call = call(Nature::Once, 1);
    call.body = Some(CANARY.into());
    call.headers.push(Header::secret("x-secret", CANARY));
    let shown = format!("{call:?} {call:#?}");
    let bytes = format!("{:?}", CANARY.as_bytes());
    assert!(!shown.contains(CANARY) && !shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_and_a_create_never() {
    let acts =
        vec![Act::Close, answer(503, "", ""), answer(429, "retry-after: 7\r\n", ""), answer(200, "", "{}")];
    let (result, seen) = send(Nature::Read, acts.clone()).await;
    assert_eq!(result.unwrap().answer().body, b"{}");
    assert_eq!(seen.requests.len(), 4);
    let (result, seen) = send(Nature::Repeatable, acts.clone()).await;
    assert!(result.is_ok());
    assert_eq!(seen.requests.len(), 4);
    let (result, seen) = send(Nature::Once, acts).await;
    assert!(result.is_err());
    assert_eq!(seen.requests.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_in_seconds_and_as_a_date() {
    for told in ["9", "Sat, 21 Nov 2026 08:00:09 GMT"] {
        let acts = vec![answer(429, &format!("retry-after: {told}\r\n"), "{}"), answer(200, "", "{}")];
        let scripted = Scripted::start(acts).await;
        let clock = clock();
        let channel = channel_over(Arc::new(HttpTransport::new(None).unwrap()), clock.clone());
        channel.send(call(Nature::Read, scripted.port)).await.unwrap();
        let waited = clock.elapsed();
        assert!((8..11).contains(&waited.as_secs()), "{told}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_errors_costs_a_tenth_more_reads() {
    let scripted = Scripted::start(vec![answer(503, "", "{}")]).await;
    let channel = channel();
    for _ in 0..300 {
        assert!(channel.send(call(Nature::Read, scripted.port)).await.is_err());
    }
    let requests = scripted.seen().requests.len();
    assert!((310..=350).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn reads_share_a_connection_and_each_create_has_its_own() {
    let ok = answer(200, "", "{}");
    for (nature, connections) in [(Nature::Read, 1), (Nature::Once, 5)] {
        let scripted = Scripted::start(vec![ok.clone()]).await;
        let channel = channel();
        for _ in 0..5 {
            channel.send(call(nature, scripted.port)).await.unwrap();
        }
        assert_eq!(scripted.seen().connections, connections, "{nature:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_over_the_cap_is_not_taken_with_or_without_a_length() {
    let body = "x".repeat(2_000);
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{body}\r\n0\r\n\r\n");
    for act in [answer(200, "", &body), Act::Say(chunked)] {
        let scripted = Scripted::start(vec![act]).await;
        let mut call = call(Nature::Read, scripted.port);
        call.cap = 1_999;
        let error = channel().send(call.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Protocol, Effect::None));
        call.cap = 2_000;
        assert_eq!(channel().send(call).await.unwrap().answer().body.len(), 2_000);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_asked_for_uncompressed() {
    let (_, seen) = send(Nature::Read, vec![answer(200, "", "{}")]).await;
    assert!(seen.requests[0].to_lowercase().contains("accept-encoding: identity"));
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_provider_repeats_is_not_shown() {
    let body = format!("{{\"error\":\"bad token {CANARY}\"}}");
    let (result, seen) = send(Nature::Once, vec![answer(401, "", &body)]).await;
    let error = result.unwrap_err();
    assert!(seen.requests[0].contains(CANARY), "it is really sent");
    assert!(!format!("{error} {error:?}").contains(CANARY));
    let (result, _) = send(Nature::Once, vec![answer(200, "", &body)]).await;
    let error = result.unwrap().protocol("no id");
    assert!(!format!("{error} {error:?}").contains(CANARY));
}

#[tokio::test(start_paused = true)]
async fn a_recording_keeps_no_secret_and_plays_back() {
    let body = format!("{{\"echo\":\"{CANARY}\"}}");
    let headers = format!("x-id: 7\r\nx-{CANARY}: {CANARY}\r\n");
    let scripted = Scripted::start(vec![answer(200, &headers, &body)]).await;
    let recording =
        Arc::new(Recording::new(Arc::new(HttpTransport::new(None).unwrap()), vec![Secret::new(CANARY)]));
    channel_over(recording.clone(), clock()).send(call(Nature::Read, scripted.port)).await.unwrap();
    let kept = serde_json::to_string(&recording.exchanges()).unwrap();
    assert!(!kept.contains(CANARY) && kept.contains("[secret]"), "{kept}");

    let replay = Arc::new(Replay::from_json(&kept).unwrap());
    let channel = channel_over(replay.clone(), clock());
    let reply = channel.send(call(Nature::Read, scripted.port)).await.unwrap();
    assert_eq!(reply.answer().header("x-id"), Some("7"));
    assert_eq!(replay.left(), 0);
    let error = channel.send(call(Nature::Once, scripted.port)).await.unwrap_err();
    assert_eq!(error.effect(), Effect::None, "nothing fits, nothing sent");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_can_be_replayed() {
    let mut lost = Exchange::new("POST", "/x", 200, "the connection broke");
    lost.status = None;
    let error = channel_over(Arc::new(Replay::new(vec![lost])), clock())
        .send(call(Nature::Once, 1))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test(start_paused = true)]
async fn writes_keep_their_pace() {
    let scripted = Scripted::start(vec![answer(200, "", "{}")]).await;
    let clock = clock();
    let timeout = Duration::from_secs(30);
    let writes = Pace { every: Duration::from_secs(1), burst: 2 };
    let settings = Defaults { read_timeout: timeout, write_timeout: timeout, reads: Pace::OFF, writes };
    let transport = Arc::new(HttpTransport::new(None).unwrap());
    let channel = Channel::new("test".parse().unwrap(), Arc::new(Plain), transport, clock.clone(), settings);
    for _ in 0..6 {
        channel.send(call(Nature::Once, scripted.port)).await.unwrap();
    }
    assert_eq!(clock.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_opened_with_what_its_account_sets() {
    let timeout = Duration::from_secs(30);
    let defaults =
        Defaults { read_timeout: timeout, write_timeout: timeout, reads: Pace::OFF, writes: Pace::OFF };
    let open = |transport: Option<Arc<dyn Transport>>, http: &HttpConfig| {
        Channel::open("test".parse().unwrap(), Arc::new(Plain), transport, clock(), http, defaults)
    };
    let own = HttpConfig::default();
    let scripted = Scripted::start(vec![answer(200, "", "{}")]).await;
    open(None, &own).unwrap().send(call(Nature::Read, scripted.port)).await.unwrap();
    assert_eq!(scripted.seen().requests.len(), 1);
    let replay = Arc::new(Replay::new(vec![Exchange::new("POST", "/x", 200, "{}")]));
    open(Some(replay.clone()), &own).unwrap().send(call(Nature::Read, 1)).await.unwrap();
    assert_eq!(replay.asked().len(), 1);
    let backwards = HttpConfig { read_every: Some("-1s".parse().unwrap()), ..HttpConfig::default() };
    let no_proxy = HttpConfig { proxy: Some(Secret::new("canary not a url")), ..HttpConfig::default() };
    for (http, field) in [(backwards, "http.read_every"), (no_proxy, "http.proxy")] {
        let error = open(None, &http).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.message().contains(field) && !error.to_string().contains("canary"), "{error}");
    }
}
