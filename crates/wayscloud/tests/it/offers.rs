//! What can be rented, and at what price.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vmbroker_core::{
    Clock, ComputeProvider, CreateRequest, Deletion, ErrorKind, MachineWish, Next, Offer, OfferId,
    OfferQuery, Secret,
};
use vmbroker_http::{Answer, Request};
use vmbroker_sim::{Cloud, Dialect as Spoken, Fault, FaultKind, Sandbox, SandboxConfig, WALDUR_IDS};
use vmbroker_wayscloud::{Config, Credentials, Dialect, Wayscloud};

use crate::cloud::{Counted, FLAVOR, OFFERING, ORDER, PLAN, config, marker, over, wish};

const OTHER: &str = "c61bf2b8476340fcb8123b7b2fb48dd2";
const PARENT: &str = "46c9a049ce82458e92cc991e128c1463";

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: vec![("x-result-count".into(), "1".into())], body: body.into() }
}

/// A plan of an offering, with so much to pay for each hour.
fn plan(offering: &str, id: &str, name: &str, price: &str) -> String {
    format!(
        r#"{{"url":"https://w.example/api/marketplace-public-offerings/{offering}/plans/{id}/","uuid":"{id}","name":"{name}",
        "unit":"hour","unit_price":"{price}","archived":false,"is_active":true,"init_price":0,"prices":{{}},"quotas":{{}}}}"#
    )
}

