//! A program that dies while it deploys, and the next one that takes the deployment up where it was left.
//!
//! Every step is in the journal before it is taken. So nothing that was ordered is lost, and nothing is ordered twice,
//! not even a machine whose create was on its way when the program died.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::path::Path;
use std::sync::Arc;

use vmbroker::deploy::engine::What;
use vmbroker::deploy::{Broker, Choice, DeploySpec, News, Policy};
use vmbroker::journal::SqliteJournal;
use vmbroker_examples::{SimulatedClouds, cheapest, rates, wish};
use vmbroker_sim::Dialect;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = Arc::new(SimulatedClouds::start(&Dialect::DEFAULT).await?);
    let folder = Arc::new(tempfile::tempdir()?);
    let choices = cheapest(&clouds.accounts()?).await?;

    let (at, there, wanted) = (Arc::clone(&clouds), Arc::clone(&folder), choices.clone());
    tokio::task::spawn_blocking(move || die_in_the_middle(&at, there.path(), wanted)).await??;
    println!("the first program is dead; {} machines cost money", clouds.machines_that_cost_money());

    let broker = open(&clouds, folder.path()).await?;
    let report = broker.deploy(web(choices)).await?.finish().await?;
    for event in broker.events("web").await? {
        match event.what {
            What::Unclear { leg, fault } => println!("unknown: {leg}: {fault}"),
            What::Found { handle, .. } => println!("found: {handle}"),
            What::Ready { handle, .. } => println!("up: {handle}"),
            _ => {}
        }
    }
    println!("{} of 4 are up, {} were ever made", report.running(), clouds.machines_ever());
    broker.destroy("web").await?.finish().await?;
    println!("{} machines cost money", clouds.machines_that_cost_money());
    Ok(())
}

/// The first program, on a runtime of its own: dropping that ends everything it does, wherever it is.
fn die_in_the_middle(clouds: &SimulatedClouds, folder: &Path, choices: Vec<Choice>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut run = open(clouds, folder).await?.deploy(web(choices)).await?;
        while let Some(news) = run.next().await {
            if let News::Happened(event) = news
                && let What::Accepted { handle, .. } = event.what
            {
                println!("accepted: {handle}");
                break;
            }
        }
        Ok(())
    })
}

async fn open(clouds: &SimulatedClouds, folder: &Path) -> anyhow::Result<Broker> {
    let journal = SqliteJournal::open(folder, clouds.clock().now(), None).await?;
    // The owner is the same in both programs: by it machines are known again.
    Ok(Broker::new(clouds.accounts()?, Arc::new(journal), wish().marker.owner()).exchanging(rates()?))
}

/// The same wish in both programs: the name says that it is the same deployment.
fn web(choices: Vec<Choice>) -> DeploySpec {
    let (file_hash, fields, policy) = (String::new(), Default::default(), Policy::default());
    DeploySpec { name: "web".to_owned(), count: 4, template: wish(), file_hash, fields, choices, policy }
}
