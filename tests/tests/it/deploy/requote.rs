//! What a choice costs is asked once more before its create, and no oftener.

use std::time::Duration;

use vmbroker::deploy::{DeploySpec, Outcome, Plan, Strategy};
use vmbroker::{Catalogue, Currency, ExchangeRates, Market, OfferQuery, Question};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Fleet, spec};

use super::{down, up};

const RUN: Duration = Duration::from_secs(3 * 3_600);
const TWO: [Dialect; 2] = [Dialect::Fluence202505, Dialect::Zenlayer];

/// The plan of a market that was asked a while ago.
async fn planned(fleet: &Fleet, count: u32) -> DeploySpec {
    let market = Market::new(fleet.registry(), Catalogue::in_memory(), ExchangeRates::default());
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let mut question = Question::new(query, fleet.clock.now(), RUN);
    question.currency = Some(Currency::USD);
    let plan = Plan::of(&market.compare(&question).await);
    let mut wanted = spec("web", count, plan.choices);
    wanted.policy.strategy = Strategy::Cheapest;
    wanted.policy.run = Some(RUN);
    wanted
}

fn dearer(fleet: &Fleet, dialect: Dialect) {
    fleet.cloud(dialect).arm(Fault::always("create", FaultKind::PriceMoved(40)));
}

#[tokio::test(start_paused = true)]
async fn a_price_that_rose_since_the_plan_is_not_paid() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&TWO).await;
    let broker = fleet.broker(home.path(), None).await;
    let wanted = planned(&fleet, 2).await;
    assert_eq!(wanted.choices[0].account.as_str(), Dialect::Zenlayer.name(), "the cheapest for three hours");
    dearer(&fleet, Dialect::Zenlayer);
    let report = up(&fleet, &broker, wanted).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(fleet.cloud(Dialect::Zenlayer).count_calls(Some("create")), 0, "nothing was sent there");
    assert_eq!(fleet.cloud(Dialect::Fluence202505).ledger().entries.len(), 2);
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn where_every_price_rose_nothing_is_rented_and_each_says_why() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&TWO).await;
    let broker = fleet.broker(home.path(), None).await;
    let wanted = planned(&fleet, 1).await;
    for dialect in TWO {
        dearer(&fleet, dialect);
    }
    let report = up(&fleet, &broker, wanted).await;
    assert_eq!((fleet.creates(), fleet.ever()), (0, 0));
    let Outcome::Failed { why } = &report.machines[0].outcome else { panic!("{report:#?}") };
    for dialect in TWO {
        let told = why.iter().any(|line| line.starts_with(dialect.name()) && line.contains("held back"));
        assert!(told, "{why:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_creates_share_one_question_an_offer_and_minute() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Fluence202505]).await;
    let broker = fleet.broker(home.path(), None).await;
    let cloud = fleet.cloud(Dialect::Fluence202505);
    let mut wanted = planned(&fleet, 12).await;
    wanted.choices.truncate(1);
    let (start, before) = (fleet.clock.now(), cloud.count_calls(Some("offers")));
    let report = up(&fleet, &broker, wanted).await;
    assert!(report.is_complete(), "{report:#?}");
    let sent: Vec<_> = cloud.calls().into_iter().filter(|call| call.operation == "create").collect();
    assert_eq!(sent.len(), 12);
    let minutes = sent.last().unwrap().at.duration_since(start).as_secs() / 60 + 1;
    let asked = cloud.count_calls(Some("offers")) - before;
    assert!(asked >= 1, "it was asked at all");
    assert!(i64::try_from(asked).unwrap() <= minutes, "{asked} questions in {minutes} minutes");
    down(&fleet, &broker, "web").await;
}
