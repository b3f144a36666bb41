//! The manners of HTTP: tokens, slashes, types, pages, filters.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vmbroker_core::Clock;
use vmbroker_sim::{Dialect, Fault, FaultKind, Sandbox, SandboxConfig, WALDUR_IDS};

use crate::{Bench, order_path, waldur_order};

const ORDERS: &str = "/api/marketplace-orders/";
const RESOURCES: &str = "/api/marketplace-resources/";

#[test]
fn a_token_is_refused_in_four_ways() {
    let bench = Bench::waldur();
    let rows = [
        (None, "Authentication credentials were not provided."),
        (Some("Bearer sandbox-secret-not-for-real-use"), "Authentication credentials were not provided."),
        (Some("Token"), "Invalid token. No credentials provided."),
        (Some("Token wrong"), "Invalid token."),
    ];
    for (header, detail) in rows {
        let mut request = bench.request("GET", ORDERS, None);
        request.headers.extend(header.map(|header| ("authorization".to_owned(), header.to_owned())));
        let reply = bench.send(&request, None);
        assert_eq!((reply.status, &reply.body), (401, &json!({ "detail": detail })), "{header:?}");
        assert_eq!(reply.header("www-authenticate"), "Token");
    }
    let mut request = bench.request("GET", ORDERS, None);
    request.headers.push(("authorization".to_owned(), "tOkEn sandbox-secret-not-for-real-use".to_owned()));
    assert_eq!(bench.send(&request, None).status, 200);
    let open = bench.send(&bench.request("GET", "/api/configuration/", None), None);
    assert_eq!((open.status, &open.body["CURRENCY_NAME"]), (200, &json!("EUR")));
}

#[test]
fn a_token_that_rests_too_long_expires_where_it_has_a_lifetime() {
    let bench = Bench::waldur();
    bench.cloud.account().shelf("settings").insert("token_lifetime".to_owned(), json!(3_600));
    for _ in 0..3 {
        assert_eq!(bench.get(ORDERS).status, 200);
        bench.step(3_000_000);
    }
    bench.step(1_000_000);
    let late = bench.get(ORDERS);
    assert_eq!((late.status, &late.body["detail"]), (401, &json!("Token has expired.")));
}

#[test]
fn the_last_slash_must_be_there() {
    for bench in [Bench::waldur(), Bench::documented()] {
        for (method, target, location) in [
            ("GET", "/api/marketplace-orders", ORDERS),
            ("POST", "/api/marketplace-orders", ORDERS),
            ("GET", "/api/marketplace-resources?page=2", "/api/marketplace-resources/?page=2"),
        ] {
            let reply = bench.call_with(method, target, None, None);
            assert_eq!((reply.status, reply.header("location")), (301, location));
            assert!(reply.is_page());
        }
        for target in ["/api/nothing/", "/api/nothing", "/", "/api/marketplace-orders//", "/api/v1/vps/"] {
            let reply = bench.get(target);
            assert!(reply.status == 404 && reply.is_page(), "{target}");
        }
    }
    let documented = Bench::documented();
    assert_eq!(documented.get("/api/marketplace-offerings/").body["results"][0]["uuid"], WALDUR_IDS.offering);
    assert!(documented.get("/api/openstack-instances/").is_page());
    let waldur = Bench::waldur();
    assert!(waldur.get("/api/marketplace-offerings/").is_page());
}

#[test]
fn types_and_verbs_are_checked() {
    let bench = Bench::waldur();
    let with = |name: &str, value: &str| {
        let mut request = bench.request("POST", ORDERS, None);
        request.body = b"{}".to_vec();
        request.headers.push((name.to_owned(), value.to_owned()));
        let secret = bench.cloud.account().credentials.secret.clone();
        request.headers.push(("authorization".to_owned(), format!("Token {secret}")));
        bench.send(&request, None)
    };
    let reply = with("content-type", "text/plain");
    assert_eq!(reply.status, 415);
    assert_eq!(reply.body["detail"], "Unsupported media type \"text/plain\" in request.");
    assert_eq!(with("accept", "text/html").status, 406);
    assert_eq!(with("content-type", "application/json; charset=utf-8").status, 400);

    let mut request = bench.request("POST", ORDERS, Some(&json!({})));
    request.body = b"{oops".to_vec();
    let secret = bench.cloud.account().credentials.secret.clone();
    request.headers.push(("authorization".to_owned(), format!("Token {secret}")));
    let reply = bench.send(&request, None);
    assert_eq!(reply.status, 400);
    assert!(reply.body["detail"].as_str().unwrap().starts_with("JSON parse error - "));

    let reply = bench.call_with("PUT", ORDERS, None, None);
    assert_eq!((reply.status, &reply.body["detail"]), (405, &json!("Method \"PUT\" not allowed.")));
}

