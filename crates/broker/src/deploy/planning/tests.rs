use vmbroker_core::{
    Availability, Billing, Charge, ChargeType, Currency, Error, ErrorKind, Location, OfferId, Size,
};

use super::*;
use crate::market::{Excluded, Exclusion, Ranked, Seen, Unranked};

fn dollars(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::USD)
}

fn offer(account: &str, id: &str, price: Price) -> Arc<Offer> {
    Arc::new(Offer {
        provider: account.parse().unwrap(),
        id: OfferId(id.to_owned()),
        size: Size { vcpus: 2, memory_mib: 4_096 },
        disk_gib: None,
        location: Location::default(),
        charge: ChargeType::PayAsYouGo,
        price,
        availability: Availability::Unknown,
        extras: BTreeMap::new(),
    })
}

fn hourly(amount: &str) -> Price {
    let charge = Charge::rate("machine", amount.parse().unwrap(), Period::HOUR, Billing::begun(Period::HOUR));
    Price::new(Currency::USD, vec![charge])
}

/// What ten minutes of these offers cost.
fn comparison(offers: Vec<Arc<Offer>>) -> Comparison {
    let start: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
    let run = Duration::from_secs(600);
    let seen = Seen { at: start, cached: false };
    let (mut ranked, mut unranked) = (Vec::new(), Vec::new());
    for offer in offers {
        match offer.price.total(start, run) {
            Total::Exact(total) => ranked.push(Ranked { offer, total, converted: total, seen }),
            Total::AtLeast(total) => unranked.push(Unranked {
                offer,
                total: Total::AtLeast(total),
                converted: Some(total),
                doubt: Doubt::PartUnknown,
                seen,
            }),
            Total::Unknown => unranked.push(Unranked {
                offer,
                total: Total::Unknown,
                converted: None,
                doubt: Doubt::PriceUnknown,
                seen,
            }),
        }
    }
    Comparison {
        start,
        run,
        currency: Some(Currency::USD),
        ranked_in_all: ranked.len(),
        ranked,
        unranked,
        excluded: Vec::new(),
        answers: Vec::new(),
        failures: Vec::new(),
        conversions: Vec::new(),
        notes: Vec::new(),
    }
}

