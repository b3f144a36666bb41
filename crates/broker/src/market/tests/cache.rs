//! Asked once, answered many times.

use std::path::Path;

use futures_util::future::{FutureExt, join_all};
use vmbroker_core::{Country, Location, Offer, Size};

use super::double::{Calls, Cloud, hourly, registry};
use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn large(id: &str, amount: &str) -> Offer {
    Offer { size: Size { vcpus: 8, memory_mib: 16_384 }, ..hourly(id, amount) }
}

/// A market with one account of two offers, kept in this folder.
fn shop(folder: Option<&Path>) -> (Market, Calls) {
    let cloud = Cloud::new("a").with(hourly("small", "0.1")).with(large("large", "0.4")).taking(100);
    let calls = cloud.calls();
    let catalogue = folder.map_or_else(Catalogue::in_memory, Catalogue::in_folder);
    (Market::new(registry(vec![cloud]), catalogue, ExchangeRates::default()), calls)
}

fn at_least(vcpus: u32) -> Question {
    Question { query: OfferQuery { vcpus: Some(vcpus), ..OfferQuery::default() }, ..question() }
}

#[tokio::test(start_paused = true)]
async fn a_second_question_and_a_narrower_one_are_answered_at_once() {
    let (market, calls) = shop(None);
    let first = market.compare(&question()).await;
    assert!(!first.ranked[0].seen.cached);
    let before = market.registry().clock().elapsed();
    for (asked, offers) in [(question(), 2), (at_least(2), 2), (at_least(4), 1), (at_least(9), 0)] {
        let comparison = market.compare(&asked).await;
        assert_eq!((comparison.ranked.len(), comparison.answers[0].offers), (offers, offers));
        assert!(comparison.answers[0].seen.cached);
        assert_eq!(comparison.answers[0].seen.at, first.answers[0].seen.at, "it says how old it is");
    }
    assert_eq!(calls.count(), 1);
    assert_eq!(market.registry().clock().elapsed(), before, "no time passed");
}

