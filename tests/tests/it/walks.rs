//! The whole way of a machine, at every dialect: from create to gone.

use std::time::Duration;

use vmbroker_core::{ComputeProvider, ComputeProviderExt, Effect, Goal, Handle, State, Wait};
use vmbroker_sim::{Dialect, Fault, FaultKind};
use vmbroker_tests::{Stage, wish};

const HOUR: Duration = Duration::from_secs(3_600);

/// Watches the machine come up, ends it, and lets the ledger say that nothing is left.
async fn run_and_end(stage: &Stage, provider: &dyn ComputeProvider, handle: &Handle) {
    let wait = Wait::new(stage.clock.clone(), HOUR);
    let running = provider.wait_until(handle, Goal::Reachable, &wait).await.unwrap();
    let instance = running.instance().unwrap();
    assert_eq!(instance.state, State::Running);
    assert!(!instance.public_addresses.is_empty());
    assert_eq!(stage.cloud.ledger().open().count(), 1);
    let gone = provider.delete_until_gone(&running.handle, &wait).await.unwrap();
    assert!(matches!(gone.state(), None | Some(State::Gone)));
    assert_eq!(stage.cloud.ledger().open().count(), 0, "the ledger is the judge");
    let listing = provider.list().await.unwrap();
    assert!(listing.instances().iter().all(|instance| instance.state == State::Gone), "{listing:?}");
}

#[tokio::test(start_paused = true)]
async fn from_create_to_gone() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        let handle = stage.provider.create(&wish()).await.unwrap();
        run_and_end(&stage, &*stage.provider, &handle).await;
        assert_eq!(stage.cloud.count_calls(Some("create")), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_was_lost_is_found_by_its_marker() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        stage.cloud.arm(Fault::once("create", FaultKind::LoseAnswer));
        let wish = wish();
        let error = stage.provider.create(&wish).await.unwrap_err();
        assert_eq!(error.effect(), Effect::Unknown, "{dialect}: {error}");
        // A launching machine may be hidden: look until it shows.
        let mut found = Vec::new();
        while found.is_empty() && stage.clock.elapsed() < HOUR {
            stage.clock.sleep(Duration::from_secs(10)).await;
            found = stage.provider.find(wish.marker).await.unwrap();
        }
        assert_eq!(found.len(), 1, "{dialect}");
        run_and_end(&stage, &*stage.provider, &found[0].handle).await;
        assert_eq!(stage.cloud.count_calls(Some("create")), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_the_printed_handle_is_enough() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        let printed = stage.provider.create(&wish()).await.unwrap().to_string();
        let restarted = stage.restarted();
        run_and_end(&stage, &*restarted, &printed.parse().unwrap()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_fails_is_still_billed_until_it_is_deleted() {
    // In April's contract a machine that never became active is not shown at all.
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Fluence202504) {
        let stage = Stage::set(dialect).await;
        stage.cloud.arm(Fault::once("create", FaultKind::FailLater("No valid host was found.".to_owned())));
        let wait = Wait::new(stage.clock.clone(), HOUR);
        let handle = stage.provider.create(&wish()).await.unwrap();
        let error = stage.provider.wait_until(&handle, Goal::Running, &wait).await.unwrap_err();
        assert_eq!(error.kind(), vmbroker_core::ErrorKind::MachineFailed, "{dialect}: {error}");
        assert_eq!(stage.cloud.ledger().open().count(), 1, "{dialect}: it costs money all the same");
        stage.provider.delete_until_gone(&handle, &wait).await.unwrap();
        assert_eq!(stage.cloud.ledger().open().count(), 0, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_taken_back_is_asked_for_again() {
    for dialect in Dialect::ALL {
        let stage = Stage::set(dialect).await;
        let wait = Wait::new(stage.clock.clone(), 6 * HOUR);
        let handle = stage.provider.create(&wish()).await.unwrap();
        let running = stage.provider.wait_until(&handle, Goal::Running, &wait).await.unwrap();
        stage.cloud.arm(Fault::once("delete", FaultKind::Revert));
        stage.provider.delete_until_gone(&running.handle, &wait).await.unwrap();
        assert_eq!(stage.cloud.ledger().open().count(), 0, "{dialect}");
    }
}
