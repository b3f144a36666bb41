//! Every command while something is wrong: at a provider, at a proxy, or with what was given.

use serde_json::{Value, json};
use vmbroker_sim::{Dialect, FaultKind, Refusal};

use super::tried::{SIZE, Tried};
use crate::front::Act;
use crate::leak::{PROXY_PASSWORD, TOKEN, script};

/// What a provider may answer to hurt: to a question, and to an order, of which it knows more.
fn kinds(order: bool) -> Vec<FaultKind> {
    let said = if order { script() } else { TOKEN.to_owned() };
    let inside = json!({ "said": said, "token": TOKEN }).to_string();
    let parrot = json!({ "error": inside, "detail": said, "code": TOKEN, "message": said, "userData": said });
    vec![
        FaultKind::Echo,
        FaultKind::BodyAfter(parrot.to_string()),
        FaultKind::BodyAfter(format!("{}{said}", "x".repeat(180))),
        FaultKind::Refuse(Refusal::Credentials),
        FaultKind::Throttle { retry_after: Some(TOKEN.to_owned()) },
        FaultKind::Html(502),
        FaultKind::TruncateAnswer,
        FaultKind::StatusAfter(500),
    ]
}

/// Everything again, while everything fails.
pub(super) async fn nothing_goes_well(tried: &mut Tried) {
    tried.world.wish("bad", 2, &[Dialect::Waldur, Dialect::Zenlayer], "user_data = \"user-data\"");
    tried.well(&["deploy", "bad.toml"]).await;
    let handles: Vec<String> =
        tried.world.fronts.keys().map(|dialect| format!("{dialect}/instance:1")).collect();
    let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
    for (kind, of_order) in kinds(false).into_iter().zip(kinds(true)) {
        tried.arm(None, &kind, None);
        for args in [&["providers"][..], &["list"], &["offers", "--refresh"], &["sweep"]] {
            tried.badly(args).await;
        }
        tried.badly(&[&["status", "--output", "json"], &handles[..]].concat()).await;
        tried.run(&[&["delete", "--no-wait"], &handles[..]].concat()).await;
        tried.badly(&["deploy", "bad.toml", "--plan"]).await;
        tried.disarm();
        for account in ["waldur", "zenlayer", "behind"] {
            tried.arm(Some("create"), &of_order, None);
            let create = ["create", "--provider", account, "--user-data", "user-data", "--output", "json"];
            tried.badly(&[&create, &SIZE[..]].concat()).await;
            tried.disarm();
        }
    }
    parrots_of_the_whole_request(tried).await;
    a_proxy_that_repeats_its_password(tried).await;
    tried.arm(Some("delete"), &FaultKind::Hang, None);
    tried.badly(&["destroy", "bad"]).await;
    tried.disarm();
    tried.run(&["destroy", "bad"]).await;
    wrong_from_the_start(tried).await;
}

/// A provider that repeats in its refusal what was sent to it, to the last byte.
async fn parrots_of_the_whole_request(tried: &mut Tried) {
    for dialect in [Dialect::Waldur, Dialect::Zenlayer] {
        let front = tried.world.fronts[&dialect].clone();
        let mut taken_out = 0;
        for status in [400, 422, 500, 200] {
            front.meddle(move |asked| {
                if !asked.text().contains("hunter") {
                    return Act::Pass;
                }
                let said: Value = json!({
                    "detail": asked.text(), "message": asked.text(), "code": "INVALID_PARAMETER", "requestId": asked.head,
                    "non_field_errors": [String::from_utf8_lossy(&asked.body)],
                });
                let body = said.to_string();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                Act::Say(format!("{head}{body}").into_bytes())
            });
            let mut create = vec!["create", "--provider", dialect.name(), "--user-data", "user-data"];
            if dialect == Dialect::Zenlayer {
                create.extend(["--option", "zenlayer.login=password"]);
            }
            create.extend(SIZE);
            let done = tried.badly(&create).await;
            taken_out += usize::from(done.err.contains("[secret]"));
            tried.world.wish("echo", 1, &[dialect], "user_data = \"user-data\"");
            tried.run(&["deploy", "echo.toml", "--output", "json"]).await;
            tried.both(&["events", "echo"]).await;
            tried.run(&["destroy", "echo"]).await;
            front.meddle(|_| Act::Pass);
            // What is not known of a create leaves its deployment behind, which then has to go as well.
            tried.run(&["destroy", "echo"]).await;
        }
        assert!(taken_out >= 2, "{dialect}: it is repeated, and taken out {taken_out} times");
    }
}

/// A proxy that refuses with what was said to it.
async fn a_proxy_that_repeats_its_password(tried: &mut Tried) {
    for status in [407, 502] {
        tried.proxy.meddle(move |asked| {
            let body = format!("proxy:{PROXY_PASSWORD}@127.0.0.1 {} {}", asked.head, asked.line);
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
            Act::Say(format!("{head}{body}").into_bytes())
        });
        for command in ["list", "offers", "providers"] {
            tried.badly(&[command, "--provider", "behind"]).await;
        }
        tried.badly(&[&["create", "--provider", "behind"], &SIZE[..]].concat()).await;
    }
    tried.proxy.meddle(|_| Act::Pass);
}

/// What is wrong before anything is asked.
async fn wrong_from_the_start(tried: &mut Tried) {
    let secret = format!("--api-key={TOKEN}");
    for args in [
        &["offers", "history", "--config", "nowhere.toml"][..],
        &["init", "--config", "vmbroker.toml"],
        &["completions", "cobol"],
        &["demo", "--machines", "1"],
        &["sandbox", "--write-config", "key.pub"],
        &["deployments", "--config", "nowhere.toml"],
        &["events", "nobody"],
        &["receipt", "nobody"],
        &["resolve", "confirm-absent"],
        &["destroy", "nobody"],
        &["deploy", "nowhere.toml"],
        &["list", "--config", "closed.toml"],
        &["create", "--config", "closed.toml", "--offer", "x", "--ssh-key", "key.pub"],
        &["offers", "--config", "closed.toml"],
        &["list", &secret],
    ] {
        tried.badly(args).await;
    }
}
