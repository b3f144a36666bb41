//! What Zenlayer's offers say a run costs is what the simulated ledger charges for it.

use std::collections::BTreeSet;
use std::time::Duration;

use rust_decimal::Decimal;
use vmbroker_core::{
    ChargeType, ComputeProviderExt, CreateRequest, Goal, LocationWish, MachineWish, Offer, OfferQuery, Total,
    Wait,
};
use vmbroker_sim::{Dialect, Fault, FaultKind, LedgerEntry};
use vmbroker_tests::{Stage, wish};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn query(charge: ChargeType) -> OfferQuery {
    OfferQuery { charge: Some(charge), ..OfferQuery::default() }
}

fn wish_for(offer: &Offer) -> CreateRequest {
    let location = LocationWish { zone: offer.location.zone.clone(), ..LocationWish::default() };
    CreateRequest { machine: MachineWish::Offer(offer.id.clone()), location, charge: offer.charge, ..wish() }
}

/// What the quote comes to for the time that the ledger charges for.
fn quoted(stage: &Stage, offer: &Offer, entry: &LedgerEntry) -> Decimal {
    let end = entry.ended.unwrap_or(stage.cloud.now());
    let run = Duration::try_from(end.duration_since(entry.created)).unwrap();
    match offer.price.total(entry.created, run) {
        Total::Exact(money) => {
            assert_eq!(money.currency.code(), entry.currency);
            money.amount
        }
        other => panic!("{other:?} for {:?}", offer.price),
    }
}

fn only_entry(stage: &Stage) -> LedgerEntry {
    let ledger = stage.cloud.ledger();
    assert_eq!(ledger.entries.len(), 1);
    ledger.entries[0].clone()
}

#[tokio::test(start_paused = true)]
async fn an_hourly_quote_is_what_the_ledger_charges() {
    for (model, run) in [(0, HOUR / 2), (3, 5 * HOUR), (9, 3 * DAY), (14, HOUR)] {
        let stage = Stage::set(Dialect::Zenlayer).await;
        let offers = stage.provider.offers(&query(ChargeType::PayAsYouGo)).await.unwrap();
        let offer = &offers[model];
        let wait = Wait::new(stage.clock.clone(), HOUR);
        let handle = stage.provider.create(&wish_for(offer)).await.unwrap();
        let running = stage.provider.wait_until(&handle, Goal::Running, &wait).await.unwrap();
        stage.clock.step(run);
        let wait = Wait::new(stage.clock.clone(), HOUR);
        stage.provider.delete_until_gone(&running.handle, &wait).await.unwrap();
        let entry = only_entry(&stage);
        assert!(entry.ended.is_some());
        assert_eq!(quoted(&stage, offer, &entry), entry.charged, "{}", offer.id);
        let machine = offer.price.charges().iter().find(|charge| charge.item == "machine").unwrap();
        let hours = Decimal::from(run.as_secs() / 3_600);
        assert!(entry.charged > machine.amount * hours, "disk, address and bandwidth cost too");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prepaid_quote_is_what_the_ledger_charges_term_by_term() {
    for (months, run) in [(1, HOUR), (1, 40 * DAY), (3, 40 * DAY), (3, 100 * DAY)] {
        let stage = Stage::set(Dialect::Zenlayer).await;
        let offers = stage.provider.offers(&query(ChargeType::Prepaid { months })).await.unwrap();
        let offer = offers.iter().find(|offer| offer.id.0 == "FRA-A/c.2c4g").unwrap();
        stage.provider.create(&wish_for(offer)).await.unwrap();
        let at_once = only_entry(&stage);
        assert_eq!(at_once.charged, quoted(&stage, offer, &at_once), "the whole term is charged at once");
        stage.clock.step(run);
        let entry = only_entry(&stage);
        assert_eq!(quoted(&stage, offer, &entry), entry.charged, "{months} months, {run:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moved_is_charged_and_asked_again_is_quoted() {
    let stage = Stage::set(Dialect::Zenlayer).await;
    let ask = || async { stage.provider.offers(&query(ChargeType::PayAsYouGo)).await.unwrap().remove(0) };
    let before = ask().await;
    stage.cloud.arm(Fault::once("offers", FaultKind::PriceMoved(10)));
    stage.provider.create(&wish_for(&before)).await.unwrap();
    let entry = only_entry(&stage);
    let now = ask().await;
    assert_eq!(quoted(&stage, &now, &entry), entry.charged);
    assert_eq!(quoted(&stage, &before, &entry) * Decimal::new(11, 1), entry.charged, "a tenth dearer");
}

#[tokio::test(start_paused = true)]
async fn every_offer_is_asked_for_once_and_for_a_larger_disk_costs_more() {
    let stage = Stage::set(Dialect::Zenlayer).await;
    let small = stage.provider.offers(&OfferQuery::default()).await.unwrap();
    let calls = stage.cloud.calls();
    let lines: BTreeSet<&str> = calls.iter().map(|call| call.operation).collect();
    assert_eq!((small.len(), calls.len(), lines.len()), (16, 18, 1), "zones, models, and each price");
    let large = OfferQuery { disk_gib: Some(100), ..OfferQuery::default() };
    let large = stage.provider.offers(&large).await.unwrap();
    let hour = |offer: &Offer| offer.price.total(stage.cloud.now(), HOUR).exact().unwrap().amount;
    for (small, large) in small.iter().zip(&large) {
        assert_eq!((small.disk_gib, large.disk_gib), (Some(20), Some(100)));
        // 80 GiB more, at 0.00008 USD an hour each.
        assert_eq!(hour(large) - hour(small), Decimal::new(64, 4), "{}", large.id);
    }
}
