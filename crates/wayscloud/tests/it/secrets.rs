use std::sync::Arc;

use vmbroker_conformance::LogBuffer;
use vmbroker_core::{ComputeProvider, Secret};
use vmbroker_http::{Exchange, Recording, Replay};
use vmbroker_wayscloud::Dialect;

use crate::cloud::{RESOURCE, TOKEN, config, handle, over, resource_path, wish};

#[tokio::test(start_paused = true)]
async fn the_token_is_sent_and_shown_nowhere() {
    let log = LogBuffer::new();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber in the process, whichever test logs first decides for all whether a place is logged.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // A provider that repeats the token in its refusals.
    let told = format!(r#"{{"detail":"Token {TOKEN} is not welcome"}}"#);
    let replay = Arc::new(Replay::new(vec![
        Exchange::new("POST", "/api/marketplace-orders/", 400, told.clone()),
        Exchange::new("GET", &resource_path(), 403, told),
    ]));
    let recording = Arc::new(Recording::new(replay.clone(), vec![Secret::new(TOKEN)]));
    let provider = over(recording.clone(), config(Dialect::Documented));
    let refused = provider.create(&wish()).await.unwrap_err();
    let denied = provider.status(&[handle(&format!("instance:{RESOURCE}"))]).await.unwrap_err();
    let kept = serde_json::to_string(&recording.exchanges()).unwrap();
    let logged = log.text();
    assert!(logged.contains("create"), "{logged}");
    let fresh = over(Arc::new(Replay::new(Vec::new())), config(Dialect::Documented));
    for shown in [format!("{fresh:?}"), format!("{refused} {refused:?} {denied} {denied:?}"), kept, logged] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    assert_eq!(replay.asked().len(), 2);
}
