//! Each safeguard taken out: a law breaks, and the last steps to that are printed.

use stateright::Property;

use crate::one::holds::{later_than_believed, one_wrong_list};
use crate::one::{One, laws};
use crate::rules::{Faults, Guard, Setting, Timing};
use crate::run;

fn all() -> Vec<Property<One>> {
    [laws::whatever_happens(), laws::never_doubled()].concat()
}

fn breaks(guard: Guard, setting: Setting, law: &'static str) {
    let setting = setting.without(guard);
    run::breaks(&format!("without {guard:?}"), One { setting, properties: all }, law);
}

fn honest() -> Setting {
    Setting::honest(Timing::new(2, 2, 0), 9)
}

fn all_faults() -> Setting {
    Setting { faults: Faults::all(), ..Setting::honest(Timing::new(1, 1, 0), 8) }
}

#[test]
fn a_grace_one_tick_short_doubles() {
    breaks(Guard::Grace, honest(), laws::ONE_PER_MARKER);
}

#[test]
fn a_stale_list_that_is_believed_doubles() {
    breaks(Guard::ListsAreStale, honest(), laws::ONE_PER_MARKER);
}

#[test]
fn one_sighting_believes_a_wrong_list() {
    breaks(Guard::SecondSighting, one_wrong_list(9), laws::ONE_PER_MARKER);
}

#[test]
fn a_first_sighting_before_the_grace_does_not_help_against_a_wrong_list() {
    breaks(Guard::BothAfterGrace, one_wrong_list(9), laws::ONE_PER_MARKER);
}

#[test]
fn a_failed_look_taken_for_absence_doubles() {
    breaks(Guard::FailedLookSaysNothing, honest(), laws::ONE_PER_MARKER);
}

#[test]
fn a_row_written_after_the_send_loses_the_machine() {
    breaks(Guard::IntentFirst, honest(), laws::NEVER_LOST);
}

#[test]
fn a_machine_without_a_marker_is_doubled() {
    breaks(Guard::Marker, honest(), laws::ONE_PER_MARKER);
}

#[test]
fn creates_without_a_cap_go_on() {
    let setting = Setting { accounts: 1, ..Setting::honest(Timing::new(1, 1, 0), 9) };
    breaks(Guard::CapOnCreates, setting, laws::TWO_CREATES);
}

#[test]
fn an_accepted_delete_taken_for_gone_leaves_the_machine() {
    breaks(Guard::ProofBeforeGone, all_faults(), laws::GONE_IS_GONE);
}

#[test]
fn an_accepted_delete_taken_for_gone_doubles_at_the_next_account() {
    breaks(Guard::ProofBeforeGone, all_faults(), laws::ONE_PER_INTENT);
}

#[test]
fn a_new_machine_that_is_not_shown_yet_is_not_gone() {
    breaks(Guard::NewMachinesHide, honest(), laws::ONE_PER_INTENT);
}

#[test]
fn a_machine_counts_as_seen_when_the_answer_came_not_when_it_was_asked_for() {
    let setting = Setting { calls_take: 1, ..Setting::honest(Timing::new(1, 1, 0), 6) };
    breaks(Guard::SeenWhenAnswered, setting, laws::ONE_PER_INTENT);
}

#[test]
fn a_leg_started_while_the_last_is_uncertain_doubles() {
    breaks(Guard::OneLegAtATime, honest(), laws::ONE_PER_INTENT);
}

#[test]
fn without_the_late_watch_a_double_stays() {
    breaks(Guard::LateWatch, later_than_believed(6), laws::NOTHING_EXTRA);
}

#[test]
fn a_watch_that_does_not_count_from_the_last_create_leaves_its_machine() {
    breaks(Guard::WatchOutlastsCreates, later_than_believed(6), laws::NOTHING_EXTRA);
}

#[test]
fn a_list_that_is_believed_before_the_answer_loses_the_answer() {
    breaks(Guard::AnswerFirst, later_than_believed(6), laws::NOTHING_EXTRA);
}

/// What nobody can promise: beyond what is believed there are doubles, for a while.
#[test]
fn a_create_later_than_believed_doubles() {
    let setting = Setting { truth: Timing::new(4, 1, 0), ..Setting::honest(Timing::new(1, 1, 0), 9) };
    run::breaks("later than believed", One { setting, properties: all }, laws::ONE_PER_MARKER);
}
