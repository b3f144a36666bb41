//! The words for operations and refusals, and the same over HTTP.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vmbroker_core::Clock;
use vmbroker_sim::{Dialect, Refusal, Sandbox, SandboxConfig};

use crate::support::{SIGNED, code, request, sign};

#[tokio::test(start_paused = true)]
async fn operations_have_the_words_that_faults_use() {
    let face = Dialect::Zenlayer.face();
    let rows = [
        ("vm", "CreateInstances", "{}", "create"),
        ("vm", "DescribeInstances", "{}", "list"),
        ("vm", "DescribeInstances", r#"{"instanceIds":[]}"#, "list"),
        ("vm", "DescribeInstances", r#"{"instanceIds":["1"]}"#, "status"),
        ("vm", "DescribeInstancesStatus", "{}", "status"),
        ("vm", "TerminateInstance", "{}", "delete"),
        ("vm", "ReleaseInstances", "{}", "release"),
        ("vm", "DescribeZones", "{}", "offers"),
        ("vm", "InquiryPriceCreateInstance", "{}", "offers"),
        ("vm", "DescribeImages", "{}", "images"),
        ("ccs", "ImportKeyPair", "{}", "keys"),
        ("ccs", "CreateInstances", "{}", "other"),
    ];
    for (product, action, body, wanted) in rows {
        let request = request(&format!("/api/v2/{product}"), &[("x-zc-action", action)], body.as_bytes());
        assert_eq!(face.operation(&request), wanted, "{action} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_refusal_has_a_status_and_a_code_of_its_own() {
    let face = Dialect::Zenlayer.face();
    let rows = [
        (Refusal::SoldOut, 400, "RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT"),
        (Refusal::Quota, 403, "OPERATION_DENIED_INSTANCE_QUOTA_EXCEED"),
        (Refusal::Funds, 402, "OPERATION_DENIED_BALANCE_INSUFFICIENT"),
        (Refusal::Credentials, 401, "AUTHFAILURE_SIGNATURE_FAILURE"),
        (Refusal::Permission, 401, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
        (Refusal::Incompatible, 400, "OPERATION_FILED_INTERNET_CHARGE_TYPE_NOT_SUPPORT"),
        (Refusal::Internal, 500, "INTERNAL_SERVER_ERROR"),
        (Refusal::Unavailable, 503, "SERVICE_TEMPORARY_UNAVAILABLE"),
    ];
    for (refusal, status, wanted) in rows {
        assert_eq!(code(&face.refusal(refusal)), (status, wanted.to_owned()));
    }
    assert_eq!(code(&face.throttled()), (429, "REQUEST_LIMIT_EXCEEDED".to_owned()));
}

#[tokio::test]
async fn the_same_is_said_over_http() {
    let clock = Clock::simulated("2026-06-01T00:00:00Z".parse().unwrap(), 1);
    let config = SandboxConfig { dialects: vec![Dialect::Zenlayer], ..SandboxConfig::new(clock) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let running = sandbox.cloud(Dialect::Zenlayer).unwrap();
    let host = running.url.strip_prefix("http://").unwrap();
    let credentials = running.cloud.account().credentials.clone();
    let stamp = running.cloud.now().as_second();
    let body = r#"{ "zoneIds" : ["FRA-A"] }"#;
    let signature = sign(&credentials.secret, stamp, "application/json", host, body.as_bytes());
    let text = |signature: &str| {
        format!(
            "POST /api/v2/vm HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             X-ZC-Action: DescribeZones\r\nX-ZC-Version: 2026-04-01\r\nX-ZC-Timestamp: {stamp}\r\n\
             X-ZC-Signature-Method: ZC2-HMAC-SHA256\r\nAuthorization: ZC2-HMAC-SHA256 Credential={}, \
             SignedHeaders={SIGNED}, Signature={signature}\r\nContent-Length: {}\r\n\r\n{body}",
            credentials.id,
            body.len()
        )
    };
    let answer = exchange(host, &text(&signature)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The cloud's time, not the host's, and only one.
    assert_eq!(answer.matches("date: ").count(), 1, "{answer}");
    assert!(answer.contains("date: Mon, 01 Jun 2026 00:0"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["response"]["zoneSet"][0]["zoneId"], "FRA-A");
    let answer = exchange(host, &text(&signature.to_uppercase())).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// One request as it is, and all of its answer.
async fn exchange(host: &str, text: &str) -> String {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
