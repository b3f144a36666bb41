//! What an offer of Fluence says, times its quote, is what the simulated ledger bills for that machine.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use vmbroker_core::{
    Clock, CreateRequest, Currency, Effect, ErrorKind, MachineWish, Money, Offer, OfferQuery, Period,
    PriceLimit,
};
use vmbroker_sim::{Billing, Dialect, Fault, FaultKind, Place, SimOffer};
use vmbroker_tests::{Stage, wish};

const BOTH: [Dialect; 2] = [Dialect::Fluence202504, Dialect::Fluence202505];
const SMALL: &str = "cpu-2-ram-4gb-storage-25gb";

/// A stage whose clock stands at this time, and where a deleted machine is gone at once.
async fn stage(dialect: Dialect, start: &str) -> Stage {
    let stage = Stage::set(dialect).await;
    stage.cloud.account().profile.delete = Duration::ZERO;
    step_to(&stage.clock, start.parse().unwrap());
    stage
}

fn step_to(clock: &Clock, at: Timestamp) {
    clock.step(Duration::try_from(at.duration_since(clock.now())).unwrap());
}

async fn offered(stage: &Stage, country: &str, disk_gib: Option<u64>) -> Offer {
    let query = OfferQuery {
        vcpus: Some(2),
        disk_gib,
        countries: vec![country.parse().unwrap()],
        ..OfferQuery::default()
    };
    let offers = stage.provider.offers(&query).await.unwrap();
    offers.into_iter().find(|offer| offer.id.0 == format!("{SMALL}@{country}")).unwrap()
}

/// A wish for this offer that may cost what it says and no more.
fn wish_for(offer: &Offer, disk_gib: Option<u64>) -> CreateRequest {
    let mut wish = wish();
    wish.machine = MachineWish::Offer(offer.id.clone());
    wish.disk_gib = disk_gib;
    let amount = Money::new(offer.price.charges()[0].amount, Currency::Usdc);
    wish.price_limit = Some(PriceLimit { amount, per: Period::DAY });
    wish
}

#[tokio::test(start_paused = true)]
async fn the_quote_of_an_offer_is_the_bill_of_its_machine() {
    // (start, run time in seconds, additional disk, how many days are charged, the day's price)
    let rows = [
        ("2026-11-22T10:00:00Z", 2_400, None, 1, "0.30698"),
        ("2026-11-22T17:50:00Z", 600, None, 2, "0.30698"),
        ("2026-11-22T17:54:59Z", 1, None, 2, "0.30698"),
        ("2026-11-22T17:55:00Z", 86_399, None, 1, "0.30698"),
        ("2026-11-22T17:55:00Z", 86_400, None, 2, "0.30698"),
        ("2026-11-22T17:56:00Z", 30 * 86_400, None, 31, "0.30698"),
        ("2026-11-22T17:50:00Z", 600, Some(25), 2, "0.30698"),
        ("2026-11-22T17:50:00Z", 600, Some(45), 2, "0.40458"),
        ("2026-11-22T10:00:00Z", 3 * 86_400, Some(125), 4, "0.79498"),
    ];
    for dialect in BOTH {
        for (start, run, disk_gib, days, price) in rows {
            let row = format!("{dialect} from {start} for {run} s with {disk_gib:?}");
            let stage = stage(dialect, start).await;
            let offer = offered(&stage, "FR", disk_gib).await;
            assert_eq!(offer.disk_gib, Some(disk_gib.unwrap_or(25)), "{row}");
            let run = Duration::from_secs(run);
            // Looking took time of its own: the machine starts when it is created.
            let handle = stage.provider.create(&wish_for(&offer, disk_gib)).await.unwrap();
            let start = stage.cloud.ledger().entries[0].created;
            step_to(&stage.clock, start.saturating_add(run).unwrap());
            let quoted = offer.price.total(start, run).exact().unwrap();
            let told: Decimal = price.parse().unwrap();
            assert_eq!(quoted, Money::new(told * Decimal::from(days), Currency::Usdc), "{row}");
            stage.provider.delete(&handle).await.unwrap();
            let ledger = stage.cloud.ledger();
            assert_eq!((ledger.open().count(), ledger.total()), (0, quoted.amount), "{row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moved_after_the_question_is_refused_by_the_limit() {
    for dialect in BOTH {
        for disk_gib in [None, Some(45)] {
            let stage = stage(dialect, "2026-11-22T10:00:00Z").await;
            let offer = offered(&stage, "DE", disk_gib).await;
            stage.cloud.arm(Fault::once("create", FaultKind::PriceMoved(1)));
            let error = stage.provider.create(&wish_for(&offer, disk_gib)).await.unwrap_err();
            let told = (error.kind(), error.effect());
            assert_eq!(told, (ErrorKind::OutOfCapacity, Effect::None), "{dialect}: {error}");
            assert!(stage.cloud.ledger().entries.is_empty());
            // Asked again, it tells the new price, and that is what is billed.
            let moved = offered(&stage, "DE", disk_gib).await;
            assert!(moved.price.charges()[0].amount > offer.price.charges()[0].amount);
            stage.provider.create(&wish_for(&moved, disk_gib)).await.unwrap();
            assert_eq!(stage.cloud.ledger().total(), moved.price.charges()[0].amount, "{dialect}");
        }
    }
}

/// Without a limit Fluence picks the building. Whichever it is, the machine costs no more than its offer says; the
/// cheapest row's price would be broken by the second machine.
#[tokio::test(start_paused = true)]
async fn no_create_of_an_offer_costs_more_than_it_says() {
    let city = |city: &'static str, price: &str, room: u64| {
        let place = Place { country: "DE", city, zone: city };
        SimOffer::new(SMALL, 2, 4_096, 25, place, price, "USDC", Billing::WholeDays, room)
    };
    for dialect in BOTH {
        for (disk_gib, more) in [(None, "0"), (Some(35), "0.0488")] {
            let stage = stage(dialect, "2026-11-22T10:00:00Z").await;
            stage.cloud.account().inventory =
                vec![city("BER", "0.30", 1), city("FRA", "0.36", 1), city("MUC", "0.2", 0)];
            let offer = offered(&stage, "DE", disk_gib).await;
            let said = offer.price.charges()[0].amount;
            let more: Decimal = more.parse().unwrap();
            assert_eq!(said, "0.36".parse::<Decimal>().unwrap() + more, "{dialect}");
            let mut billed = Vec::new();
            for _ in 0..2 {
                let mut wish = wish_for(&offer, disk_gib);
                wish.price_limit = None;
                stage.provider.create(&wish).await.unwrap();
                billed.push(stage.cloud.ledger().entries.last().unwrap().charged - more);
            }
            assert_eq!(billed, ["0.30".parse().unwrap(), "0.36".parse().unwrap()], "{dialect}");
        }
    }
}
