//! The secret of an account is nowhere but in the requests: not in what the program prints or logs, whatever goes
//! wrong, and not in what a recording keeps.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::task::JoinSet;
use vmbroker_core::{Clock, ComputeProviderExt, Goal, OfferQuery, Secret, Wait};
use vmbroker_http::{Answer, HttpTransport, Limits, Recording, Request, Transport, TransportError};
use vmbroker_sim::{
    Credentials, Dialect, Fault, FaultKind, Profile, Refusal, Sandbox, SandboxConfig, WALDUR_IDS,
};
use vmbroker_tests::{Stage, wish};

use crate::program::{Done, Home, speak};

const CANARY: &str = "canary-7Q3xVd81mZk20LwP";

/// The ways in which a text may hold the canary; a reader of a log undoes each of them at once.
fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    let percent = secret.replace('-', "%2D");
    // A part of it is as bad: texts are cut before they are shown.
    vec![secret[..10].to_owned(), hex, list.join(", "), list.join(","), percent, base64(bytes)]
}

/// Standard base64 of the whole groups of three: what a longer text of the same beginning shows, too.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks_exact(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        text.extend([18, 12, 6, 0].map(|shift| char::from(LETTERS[bits >> shift & 63])));
    }
    text
}

/// The spelling in which this text holds the secret; absent: it does not.
fn leak(text: &str, secret: &str) -> Option<String> {
    spellings(secret).into_iter().find(|spelling| text.contains(spelling.as_str()))
}

fn assert_clean(what: &str, done: &Done) {
    for (stream, text) in [("stdout", &done.out), ("stderr", &done.err)] {
        assert_eq!(leak(text, CANARY), None, "{what}: {stream} holds the canary: {text}");
    }
    assert!(!done.err.contains("panicked"), "{what}: {}", done.err);
    assert!(done.code.is_some_and(|code| code < 4), "{what}: {done:?}");
}

/// Every cloud, fast, with the canary as its secret, and a home whose vmbroker.toml knows them all.
async fn clouds() -> (Sandbox, Home) {
    let config = SandboxConfig { dialects: Dialect::ALL.to_vec(), ..SandboxConfig::new(Clock::system()) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let home = Home::new().with_env("CANARY", CANARY);
    home.file("secret", CANARY, 0o600);
    home.file("id", &Credentials::default().id, 0o600);
    let mut text = String::new();
    for running in sandbox.clouds() {
        let mut account = running.cloud.account();
        account.credentials.secret = CANARY.to_owned();
        let quick = Duration::from_millis(100);
        account.profile =
            Profile { queue: quick, build: quick, address: quick, delete: quick, ..Profile::default() };
        text.push_str(&account_text(running.dialect.name(), running.dialect, &running.url, ""));
    }
    let zenlayer = sandbox.cloud(Dialect::Zenlayer).unwrap();
    text.push_str(&account_text(
        "zenlayer-token",
        Dialect::Zenlayer,
        &zenlayer.url,
        "token_env = \"CANARY\"",
    ));
    home.file("vmbroker.toml", &text, 0o644);
    (sandbox, home)
}

/// An account of a vmbroker.toml, with these credentials or the dialect's usual ones.
fn account_text(name: &str, dialect: Dialect, url: &str, credentials: &str) -> String {
    let ids = WALDUR_IDS;
    let place = format!("project = \"{}\"\noffering = \"{}\"\n", ids.project, ids.offering);
    let (own, usual) = match dialect {
        Dialect::Fluence202504 => {
            ("provider = \"fluence\"\ncontract = \"2025-04\"\n".to_owned(), "api_key_file = \"secret\"")
        }
        Dialect::Fluence202505 => {
            ("provider = \"fluence\"\ncontract = \"2025-05\"\n".to_owned(), "api_key_env = \"CANARY\"")
        }
        Dialect::Wayscloud => (
            format!("provider = \"wayscloud\"\ndialect = \"documented\"\nplan = \"{}\"\n{place}", ids.plan),
            "token_file = \"secret\"",
        ),
        Dialect::Waldur => {
            (format!("provider = \"wayscloud\"\ndialect = \"waldur\"\n{place}"), "token_env = \"CANARY\"")
        }
        Dialect::Zenlayer => (
            "provider = \"zenlayer\"\n".to_owned(),
            "access_key_id_file = \"id\"\naccess_key_password_file = \"secret\"",
        ),
    };
    let credentials = if credentials.is_empty() { usual } else { credentials };
    format!(
        "[accounts.{name}]\nurl = \"{url}\"\n{own}{credentials}\n\
         timing = {{ list_lags_by = \"0s\", visible_within = \"2s\", create_applies_within = \"1s\", poll_every = \"1s\" }}\n\
         http = {{ read_every = \"0s\", write_every = \"0s\", read_timeout = \"2s\", write_timeout = \"2s\" }}\n\n"
    )
}

fn accounts() -> impl Iterator<Item = &'static str> {
    Dialect::ALL.into_iter().map(Dialect::name).chain(["zenlayer-token"])
}