fn plan(comparison: &Comparison, change: impl FnOnce(&mut Planning<'_>)) -> Plan {
    plan_in(&[], comparison, change)
}

fn plan_in(order: &[ProviderId], comparison: &Comparison, change: impl FnOnce(&mut Planning<'_>)) -> Plan {
    let rates = ExchangeRates::default();
    let mut wishes =
        Planning { strategy: Strategy::Cheapest, order, budget: None, price_limit: None, rates: &rates };
    change(&mut wishes);
    Plan::by(comparison, &wishes)
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.choices.iter().map(|choice| choice.offer.0.as_str()).collect()
}

#[test]
fn the_cheapest_comes_first_or_the_account_that_the_file_names_first() {
    let offers = vec![
        offer("a", "a1", hourly("3")),
        offer("b", "b1", hourly("1")),
        offer("c", "c1", hourly("2")),
        offer("c", "c2", hourly("0.5")),
    ];
    let comparison = comparison(offers);
    assert_eq!(names(&plan(&comparison, |_| {})), ["c2", "b1", "c1", "a1"]);
    let order = ["c".parse().unwrap(), "a".parse().unwrap()];
    let by_file = plan_in(&order, &comparison, |by| by.strategy = Strategy::InOrder);
    assert_eq!(names(&by_file), ["c2", "c1", "a1", "b1"]);
    assert_eq!((by_file.best_case(3), by_file.worst_case(3)), (Some(dollars("1.5")), Some(dollars("9"))));
}

#[test]
fn what_is_held_back_covers_a_start_at_any_time_of_the_day() {
    // One day at the start, and another at each 17:55: ten minutes may cost two.
    let daily = Billing::at_the_clock(Period::DAY, 64_500);
    let price = Price::new(Currency::USD, vec![Charge::rate("machine", Decimal::ONE, Period::DAY, daily)]);
    let mut comparison = comparison(vec![offer("a", "a1", price)]);
    comparison.run = Duration::from_secs(3_600);
    let plan = plan(&comparison, |_| {});
    assert_eq!((plan.choices[0].quote, plan.choices[0].reserve), (dollars("1"), dollars("2")));
}

#[test]
fn every_offer_that_is_not_tried_is_named_with_its_reason() {
    let mut comparison = comparison(vec![
        offer("a", "fits", hourly("1")),
        offer("a", "dear", hourly("5")),
        offer("b", "traffic", hourly("1").and_unknown("traffic")),
        offer("b", "untold", Price::untold()),
    ]);
    let seen = comparison.ranked[0].seen;
    comparison.excluded =
        vec![Excluded { offer: offer("c", "none left", hourly("1")), why: Exclusion::SoldOut, seen }];
    comparison.failures = vec![
        Error::new(ErrorKind::DeadlineExceeded, "no answer within 60 s").at(&"d".parse().unwrap(), "offers"),
    ];
    let limit = PriceLimit { amount: dollars("48"), per: Period::DAY };
    let plan = plan(&comparison, |by| {
        by.budget = Some(dollars("100"));
        by.price_limit = Some(limit);
    });
    assert_eq!(names(&plan), ["fits"]);
    let out: Vec<(String, String)> = plan
        .out
        .iter()
        .map(|out| {
            (
                out.offer.as_ref().map_or(out.account.clone().unwrap().to_string(), |it| it.0.clone()),
                out.why.clone(),
            )
        })
        .collect();
    let why = |name: &str| &out.iter().find(|(offer, _)| offer == name).unwrap().1;
    assert_eq!(why("dear"), "120 USD/day is above the limit of 48 USD/day");
    assert_eq!(why("traffic"), "not known beforehand: traffic");
    assert_eq!(why("untold"), "the provider tells no price");
    assert_eq!(why("none left"), "sold out");
    assert_eq!(why("d"), "deadline exceeded: no answer within 60 s");
    assert_eq!(out.len(), 5);
}

#[test]
fn an_unknown_part_is_no_hindrance_where_no_budget_has_to_be_kept() {
    let comparison = comparison(vec![offer("b", "traffic", hourly("1").and_unknown("traffic"))]);
    assert_eq!(names(&plan(&comparison, |_| {})), ["traffic"]);
    let one = plan(&comparison, |by| by.budget = Some(dollars("0.5")));
    assert!(one.choices.is_empty());
}

#[test]
fn one_machine_above_the_budget_is_out() {
    let comparison = comparison(vec![offer("a", "a1", hourly("2"))]);
    let plan = plan(&comparison, |by| by.budget = Some(dollars("1.99")));
    assert_eq!(plan.out[0].why, "one machine costs 2 USD, above the budget of 1.99 USD");
}

#[test]
fn a_cloud_with_a_hundred_offers_sees_a_dozen_creates_at_most() {
    let offers = (0..100).map(|at| offer("a", &format!("a{at:02}"), hourly(&format!("1.{at:02}"))));
    let plan = plan(&comparison(offers.chain([offer("b", "b1", hourly("9"))]).collect()), |_| {});
    assert_eq!(plan.choices.len(), MOST_OFFERS_OF_AN_ACCOUNT + 1);
    assert_eq!((names(&plan)[0], names(&plan)[12]), ("a00", "b1"));
    assert!(plan.out[0].why.starts_with("88 dearer offers"), "{:?}", plan.out);
}

#[test]
fn a_rate_is_what_passes_with_time() {
    let months = Charge::rate("disk", Decimal::from(30), Period::MONTH, Billing::begun(Period::MONTH));
    let hours = Charge::rate("machine", Decimal::ONE, Period::HOUR, Billing::begun(Period::HOUR));
    let once = Charge::once("setup", Decimal::from(100));
    let price = Price::new(Currency::USD, vec![months, hours, once]);
    assert_eq!(rate(&price, Period::DAY), Some(dollars("25")));
    assert_eq!(rate(&Price::untold(), Period::DAY), None);
}
