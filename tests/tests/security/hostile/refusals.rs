//! Refusals, whose every word is the provider's own, and which go into errors, logs and the journal.

use serde_json::json;
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use super::judged::Judge;
use super::payloads::PAYLOADS;
use crate::front::Act;

/// Refusals of every kind, with all that they may say.
fn refusals() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut answers = |status: u16, head: &[u8], body: &[u8]| {
        let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        all.push(bytes);
    };
    let soup = PAYLOADS.concat();
    let said = |text: &str| {
        let body = json!({
            "code": text, "message": text, "detail": text, "error": text, "requestId": text, "non_field_errors": [text],
            text: [text], "response": { "requestId": text, "error": { text: text } },
        });
        body.to_string()
    };
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
        answers(status, b"content-type: application/json\r\n", said(&soup).as_bytes());
    }
    answers(400, b"content-type: application/json\r\n", said(&"A".repeat(1 << 18)).as_bytes());
    answers(200, b"content-type: application/json\r\n", said(&soup).as_bytes());
    answers(500, b"content-type: text/html\r\n", soup.as_bytes());
    answers(200, b"content-type: text/html\r\n", soup.as_bytes());
    answers(400, b"", b"{\"message\":\"\xff\xfe\x9b31m\xc3\x28\"}");
    answers(200, b"", b"\xff\xfe\x1b[2J\x9b31m");
    answers(429, b"retry-after: \xff\x9b31m\r\nx-request-id: \xe2\x80\xae\r\n", said(&soup).as_bytes());
    answers(302, b"location: http://\xe2\x80\xae/\x9b31m\r\n", b"");
    answers(302, "location: /\u{202e}\u{9b}31m\r\n".as_bytes(), b"");
    all
}

#[tokio::test(start_paused = true)]
async fn hostile_refusals_stay_text_in_errors_logs_and_the_journal() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 1, &[Dialect::Waldur, Dialect::Zenlayer, Dialect::Fluence202505], "");
    let refusals = refusals();
    for refusal in &refusals {
        for front in judge.world.fronts.values() {
            let refusal = refusal.clone();
            front.meddle(move |_| Act::Say(refusal.clone()));
        }
        for (args, loud) in [
            (&["list"][..], true),
            (&["providers", "--output", "json"], false),
            (&["offers", "--refresh"], false),
            (&["status", "waldur/instance:1", "zenlayer/instance:1", "fluence-2025-05/instance:1"], false),
            (&["delete", "--no-wait", "waldur/instance:1", "zenlayer/instance:1"], false),
            (
                &[
                    "create",
                    "--provider",
                    "zenlayer",
                    "--vcpus",
                    "2",
                    "--memory",
                    "4GiB",
                    "--ssh-key",
                    "key.pub",
                ],
                true,
            ),
        ] {
            judge.run(args, Some(80), loud).await;
        }
        // All goes well until the order: what is said of it is kept.
        for front in judge.world.fronts.values() {
            let refusal = refusal.clone();
            front.meddle(move |asked| {
                let orders = ["POST /vms/v3", "POST /api/marketplace-orders/"];
                let order = orders.iter().any(|it| asked.line.starts_with(it))
                    || asked.head.contains("CreateInstances");
                if order { Act::Say(refusal.clone()) } else { Act::Pass }
            });
        }
        judge.run(&["deploy", "web.toml"], Some(80), true).await;
        judge.pass();
        for args in [
            &["events", "web"][..],
            &["events", "web", "--output", "json"],
            &["resolve"],
            &["destroy", "web"],
        ] {
            judge.run(args, None, false).await;
        }
    }
    judge.look_at_files();
    let counts = [("refusals", refusals.len() as u64), ("texts judged", judge.texts)];
    proof::tried("security: hostile provider text", &counts, "");
}
