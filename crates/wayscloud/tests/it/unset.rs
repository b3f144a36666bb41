//! Accounts that leave out project, offering and plan.

use serde_json::{Value, json};
use vmbroker_core::{Clock, ComputeProvider, Effect, Error, ErrorKind, OfferQuery, Secret, State};
use vmbroker_http::{Answer, Request};
use vmbroker_sim::{Dialect as Spoken, Sandbox, SandboxConfig, WALDUR_IDS};
use vmbroker_wayscloud::{Config, Credentials, Dialect, Wayscloud};

use crate::cloud::{Counted, OFFERING, ORDER, PLAN, PROJECT, RESOURCE, config, marker, over, wish};

const OTHER: &str = "c61bf2b8476340fcb8123b7b2fb48dd2";
const VM: &str = "OpenStack.Instance";

/// What a provider lists; `None`: it has no such list.
#[derive(Clone, Debug)]
struct Lists {
    projects: Option<Value>,
    offerings: Option<Value>,
    plans: Value,
}

impl Lists {
    /// One of each.
    fn one() -> Self {
        Self {
            projects: Some(json!([{ "uuid": PROJECT, "name": "web" }])),
            offerings: Some(json!([offering(OFFERING, VM, Some(PROJECT))])),
            plans: json!([{ "uuid": PLAN, "name": "Hourly" }]),
        }
    }
}

fn offering(uuid: &str, kind: &str, project: Option<&str>) -> Value {
    json!({ "uuid": uuid, "name": format!("of {kind}"), "type": kind, "state": "Active", "project_uuid": project })
}

fn json_answer(status: u16, body: &Value) -> Answer {
    let count = body.as_array().map_or(1, Vec::len).to_string();
    let headers = vec![("x-result-count".into(), count)];
    Answer { status, headers, body: body.to_string().into() }
}

/// A provider of the documented dialect that has these lists and takes every order.
fn with(lists: Lists) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    move |request| {
        let listed = |list: &Option<Value>| match list {
            Some(list) => json_answer(200, list),
            None => json_answer(405, &json!({ "detail": "Method \"GET\" not allowed." })),
        };
        let detail = format!("/api/marketplace-public-offerings/{OFFERING}/");
        match request.url.path() {
            "/api/projects/" => listed(&lists.projects),
            "/api/marketplace-public-offerings/" | "/api/marketplace-offerings/" => listed(&lists.offerings),
            path if path == detail => json_answer(200, &json!({ "uuid": OFFERING, "plans": lists.plans })),
            "/api/marketplace-orders/" => json_answer(201, &json!({ "uuid": ORDER, "state": "Creating" })),
            _ => json_answer(404, &json!({ "detail": "Not found." })),
        }
    }
}

/// Everything that no catalogue of these tests tells, and no project, offering and plan.
fn unset() -> Config {
    Config { project: None, offering: None, plan: None, ..config(Dialect::Documented) }
}

async fn refused(lists: Lists) -> Error {
    let cloud = Counted::new(with(lists));
    let error = over(cloud.clone(), unset()).create(&wish()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidConfig, Effect::None), "{error}");
    assert!(cloud.take().iter().all(|call| call.starts_with("GET ")), "something was ordered");
    error
}

#[tokio::test(start_paused = true)]
async fn the_only_project_offering_and_plan_are_taken_and_asked_for_once() {
    let cloud = Counted::new(with(Lists {
        offerings: Some(json!([
            offering(OTHER, "OpenStack.Tenant", Some(PROJECT)),
            offering(PLAN, VM, Some(OTHER)),
            offering(ORDER, VM, None),
            { "uuid": RESOURCE, "type": VM, "state": "Archived", "project_uuid": PROJECT },
            offering(OFFERING, VM, Some(PROJECT)),
        ])),
        plans: json!([
            { "uuid": PLAN, "url": format!("https://w.example/api/marketplace-public-offerings/{OFFERING}/plans/{PLAN}/") },
            { "uuid": OTHER, "url": format!("https://w.example/api/marketplace-public-offerings/{OTHER}/plans/{OTHER}/") },
            { "uuid": ORDER, "archived": true },
            { "uuid": RESOURCE, "is_active": false },
        ]),
        ..Lists::one()
    }));
    let provider = over(cloud.clone(), unset());
    provider.create(&wish()).await.unwrap();
    let asked = cloud.take();
    assert_eq!(
        asked,
        [
            "GET /api/projects/?page_size=300".to_owned(),
            format!("GET /api/marketplace-public-offerings/?type={VM}&page_size=300"),
            format!("GET /api/marketplace-public-offerings/{OFFERING}/"),
            "POST /api/marketplace-orders/".to_owned(),
        ]
    );
    provider.create(&wish()).await.unwrap();
    assert_eq!(cloud.take(), ["POST /api/marketplace-orders/"]);
}

