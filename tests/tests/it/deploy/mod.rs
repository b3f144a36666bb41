//! Failover deployment against the simulated clouds. The ledgers are the judge, never the journal.

mod faults;
mod way;

use std::time::Duration;

use vmbroker::deploy::{Broker, DeploySpec, Report};
use vmbroker_sim::Dialect;
use vmbroker_tests::Fleet;

/// One cloud of each provider, in the order in which they are tried.
const THREE: [Dialect; 3] = [Dialect::Zenlayer, Dialect::Wayscloud, Dialect::Fluence202505];

/// Brings it up, within a bound of simulated time.
async fn up(fleet: &Fleet, broker: &Broker, spec: DeploySpec) -> Report {
    let run = broker.deploy(spec).await.unwrap();
    within(fleet, run.finish()).await.unwrap()
}

/// Takes it down, within a bound of simulated time, and lets the ledgers say that nothing is left.
async fn down(fleet: &Fleet, broker: &Broker, name: &str) {
    let run = broker.destroy(name).await.unwrap();
    let report = within(fleet, run.finish()).await.unwrap();
    assert_eq!(fleet.live(), 0, "something is left: {report:#?}");
}

async fn within<T>(fleet: &Fleet, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        () = fleet.clock.sleep(Duration::from_secs(48 * 3_600)) => panic!("it never ends"),
    }
}
