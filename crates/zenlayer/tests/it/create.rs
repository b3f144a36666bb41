//! Ordering a machine.

use serde_json::json;
use vmbroker_core::{ComputeProvider, Effect, ErrorKind, OfferQuery, Retry};
use vmbroker_http::{Exchange, HttpTransport};

use crate::cloud::*;

fn created() -> Exchange {
    answer(200, success(&json!({ "orderNumber": "2026", "instanceIdSet": [ID] })))
}

#[tokio::test(start_paused = true)]
async fn neutral_words_are_looked_up_and_one_machine_is_ordered() {
    let (provider, replay) = account(looked_up(vec![created()]));
    let handle = provider.create(&wish()).await.unwrap();
    assert_eq!(handle.to_string(), format!("zen/instance:{ID}"));
    assert_eq!((handle.marker, handle.order), (Some(marker()), None));
    assert_eq!(handle.made_at, Some(NOW.parse().unwrap()));
    assert_eq!(replay.left(), 0);
    let asked = replay.asked();
    let sent = asked.last().unwrap();
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", VM));
    assert_eq!(header(sent, "x-zc-action"), "CreateInstances");
    assert_eq!(header(sent, "x-zc-version"), "2026-04-01");
    assert_eq!(header(sent, "content-type"), "application/json");
    assert_eq!(header(sent, "x-zc-timestamp"), "1795248000");
    assert_eq!(header(sent, "x-zc-signature-method"), "ZC2-HMAC-SHA256");
    assert_eq!(header(sent, "authorization"), "[secret]");
    let name = marker().to_string();
    assert_eq!(
        body(sent),
        json!({
            "zoneId": "FRA-A", "imageId": "img-1", "instanceType": "c.2c4g", "instanceName": name, "keyId": "key-1",
            "instanceChargeType": "POSTPAID", "internetChargeType": "ByBandwidth", "internetMaxBandwidthOut": 1,
            "instanceCount": 1, "systemDisk": { "diskSize": 40 }, "subnetId": "3", "enableIpv4": true,
            "tags": { "tags": [{ "key": "vmbroker-marker", "value": name }] }
        })
    );
    let ccs = asked.iter().find(|asked| asked.path == CCS).unwrap();
    assert_eq!((header(ccs, "x-zc-action"), header(ccs, "x-zc-version")), ("DescribeKeyPairs", "2025-09-01"));
}

