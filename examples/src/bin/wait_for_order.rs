//! An order that becomes a machine, told observation by observation.
//!
//! At a marketplace a create is an order. Its handle names the order first and the machine as soon as there is one;
//! a program that keeps the newest handle need not care which it is.
#![expect(clippy::print_stdout, reason = "an example tells its story")]

use std::time::Duration;

use anyhow::Context;
use vmbroker::{ComputeProviderExt, Goal, Handle, Observation, State, Wait};
use vmbroker_examples::{SimulatedClouds, wish};
use vmbroker_sim::Dialect;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let clouds = SimulatedClouds::start(&[Dialect::Wayscloud]).await?;
    let accounts = clouds.accounts()?;
    let name = accounts.ids().next().context("there is one account")?.clone();
    let provider = accounts.get(&name)?;
    let clock = clouds.clock();

    let request = wish();
    // Said before anything is sent: whatever happens then, the machine can be found by it.
    println!("marker   {}", request.marker);
    let ordered = clock.elapsed();
    let handle = provider.create(&request).await?;
    println!("accepted {handle}");

    let mut tell = |seen: &Observation| {
        let seconds = clock.elapsed().saturating_sub(ordered).as_secs();
        let state = seen.state().map_or("not shown", State::words);
        let addresses = seen.instance().map(|it| it.public_addresses.as_slice()).unwrap_or_default();
        println!("{seconds:>4} s   {state:<13} {} {addresses:?}", seen.handle);
    };
    let wait = Wait::new(clock.clone(), Duration::from_secs(20 * 60));
    // One handle here; with many, one look asks for all that are still on their way.
    let ends = provider.wait_all(&[handle], Goal::Reachable, &wait, &mut tell).await?;

    for end in ends {
        // A failure names the handle: the machine may exist all the same, and is to be deleted.
        let machine = end?.handle;
        // This text is all that a program must keep to find the machine again after a restart.
        let kept = machine.to_string();
        let gone = provider.delete_until_gone(&kept.parse::<Handle>()?, &wait).await?;
        println!("gone     {}", gone.handle);
    }
    println!("{} machines cost money", clouds.machines_that_cost_money());
    Ok(())
}
