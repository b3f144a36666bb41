//! The real program as processes: nothing passes from one to the next but what was printed.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use vmbroker_sim::Dialect;

use crate::program::{Home, PATIENCE, Served};

const CREATE: [&str; 7] = ["create", "--vcpus", "2", "--memory", "4GiB", "--ssh-key", "key.pub"];

/// From an order to nothing left, each step in a process of its own.
async fn from_create_to_gone(dialect: Dialect) {
    let home = Home::new();
    let served = Served::start(&home, dialect).await;
    let created = home.well(&CREATE).await;
    let handle = created.out.trim_end().to_owned();
    assert!(handle.starts_with(&format!("{}/", served.account())), "{created:?}");
    let marker = marker_in(&created.err);
    let running = |document: &Value| document["machines"][0]["state"] == "running";
    let looked = home.until(&["status", &handle, "--output", "json"], running).await;
    assert_eq!(looked["failures"], json!([]));
    assert_eq!(served.machines().await, (1, 1));
    let shown = home.well(&["status", &handle]).await;
    assert!(shown.out.contains("running"), "{shown:?}");
    let listed = home.well(&["list", "--mine", "--output", "json"]).await.json();
    assert_eq!(listed["instances"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["instances"][0]["marker"], marker.as_str());
    assert_eq!(listed["complete"], json!([served.account()]));
    let deleted = home.well(&["delete", &handle]).await;
    assert_eq!(deleted.out, format!("{handle} is gone\n"));
    nothing_is_left(&home, &served, 1).await;
    // There the first handle names an order that stays fulfilled and never names its machine: what the program
    // says of it afterwards is no proof. Everywhere else it is as good as the last one.
    if dialect != Dialect::Wayscloud {
        let looked = home.well(&["status", &handle, "--output", "json"]).await.json();
        let machine = &looked["machines"][0];
        assert!(machine["found"] == false || machine["state"] == "gone", "{looked}");
        let again = home.well(&["delete", &handle, "--output", "json"]).await.json();
        assert_eq!(again["machines"][0]["result"], "gone", "safe to repeat: {again}");
    }
    served.end().await;
}

/// The same for an order whose answer was lost: what the program then says is enough.
async fn a_lost_answer_is_found_as_told(dialect: Dialect) {
    let home = Home::new();
    let served = Served::start(&home, dialect).await;
    served.arm(json!("lose_answer")).await;
    let failed = home.run(&CREATE).await;
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), ""), "{failed:?}");
    assert!(failed.err.contains("it may have worked all the same"), "{failed:?}");
    assert!(failed.err.contains("do not order again before that"), "{failed:?}");
    let told = told_command(failed.err.lines());
    assert!(told.contains(&marker_in(&failed.err)), "{told:?}");
    find_and_end(&home, &told).await;
    nothing_is_left(&home, &served, 1).await;

    served.arm(json!("lose_answer")).await;
    let failed = home.run(&[&CREATE[..], &["--output", "json"]].concat()).await;
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), ""), "{failed:?}");
    let lines: Vec<Value> = failed.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, last) = (&lines[0], &lines[lines.len() - 1]["error"]);
    assert_eq!((&last["exit_code"], &last["effect"]), (&json!(1), &json!("unknown")), "{last}");
    let told = told_command(last["hints"].as_array().unwrap().iter().filter_map(Value::as_str));
    assert!(told.iter().any(|word| first["marker"] == word.as_str()), "{first} {told:?}");
    find_and_end(&home, &told).await;
    nothing_is_left(&home, &served, 2).await;
    served.end().await;
}

/// The same for a program that was killed while its order was on the way.
async fn a_killed_create_is_found_by_the_marker_it_printed(dialect: Dialect) {
    let home = Home::new();
    let served = Served::start(&home, dialect).await;
    served.arm(json!({ "slow": 120_000 })).await;
    let mut child = home.command(&CREATE).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let marker = marker_in(&first);
    let accepted = async {
        while served.machines().await.0 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, accepted).await.unwrap();
    child.kill().await.unwrap();
    let look = ["list", "--provider", served.account(), "--marker", &marker].map(str::to_owned);
    find_and_end(&home, &look).await;
    nothing_is_left(&home, &served, 1).await;
    served.end().await;
}

