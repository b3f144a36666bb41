//! What a question to the market costs, each against a floor in the same run.
//!
//! Warm: 100,000 offers in the catalogue against a plain loop over typed structs with the same decimals, filters,
//! quotes and sort. Cold: the same from a file against plain serde_json. Side by side: three simulated clouds at 100 ms
//! an answer against the slowest of them alone. Figures are medians.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark ends where it cannot measure, and measures real time"
)]

mod faces;
mod plain;
mod shop;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use shop::{OFFERS, Shop};
use vmbroker::{Catalogue, Comparison, ExchangeRates, Market, Offer, OfferQuery, Question, Registry};
use vmbroker_core::Clock;
use vmbroker_tests::figures::Figures;

/// How often each side is measured, in turn.
const ROUNDS: usize = 15;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut figures = Figures::new();
    runtime.block_on(warm(&mut figures));
    runtime.block_on(cold(&mut figures));
    runtime.block_on(faces::side_by_side(&mut figures));
    figures.say();
}

fn market(catalogue: Catalogue, offers: &[Vec<Offer>]) -> Market {
    let mut registry = Registry::new(Clock::system());
    for (account, offers) in offers.iter().enumerate() {
        registry.add(Shop::open(account, offers.clone())).unwrap();
    }
    Market::new(registry, catalogue, rates())
}

fn rates() -> ExchangeRates {
    let rate = r#"{"from": "EUR", "to": "USD", "rate": "1.0832", "date": "2026-11-02", "source": "ECB"}"#;
    ExchangeRates::new([serde_json::from_str(rate).unwrap()]).unwrap()
}

/// The questions: who wants a little of it, and who wants all.
fn questions() -> Vec<(&'static str, Question)> {
    let start = "2026-11-21T17:40:00Z".parse().unwrap();
    let wish = OfferQuery {
        vcpus: Some(4),
        memory_mib: Some(8_192),
        countries: vec!["FR".parse().unwrap(), "DE".parse().unwrap()],
        ..OfferQuery::default()
    };
    let minutes = Duration::from_secs(40 * 60);
    let days = Duration::from_secs(30 * 86_400);
    let some = Question::new(wish.clone(), start, minutes);
    let all = Question::new(OfferQuery::default(), start, minutes);
    vec![
        ("4 vCPU, FR+DE, 40m", some.clone()),
        ("the same, 30d", Question { run: days, ..some.clone() }),
        ("the same, best 20", Question { limit: Some(20), ..some }),
        ("any, 40m", all.clone()),
        ("any, 30d", Question { run: days, ..all.clone() }),
        ("any, best 20", Question { limit: Some(20), ..all }),
    ]
}

async fn warm(figures: &mut Figures) {
    let offers = shop::offers();
    let rows: Vec<plain::Row> = offers.iter().flatten().map(plain::Row::of).collect();
    let market = market(Catalogue::in_memory(), &offers);
    let fill = market.compare(&questions()[3].1).await;
    assert_eq!(fill.ranked_in_all + fill.unranked.len() + fill.excluded.len(), OFFERS);
    println!(
        "{OFFERS} offers in the catalogue; CPU, medians of {ROUNDS} rounds; floor = a plain loop over typed structs"
    );
    println!("{:<20} {:>8} {:>10} {:>10} {:>8}", "question", "ranked", "ms", "floor ms", "ratio");
    for (name, question) in questions() {
        let (mut ours, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..=ROUNDS {
            let start = ProcessTime::now();
            let comparison = market.compare(&question).await;
            ours.push(start.elapsed());
            let start = ProcessTime::now();
            let floor = black_box(plain::rank(&rows, &question));
            floors.push(start.elapsed());
            assert_same(&comparison, &floor);
        }
        let (ours, floor) = (median(ours), median(floors));
        let ranked = market.compare(&question).await.ranked_in_all;
        println!("{name:<20} {ranked:>8} {:>10.2} {:>10.2} {:>8.2}", ms(ours), ms(floor), ratio(ours, floor));
        let name = format!("market of {OFFERS} offers, {name}");
        figures.keep(&name, ratio(ours, floor), Some(1.5), "the CPU of a plain loop over typed structs");
    }
}

/// Both ways give the same offers in the same order, to the last digit.
fn assert_same(comparison: &Comparison, floor: &[plain::Place<'_>]) {
    assert!(comparison.answers.iter().all(|answer| answer.seen.cached));
    assert_eq!(comparison.ranked.len(), floor.len());
    for (ranked, plain) in comparison.ranked.iter().zip(floor) {
        assert_eq!(ranked.converted.amount, plain.total);
        assert_eq!(ranked.offer.id.0, plain.row.id);
    }
}

async fn cold(figures: &mut Figures) {
    let folder = tempfile::tempdir().unwrap();
    let offers = shop::offers();
    let (_, question) = questions().swap_remove(0);
    let any = Question { query: OfferQuery::default(), ..question.clone() };
    let catalogue = || Catalogue::in_folder(folder.path());
    let start = Instant::now();
    market(catalogue(), &offers).compare(&any).await;
    let filled = start.elapsed();
    let files: Vec<_> = (0..offers.len())
        .map(|account| folder.path().join(format!("offers-{}.json", shop::name(account))))
        .collect();
    let bytes: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS / 3 {
        let market = market(catalogue(), &offers);
        let start = ProcessTime::now();
        let comparison = market.compare(&question).await;
        ours.push(start.elapsed());
        assert!(comparison.notes.is_empty() && comparison.answers.iter().all(|answer| answer.seen.cached));
        let start = ProcessTime::now();
        let read: usize = files.iter().map(|file| plain::read(file)).sum();
        floors.push(start.elapsed());
        assert_eq!(read, OFFERS);
    }
    let (ours, floor) = (median(ours), median(floors));
    println!(
        "\n{OFFERS} offers from {} MB in files; CPU; floor = read and serde_json into the same structs",
        bytes / 1_000_000
    );
    println!(
        "first fill {:.0} ms; cold question {:.0} ms, floor {:.0} ms, ratio {:.2}",
        ms(filled),
        ms(ours),
        ms(floor),
        ratio(ours, floor)
    );
    let name = format!("market of {OFFERS} offers, cold");
    figures.keep(&name, ratio(ours, floor), None, "the CPU of reading the same files with serde_json");
}

/// The first round warms up and does not count.
fn median(mut figures: Vec<Duration>) -> Duration {
    figures.remove(0);
    figures.sort();
    figures[figures.len() / 2]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn ratio(ours: Duration, floor: Duration) -> f64 {
    ours.as_secs_f64() / floor.as_secs_f64()
}
