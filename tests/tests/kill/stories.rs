//! What is told of the program: each story passes persist points that the others do not, and ends with nothing left.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use vmbroker_sim::Dialect;

use crate::points::Telling;
use crate::program::Done;
use crate::world::{THREE, World, until};

const DEPLOY: [&str; 2] = ["deploy", "web.toml"];
const CREATE: [&str; 7] = ["create", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

/// A story.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Story {
    /// Three come up through a lost answer, a lost create, a sold out offer and a machine that fails.
    Troubled,
    /// Fewer are wanted, and then none.
    Fewer,
    /// A machine that is not up in time is deleted first, and another comes up elsewhere.
    TooSlow,
    /// A person is asked what became of a create, and answers.
    Asked,
    /// A machine comes after it was proven absent.
    Late,
    /// A machine that was handed over is deleted by somebody else.
    Vanished,
    /// There is nothing left to rent anywhere.
    SoldOut,
    /// What was never sent is taken back.
    Withdrawn,
    /// A machine that no journal knows is looked for.
    Swept,
    /// Machines of a lost journal are taken back.
    Adopted,
    /// One machine, without a file.
    Alone,
}

impl Story {
    pub(crate) const ALL: [Self; 11] = [
        Self::Troubled,
        Self::Fewer,
        Self::TooSlow,
        Self::Asked,
        Self::Late,
        Self::Vanished,
        Self::SoldOut,
        Self::Withdrawn,
        Self::Swept,
        Self::Adopted,
        Self::Alone,
    ];

    /// Tells it, from clouds that nobody used to clouds of which nothing is left.
    pub(crate) async fn tell(self, telling: &mut Telling, case: &str) {
        let dialects: &[Dialect] = match self {
            Self::Troubled | Self::Fewer => &THREE,
            Self::TooSlow => &[Dialect::Fluence202505, Dialect::Wayscloud],
            Self::Late | Self::SoldOut => &THREE[..2],
            Self::Asked | Self::Vanished | Self::Withdrawn | Self::Swept | Self::Adopted | Self::Alone => {
                &THREE[..1]
            }
        };
        let world = World::start(dialects).await;
        match self {
            Self::Troubled => troubled(&world, telling, case).await,
            Self::Fewer => fewer(&world, telling, case).await,
            Self::TooSlow => too_slow(&world, telling, case).await,
            Self::Asked => asked(&world, telling, case).await,
            Self::Late => late(&world, telling, case).await,
            Self::Vanished => vanished(&world, telling, case).await,
            Self::SoldOut => sold_out(&world, telling, case).await,
            Self::Withdrawn => withdrawn(&world, telling, case).await,
            Self::Swept => swept(&world, telling, case).await,
            Self::Adopted => adopted(&world, telling, case).await,
            Self::Alone => alone(&world, telling, case).await,
        }
        world.end(case).await;
    }
}

fn well(done: &Done, case: &str) {
    assert_eq!(done.code, Some(0), "{case}: {done:?}");
}

async fn are_up(world: &World, count: usize, case: &str) {
    let machines = world.machines().await;
    assert_eq!(world.live().await, count, "{case}: {machines:#?}");
}

async fn troubled(world: &World, telling: &mut Telling, case: &str) {
    world.wish(3, "");
    for kind in [json!("lose_answer"), json!("reset"), json!({ "refuse": "sold_out" })] {
        world.arm(THREE[0], "create", kind, Some(1)).await;
    }
    world.arm(THREE[1], "create", json!({ "fail_later": "no host" }), Some(1)).await;
    well(&telling.risky(world, &DEPLOY).await, case);
    are_up(world, 3, case).await;
}

async fn fewer(world: &World, telling: &mut Telling, case: &str) {
    world.wish(3, "");
    well(&world.home.run(&DEPLOY).await, case);
    world.wish(1, "");
    world.arm(THREE[0], "delete", json!("lose_answer"), Some(1)).await;
    well(&telling.risky(world, &DEPLOY).await, case);
    are_up(world, 1, case).await;
    world.arm(THREE[0], "delete", json!("revert"), Some(1)).await;
    well(&telling.risky(world, &["destroy", "web"]).await, case);
    are_up(world, 0, case).await;
}

async fn too_slow(world: &World, telling: &mut Telling, case: &str) {
    world.wish(1, "provision_within = \"2s\"\n");
    world.arm(Dialect::Fluence202505, "create", json!("stuck"), Some(1)).await;
    well(&telling.risky(world, &DEPLOY).await, case);
    are_up(world, 1, case).await;
}

async fn asked(world: &World, telling: &mut Telling, case: &str) {
    world.wish(1, "[on_uncertain]\nzenlayer = \"ask\"\n");
    world.arm(THREE[0], "create", json!("reset"), Some(1)).await;
    let mut done = telling.risky(world, &DEPLOY).await;
    // A program that died before it sent anything asks what became of it, too.
    for _ in 0..3 {
        if done.code == Some(0) {
            break;
        }
        let asks = world.home.well(&["resolve", "--output", "json"]).await.json();
        let marker = asks["asks"][0]["marker"].as_str().unwrap_or_else(|| panic!("{case}: {asks} {done:?}"));
        assert_eq!(world.live().await, 0, "{case}: what is asked about is not there");
        let decided = telling.risky(world, &["resolve", marker, "confirm-absent"]).await;
        // Decided once, there is nothing more to decide.
        assert!(decided.code == Some(0) || telling.died(), "{case}: {decided:?}");
        done = world.home.run(&DEPLOY).await;
    }
    well(&done, case);
    are_up(world, 1, case).await;
}