/// A provider with one flavor, these plans and this configuration.
fn with(plans: &str, configuration: Answer) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    let offering = format!(r#"{{"uuid":"{OFFERING}","billable":true,"components":[],"plans":[{plans}]}}"#);
    move |request| match request.url.path() {
        "/api/configuration/" => configuration.clone(),
        "/api/openstack-flavors/" => answer(
            200,
            &format!(r#"[{{"uuid":"{FLAVOR}","name":"m1.small","cores":2,"ram":4096,"disk":20480}}]"#),
        ),
        path if path == format!("/api/marketplace-public-offerings/{OFFERING}/") => answer(200, &offering),
        _ => answer(404, r#"{"detail":"Not found."}"#),
    }
}

fn euros() -> Answer {
    answer(200, r#"{"SITE_NAME":"x","CURRENCY_NAME":"EUR","FEATURES":{}}"#)
}

async fn offered(cloud: impl Fn(&Request) -> Answer + Send + Sync + 'static, config: Config) -> Vec<Offer> {
    over(Counted::new(cloud), config).offers(&OfferQuery::default()).await.unwrap()
}

fn shown(offers: &[Offer]) -> Vec<String> {
    offers.iter().map(|it| format!("{} {}", it.id, it.price)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_plan_that_an_order_could_name_is_an_offer() {
    let own = |id: &str, name: &str, price: &str| plan(OFFERING, id, name, price);
    let closed = own(ORDER, "Old", "0.01").replace(r#""archived":false"#, r#""archived":true"#);
    let full = own(ORDER, "Full", "0.01").replace(r#""is_active":true"#, r#""is_active":false"#);
    let parents = plan(PARENT, ORDER, "VPC", "0.01");
    let two =
        [own(PLAN, "Small", "0.0500000000"), closed, full, own(OTHER, "Large", "0.08"), parents.clone()];
    let two = two.join(",");
    for dialect in [Dialect::Documented, Dialect::Waldur] {
        let unset = || Config { plan: None, ..config(dialect) };
        let both = [format!("{FLAVOR}:{PLAN} 0.05 EUR/hour"), format!("{FLAVOR}:{OTHER} 0.08 EUR/hour")];
        let offers = offered(with(&two, euros()), unset()).await;
        assert_eq!(shown(&offers), both, "{dialect:?}");
        assert_eq!(offers[1].extras["plan"], "Large");
        // One that the account names is meant by every order.
        let named = Config { plan: Some(OTHER.into()), ..config(dialect) };
        assert_eq!(shown(&offered(with(&two, euros()), named).await), [format!("{FLAVOR} 0.08 EUR/hour")]);
        // The parent's plan is for the whole tenant, and no order may name it.
        let offers = offered(with(&parents, euros()), unset()).await;
        assert_eq!(shown(&offers), [format!("{FLAVOR} unknown")], "{dialect:?}");
    }
    // Where the documented order must name the only one, the offer need not.
    let one = with(&own(PLAN, "Small", "0.05"), euros());
    let offers = offered(one, Config { plan: None, ..config(Dialect::Documented) }).await;
    assert_eq!(shown(&offers), [format!("{FLAVOR} 0.05 EUR/hour")]);
    let gone = Config { plan: Some(PLAN.into()), ..config(Dialect::Waldur) };
    let offers = offered(with(&parents, euros()), gone).await;
    assert!(offers[0].price.unknown_parts()[0].contains(PLAN), "{offers:?}");
}

#[tokio::test(start_paused = true)]
async fn an_offer_with_a_plan_orders_that_plan() {
    let plans = [plan(OFFERING, PLAN, "Small", "0.05"), plan(OFFERING, OTHER, "Large", "0.08")].join(",");
    let cloud = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let bodies = cloud.clone();
    let inner = with(&plans, euros());
    let provider = over(
        Counted::new(move |request: &Request| match request.url.path() {
            "/api/marketplace-orders/" => {
                let body: Value =
                    serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap();
                bodies.lock().unwrap().push(body);
                answer(201, &format!(r#"{{"uuid":"{ORDER}"}}"#))
            }
            _ => inner(request),
        }),
        Config { plan: None, ..config(Dialect::Documented) },
    );
    let mut request = wish();
    request.machine = MachineWish::Offer(OfferId(format!("{FLAVOR}:{OTHER}")));
    provider.create(&request).await.unwrap();
    let sent = cloud.lock().unwrap()[0].clone();
    assert_eq!((&sent["plan"], &sent["attributes"]["flavor"]), (&json!(OTHER), &json!(FLAVOR)));
    for wrong in [format!("{FLAVOR}:small"), format!("{OTHER}:{OTHER}"), format!("{FLAVOR}:")] {
        request.machine = MachineWish::Offer(OfferId(wrong));
        assert_eq!(provider.create(&request).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    }
    request.machine = MachineWish::Offer(OfferId(format!("{FLAVOR}:{OTHER}")));
    let options = json!({ "plan": PLAN }).as_object().unwrap().clone();
    request.options.insert("wayscloud".to_owned(), options);
    assert_eq!(provider.create(&request).await.unwrap_err().kind(), ErrorKind::IncompatibleOffer);
    assert_eq!(cloud.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_currency_is_told_or_set_and_never_guessed() {
    let one = plan(OFFERING, PLAN, "Small", "0.05");
    let rows = [
        (euros(), "0.05 EUR/hour", ""),
        (answer(200, r#"{"CURRENCY_NAME":"nok"}"#), "0.05 NOK/hour", ""),
        (
            answer(200, r#"{"CURRENCY_NAME":"shells"}"#),
            "unknown",
            "the provider's currency `shells` is not known",
        ),
        (answer(200, r#"{"CURRENCY_NAME":null}"#), "unknown", "does not tell its currency: set `currency`"),
        (answer(200, r#"{"CURRENCY_NAME":" "}"#), "unknown", "set `currency`"),
        (answer(200, "{}"), "unknown", "set `currency`"),
        (answer(404, r#"{"detail":"Not found."}"#), "unknown", "set `currency`"),
        (answer(403, r#"{"detail":"No."}"#), "unknown", "set `currency`"),
    ];
    for (configuration, price, why) in rows {
        let body = String::from_utf8_lossy(&configuration.body).into_owned();
        let offers = offered(with(&one, configuration.clone()), config(Dialect::Documented)).await;
        assert_eq!(offers[0].price.to_string(), price, "{body}");
        assert!(offers[0].price.unknown_parts().concat().contains(why), "{body}");
        // The account's own word comes first, and saves the call.
        let set = Config { currency: Some("USD".parse().unwrap()), ..config(Dialect::Documented) };
        let cloud = Counted::new(with(&one, configuration));
        let offers = over(cloud.clone(), set).offers(&OfferQuery::default()).await.unwrap();
        assert_eq!(offers[0].price.to_string(), "0.05 USD/hour");
        assert!(cloud.take().iter().all(|call| !call.contains("configuration")));
    }
    let broken = with(&one, answer(503, ""));
    let provider = over(Counted::new(broken), config(Dialect::Documented));
    assert_eq!(provider.offers(&OfferQuery::default()).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn flavors_that_are_configured_are_offered_without_a_price_where_no_offering_is_shown() {
    let nothing = |_: &Request| answer(404, r#"{"detail":"Not found."}"#);
    let offers = offered(nothing, config(Dialect::Documented)).await;
    assert_eq!(shown(&offers), [format!("{FLAVOR} unknown")]);
    let unset = Config { offering: None, ..config(Dialect::Documented) };
    let offers = offered(nothing, unset).await;
    assert!(offers[0].price.unknown_parts()[0].contains("`offering` must be set"), "{offers:?}");
    let large = OfferQuery { disk_gib: Some(21), ..OfferQuery::default() };
    let provider = over(Counted::new(nothing), config(Dialect::Documented));
    assert!(provider.offers(&large).await.unwrap().is_empty(), "the flavor's disk is 20 GiB");
}

/// A simulated cloud and the adapter at it.
struct World {
    _sandbox: Sandbox,
    cloud: Cloud,
    clock: Clock,
    provider: Wayscloud,
}

async fn world(spoken: Spoken, own_plan: bool) -> World {
    let dialect = if spoken == Spoken::Waldur { Dialect::Waldur } else { Dialect::Documented };
    let clock = Clock::simulated("2026-11-30T22:00:00Z".parse().unwrap(), 1);
    let sandbox = SandboxConfig { dialects: vec![spoken], ..SandboxConfig::new(clock.clone()) };
    let sandbox = Sandbox::start(sandbox).await.unwrap();
    let running = sandbox.cloud(spoken).unwrap().clone();
    if own_plan {
        running.cloud.account().shelf("settings").insert("own_plan".to_owned(), json!(1));
    }
    let credentials = Credentials { token: Secret::new(running.cloud.account().credentials.secret.clone()) };
    let config = Config { dialect, url: Some(running.url.clone()), ..Config::default() };
    let provider = Wayscloud::new("ways".parse().unwrap(), config, credentials, clock.clone()).unwrap();
    World { _sandbox: sandbox, cloud: running.cloud, clock, provider }
}

impl World {
    async fn offers(&self) -> Vec<Offer> {
        let mut offers = self.provider.offers(&OfferQuery::default()).await.unwrap();
        offers.sort_by_key(|offer| offer.size);
        offers
    }

    /// Rents this offer for this long, and returns when it was made, how long it cost money, and how much.
    async fn rent(&self, offer: &Offer, run: Duration) -> (jiff::Timestamp, Duration, Decimal) {
        let mut request: CreateRequest = wish();
        request.image = "ubuntu-22.04".parse().unwrap();
        request.machine = MachineWish::Offer(offer.id.clone());
        let mut handle = self.provider.create(&request).await.unwrap();
        self.clock.sleep(run).await;
        for _ in 0..20 {
            handle = self.provider.status(std::slice::from_ref(&handle)).await.unwrap().remove(0).handle;
            let Deletion { handle: next, next: step } = self.provider.delete(&handle).await.unwrap();
            handle = next;
            if matches!(step, Next::NothingLeft) {
                break;
            }
            self.clock.sleep(Duration::from_secs(15)).await;
        }
        let ledger = self.cloud.ledger();
        let entry = ledger.entries.last().filter(|entry| entry.name.contains(marker().as_str())).unwrap();
        let run = entry.ended.unwrap().duration_since(entry.created);
        (entry.created, Duration::try_from(run).unwrap(), entry.charged)
    }
}

#[tokio::test(start_paused = true)]
async fn the_bill_is_what_the_offer_quoted_over_the_end_of_a_month() {
    for spoken in [Spoken::Wayscloud, Spoken::Waldur] {
        let world = world(spoken, true).await;
        for (moved, rate) in [(0, "0.4 EUR/day"), (7, "0.428 EUR/day")] {
            // Prices move between two questions, and are asked for anew each time.
            world.cloud.arm(Fault {
                kind: FaultKind::PriceMoved(moved),
                operation: None,
                after: 0,
                times: None,
            });
            let offers = world.offers().await;
            assert_eq!(offers.len(), WALDUR_IDS.flavors.len());
            let medium = &offers[1];
            assert_eq!(
                (medium.price.to_string().as_str(), medium.price.is_known()),
                (rate, true),
                "{spoken}"
            );
            let (start, run, charged) = world.rent(medium, Duration::from_secs(5 * 3_600)).await;
            let quoted = medium.price.total(start, run).exact().unwrap();
            assert_eq!((quoted.amount, quoted.currency.code()), (charged, "EUR"), "{spoken} {start} {run:?}");
            if moved == 0 {
                // One day of November and one of December.
                assert_eq!(charged, "0.8".parse().unwrap());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_at_a_waldur_names_the_limits_that_were_quoted() {
    let world = world(Spoken::Waldur, true).await;
    let offers = world.offers().await;
    assert_eq!(offers[1].id.0, format!("{}:{}", WALDUR_IDS.flavors[1].1, WALDUR_IDS.plan));
    let mut request = wish();
    request.image = "ubuntu-22.04".parse().unwrap();
    request.machine = MachineWish::Offer(offers[1].id.clone());
    world.provider.create(&request).await.unwrap();
    let account = world.cloud.account();
    let machine = account.machines.last().unwrap();
    assert_eq!(machine.extra["vm"]["limits"], json!({ "cores": 2, "ram": 4 }));
    assert_eq!(machine.extra["vm"]["has_plan"], json!(true));
    let quoted: Decimal = offers[1].price.charges().iter().map(|charge| charge.amount).sum();
    assert_eq!(machine.offer.price, quoted);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_its_tenant_pays_for_has_no_price_of_its_own() {
    let world = world(Spoken::Waldur, false).await;
    let offers = world.offers().await;
    assert_eq!(offers[1].id.0, WALDUR_IDS.flavors[1].1);
    for offer in offers {
        assert!(offer.price.charges().is_empty());
        assert!(offer.price.unknown_parts()[0].contains("its tenant is charged"), "{:?}", offer.price);
    }
}
