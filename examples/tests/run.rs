//! The examples run, end well and say what they promise.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::Path;
use std::process::Command;

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
fn the_invented_cloud_keeps_every_law_that_functions_can_show() {
    assert!(source_of("third_party").lines().count() < 250);
    let story = story_of(env!("CARGO_BIN_EXE_third_party"));
    let not_applicable: Vec<&str> =
        story.lines().filter_map(|line| line.strip_prefix("not applicable  ")?.split(':').next()).collect();
    let of_http = [
        "an_internal_error_on_create_is_unclear",
        "a_truncated_create_answer_is_unclear",
        "an_html_create_answer_is_unclear",
        "a_redirected_create_is_unclear",
        "a_create_answer_without_an_id_is_unclear",
        "a_refused_connection_changes_nothing",
        "a_hanging_look_ends",
        "no_secret_is_shown",
    ];
    assert_eq!(not_applicable, of_http);
    let kept = story.lines().filter(|line| line.starts_with("kept ")).count();
    assert_eq!(kept + of_http.len(), vmbroker_conformance::LAWS.len());
}