/// The program's loudest: everything that any crate in it logs.
async fn loud(home: &Home, args: &[&str]) -> Done {
    let done = home.run(args).await;
    assert_clean(&args.join(" "), &done);
    done
}

/// The same beside others.
fn spawn(runs: &mut JoinSet<Done>, home: &Arc<Home>, args: &[&str]) {
    let home = Arc::clone(home);
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    runs.spawn(async move {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        loud(&home, &args).await
    });
}

const CREATE: [&str; 7] = ["create", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

#[tokio::test(flavor = "multi_thread")]
async fn no_command_shows_the_secret_when_all_goes_well() {
    let (sandbox, home) = clouds().await;
    let home = home.with_env("VMBROKER_LOG", "trace");
    for account in accounts() {
        for form in ["table", "json"] {
            let create =
                [&CREATE[..], &["--provider", account, "--wait", "running", "--output", form]].concat();
            let created = loud(&home, &create).await;
            assert_eq!(created.code, Some(0), "{created:?}");
            assert!(
                created.err.contains("TRACE") && created.err.contains("vmbroker::http"),
                "it is not loud"
            );
            let handle = if form == "json" {
                created.json()["handle_text"].as_str().unwrap().to_owned()
            } else {
                created.out.trim().to_owned()
            };
            for verb in [&["status"][..], &["status", "--watch", "--timeout", "1s"], &["delete"]] {
                let done = loud(&home, &[verb, &[&handle, "--output", form]].concat()).await;
                assert_eq!(done.code, Some(0), "{done:?}");
            }
        }
    }
    for form in ["table", "json"] {
        for verb in [&["providers"][..], &["list"], &["list", "--mine"], &["offers"]] {
            let done = loud(&home, &[verb, &["--output", form]].concat()).await;
            assert_eq!(done.code, Some(0), "{done:?}");
        }
    }
    for args in
        [&["init", "--help"][..], &["completions", "bash"], &["--version"], &["sandbox", "--for", "1"]]
    {
        loud(&home, args).await;
    }
    loud(&home, &["-vvv", "list"]).await;
    let open = sandbox.clouds().iter().map(|running| running.cloud.ledger().open().count()).sum::<usize>();
    assert_eq!(open, 0, "the ledgers");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_shows_the_secret_when_a_provider_fails() {
    let (sandbox, home) = clouds().await;
    let home = Arc::new(home.with_env("VMBROKER_LOG", "trace"));
    let parrot = json!({ "error": CANARY, "detail": CANARY, "code": CANARY, "message": CANARY }).to_string();
    let kinds = [
        FaultKind::Echo,
        FaultKind::BodyAfter(parrot),
        FaultKind::BodyAfter(format!("{}{CANARY}", "x".repeat(185))),
        FaultKind::Refuse(Refusal::Credentials),
        FaultKind::Throttle { retry_after: Some(CANARY.to_owned()) },
        FaultKind::Html(502),
        FaultKind::Redirect,
        FaultKind::LoseAnswer,
        FaultKind::TruncateAnswer,
        FaultKind::StatusAfter(500),
    ];
    let handles: Vec<String> = accounts().map(|account| format!("{account}/1")).collect();
    let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
    for kind in kinds {
        for running in sandbox.clouds() {
            running.cloud.disarm();
            running.cloud.arm(Fault { kind: kind.clone(), operation: None, after: 0, times: None });
        }
        // All accounts fail side by side, and each failure is told in both forms.
        let mut runs = JoinSet::new();
        for form in ["table", "json"] {
            for verb in ["providers", "list", "offers"] {
                spawn(&mut runs, &home, &[verb, "--output", form]);
            }
            spawn(&mut runs, &home, &[&["status", "--output", form], &handles[..]].concat());
        }
        let mut ended = runs.join_all().await;
        // One program writes the journal at a time.
        for form in ["table", "json"] {
            let delete = [&["delete", "--no-wait", "--output", form], &handles[..]].concat();
            ended.push(loud(&home, &delete).await);
        }
        for done in ended {
            assert_ne!(done.code, Some(0), "{kind:?} {done:?}");
        }
        for running in sandbox.clouds() {
            running.cloud.disarm();
            running.cloud.arm(Fault::always("create", kind.clone()));
        }
        for account in accounts() {
            let create = [&CREATE[..], &["--provider", account, "--output", "json"]].concat();
            let done = loud(&home, &create).await;
            assert_ne!(done.code, Some(0), "{kind:?} {done:?}");
        }
    }
    let struck = |running: &vmbroker_sim::Running| {
        let calls = running.cloud.calls();
        calls.iter().filter(|call| call.operation == "create" && call.fault.is_some()).count()
    };
    assert!(sandbox.clouds().iter().all(|running| struck(running) >= 5), "the creates met their faults");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_shows_a_secret_that_stands_in_the_wrong_place() {
    let (sandbox, home) = clouds().await;
    let home = home.with_env("VMBROKER_LOG", "trace");
    let url = &sandbox.cloud(Dialect::Fluence202504).unwrap().url;
    let whole = account_text("f", Dialect::Fluence202504, url, "");
    home.file("open", CANARY, 0o644);
    home.file("lines", &format!("{CANARY}\n{CANARY}"), 0o600);
    home.file("wide", &format!("{CANARY} é\u{1b}"), 0o600);
    let with_user = url.replacen("http://", &format!("http://user:{CANARY}@"), 1);
    let configs = [
        whole.replace("api_key_file = \"secret\"", &format!("api_key = \"{CANARY}\"")),
        whole.replace("api_key_file = \"secret\"", &format!("api_key = \"{CANARY}")),
        whole.replace("api_key_file = \"secret\"", &format!("token = \"{CANARY}\"")),
        whole.replace(
            "api_key_file = \"secret\"",
            &format!("contract = \"{CANARY}\"\napi_key = \"{CANARY}\""),
        ),
        whole.replace("api_key_file = \"secret\"", "api_key_file = \"open\""),
        whole.replace("api_key_file = \"secret\"", "api_key_file = \"lines\""),
        whole.replace("api_key_file = \"secret\"", "api_key_file = \"wide\""),
        whole.replace(url, &with_user),
        whole.replace("api_key_file = \"secret\"", "api_key_env = \"NOT_SET\""),
        whole.replace("fluence", "fluenec"),
    ];
    for (at, text) in configs.iter().enumerate() {
        assert_ne!(*text, whole, "{at}");
        home.file("wrong.toml", text, 0o644);
        for form in ["table", "json"] {
            for verb in ["list", "providers"] {
                let done = loud(&home, &[verb, "--config", "wrong.toml", "--output", form]).await;
                assert_eq!(done.code, Some(3), "{at}: {text} {done:?}");
            }
        }
    }
    let equals = format!("--api-key={CANARY}");
    for args in
        [["list", equals.as_str(), "-v"], ["list", "--token", CANARY], ["create", "--password", CANARY]]
    {
        assert_eq!(loud(&home, &args).await.code, Some(2));
    }
}

/// A transport that remembers requests as they are: what a recording must not be.
struct Indiscreet {
    inner: HttpTransport,
    seen: Arc<Mutex<String>>,
}

impl fmt::Debug for Indiscreet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Indiscreet")
    }
}

#[async_trait]
impl Transport for Indiscreet {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        for header in &request.headers {
            self.seen.lock().unwrap().push_str(&header.value);
        }
        self.inner.round_trip(request, limits).await
    }
}

