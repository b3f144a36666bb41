//! One question to three simulated clouds: as fast as the slowest of them, and never held up by one that hangs.

use std::time::Duration;

use vmbroker::{Catalogue, Comparison, ErrorKind, ExchangeRates, Market, OfferQuery, Question, Registry};
use vmbroker_core::Clock;
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::Stage;

fn every_call(kind: FaultKind) -> Fault {
    Fault { kind, operation: None, after: 0, times: None }
}

/// Three clouds where each answer takes 100 ms.
async fn slow_clouds() -> Vec<Stage> {
    let mut stages = Vec::new();
    for dialect in Dialect::DEFAULT {
        let stage = Stage::set(dialect).await;
        stage.cloud.arm(every_call(FaultKind::Slow(100)));
        stages.push(stage);
    }
    stages
}

/// What these clouds offer to somebody who never asked before, and how long that took.
async fn ask(stages: &[Stage], deadline: Option<Duration>) -> (Comparison, Duration) {
    let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
    let mut registry = Registry::new(clock.clone());
    for stage in stages {
        registry.add(stage.restarted()).unwrap();
    }
    let market = Market::new(registry, Catalogue::in_memory(), ExchangeRates::default());
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let question = Question::new(query, clock.now(), Duration::from_secs(40 * 60));
    let comparison = market.compare(&Question { deadline, ..question }).await;
    (comparison, clock.elapsed())
}

#[tokio::test(start_paused = true)]
async fn three_clouds_answer_as_fast_as_the_slowest_of_them_alone() {
    let stages = slow_clouds().await;
    let (mut slowest, mut sum) = (Duration::ZERO, Duration::ZERO);
    for stage in &stages {
        let (alone, took) = ask(std::slice::from_ref(stage), None).await;
        assert!(took >= Duration::from_millis(100) && alone.answers[0].offers > 0, "{}", stage.dialect);
        slowest = slowest.max(took);
        sum += took;
    }
    assert!(sum > slowest.mul_f64(1.2), "one after the other would be noticed");
    let (together, took) = ask(&stages, None).await;
    assert_eq!(together.answers.len(), 3);
    assert!(took <= slowest.mul_f64(1.2), "{took:?} together, {slowest:?} alone");
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_named_at_the_deadline_beside_the_others() {
    let stages = slow_clouds().await;
    let (whole, _) = ask(&stages, None).await;
    for hanging in 0..stages.len() {
        stages[hanging].cloud.disarm();
        stages[hanging].cloud.arm(every_call(FaultKind::Hang));
        let deadline = Duration::from_secs(5);
        let (comparison, took) = ask(&stages, Some(deadline)).await;
        assert!(took >= deadline && took < deadline + Duration::from_millis(50), "{took:?}");
        assert_eq!(comparison.failures.len(), 1);
        let failure = &comparison.failures[0];
        assert_eq!(failure.provider(), Some(stages[hanging].provider.id()));
        assert_eq!(failure.kind(), ErrorKind::DeadlineExceeded);
        let others = whole.answers.iter().filter(|it| Some(&it.provider) != failure.provider());
        assert!(
            others
                .map(|it| (&it.provider, it.offers))
                .eq(comparison.answers.iter().map(|it| (&it.provider, it.offers))),
            "the others are complete"
        );
        stages[hanging].cloud.disarm();
        stages[hanging].cloud.arm(every_call(FaultKind::Slow(100)));
    }
}
