use serde_json::json;
use vmbroker_core::{Availability, ChargeType, ComputeProvider, ErrorKind, Offer, OfferQuery};
use vmbroker_http::Exchange;

use crate::world::*;

fn amount(offer: &Offer) -> String {
    assert!(offer.price.is_known(), "{offer:?}");
    offer.price.charges()[0].amount.normalize().to_string()
}

fn estimate(status: u16, body: &serde_json::Value) -> Exchange {
    Exchange::new("POST", "/vms/v3/estimate", status, body.to_string())
}

fn costs(price: &str) -> Exchange {
    let twice: rust_decimal::Decimal = price.parse().unwrap();
    let deposit = (twice + twice).to_string();
    estimate(
        200,
        &json!({"depositAmountUsdc":deposit,"depositEpochs":2,"totalPricePerEpoch":price,
                          "maxPricePerEpoch":price,"instances":1}),
    )
}

fn none_left() -> Exchange {
    estimate(422, &json!({"error":"Not enough offers found"}))
}

fn with_disk(gib: u64) -> OfferQuery {
    OfferQuery { disk_gib: Some(gib), ..OfferQuery::default() }
}

#[tokio::test(start_paused = true)]
async fn offers_are_asked_for_by_country_and_can_be_ordered_by_their_id() {
    let rows = [offer(LARGE, 1), offer(SMALL, 2), offer(SMALL, 3), json!({"configuration":5})];
    let world = world(MAY, vec![offers(&rows), created(ID)]);
    let query =
        OfferQuery { countries: vec!["DE".parse().unwrap()], vcpus: Some(2), ..OfferQuery::default() };
    let found = world.fluence.offers(&query).await.unwrap();
    assert_eq!(world.bodies("/marketplace/offers"), [json!({"datacenter":{"countries":["DE"]}})]);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].id.0, format!("{SMALL}@DE"));
    assert_eq!((found[0].availability, amount(&found[0])), (Availability::Count(5), "0.3".to_owned()));
    let mut wish = exact_wish();
    wish.machine = vmbroker_core::MachineWish::Offer(found[0].id.clone());
    world.fluence.create(&wish).await.unwrap();
    let constraints = json!({"basicConfiguration":SMALL,"datacenter":{"countries":["DE"]}});
    assert_eq!(world.bodies("/vms/v3")[0]["constraints"], constraints);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_rented_here_is_no_offer_and_no_call() {
    let world = world(APRIL, vec![]);
    let prepaid = OfferQuery { charge: Some(ChargeType::Prepaid { months: 1 }), ..OfferQuery::default() };
    let zone = OfferQuery { zone: Some("FRA-1".to_owned()), ..OfferQuery::default() };
    for query in [prepaid, zone] {
        assert!(world.fluence.offers(&query).await.unwrap().is_empty());
    }
    assert!(world.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_offers_are_no_error_however_they_are_told() {
    let refused = Exchange::new("POST", "/marketplace/offers", 422, r#"{"error":"Not enough offers found"}"#);
    for exchange in [offers(&[]), refused] {
        let world = world(MAY, vec![exchange]);
        assert!(world.fluence.offers(&OfferQuery::default()).await.unwrap().is_empty());
    }
}

/// What is asked an estimate for is what a create of that offer and disk sends, in both contracts.
#[tokio::test(start_paused = true)]
async fn a_larger_disk_is_priced_by_an_estimate_of_the_very_create() {
    for contract in [APRIL, MAY] {
        let look = || offers(&[offer(SMALL, 2)]);
        let world = world(contract, vec![look(), costs("0.35793"), look(), created(ID)]);
        let found = world.fluence.offers(&with_disk(45)).await.unwrap();
        assert_eq!((amount(&found[0]).as_str(), found[0].disk_gib), ("0.35793", Some(45)));
        assert_eq!(found[0].extras["depositAmountUsdc"], "0.71586");
        let mut wish = exact_wish();
        wish.machine = vmbroker_core::MachineWish::Offer(found[0].id.clone());
        wish.disk_gib = Some(45);
        let asked = world.bodies("/vms/v3/estimate");
        assert_eq!((asked.len(), &asked[0]["instances"]), (1, &json!(1)));
        if contract == MAY {
            // Under 2025-05 a create does not look at the offers first.
            world.fluence.offers(&OfferQuery::default()).await.unwrap();
        }
        world.fluence.create(&wish).await.unwrap();
        assert_eq!(world.bodies("/vms/v3")[0]["constraints"], asked[0]["constraints"]);
        assert_eq!(asked[0]["constraints"]["hardware"], json!({"storage":[{"type":"NVMe"}]}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_the_configuration_has_needs_no_estimate() {
    let world = world(MAY, vec![offers(&[offer(SMALL, 2)])]);
    let found = world.fluence.offers(&with_disk(25)).await.unwrap();
    assert_eq!((amount(&found[0]).as_str(), found[0].disk_gib), ("0.3", Some(25)));
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_dearest_row_costs_more_is_added_to_an_estimate() {
    let mut dear = offer(SMALL, 1);
    dear["configuration"]["price"] = json!("0.35");
    let world = world(MAY, vec![offers(&[offer(SMALL, 2), dear]), costs("0.4")]);
    let found = world.fluence.offers(&with_disk(45)).await.unwrap();
    assert_eq!((found.len(), amount(&found[0]).as_str()), (1, "0.45"));
}

#[tokio::test(start_paused = true)]
async fn one_failed_estimate_marks_its_offer_and_all_failed_are_an_error() {
    let rows = [offer(LARGE, 1), offer(SMALL, 1), offer("cpu-8-ram-16gb-storage-25gb", 0), offer("odd", 1)];
    let broken = || estimate(200, &json!("garbage"));
    let exchanges = vec![offers(&rows), none_left(), broken()];
    let found = world(MAY, exchanges).fluence.offers(&with_disk(500)).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|offer| (offer.availability, offer.price.unknown_parts()[0].as_ref())).collect();
    assert_eq!(told.len(), 4);
    assert!(found.iter().all(|offer| offer.price.charges().is_empty() && offer.disk_gib == Some(500)));
    // In the order of their names: small, large, eight, odd; the first estimate is the small one's.
    let by_slug = |slug: &str| told[found.iter().position(|offer| offer.id.0.starts_with(slug)).unwrap()];
    assert_eq!(by_slug(SMALL), (Availability::Count(0), "Fluence has none left with 500 GiB of disk"));
    let (left, why) = by_slug(LARGE);
    assert_eq!(left, Availability::Count(1));
    assert!(
        why.starts_with("its price with 500 GiB of disk cannot be told: the answer does not fit"),
        "{why}"
    );
    assert_eq!(by_slug("cpu-8").1, "sold out, so nothing tells its price with 500 GiB of disk");
    assert!(by_slug("odd").1.contains("how large the disk of `odd` is cannot be told"));

    let all = vec![offers(&[offer(LARGE, 1), offer(SMALL, 1)]), broken(), broken()];
    let error = world(MAY, all).fluence.offers(&with_disk(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    // That nothing is left is an answer.
    let none = vec![offers(&[offer(LARGE, 1), offer(SMALL, 1)]), none_left(), none_left()];
    assert_eq!(world(MAY, none).fluence.offers(&with_disk(500)).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_costs_the_others_none_of_their_digits() {
    let long = "0.12345678901234567890123456789";
    let good = format!(r#"{{"configuration":{{"slug":"{SMALL}","price":{long}}}}}"#);
    for body in [format!("[{good}]"), format!(r#"[{good},{{"configuration":5}}]"#)] {
        let exchange = Exchange::new("POST", "/marketplace/offers", 200, body.clone());
        let found = world(MAY, vec![exchange]).fluence.offers(&OfferQuery::default()).await.unwrap();
        let why = &found[0].price.unknown_parts()[0];
        assert!(why.contains(long) && why.contains("28"), "{body}: {why}");
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_estimates_are_left_out_and_said_to_be() {
    let rows: Vec<_> = (0..45)
        .map(|at| {
            let mut row = offer(&format!("cpu-{}-ram-4gb-storage-25gb", at + 1), 1);
            row["configuration"]["price"] = json!((100 - at).to_string());
            row
        })
        .collect();
    let mut exchanges = vec![offers(&rows)];
    exchanges.extend((0..40).map(|_| costs("0.5")));
    let world = world(MAY, exchanges);
    let found = world.fluence.offers(&with_disk(45)).await.unwrap();
    assert_eq!((found.len(), world.bodies("/vms/v3/estimate").len()), (45, 40));
    let left_out: Vec<u32> =
        found.iter().filter(|offer| offer.price.was_not_asked()).map(|offer| offer.size.vcpus).collect();
    assert_eq!(left_out, [5, 4, 3, 2, 1], "the dearest");
}
