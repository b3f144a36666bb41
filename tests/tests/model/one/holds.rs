//! The real protocol: every law in every state.

use stateright::Property;

use crate::one::{One, laws};
use crate::rules::{Faults, OnUncertain, Setting, Timing};
use crate::run;

fn honest() -> Vec<Property<One>> {
    [once(), laws::sent_again(), laws::failed_over()].concat()
}

fn once() -> Vec<Property<One>> {
    [laws::whatever_happens(), laws::never_doubled(), laws::found()].concat()
}

fn again() -> Vec<Property<One>> {
    [once(), laws::sent_again()].concat()
}

fn late() -> Vec<Property<One>> {
    [laws::whatever_happens(), laws::found(), laws::sent_again(), laws::doubled()].concat()
}

/// A provider that may apply a create after everybody has stopped to believe in it.
pub(super) fn later_than_believed(quiet_at: u8) -> Setting {
    let honest = Setting::honest(Timing::new(1, 1, 0), quiet_at);
    Setting { truth: Timing::new(3, 1, 0), late_watch: 4, accounts: 1, end_at: quiet_at + 8, ..honest }
}

/// A provider that may apply a create at any time, and a controller that knows.
fn without_limit(quiet_at: u8) -> Setting {
    let honest = Setting::honest(Timing::new(1, 1, 0), quiet_at);
    Setting { truth: Timing::new(100, 1, 0), on_uncertain: OnUncertain::Ask, ..honest }
}

#[test]
fn a_create_is_never_lost_and_never_doubled() {
    let setting = Setting::honest(Timing::new(1, 1, 0), 6);
    run::holds("one intent, two accounts", One { setting, properties: honest });
}

#[test]
fn nor_when_machines_fail_and_deletes_do_not() {
    let setting = Setting { faults: Faults::all(), ..Setting::honest(Timing::new(1, 1, 0), 4) };
    run::holds("failing machines, idle deletes, dropped wishes", One { setting, properties: honest });
}

#[test]
fn nor_when_a_list_is_overtaken_by_a_create() {
    let setting = Setting { calls_take: 1, ..Setting::honest(Timing::new(1, 1, 0), 5) };
    run::holds("slow calls", One { setting, properties: honest });
}

#[test]
fn nor_when_one_list_is_wrong() {
    run::holds("one wrong list", One { setting: one_wrong_list(4), properties: honest });
}

#[test]
fn a_double_beyond_what_was_believed_is_found_and_removed() {
    let setting = later_than_believed(6);
    run::holds("later than believed", One { setting, properties: late });
}

#[test]
fn who_asks_never_doubles_however_late_a_create_is() {
    let setting = without_limit(6);
    run::holds("no limit, and ask", One { setting, properties: once });
}

#[test]
#[ignore = "wide: about a minute"]
fn wide_longer_delays_and_machines_that_hide() {
    let setting = Setting::honest(Timing::new(2, 1, 1), 10);
    run::holds("wide: longer delays, hidden machines", One { setting, properties: honest });
}

#[test]
#[ignore = "wide: about a minute"]
fn wide_everything_that_may_go_wrong() {
    let setting =
        Setting { calls_take: 1, faults: Faults::all(), ..Setting::honest(Timing::new(1, 1, 0), 5) };
    run::holds("wide: all faults, slow calls", One { setting, properties: honest });
}

#[test]
#[ignore = "wide: about a minute"]
fn wide_two_intents_at_one_account() {
    let setting = Setting { intents: 2, accounts: 1, ..Setting::honest(Timing::new(1, 1, 0), 4) };
    run::holds("wide: two intents", One { setting, properties: again });
}

#[test]
#[ignore = "wide: about a minute"]
fn wide_doubles_beyond_what_was_believed_at_two_accounts() {
    let setting = Setting { accounts: 2, ..later_than_believed(5) };
    run::holds("wide: later than believed, two accounts", One { setting, properties: late });
}

/// One complete list misses a machine that is neither new nor gone.
pub(super) fn one_wrong_list(quiet_at: u8) -> Setting {
    let faults = Faults { wrong_lists: 1, ..Faults::few() };
    Setting { faults, ..Setting::honest(Timing::new(1, 1, 0), quiet_at) }
}
