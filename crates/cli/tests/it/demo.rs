//! The demonstration, as a newcomer and as a program sees it.

use serde_json::{Value, json};

use crate::world::World;

/// The texts of a document's list.
fn texts(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|it| it[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_demonstration_ends_with_nothing_left_and_each_bill_inside_its_receipt() {
    let outcome = World::new().run(&["demo", "--output", "json"]).await;
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    let document = outcome.json();
    assert_eq!(texts(&document["prices"], "provider"), ["zenlayer", "fluence", "wayscloud"]);
    let machines = document["machines"].as_array().unwrap();
    let numbers: Vec<_> = machines.iter().map(|machine| machine["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let mut adopted = 0;
    for machine in machines {
        let states = texts(&machine["states"], "state");
        assert_eq!(states[0], "ordering", "{machine}");
        let second = if states[1] == "answer lost" { 2 } else { 1 };
        adopted += second - 1;
        assert_eq!(states[second], if second == 2 { "adopted" } else { "ordered" }, "{machine}");
        assert!(states.contains(&"running".to_owned()) && states.last().unwrap() == "gone", "{states:?}");
        assert!(machine["addresses"].is_string() && machine["handle_text"].is_string(), "{machine}");
    }
    assert_eq!(adopted, 1, "one answer is lost, and its machine is found");
    let of = |account: &str| machines.iter().filter(|it| it["provider"] == account).count();
    assert_eq!((of("zenlayer"), of("fluence"), of("wayscloud")), (3, 2, 1));
    let ledgers = document["ledgers"].as_array().unwrap();
    assert_eq!(ledgers.iter().map(|it| it["machines"].as_u64().unwrap()).sum::<u64>(), 6, "none is doubled");
    for ledger in ledgers {
        assert_eq!(ledger["open"], 0);
        assert_ne!(ledger["charged"], "0", "machines that ran were paid for");
    }
    assert_eq!(texts(&document["receipt"], "verdict"), ["inside"; 6]);
    assert_eq!((&document["left"], &document["failures"]), (&json!([]), &json!([])));
}

#[tokio::test(start_paused = true)]
async fn the_demonstration_tells_its_story_line_by_line_where_nobody_watches() {
    let outcome = World::new().run(&["demo"]).await;
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    let mut rest = outcome.out.as_str();
    for words in [
        "3 simulated clouds start",
        "IN USD",
        "zenlayer",
        "6 machines are deployed, the cheapest first",
        "ordering at zenlayer",
        "zenlayer refuses: out of capacity",
        "goes on to fluence",
        "is LOST",
        "goes on to wayscloud",
        "FOUND by its marker",
        "up at fluence",
        "6 of 6 machines are up",
        "proven gone from",
        "QUOTED",
        "inside",
        "STILL COST MONEY",
        "Nothing is lost, doubled or left: 6 machines, 0 still cost money.",
    ] {
        let Some((_, after)) = rest.split_once(words) else {
            panic!("`{words}` is missing, or stands too early, in\n{}", outcome.out);
        };
        rest = after;
    }
    let is_plain = |c: char| c == '\n' || c == ' ' || !(c.is_control() || c.is_whitespace());
    assert!(outcome.out.chars().all(is_plain), "no control codes: {:?}", outcome.out);
    let widest = outcome.out.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 80, "{widest} columns: {}", outcome.out);
}

#[tokio::test(start_paused = true)]
async fn another_number_of_machines_is_told_as_well_and_nonsense_is_refused() {
    for count in ["4", "17"] {
        let outcome = World::new().run(&["demo", "--machines", count, "--speed", "60"]).await;
        assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
        let end = format!("Nothing is lost, doubled or left: {count} machines, 0 still cost money.\n");
        assert!(outcome.out.ends_with(&end), "{}", outcome.out);
    }
    assert_eq!(World::new().run(&["demo", "--machines", "3"]).await.code, 2);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_hold_the_journal_is_said_before_anything_is_ordered() {
    let world = World::new().env("TMPDIR", "/nowhere/at/all");
    let outcome = world.run(&["demo"]).await;
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("no place for the demonstration's journal"), "{}", outcome.err);
    assert!(!outcome.out.contains("ordering"), "{}", outcome.out);
}
