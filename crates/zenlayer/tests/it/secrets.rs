//! No secret leaves but in the request itself.

use std::sync::Arc;

use serde_json::json;
use vmbroker_conformance::LogBuffer;
use vmbroker_core::{Clock, ComputeProvider, Secret};
use vmbroker_http::{Recording, Replay, Transport};
use vmbroker_zenlayer::{Credentials, Zenlayer};

use crate::cloud::*;

const CANARIES: [&str; 3] = ["canary-key-id", "canary-key-password", MACHINE_PASSWORD];

fn assert_clean(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{what} shows {canary}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown_logged_or_recorded() {
    let log = LogBuffer::new();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber in the process, whichever test logs first decides for all whether a place is logged.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // The provider repeats everything that it was sent.
    let echo = json!({ "requestId": CANARIES[1], "code": CANARIES[0], "message": format!("{CANARIES:?}") })
        .to_string();
    let created = answer(200, success(&json!({ "orderNumber": "7", "instanceIdSet": [ID] })));
    let exchanges = vec![
        zones(),
        models(),
        images(),
        subnets(),
        created,
        answer(400, echo.clone()),
        answer(401, echo.clone()),
        answer(200, echo.clone()),
        answer(200, format!("<html>{CANARIES:?}</html>")),
    ];
    let replay: Arc<dyn Transport> = Arc::new(Replay::new(exchanges));
    let recording = Arc::new(Recording::new(replay, credentials().secrets()));
    let provider = over(recording.clone());
    let mut request = wish();
    request.options.insert("zenlayer".into(), json!({ "login": "password" }).as_object().unwrap().clone());
    let handle = provider.create(&request).await.unwrap();
    let mut errors = vec![provider.create(&request).await.unwrap_err()];
    errors.push(provider.status(std::slice::from_ref(&handle)).await.unwrap_err());
    errors.push(provider.delete(&handle).await.unwrap_err());
    errors.push(provider.list().await.unwrap_err());
    for error in &errors {
        assert_clean("an error", &format!("{error} {error:?}"));
    }
    // Not the provider above: its transport is the double that plays the provider and knows what it was sent.
    let real = Zenlayer::new("zen".parse().unwrap(), unpaced(), credentials(), clock()).unwrap();
    assert_clean("Debug", &format!("{real:?} {:?} {request:?}", credentials()));
    let recorded = serde_json::to_string(&recording.exchanges()).unwrap();
    assert_clean("a recording", &recorded);
    assert!(recorded.contains("CreateInstances") && recorded.contains("[secret]"));
    let logged = log.text();
    assert!(logged.contains("call"), "nothing was logged");
    assert_clean("a log", &logged);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_sent_as_a_bearer_and_never_shown() {
    let replay = Arc::new(Replay::new(vec![answer(200, page(0, &[]))]));
    let credentials = Credentials::token(Secret::new("canary-key-password"));
    let provider =
        Zenlayer::over(replay.clone(), "zen".parse().unwrap(), unpaced(), credentials, clock()).unwrap();
    provider.list().await.unwrap();
    let asked = replay.asked();
    assert_eq!(header(&asked[0], "authorization"), "[secret]");
    assert_eq!(header(&asked[0], "x-zc-timestamp"), "");
    assert_clean("Debug", &format!("{provider:?} {asked:?}"));
}

#[tokio::test]
async fn a_missing_or_impossible_credential_is_refused_at_once() {
    let transport: Arc<dyn Transport> = Arc::new(Replay::new(vec![]));
    for credentials in [
        Credentials::key(Secret::new(""), Secret::new("canary-key-password")),
        Credentials::token(Secret::new("canary-key-password\u{7}x")),
        credentials().with_machine_password(Secret::new("canary-key-password")),
    ] {
        let id = "zen".parse().unwrap();
        let error =
            Zenlayer::over(transport.clone(), id, unpaced(), credentials, Clock::system()).unwrap_err();
        assert_clean("an error", &format!("{error} {error:?}"));
    }
}
