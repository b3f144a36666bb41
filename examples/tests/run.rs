//! The examples run, end well and say what they promise.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use vmbroker::Clock;
use vmbroker_sim::{Dialect, Profile, Sandbox, SandboxConfig};

/// What the program prints; it must end well.
fn story_of(program: &str) -> String {
    let output = Command::new(program).output().unwrap();
    let story = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{story}\n{complaints}", output.status);
    story
}

/// The source of a program.
fn source_of(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/{name}.rs"));
    std::fs::read_to_string(file).unwrap()
}

/// All of these stand in the story, in this order.
fn assert_told(story: &str, wanted: &[&str]) {
    let mut rest = story;
    for words in wanted {
        let Some((_, after)) = rest.split_once(words) else {
            panic!("`{words}` is missing, or stands too early, in\n{story}");
        };
        rest = after;
    }
}

#[test]
fn the_neutral_application_goes_to_the_next_account_and_leaves_nothing() {
    let story = story_of(env!("CARGO_BIN_EXE_neutral"));
    let wanted = [
        "ordering vb",
        "insufficient funds",
        "ordering vb",
        " is reachable at [",
        " is gone; 0 machines cost money",
    ];
    assert_told(&story, &wanted);
}

#[test]
fn the_neutral_application_is_short_and_names_no_provider() {
    let source = source_of("neutral").to_lowercase();
    assert!(source.lines().count() < 60);
    for name in ["fluence", "wayscloud", "waldur", "zenlayer"] {
        assert!(!source.contains(name), "{name}");
    }
}

#[test]
fn the_nightly_job_knows_what_each_place_costs_and_what_that_rests_on() {
    let story = story_of(env!("CARGO_BIN_EXE_nightly"));
    assert_told(&story, &["90 minutes from 2026-01-02T17:30:00Z", "1. ", " USD at ", "for 30 days: "]);
    assert!(source_of("nightly").lines().count() < 60);
}

#[test]
fn the_price_watcher_sees_prices_move() {
    let story = story_of(env!("CARGO_BIN_EXE_price_watcher"));
    assert_told(&story, &["cheapest now: ", "nothing moved", "moved: ", " -> "]);
}

#[test]
fn an_order_becomes_a_machine_before_our_eyes() {
    let story = story_of(env!("CARGO_BIN_EXE_wait_for_order"));
    let wanted = [
        "marker   vb",
        "accepted wayscloud/order:",
        "provisioning",
        "running",
        "wayscloud/instance:",
        "gone     ",
        "0 machines cost money",
    ];
    assert_told(&story, &wanted);
}

#[test]
fn an_account_without_money_is_left_for_the_next_in_forty_lines() {
    let story = story_of(env!("CARGO_BIN_EXE_failover"));
    assert_told(
        &story,
        &["1: zenlayer ", "refused: insufficient funds", "3 of 3 are up", "0 machines cost money"],
    );
    let up: Vec<&str> = story.lines().filter_map(|line| line.strip_prefix("up: ")).collect();
    let at_the_cheapest = up.iter().filter(|handle| handle.starts_with("zenlayer/")).count();
    assert_eq!((up.len(), at_the_cheapest), (3, 1), "{story}");
    let source = source_of("failover");
    let (_, body) = source.split_once("async fn main").unwrap();
    assert!(body.lines().filter(|line| !line.trim().is_empty()).count() <= 40);
}

#[test]
fn what_a_dead_program_left_is_taken_up_and_nothing_is_doubled() {
    let story = story_of(env!("CARGO_BIN_EXE_resume"));
    let wanted = [
        "accepted: zenlayer/instance:",
        "the first program is dead; ",
        "up: zenlayer/instance:",
        "4 of 4 are up, 4 were ever made",
        "0 machines cost money",
    ];
    assert_told(&story, &wanted);
    assert!(!story.contains("dead; 0 machines"), "it died while something was there: {story}");
}

#[test]
fn the_invented_cloud_keeps_every_law_that_functions_can_show() {
    assert!(source_of("third_party").lines().count() < 250);
    let story = story_of(env!("CARGO_BIN_EXE_third_party"));
    let not_applicable: Vec<&str> =
        story.lines().filter_map(|line| line.strip_prefix("not applicable  ")?.split(':').next()).collect();
    let not_there = [
        "an_internal_error_on_create_is_unclear",
        "a_truncated_create_answer_is_unclear",
        "an_html_create_answer_is_unclear",
        "a_redirected_create_is_unclear",
        "a_create_answer_without_an_id_is_unclear",
        "a_refused_connection_changes_nothing",
        "a_hanging_look_ends",
        // It has no prices, and so no bills.
        "a_quote_is_the_bill",
        "no_secret_is_shown",
    ];
    assert_eq!(not_applicable, not_there);
    let kept = story.lines().filter(|line| line.starts_with("kept ")).count();
    assert_eq!(kept + not_there.len(), vmbroker_conformance::LAWS.len());
}

#[test]
fn the_readmes_program_is_this_one_and_brings_a_machine_up_and_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = std::fs::read_to_string(root.join("src/readme.rs")).unwrap();
    let readme = std::fs::read_to_string(root.join("../README.md")).unwrap();
    assert!(readme.contains(&format!("```rust,no_run\n{program}```\n")), "README.md shows another program");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config =
        SandboxConfig { dialects: vec![Dialect::Fluence202504], ..SandboxConfig::new(Clock::system()) };
    let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
    let running = sandbox.cloud(Dialect::Fluence202504).unwrap();
    let secret = {
        let mut account = running.cloud.account();
        let quick = Duration::from_millis(50);
        account.profile =
            Profile { queue: quick, build: quick, address: quick, delete: quick, ..Profile::default() };
        account.credentials.secret.clone()
    };
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("demo-key.pub");
    let public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home\n";
    std::fs::write(&key, public).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_my_broker"));
    let usage = command.output().unwrap();
    assert!(
        !usage.status.success() && String::from_utf8_lossy(&usage.stderr).contains("usage: my-broker URL")
    );
    let output = command.arg(&running.url).arg(&key).env("FLUENCE_API_KEY", secret).output().unwrap();
    let story = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{story}{}", String::from_utf8_lossy(&output.stderr));
    assert_told(
        &story,
        &["ordering vb", "fluence/instance:0x", " is running at [", "fluence/instance:0x", " is gone"],
    );
    let ledger = running.cloud.ledger();
    assert_eq!((ledger.entries.len(), ledger.open().count()), (1, 0));
}