#[tokio::test(start_paused = true)]
async fn a_wider_question_another_disk_and_another_way_to_pay_are_asked() {
    let (market, calls) = shop(None);
    market.compare(&at_least(4)).await;
    market.compare(&question()).await;
    assert_eq!(calls.count(), 2, "wider");
    let disk = OfferQuery { disk_gib: Some(50), ..OfferQuery::default() };
    market.compare(&Question { query: disk, ..question() }).await;
    assert_eq!(calls.count(), 3, "another disk has another price");
    let same = OfferQuery { charge: Some(vmbroker_core::ChargeType::PayAsYouGo), ..OfferQuery::default() };
    assert_eq!(market.compare(&Question { query: same, ..question() }).await.ranked.len(), 2);
    assert_eq!(calls.count(), 3, "pay-as-you-go is what nobody said");
    let prepaid = vmbroker_core::ChargeType::Prepaid { months: 1 };
    let prepaid = OfferQuery { charge: Some(prepaid), ..OfferQuery::default() };
    assert!(market.compare(&Question { query: prepaid, ..question() }).await.ranked.is_empty());
    assert_eq!(calls.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn old_observations_are_asked_again_and_so_is_what_is_to_be_refreshed() {
    let cloud = || Cloud::new("a").with(hourly("small", "0.1"));
    let rows = [
        (Catalogue::in_memory(), 9, 1),
        (Catalogue::in_memory(), 10, 2),
        (Catalogue::in_memory().keeping(MINUTE), 2, 2),
        (Catalogue::in_memory().keeping(MINUTE).keeping_for("a".parse().unwrap(), 3 * MINUTE), 2, 1),
        (Catalogue::in_memory().keeping(Duration::ZERO), 0, 2),
    ];
    for (catalogue, minutes, expected) in rows {
        let cloud = cloud();
        let calls = cloud.calls();
        let market = Market::new(registry(vec![cloud]), catalogue, ExchangeRates::default());
        market.compare(&question()).await;
        market.registry().clock().step(minutes * MINUTE);
        market.compare(&question()).await;
        assert_eq!(calls.count(), expected, "after {minutes} minutes");
        market.compare(&Question { refresh: true, ..question() }).await;
        assert_eq!(calls.count(), expected + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_questions_at_once_are_one_call() {
    for refresh in [false, true] {
        let (market, calls) = shop(None);
        let mut questions = vec![Question { refresh, ..question() }; 99];
        questions.push(at_least(4));
        let comparisons = join_all(questions.iter().map(|asked| market.compare(asked))).await;
        assert_eq!(calls.count(), 1);
        assert!(comparisons[..99].iter().all(|comparison| comparison.ranked.len() == 2));
        assert_eq!(comparisons[99].ranked.len(), 1, "the narrower one shares the wider call");
        assert_eq!(market.registry().clock().elapsed(), Duration::from_millis(100));
    }
}

#[tokio::test(start_paused = true)]
async fn one_failed_call_is_told_to_all_who_waited_and_not_kept() {
    let cloud = Cloud::new("a").mood(Mood::Broken).taking(100);
    let calls = cloud.calls();
    let market = market(vec![cloud]);
    let asked = question();
    let comparisons = join_all((0..10).map(|_| market.compare(&asked))).await;
    assert!(comparisons.iter().all(|comparison| comparison.failures.len() == 1));
    assert_eq!(calls.count(), 1);
    market.compare(&question()).await;
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_dropped_leaves_the_call_to_the_others() {
    let (market, calls) = shop(None);
    let (first, second) = (question(), question());
    {
        let mut dropped = Box::pin(market.compare(&first));
        assert!((&mut dropped).now_or_never().is_none());
    }
    assert_eq!(market.compare(&second).await.ranked.len(), 2);
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_prices_left_out_serves_only_those_who_do_not_miss_them() {
    let cloud = Cloud::new("a").with(hourly("small", "0.1")).with(large("large", "0.4")).telling_prices(1);
    let calls = cloud.calls();
    let market = market(vec![cloud]);
    let wide = market.compare(&question()).await;
    assert_eq!((wide.ranked.len(), wide.unranked.len()), (1, 1));
    market.compare(&question()).await;
    assert_eq!(calls.count(), 1, "the same question would be answered the same");
    let narrow = market.compare(&at_least(4)).await;
    assert_eq!(names(&narrow), ["a/large 0.4 USD"]);
    assert_eq!(calls.count(), 2, "a narrower one tells the price");
    // Both at once: the narrower one does not make do with the wider answer.
    let (wide, narrow) =
        (Question { refresh: true, ..question() }, Question { refresh: true, ..at_least(4) });
    let (_, narrow) = futures_util::future::join(market.compare(&wide), market.compare(&narrow)).await;
    assert_eq!(names(&narrow), ["a/large 0.4 USD"]);
}

#[tokio::test(start_paused = true)]
async fn what_one_process_observed_serves_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = shop(Some(folder.path()));
    let seen = first.compare(&question()).await;
    let (second, calls) = shop(Some(folder.path()));
    let comparison = second.compare(&at_least(4)).await;
    assert_eq!(calls.count(), 0);
    assert!(comparison.ranked[0].seen.cached && comparison.ranked[0].seen.at == seen.ranked[0].seen.at);
    assert_eq!(comparison.ranked[0].offer, seen.ranked[1].offer, "to the last field");
    second.registry().clock().step(11 * MINUTE);
    assert!(!second.compare(&at_least(4)).await.ranked[0].seen.cached, "age counts over processes");
}

#[tokio::test(start_paused = true)]
async fn broken_files_cost_a_note_and_a_call_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["offers-a.json", "history-a.json"] {
        std::fs::write(folder.path().join(name), "\u{1b}[31m{\"price\": NaN}\n").unwrap();
    }
    let (market, calls) = shop(Some(folder.path()));
    let comparison = market.compare(&question()).await;
    assert_eq!((comparison.ranked.len(), comparison.failures.len(), calls.count()), (2, 0, 1));
    assert_eq!(comparison.notes.len(), 2, "{:?}", comparison.notes);
    assert!(market.compare(&question()).await.notes.is_empty(), "told once");
    let (next, calls) = shop(Some(folder.path()));
    assert!(next.compare(&question()).await.notes.is_empty());
    assert_eq!(calls.count(), 0, "the files are whole again");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_cannot_be_made_costs_a_note_and_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let (market, _) = shop(Some(&blocked));
    let comparison = market.compare(&question()).await;
    assert_eq!(comparison.ranked.len(), 2);
    assert!(comparison.notes.iter().any(|note| note.contains("could not be kept")), "{:?}", comparison.notes);
}

#[tokio::test(start_paused = true)]
async fn text_of_a_provider_is_no_part_of_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "../../../etc/passwd\0\u{202e}\n";
    let mut offer = hourly(hostile, "0.1");
    offer.location =
        Location { zone: Some(hostile.to_owned()), city: Some(hostile.to_owned()), ..offer.location };
    let cloud = Cloud::new("a").with(offer);
    let deep = folder.path().join("cache");
    let market = Market::new(registry(vec![cloud]), Catalogue::in_folder(&deep), ExchangeRates::default());
    assert!(market.compare(&question()).await.notes.is_empty());
    let names = |path: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(folder.path()), ["cache"]);
    assert_eq!(names(&deep), ["history-a.json", "history-a.lock", "offers-a.json"]);
    let (histories, _) = market.history(&OfferQuery::default()).await;
    assert_eq!(histories[0].offer.id.0, hostile);
}

#[tokio::test(start_paused = true)]
async fn prices_are_remembered_where_they_move() {
    let folder = tempfile::tempdir().unwrap();
    for folder in [None, Some(folder.path())] {
        let (market, calls) = shop(folder);
        let refresh = Question { refresh: true, ..question() };
        let offers = |small: &str| vec![hourly("small", small), large("large", "0.4")];
        let later = [offers("0.10"), offers("0.12"), vec![large("large", "0.4")], offers("0.11")];
        market.compare(&refresh).await;
        for offers in later {
            market.registry().clock().step(MINUTE);
            calls.now_offering(offers);
            market.compare(&refresh).await;
        }
        let (histories, notes) = market.history(&OfferQuery::default()).await;
        assert!(notes.is_empty());
        let row = |change: &PriceChange| change.price.as_ref().map_or("gone".to_owned(), ToString::to_string);
        let rows: Vec<(String, Vec<String>)> = histories
            .iter()
            .map(|it| (it.offer.id.to_string(), it.changes.iter().map(row).collect()))
            .collect();
        assert_eq!(rows[0], ("large".to_owned(), vec!["0.4 USD/hour".to_owned()]));
        assert_eq!(rows[1].1, ["0.1 USD/hour", "0.12 USD/hour", "gone", "0.11 USD/hour"]);
        assert!(histories[1].changes.windows(2).all(|pair| pair[0].at < pair[1].at));
        let elsewhere: Country = "FR".parse().unwrap();
        let query = OfferQuery { countries: vec![elsewhere], ..OfferQuery::default() };
        assert!(market.history(&query).await.0.is_empty());
    }
}
