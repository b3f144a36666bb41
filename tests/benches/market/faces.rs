//! Three simulated clouds at 100 ms an answer, all at once and each alone.

use std::time::{Duration, Instant};

use vmbroker::{Catalogue, Clock, ExchangeRates, Market, OfferQuery, Question, Registry};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::Stage;
use vmbroker_tests::figures::Figures;

use super::{median, ms, ratio};

const ANSWER: u64 = 100;
const ROUNDS: usize = 5;

fn slow() -> Fault {
    Fault { kind: FaultKind::Slow(ANSWER), operation: None, after: 0, times: None }
}

/// An account at each of these clouds, all new: nothing is remembered.
fn market(stages: &[&Stage]) -> Market {
    let mut registry = Registry::new(Clock::system());
    for stage in stages {
        registry.add(stage.restarted()).unwrap();
    }
    Market::new(registry, Catalogue::in_memory(), ExchangeRates::default())
}

async fn measure(stages: &[&Stage], question: &Question) -> Duration {
    let mut figures = Vec::new();
    for _ in 0..=ROUNDS {
        let market = market(stages);
        let start = Instant::now();
        let comparison = market.compare(question).await;
        figures.push(start.elapsed());
        assert_eq!((comparison.answers.len(), comparison.failures.len()), (stages.len(), 0));
    }
    median(figures)
}

pub(crate) async fn side_by_side(figures: &mut Figures) {
    let mut stages = Vec::new();
    for dialect in Dialect::DEFAULT {
        let stage = Stage::set(dialect).await;
        stage.cloud.arm(slow());
        stages.push(stage);
    }
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let start = "2026-11-21T08:00:00Z".parse().unwrap();
    let question = Question::new(query, start, Duration::from_secs(40 * 60));
    println!(
        "\n{} simulated clouds at {ANSWER} ms an answer; wall, medians of {ROUNDS} rounds",
        stages.len()
    );
    let mut slowest = Duration::ZERO;
    for stage in &stages {
        let alone = measure(&[stage], &question).await;
        println!("{:<20} alone {:>8.1} ms", stage.dialect.name(), ms(alone));
        slowest = slowest.max(alone);
    }
    let all: Vec<&Stage> = stages.iter().collect();
    let together = measure(&all, &question).await;
    println!("all together {:.1} ms, {:.2} of the slowest alone", ms(together), ratio(together, slowest));
    let name = format!("market over {} clouds side by side", stages.len());
    figures.keep(&name, ratio(together, slowest), Some(1.2), "the wall of the slowest of them alone");

    let deadline = Duration::from_secs(1);
    stages[0].cloud.disarm();
    stages[0].cloud.arm(Fault { kind: FaultKind::Hang, ..slow() });
    let market = market(&all);
    let start = Instant::now();
    let comparison = market.compare(&Question { deadline: Some(deadline), ..question }).await;
    let failures: Vec<String> = comparison.failures.iter().map(ToString::to_string).collect();
    println!(
        "one hanging, deadline {} ms: answer after {:.1} ms with {} accounts; {}",
        deadline.as_millis(),
        ms(start.elapsed()),
        comparison.answers.len(),
        failures.join("; ")
    );
}
