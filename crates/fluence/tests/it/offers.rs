use serde_json::json;
use vmbroker_core::{Availability, ChargeType, ComputeProvider, OfferQuery, Price};
use vmbroker_http::Exchange;

use crate::world::*;

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
    assert_eq!((found[0].availability, &found[0].price), (Availability::Count(5), &Price::untold()));
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
