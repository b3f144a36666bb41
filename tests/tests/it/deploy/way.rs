//! The way without trouble: up, up again, more, fewer, down.

use vmbroker::deploy::engine::Deployment;
use vmbroker::deploy::{Outcome, Policy, Strategy};
use vmbroker_sim::Dialect;
use vmbroker_tests::{Fleet, spec};

use super::{THREE, down, up};

#[tokio::test(start_paused = true)]
async fn what_is_wanted_comes_up_once_and_goes_down() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&THREE).await;
    let report = up(&fleet, &broker, spec("web", 5, choices.clone())).await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!((fleet.live(), fleet.creates()), (5, 5));
    assert!(report.open.is_empty(), "{:#?}", report.open);

    let again = up(&fleet, &broker, spec("web", 5, choices.clone())).await;
    assert!(again.is_complete());
    assert_eq!((fleet.live(), fleet.creates()), (5, 5), "what is up is not made again");

    assert!(up(&fleet, &broker, spec("web", 7, choices.clone())).await.is_complete());
    assert_eq!((fleet.live(), fleet.creates()), (7, 7));
    let fewer = up(&fleet, &broker, spec("web", 2, choices)).await;
    assert!(fewer.is_complete());
    assert_eq!((fleet.live(), fleet.creates()), (2, 7), "{fewer:#?}");
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn the_event_log_alone_gives_the_state() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&THREE).await;
    up(&fleet, &broker, spec("web", 3, choices)).await;
    for _ in 0..2 {
        let events = broker.events("web").await.unwrap();
        let folded = Deployment::folded("web", &events).unwrap();
        assert_eq!(folded, broker.state("web").await.unwrap().unwrap());
        down(&fleet, &broker, "web").await;
    }
}

#[tokio::test(start_paused = true)]
async fn spread_puts_machines_apart() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    let mut wanted = spec("web", 6, fleet.choices(&THREE).await);
    wanted.policy = Policy { strategy: Strategy::Spread, ..Policy::default() };
    let report = up(&fleet, &broker, wanted).await;
    assert!(report.is_complete(), "{report:#?}");
    let each: Vec<usize> = fleet.clouds().map(|cloud| cloud.ledger().open().count()).collect();
    assert_eq!(each, [2, 2, 2]);
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_changed_is_named_and_nothing_is_sent() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&[Dialect::Zenlayer]).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&[Dialect::Zenlayer]).await;
    let mut wanted = spec("web", 1, choices);
    wanted.fields = [("image".to_owned(), "1".to_owned())].into();
    up(&fleet, &broker, wanted.clone()).await;
    wanted.fields = [("image".to_owned(), "2".to_owned())].into();
    let error = broker.deploy(wanted.clone()).await.unwrap_err();
    assert!(error.to_string().contains("`image`"), "{error}");
    assert_eq!(fleet.creates(), 1);
    down(&fleet, &broker, "web").await;
    assert!(up(&fleet, &broker, wanted).await.is_complete(), "once it is gone the name is free again");
    down(&fleet, &broker, "web").await;
}

#[tokio::test(start_paused = true)]
async fn sold_out_everywhere_is_bounded_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    let fleet = Fleet::set(&THREE).await;
    let broker = fleet.broker(home.path(), None).await;
    let choices = fleet.choices(&THREE).await;
    for cloud in fleet.clouds() {
        for offer in &mut cloud.account().inventory {
            offer.capacity = 0;
        }
    }
    let count = u32::try_from(choices.len()).unwrap();
    let report = up(&fleet, &broker, spec("web", 10, choices)).await;
    assert_eq!((report.running(), fleet.ever()), (0, 0));
    assert!(fleet.creates() <= 3 * usize::try_from(count).unwrap(), "{}", fleet.creates());
    for machine in &report.machines {
        let Outcome::Failed { why } = &machine.outcome else { panic!("{machine:#?}") };
        for dialect in THREE {
            assert!(why.iter().any(|line| line.starts_with(dialect.name())), "{dialect}: {why:?}");
        }
    }
}
