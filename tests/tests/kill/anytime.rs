//! Killed from outside at any moment, again and again, beside faults of all kinds: 200 times, from seeds.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use vmbroker_sim::Dialect;
use vmbroker_tests::proof;

use crate::program::PATIENCE;
use crate::world::{THREE, World};

/// So many homes with clouds of their own, side by side.
const HOMES: u64 = 8;
/// How often the program is killed in each.
const KILLS: u32 = 25;
/// After so many kills it is left to converge.
const ROUND: u32 = 5;
/// No kill comes later than this: a deployment takes about so long.
const LATEST: u64 = 2_500;

/// A fault that a create may meet and that ends within D.
fn fault(random: &mut fastrand::Rng) -> (&'static str, Value) {
    let at_create = |kind| ("create", kind);
    match random.u32(0..14) {
        0 | 1 => at_create(json!("lose_answer")),
        2 => at_create(json!("reset")),
        3 => at_create(json!({ "status_after": 500 })),
        4 => at_create(json!("truncate_answer")),
        5 => at_create(json!({ "slow": 700 })),
        6 => at_create(json!({ "apply_late": 1 })),
        7 => at_create(json!({ "refuse": "sold_out" })),
        8 => at_create(json!({ "refuse": "quota" })),
        9 => at_create(json!({ "fail_later": "no host" })),
        10 => ("list", json!({ "refuse": "internal" })),
        11 => ("status", json!("truncate_answer")),
        12 => ("delete", json!("lose_answer")),
        _ => ("delete", json!("revert")),
    }
}

/// Starts a command and kills it after so long; whether it was still running.
async fn kill_after(world: &World, args: &[&str], after: Duration) -> bool {
    let mut child = world.home.command(args).spawn().unwrap();
    let ended = timeout(after, child.wait()).await;
    if ended.is_ok() {
        return false;
    }
    child.kill().await.unwrap();
    true
}

/// One home's kills; how many creates arrived at its clouds.
async fn one_home(seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::start(&THREE).await;
    let mut kills = 0;
    let mut wanted = 2;
    let began = Instant::now();
    while kills < KILLS {
        assert!(began.elapsed() < Duration::from_secs(500), "seed {seed}: {kills} kills only");
        for _ in 0..random.u32(0..3) {
            let dialect: Dialect = THREE[random.usize(0..THREE.len())];
            let (operation, kind) = fault(&mut random);
            world.arm(dialect, operation, kind, Some(1)).await;
        }
        let args: &[&str] = match random.u32(0..10) {
            0 => &["destroy", "web"],
            1 => &["sweep"],
            _ => {
                wanted = random.u32(1..5);
                &["deploy", "web.toml"]
            }
        };
        world.wish(wanted, "");
        let after = Duration::from_millis(random.u64(50..LATEST));
        if !kill_after(&world, args, after).await {
            continue;
        }
        kills += 1;
        if kills % ROUND == 0 {
            converges(&world, wanted, &format!("seed {seed}, {kills} kills")).await;
        }
    }
    let creates = world.all_creates().await;
    world.end(&format!("seed {seed}")).await;
    creates
}

/// Left alone, what is wanted comes up, and nothing else costs money.
async fn converges(world: &World, wanted: u32, case: &str) {
    world.disarm().await;
    let mut last = None;
    let up = async {
        loop {
            let done = world.home.run(&["deploy", "web.toml"]).await;
            if done.code == Some(0) {
                return;
            }
            last = Some(done);
            sleep(Duration::from_millis(200)).await;
        }
    };
    let in_time = timeout(PATIENCE, up).await.is_ok();
    assert!(in_time, "{case}: {last:?}");
    let live = world.live().await;
    assert_eq!(live, usize::try_from(wanted).unwrap(), "{case}: {:#?}", world.machines().await);
    world.nothing_is_doubled(case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let mut homes = JoinSet::new();
    for seed in 0..HOMES {
        homes.spawn(one_home(seed));
    }
    let mut creates = 0;
    while let Some(home) = homes.join_next().await {
        creates += home.unwrap();
    }
    let kills = HOMES * u64::from(KILLS);
    let counts = [("kill -9", kills), ("creates", u64::try_from(creates).unwrap())];
    proof::tried("the program killed at any moment", &counts, &format!("0 to {}", HOMES - 1));
}
