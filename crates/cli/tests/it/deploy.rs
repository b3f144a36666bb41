//! `vmbroker deploy` and what goes with it, on small clouds in memory.

use std::sync::Arc;

use serde_json::Value;
use vmbroker::{Billing, Charge, Currency, Period, Price};

use crate::cloud::{Cloud, Mood, offer};
use crate::world::{Outcome, World};

fn hourly(amount: &str) -> Price {
    let billing = Billing::begun(Period::HOUR);
    Price::new(Currency::USD, vec![Charge::rate("machine", amount.parse().unwrap(), Period::HOUR, billing)])
}

/// A cloud in this mood that sells one size at this price.
fn selling(id: &str, mood: Mood, price: &str) -> Arc<Cloud> {
    let cloud = Cloud::new(id, mood);
    cloud.sell(vec![offer(&id.parse().unwrap(), "small", 2, "DE", hourly(price))]);
    cloud
}

/// A world with a file for this many machines, and these lines more at its top.
fn world(count: u32, more: &str) -> World {
    let world = World::new();
    file(&world, count, more);
    world
}

fn file(world: &World, count: u32, more: &str) {
    let text = format!(
        "name = \"web\"\ncount = {count}\nfor = \"3h\"\n{more}\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\nssh_keys = \
         \"key.pub\"\n"
    );
    world.file("web.toml", &text, 0o644);
}

async fn well(world: &World, args: &[&str]) -> Outcome {
    let outcome = world.run(args).await;
    assert_eq!(outcome.code, 0, "{args:?}: {}\n{}", outcome.out, outcome.err);
    outcome
}

async fn json(world: &World, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
    world.run(&args).await.json()
}

#[tokio::test(start_paused = true)]
async fn machines_come_up_once_are_counted_up_and_down_and_go() {
    let cloud = selling("one", Mood::Well, "0.1");
    let world = world(2, "").with(cloud.clone());
    let up = well(&world, &["deploy", "web.toml"]).await;
    assert!(up.out.ends_with("\nweb: 2 of 2 machines are up\n"), "{}", up.out);
    assert!(up.out.contains("192.0.2.7"), "the addresses are said: {}", up.out);
    well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(cloud.machines().len(), 2, "what is up is not made again");
    file(&world, 3, "");
    well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(cloud.machines().len(), 3);
    file(&world, 1, "");
    well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(cloud.machines().len(), 1);
    let down = well(&world, &["destroy", "web"]).await;
    assert!(down.out.starts_with("web: nothing is left; it cost from "), "{}", down.out);
    assert!(cloud.machines().is_empty());
    let listed = well(&world, &["deployments"]).await;
    assert_eq!(
        (listed.out.as_str(), listed.err.as_str()),
        ("", "no deployment stands; `--all` shows past ones\n")
    );
}

