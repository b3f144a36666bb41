//! Watches what a machine costs, and says what moved.
//!
//! With `Catalogue::in_folder` the history would outlive the program; a watcher in a `cron` table needs no more than
//! one round of this loop.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::time::Duration;

use jiff::Timestamp;
use vmbroker::{Catalogue, ExchangeRates, Market, OfferQuery, Question};
use vmbroker_examples::SimulatedClouds;
use vmbroker_sim::Dialect;

const EVERY: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = SimulatedClouds::start(&Dialect::DEFAULT).await?;
    let market = Market::new(clouds.accounts()?, Catalogue::in_memory(), ExchangeRates::default());
    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    for round in 0..3 {
        if round == 2 {
            clouds.raise_prices(20);
        }
        let since = clouds.clock().now();
        let question = Question::new(query.clone(), since, Duration::from_secs(24 * 3_600));
        let comparison = market.compare(&Question { refresh: true, limit: Some(1), ..question }).await;
        for best in &comparison.ranked {
            println!("cheapest now: {} a day at {} {}", best.converted, best.offer.provider, best.offer.id);
        }
        for failure in &comparison.failures {
            println!("{failure}");
        }
        tell_what_moved(&market, &query, since).await;
        clouds.clock().sleep(EVERY).await;
    }
    Ok(())
}

/// The prices that are not what they were before this moment.
async fn tell_what_moved(market: &Market, query: &OfferQuery, since: Timestamp) {
    let (histories, notes) = market.history(query).await;
    let mut moved = 0;
    for history in &histories {
        if let [.., before, now] = history.changes.as_slice()
            && now.at >= since
        {
            moved += 1;
            let words = |price: &Option<vmbroker::Price>| {
                price.as_ref().map_or_else(|| "not there".to_owned(), ToString::to_string)
            };
            let offer = &history.offer;
            println!(
                "moved: {} {}: {} -> {}",
                offer.provider,
                offer.id,
                words(&before.price),
                words(&now.price)
            );
        }
    }
    if moved == 0 {
        println!("nothing moved");
    }
    for note in notes {
        println!("{note}");
    }
}
