//! For each law the broken doubles that break it.

use crate::cloud::Shape;
use crate::flaw::Flaw;

/// A law, the cloud on which it is tried, and the flaws that break it there.
pub(crate) type Row = (&'static str, Shape, &'static [Flaw]);

const PLAIN: Shape = Shape::PLAIN;
const GRAND: Shape = Shape::GRAND;
const UNCLEAR: &[Flaw] = &[Flaw::CallsUnclearRefused, Flaw::ResendsCreate, Flaw::ResendsCreateQuietly];
const REFUSED: &[Flaw] =
    &[Flaw::CallsRefusedUnclear, Flaw::CallsEveryRefusalUnavailable, Flaw::ResendsCreateQuietly];

pub(crate) const BROKEN: &[Row] = &[
    ("create_makes_one_machine", PLAIN, &[Flaw::CreatesTwice, Flaw::ForgetsTheMarker]),
    ("create_puts_the_marker_into_the_name", PLAIN, &[Flaw::ForgetsTheMarker, Flaw::HidesTheMarker]),
    ("two_markers_make_two_machines", PLAIN, &[Flaw::ReturnsAnOldMachine]),
    ("create_returns_a_whole_handle", PLAIN, &[Flaw::ReturnsABareHandle]),
    ("create_does_not_wait", PLAIN, &[Flaw::WaitsInCreate]),
    ("creates_order_is_true", PLAIN, &[Flaw::LiesAboutOrders]),
    ("creates_order_is_true", GRAND, &[Flaw::LiesAboutOrders]),
    ("names_obey_the_rule", PLAIN, &[Flaw::ComposesAnyName, Flaw::ForgetsTheMarker]),
    ("a_lost_create_answer_is_unclear", PLAIN, UNCLEAR),
    ("an_internal_error_on_create_is_unclear", PLAIN, UNCLEAR),
    ("a_truncated_create_answer_is_unclear", PLAIN, UNCLEAR),
    ("an_html_create_answer_is_unclear", PLAIN, UNCLEAR),
    ("a_redirected_create_is_unclear", PLAIN, UNCLEAR),
    ("a_create_answer_without_an_id_is_unclear", PLAIN, UNCLEAR),
    ("a_lost_machine_is_found_by_its_marker", PLAIN, &[Flaw::HidesTheMarker, Flaw::DeletesNothing]),
    ("a_lost_machine_is_found_by_its_marker", GRAND, &[Flaw::HidesTheMarker, Flaw::ListsNamesAsIds]),
    ("a_refused_connection_changes_nothing", PLAIN, &[Flaw::CallsRefusedUnclear, Flaw::ResendsCreateQuietly]),
    ("sold_out_is_out_of_capacity", PLAIN, REFUSED),
    ("a_full_account_is_quota_exceeded", PLAIN, REFUSED),
    ("an_empty_account_is_insufficient_funds", PLAIN, REFUSED),
    ("refused_credentials_are_unauthenticated", PLAIN, REFUSED),
    ("a_missing_right_is_permission_denied", PLAIN, REFUSED),
    ("an_unfit_offer_is_incompatible", PLAIN, REFUSED),
    ("a_throttled_create_is_sent_once_at_most", PLAIN, &[Flaw::InsistsWhenThrottled]),
    ("an_invalid_wish_sends_nothing", PLAIN, &[Flaw::ChecksNothing]),
    ("an_unknown_option_sends_nothing", PLAIN, &[Flaw::IgnoresOptions]),
    ("an_unknown_zone_is_refused", PLAIN, &[Flaw::IgnoresZones]),
    ("an_unknown_offer_is_refused", PLAIN, &[Flaw::IgnoresOffers]),
    ("status_answers_each_handle_in_order", PLAIN, &[Flaw::AnswersBackwards, Flaw::DropsDuplicates]),
    ("an_unknown_machine_is_not_found", PLAIN, &[Flaw::CallsUnknownAnError]),
    ("status_of_nothing_asks_nothing", PLAIN, &[Flaw::ReadsNothingAsAll]),
    ("the_text_of_a_handle_is_enough", PLAIN, &[Flaw::NeedsItsMemory, Flaw::HidesTheUndead]),
    ("the_text_of_a_handle_is_enough", GRAND, &[Flaw::NeedsTheOrder]),
    ("a_found_machine_is_remembered", PLAIN, &[Flaw::ForgetsSightings]),
    ("a_failed_look_is_an_error", PLAIN, &[Flaw::CallsFailureAbsence]),
    ("a_throttled_look_is_an_error", PLAIN, &[Flaw::CallsFailureAbsence]),
    ("a_hanging_look_ends", PLAIN, &[Flaw::WaitsForEver, Flaw::CallsFailureAbsence]),
    ("status_is_batched", PLAIN, &[Flaw::LooksOneByOne]),
    ("status_is_batched", GRAND, &[Flaw::LooksOneByOne]),
    ("a_new_machine_is_visible_in_time", PLAIN, &[Flaw::PromisesVisibility]),
    ("the_list_shows_every_machine", PLAIN, &[Flaw::DropsARow]),
    ("the_list_is_complete_over_all_pages", PLAIN, &[Flaw::ReadsOnePage, Flaw::DropsARow]),
    ("a_failing_page_fails_the_list", PLAIN, &[Flaw::ReturnsPartOfTheList]),
    ("a_listed_handle_is_accepted", PLAIN, &[Flaw::ListsNamesAsIds]),
    ("a_machine_runs_and_ends", PLAIN, &[Flaw::DeletesNothing, Flaw::HidesTheUndead]),
    ("a_life_fits_the_semantics", GRAND, &[Flaw::KeepsTheBinSecret]),
    ("the_semantics_make_sense", PLAIN, &[Flaw::CoversNothingPerCall]),
    ("delete_may_be_repeated", PLAIN, &[Flaw::RefusesRepeatedDeletes]),
    ("delete_does_not_wait", PLAIN, &[Flaw::WaitsInDelete]),
    ("a_new_machine_can_be_deleted", GRAND, &[Flaw::RefusesToDeleteTheNew]),
    ("a_new_machine_can_be_deleted", PLAIN, &[Flaw::DeletesNothing]),
    ("delete_touches_one_machine", PLAIN, &[Flaw::DeletesEverything]),
    ("a_lost_delete_answer_is_unclear", PLAIN, &[Flaw::CallsALostDeleteRefused]),
    ("an_offer_can_be_created", PLAIN, &[Flaw::InventsOfferIds]),
    ("offers_honour_the_query", PLAIN, &[Flaw::IgnoresTheQuery]),
    ("a_quote_is_the_bill", PLAIN, &[Flaw::QuotesTooLittle]),
    ("a_quote_is_the_bill", GRAND, &[Flaw::QuotesTooLittle]),
    ("no_secret_is_shown", PLAIN, &[Flaw::ShowsItsSecret, Flaw::ShowsItsSecretInDebug]),
];

/// The sources of the laws, in the order of the table.
pub(crate) const SOURCES: [&str; 10] = [
    include_str!("../../src/laws/create.rs"),
    include_str!("../../src/laws/unclear.rs"),
    include_str!("../../src/laws/refuse.rs"),
    include_str!("../../src/laws/invalid.rs"),
    include_str!("../../src/laws/status.rs"),
    include_str!("../../src/laws/list.rs"),
    include_str!("../../src/laws/life.rs"),
    include_str!("../../src/laws/delete.rs"),
    include_str!("../../src/laws/offers.rs"),
    include_str!("../../src/laws/secret.rs"),
];
