//! Three machines, the cheapest first. The account there can pay one only: the others come up elsewhere.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::sync::Arc;
use std::time::Duration;

use vmbroker::deploy::engine::What;
use vmbroker::deploy::{Broker, DeploySpec, News, Plan, Policy};
use vmbroker::journal::SqliteJournal;
use vmbroker::{Catalogue, Currency, Market, OfferQuery, Question};
use vmbroker_examples::{SimulatedClouds, rates, wish};
use vmbroker_sim::Dialect;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = SimulatedClouds::start(&Dialect::DEFAULT).await?;
    let (accounts, now) = (clouds.accounts()?, clouds.clock().now());

    let small = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    let hour = Duration::from_secs(3_600);
    let job = Question { currency: Some(Currency::USD), ..Question::new(small, now, hour) };
    let market = Market::new(accounts.clone(), Catalogue::in_memory(), rates()?);
    let choices = Plan::of(&market.compare(&job).await).choices;
    clouds.spend_the_money_of_the_cheapest_after(1, &choices);

    // A real application keeps its journal where it keeps its state: it is what finds machines again after a crash.
    let folder = tempfile::tempdir()?;
    let journal = SqliteJournal::open(folder.path(), now, None).await?;
    let broker = Broker::new(accounts, Arc::new(journal), wish().marker.owner()).exchanging(rates()?);
    let policy = Policy { run: Some(hour), ..Policy::default() };
    let web = DeploySpec { policy, ..DeploySpec::new("web", 3, wish(), choices) };
    let mut run = broker.deploy(web).await?;
    while let Some(news) = run.next().await {
        match news {
            News::Happened(event) => match event.what {
                What::Planned { intent, choice, .. } => {
                    println!("{intent}: {} {}", choice.account, choice.offer)
                }
                What::Refused { fault, .. } => println!("refused: {fault}"),
                What::Ready { handle, .. } => println!("up: {handle}"),
                _ => {}
            },
            News::NotWritten { leg, why, .. } => println!("look for {leg}: {why}"),
        }
    }
    println!("{} of 3 are up", run.finish().await?.running());
    broker.destroy("web").await?.finish().await?;
    println!("{} machines cost money", clouds.machines_that_cost_money());
    Ok(())
}