#[tokio::test(start_paused = true)]
async fn any_other_change_is_refused_and_named() {
    let cloud = selling("one", Mood::Well, "0.1");
    let world = world(1, "").with(cloud.clone());
    well(&world, &["deploy", "web.toml"]).await;
    file(&world, 1, "budget = \"5 USD\"");
    let refused = world.run(&["deploy", "web.toml"]).await;
    assert_eq!((refused.code, refused.out.as_str()), (3, ""));
    assert_eq!(
        refused.err,
        "error: web.toml: `budget` is another than when `web` was deployed, but only `count` may change while it \
         stands: destroy it first, or deploy under another name\n\nhint: `vmbroker destroy web` ends it\n"
    );
    assert_eq!(cloud.machines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_names_order_prices_and_who_is_out_and_spends_nothing() {
    let (cheap, dear) = (selling("cheap", Mood::Well, "0.1"), selling("dear", Mood::Well, "0.2"));
    let mut world = world(2, "price_limit = \"4 USD/day\"")
        .with(cheap.clone())
        .with(dear)
        .with(selling("mid", Mood::Well, "0.15"))
        .with(Cloud::new("untold", Mood::Well))
        .with(Cloud::new("down", Mood::Down));
    world.width = Some(80);
    let plan = well(&world, &["deploy", "web.toml", "--plan"]).await;
    insta::assert_snapshot!(plan.out, @"
    web: 2 machines for 3 h, the cheapest first

    TRY  AT     OFFER  WHERE    QUOTED  AT WORST
      1  cheap  small  DE      0.3 USD   0.3 USD
      2  mid    small  DE     0.45 USD  0.45 USD

    Out:
      dear         4.8 USD/day is above the limit of 4 USD/day (`small`)
      down         unavailable: nothing answers
      untold       the provider tells no price (2 offers)

    The bill: 0.6 USD if all come up at the first attempt, 0.9 USD if all end at the
    dearest. Machines that fail on the way and are replaced come on top: `budget` limits
    it all.
    ");
    assert!(plan.err.ends_with("nothing was ordered\n"), "{}", plan.err);
    assert!(cheap.machines().is_empty());
    assert!(!world.path("home/.local/state/vmbroker").exists(), "a plan writes no journal");
    let document = json(&world, &["deploy", "web.toml", "--plan"]).await;
    assert_eq!(document["choices"][0]["account"], "cheap");
    assert_eq!(document["bill"]["most"]["amount"], "0.90");
    file(&world, 2, "price_limit = \"1 USD/day\"");
    let nothing = world.run(&["deploy", "web.toml", "--plan"]).await;
    assert_eq!(nothing.code, 1, "{}", nothing.out);
    let refused = world.run(&["deploy", "web.toml"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.starts_with("error: no offer meets the wish of `web`: nothing was ordered\n"));
    assert!(
        refused.err.contains("caused by: cheap: 2.4 USD/day is above the limit of 1 USD/day"),
        "{}",
        refused.err
    );
}

#[tokio::test(start_paused = true)]
async fn an_account_with_nothing_in_the_countries_that_are_wanted_is_named() {
    let world = world(1, "").with(selling("one", Mood::Well, "0.2"));
    let text = std::fs::read_to_string(world.path("web.toml")).unwrap();
    world.file("web.toml", &format!("{text}[where]\ncountries = [\"NO\", \"SE\"]\n"), 0o644);
    for args in [&["deploy", "web.toml"][..], &["deploy", "web.toml", "--plan"]] {
        let outcome = world.run(args).await;
        let said = format!("{}{}", outcome.out, outcome.err);
        assert_eq!(outcome.code, 1, "{said}");
        assert!(said.contains("it offers nothing of this kind and size in NO, SE"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sold_out_is_passed_by_and_the_end_says_why() {
    let good = selling("good", Mood::Well, "0.2");
    let world = world(2, "").with(selling("empty", Mood::SoldOut, "0.1")).with(good.clone());
    let up = well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(good.machines().len(), 2);
    assert!(
        up.out.contains("Not elsewhere because:\n  empty        out of capacity: nothing is left"),
        "{}",
        up.out
    );
    let told = well(&world, &["events", "web"]).await;
    for words in [
        "#1   empty        refused: out of capacity: nothing is left",
        "good         is up: good/instance:m1",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    let events = json(&world, &["events", "web"]).await;
    let words: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!((words[0], words.last().copied()), ("opened", Some("ready")));
    assert!(words.iter().filter(|word| **word == "sending").count() <= 4, "{words:?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_adopted() {
    let cloud = selling("one", Mood::LosesAnswers, "0.1");
    let world = world(1, "").with(cloud.clone());
    let up = well(&world, &["deploy", "web.toml"]).await;
    assert!(up.err.contains("was found by its marker: one/instance:m1"), "{}", up.err);
    assert_eq!(cloud.machines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_can_prove_it_a_person_decides() {
    let cloud = Cloud::hiding("one", Mood::LosesCreates);
    cloud.sell(vec![offer(&"one".parse().unwrap(), "small", 2, "DE", hourly("0.1"))]);
    let other = selling("two", Mood::Well, "0.2");
    let world = world(1, "").with(cloud.clone()).with(other.clone());
    let asks = world.run(&["deploy", "web.toml"]).await;
    assert_eq!(asks.code, 1, "{}", asks.out);
    assert!(other.machines().is_empty(), "nothing is sent elsewhere for it");
    let document = json(&world, &["resolve"]).await;
    let ask = &document["asks"][0];
    let marker = ask["marker"].as_str().unwrap();
    assert_eq!((&ask["question"], &ask["price_per_hour"]["amount"]), (&"created".into(), &"0.1".into()));
    assert!(ask["sent_at"].is_string());
    for command in [format!("vmbroker resolve {marker} confirm-absent"), "costs: 0.1 USD per hour".to_owned()]
    {
        assert!(asks.out.contains(&command), "{command}: {}", asks.out);
        assert!(well(&world, &["resolve"]).await.out.contains(&command));
    }
    assert_eq!(world.run(&["resolve", marker]).await.code, 2);
    let decided = well(&world, &["resolve", marker, "confirm-absent"]).await;
    assert!(decided.out.starts_with(marker), "{}", decided.out);
    assert_eq!(well(&world, &["resolve"]).await.err, "nothing waits for a decision\n");
    assert_eq!(world.run(&["resolve", marker, "confirm-absent"]).await.code, 2, "it is decided once");
    world.run(&["deploy", "web.toml"]).await;
    assert!(other.machines().len() <= 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_one_document_and_the_events_are_lines_beside_it() {
    let world = world(1, "budget = \"1 USD\"").with(selling("one", Mood::Well, "0.1"));
    let outcome = well(&world, &["deploy", "web.toml", "--output", "json"]).await;
    let document = outcome.json();
    assert_eq!(
        (&document["complete"], &document["machines"][0]["handle_text"]),
        (&true.into(), &"one/instance:m1".into())
    );
    assert_eq!(document["machines"][0]["address"], "192.0.2.7");
    assert_eq!(document["reserved"]["amount"], "0.3");
    let lines: Vec<Value> = outcome.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["event"]["what"].is_string() && line["text"].is_string()));
    let receipt = json(&world, &["receipt", "web"]).await;
    assert_eq!(receipt["lines"][0]["quoted"]["amount"], "0.3");
    assert_eq!(receipt["totals"][0]["most"]["currency"], "USD");
    let listed = json(&world, &["deployments"]).await;
    assert_eq!(
        (&listed["deployments"][0]["up"], &listed["deployments"][0]["name"]),
        (&1.into(), &"web".into())
    );
    let list = json(&world, &["list"]).await;
    assert_eq!(list["instances"][0]["deployment"], "web");
    let gone = json(&world, &["destroy", "web"]).await;
    assert_eq!(gone["gone"], true);
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_never_passed() {
    let cloud = selling("one", Mood::Well, "0.1");
    let world = world(5, "budget = \"0.7 USD\"").with(cloud.clone());
    let some = world.run(&["deploy", "web.toml"]).await;
    assert_eq!((some.code, cloud.machines().len()), (1, 2), "{}", some.out);
    assert!(some.out.contains("does not fit into the budget of 0.7 USD"), "{}", some.out);
}

#[tokio::test(start_paused = true)]
async fn a_single_machine_is_a_deployment_of_one_that_ends_with_it() {
    let cloud = Cloud::new("one", Mood::Well);
    let world = World::new().with(cloud.clone());
    well(&world, &["create", "--offer", "small", "--ssh-key", "key.pub"]).await;
    let marker = cloud.machines()[0].marker.unwrap();
    let listed = json(&world, &["deployments"]).await;
    assert_eq!(listed["deployments"][0]["name"], marker.as_str());
    let told = well(&world, &["events", marker.as_str()]).await;
    assert!(told.out.contains("accepted: one/instance:m1"), "{}", told.out);
    well(&world, &["delete", "one/instance:m1"]).await;
    assert_eq!(json(&world, &["deployments"]).await["deployments"], serde_json::json!([]));
    assert!(well(&world, &["events", marker.as_str()]).await.out.ends_with("is proven gone\n"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_machine_of_a_deployment_is_made_anew_only_on_request() {
    let cloud = selling("one", Mood::Well, "0.1");
    let world = world(2, "").with(cloud.clone());
    well(&world, &["deploy", "web.toml"]).await;
    well(&world, &["delete", "one/instance:m1"]).await;
    let listed = json(&world, &["deployments"]).await;
    assert_eq!(
        (&listed["deployments"][0]["wanted"], &listed["deployments"][0]["up"]),
        (&1.into(), &1.into())
    );
    well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(cloud.machines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_does_not_know_is_swept_up_and_taken_back() {
    let cloud = selling("one", Mood::Well, "0.1");
    let world = world(1, "").with(cloud.clone());
    well(&world, &["deploy", "web.toml"]).await;
    let swept = json(&world, &["sweep"]).await;
    assert_eq!(
        (&swept["unknown"], &swept["machines"][0]["standing"]["known"]["deployment"]),
        (&0.into(), &"web".into())
    );
    // The journal is lost, and the installation's id is not.
    let state = world.path("home/.local/state/vmbroker");
    for entry in std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.file_name().unwrap().to_str().unwrap().starts_with("journal") {
            std::fs::remove_file(entry).unwrap();
        }
    }
    let swept = json(&world, &["sweep", "--delete"]).await;
    assert_eq!((&swept["unknown"], &swept["machines"][0]["standing"]), (&1.into(), &"orphan".into()));
    assert!(swept["machines"][0]["deletion"]["refused"].is_string(), "{swept}");
    let marker = swept["machines"][0]["marker"].as_str().unwrap();
    let wrong = ["resolve", "vbaaaa-aaaaaaaaaaaaaaaa", "adopt", "one/instance:m1", "--into", "web"];
    assert!(world.run(&wrong).await.err.contains(marker), "a slip of the finger is found out");
    well(&world, &["resolve", marker, "adopt", "one/instance:m1", "--into", "web"]).await;
    assert_eq!(json(&world, &["sweep"]).await["unknown"], 0);
    well(&world, &["deploy", "web.toml"]).await;
    assert_eq!(cloud.machines().len(), 1, "it counts as the one that is wanted");
    well(&world, &["destroy", "web"]).await;
    assert!(cloud.machines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn simulated_clouds_in_this_process_need_no_key_and_leave_no_journal() {
    let world = World::new();
    let text = "name = \"web\"\ncount = 3\nfor = \"2h\"\nstrategy = \"spread\"\n[machine]\nvcpus = 2\nmemory = \"4GiB\"\n";
    world.file("web.toml", text, 0o644);
    let up = well(&world, &["deploy", "web.toml", "--sandbox"]).await;
    for account in ["fluence/", "wayscloud/", "zenlayer/"] {
        assert!(up.out.contains(account), "{account}: {}", up.out);
    }
    assert!(!world.path("home/.local/state/vmbroker").exists());
}
