//! `vmbroker deploy` as a process against simulated clouds as another: hanging clouds, crashes, Ctrl-C, two at once.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use vmbroker_sim::Dialect;

use crate::program::{Done, Home, PATIENCE, Served};

/// In the order in which a file names them.
const ORDER: [Dialect; 3] = [Dialect::Wayscloud, Dialect::Zenlayer, Dialect::Fluence202505];

/// Three clouds on which everything takes a moment: a create is applied within a second, and no list is old.
async fn clouds() -> (Home, Served) {
    clouds_at("500").await
}

/// The same so many times as fast as real ones.
async fn clouds_at(speed: &str) -> (Home, Served) {
    let home = Home::new();
    let served = Served::start_all(&home, &ORDER, speed).await;
    let config = fs::read_to_string(home.path("vmbroker.toml")).unwrap();
    let config = config
        .replace("create_applies_within = \"5s\"", "create_applies_within = \"1s\"")
        .replace("list_lags_by = \"1s\"", "list_lags_by = \"300ms\"")
        .replace("visible_within = \"10s\"", "visible_within = \"500ms\"")
        .replace("poll_every = \"1s\"", "poll_every = \"200ms\"")
        .replace(
            "read_every = \"0s\"",
            "read_every = \"0s\"\nread_timeout = \"700ms\"\nwrite_timeout = \"900ms\"",
        );
    home.file("vmbroker.toml", &config, 0o644);
    file(&home, 2, "");
    (home, served)
}

fn file(home: &Home, count: u32, more: &str) {
    let text = format!(
        "name = \"web\"\ncount = {count}\nfor = \"2h\"\nstrategy = \"in-order\"\nready = \"running\"\n{more}\n\
         [machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = [\"key.pub\"]\n\
         [where]\nproviders = [\"wayscloud\", \"zenlayer\", \"fluence\"]\n"
    );
    home.file("web.toml", &text, 0o644);
}

async fn sold_out(served: &Served, dialect: Dialect) {
    served.arm_at(dialect, Some("create"), json!({ "refuse": "sold_out" }), None).await;
}

/// Takes everything down; the ledgers are the judge, and a sweep finds nothing.
async fn down(home: &Home, served: &Served) {
    home.well(&["destroy", "web"]).await;
    for dialect in ORDER {
        assert_eq!(served.open_at(dialect).await.0, 0, "{dialect}");
    }
    let swept = home.well(&["sweep", "--output", "json"]).await.json();
    assert_eq!((&swept["unknown"], &swept["machines"]), (&json!(0), &json!([])));
    let receipt = home.well(&["receipt", "web", "--output", "json"]).await.json();
    assert!(receipt["lines"].as_array().unwrap().iter().all(|line| !line["until"].is_null()), "{receipt}");
}

#[tokio::test]
async fn what_hangs_from_the_first_call_gets_no_create_and_is_named() {
    let (home, served) = clouds().await;
    sold_out(&served, ORDER[0]).await;
    served.arm_at(ORDER[1], None, json!("hang"), None).await;
    let up = home.well(&["deploy", "web.toml"]).await;
    assert_eq!(served.open_at(ORDER[1]).await, (0, 0), "nothing was created there");
    assert_eq!(served.open_at(ORDER[2]).await.0, 2);
    assert!(up.out.contains("wayscloud    out of capacity"), "{}", up.out);
    assert!(up.out.lines().any(|line| line.starts_with("  zenlayer ")), "it is said why: {}", up.out);
    served.control_of(ORDER[1], "DELETE", "faults", None).await;
    down(&home, &served).await;
}

#[tokio::test]
async fn what_hangs_on_creates_alone_is_left_once_absence_is_proven_and_is_named() {
    let (home, served) = clouds().await;
    sold_out(&served, ORDER[0]).await;
    served.arm_at(ORDER[1], Some("create"), json!("hang"), None).await;
    let up = home.well(&["deploy", "web.toml"]).await;
    assert_eq!((served.open_at(ORDER[1]).await.0, served.open_at(ORDER[2]).await.0), (0, 2));
    assert!(
        up.out.contains("zenlayer     a create's answer was lost, and no machine came of it"),
        "{}",
        up.out
    );
    assert!(
        up.out.contains("Still open:") && up.out.contains("`vmbroker deploy web.toml` looks again"),
        "{}",
        up.out
    );
    down(&home, &served).await;
}

#[tokio::test]
async fn where_everything_hangs_once_a_create_went_out_the_command_asks_and_says_how_to_decide() {
    let (home, served) = clouds().await;
    sold_out(&served, ORDER[0]).await;
    served.arm_at(ORDER[1], Some("create"), json!("hang"), None).await;
    served.arm_at(ORDER[1], Some("list"), json!("hang"), None).await;
    served.arm_at(ORDER[1], Some("status"), json!("hang"), None).await;
    let asks = home.run(&["deploy", "web.toml"]).await;
    assert_eq!(asks.code, Some(1), "{asks:?}");
    assert_eq!(served.open_at(ORDER[2]).await, (0, 0), "nothing is sent elsewhere for them");
    let document = home.well(&["resolve", "--output", "json"]).await.json();
    let questions = document["asks"].as_array().unwrap();
    assert_eq!(questions.len(), 2, "{document}");
    for ask in questions {
        let marker = ask["marker"].as_str().unwrap();
        assert!(asks.out.contains(&format!("vmbroker resolve {marker} confirm-absent")), "{}", asks.out);
        assert!(ask["sent_at"].is_string() && ask["price_per_hour"].is_object(), "{ask}");
        home.well(&["resolve", marker, "confirm-absent"]).await;
    }
    served.control_of(ORDER[1], "DELETE", "faults", None).await;
    home.well(&["deploy", "web.toml"]).await;
    let open = served.open_at(ORDER[1]).await.0 + served.open_at(ORDER[2]).await.0;
    assert_eq!(open, 2, "after the decision others are ordered in their place");
    down(&home, &served).await;
}