#[test]
fn ids_are_bare_hex_and_dashes_are_understood() {
    let bench = Bench::waldur();
    let (order, _) = bench.order_at_waldur("vm", None);
    let dashed =
        format!("{}-{}-{}-{}-{}", &order[..8], &order[8..12], &order[12..16], &order[16..20], &order[20..]);
    let reply = bench.get(&order_path(&dashed));
    assert_eq!((reply.status, &reply.body["uuid"]), (200, &json!(order)));
    let reply = bench.get(&order_path("00000000000000000000000000000000"));
    assert_eq!((reply.status, &reply.body["detail"]), (404, &json!("No Order matches the given query.")));
}

#[test]
fn lists_come_in_pages() {
    let bench = Bench::waldur();
    let orders: Vec<String> = (0..13)
        .map(|at| {
            bench.step(1_000);
            bench.order_at_waldur(&format!("vm-{at}"), None).0
        })
        .collect();
    let first = bench.get(ORDERS);
    assert_eq!((first.body.as_array().unwrap().len(), first.header("x-result-count")), (10, "13"));
    assert_eq!(first.body[0]["uuid"], orders[0].as_str(), "the oldest first");
    let base = "http://sim.test/api/marketplace-orders/";
    let wanted =
        format!("<{base}>; rel=\"first\", <{base}?page=2>; rel=\"next\", <{base}?page=2>; rel=\"last\"");
    assert_eq!(first.header("link"), wanted);

    let second = bench.get(&format!("{ORDERS}?page=2&page_size=2&field=uuid&field=state"));
    assert_eq!(second.body[0], json!({ "uuid": orders[2], "state": "executing" }));
    let link = second.header("link");
    assert!(link.contains("?field=uuid&field=state&page_size=2>; rel=\"prev\""), "{link}");
    assert!(link.contains("?field=uuid&field=state&page=3&page_size=2>; rel=\"next\""), "{link}");
    assert!(link.contains("page=7&page_size=2>; rel=\"last\""), "{link}");

    for page in ["3", "0", "x"] {
        let past = bench.get(&format!("{ORDERS}?page={page}"));
        assert_eq!((past.status, past.body), (404, json!({ "detail": "Invalid page." })), "{page}");
    }
    assert_eq!(bench.get(&format!("{ORDERS}?o=-created&page_size=1")).body[0]["uuid"], orders[12].as_str());
    let empty = bench.get(&format!("{ORDERS}?state=erred"));
    assert_eq!((empty.body, empty.raw.headers[0].1.as_str()), (json!([]), "0"));
    let head = bench.call_with("HEAD", ORDERS, None, None);
    assert_eq!((head.header("x-result-count"), head.raw.body.len()), ("13", 0));

    bench.cloud.account().profile.page_cap = Some(5);
    let capped = bench.get(&format!("{ORDERS}?page_size=100"));
    assert_eq!(capped.body.as_array().unwrap().len(), 5);
    assert!(capped.header("link").contains("page=3&page_size=100>; rel=\"last\""));
}

#[test]
fn a_page_holds_300_rows_at_most() {
    let bench = Bench::waldur();
    for at in 0..310 {
        bench.order_at_waldur(&format!("vm-{at}"), None);
    }
    let page = bench.get(&format!("{RESOURCES}?page_size=1000&field=uuid"));
    assert_eq!((page.body.as_array().unwrap().len(), page.header("x-result-count")), (300, "310"));
}

