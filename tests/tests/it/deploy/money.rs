//! The budget, counted on the ledgers.

use std::time::Duration;

use vmbroker::deploy::{Plan, Strategy};
use vmbroker::{Catalogue, Currency, ExchangeRates, Market, OfferQuery, Question};
use vmbroker_sim::{Fault, FaultKind};
use vmbroker_tests::{Fleet, dollars, spec};

use super::{THREE, down, up};

#[tokio::test(start_paused = true)]
async fn a_hundred_creates_under_a_cap_never_exceed_it() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let home = tempfile::tempdir().unwrap();
        let fleet = Fleet::set(&THREE).await;
        let broker = fleet.broker(home.path(), None).await;
        let kinds =
            [FaultKind::LoseAnswer, FaultKind::ApplyLate(20), FaultKind::Reset, FaultKind::StatusAfter(500)];
        for cloud in fleet.clouds() {
            for _ in 0..12 {
                let kind = kinds[random.usize(0..kinds.len())].clone();
                let fault = Fault { after: random.u32(0..20), ..Fault::once("create", kind) };
                cloud.arm(fault);
            }
        }
        let mut wanted = spec("web", 100, fleet.choices(&THREE[..2]).await);
        // One dollar is held back for each machine.
        wanted.policy.budget = Some(dollars(30));
        let report = up(&fleet, &broker, wanted).await;
        assert!(fleet.ever() <= 30, "seed {seed}: {} machines", fleet.ever());
        assert!(report.running() >= 25, "seed {seed}: the cap is used: {}", report.running());
        assert_eq!(fleet.live(), report.running(), "seed {seed}");
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_cheapest_run_is_rented_and_the_receipt_holds_its_bill() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    let market = Market::new(fleet.registry(), Catalogue::in_memory(), ExchangeRates::default());
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let mut question = Question::new(query, fleet.clock.now(), Duration::from_secs(600));
    question.currency = Some(Currency::USD);
    let plan = Plan::of(&market.compare(&question).await);
    assert!(!plan.choices.is_empty(), "{:#?}", plan.out);
    let cheapest = plan.attempts(Strategy::Cheapest)[0].clone();
    let mut wanted = spec("web", 2, plan.choices.clone());
    wanted.policy.strategy = Strategy::Cheapest;
    wanted.policy.budget = plan.worst_case(2);
    let report = up(&fleet, &broker, wanted).await;
    assert!(report.is_complete(), "{report:#?}");
    down(&fleet, &broker, "web").await;
    let receipt = broker.receipt("web").await.unwrap().unwrap();
    assert_eq!(receipt.lines.len(), 2);
    for line in receipt.lines {
        assert_eq!((&line.account, line.quoted), (&cheapest.account, cheapest.quote));
        assert!(line.most.unwrap().amount > 0.into(), "{line:#?}");
    }
}
