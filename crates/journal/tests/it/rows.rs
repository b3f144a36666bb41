//! What is written comes back, and only from the version that was read.

use vmbroker_journal::{
    AttemptRow, Batch, BlockRow, Change, Journal, JournalErrorKind, LookRow, SightingRow, SqliteJournal,
};

use super::{account, at, deployment, event, first, handle, intent, leg, marker, open};

#[tokio::test]
async fn every_row_comes_back_as_it_was_written() {
    let home = tempfile::tempdir().unwrap();
    let journal = open(home.path()).await;
    journal.commit("planned", first()).await.unwrap();
    let sent = AttemptRow { leg: marker(1), number: 1, sent_at: at(3), ended_at: None, outcome: None };
    let block = BlockRow {
        account: account(),
        offer: None,
        location: Some("DE".into()),
        until: at(60),
        kind: "quota_exceeded".into(),
        why: "no more".into(),
    };
    let look = LookRow {
        leg: marker(1),
        deployment: "web".into(),
        account: account(),
        due_at: at(9),
        until: Some(at(99)),
    };
    let sighting = SightingRow {
        account: account(),
        machine: "i-1".into(),
        marker: Some(marker(1)),
        first_at: at(4),
        last_at: at(4),
    };
    let rest = vec![
        Change::Attempt(sent.clone()),
        Change::Handle(handle()),
        Change::Block(block.clone()),
        Change::Look(look.clone()),
        Change::Sighting(sighting.clone()),
    ];
    journal.commit("rest", Batch::from(rest)).await.unwrap();
    drop(journal);

    let journal = SqliteJournal::read_only(home.path()).await.unwrap().unwrap();
    let record = journal.deployment("web").await.unwrap().unwrap();
    assert_eq!(record.deployment, deployment(1));
    assert_eq!(record.intents, [intent(1)]);
    assert_eq!(record.legs, [leg(1, "planned")]);
    assert_eq!(journal.legs().await.unwrap(), record.legs);
    assert_eq!(journal.deployments().await.unwrap(), [deployment(1)]);
    assert_eq!(journal.attempts(marker(1)).await.unwrap(), [sent]);
    assert_eq!(journal.handles().await.unwrap(), [handle()]);
    assert_eq!(journal.blocks(at(59)).await.unwrap(), [block]);
    assert!(journal.blocks(at(60)).await.unwrap().is_empty(), "a block ends");
    assert_eq!(journal.looks().await.unwrap(), [look]);
    assert_eq!(journal.sightings().await.unwrap(), [sighting]);
    assert_eq!(journal.made_at().await.unwrap(), at(0));
    let events = journal.events("web", 0).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(vmbroker_journal::EventRow { number: 0, ..events[0].clone() }, event("planned"));
    assert!(journal.events("web", events[0].number).await.unwrap().is_empty());
    assert!(journal.deployment("other").await.unwrap().is_none());
}

#[tokio::test]
async fn a_row_changes_only_from_the_version_before_and_with_all_of_its_batch() {
    let home = tempfile::tempdir().unwrap();
    let journal = open(home.path()).await;
    journal.commit("planned", first()).await.unwrap();
    for wrong in [1, 3, 4] {
        let batch = vec![Change::Event(event("lost")), Change::Leg(Box::new(leg(wrong, "sending")))];
        let error = journal.commit("sending", Batch::from(batch)).await.unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Conflict, "{wrong}");
    }
    let batch = vec![Change::Event(event("sending")), Change::Leg(Box::new(leg(2, "sending")))];
    journal.commit("sending", Batch::from(batch)).await.unwrap();
    assert_eq!(journal.deployment("web").await.unwrap().unwrap().legs, [leg(2, "sending")]);
    let kinds: Vec<String> =
        journal.events("web", 0).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["planned", "sending"], "a refused batch leaves no event");
    for stale in [Change::Deployment(deployment(1)), Change::Intent(intent(3))] {
        let error = journal.commit("x", Batch::from(vec![stale])).await.unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Conflict);
    }
}

#[tokio::test]
async fn first_sightings_stay_and_blocks_are_never_shortened() {
    let home = tempfile::tempdir().unwrap();
    let journal = open(home.path()).await;
    let seen = |first, last| SightingRow {
        account: account(),
        machine: "i-1".into(),
        marker: None,
        first_at: at(first),
        last_at: at(last),
    };
    let block = |until| BlockRow {
        account: account(),
        offer: None,
        location: None,
        until: at(until),
        kind: "insufficient_funds".into(),
        why: until.to_string(),
    };
    for (sighting, block) in [(seen(5, 5), block(50)), (seen(7, 7), block(90)), (seen(6, 6), block(60))] {
        let batch = vec![Change::Sighting(sighting), Change::Block(block)];
        journal.commit("seen", Batch::from(batch)).await.unwrap();
    }
    assert_eq!(journal.sightings().await.unwrap(), [seen(5, 7)]);
    assert_eq!(journal.blocks(at(0)).await.unwrap(), [block(90)]);
}

#[tokio::test(start_paused = true)]
async fn a_simulated_clock_stays_still_while_the_journal_works() {
    let home = tempfile::tempdir().unwrap();
    let journal = open(home.path()).await;
    let start = tokio::time::Instant::now();
    for _ in 0..200 {
        journal.commit("told", Batch::from(vec![Change::Event(event("told"))])).await.unwrap();
    }
    assert_eq!(journal.events("web", 0).await.unwrap().len(), 200);
    assert_eq!(start.elapsed(), std::time::Duration::ZERO);
}
