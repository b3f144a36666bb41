//! The market on doubles that are slow, silent, broken or strange, in simulated time.

mod cache;
mod double;
mod strange;

use std::time::Duration;

use vmbroker_core::{ErrorKind, OfferQuery};

use super::*;
use double::{Cloud, Mood, hourly, market, question};

fn names(comparison: &Comparison) -> Vec<String> {
    let row = |ranked: &Ranked| format!("{}/{} {}", ranked.offer.provider, ranked.offer.id, ranked.converted);
    comparison.ranked.iter().map(row).collect()
}

fn kinds(comparison: &Comparison) -> Vec<(String, ErrorKind)> {
    let kind = |error: &vmbroker_core::Error| (error.provider().unwrap().to_string(), error.kind());
    comparison.failures.iter().map(kind).collect()
}

#[tokio::test(start_paused = true)]
async fn three_slow_accounts_take_as_long_as_the_slowest_of_them() {
    let cloud = |id, millis| Cloud::new(id).with(hourly("small", "0.1")).taking(millis);
    let clouds = vec![cloud("a", 100), cloud("b", 100), cloud("c", 250)];
    let market = market(clouds);
    let comparison = market.compare(&question()).await;
    assert_eq!(comparison.ranked.len(), 3);
    assert_eq!(market.registry().clock().elapsed(), Duration::from_millis(250), "side by side");
}

#[tokio::test(start_paused = true)]
async fn the_answer_comes_at_the_deadline_with_the_silent_and_the_broken_named() {
    let market = market(vec![
        Cloud::new("a").with(hourly("small", "0.2")).taking(100),
        Cloud::new("b").mood(Mood::Silent),
        Cloud::new("c").mood(Mood::Broken),
        Cloud::new("d").with(hourly("small", "0.1")).taking(1_999),
        Cloud::new("e").with(hourly("small", "0.05")).taking(2_001),
        Cloud::new("f").mood(Mood::Panicking),
    ]);
    let asked = Question { deadline: Some(Duration::from_secs(2)), ..question() };
    let comparison = market.compare(&asked).await;
    assert_eq!(market.registry().clock().elapsed(), Duration::from_secs(2));
    assert_eq!(names(&comparison), ["d/small 0.1 USD", "a/small 0.2 USD"], "the others are complete");
    let expected = [
        ("b", ErrorKind::DeadlineExceeded),
        ("c", ErrorKind::Unavailable),
        ("e", ErrorKind::DeadlineExceeded),
        ("f", ErrorKind::Unavailable),
    ];
    assert_eq!(kinds(&comparison), expected.map(|(id, kind)| (id.to_owned(), kind)));
    let answered: Vec<&str> = comparison.answers.iter().map(|it| it.provider.as_str()).collect();
    assert_eq!(answered, ["a", "d"]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_deadline_serves_the_next_question() {
    let cloud = Cloud::new("late").with(hourly("small", "0.1")).taking(3_000);
    let calls = cloud.calls();
    let market = market(vec![cloud]);
    let asked = Question { deadline: Some(Duration::from_secs(2)), ..question() };
    assert!(market.compare(&asked).await.ranked.is_empty());
    market.registry().clock().sleep(Duration::from_secs(2)).await;
    let second = market.compare(&asked).await;
    assert_eq!((second.ranked.len(), calls.count()), (1, 1), "nobody waited for it, and it is there");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_stuck_does_not_hold_up_later_questions() {
    let cloud = Cloud::new("moody").with(hourly("small", "0.1")).mood(Mood::SilentOnce);
    let calls = cloud.calls();
    let market = market(vec![cloud]);
    let asked = Question { deadline: Some(Duration::from_secs(2)), ..question() };
    assert_eq!(kinds(&market.compare(&asked).await)[0].1, ErrorKind::DeadlineExceeded);
    assert_eq!(market.compare(&asked).await.ranked.len(), 1);
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_always_stuck_is_asked_a_few_times_and_then_again_later() {
    let cloud = Cloud::new("stuck").mood(Mood::Silent);
    let calls = cloud.calls();
    let market = market(vec![cloud]);
    let asked = Question { deadline: Some(Duration::from_secs(1)), ..question() };
    for _ in 0..20 {
        assert_eq!(kinds(&market.compare(&asked).await)[0].1, ErrorKind::DeadlineExceeded);
    }
    assert_eq!(calls.count(), 4);
    market.registry().clock().sleep(Duration::from_secs(10 * 60)).await;
    market.compare(&asked).await;
    assert_eq!(calls.count(), 5, "the stuck ones were given up");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_used_is_a_failure_beside_the_others() {
    let mut registry = double::registry(vec![Cloud::new("a").with(hourly("small", "0.1"))]);
    let why = vmbroker_core::Error::new(ErrorKind::Unauthenticated, "no key");
    registry.add_unusable("z".parse().unwrap(), &why).unwrap();
    let market = Market::new(registry, Catalogue::in_memory(), ExchangeRates::default());
    let comparison = market.compare(&question()).await;
    assert_eq!(comparison.ranked.len(), 1);
    assert_eq!(comparison.failures[0].to_string(), "z open: not authenticated: no key");
}

#[tokio::test(start_paused = true)]
async fn a_comparison_explains_its_totals_line_by_line() {
    let market = market(vec![Cloud::new("a").with(hourly("small", "0.1"))]);
    let comparison = market.compare(&question()).await;
    let quote = comparison.explain(&comparison.ranked[0].offer);
    assert_eq!(quote.total.exact(), Some(comparison.ranked[0].total));
    assert_eq!(quote.lines.len(), 1);
}

#[test]
fn a_comparison_can_be_made_from_any_thread() {
    fn sendable<T: Send>(_: T) {}
    let clouds = vec![];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let market = market(clouds);
    sendable(market.compare(&question()));
    sendable(market.history(&OfferQuery::default()));
}
