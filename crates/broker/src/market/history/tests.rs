use rust_decimal::Decimal;
use vmbroker_core::{Availability, Billing, Charge, ChargeType, Currency, Period, ProviderId, Size};

use super::*;

fn offer(id: &str, zone: &str, amount: u32) -> Offer {
    let rate = Charge::rate("machine", Decimal::from(amount), Period::HOUR, Billing::begun(Period::HOUR));
    Offer {
        provider: "a".parse().unwrap(),
        id: OfferId(id.to_owned()),
        size: Size { vcpus: 2, memory_mib: 4_096 },
        disk_gib: None,
        location: Location { zone: Some(zone.to_owned()), ..Location::default() },
        charge: ChargeType::PayAsYouGo,
        price: Price::new(Currency::USD, vec![rate]),
        availability: Availability::Unknown,
        extras: Default::default(),
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + 60 * minute).unwrap()
}

fn seen(minute: i64, query: &OfferQuery, offers: Vec<Offer>) -> Snapshot {
    let provider: ProviderId = "a".parse().unwrap();
    Snapshot::new(&provider, query.clone(), at(minute), offers)
}

fn rows(histories: &[PriceHistory]) -> Vec<String> {
    let row = |history: &PriceHistory| {
        let prices = history.changes.iter().map(|change| match &change.price {
            None => "gone".to_owned(),
            Some(price) => price.to_string(),
        });
        let zone = history.offer.location.zone.as_deref().unwrap();
        format!("{} {zone}: {}", history.offer.id, prices.collect::<Vec<_>>().join(", "))
    };
    histories.iter().map(row).collect()
}

#[test]
fn only_what_differs_is_added() {
    let any = OfferQuery::default();
    let mut histories = Vec::new();
    let rows_of = [
        (vec![offer("a", "x", 1), offer("a", "y", 2)], true),
        (vec![offer("a", "y", 2), offer("a", "x", 1)], false),
        (vec![offer("a", "x", 1), offer("a", "y", 3)], true),
        (vec![offer("a", "x", 1)], true),
        (vec![offer("a", "x", 1)], false),
        (vec![offer("a", "x", 1), offer("a", "y", 3)], true),
    ];
    for (minute, (offers, news)) in rows_of.into_iter().enumerate() {
        let minute = i64::try_from(minute).unwrap();
        assert_eq!(record(&mut histories, &seen(minute, &any, offers)), news, "{minute}");
    }
    assert_eq!(rows(&histories), ["a x: 1 USD/hour", "a y: 2 USD/hour, 3 USD/hour, gone, 3 USD/hour"]);
}

#[test]
fn an_offer_is_gone_only_where_it_should_have_been_seen() {
    let any = OfferQuery::default();
    let mut histories = Vec::new();
    record(&mut histories, &seen(0, &any, vec![offer("a", "x", 1)]));
    let elsewhere = OfferQuery { zone: Some("y".to_owned()), ..any.clone() };
    let larger = OfferQuery { vcpus: Some(4), ..any.clone() };
    let disk = OfferQuery { disk_gib: Some(9), ..any.clone() };
    let prepaid = OfferQuery { charge: Some(ChargeType::Prepaid { months: 1 }), ..any.clone() };
    for query in [elsewhere, larger, disk, prepaid] {
        assert!(!record(&mut histories, &seen(1, &query, vec![])), "{query:?}");
    }
    assert!(record(&mut histories, &seen(1, &any, vec![])));
    assert!(!record(&mut histories, &seen(2, &any, vec![])), "gone once");
}

#[test]
fn prices_for_other_disks_are_histories_of_their_own() {
    let mut histories = Vec::new();
    for disk_gib in [None, Some(50), Some(100)] {
        let query = OfferQuery { disk_gib, ..OfferQuery::default() };
        let amount = u32::try_from(disk_gib.unwrap_or(1)).unwrap();
        record(&mut histories, &seen(0, &query, vec![offer("a", "x", amount)]));
    }
    assert_eq!(rows(&histories), ["a x: 1 USD/hour", "a x: 50 USD/hour", "a x: 100 USD/hour"]);
    let wanted = |disk_gib| {
        let query = OfferQuery { disk_gib, ..OfferQuery::default() };
        histories.iter().filter(|history| history.meets(&query)).count()
    };
    assert_eq!((wanted(None), wanted(Some(50)), wanted(Some(9))), (3, 1, 0));
}

#[test]
fn a_price_that_was_not_asked_for_is_no_news() {
    let any = OfferQuery::default();
    let left_out = || Offer { price: Price::not_asked(), ..offer("a", "x", 1) };
    let mut histories = Vec::new();
    assert!(!record(&mut histories, &seen(0, &any, vec![left_out()])));
    record(&mut histories, &seen(1, &any, vec![offer("a", "x", 1)]));
    assert!(!record(&mut histories, &seen(2, &any, vec![left_out()])), "neither another price nor gone");
}

#[test]
fn two_prices_under_one_name_do_not_take_turns() {
    let any = OfferQuery::default();
    let mut histories = Vec::new();
    record(&mut histories, &seen(0, &any, vec![offer("a", "x", 1), offer("a", "x", 2)]));
    for minute in 1..5 {
        let mut offers = vec![offer("a", "x", 1), offer("a", "x", 2)];
        offers.rotate_left(usize::try_from(minute % 2).unwrap());
        assert!(!record(&mut histories, &seen(minute, &any, offers)));
    }
    assert_eq!(histories.len(), 1);
}

#[test]
fn an_older_observation_that_comes_late_changes_nothing() {
    let any = OfferQuery::default();
    let mut histories = Vec::new();
    record(&mut histories, &seen(5, &any, vec![offer("a", "x", 1)]));
    assert!(!record(&mut histories, &seen(4, &any, vec![offer("a", "x", 2)])));
    assert!(!record(&mut histories, &seen(4, &any, vec![])));
}

#[test]
fn the_oldest_changes_make_room() {
    let any = OfferQuery::default();
    let mut histories = Vec::new();
    for minute in 0..1_200 {
        record(
            &mut histories,
            &seen(minute, &any, vec![offer("a", "x", 1 + u32::try_from(minute % 2).unwrap())]),
        );
    }
    assert_eq!(histories[0].changes.len(), CHANGES);
    assert_eq!(histories[0].changes.last().unwrap().at, at(1_199));
}