#[test]
fn filters_narrow_lists_and_refuse_what_cannot_be() {
    let bench = Bench::waldur();
    let (_, resource) = bench.order_at_waldur("vm-one", None);
    bench.step(120_000);
    bench.order_at_waldur("vm-two", None);
    let count = |target: String| bench.get(&target).body.as_array().map(Vec::len);
    assert_eq!(count(format!("{RESOURCES}?name=VM")), Some(2));
    assert_eq!(count(format!("{RESOURCES}?name_exact=vm")), Some(0));
    assert_eq!(count(format!("{RESOURCES}?name_exact=vm-one&nonsense=1")), Some(1));
    assert_eq!(count(format!("{RESOURCES}?state=OK")), Some(1));
    assert_eq!(count(format!("{RESOURCES}?state=OK&state=Creating")), Some(2));
    assert_eq!(count(format!("{RESOURCES}?runtime_state=ACTIVE")), Some(1));
    assert_eq!(count(format!("{RESOURCES}?offering_type=Marketplace.Basic")), Some(0));
    assert_eq!(count(format!("{RESOURCES}?project_uuid={}", WALDUR_IDS.project)), Some(2));
    assert_eq!(count(format!("{RESOURCES}?project_uuid={}", WALDUR_IDS.offering)), Some(0));
    assert_eq!(count(format!("{ORDERS}?resource_uuid={resource}")), Some(1));
    assert_eq!(count(format!("{ORDERS}?state=done&state=erred")), Some(1));
    assert_eq!(count(format!("{ORDERS}?type=Terminate")), Some(0));
    assert_eq!(count(format!("{ORDERS}?created=2026-11-20T22:29:00Z")), Some(1));
    assert_eq!(count("/api/openstack-instances/?state=OK".to_owned()), Some(1));
    let rows = [
        (
            format!("{ORDERS}?state=done,erred"),
            json!({ "state": ["Select a valid choice. done,erred is not one of the available choices."] }),
        ),
        (
            format!("{ORDERS}?state=Creating"),
            json!({ "state": ["Select a valid choice. Creating is not one of the available choices."] }),
        ),
        (format!("{ORDERS}?project_uuid=zzz"), json!({ "project_uuid": ["Enter a valid UUID."] })),
        (
            format!("{RESOURCES}?state=Bogus"),
            json!({ "state": ["Select a valid choice. Bogus is not one of the available choices."] }),
        ),
        (
            "/api/openstack-instances/?state=CREATING".to_owned(),
            json!({ "state": ["Select a valid choice. CREATING is not one of the available choices."] }),
        ),
    ];
    for (target, wanted) in rows {
        let reply = bench.get(&target);
        assert_eq!((reply.status, reply.body), (400, wanted), "{target}");
    }
}

#[test]
fn every_call_has_a_word_for_faults() {
    let bench = Bench::waldur();
    let rows = [
        ("POST", "/api/marketplace-orders/", "create"),
        ("POST", "/api/marketplace-orders", "create"),
        ("GET", "/api/marketplace-orders/", "status"),
        ("GET", "/api/marketplace-orders/1/", "status"),
        ("DELETE", "/api/marketplace-orders/1/", "delete"),
        ("GET", "/api/marketplace-resources/", "list"),
        ("GET", "/api/marketplace-resources/1/", "status"),
        ("POST", "/api/marketplace-resources/1/terminate/", "delete"),
        ("DELETE", "/api/marketplace-resources/1/", "delete"),
        ("GET", "/api/openstack-instances/1/", "status"),
        ("POST", "/api/openstack-instances/1/stop/", "power"),
        ("GET", "/api/marketplace-public-offerings/", "offers"),
        ("GET", "/api/openstack-flavors/", "offers"),
        ("GET", "/api/openstack-images/", "images"),
        ("GET", "/api/openstack-subnets/", "subnets"),
        ("GET", "/api/keys/", "keys"),
        ("GET", "/nothing/", "other"),
    ];
    for (method, target, word) in rows {
        assert_eq!(bench.face.operation(&bench.request(method, target, None)), word, "{method} {target}");
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_an_order_behind_that_a_list_shows() {
    let clock = Clock::simulated("2026-11-20T22:28:00Z".parse().unwrap(), 1);
    let config = SandboxConfig { dialects: vec![Dialect::Waldur], ..SandboxConfig::new(clock) };
    let sandbox = Sandbox::start(config).await.unwrap();
    let running = sandbox.cloud(Dialect::Waldur).unwrap();
    running.cloud.arm(Fault::once("create", FaultKind::LoseAnswer));
    let token = running.cloud.account().credentials.secret.clone();
    let host = running.url.strip_prefix("http://").unwrap();
    let call = async |head: &str, body: &str| {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let text = format!(
            "{head} HTTP/1.1\r\nhost: {host}\r\nauthorization: Token {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that ends hard is an answer too: none.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    assert_eq!(call(&format!("POST {ORDERS}"), &waldur_order("vm").to_string()).await, "");
    let listed = call(&format!("GET {RESOURCES}?name_exact=vm"), "").await;
    let (head, body) = listed.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("x-result-count: 1"), "{head}");
    let listed: Value = serde_json::from_str(body).unwrap();
    let link = listed[0]["url"].as_str().unwrap();
    assert!(link.starts_with(&running.url), "{link}");
}
