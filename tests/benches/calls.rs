//! How many HTTP calls it takes to bring up 50 and 500 machines at each simulated cloud.
//!
//! The floor is what any program needs that creates one by one and looks at each machine on its own: one create and
//! one look a machine and round. Counted on the wire, on a simulated clock: the figures are the same every time.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark ends where it cannot measure")]

use std::time::Duration;

use vmbroker_core::{ComputeProviderExt, Goal, Wait};
use vmbroker_sim::Dialect;
use vmbroker_tests::figures::Figures;
use vmbroker_tests::{Stage, wish};

fn main() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    println!("HTTP calls from the first create until all machines have an address");
    println!(
        "{:<16} {:>8} {:>8} {:>8} {:>7} {:>10} {:>10} {:>7}",
        "dialect", "machines", "creates", "others", "rounds", "calls", "floor", "ratio"
    );
    let mut figures = Figures::new();
    for dialect in Dialect::ALL {
        for machines in [50, 500] {
            let ratio = runtime.block_on(bring_up(dialect, machines));
            let name = format!("calls for {machines} machines, {}", dialect.name());
            figures.keep(&name, ratio, None, "one create and one look a machine and round");
        }
    }
    figures.say();
}

/// How many calls it takes, against the floor.
async fn bring_up(dialect: Dialect, machines: usize) -> f64 {
    let stage = Stage::set(dialect).await;
    // A Waldur builds five at once unless told; here all build side by side everywhere.
    stage.cloud.account().shelf("settings").insert("provisioning_limit".to_owned(), machines.into());
    let mut handles = Vec::new();
    for _ in 0..machines {
        handles.push(stage.provider.create(&wish()).await.unwrap());
    }
    let creates = stage.cloud.count_calls(Some("create"));
    let before_watch = stage.cloud.count_calls(None);
    let wait = Wait::new(stage.clock.clone(), Duration::from_secs(24 * 3_600));
    let ends = stage.provider.wait_all(&handles, Goal::Reachable, &wait, &mut |_| {}).await.unwrap();
    assert!(ends.iter().all(Result::is_ok));
    let calls = stage.cloud.count_calls(None);
    let calls_at = stage.cloud.calls();
    let mut rounds: Vec<_> = calls_at[before_watch..].iter().map(|call| call.at.as_second()).collect();
    rounds.dedup();
    let floor = creates + machines * rounds.len();
    let ratio = f64::from(u32::try_from(calls).unwrap()) / f64::from(u32::try_from(floor).unwrap());
    println!(
        "{:<16} {machines:>8} {creates:>8} {:>8} {:>7} {calls:>10} {floor:>10} {ratio:>7.3}",
        dialect.name(),
        calls - creates,
        rounds.len()
    );
    ratio
}
