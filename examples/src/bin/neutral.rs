//! One machine at the first account that can give one, then none: no provider's name below this line.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::time::Duration;

use vmbroker::{ComputeProviderExt, Effect, Goal, MachineWish, OfferQuery, Wait};
use vmbroker_examples::{SimulatedClouds, wish};
use vmbroker_sim::Dialect;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = SimulatedClouds::start(&Dialect::DEFAULT).await?;
    clouds.spend_the_money_of_the_first();
    let accounts = clouds.accounts()?;
    let wait = Wait::new(clouds.clock().clone(), Duration::from_secs(20 * 60));

    let query = OfferQuery { vcpus: Some(2), memory_mib: Some(4_096), ..OfferQuery::default() };
    for answer in accounts.offers(&query).await {
        let offers = match answer.result {
            Ok(offers) => offers,
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        println!("{}: {} offers", answer.provider, offers.len());
        let Some(offer) = offers.into_iter().min_by_key(|offer| offer.size.memory_mib) else { continue };
        let provider = accounts.get(&answer.provider)?;
        let request = vmbroker::CreateRequest { machine: MachineWish::Offer(offer.id), ..wish() };
        println!("{}: ordering {}", answer.provider, request.marker);
        let handle = match provider.create(&request).await {
            Ok(handle) => handle,
            // Nothing was ordered: the next account may try.
            Err(error) if error.effect() == Effect::None => {
                println!("{error}");
                continue;
            }
            // It may exist: never order a second one before the first is found or proven absent.
            Err(error) => anyhow::bail!("look for {} first: {error}", request.marker),
        };
        let seen = provider.wait_until(&handle, Goal::Reachable, &wait).await?;
        let addresses = seen.instance().map(|it| it.public_addresses.as_slice()).unwrap_or_default();
        println!("{} is reachable at {addresses:?}", seen.handle);
        let end = provider.delete_until_gone(&seen.handle, &wait).await?;
        println!("{} is gone; {} machines cost money", end.handle, clouds.machines_that_cost_money());
        return Ok(());
    }
    anyhow::bail!("no account could give a machine")
}
