//! What goes wrong on the connection, byte by byte.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vmbroker_sim::{Dialect, Fault, FaultKind, Refusal};

use crate::speaker::{Bench, speak};

#[tokio::test(start_paused = true)]
async fn a_create_without_a_fault_is_whole_and_makes_one_machine() {
    let bench = Bench::new().await;
    let answer = bench.create().await;
    assert_eq!((answer.status(), answer.body().len()), (200, answer.promised()));
    assert_eq!((bench.machines(), answer.json()[0]["vmName"].as_str()), (1, Some("vm")));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_no_byte_and_a_machine() {
    let bench = Bench::with("create", FaultKind::LoseAnswer).await;
    let answer = bench.create().await;
    assert_eq!((answer.bytes.len(), answer.is_open), (0, false));
    assert_eq!(bench.machines(), 1);
    // Only that connection ended.
    assert_eq!(bench.list().await.json().as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_nothing_else_on_a_connection_that_is_kept() {
    let bench = Bench::new().await;
    bench.cloud.arm(Fault { after: 1, ..Fault::once("list", FaultKind::LoseAnswer) });
    let twice = bench.request("GET", "/vms/v3", None).replacen("connection: close\r\n", "", 1);
    let mut stream = TcpStream::connect(bench.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(twice.as_bytes()).await.unwrap();
    let mut first = vec![0; 64 << 10];
    let read = stream.read(&mut first).await.unwrap();
    assert!(first[..read].starts_with(b"HTTP/1.1 200"));
    stream.write_all(twice.as_bytes()).await.unwrap();
    assert!(matches!(stream.read(&mut first).await, Ok(0) | Err(_)), "not a byte of the second");
}

#[tokio::test(start_paused = true)]
async fn a_truncated_answer_is_half_of_what_its_header_promises_and_a_machine() {
    let bench = Bench::with("create", FaultKind::TruncateAnswer).await;
    let answer = bench.create().await;
    assert_eq!((answer.status(), answer.is_open), (200, false));
    assert!(answer.promised() > 2);
    assert_eq!(answer.body().len(), answer.promised() / 2);
    assert_eq!(bench.machines(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_no_byte_and_no_machine() {
    let bench = Bench::with("create", FaultKind::Reset).await;
    let answer = bench.create().await;
    assert_eq!((answer.bytes.len(), answer.is_open, bench.machines()), (0, false, 0));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_leads_elsewhere_and_makes_nothing() {
    let bench = Bench::with("create", FaultKind::Redirect).await;
    let answer = bench.create().await;
    assert_eq!(answer.status(), 301);
    assert_eq!(answer.header("location").as_deref(), Some("/elsewhere/vms/v3"));
    assert_eq!(bench.machines(), 0);
    assert_eq!(bench.ask("GET", "/elsewhere/vms/v3", None).await.status(), 404, "there is nothing there");
}

#[tokio::test(start_paused = true)]
async fn throttling_tells_how_long_only_where_told_to() {
    for told in [Some("17"), Some("Sat, 21 Nov 2026 08:00:30 GMT"), None] {
        let retry_after = told.map(str::to_owned);
        let bench = Bench::with("create", FaultKind::Throttle { retry_after }).await;
        let answer = bench.create().await;
        assert_eq!((answer.status(), answer.header("retry-after").as_deref()), (429, told));
        assert_eq!(bench.machines(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_body_is_cut_off_by_the_reader() {
    let bench = Bench::with("create", FaultKind::Endless).await;
    let text = bench.request("POST", "/vms/v3", None);
    let most = 8 << 20;
    let answer = speak(&bench.url, &text, most).await;
    assert!(answer.bytes.len() >= most, "{}", answer.bytes.len());
    assert_eq!((answer.status(), answer.header("content-length")), (200, None));
    // The reader has gone, and the cloud serves the next one.
    assert_eq!(bench.list().await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_never_answered_and_does_nothing() {
    let bench = Bench::with("create", FaultKind::Hang).await;
    let answer = bench.create().await;
    assert_eq!((answer.bytes.len(), answer.is_open, bench.machines()), (0, true, 0));
    bench.step(86_400);
    assert_eq!(bench.machines(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_late_create_is_never_answered_and_makes_its_machine_later() {
    let bench = Bench::new().await;
    let begun = bench.cloud.now();
    bench.cloud.arm(Fault::once("create", FaultKind::ApplyLate(3_600)));
    let answer = bench.create().await;
    assert_eq!((answer.bytes.len(), answer.is_open), (0, true));
    assert!(bench.cloud.now().duration_since(begun).as_secs() < 3_600);
    assert_eq!((bench.machines(), bench.list().await.json().as_array().unwrap().len()), (0, 0));
    bench.step(3_600);
    assert_eq!((bench.machines(), bench.list().await.json().as_array().unwrap().len()), (1, 1));
    assert_eq!(bench.cloud.ledger().entries[0].created, begun + Duration::from_secs(3_600));
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_waits_and_is_whole() {
    let bench = Bench::with("create", FaultKind::Slow(30_000)).await;
    let begun = bench.cloud.clock().elapsed();
    let answer = bench.create().await;
    assert!(bench.cloud.clock().elapsed() - begun >= Duration::from_secs(30));
    assert_eq!((answer.status(), answer.body().len(), bench.machines()), (200, answer.promised(), 1));
}

#[tokio::test(start_paused = true)]
async fn another_status_or_another_body_comes_after_the_machine() {
    for status in [500, 502, 404, 202] {
        let bench = Bench::with("create", FaultKind::StatusAfter(status)).await;
        let answer = bench.create().await;
        assert_eq!((answer.status(), answer.body(), bench.machines()), (status, b"{}".as_slice(), 1));
    }
    for body in ["", "null", "\u{1b}[2Jgarbage", "[{\"vmName\":\"x\"}]"] {
        let bench = Bench::with("create", FaultKind::BodyAfter(body.to_owned())).await;
        let answer = bench.create().await;
        assert_eq!((answer.status(), answer.body(), bench.machines()), (200, body.as_bytes(), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_comes_instead_of_the_machine() {
    for (kind, status) in [(FaultKind::Html(502), 502), (FaultKind::HtmlSuccess, 200)] {
        let bench = Bench::with("create", kind).await;
        let answer = bench.create().await;
        assert_eq!((answer.status(), bench.machines()), (status, 0));
        assert_eq!(answer.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
        assert!(answer.body().starts_with(b"<html>") && answer.body().contains(&0x1b));
    }
}

#[tokio::test(start_paused = true)]
async fn an_echo_repeats_the_secret_that_was_sent_in_a_refusal() {
    for dialect in Dialect::ALL {
        let bench = Bench::of(dialect, 1).await;
        bench.cloud.arm(Fault { kind: FaultKind::Echo, operation: None, after: 0, times: Some(1) });
        let answer = bench.create().await;
        assert!((400..500).contains(&answer.status()), "{dialect} {}", answer.status());
        let text = answer.json().to_string();
        let secret = bench.cloud.account().credentials.secret.clone();
        assert!(text.contains(&format!("authorization: Bearer {secret}")), "{dialect} {text}");
        assert_eq!(bench.machines(), 0, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_in_the_words_of_the_dialect_and_makes_nothing() {
    let all = [
        Refusal::SoldOut,
        Refusal::Quota,
        Refusal::Funds,
        Refusal::Credentials,
        Refusal::Permission,
        Refusal::Incompatible,
        Refusal::Internal,
        Refusal::Unavailable,
    ];
    for dialect in Dialect::ALL {
        for refusal in all {
            let bench = Bench::of(dialect, 1).await;
            let kind = FaultKind::Refuse(refusal);
            bench.cloud.arm(Fault { kind, operation: None, after: 0, times: Some(1) });
            let answer = bench.create().await;
            assert_eq!(answer.status(), dialect.face().refusal(refusal).status, "{dialect} {refusal:?}");
            assert!(answer.status() >= 400 && !answer.body().is_empty(), "{dialect} {refusal:?}");
            assert_eq!(bench.machines(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_only_its_operation_after_as_many_calls_and_as_often_as_told() {
    let bench = Bench::new().await;
    let kind = FaultKind::Html(500);
    bench.cloud.arm(Fault { kind, operation: Some("list".to_owned()), after: 1, times: Some(2) });
    let mut seen = Vec::new();
    for _ in 0..4 {
        assert_eq!(bench.create().await.status(), 200);
        seen.push(bench.list().await.status());
    }
    assert_eq!(seen, [200, 500, 500, 200]);
    let struck = bench.cloud.calls().into_iter().filter(|call| call.fault.is_some()).count();
    assert_eq!((struck, bench.cloud.armed().len()), (2, 0), "what went wrong stands in the log of calls");
}
