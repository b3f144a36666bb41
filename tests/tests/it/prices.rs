//! The real program on simulated clouds: what a run costs, and that the ranking flips with the run time.

use serde_json::Value;

use crate::program::Home;

/// The ranked offers of this document, the cheapest first.
fn ranking(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let offers = document["offers"].as_array().unwrap();
    let ranked = offers.iter().filter(|offer| offer["rank"].is_u64());
    ranked.map(|offer| (text(&offer["provider"]), text(&offer["id"]))).collect()
}

#[tokio::test]
async fn forty_minutes_and_thirty_days_are_cheapest_at_different_clouds() {
    let home = Home::new();
    let wish = ["offers", "--sandbox", "--vcpus", "2", "--memory", "4GiB", "--output", "json", "--for"];
    let short = ranking(&home.well(&[&wish[..], &["40m"]].concat()).await.json());
    let long = ranking(&home.well(&[&wish[..], &["30d"]].concat()).await.json());
    for account in ["fluence", "wayscloud", "zenlayer"] {
        assert!(short.iter().any(|offer| offer.0 == account), "{account} has no total: {short:?}");
    }
    assert_ne!(short[0].0, long[0].0, "the cheapest account is another one");
    let sorted = |mut offers: Vec<(String, String)>| {
        offers.sort();
        offers
    };
    assert_eq!(sorted(short), sorted(long), "the same offers, in another order");
}

#[tokio::test]
async fn ten_minutes_over_the_boundary_cost_two_days() {
    let home = Home::new();
    let asked = ["offers", "--sandbox", "--provider", "fluence", "--explain", "--for", "10m", "--from"];
    let over = home.well(&[&asked[..], &["2026-12-01T17:50:00Z"]].concat()).await.out;
    assert!(
        over.contains("2 days x ") && over.contains("17:55 UTC (first at 2026-12-01 17:55 UTC)"),
        "{over}"
    );
    let before = home.well(&[&asked[..], &["2026-12-01T17:40:00Z"]].concat()).await.out;
    assert!(before.contains("1 day x ") && before.contains("one at each 17:55 UTC"), "{before}");
    assert!(!before.contains("2 days"), "{before}");
}