/// Something of everything: a lost answer, one that is sold out, a machine that fails.
async fn troubled() -> (Home, Served) {
    let (home, served) = clouds().await;
    served.arm_at(ORDER[0], Some("create"), json!("lose_answer"), Some(1)).await;
    served.arm_at(ORDER[0], Some("create"), json!({ "refuse": "sold_out" }), Some(1)).await;
    served.arm_at(ORDER[1], Some("create"), json!({ "fail_later": "no host" }), Some(1)).await;
    (home, served)
}

/// Lets the program die at this point, then brings everything up and down again; whether it died at all.
async fn dies(point: String) -> (String, bool) {
    let (home, served) = troubled().await;
    let died = |done: &Done| done.code.is_none();
    let crash = async |args: &[&str]| {
        let output = home.command(args).env("CRASH_AT", &point).output();
        let output = tokio::time::timeout(PATIENCE, output).await.unwrap().unwrap();
        Done { code: output.status.code(), out: String::new(), err: String::new() }
    };
    let up = crash(&["deploy", "web.toml"]).await;
    let ended = home.run(&["deploy", "web.toml"]).await;
    assert_eq!(ended.code, Some(0), "{point}: {ended:?}");
    let mut open = 0;
    for dialect in ORDER {
        open += served.open_at(dialect).await.0;
    }
    assert_eq!(open, 2, "{point}: none is lost and none is doubled: {ended:?}");
    let gone = crash(&["destroy", "web"]).await;
    down(&home, &served).await;
    served.end().await;
    (point, died(&up) || died(&gone))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_persist_point_the_next_run_brings_all_to_its_end() {
    // Every point that a run without a crash comes by.
    let (home, served) = troubled().await;
    home.well(&["deploy", "web.toml"]).await;
    down(&home, &served).await;
    served.end().await;
    let told = home.well(&["events", "web", "--output", "json"]).await.json();
    let mut words: Vec<String> =
        told["events"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap().to_owned()).collect();
    words.sort();
    words.dedup();
    assert!(words.len() >= 12, "{words:?}");
    let points = words.iter().flat_map(|word| [format!("before:{word}"), format!("after:{word}")]);
    let mut died = 0;
    for batch in points.collect::<Vec<_>>().chunks(4) {
        let runs = batch.iter().map(|point| tokio::spawn(dies(point.clone())));
        for run in runs.collect::<Vec<_>>() {
            died += usize::from(run.await.unwrap().1);
        }
    }
    // A word that never comes first in a commit is no point of its own.
    assert!(died >= 2 * 8, "{died} of {words:?}");
}

/// A deploy that is on its way: both orders are accepted, and the machines take a minute at this speed of the clouds.
async fn under_way(speed: &str) -> (Home, Served, Child) {
    let (home, served) = clouds_at(speed).await;
    let mut child = home.command(&["deploy", "web.toml"]).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let accepted = async {
        let mut accepted = 0;
        while accepted < 2 {
            let line = lines.next_line().await.unwrap().unwrap();
            accepted += usize::from(line.contains("accepted: "));
        }
    };
    tokio::time::timeout(PATIENCE, accepted).await.unwrap();
    // Somebody has to read on, or the program waits for a full pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (home, served, child)
}

#[tokio::test]
async fn who_reads_works_beside_a_running_deploy_and_a_second_writer_stops_before_anything_is_sent() {
    // Longer than a second writer waits.
    let (home, served, mut child) = under_way("2").await;
    let listed = home.well(&["deployments", "--output", "json"]).await.json();
    assert_eq!(listed["deployments"][0]["on_the_way"], 2, "{listed}");
    for args in [
        &["events", "web"][..],
        &["receipt", "web"],
        &["resolve"],
        &["list"],
        &["deploy", "web.toml", "--plan"],
    ] {
        home.well(args).await;
    }
    let create =
        ["create", "--provider", "zenlayer", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];
    // Side by side, for each of them waits a while.
    let second = [&["deploy", "web.toml"][..], &["destroy", "web"], &["sweep"], &create];
    let ended = futures_util::future::join_all(second.map(|args| home.run(args))).await;
    for (args, refused) in second.iter().zip(ended) {
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{args:?} {refused:?}");
        let said = "error: another vmbroker is writing the journal";
        assert!(refused.err.lines().any(|line| line.starts_with(said)), "{args:?} {refused:?}");
    }
    assert_eq!(served.open_at(ORDER[1]).await.1, 0, "nothing was sent");
    child.kill().await.unwrap();
    down(&home, &served).await;
}

async fn interrupt(child: &Child) {
    let id = child.id().unwrap().to_string();
    let done = tokio::process::Command::new("kill").args(["-INT", &id]).status().await.unwrap();
    assert!(done.success());
}

#[tokio::test]
async fn one_interrupt_starts_nothing_new_and_a_second_one_leaves_at_once() {
    let (home, served, mut child) = under_way("20").await;
    interrupt(&child).await;
    let held = home.until(&["deployments", "--output", "json"], |it| it["deployments"][0]["mode"] == "held");
    assert_eq!(held.await["deployments"][0]["on_the_way"], 2);
    assert!(child.try_wait().unwrap().is_none(), "it still waits for what was started");
    interrupt(&child).await;
    let left = tokio::time::timeout(Duration::from_secs(10), child.wait()).await.unwrap().unwrap();
    assert_eq!(left.code(), Some(1));
    let events: Value = home.well(&["events", "web", "--output", "json"]).await.json();
    assert!(
        events["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["text"] == "nothing new is started from here on")
    );
    down(&home, &served).await;
}
