//! The kill matrix: every persist point that a story passes, before and after. Each time the program dies there, runs
//! again, and all must converge.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use vmbroker_tests::probe::{DIE_AT, NOTE_POINTS};
use vmbroker_tests::proof;

use crate::program::Done;
use crate::stories::Story;
use crate::world::{World, lines};

/// How many stories are told at once: they mostly wait for machines.
const AT_ONCE: usize = 6;

/// Where the program dies in a story: in its nth risky command, at this point.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    nth: usize,
    point: String,
}

/// How a story is told.
pub(crate) struct Telling {
    death: Option<Death>,
    told: usize,
    died: bool,
    passed: Vec<Vec<String>>,
}

impl Telling {
    fn new(death: Option<Death>) -> Self {
        Self { death, told: 0, died: false, passed: Vec::new() }
    }

    /// Runs a command that may die, and then once more; how the last run ended. A command that is cut short may have
    /// done all it was to do: it must be safe to give again.
    pub(crate) async fn risky(&mut self, world: &World, args: &[&str]) -> Done {
        let nth = self.told;
        self.told += 1;
        match self.death.clone().filter(|death| death.nth == nth) {
            Some(death) => {
                let done = world.run_with(args, &[(DIE_AT, &death.point)]).await;
                assert_eq!(done.code, None, "{death:?} was not reached: {args:?} {done:?}");
                self.died = true;
                world.home.run(args).await
            }
            None => {
                let file = world.home.path(&format!("points-{nth}"));
                let done = world.run_with(args, &[(NOTE_POINTS, file.to_str().unwrap())]).await;
                self.passed.push(lines(&file));
                done
            }
        }
    }

    /// Whether this telling kills a command that cannot be given again, so that its own answer is not to be judged.
    pub(crate) fn died(&self) -> bool {
        self.died
    }
}

/// Tells a story with nobody dying, and then once for each point it passed. How many deaths there were.
async fn every_point_of(story: Story, gate: Arc<Semaphore>) -> (usize, BTreeSet<String>) {
    let permit = gate.clone().acquire_owned().await.unwrap();
    let mut calm = Telling::new(None);
    story.tell(&mut calm, &format!("{story:?}, nobody dies")).await;
    drop(permit);
    let mut deaths = Vec::new();
    let mut points = BTreeSet::new();
    for (nth, passed) in calm.passed.iter().enumerate() {
        let here: BTreeSet<&String> = passed.iter().collect();
        points.extend(here.iter().map(|point| (*point).clone()));
        deaths.extend(here.into_iter().map(|point| Death { nth, point: point.clone() }));
    }
    let count = deaths.len();
    let mut cases = JoinSet::new();
    for death in deaths {
        let gate = gate.clone();
        cases.spawn(async move {
            let _permit = gate.acquire_owned().await.unwrap();
            let case = format!("{story:?}, {death:?}");
            let mut telling = Telling::new(Some(death));
            story.tell(&mut telling, &case).await;
            assert!(telling.died, "{case}: nobody died");
        });
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
    (count, points)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_persist_point_before_and_after_all_converges() {
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut stories = JoinSet::new();
    for story in Story::ALL {
        stories.spawn(every_point_of(story, gate.clone()));
    }
    let (mut deaths, mut points) = (0, BTreeSet::new());
    while let Some(told) = stories.join_next().await {
        let (count, passed) = told.unwrap();
        deaths += count;
        points.extend(passed);
    }
    let names: BTreeSet<&str> =
        points.iter().filter_map(|point| point.split_once(':')).map(|it| it.1).collect();
    let counts =
        [("deaths", u64::try_from(deaths).unwrap()), ("points", u64::try_from(names.len()).unwrap())];
    proof::tried("the program killed at every persist point, before and after", &counts, "");
    let missing: Vec<&&str> = EVERY.iter().filter(|name| !names.contains(**name)).collect();
    assert!(missing.is_empty(), "no story passes {missing:?}, only {names:?}");
    let source = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/broker/src/deploy/engine/event.rs"
    ));
    let source = source.unwrap();
    for word in source.lines().filter_map(|line| line.trim().strip_suffix("\",")?.rsplit_once("=> \"")) {
        let known = EVERY.contains(&word.1) || ELSEWHERE.iter().any(|row| row.0 == word.1);
        assert!(known, "the engine has a persist point `{}` of which no story is told", word.1);
    }
}

/// The persist points: the words of events that can come first in a commit.
const EVERY: [&str; 26] = [
    "accepted",
    "asked",
    "blocked",
    "condemned",
    "decided",
    "dropped",
    "failed",
    "found",
    "gone",
    "missed",
    "missing",
    "opened",
    "planned",
    "proven_absent",
    "ready",
    "refused",
    "seen",
    "sending",
    "stepped",
    "swept",
    "turned",
    "unclear",
    "vanished",
    "wanted",
    "watch_ended",
    "withdrawn",
];

/// Persist points of which no story is told here, and why.
const ELSEWHERE: [(&str, &str); 2] = [
    ("halted", "it is written together with `refused`"),
    ("doubled", "it needs a create that is applied after D: `deploy::late` tells it on a simulated clock"),
];
