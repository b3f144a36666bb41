//! What a person does by hand beside a deployment: deletes, adopts, decides. What is in use stays.

use std::time::Duration;

use vmbroker::deploy::engine::{Decision, LegState};
use vmbroker::deploy::{Broker, Standing, SweepOptions};
use vmbroker::{ComputeProviderExt, Handle, Wait};
use vmbroker_sim::{Dialect, Fault, FaultKind, Phase};
use vmbroker_tests::{Fleet, spec};

use super::late::{doubled, handle};
use super::{down, up};

/// The handles of all machines that a list of this account shows.
async fn listed(broker: &Broker, account: &str) -> Vec<Handle> {
    let provider = broker.registry().get(&account.parse().unwrap()).unwrap();
    provider.list().await.unwrap().into_instances().into_iter().map(|it| it.handle).collect()
}

/// Deletes a machine as the program does: written down first, deleted with proof, written down again.
async fn delete(fleet: &Fleet, broker: &Broker, handle: &Handle) {
    broker.condemn(handle).await.unwrap();
    let provider = broker.registry().of(handle).unwrap();
    let wait = Wait::new(fleet.clock.clone(), Duration::from_secs(7_200));
    provider.delete_until_gone(handle, &wait).await.unwrap();
    broker.gone(handle).await.unwrap();
    broker.look().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_double_that_is_deleted_by_hand_leaves_the_machine_in_use_alone() {
    let home = tempfile::tempdir().unwrap();
    let (fleet, choices, kept) = doubled(home.path()).await;
    let broker = fleet.broker(home.path(), None).await;
    let double = listed(&broker, "zenlayer").await.into_iter().find(|it| it.to_string() != kept).unwrap();
    delete(&fleet, &broker, &double).await;
    assert_eq!(fleet.live(), 1);
    let state = broker.state("web").await.unwrap().unwrap();
    let leg = state.legs.values().next().unwrap();
    assert_eq!((leg.state, leg.machines[0].gone_at, state.wanted().count()), (LegState::Running, None, 1));
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert_eq!((fleet.live(), handle(&report)), (1, kept));
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn a_double_that_could_not_be_ended_in_time_goes_with_the_next_destroy() {
    let home = tempfile::tempdir().unwrap();
    let (fleet, choices, kept) = doubled(home.path()).await;
    let broker = fleet.broker(home.path(), None).await;
    fleet.cloud(Dialect::Zenlayer).arm(Fault::always("delete", FaultKind::Html(503)));
    broker.look().await.unwrap();
    up(&fleet, &broker, spec("web", 1, choices)).await;
    assert_eq!(fleet.live(), 2);
    fleet.cloud(Dialect::Zenlayer).disarm();
    let kept: Handle = kept.parse().unwrap();
    broker.condemn(&kept).await.unwrap();
    let wait = Wait::new(fleet.clock.clone(), Duration::from_secs(7_200));
    broker.registry().of(&kept).unwrap().delete_until_gone(&kept, &wait).await.unwrap();
    broker.gone(&kept).await.unwrap();
    assert_eq!(fleet.live(), 1, "nobody tried the double again");
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_an_earlier_leg_is_deleted_by_hand_and_its_successor_kept() {
    let both = [Dialect::Zenlayer, Dialect::Wayscloud];
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&both).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&both).await;
    fleet.cloud(both[0]).arm(Fault::once("create", FaultKind::FailLater("no".to_owned())));
    let report = up(&fleet, &broker, spec("web", 1, choices.clone())).await;
    let kept = handle(&report);
    let state = broker.state("web").await.unwrap().unwrap();
    let first = state.legs.values().find(|leg| leg.state == LegState::Gone).unwrap();
    let old = first.machine().unwrap().handle.clone();
    broker.condemn(&old).await.unwrap();
    broker.look().await.unwrap();
    let report = up(&fleet, &broker, spec("web", 1, choices)).await;
    assert_eq!((fleet.live(), handle(&report)), (1, kept));
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn machines_that_were_all_kept_are_all_taken_down() {
    let home = tempfile::tempdir().unwrap();
    let (fleet, choices, _) = doubled(home.path()).await;
    let broker = fleet.broker(home.path(), None).await;
    broker.look().await.unwrap();
    let state = broker.state("web").await.unwrap().unwrap();
    let leg = state.legs.values().next().unwrap();
    assert_eq!(leg.machines.len(), 2, "the double is known");
    broker.resolve(leg.marker, Decision::KeepBoth).await.unwrap();
    up(&fleet, &broker, spec("web", 1, choices)).await;
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn a_sweep_tells_a_double_from_the_machine_that_is_expected() {
    let home = tempfile::tempdir().unwrap();
    let (fleet, _, kept) = doubled(home.path()).await;
    let broker = fleet.broker(home.path(), None).await;
    let swept = broker.sweep(SweepOptions::default()).await.unwrap();
    assert_eq!(swept.machines.len(), 2);
    for machine in &swept.machines {
        let is_known = matches!(machine.standing, Standing::Known { .. });
        assert_eq!(is_known, machine.instance.handle.to_string() == kept, "{machine:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_came_up_while_nobody_looked_is_not_too_late() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    let wanted = spec("web", 1, choices);
    fleet.cloud(Dialect::Zenlayer).arm(Fault::once("create", FaultKind::Delay(600)));
    let broker = fleet.broker(home.path(), None).await;
    let run = broker.deploy(wanted.clone()).await.unwrap();
    tokio::select! {
        _ = run.finish() => panic!("it was up at once"),
        () = fleet.clock.sleep(Duration::from_secs(60)) => {}
    }
    // Longer than a machine may take.
    fleet.clock.sleep(wanted.policy.provision_within * 2).await;
    broker.look().await.unwrap();
    up(&fleet, &broker, wanted).await;
    assert_eq!((fleet.live(), fleet.cloud(Dialect::Zenlayer).count_calls(Some("create"))), (1, 1));
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_another_leg_is_not_adopted() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    let mut wanted = spec("web", 1, choices.clone());
    wanted.policy.on_uncertain.insert("zenlayer".parse().unwrap(), vmbroker::deploy::OnUncertain::Ask);
    let report = up(&fleet, &broker, spec("other", 1, choices)).await;
    fleet.cloud(Dialect::Zenlayer).arm(Fault::once("create", FaultKind::Reset));
    up(&fleet, &broker, wanted).await;
    let state = broker.state("web").await.unwrap().unwrap();
    let asks = state.legs.values().find(|leg| leg.state == LegState::AskUser).unwrap().marker;
    let other: Handle = handle(&report).parse().unwrap();
    let refused = broker.resolve(asks, Decision::Adopt(other)).await.unwrap_err().to_string();
    assert!(refused.contains("it is the machine with marker"), "{refused}");
    // A digit is wrong.
    let nobody: Handle = "zenlayer/instance:99".parse().unwrap();
    let refused = broker.resolve(asks, Decision::Adopt(nobody)).await.unwrap_err().to_string();
    assert!(refused.contains("its account shows no such machine"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_taken_back_is_in_use_although_it_is_off() {
    let (home, new_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    let first = fleet.broker(home.path(), None).await;
    let report = up(&fleet, &first, spec("web", 1, choices)).await;
    let machine: Handle = handle(&report).parse().unwrap();
    {
        let cloud = fleet.cloud(Dialect::Zenlayer);
        let mut account = cloud.account();
        let at = account.position(machine.id()).unwrap();
        account.machines[at].schedule(cloud.now(), &[(Duration::ZERO, Phase::Stopped)]);
    }
    let second = fleet.broker(new_home.path(), None).await;
    second.adopt("web", &machine).await.unwrap();
    fleet.clock.sleep(Duration::from_secs(7_200)).await;
    second.look().await.unwrap();
    fleet.clock.sleep(Duration::from_secs(7_200)).await;
    assert_eq!(fleet.live(), 1, "it is deleted on request only");
    down(&fleet, &second, "web").await;
    let refused = second.adopt("web", &machine).await.unwrap_err().to_string();
    assert!(refused.contains("is being taken down") || refused.contains("is not in the list"), "{refused}");
}
