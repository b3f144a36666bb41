//! What is on sale and what it costs, over recorded exchanges.

use std::time::Duration;

use serde_json::{Value, json};
use vmbroker_core::{ChargeType, ComputeProvider, Offer, OfferQuery, Total};
use vmbroker_http::Exchange;
use vmbroker_zenlayer::{Config, Zenlayer};

use crate::cloud::{
    account, actions, answer, answer_to, clock, credentials, models, refusal, success, unpaced, zones,
};

fn inquiry(model: &str, disk: u64) -> Value {
    json!({ "zoneId": "FRA-A", "instanceType": model, "instanceChargeType": "POSTPAID",
            "internetChargeType": "ByBandwidth", "internetMaxBandwidthOut": 1, "instanceCount": 1,
            "systemDisk": { "diskSize": disk } })
}

fn hourly(price: &str) -> String {
    let free = r#"{"discount":100.0,"unitPrice":0.0,"discountUnitPrice":0.0,"chargeUnit":"HOUR"}"#;
    let disk = r#"{"discount":100.0,"unitPrice":0.002,"discountUnitPrice":0.002,"chargeUnit":"HOUR"}"#;
    format!(
        r#"{{"requestId":"T1","response":{{"requestId":"T1","instancePrice":{{"discount":95,"unitPrice":0.05,
           "discountUnitPrice":{price},"chargeUnit":"HOUR"}},"bandwidthPrice":[{free}],"eipPrice":{free},
           "systemDiskPrice":{disk},"dataDiskPrice":{{"discountPrice":0.0,"originalPrice":0.0}},"dataDiskPrices":[]}}}}"#
    )
}

fn for_one_hour(offer: &Offer) -> Total {
    offer.price.total("2026-11-21T08:00:00Z".parse().unwrap(), Duration::from_secs(3_600))
}

fn amounts(offers: &[Offer]) -> Vec<String> {
    let amount = |offer: &Offer| for_one_hour(offer).exact().map(|it| it.amount.normalize().to_string());
    offers.iter().map(|offer| amount(offer).unwrap_or_else(|| "?".to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn each_offer_has_the_price_of_its_own_inquiry() {
    let (zen, replay) = account(vec![
        zones(),
        models(),
        answer_to(&inquiry("c.2c4g", 30), 200, hourly("0.0475")),
        answer_to(&inquiry("c.4c8g", 30), 200, hourly("\"0.095\"")),
    ]);
    let query = OfferQuery { disk_gib: Some(25), ..OfferQuery::default() };
    let offers = zen.offers(&query).await.unwrap();
    let models: Vec<&str> = offers.iter().map(|offer| offer.id.0.as_str()).collect();
    assert_eq!(models, ["FRA-A/c.4c8g", "FRA-A/c.2c4g"]);
    assert_eq!(amounts(&offers), ["0.097", "0.0495"]);
    assert_eq!((offers[0].disk_gib, &*offers[0].extras["internetMaxBandwidthOut"]), (Some(30), "1"));
    assert_eq!(actions(&replay).iter().filter(|it| *it == "InquiryPriceCreateInstance").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_inquiry_marks_one_offer_and_sinks_none() {
    let failures: [(Exchange, &str); 4] = [
        (answer(404, refusal("INVALID_INSTANCE_TYPE_NOT_FOUND")), "INVALID_INSTANCE_TYPE_NOT_FOUND"),
        (answer(400, refusal("INVALID_INSTANCE_TYPE_ZONE_NO_SELL")), "INVALID_INSTANCE_TYPE_ZONE_NO_SELL"),
        (answer(200, "<html>"), "does not fit"),
        (answer(200, success(&json!({}))), "the provider tells no price of the machine"),
    ];
    for (mut failure, wanted) in failures {
        failure.body = Some(inquiry("c.2c4g", 20).to_string());
        let good = answer_to(&inquiry("c.4c8g", 20), 200, hourly("0.095"));
        let (zen, _) = account(vec![zones(), models(), failure, good]);
        let offers = zen.offers(&OfferQuery::default()).await.unwrap();
        assert_eq!(amounts(&offers), ["0.097", "?"], "{wanted}");
        assert_eq!(for_one_hour(&offers[1]), Total::Unknown);
        let why = &offers[1].price.unknown_parts()[0];
        assert!(why.contains(wanted), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_the_account_allows_are_not_asked_for_and_say_so() {
    let exchanges = vec![zones(), models(), answer_to(&inquiry("c.2c4g", 20), 200, hourly("0.0475"))];
    for (most, wanted) in [(1, ["?", "0.0495"]), (0, ["?", "?"])] {
        let replay = std::sync::Arc::new(vmbroker_http::Replay::new(exchanges.clone()));
        let config = Config { price_inquiries: Some(most), ..unpaced() };
        let zen = Zenlayer::over(replay, "zen".parse().unwrap(), config, credentials(), clock()).unwrap();
        let offers = zen.offers(&OfferQuery::default()).await.unwrap();
        assert_eq!(amounts(&offers), wanted, "the smallest first");
        let why = offers[0].price.unknown_parts().join("; ");
        assert!(why.contains(&format!("`price_inquiries` allows {most} inquiries")), "{why}");
        assert!(offers[0].price.was_not_asked(), "a narrower question asks for it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prepaid_term_is_asked_for_and_paid_whole() {
    let mut asked = inquiry("c.2c4g", 20);
    asked["instanceChargeType"] = json!("PREPAID");
    asked["instanceChargePrepaid"] = json!({ "period": 3 });
    let item = json!({ "discount": 95, "discountPrice": 13.3, "originalPrice": 14 });
    let none = json!({ "discount": 100.0, "discountPrice": 0.0, "originalPrice": 0.0 });
    let told =
        json!({ "instancePrice": item, "systemDiskPrice": item, "eipPrice": none, "bandwidthPrice": [none] });
    let mut models = models();
    models.body = Some(json!({ "instanceChargeType": "PREPAID" }).to_string());
    // Fields in the order of the request: bodies are compared as values.
    let (zen, _) = account(vec![zones(), models, answer_to(&asked, 200, success(&told))]);
    let charge = ChargeType::Prepaid { months: 3 };
    let query = OfferQuery { charge: Some(charge), ..OfferQuery::default() };
    let offers = zen.offers(&query).await.unwrap();
    assert_eq!(offers[1].charge, charge);
    assert_eq!(amounts(&offers), ["?", "26.6"], "the other inquiry is not in the recording");
}
