use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, Effect, ErrorKind, MachineWish, OfferId, OfferQuery, Retry, Size};
use vmbroker_http::Exchange;
use vmbroker_wayscloud::Dialect;

use crate::cloud::{
    FLAVOR, IMAGE, KEY, OFFERING, ORDER, PLAN, PROJECT, RESOURCE, SUBNET, asked, config, get, handle, marker,
    over, provider, wish,
};

fn answered(status: u16, answer: &str) -> Exchange {
    Exchange::new("POST", "/api/marketplace-orders/", status, answer)
}

#[tokio::test(start_paused = true)]
async fn an_unclear_outcome_is_unknown_and_one_order_is_all_that_was_sent() {
    let mut broken = answered(201, "connection reset");
    broken.status = None;
    let redirected =
        answered(301, "<html></html>").with_answer_header("location", "/api/marketplace-orders/");
    let rows = [
        broken,
        redirected,
        answered(500, "<!doctype html><title>Server Error (500)</title>"),
        answered(502, ""),
        answered(201, r#"{"uuid":"683089"#),
        answered(201, "<html>all is well</html>"),
        answered(201, "{}"),
        answered(201, r#"{"uuid":null,"state":"Creating"}"#),
        answered(201, r#"{"uuid":"../../api/"}"#),
        // A truth value is no id, and a number that went through a float is another one's.
        answered(201, r#"{"uuid":true}"#),
        answered(201, r#"{"uuid":12345678901234567890123}"#),
        answered(200, "[]"),
        answered(200, r#"["683089"]"#),
        answered(409, r#"{"detail":"?"}"#),
        answered(429, ""),
    ];
    for row in rows {
        let shown = format!("{:?} {}", row.status, row.answer);
        let (replay, provider) = provider(Dialect::Documented, vec![row]);
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!((error.effect(), error.retry()), (Effect::Unknown, Retry::Never), "{shown}: {error}");
        assert_eq!(asked(&replay), ["POST /api/marketplace-orders/"], "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ordered_nothing_and_has_its_kind() {
    let rows = [
        (401, r#"{"detail":"Invalid token."}"#, ErrorKind::Unauthenticated),
        (
            403,
            r#"{"detail":"You do not have permission to perform this action."}"#,
            ErrorKind::PermissionDenied,
        ),
        (400, r#"{"project":["Invalid hyperlink - Object does not exist."]}"#, ErrorKind::InvalidConfig),
        (400, r#"{"image":["Invalid hyperlink - Object does not exist."]}"#, ErrorKind::IncompatibleOffer),
        (
            400,
            r#"{"non_field_errors":["One or more quotas were exceeded: vcpu quota limit: 20, requires 22"]}"#,
            ErrorKind::QuotaExceeded,
        ),
        (400, r#"["bare"]"#, ErrorKind::IncompatibleOffer),
    ];
    for (status, answer, kind) in rows {
        let (replay, provider) = provider(Dialect::Documented, vec![answered(status, answer)]);
        let error = provider.create(&wish()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None), "{answer}");
        assert_eq!(asked(&replay).len(), 1);
    }
    let (_, refused) = provider(Dialect::Documented, Vec::new());
    let error = refused.create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::None));
}

#[tokio::test(start_paused = true)]
async fn a_documented_order_needs_no_look_ups_and_gives_its_id_by_either_name() {
    for answer in
        [format!(r#"{{"uuid":"{ORDER}","state":"Creating"}}"#), format!(r#"{{"order_uuid":"{ORDER}"}}"#)]
    {
        let (replay, provider) = provider(Dialect::Documented, vec![answered(201, &answer)]);
        let made = provider.create(&wish()).await.unwrap();
        assert_eq!(made.to_string(), handle(&format!("order:{ORDER}")).to_string());
        assert_eq!(made.marker, Some(marker()));
        assert!(made.made_at.is_some());
        let sent = &replay.asked()[0];
        let body: Value = serde_json::from_str(sent.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["attributes"]["flavor"], FLAVOR);
        assert_eq!(body["attributes"]["ssh_public_key"], KEY);
        let header =
            |name: &str| sent.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(header("accept"), Some("application/json"));
        assert_eq!(header("content-type"), Some("application/json"));
    }
}

fn offering(owner: &str) -> Exchange {
    let url = format!("https://w.example/api/marketplace-public-offerings/{owner}/plans/{PLAN}/");
    let answer = json!({
        "uuid": OFFERING, "scope_uuid": "749f8eb6bb2c4f08978711ba7bfa12e9", "plans": [{ "uuid": PLAN, "url": url }]
    });
    get(&format!("/api/marketplace-public-offerings/{OFFERING}/"), &answer.to_string())
}

fn catalogue() -> Vec<Exchange> {
    let tenant = "?tenant_uuid=749f8eb6bb2c4f08978711ba7bfa12e9&page_size=300";
    let list = |collection: &str, answer: Value| {
        get(&format!("/api/{collection}/{tenant}"), &answer.to_string())
            .with_answer_header("x-result-count", "1")
    };
    let flavors = json!([
        { "uuid": "a0000000000000000000000000000001", "name": "large", "cores": 8, "ram": 16_384, "disk": 20_480 },
        { "uuid": FLAVOR, "name": "m1.small", "cores": 2, "ram": "4096", "disk": 20_480 },
        { "uuid": "a0000000000000000000000000000002", "name": "tiny", "cores": 1, "ram": 512, "disk": 10_240 }
    ]);
    let subnets = json!([
        { "uuid": "b0000000000000000000000000000001", "state": "OK", "is_connected": false },
        { "uuid": SUBNET, "state": "OK", "is_connected": true }
    ]);
    let images = json!([{ "uuid": IMAGE, "name": "Ubuntu 24.04", "min_disk": 10_240, "min_ram": 1_024 }]);
    let mut flavors = list("openstack-flavors", flavors);
    flavors.answer_headers.clear();
    let mut subnets = list("openstack-subnets", subnets);
    subnets.answer_headers = vec![("x-result-count".into(), "2".into())];
    flavors.answer_headers.push(("x-result-count".into(), "3".into()));
    vec![list("openstack-images", images), flavors, subnets]
}

fn keys(answer: &str, count: &str) -> Exchange {
    get("/api/keys/?page_size=300", answer).with_answer_header("x-result-count", count)
}

fn created() -> Exchange {
    let answer = json!({ "uuid": ORDER, "state": "executing", "marketplace_resource_uuid": RESOURCE });
    answered(201, &answer.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_waldur_order_is_resolved_from_neutral_words_and_looked_up_once() {
    let stored = format!(r#"[{{"uuid":"k1","name":"home","public_key":"{KEY}"}}]"#);
    let mut exchanges = catalogue();
    exchanges.extend([offering(OFFERING), keys(&stored, "1"), created(), created()]);
    let (replay, provider) = provider(Dialect::Waldur, exchanges);
    let made = provider.create(&wish()).await.unwrap();
    assert_eq!((made.order.as_deref(), made.instance.as_deref()), (Some(ORDER), Some(RESOURCE)));
    let first = replay.asked().len();
    assert_eq!(first, 6);
    let body: Value = serde_json::from_str(replay.asked()[5].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["attributes"]["flavor"], format!("/api/openstack-flavors/{FLAVOR}/"));
    assert_eq!(body["attributes"]["image"], format!("/api/openstack-images/{IMAGE}/"));
    assert_eq!(body["attributes"]["ports"][0]["subnet"], format!("/api/openstack-subnets/{SUBNET}/"));
    assert_eq!(body["attributes"]["system_volume_size"], 10_240);
    assert_eq!(body["attributes"]["ssh_public_key"], "/api/keys/k1/");
    assert_eq!(body["project"], format!("/api/projects/{PROJECT}/"));
    assert!(body.get("plan").is_none());
    provider.create(&wish()).await.unwrap();
    assert_eq!(replay.asked().len(), first + 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_the_offerings_parent_is_not_sent() {
    let stored = format!(r#"[{{"uuid":"k1","public_key":"{KEY}"}}]"#);
    let parent = "46c9a049ce82458e92cc991e128c1463";
    for (owner, wanted) in [(OFFERING, true), (parent, false)] {
        let mut exchanges = catalogue();
        exchanges.extend([offering(owner), keys(&stored, "1"), created()]);
        let replay = std::sync::Arc::new(vmbroker_http::Replay::new(exchanges));
        let provider = over(replay.clone(), {
            let mut config = config(Dialect::Waldur);
            config.plan = Some(PLAN.into());
            config
        });
        provider.create(&wish()).await.unwrap();
        let sent = replay.asked().pop().unwrap();
        let body: Value = serde_json::from_str(sent.body.as_deref().unwrap()).unwrap();
        assert_eq!(body.get("plan").is_some(), wanted, "{owner}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_stored_once_and_found_where_another_was_faster() {
    let new = Exchange::new("POST", "/api/keys/", 201, r#"{"uuid":"k2","name":"x"}"#);
    let mut exchanges = catalogue();
    exchanges.extend([offering(OFFERING), keys("[]", "0"), new, created()]);
    let (replay, stored_now) = provider(Dialect::Waldur, exchanges);
    stored_now.create(&wish()).await.unwrap();
    assert!(replay.asked().pop().unwrap().body.unwrap().contains("/api/keys/k2/"));
    let taken = Exchange::new("POST", "/api/keys/", 400, r#"{"name":["This field must be unique."]}"#);
    let stored = format!(r#"[{{"uuid":"k3","public_key":"{KEY}"}}]"#);
    let mut exchanges = catalogue();
    exchanges.extend([offering(OFFERING), keys("[]", "0"), taken, keys(&stored, "1"), created()]);
    let (replay, raced) = provider(Dialect::Waldur, exchanges);
    raced.create(&wish()).await.unwrap();
    assert!(replay.asked().pop().unwrap().body.unwrap().contains("/api/keys/k3/"));
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_fails_ordered_nothing() {
    let path = format!("/api/marketplace-public-offerings/{OFFERING}/");
    let unknown = Exchange::new("GET", &path, 404, r#"{"detail":"No Offering matches the given query."}"#);
    let (replay, wrong) = provider(Dialect::Waldur, vec![unknown]);
    let error = wrong.create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidConfig, Effect::None), "{error}");
    assert_eq!(asked(&replay).len(), 1);
    let mut exchanges = catalogue();
    exchanges.push(offering(OFFERING));
    let (replay, small) = provider(Dialect::Waldur, exchanges);
    let mut large = wish();
    large.machine = MachineWish::Size(Size { vcpus: 64, memory_mib: 1_024 });
    let error = small.create(&large).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::IncompatibleOffer, Effect::None));
    large.machine = MachineWish::Offer(OfferId("unknown".into()));
    assert_eq!(small.create(&large).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    large.image = "debian-12".parse().unwrap();
    assert_eq!(small.create(&large).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    assert!(asked(&replay).iter().all(|call| !call.starts_with("POST")));
}

#[tokio::test(start_paused = true)]
async fn flavors_are_offers() {
    let mut exchanges = catalogue();
    let configuration = get("/api/configuration/", r#"{"CURRENCY_NAME":"EUR"}"#);
    exchanges.extend([offering(OFFERING), configuration, offering(OFFERING)]);
    let (replay, provider) = provider(Dialect::Waldur, exchanges);
    let query = OfferQuery { vcpus: Some(2), ..OfferQuery::default() };
    let mut offers = provider.offers(&query).await.unwrap();
    offers.sort_by_key(|offer| offer.size);
    let ids: Vec<&str> = offers.iter().map(|offer| offer.id.0.as_str()).collect();
    // The offering has a plan of its own, so the offer names it; it tells no price.
    let with_plan = [FLAVOR, "a0000000000000000000000000000001"].map(|flavor| format!("{flavor}:{PLAN}"));
    assert_eq!(ids, with_plan);
    assert!(!offers[0].price.is_known());
    assert_eq!(offers[0].extras["name"], "m1.small");
    let nowhere = OfferQuery { countries: vec!["NO".parse().unwrap()], ..OfferQuery::default() };
    assert!(provider.offers(&nowhere).await.unwrap().is_empty());
    assert!(asked(&replay).iter().all(|call| call.starts_with("GET ")));
}
