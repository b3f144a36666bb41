//! Prices that nobody should believe: none of them gets a place in the ranking.

use vmbroker_core::{Availability, Currency, Money, exact};

use super::double::{Cloud, hourly, market, priced, question, rate};
use super::*;
use vmbroker_core::Offer;
use vmbroker_core::{Billing, Charge, Period, Price};

/// A price as an adapter makes it from what a wire says.
fn told(amount: &str, currency: &str, unit: &str) -> Price {
    let price = || -> Result<Price, String> {
        let amount = exact(amount)?;
        let currency: Currency = currency.parse().map_err(|error: vmbroker_core::Error| error.to_string())?;
        let per: Period = unit.parse().map_err(|error: vmbroker_core::Error| error.to_string())?;
        Ok(Price::new(currency, vec![Charge::rate("machine", amount, per, Billing::begun(Period::HOUR))]))
    };
    price().unwrap_or_else(Price::unknown)
}

#[tokio::test(start_paused = true)]
async fn no_strange_price_gets_a_place_it_did_not_earn() {
    let capped = Billing { cap: Some("0".parse().unwrap()), ..Billing::begun(Period::HOUR) };
    let free = Charge::rate("machine", "1".parse().unwrap(), Period::HOUR, capped);
    let dust =
        Charge::rate("machine", exact("1e-28").unwrap(), Period::MONTH, Billing::begun(Period::SECOND));
    let rows = [
        ("missing", Price::untold(), Doubt::PriceUnknown, "tells no price"),
        ("not-asked", Price::not_asked(), Doubt::PriceUnknown, "was not asked for"),
        ("zero", told("0", "USD", "hour"), Doubt::PriceUnknown, "cost nothing"),
        ("zero-written-long", told("0.0000000000", "USD", "hour"), Doubt::PriceUnknown, "cost nothing"),
        ("negative", told("-0.01", "USD", "hour"), Doubt::PriceUnknown, "is said to cost -0.01 USD"),
        (
            "29-digits",
            told("0.12345678901234567890123456789", "USD", "hour"),
            Doubt::PriceUnknown,
            "more digits",
        ),
        ("not-a-number", told("NaN", "USD", "hour"), Doubt::PriceUnknown, "`NaN` is no amount"),
        ("endless", told("inf", "USD", "hour"), Doubt::PriceUnknown, "`inf` is no amount"),
        ("currency", told("0.01", "DOGE", "hour"), Doubt::PriceUnknown, "`currency` is `DOGE`"),
        ("unit", told("0.01", "USD", "fortnight"), Doubt::PriceUnknown, "`period` is `fortnight`"),
        (
            "tiered",
            Price::new(Currency::USD, vec![rate("0.01")]).and_unknown("traffic by tiers"),
            Doubt::PartUnknown,
            "not known beforehand: traffic by tiers",
        ),
        (
            "capped-at-nothing",
            Price::new(Currency::USD, vec![free]),
            Doubt::PriceUnknown,
            "said to cost nothing",
        ),
        ("too-little", Price::new(Currency::USD, vec![dust]), Doubt::Nothing, "nothing is free"),
        ("too-much", told("79228162514264337593543950335", "USD", "second"), Doubt::TooManyDigits, "28"),
        (
            "foreign",
            told("0.01", "NOK", "hour"),
            Doubt::NoRate { from: "NOK".parse().unwrap(), to: Currency::USD },
            "no exchange rate between NOK and USD",
        ),
    ];
    let mut cloud = Cloud::new("a").with(hourly("honest", "5"));
    for (id, price, ..) in &rows {
        cloud = cloud.with(priced(id, price.clone()));
    }
    let comparison = market(vec![cloud]).compare(&question()).await;
    assert_eq!(names(&comparison), ["a/honest 5 USD"], "only the dearest is known");
    assert_eq!(comparison.unranked.len(), rows.len(), "and the others are there");
    for (id, _, doubt, why) in rows {
        let row = comparison.unranked.iter().find(|row| row.offer.id.0 == id).unwrap();
        assert_eq!(row.doubt, doubt, "{id}");
        assert!(row.why().contains(why), "{id}: {}", row.why());
        assert!(row.converted.is_none_or(|money| !money.amount.is_zero()), "{id} is not free");
    }
    assert_eq!(comparison.unranked[0].offer.id.0, "tiered", "what is known in part comes first");
}

#[tokio::test(start_paused = true)]
async fn sold_out_and_too_dear_offers_are_excluded_and_say_why() {
    let gone = Offer { availability: Availability::Count(0), ..hourly("gone", "0.01") };
    let tiered = Price::new(Currency::USD, vec![rate("9")]).and_unknown("traffic");
    let cloud = Cloud::new("a")
        .with(hourly("dear", "2"))
        .with(hourly("just", "1.00"))
        .with(gone)
        .with(priced("tiered", tiered))
        .with(priced("foreign", told("0.01", "NOK", "hour")));
    let ceiling = Some(Money::new("1".parse().unwrap(), Currency::USD));
    let comparison = market(vec![cloud]).compare(&Question { price_ceiling: ceiling, ..question() }).await;
    assert_eq!(names(&comparison), ["a/just 1 USD"], "the limit itself is allowed");
    let row = |it: &Excluded| format!("{}: {}", it.offer.id, it.why);
    let excluded: Vec<String> = comparison.excluded.iter().map(row).collect();
    let expected = [
        "dear: 2 USD is above the limit of 1 USD",
        "gone: sold out",
        "tiered: 9 USD is above the limit of 1 USD",
    ];
    assert_eq!(excluded, expected);
    assert_eq!(comparison.unranked.len(), 1, "whether NOK are below the limit cannot be known");
    assert_eq!(comparison.answers[0].offers, 5);
}