#[tokio::test(start_paused = true)]
async fn no_recording_keeps_the_secret() {
    let secret = Credentials::default().secret;
    for dialect in Dialect::ALL {
        let seen = Arc::new(Mutex::new(String::new()));
        let inner = Indiscreet { inner: HttpTransport::new(None).unwrap(), seen: Arc::clone(&seen) };
        let recording = Arc::new(Recording::new(Arc::new(inner), vec![Secret::new(secret.clone())]));
        let stage = Stage::set_over(dialect, recording.clone()).await;
        let wait = Wait::new(stage.clock.clone(), Duration::from_secs(6 * 3_600));
        let handle = stage.provider.create(&wish()).await.unwrap();
        stage.provider.wait_until(&handle, Goal::Running, &wait).await.unwrap();
        stage.provider.offers(&OfferQuery::default()).await.unwrap();
        let parrot = json!({ "error": secret, "detail": secret, "message": secret }).to_string();
        for kind in [FaultKind::Echo, FaultKind::BodyAfter(parrot), FaultKind::TruncateAnswer] {
            stage.cloud.arm(Fault { kind, operation: None, after: 0, times: None });
            let errors = [
                stage.provider.list().await.map(drop).err(),
                stage.provider.status(std::slice::from_ref(&handle)).await.map(drop).err(),
                stage.provider.create(&wish()).await.map(drop).err(),
            ];
            for error in errors.into_iter().flatten() {
                assert_eq!(leak(&format!("{error} {error:?}"), &secret), None, "{dialect}");
            }
            stage.cloud.disarm();
        }
        stage.provider.delete_until_gone(&handle, &wait).await.unwrap();
        let kept = recording.exchanges();
        assert!(kept.len() >= 8, "{dialect}: {} exchanges", kept.len());
        for exchange in &kept {
            let text = serde_json::to_string(exchange).unwrap() + &format!("{exchange:?}");
            assert_eq!(leak(&text, &secret), None, "{dialect}: {text}");
        }
        assert!(kept.iter().any(|it| it.headers.iter().any(|(_, value)| value == "[secret]")), "{dialect}");
        assert_eq!(leak(&format!("{recording:?} {:?}", stage.provider), &secret), None, "{dialect}");
        // The same look finds it where it really is; Zenlayer's requests are signed with it and never hold it.
        let found = leak(&seen.lock().unwrap(), &secret).is_some();
        assert_eq!(found, dialect != Dialect::Zenlayer, "{dialect}");
    }
}

#[tokio::test]
async fn the_look_for_the_secret_finds_it_where_it_is() {
    for text in [
        format!("error: bad key {CANARY}"),
        format!("{:?}", CANARY.as_bytes()),
        json!({ "key": CANARY.as_bytes() }).to_string(),
        format!("?key={}", CANARY.replace('-', "%2D")),
        "Basic Y2FuYXJ5LTdRM3hWZDgxbVprMjBMd1A=".to_owned(),
    ] {
        assert!(leak(&text, CANARY).is_some(), "{text}");
    }
    assert_eq!(leak("error: bad key [secret]", CANARY), None);
    // What a cloud says back to a careless caller.
    let (sandbox, _home) = clouds().await;
    let running = sandbox.cloud(Dialect::Waldur).unwrap();
    running.cloud.arm(Fault::once("list", FaultKind::BodyAfter(CANARY.to_owned())));
    let answer = speak(&running.url, "GET", "/api/marketplace-resources/", None).await;
    assert!(leak(&answer, CANARY).is_some(), "{answer}");
}