async fn late(world: &World, telling: &mut Telling, case: &str) {
    world.wish(1, "late_watch = \"6s\"\n");
    world.arm(THREE[0], "create", json!({ "apply_late": 7 }), Some(1)).await;
    well(&world.home.run(&DEPLOY).await, case);
    until("the late machine is there", || async { world.live().await == 2 }).await;
    sleep(Duration::from_secs(3)).await;
    well(&telling.risky(world, &DEPLOY).await, case);
    until("the late machine is deleted", || async {
        well(&world.home.run(&DEPLOY).await, case);
        world.live().await == 1
    })
    .await;
    sleep(Duration::from_secs(4)).await;
    well(&telling.risky(world, &DEPLOY).await, case);
    are_up(world, 1, case).await;
}

async fn vanished(world: &World, telling: &mut Telling, case: &str) {
    world.wish(1, "");
    let up = world.home.run(&["deploy", "web.toml", "--output", "json"]).await;
    well(&up, case);
    let handle = up.json()["machines"][0]["handle_text"].as_str().unwrap().to_owned();
    let elsewhere = world.elsewhere();
    well(&world.home.run(&["--config", &elsewhere, "delete", &handle]).await, case);
    // An answer may be as old as S, and one look that does not find it is no proof.
    sleep(Duration::from_secs(1)).await;
    telling.risky(world, &DEPLOY).await;
    let done = telling.risky(world, &DEPLOY).await;
    assert_eq!(done.code, Some(1), "{case}: a machine that vanished is never made anew by itself: {done:?}");
    assert_eq!((world.live().await, world.creates(THREE[0]).await), (0, 1), "{case}: {done:?}");
}

async fn sold_out(world: &World, telling: &mut Telling, case: &str) {
    world.wish(2, "");
    for dialect in &THREE[..2] {
        world.arm(*dialect, "create", json!({ "refuse": "sold_out" }), None).await;
    }
    let done = telling.risky(world, &DEPLOY).await;
    assert_eq!(done.code, Some(1), "{case}: {done:?}");
    for account in ["zenlayer", "wayscloud"] {
        assert!(done.out.contains(account), "{case}: {done:?}");
    }
    let creates = world.all_creates().await;
    assert_eq!(world.home.run(&DEPLOY).await.code, Some(1), "{case}");
    assert!(world.all_creates().await <= creates, "{case}: what is sold out is not hammered");
}

async fn withdrawn(world: &World, telling: &mut Telling, case: &str) {
    world.wish(2, "");
    world.arm(THREE[0], "create", json!({ "throttle": { "retry_after": "30" } }), None).await;
    let killed = world.run_with(&DEPLOY, &[(vmbroker_tests::probe::DIE_AT, "after:refused")]).await;
    assert_eq!(killed.code, None, "{case}: {killed:?}");
    well(&telling.risky(world, &["destroy", "web"]).await, case);
    are_up(world, 0, case).await;
}

async fn swept(world: &World, telling: &mut Telling, case: &str) {
    let elsewhere = world.elsewhere();
    let created = world.home.run(&[&["--config", &elsewhere][..], &CREATE].concat()).await;
    well(&created, case);
    for _ in 0..2 {
        well(&telling.risky(world, &["sweep", "--delete"]).await, case);
        are_up(world, 1, case).await;
    }
    well(&world.home.run(&["--config", &elsewhere, "delete", created.out.trim_end()]).await, case);
}

async fn adopted(world: &World, telling: &mut Telling, case: &str) {
    world.wish(2, "");
    let elsewhere = world.elsewhere();
    well(&world.home.run(&[&["--config", &elsewhere][..], &DEPLOY].concat()).await, case);
    let swept = world.home.run(&["sweep", "--output", "json"]).await;
    well(&swept, case);
    for machine in swept.json()["machines"].as_array().unwrap() {
        let [marker, handle] = ["marker", "handle_text"].map(|key| machine[key].as_str().unwrap());
        let done = telling.risky(world, &["resolve", marker, "adopt", handle, "--into", "web"]).await;
        // Adopted once, it is known.
        assert!(done.code == Some(0) || telling.died(), "{case}: {done:?}");
    }
    well(&world.home.run(&DEPLOY).await, case);
    are_up(world, 2, case).await;
    assert_eq!(world.creates(THREE[0]).await, 2, "{case}: nothing is made anew");
}

async fn alone(world: &World, telling: &mut Telling, case: &str) {
    let created = telling.risky(world, &CREATE).await;
    well(&created, case);
    let creates = world.creates(THREE[0]).await;
    assert!(creates <= 1 + usize::from(telling.died()), "{case}: {creates}");
    well(&telling.risky(world, &["delete", created.out.trim_end()]).await, case);
}
