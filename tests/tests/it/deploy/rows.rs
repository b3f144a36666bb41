//! The faults that one controller can meet, row by row, and the tests that meet them. A row whose test is gone fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A fault, what is expected of us, and the tests that show it, by name.
struct Row(&'static str, &'static str, &'static [&'static str]);

const ROWS: &[Row] = &[
    Row(
        "no name, refused, no TLS",
        "nothing was sent; a few times more, then the next choice",
        &[
            "a_refused_connection_changed_nothing",
            "a_refused_connection_and_a_complete_refusal_changed_nothing",
        ],
    ),
    Row(
        "reset before the request was read",
        "unknown: nobody can tell",
        &[
            "every_broken_answer_is_unknown_and_one_request",
            "a_create_that_goes_wrong_is_neither_lost_nor_doubled",
        ],
    ),
    Row(
        "reset after it was done, answer lost",
        "found, one machine",
        &["a_create_that_goes_wrong_is_neither_lost_nor_doubled"],
    ),
    Row(
        "applied after the timeout, before D",
        "found within the grace",
        &[
            "a_create_that_goes_wrong_is_neither_lost_nor_doubled",
            "without_the_grace_a_late_create_is_doubled",
        ],
    ),
    Row(
        "applied after D",
        "the double is found by the late watch and removed",
        &[
            "a_machine_that_comes_after_its_absence_was_proven_is_removed_and_the_other_kept",
            "a_double_beyond_what_was_believed_is_found_and_removed",
        ],
    ),
    Row(
        "a connection that the provider closed",
        "a create is never sent again by itself",
        &["a_create_is_never_repeated_here", "reads_share_a_connection_and_each_create_has_its_own"],
    ),
    Row(
        "one byte a second, a body without end",
        "the whole call has an end; unknown",
        &[
            "an_answer_over_the_cap_is_not_taken_with_or_without_a_length",
            "every_broken_answer_is_unknown_and_one_request",
        ],
    ),
    Row(
        "a storm of 5xx",
        "reads cost a tenth more; two creates a leg at most",
        &[
            "a_storm_of_errors_costs_a_tenth_more_reads",
            "no_kind_is_repeated_for_ever",
            "without_the_cap_a_leg_sends_again_and_again",
        ],
    ),
    Row(
        "429 with any Retry-After",
        "waited for, within bounds",
        &["seconds_and_dates_are_read_and_held_within_bounds", "a_told_pause_is_kept_and_clipped"],
    ),
    Row(
        "401 and 403 on the way",
        "a failed look is never absence, nor proof of an end",
        &["looks_and_deletions_that_go_wrong_prove_nothing", "each_kind_has_its_reaction"],
    ),
    Row(
        "no funds",
        "refused; the next account",
        &["a_documented_refusal_has_its_kind_and_changed_nothing", "each_kind_has_its_reaction"],
    ),
    Row(
        "an answer cut at any byte, html, 204, nothing",
        "unknown, no panic",
        &[
            "every_broken_answer_is_unknown_and_one_request",
            "a_2xx_that_does_not_decode_is_unknown_after_a_create",
        ],
    ),
    Row(
        "200 with an error or without an id",
        "refused only where the code is known",
        &["every_broken_answer_is_unknown_and_one_request", "a_create_answer_without_an_id_is_unclear"],
    ),
    Row(
        "fields missing, null, of another type",
        "the row is kept, never dropped",
        &["a_bad_row_is_kept_and_never_absence", "a_list_with_a_row_that_nobody_can_name_proves_no_absence"],
    ),
    Row(
        "a state nobody knows",
        "neither up nor gone; looked at further",
        &[
            "an_unknown_word_and_a_waiting_approval_are_waited_through",
            "an_unknown_word_is_neither_success_nor_the_end",
        ],
    ),
    Row(
        "a redirect",
        "unknown; not followed",
        &["every_broken_answer_is_unknown_and_one_request", "a_redirected_create_is_unclear"],
    ),
    Row(
        "a list that is old, misses a page, or shifts",
        "no proof of absence",
        &[
            "without_complete_lists_a_lost_create_is_doubled",
            "without_the_second_sighting_one_short_list_doubles",
            "a_failing_page_fails_the_list",
            "a_row_that_moves_from_a_page_that_is_read_to_one_that_was_is_not_missed",
        ],
    ),
    Row("a list of another project", "an error", &["a_wrong_project_does_not_read_as_an_empty_account"]),
    Row(
        "two machines with one marker",
        "the one handed over is kept, the other deleted",
        &[
            "of_two_machines_with_one_marker_the_one_handed_over_is_kept",
            "killed_when_a_double_is_written_down_the_next_run_ends_it",
        ],
    ),
    Row(
        "a foreign machine of the same name",
        "not adopted",
        &[
            "a_machine_of_the_same_name_that_is_not_ours_is_never_adopted",
            "machines_of_others_are_shown_on_request_and_never_deleted",
        ],
    ),
    Row(
        "a machine that vanished",
        "said, and not made anew",
        &["a_machine_that_vanished_is_said_to_have_and_never_made_anew_by_itself"],
    ),
    Row(
        "stuck; an order that waits for a person",
        "deleted or withdrawn, seen gone, then the next; else asked",
        &[
            "a_create_that_goes_wrong_is_neither_lost_nor_doubled",
            "an_order_that_awaits_approval_is_withdrawn",
        ],
    ),
    Row(
        "a machine that failed and is billed",
        "deleted with proof, then the next",
        &["a_create_that_goes_wrong_is_neither_lost_nor_doubled"],
    ),
    Row(
        "a deletion lost, refused, accepted without effect, taken back",
        "not gone before it is proven",
        &[
            "looks_and_deletions_that_go_wrong_prove_nothing",
            "a_deletion_that_is_taken_back_is_asked_for_again",
            "without_proof_one_wrong_look_frees_a_place_that_is_taken",
        ],
    ),
    Row(
        "a clock that was set back",
        "no grace is shortened",
        &["a_clock_that_was_set_back_by_an_hour_shortens_no_grace"],
    ),
    Row(
        "killed at a persist point, before and after; at any moment",
        "the next run brings all to its end",
        &[
            "killed_at_every_persist_point_before_and_after_all_converges",
            "killed_at_any_moment_nothing_is_lost_or_doubled",
            "at_every_persist_point_before_and_after",
            "at_any_commit",
        ],
    ),
    Row(
        "the power goes",
        "what was committed is there",
        &["commits_are_as_durable_as_the_disk", "a_process_that_dies_after_a_commit_leaves_all_of_it"],
    ),
    Row(
        "a full, failing or read-only disk",
        "no create; after one, the handle is shown and tried again",
        &[
            "a_disk_without_room_stops_before_any_create",
            "a_disk_that_fills_up_at_any_commit_before_the_create_stops_it",
            "a_disk_that_is_full_after_the_create_shows_the_handle_and_is_tried_again",
            "a_read_only_journal_stops_before_any_create",
        ],
    ),
    Row(
        "a journal that is damaged, cut, foreign or newer",
        "refused, and left as it is",
        &[
            "a_damaged_journal_stops_before_any_create_and_is_never_written_over",
            "each_page_that_is_overwritten_is_noticed",
            "a_newer_layout_is_refused_and_left_alone",
        ],
    ),
    Row(
        "a journal that is lost",
        "nothing is deleted; all is found and taken back",
        &[
            "a_lost_journal_is_rebuilt_from_the_clouds",
            "a_lost_journal_deletes_nothing_and_takes_its_machines_back",
        ],
    ),
    Row(
        "a journal put back from a backup",
        "what it does not know is shown before anything is deleted",
        &["after_a_backup_was_put_back_what_it_does_not_know_is_shown_and_taken_back"],
    ),
    Row(
        "a second writer",
        "refused; readers go on",
        &["a_second_writer_stops_and_readers_work_beside_a_running_deploy"],
    ),
    Row(
        "the future is dropped at any poll",
        "nothing is lost",
        &[
            "a_run_that_is_dropped_at_any_poll_loses_nothing",
            "without_a_task_of_its_own_a_dropped_send_loses_its_handle",
        ],
    ),
    Row(
        "an adapter panics; Ctrl-C twice",
        "unknown, found later",
        &[
            "an_adapter_that_panics_leaves_its_create_unknown_and_found",
            "one_interrupt_starts_nothing_new_and_a_second_one_leaves_at_once",
        ],
    ),
    Row(
        "hostile texts",
        "escaped and cut",
        &["hostile_text_stays_text", "a_hostile_name_stays_a_name", "bidi_and_zero_width_are_spelled_out"],
    ),
    Row(
        "a hundred creates at once, a third of them broken",
        "the caps hold",
        &["a_hundred_creates_under_a_cap_never_exceed_it"],
    ),
    Row(
        "the first leg's machine appears after the second started",
        "removed, the second kept",
        &["a_machine_that_comes_after_its_absence_was_proven_is_removed_and_the_other_kept"],
    ),
    Row(
        "a price that moved between plan and create",
        "not paid above the limit",
        &[
            "a_price_that_rose_since_the_plan_is_not_paid",
            "where_every_price_rose_nothing_is_rented_and_each_says_why",
        ],
    ),
];

/// The names of all functions in the sources below this folder.
fn functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after_fn = text.split("fn ").skip(1);
            names.extend(after_fn.filter_map(|it| it.split_once('(')).map(|it| it.0.to_owned()));
        }
    }
}

/// The tests that a row names and that are not there.
fn missing<'a>(rows: &'a [Row], names: &BTreeSet<String>) -> Vec<(&'a str, &'a str)> {
    let tests = rows.iter().flat_map(|row| row.2.iter().map(|test| (row.0, *test)));
    tests.filter(|(_, test)| !names.contains(*test)).collect()
}

#[test]
fn every_fault_has_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = BTreeSet::new();
    for folder in ["crates", "tests"] {
        functions(&root.join(folder), &mut names);
    }
    assert_eq!(missing(ROWS, &names), []);
    for row in ROWS {
        assert!(!row.2.is_empty() && !row.1.is_empty(), "{} is expected to come to nothing", row.0);
    }
    let gone = [Row("a fault", "something", &["a_test_that_nobody_wrote"])];
    assert_eq!(missing(&gone, &names), [("a fault", "a_test_that_nobody_wrote")]);
}
