//! The table of all laws.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::{Outcome, Subject, laws};

/// One law: its name, what it says, and how to try it.
pub struct Law {
    /// The name of its function in [`laws`].
    pub name: &'static str,
    /// The law itself, one sentence.
    pub statement: &'static str,
    run: for<'a> fn(&'a Subject) -> BoxFuture<'a, Outcome>,
}

impl Law {
    /// Tries the law on this subject.
    ///
    /// # Errors
    /// Where it is broken.
    pub async fn run(&self, subject: &Subject) -> Outcome {
        (self.run)(subject).await
    }
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Law({})", self.name)
    }
}

macro_rules! law {
    ($name:ident, $statement:literal) => {
        Law { name: stringify!($name), statement: $statement, run: |subject| Box::pin(laws::$name(subject)) }
    };
}

/// Every law, in the order in which [`run_all`](crate::run_all) tries them.
#[rustfmt::skip]
pub static LAWS: &[Law] = &[
    law!(create_makes_one_machine, "One create makes exactly one machine."),
    law!(create_puts_the_marker_into_the_name, "The marker of the request is in the machine's name, as the list shows it."),
    law!(two_markers_make_two_machines, "Two creates with different markers make two machines."),
    law!(create_returns_a_whole_handle, "The handle that create returns is whole (this account, an id, the marker, when it was made) and status accepts it at once."),
    law!(create_does_not_wait, "Create returns when the order is accepted and does not wait for the machine."),
    law!(creates_order_is_true, "Create returns an order exactly where the semantics say so, and otherwise an instance."),
    law!(names_obey_the_rule, "A machine's name obeys the semantics' rule and carries the marker, whatever name the user gave."),
    law!(a_lost_create_answer_is_unclear, "A create whose answer is lost has effect Unknown, and is sent once."),
    law!(an_internal_error_on_create_is_unclear, "A create answered with an internal error has effect Unknown, and is sent once."),
    law!(a_truncated_create_answer_is_unclear, "A create whose answer is cut short has effect Unknown, and is sent once."),
    law!(an_html_create_answer_is_unclear, "A create answered with an HTML page has effect Unknown, and is sent once."),
    law!(a_redirected_create_is_unclear, "A redirected create has effect Unknown, and is not sent on."),
    law!(a_create_answer_without_an_id_is_unclear, "A create that succeeded without an id has effect Unknown, and is sent once."),
    law!(a_lost_machine_is_found_by_its_marker, "A machine whose create was not answered is found in the list by its marker, in the time that the semantics say, and its listed handle serves to end it."),
    law!(a_refused_connection_changes_nothing, "A create whose connection is refused has effect None, and makes no machine."),
    law!(sold_out_is_out_of_capacity, "A sold-out offer is OutOfCapacity with effect None, and no machine."),
    law!(a_full_account_is_quota_exceeded, "A full account is QuotaExceeded with effect None, and no machine."),
    law!(an_empty_account_is_insufficient_funds, "An account that cannot pay is InsufficientFunds with effect None, and no machine."),
    law!(refused_credentials_are_unauthenticated, "Refused credentials are Unauthenticated with effect None, and no machine."),
    law!(a_missing_right_is_permission_denied, "A missing right is PermissionDenied with effect None, and no machine."),
    law!(an_unfit_offer_is_incompatible, "An offer that does not go with the wish is IncompatibleOffer with effect None, and no machine."),
    law!(a_throttled_create_is_sent_once_at_most, "A throttled create is RateLimited, may be tried again, and is sent once at most."),
    law!(an_invalid_wish_sends_nothing, "A wish that makes sense nowhere is InvalidRequest with effect None, and nothing at all is sent."),
    law!(an_unknown_option_sends_nothing, "An option that the adapter does not know is InvalidRequest with effect None, and nothing at all is sent."),
    law!(an_unknown_zone_is_refused, "A zone that does not exist is IncompatibleOffer or OutOfCapacity with effect None, and no machine."),
    law!(an_unknown_offer_is_refused, "An offer that does not exist is IncompatibleOffer or OutOfCapacity with effect None, and no machine."),
    law!(status_answers_each_handle_in_order, "Status answers one observation for each handle, in the order asked, also for duplicates and unknown ones."),
    law!(an_unknown_machine_is_not_found, "A machine that the provider does not know is NotFound, not an error, alone as among others."),
    law!(status_of_nothing_asks_nothing, "Status of no handle is no observation, and sends nothing."),
    law!(the_text_of_a_handle_is_enough, "The text of a handle alone is enough to watch the machine come up and to end it."),
    law!(a_found_machine_is_remembered, "The handle of a found machine remembers when it was seen and in which state."),
    law!(a_failed_look_is_an_error, "A look that fails is an error, never absence."),
    law!(a_throttled_look_is_an_error, "A throttled look is RateLimited and may be tried again; it is never absence."),
    law!(a_hanging_look_ends, "A look that is never answered ends by itself, with an error."),
    law!(status_is_batched, "A look at many machines costs no more calls than the semantics' batches."),
    law!(a_new_machine_is_visible_in_time, "A new machine is found and listed within the time that the semantics say."),
    law!(the_list_shows_every_machine, "Every running machine of ours is in the list, once."),
    law!(the_list_is_complete_over_all_pages, "The list is complete when the machines fill more than one page."),
    law!(a_failing_page_fails_the_list, "A page that cannot be read fails the whole list."),
    law!(a_listed_handle_is_accepted, "The handle of a listed machine serves to look at it."),
    law!(a_machine_runs_and_ends, "A created machine runs, gets its public address, and after its deletion is gone by status, by the list and by the ledger."),
    law!(a_life_fits_the_semantics, "What a machine goes through fits the semantics: approval, recycle bin and deletion order only where they say so."),
    law!(the_semantics_make_sense, "The semantics make sense: batches, pace and delays are more than nothing, and a marker fits into a name."),
    law!(delete_may_be_repeated, "Delete may be repeated: at once, with the old handle or the returned one, and after the machine is gone."),
    law!(delete_does_not_wait, "Delete never waits for the machine to end: each call returns at once."),
    law!(a_new_machine_can_be_deleted, "A machine that is deleted right after its create is ended, not forgotten."),
    law!(delete_touches_one_machine, "Deleting one machine leaves every other alone."),
    law!(a_lost_delete_answer_is_unclear, "A delete whose answer is lost says that it may have worked, and may be repeated until the machine is gone."),
    law!(an_offer_can_be_created, "An offer's id, put into a request, gets a machine."),
    law!(offers_honour_the_query, "Offers are exactly those that meet the query: none too many, none too few, and none at all where nothing does."),
    law!(a_quote_is_the_bill, "What an offer's price comes to for the time that a machine of it ran is what the cloud charged, to the last digit."),
    law!(no_secret_is_shown, "The secret with which the provider signs in is in no text: not of the provider, not of its answers, not of its errors, not even where the cloud repeats it."),
];
