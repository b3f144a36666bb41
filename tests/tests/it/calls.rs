//! How many HTTP calls it takes to watch many machines.

use std::time::Duration;

use vmbroker_core::{Finding, Handle, State};
use vmbroker_sim::Dialect;
use vmbroker_tests::{Stage, wish};

const MACHINES: usize = 500;

/// One look at all machines: the calls it took, and the handles as now known.
async fn round(stage: &Stage, handles: &[Handle], state: State) -> (usize, Vec<Handle>) {
    let before = stage.cloud.count_calls(None);
    let observations = stage.provider.status(handles).await.unwrap();
    let calls = stage.cloud.count_calls(None) - before;
    assert_eq!(observations.len(), handles.len());
    if stage.dialect != Dialect::Fluence202504 || state == State::Running {
        let strange = observations.iter().find(|seen| seen.state() != Some(state));
        assert!(strange.is_none(), "{} {strange:?}", stage.dialect);
        assert!(observations.iter().all(|seen| !matches!(seen.finding, Finding::NotFound)));
    }
    (calls, observations.into_iter().map(|seen| seen.handle).collect())
}

#[tokio::test(start_paused = true)]
async fn watching_500_machines_costs_a_handful_of_calls_a_round() {
    for dialect in Dialect::ALL {
        let (while_open, after) = match dialect {
            Dialect::Fluence202504 | Dialect::Fluence202505 => (1, 1),
            Dialect::Wayscloud | Dialect::Waldur => (4, 2),
            Dialect::Zenlayer => (5, 5),
        };
        let stage = Stage::set(dialect).await;
        // So long that the last is ordered before the first is up.
        stage.cloud.account().profile.build = Duration::from_secs(3_600);
        let mut handles = Vec::new();
        for _ in 0..MACHINES {
            handles.push(stage.provider.create(&wish()).await.unwrap());
        }
        assert_eq!(stage.cloud.count_calls(Some("create")), MACHINES);
        stage.clock.sleep(Duration::from_secs(60)).await;
        let (calls, handles) = round(&stage, &handles, State::Provisioning).await;
        assert!(calls <= while_open, "{dialect}: {calls} calls while orders are open");
        // A Waldur builds five at once, the others wait their turn: 500 of them take days.
        stage.clock.sleep(Duration::from_secs(400 * 3_600)).await;
        // The round in which all orders end may look them up; the next one must be cheap.
        let (_, handles) = round(&stage, &handles, State::Running).await;
        let (calls, _) = round(&stage, &handles, State::Running).await;
        assert!(calls <= after, "{dialect}: {calls} calls when all run");
    }
}