#[tokio::test(start_paused = true)]
async fn what_was_looked_up_is_not_asked_again_for_the_next_machine() {
    let (provider, replay) = account(looked_up(vec![created(), created()]));
    provider.create(&wish()).await.unwrap();
    let before = replay.asked().len();
    provider.create(&wish()).await.unwrap();
    assert_eq!(replay.asked().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_makes_the_next_one_look_up_again() {
    let sold_out = answer(400, refusal("RESOURCES_SOLDOUT_INSTANCE_TYPE"));
    let exchanges = looked_up(vec![sold_out]).into_iter().chain(looked_up(vec![created()])).collect();
    let (provider, replay) = account(exchanges);
    assert_eq!(provider.create(&wish()).await.unwrap_err().kind(), ErrorKind::OutOfCapacity);
    provider.create(&wish()).await.unwrap();
    assert_eq!(replay.left(), 0);
}

/// After each of these the machine may exist: one create went out, and nobody may send another unseen.
#[tokio::test(start_paused = true)]
async fn an_unclear_create_is_unknown_and_sent_once() {
    let mut lost = answer(0, "reset by peer");
    lost.status = None;
    let throttled_by_a_page = answer(429, "<html>");
    let rows = [
        (lost, ErrorKind::Unavailable),
        (answer(500, refusal("INTERNAL_SERVER_ERROR")), ErrorKind::Unavailable),
        (answer(503, refusal("SERVICE_TEMPORARY_UNAVAILABLE")), ErrorKind::Unavailable),
        // A timeout is no refusal, whatever status it comes with.
        (answer(400, refusal("INVALID_OPERATION_TIMEOUT")), ErrorKind::Unavailable),
        (answer(502, "<html><body>bad gateway</body></html>"), ErrorKind::Unavailable),
        (
            answer(403, "<html>challenge</html>").with_answer_header("cf-mitigated", "challenge"),
            ErrorKind::Unavailable,
        ),
        (answer(451, "blocked"), ErrorKind::Unavailable),
        (throttled_by_a_page, ErrorKind::RateLimited),
        (answer(301, "").with_answer_header("location", "https://elsewhere.example/"), ErrorKind::Protocol),
        (answer(200, r#"{"requestId": "T1", "response": {"instanceIdSet": ["12"#), ErrorKind::Protocol),
        (answer(200, "<html>welcome</html>"), ErrorKind::Protocol),
        (answer(200, ""), ErrorKind::Protocol),
        (answer(200, refusal("INVALID_ZONE_NOT_FOUND")), ErrorKind::Protocol),
        (answer(200, r#"{"requestId": "T1"}"#), ErrorKind::Protocol),
        (answer(200, r#"{"requestId": "T1", "response": null}"#), ErrorKind::Protocol),
        (answer(200, success(&json!({}))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": [] }))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": [ID, "2"] }))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": ["../x"] }))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": {} }))), ErrorKind::Protocol),
        // Another machine that has no id we can read; what is no id; one that a float rounded; one without end.
        (answer(200, success(&json!({ "instanceIdSet": [ID, true] }))), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": [true] }))), ErrorKind::Protocol),
        (answer(200, r#"{"response":{"instanceIdSet":[12345678901234567890123]}}"#), ErrorKind::Protocol),
        (answer(200, success(&json!({ "instanceIdSet": ["1".repeat(129)] }))), ErrorKind::Protocol),
    ];
    for (last, kind) in rows {
        let shown = format!("{:?} {}", last.status, last.answer);
        let (provider, replay) = account(looked_up(vec![last, created()]));
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::Unknown), "{shown}: {error}");
        assert_eq!(error.retry(), Retry::Never, "{shown}");
        assert_eq!(actions(&replay).iter().filter(|it| *it == "CreateInstances").count(), 1, "{shown}");
        assert_eq!(error.provider().map(vmbroker_core::ProviderId::as_str), Some("zen"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_documented_refusal_changed_nothing() {
    let rows = [
        (400, "RESOURCE_INSUFFICIENT_PRODUCT_SOLD_OUT", ErrorKind::OutOfCapacity),
        (403, "INVALID_REGION_SECURITY_GROUP_NOT_SUPPORT", ErrorKind::IncompatibleOffer),
        (404, "OPERATION_DENIED_IPV4_CIDR_NOT_FOUND", ErrorKind::IncompatibleOffer),
        (404, "OPERATION_FAILED_RESOURCE_NOT_FOUND", ErrorKind::IncompatibleOffer),
        (401, "AUTHFAILURE_SIGNATURE_FAILURE", ErrorKind::Unauthenticated),
        (401, "AUTHFAILURE_UNAUTHORIZED_OPERATION", ErrorKind::PermissionDenied),
        (402, "SOMETHING_NEW", ErrorKind::InsufficientFunds),
        (400, "SOMETHING_NEW", ErrorKind::IncompatibleOffer),
        (429, "REQUEST_LIMIT_EXCEEDED", ErrorKind::RateLimited),
    ];
    for (status, code, kind) in rows {
        let (provider, replay) = account(looked_up(vec![answer(status, refusal(code)), created()]));
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None), "{code}");
        assert_eq!((error.code(), error.request_id()), (Some(code), Some("T2")));
        assert_eq!(replay.left(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_refused_connection_changed_nothing() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mut config = unpaced();
    config.url = Some(format!("http://127.0.0.1:{port}"));
    let transport = std::sync::Arc::new(HttpTransport::new(None).unwrap());
    let clock = vmbroker_core::Clock::simulated(NOW.parse().unwrap(), 1_000);
    let id = "zen".parse().unwrap();
    let provider = vmbroker_zenlayer::Zenlayer::over(transport, id, config, credentials(), clock).unwrap();
    let error = provider.create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::None), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_not_sent_changed_nothing() {
    // No exchange is left for the create itself: a transport says so as it says that a connection was refused.
    let (provider, replay) = account(looked_up(vec![]));
    let error = provider.create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::None));
    assert_eq!(actions(&replay).iter().filter(|it| *it == "CreateInstances").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_up_orders_nothing() {
    for (status, text, kind) in [
        (401, refusal("AUTHFAILURE_SIGNATURE_FAILURE"), ErrorKind::Unauthenticated),
        (200, "<html>".to_owned(), ErrorKind::Protocol),
        (200, page(0, &[]), ErrorKind::IncompatibleOffer),
    ] {
        let (provider, replay) = account(vec![zones(), models(), answer(status, text)]);
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None), "{error}");
        assert!(!actions(&replay).contains(&"CreateInstances".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_wish_sends_nothing() {
    let (provider, replay) = account(vec![]);
    let mut wrong = wish();
    wrong.options.insert("zenlayer".into(), json!({ "nonsense": 1 }).as_object().unwrap().clone());
    let error = provider.create(&wrong).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidRequest, Effect::None));
    let mut cannot = wish();
    cannot.ports = vec!["80".parse().unwrap()];
    assert_eq!(provider.create(&cannot).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    assert!(replay.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_account_lacks_is_imported_once() {
    let imported = Exchange::new("POST", CCS, 200, success(&json!({ "keyId": "key-9" })));
    let look_ups = vec![zones(), models(), images(), subnets(), keys(&[]), imported, created(), created()];
    let (provider, replay) = account(look_ups);
    provider.create(&wish()).await.unwrap();
    provider.create(&wish()).await.unwrap();
    let asked = replay.asked();
    let import = asked.iter().find(|asked| header(asked, "x-zc-action") == "ImportKeyPair").unwrap();
    let name = body(import)["keyName"].as_str().unwrap().to_owned();
    assert!(name.starts_with("vmbroker-") && name.len() <= 32, "{name}");
    assert_eq!(body(import)["publicKey"], KEY);
    assert_eq!(body(asked.last().unwrap())["keyId"], "key-9");
    assert_eq!(replay.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_name_is_taken_is_found_by_its_body() {
    let taken = Exchange::new("POST", CCS, 409, refusal("INVALID_KEY_PAIR_NAME_EXIST"));
    let start = [zones(), models(), images(), subnets(), keys(&[]), taken];
    let found: Vec<Exchange> = start.iter().cloned().chain([keys(&[our_key()]), created()]).collect();
    let (provider, replay) = account(found);
    provider.create(&wish()).await.unwrap();
    assert_eq!(body(replay.asked().last().unwrap())["keyId"], "key-1");
    // The name is taken by other keys: nobody else may log in, so nothing is ordered.
    let other = json!({ "keyId": "key-2", "publicKey": "ssh-ed25519 AAAA" });
    let (provider, replay) = account(start.into_iter().chain([keys(&[other])]).collect());
    let error = provider.create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::IncompatibleOffer, Effect::None));
    assert!(!actions(&replay).contains(&"CreateInstances".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_key_pair_that_lets_others_in_is_not_used() {
    let shared = json!({ "keyId": "key-2", "publicKey": format!("{KEY}\nssh-ed25519 AAAA other") });
    let imported = Exchange::new("POST", CCS, 200, success(&json!({ "keyId": "key-9" })));
    let exchanges = vec![zones(), models(), images(), subnets(), keys(&[shared]), imported, created()];
    let (provider, replay) = account(exchanges);
    provider.create(&wish()).await.unwrap();
    assert_eq!(body(replay.asked().last().unwrap())["keyId"], "key-9");
}

#[tokio::test(start_paused = true)]
async fn configured_subnets_and_key_options_cost_no_calls() {
    let replay =
        std::sync::Arc::new(vmbroker_http::Replay::new(vec![zones(), models(), images(), created()]));
    let mut config = unpaced();
    config.subnets.insert("FRA-A".into(), "sub-9".into());
    let id = "zen".parse().unwrap();
    let provider =
        vmbroker_zenlayer::Zenlayer::over(replay.clone(), id, config, credentials(), clock()).unwrap();
    let mut request = wish();
    request.options.insert("zenlayer".into(), json!({ "keyId": "key-7" }).as_object().unwrap().clone());
    provider.create(&request).await.unwrap();
    let sent = body(replay.asked().last().unwrap());
    assert_eq!((&sent["subnetId"], &sent["keyId"]), (&json!("sub-9"), &json!("key-7")));
}

#[tokio::test(start_paused = true)]
async fn offers_are_models_in_zones_and_asked_for_anew() {
    let (provider, replay) = account(vec![zones(), models(), zones(), models()]);
    let all = provider.offers(&OfferQuery::default()).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|offer| offer.id.0.as_str()).collect();
    assert_eq!(ids, ["FRA-A/c.4c8g", "FRA-A/c.2c4g"]);
    let query =
        OfferQuery { vcpus: Some(3), countries: vec!["DE".parse().unwrap()], ..OfferQuery::default() };
    assert_eq!(provider.offers(&query).await.unwrap().len(), 1);
    assert_eq!(replay.left(), 0);
}
