use serde_json::{Value, json};
use vmbroker_core::{ComputeProvider, DataDisk, Effect, Error, ErrorKind, MachineWish, OfferId, Retry, Size};
use vmbroker_fluence::Auth;
use vmbroker_http::Exchange;

use crate::world::*;

fn answered(status: u16, body: &str) -> Exchange {
    Exchange::new("POST", "/vms/v3", status, body)
}

fn broken() -> Exchange {
    let mut exchange = answered(200, "the connection was reset");
    exchange.status = None;
    exchange
}

#[tokio::test(start_paused = true)]
async fn one_look_at_the_offers_and_one_create_make_a_handle() {
    let world = world(APRIL, vec![offers(&[offer(LARGE, 3), offer(SMALL, 1)]), created(ID)]);
    let handle = world.fluence.create(&wish()).await.unwrap();
    assert_eq!(handle.to_string(), format!("fluence/instance:{ID}"));
    assert_eq!(handle.marker, Some(marker()));
    assert_eq!(handle.made_at, Some("2025-05-01T12:00:00Z".parse().unwrap()));
    assert_eq!(world.calls(), ["POST /marketplace/offers", "POST /vms/v3"]);
    assert_eq!(
        world.bodies("/vms/v3"),
        [json!({"constraints":{"basicConfiguration":SMALL},"instances":1,
                "vmConfiguration":{"name":marker().to_string(),
                    "openPorts":[{"port":22,"protocol":"tcp"}],
                    "osImage":"https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64.img",
                    "sshKeys":[wish().ssh_keys[0].as_str()]}})]
    );
    let sent = &world.replay.asked()[1].headers;
    assert!(sent.contains(&("authorization".to_owned(), "[secret]".to_owned())), "{sent:?}");
    assert!(sent.contains(&("content-type".to_owned(), "application/json".to_owned())), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn an_exact_wish_needs_one_call_in_may_and_the_key_may_have_its_own_header() {
    let mut config = config(MAY);
    config.auth = Auth::XApiKey;
    let world = world_of(config, vec![created(ID)]);
    world.fluence.create(&exact_wish()).await.unwrap();
    assert_eq!(world.calls(), ["POST /vms/v3"]);
    assert_eq!(world.bodies("/vms/v3")[0]["constraints"]["datacenter"]["countries"], json!(["DE"]));
    let sent = &world.replay.asked()[0].headers;
    assert!(sent.contains(&("x-api-key".to_owned(), "[secret]".to_owned())), "{sent:?}");
    assert!(!sent.iter().any(|(name, _)| name == "authorization"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_on_offer_is_out_of_capacity_and_no_create_is_sent() {
    for rows in [vec![], vec![offer(SMALL, 0)]] {
        let world = world(APRIL, vec![offers(&rows)]);
        let error = world.fluence.create(&exact_wish()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::OutOfCapacity, Effect::None));
        assert_eq!((world.creates(), error.operation()), (0, Some("create")));
    }
    let refused = Exchange::new("POST", "/marketplace/offers", 422, r#"{"error":"No suitable offer found"}"#);
    let world = world(APRIL, vec![refused]);
    let error = world.fluence.create(&exact_wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::OutOfCapacity, Effect::None));
    assert_eq!(world.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_size_that_exists_nowhere_is_told_from_one_that_is_sold_out() {
    let all = || {
        let slugs = json!([SMALL, LARGE]).to_string();
        Exchange::new("GET", "/marketplace/basic_configurations", 200, slugs)
    };
    let mut large = wish();
    large.machine = MachineWish::Size(Size { vcpus: 4, memory_mib: 8_192 });
    let mut huge = wish();
    huge.machine = MachineWish::Size(Size { vcpus: 64, memory_mib: 8_192 });
    for contract in [APRIL, MAY] {
        let images = || Exchange::new("GET", "/vms/v3/default_images", 200, "[]");
        let exchanges = || vec![images(), offers(&[offer(SMALL, 5), offer(LARGE, 0)]), all()];
        let sold_out = world(contract, exchanges()).fluence.create(&large).await.unwrap_err();
        assert_eq!(sold_out.kind(), ErrorKind::OutOfCapacity, "{sold_out}");
        let nowhere = world(contract, exchanges()).fluence.create(&huge).await.unwrap_err();
        assert_eq!(nowhere.kind(), ErrorKind::IncompatibleOffer, "{nowhere}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_system_disk_that_grows_is_looked_for_with_its_storage() {
    let mut wish = wish();
    wish.disk_gib = Some(45);
    let row = [offer(SMALL, 1)];
    let world = world(APRIL, vec![offers(&row), offers(&row), created(ID)]);
    world.fluence.create(&wish).await.unwrap();
    let constraints = json!({"basicConfiguration":SMALL,"hardware":{"storage":[{"type":"NVMe"}]},
                             "additionalResources":{"storage":[{"type":"NVMe","megabytes":20_480}]}});
    assert_eq!(world.bodies("/marketplace/offers"), [json!({}), constraints.clone()]);
    assert_eq!(world.bodies("/vms/v3")[0]["constraints"], constraints);
}

#[tokio::test(start_paused = true)]
async fn further_disks_are_part_of_the_first_look() {
    let mut wish = wish();
    wish.data_disks = vec![DataDisk { size_gib: 20, kind: None }];
    let world = world(APRIL, vec![offers(&[offer(SMALL, 1)]), created(ID)]);
    world.fluence.create(&wish).await.unwrap();
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn hardware_and_images_are_looked_up_once_for_many_creates() {
    let hardware = json!({"cpu":[{"manufacturer":"AMD","architecture":"Zen"}],"memory":[],"storage":[]});
    let images = json!([{"id":"1","slug":"ubuntu-22-04-x64","downloadUrl":"https://x.example/own.img",
                         "username":"ubuntu"}]);
    let world = world(
        MAY,
        vec![
            Exchange::new("GET", "/vms/v3/default_images", 200, images.to_string()),
            Exchange::new("GET", "/marketplace/hardware", 200, hardware.to_string()),
            created(ID),
            created("0x79F7D3F8c1A2D7B4A890a1B5cE3EfCd8D6E7F8a9"),
            listed(MAY, &[json!({"id":ID,"status":"Active","osImage":"https://x.example/own.img"})]),
        ],
    );
    let mut wish = wish();
    wish.machine = MachineWish::Offer(OfferId(SMALL.to_owned()));
    let options = json!({"hardware":{"cpu":[{"manufacturer":"amd"}]}});
    let Value::Object(options) = options else { panic!("options are an object") };
    wish.options.insert("fluence".to_owned(), options);
    for _ in 0..2 {
        world.fluence.create(&wish).await.unwrap();
    }
    assert_eq!(world.calls().len(), 4);
    let body = &world.bodies("/vms/v3")[1];
    assert_eq!(body["vmConfiguration"]["osImage"], "https://x.example/own.img");
    assert_eq!(body["constraints"]["hardware"]["cpu"], json!([{"manufacturer":"AMD","architecture":"Zen"}]));
    let listing = world.fluence.list().await.unwrap();
    assert_eq!(listing.instances()[0].login_user.as_deref(), Some("ubuntu"));
}

#[tokio::test(start_paused = true)]
async fn an_image_nobody_knows_is_refused_with_those_that_are_known() {
    let mut wish = exact_wish();
    wish.image = "plan9-4".parse().unwrap();
    let world = world(APRIL, vec![]);
    let error = world.fluence.create(&wish).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::IncompatibleOffer, Effect::None));
    assert!(error.message().contains("debian-12"), "{error}");
    assert!(world.calls().is_empty());
}

async fn refusal(exchange: Exchange) -> Error {
    let world = world(MAY, vec![exchange, created("0x1"), created("0x2")]);
    let error = world.fluence.create(&exact_wish()).await.unwrap_err();
    assert_eq!(world.creates(), 1, "{error}");
    assert_eq!(
        (error.provider().map(ToString::to_string), error.operation()),
        (Some("fluence".into()), Some("create"))
    );
    error
}

#[tokio::test(start_paused = true)]
async fn an_uncertain_create_is_unknown_and_sent_once() {
    let two = json!([{"vmId":"0x1","vmName":"a"},{"vmId":"0x2","vmName":"a-2"}]).to_string();
    let rows = [
        (broken(), ErrorKind::Unavailable),
        (answered(500, r#"{"error":"Internal server error"}"#), ErrorKind::Unavailable),
        (answered(502, "<html><h1>Bad Gateway</h1></html>"), ErrorKind::Unavailable),
        (answered(200, r#"[{"vmId":"0x1","#), ErrorKind::Protocol),
        (answered(200, "<html>ok</html>"), ErrorKind::Protocol),
        (answered(301, "").with_answer_header("location", "https://elsewhere.example"), ErrorKind::Protocol),
        (answered(200, "[]"), ErrorKind::Protocol),
        (answered(201, r#"[{"vmName":"x"}]"#), ErrorKind::Protocol),
        (answered(200, r#"[{"vmId":" ","vmName":"x"}]"#), ErrorKind::Protocol),
        (answered(200, r#"[{"vmId":null}]"#), ErrorKind::Protocol),
        (answered(200, r#"[{"vmId":"\u001b[31m 0x1"}]"#), ErrorKind::Protocol),
        (answered(204, ""), ErrorKind::Protocol),
        (answered(200, &two), ErrorKind::Protocol),
        (answered(408, r#"{"error":"timeout"}"#), ErrorKind::Unavailable),
        (answered(409, r#"{"error":"name taken"}"#), ErrorKind::Conflict),
        (answered(429, "Too Many Requests"), ErrorKind::RateLimited),
        (answered(400, "<html>Bad Request</html>"), ErrorKind::IncompatibleOffer),
    ];
    for (exchange, kind) in rows {
        let error = refusal(exchange).await;
        assert_eq!(
            (error.kind(), error.effect(), error.retry()),
            (kind, Effect::Unknown, Retry::Never),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_documented_refusal_has_its_kind_and_changed_nothing() {
    let rows = [
        (422, r#"{"error":"No suitable offer found"}"#, ErrorKind::OutOfCapacity),
        (422, r#"{"error":"Not enough offers found"}"#, ErrorKind::OutOfCapacity),
        (403, r#"{"error":"Auth failed. No such API Key"}"#, ErrorKind::Unauthenticated),
        (
            401,
            r#"{"code":"unauthorized","error":"No Access/Api Key token found"}"#,
            ErrorKind::Unauthenticated,
        ),
        (402, r#"{"code":"insufficient_balance","error":"top up"}"#, ErrorKind::InsufficientFunds),
        (422, r#"{"error":"bad port"}"#, ErrorKind::IncompatibleOffer),
    ];
    for (status, body, kind) in rows {
        let error = refusal(answered(status, body)).await;
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_never_left_changed_nothing() {
    let world = world(MAY, vec![]);
    let error = world.fluence.create(&exact_wish()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect(), error.retry()),
        (ErrorKind::Unavailable, Effect::None, Retry::Backoff)
    );
    assert_eq!(world.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_up_changed_nothing_and_sends_no_create() {
    let world = world(
        APRIL,
        vec![Exchange::new("POST", "/marketplace/offers", 401, r#"{"error":"no"}"#), created(ID)],
    );
    let error = world.fluence.create(&exact_wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unauthenticated, Effect::None));
    assert_eq!(world.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_wish_is_refused_before_any_call() {
    let world = world(MAY, vec![created(ID)]);
    let mut wish = exact_wish();
    wish.user_data = Some("echo".to_owned());
    assert_eq!(world.fluence.create(&wish).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    wish.user_data = None;
    wish.ssh_keys.clear();
    assert_eq!(world.fluence.create(&wish).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(world.calls().is_empty());
}
