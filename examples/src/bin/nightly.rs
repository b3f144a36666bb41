//! The cheapest place for a job that runs 90 minutes each night.
//!
//! What costs least by the hour is not what costs least for the job: one cloud charges begun hours, another whole days
//! that end at 17:55 UTC. So the whole run is compared, from the minute it starts.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::time::Duration;

use vmbroker::{Catalogue, ExchangeRate, ExchangeRates, Market, OfferQuery, Question};
use vmbroker_examples::SimulatedClouds;
use vmbroker_sim::Dialect;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = SimulatedClouds::start(&Dialect::DEFAULT).await?;
    // A real application reads its rates from where it keeps them, each with its day and who said it.
    let rate = |from: &str, amount: &str| -> anyhow::Result<ExchangeRate> {
        let (date, source) = (Some("2026-01-01".parse()?), "an example".to_owned());
        Ok(ExchangeRate { from: from.parse()?, to: "USD".parse()?, rate: amount.parse()?, date, source })
    };
    let rates = ExchangeRates::new([rate("NOK", "0.1")?, rate("EUR", "1.1")?])?;
    let market = Market::new(clouds.accounts()?, Catalogue::in_memory(), rates);

    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let job = Question::new(query, "2026-01-02T17:30:00Z".parse()?, Duration::from_secs(90 * 60));
    let job = Question { currency: Some("USD".parse()?), limit: Some(3), ..job };
    let comparison = market.compare(&job).await;

    println!("90 minutes from {}", job.start);
    for (place, ranked) in (1..).zip(&comparison.ranked) {
        let offer = &ranked.offer;
        println!("{place}. {} at {} {} ({})", ranked.converted, offer.provider, offer.id, offer.location);
        for line in comparison.explain(offer).lines {
            println!("     {} {}: {}", line.amount, line.item, line.how);
        }
    }
    for conversion in &comparison.conversions {
        println!("{conversion}");
    }
    // What cannot be known has no place, and is not forgotten either.
    for unranked in comparison.unranked.iter().take(3) {
        println!("?  {} {}: {}", unranked.offer.provider, unranked.offer.id, unranked.why());
    }
    for failure in &comparison.failures {
        println!("{failure}");
    }

    // The same question for a month: the ranking may be another, and nobody is asked again.
    let month = Question { run: Duration::from_secs(30 * 86_400), limit: Some(1), ..job };
    if let Some(best) = market.compare(&month).await.ranked.first() {
        println!("for 30 days: {} at {} {}", best.converted, best.offer.provider, best.offer.id);
    }
    Ok(())
}
