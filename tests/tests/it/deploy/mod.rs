//! Failover deployment against the simulated clouds. The ledgers are the judge, never the journal.

mod accounts;
mod by_hand;
mod crash;
mod doubles;
mod faults;
mod hangs;
mod late;
mod money;
mod promises;
mod requote;
mod rows;
mod sweep;
mod way;

use std::time::Duration;

use vmbroker::deploy::{Broker, DeploySpec, ReceiptLine, Report};
use vmbroker_sim::Dialect;
use vmbroker_tests::Fleet;

/// One cloud of each provider, in the order in which they are tried.
const THREE: [Dialect; 3] = [Dialect::Zenlayer, Dialect::Wayscloud, Dialect::Fluence202505];

/// Brings it up, within a bound of simulated time.
pub(crate) async fn up(fleet: &Fleet, broker: &Broker, spec: DeploySpec) -> Report {
    let run = broker.deploy(spec).await.unwrap();
    within(fleet, run.finish()).await.unwrap()
}

/// Takes it down, within a bound of simulated time, and lets the ledgers say that nothing is left.
async fn down(fleet: &Fleet, broker: &Broker, name: &str) {
    let run = broker.destroy(name).await.unwrap();
    let report = within(fleet, run.finish()).await.unwrap();
    assert_eq!(fleet.live(), 0, "something is left: {report:#?}");
    check_receipt(fleet, broker, name).await;
}

/// Each machine's bill lies within its line of the receipt, and every machine has one.
async fn check_receipt(fleet: &Fleet, broker: &Broker, name: &str) {
    let receipt = broker.receipt(name).await.unwrap().unwrap();
    for cloud in fleet.clouds() {
        for entry in cloud.ledger().entries {
            let id = |line: &&ReceiptLine| {
                line.handle.as_ref().is_some_and(|handle| {
                    entry.name.contains(line.leg.as_str()) && {
                        let ids = [handle.instance.as_deref(), handle.order.as_deref()];
                        ids.into_iter().flatten().any(|id| id.eq_ignore_ascii_case(&entry.id))
                            || handle.order.is_some()
                    }
                })
            };
            let Some(line) = receipt.lines.iter().find(id) else {
                panic!("no line for {entry:?}: {receipt:#?}")
            };
            let (Some(least), Some(most)) = (line.least, line.most) else { continue };
            let within = (least.amount..=most.amount).contains(&entry.charged);
            assert!(within, "{entry:#?} is not within {line:#?}");
        }
    }
}

async fn within<T>(fleet: &Fleet, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        () = fleet.clock.sleep(Duration::from_secs(48 * 3_600)) => panic!("it never ends"),
    }
}
