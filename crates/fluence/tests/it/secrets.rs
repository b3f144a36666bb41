use std::sync::Arc;

use vmbroker_conformance::LogBuffer;
use vmbroker_core::{ComputeProvider, ErrorKind, Secret};
use vmbroker_fluence::{Auth, Config, Credentials, Fluence};
use vmbroker_http::{Exchange, Recording, Replay, Transport};

use crate::world::*;

#[tokio::test(start_paused = true)]
async fn the_key_appears_nowhere_but_in_its_header() {
    let log = LogBuffer::new();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber in the process, whichever test logs first decides for all whether a place is logged.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    for auth in [Auth::Bearer, Auth::XApiKey] {
        let echo = format!(r#"{{"error":"bad key {CANARY}"}}"#);
        let replay: Arc<dyn Transport> = Arc::new(Replay::new(vec![
            Exchange::new("GET", "/vms/v3", 403, &*echo).with_answer_header("x-echo", CANARY),
            Exchange::new("POST", "/vms/v3", 500, &*echo),
            Exchange::new("POST", "/vms/v3", 200, format!("[\"{CANARY}\"]")),
            Exchange::new("DELETE", "/vms/v3", 401, &*echo),
        ]));
        let credentials = Credentials { api_key: Secret::new(CANARY) };
        let recording = Arc::new(Recording::new(replay, vec![Secret::new(CANARY)]));
        let config = Config { auth, contract: MAY, ..Config::default() };
        let id = "fluence".parse().unwrap();
        let shown = format!("{credentials:?}");
        let fluence = Fluence::over(recording.clone(), id, config, credentials, clock()).unwrap();
        let mut said = vec![shown, format!("{fluence:?}")];
        let mut keep = |error: vmbroker_core::Error| said.push(format!("{error} {error:?}"));
        keep(fluence.list().await.unwrap_err());
        keep(fluence.create(&exact_wish()).await.unwrap_err());
        keep(fluence.create(&exact_wish()).await.unwrap_err());
        keep(fluence.delete(&handle("0x1")).await.unwrap_err());
        said.push(serde_json::to_string(&recording.exchanges()).unwrap());
        for text in &said {
            assert!(!text.contains(CANARY), "{text}");
        }
        assert_eq!(said.iter().filter(|text| text.contains("bad key [secret]")).count(), 4);
    }
    let log = log.text();
    assert!(log.contains("vmbroker::http"), "{log}");
    assert!(!log.contains(CANARY), "{log}");
}

#[test]
fn what_cannot_work_is_an_invalid_configuration() {
    let build = |config: Config, key: &str| {
        let credentials = Credentials { api_key: Secret::new(key) };
        Fluence::over(Arc::new(Replay::new(vec![])), "f".parse().unwrap(), config, credentials, clock())
    };
    let plain = Config { url: Some("http://api.fluence.dev".to_owned()), ..Config::default() };
    let mut slow = Config::default();
    slow.timing.poll_every = Some("0s".parse().unwrap());
    for (config, key) in [(plain, "key"), (slow, "key"), (Config::default(), ""), (Config::default(), "a b")]
    {
        let error = build(config, key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
    }
    let fluence = build(Config::default(), "key").unwrap();
    assert_eq!((fluence.semantics().kind, fluence.semantics().visible_within), ("fluence", None));
    let may = build(Config { contract: MAY, ..Config::default() }, "key").unwrap();
    assert_eq!(may.semantics().visible_within, Some(may.semantics().list_lags_by));
    let mut known = Config::default();
    known.timing.visible_within = Some("10m".parse().unwrap());
    assert_eq!(build(known, "key").unwrap().semantics().visible_within.unwrap().as_secs(), 600);
}