/// Looks until the machine shows, as a new one may be hidden, and deletes what was found.
async fn find_and_end(home: &Home, look: &[String]) {
    let look: Vec<&str> = look.iter().map(String::as_str).collect();
    let as_json = [&look[..], &["--output", "json"]].concat();
    let is_there = |document: &Value| document["instances"] != json!([]);
    let found = home.until(&as_json, is_there).await;
    assert_eq!(found["instances"].as_array().unwrap().len(), 1, "{found}");
    let handle = found["instances"][0]["handle_text"].as_str().unwrap();
    let table = home.well(&look).await;
    assert!(table.out.contains(handle), "{table:?}");
    let deleted = home.well(&["delete", handle, "--output", "json"]).await.json();
    assert_eq!(deleted["machines"][0]["result"], "gone", "{deleted}");
}

/// The ledger is the judge; the program's own list must agree with it.
async fn nothing_is_left(home: &Home, served: &Served, ever: usize) {
    assert_eq!(served.machines().await, (ever, 0), "the ledger");
    assert_eq!(served.creates().await, ever, "one request for each order");
    let mine = home.well(&["list", "--mine", "--output", "json"]).await.json();
    let left = mine["instances"].as_array().unwrap().iter().filter(|it| it["state"] != "gone").count();
    assert_eq!((left, &mine["complete"]), (0, &json!([served.account()])), "{mine}");
}

fn marker_in(err: &str) -> String {
    let marker = err.lines().find_map(|line| line.strip_prefix("marker: "));
    marker.unwrap_or_else(|| panic!("no marker: {err}")).to_owned()
}

/// The arguments of the command that a message tells to run.
fn told_command<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut told = lines.filter_map(|line| line.split_once("look for it: vmbroker "));
    told.next().unwrap().1.split_whitespace().map(str::to_owned).collect()
}

macro_rules! at_every_dialect {
    ($($story:ident { $($name:ident $dialect:ident,)* })*) => {
        $($(#[tokio::test]
        async fn $name() {
            $story(Dialect::$dialect).await;
        })*)*
    };
}

at_every_dialect! {
    from_create_to_gone {
        fluence_2025_04_from_create_to_gone_with_only_the_printed_handle Fluence202504,
        fluence_2025_05_from_create_to_gone_with_only_the_printed_handle Fluence202505,
        wayscloud_from_create_to_gone_with_only_the_printed_handle Wayscloud,
        waldur_from_create_to_gone_with_only_the_printed_handle Waldur,
        zenlayer_from_create_to_gone_with_only_the_printed_handle Zenlayer,
    }
    a_lost_answer_is_found_as_told {
        fluence_2025_04_lost_answer_is_found_as_told Fluence202504,
        fluence_2025_05_lost_answer_is_found_as_told Fluence202505,
        wayscloud_lost_answer_is_found_as_told Wayscloud,
        waldur_lost_answer_is_found_as_told Waldur,
        zenlayer_lost_answer_is_found_as_told Zenlayer,
    }
    a_killed_create_is_found_by_the_marker_it_printed {
        fluence_2025_04_killed_create_is_found_by_its_marker Fluence202504,
        fluence_2025_05_killed_create_is_found_by_its_marker Fluence202505,
        wayscloud_killed_create_is_found_by_its_marker Wayscloud,
        waldur_killed_create_is_found_by_its_marker Waldur,
        zenlayer_killed_create_is_found_by_its_marker Zenlayer,
    }
}

#[tokio::test]
async fn a_sandbox_ends_by_itself_when_its_time_is_over() {
    let home = Home::new();
    let done = home.well(&["sandbox", "--for", "1"]).await;
    assert!(done.out.contains("control") && done.err.contains("0 still cost money"), "{done:?}");
}

#[tokio::test]
async fn the_demonstration_takes_less_than_a_minute_and_leaves_nothing_on_the_disk() {
    let home = Home::new();
    let temporary = home.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let home = home.with_env("TMPDIR", temporary.to_str().unwrap());
    let done = home.well(&["demo"]).await;
    let end = "Nothing is lost, doubled or left: 6 machines, 0 still cost money.\n";
    assert!(done.out.ends_with(end) && done.err.is_empty(), "{done:?}");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "its journal ends with it");
    assert!(!home.path(".local").exists(), "it leaves no state of its own");
}
