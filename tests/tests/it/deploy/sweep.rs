//! What is at the clouds and not in the journal.

use std::time::Duration;

use vmbroker::deploy::{Broker, Standing, SweepOptions, SweptDeletion};
use vmbroker::{CreateRequest, Handle, Marker};
use vmbroker_sim::Dialect;
use vmbroker_tests::{Fleet, spec, wish};

use super::{THREE, up};

const DELETE: SweepOptions = SweepOptions { any_owner: false, delete: true };

#[tokio::test(start_paused = true)]
async fn an_orphan_is_reported_first_and_deleted_later() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    up(&fleet, &broker, spec("web", 2, fleet.choices(&THREE).await)).await;
    fleet.clock.sleep(Duration::from_secs(60)).await;
    // A machine of ours that no journal knows: the wish's marker has this owner's tag.
    let account = broker.registry().get(&"zenlayer".parse().unwrap()).unwrap();
    account.create(&wish()).await.unwrap();
    fleet.clock.sleep(Duration::from_secs(600)).await;

    let swept = broker.sweep(DELETE).await.unwrap();
    assert_eq!(swept.machines.len(), 3);
    let orphans: Vec<_> = swept.machines.iter().filter(|it| it.standing == Standing::Orphan).collect();
    assert_eq!(orphans.len(), 1);
    assert!(matches!(orphans[0].deletion, SweptDeletion::Refused(_)), "it was only just seen: {orphans:#?}");
    assert_eq!(fleet.live(), 3);

    fleet.clock.sleep(Duration::from_secs(3_600)).await;
    // It goes into the recycle bin first, and out of it later.
    for _ in 0..4 {
        broker.sweep(DELETE).await.unwrap();
        fleet.clock.sleep(Duration::from_secs(600)).await;
    }
    assert_eq!(fleet.live(), 2, "what belongs to a deployment stays");
}

#[tokio::test(start_paused = true)]
async fn a_lost_journal_deletes_nothing_and_takes_its_machines_back() {
    let (home, new_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fleet = Fleet::set(&THREE).await;
    let first = fleet.broker(home.path(), None).await;
    let mut wanted = spec("web", 3, fleet.choices(&THREE).await);
    wanted.policy.strategy = vmbroker::deploy::Strategy::Spread;
    up(&fleet, &first, wanted.clone()).await;
    fleet.clock.sleep(Duration::from_secs(60)).await;

    let second = fleet.broker(new_home.path(), None).await;
    second.sweep(DELETE).await.unwrap();
    fleet.clock.sleep(Duration::from_secs(7_200)).await;
    let swept = second.sweep(DELETE).await.unwrap();
    assert_eq!(swept.machines.len(), 3);
    for machine in &swept.machines {
        assert_eq!(machine.standing, Standing::Orphan);
        assert!(matches!(machine.deletion, SweptDeletion::Refused(_)), "{machine:#?}");
        let text = machine.instance.handle.to_string();
        let handle: Handle = text.parse().unwrap();
        second.adopt("web", &handle).await.unwrap();
        let again = second.adopt("web", &handle).await.unwrap_err();
        assert!(again.to_string().contains("already"), "{again}");
    }
    assert_eq!(fleet.live(), 3);
    let report = up(&fleet, &second, wanted).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!((fleet.live(), fleet.creates()), (3, 3));
    let run = second.destroy("web").await.unwrap();
    super::within(&fleet, run.finish()).await.unwrap();
    assert_eq!(fleet.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn machines_of_others_are_shown_on_request_and_never_deleted() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let broker = fleet.broker(home.path(), None).await;
    fleet.clock.sleep(Duration::from_secs(60)).await;
    let mut foreign = wish();
    foreign.marker = Marker::new(vmbroker::Owner::of_installation("somebody"), [9; 10]);
    broker.registry().get(&"zenlayer".parse().unwrap()).unwrap().create(&foreign).await.unwrap();
    for _ in 0..3 {
        fleet.clock.sleep(Duration::from_secs(7_200)).await;
        assert!(broker.sweep(DELETE).await.unwrap().machines.is_empty());
        let all = broker.sweep(SweepOptions { any_owner: true, delete: true }).await.unwrap();
        assert_eq!(all.machines.len(), 1);
        assert_eq!(all.machines[0].standing, Standing::Foreign);
    }
    assert_eq!(fleet.live(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_deletes_a_few_machines_at_once_at_most() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    fleet.clock.sleep(Duration::from_secs(60)).await;
    let account = broker.registry().get(&"zenlayer".parse().unwrap()).unwrap();
    for number in 100..107 {
        let request = CreateRequest { marker: Marker::new(broker.owner(), [number; 10]), ..wish() };
        account.create(&request).await.unwrap();
    }
    fleet.clock.sleep(Duration::from_secs(600)).await;
    broker.sweep(DELETE).await.unwrap();
    fleet.clock.sleep(Duration::from_secs(3_600)).await;
    let swept = broker.sweep(DELETE).await.unwrap();
    let started = swept.machines.iter().filter(|it| it.deletion == SweptDeletion::Started).count();
    assert_eq!((swept.machines.len(), started), (7, 5), "{swept:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_in_use_that_another_account_shows_is_the_same_machine_and_stays() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE[..1]).await;
    let broker = fleet.broker(home.path(), None).await;
    up(&fleet, &broker, spec("web", 1, fleet.choices(&THREE[..1]).await)).await;
    let renamed = Broker::new(fleet.registry_named("renamed"), broker.journal().clone(), broker.owner());
    for _ in 0..4 {
        let swept = renamed.sweep(DELETE).await.unwrap();
        let standing = Standing::Known { deployment: "web".to_owned() };
        assert_eq!(swept.machines.iter().map(|it| it.standing.clone()).collect::<Vec<_>>(), [standing]);
        fleet.clock.sleep(Duration::from_secs(3_600)).await;
    }
    assert_eq!(fleet.live(), 1);
}
