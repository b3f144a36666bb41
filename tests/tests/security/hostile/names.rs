//! Names, words and ids in answers that are otherwise as they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use super::judged::Judge;
use super::payloads::{PAYLOADS, Wave, spoiled, waves};
use crate::front::Act;

#[tokio::test(start_paused = true)]
async fn hostile_names_words_and_ids_stay_text_wherever_they_are_shown_or_kept() {
    let mut judge = Judge::new().await;
    judge.world.wish("web", 2, &[Dialect::Waldur, Dialect::Zenlayer, Dialect::Fluence202505], "");
    // Some machines are there before anything is spoiled.
    for dialect in Dialect::ALL {
        let create = [
            "create",
            "--provider",
            dialect.name(),
            "--vcpus",
            "2",
            "--memory",
            "4GiB",
            "--ssh-key",
            "key.pub",
        ];
        judge.world.home.well(&create).await;
    }
    let spoilt = Arc::new(AtomicUsize::new(0));
    for Wave { payload, which, whole } in waves() {
        for front in judge.world.fronts.values() {
            let (payload, spoilt) = (Arc::<str>::from(payload.as_str()), Arc::clone(&spoilt));
            front.meddle(move |_| {
                let payload = Arc::clone(&payload);
                spoilt.fetch_add(1, Ordering::Relaxed);
                Act::Change(Box::new(move |body| spoiled(body, which, &payload)))
            });
        }
        if whole {
            judge.show().await;
            judge.live().await;
        } else {
            judge.glance().await;
        }
        judge.look_at_files();
        // What was kept meanwhile is read by commands that ask nobody.
        judge.pass();
        judge.run(&["offers", "history"], Some(80), false).await;
        judge.run(&["deploy", "web.toml"], None, false).await;
        judge.run(&["destroy", "web"], None, false).await;
    }
    for command in ["list", "offers", "status", "sweep", "deploy", "a chart"] {
        assert!(judge.shown_by.contains(command), "{command} showed none: {:?}", judge.shown_by);
    }
    let spoilt = spoilt.load(Ordering::Relaxed) as u64;
    let counts =
        [("answers spoilt", spoilt), ("texts judged", judge.texts), ("payloads", PAYLOADS.len() as u64 + 2)];
    proof::tried("security: hostile provider text", &counts, "");
}