#[tokio::test(start_paused = true)]
async fn an_offering_of_no_project_serves_where_the_project_has_none_of_its_own() {
    for (of, serves) in [(None, true), (Some(PROJECT), true), (Some(OTHER), false)] {
        let offerings = Some(json!([offering(OFFERING, VM, of)]));
        let cloud = Counted::new(with(Lists { offerings, ..Lists::one() }));
        assert_eq!(over(cloud, unset()).create(&wish()).await.is_ok(), serves, "{of:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn none_or_several_are_refused_by_the_field_with_what_could_be_meant() {
    let none = || Some(json!([]));
    let rows = [
        (Lists { projects: none(), ..Lists::one() }, "project"),
        (Lists { projects: None, ..Lists::one() }, "project"),
        (Lists { offerings: none(), ..Lists::one() }, "offering"),
        (Lists { offerings: None, ..Lists::one() }, "offering"),
        (Lists { plans: json!([]), ..Lists::one() }, "plan"),
    ];
    for (lists, field) in rows {
        let error = refused(lists).await;
        let said = format!("`{field}` must be set in the account's configuration: the provider lists none");
        assert!(error.message().starts_with(&said), "{error}");
    }
    let two = |name: &str| json!([{ "uuid": OTHER, "name": name }, { "uuid": PLAN, "name": "b" }]);
    let error = refused(Lists { projects: Some(two("a\u{1b}[31m")), ..Lists::one() }).await;
    assert!(error.message().starts_with("`project` must be set"), "{error}");
    assert!(error.message().ends_with(&format!(" ({OTHER}), b ({PLAN})")), "{error}");
    assert!(!error.message().contains('\u{1b}'));
    let offerings = Some(json!([offering(OFFERING, VM, Some(PROJECT)), offering(OTHER, VM, Some(PROJECT))]));
    let error = refused(Lists { offerings, ..Lists::one() }).await;
    assert!(error.message().starts_with("`offering` must be set"), "{error}");
    assert!(error.message().contains(OFFERING) && error.message().contains(OTHER), "{error}");
    let error = refused(Lists { plans: two("a"), ..Lists::one() }).await;
    assert!(error.message().ends_with(&format!("a ({OTHER}), b ({PLAN})")), "{error}");
    let many: Vec<Value> = (0..9).map(|n| json!({ "uuid": format!("{n:032x}"), "name": "n" })).collect();
    let error = refused(Lists { projects: Some(json!(many)), ..Lists::one() }).await;
    assert_eq!(error.message().matches("n (0").count(), 5, "{error}");
    assert!(error.message().ends_with(" and 4 more"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_neither_taken_nor_overlooked() {
    let one = json!({ "uuid": PROJECT, "name": "web" });
    for other in [json!(null), json!("x"), json!({ "uuid": "../../x", "name": "odd" })] {
        refused(Lists { projects: Some(json!([one, other])), ..Lists::one() }).await;
        refused(Lists { projects: Some(json!([other])), ..Lists::one() }).await;
    }
    let twice = Lists { projects: Some(json!([one, one])), ..Lists::one() };
    over(Counted::new(with(twice)), unset()).create(&wish()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_project_every_machine_that_the_token_sees_is_listed_and_no_disk() {
    for dialect in [Dialect::Documented, Dialect::Waldur] {
        let name = marker().to_string();
        let row = |uuid: &str, project: &str, kind: Option<&str>, name: &str| json!({ "uuid": uuid, "name": name, "state": "OK", "project_uuid": project, "offering_uuid": OFFERING, "offering_type": kind });
        let rows = json!([
            row("a", PROJECT, Some(VM), "web"),
            row("b", OTHER, Some(VM), &name),
            row("c", OTHER, None, "who knows"),
            row("d", OTHER, Some("OpenStack.Volume"), &format!("{name}-system")),
            row("e", OTHER, Some("OpenStack.Tenant"), "network"),
            row("f", OTHER, Some("Marketplace.Remote"), &name),
            row("g", OTHER, Some("Marketplace.Remote"), "mail"),
        ]);
        let cloud = Counted::new(move |request: &Request| match request.url.path() {
            "/api/marketplace-resources/" => json_answer(200, &rows),
            _ => json_answer(404, &json!({ "detail": "Not found." })),
        });
        let unset = Config { project: None, offering: None, plan: None, ..config(dialect) };
        let provider = over(cloud.clone(), unset);
        let listing = provider.list().await.unwrap();
        let ids: Vec<&str> = listing.instances().iter().map(|it| it.handle.id()).collect();
        assert_eq!(ids, ["a", "b", "c", "f"], "{dialect:?}");
        let asked = cloud.take();
        let list = asked.iter().find(|call| call.contains("marketplace-resources")).unwrap();
        assert!(!list.contains("project_uuid=") && !list.contains("offering_uuid="), "{list}");
        // What a second look costs.
        provider.list().await.unwrap();
        assert_eq!(cloud.take().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_sees_no_project_does_not_read_as_an_empty_account() {
    let empty = |projects: Option<Value>| {
        Counted::new(move |request: &Request| match (request.url.path(), &projects) {
            ("/api/marketplace-resources/", _) => json_answer(200, &json!([])),
            ("/api/projects/", Some(projects)) => json_answer(200, projects),
            _ => json_answer(404, &json!({ "detail": "Not found." })),
        })
    };
    let error = over(empty(Some(json!([]))), unset()).list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.message().contains("`project`"), "{error}");
    for projects in [None, Some(json!([{ "uuid": PROJECT }, { "uuid": OTHER }]))] {
        assert!(over(empty(projects), unset()).list().await.unwrap().instances().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_and_the_address_are_all_that_the_simulated_clouds_need() {
    for (spoken, dialect) in [(Spoken::Wayscloud, Dialect::Documented), (Spoken::Waldur, Dialect::Waldur)] {
        let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
        let config = SandboxConfig { dialects: vec![spoken], ..SandboxConfig::new(clock.clone()) };
        let sandbox = Sandbox::start(config).await.unwrap();
        let running = sandbox.cloud(spoken).unwrap();
        let credentials =
            Credentials { token: Secret::new(running.cloud.account().credentials.secret.clone()) };
        let config = Config { dialect, url: Some(running.url.clone()), ..Config::default() };
        let provider = Wayscloud::new("ways".parse().unwrap(), config, credentials, clock.clone()).unwrap();
        assert!(provider.list().await.unwrap().instances().is_empty());
        assert_eq!(provider.offers(&OfferQuery::default()).await.unwrap().len(), WALDUR_IDS.flavors.len());
        let mut request = wish();
        request.image = "ubuntu-22.04".parse().unwrap();
        let handle = provider.create(&request).await.unwrap();
        clock.sleep(std::time::Duration::from_secs(3_600)).await;
        let before = running.cloud.count_calls(None);
        let seen = provider.status(std::slice::from_ref(&handle)).await.unwrap();
        assert_eq!(seen[0].state(), Some(State::Running), "{dialect:?}");
        assert!(running.cloud.count_calls(None) - before <= 2);
        let listing = provider.list().await.unwrap();
        assert_eq!(listing.with_marker(request.marker).count(), 1);
        assert_eq!(listing.instances().len(), 1);
    }
}
