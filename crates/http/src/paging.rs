//! Pages fetched side by side.

use std::collections::VecDeque;

use futures_util::{FutureExt, StreamExt, stream};
use vmbroker_core::Result;

/// How many pages of one list are asked for at the same time.
pub const PAGES_SIDE_BY_SIDE: usize = 8;

/// How often all others have a turn before an answer is read. To ask for a page takes steps of several tasks, one after
/// the other: a connection is free again, is given out, and sends. Where all tasks share a thread, reading would hold
/// them up.
const TURNS: usize = 3;

/// Fetches these pages, a few at a time, and returns them in order.
///
/// # Errors
/// The first error of any page: a part of a list is never returned.
pub async fn fetch_pages<P, T, F, Fut>(pages: impl IntoIterator<Item = P>, fetch: F) -> Result<Vec<T>>
where
    F: Fn(P) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    read_pages(pages, fetch, Ok).await
}

/// Fetches these pages, a few at a time, reads what came, and returns it in order.
///
/// To read is work without waiting. What came is read only after the pages that may be asked for next have been: they
/// are on their way meanwhile.
///
/// # Errors
/// The first error of any page: a part of a list is never returned.
pub async fn read_pages<P, A, T, F, Fut>(
    pages: impl IntoIterator<Item = P>,
    fetch: F,
    mut read: impl FnMut(A) -> Result<T>,
) -> Result<Vec<T>>
where
    F: Fn(P) -> Fut,
    Fut: Future<Output = Result<A>>,
{
    let numbered = stream::iter(pages).enumerate().map(|(number, page)| {
        let answer = fetch(page);
        async move { answer.await.map(|answer| (number, answer)) }
    });
    // On the heap: the futures of all these pages would stand in every caller's.
    let mut answers = Box::pin(numbered.buffer_unordered(PAGES_SIDE_BY_SIDE));
    let (mut unread, mut done) = (VecDeque::new(), Vec::new());
    while let Some(answer) = answers.next().await {
        unread.push_back(answer?);
        while !unread.is_empty() {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
                while let Some(answer) = answers.next().now_or_never().flatten() {
                    unread.push_back(answer?);
                }
            }
            if let Some((number, answer)) = unread.pop_front() {
                done.push((number, read(answer)?));
            }
        }
    }
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, page)| page).collect())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pages_come_in_order_and_the_next_are_asked_for_before_one_is_read() {
        let events = RefCell::new(Vec::new());
        let fetch = |page: usize| {
            events.borrow_mut().push(format!("ask {page}"));
            let slow = if page == 3 { 20 } else { 10 };
            async move {
                tokio::time::sleep(Duration::from_millis(slow)).await;
                Ok(page)
            }
        };
        let read = |page: usize| {
            events.borrow_mut().push(format!("read {page}"));
            Ok(page * 10)
        };
        let pages = read_pages(1..=10, fetch, read).await.unwrap();
        assert_eq!(pages, (1..=10).map(|page| page * 10).collect::<Vec<_>>());
        let events = events.into_inner();
        let at = |event: &str| events.iter().position(|it| it == event).unwrap();
        let first_read = events.iter().position(|it| it.starts_with("read")).unwrap();
        assert_eq!(first_read, 10, "all ten are asked for before any is read: {events:?}");
        assert!(at("read 3") > at("read 8"), "a slow page holds back no other: {events:?}");
    }

    /// A connection is a task of its own: it sends only when it has its turn.
    #[tokio::test(start_paused = true)]
    async fn the_next_pages_have_been_sent_for_before_an_answer_is_read() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = |event: String| events.lock().unwrap().push(event);
        let fetch = |page: usize| {
            let events = Arc::clone(&events);
            let connection = tokio::spawn(async move {
                tokio::task::yield_now().await;
                events.lock().unwrap().push(format!("send {page}"));
                tokio::time::sleep(Duration::from_millis(10)).await;
                page
            });
            async move { Ok(connection.await.unwrap()) }
        };
        let read = |page: usize| {
            log(format!("read {page}"));
            Ok(page)
        };
        assert_eq!(read_pages(1..=16, fetch, read).await.unwrap().len(), 16);
        let events = events.lock().unwrap();
        let at = |event: &str| events.iter().position(|it| it == event).unwrap();
        assert!((9..=16).all(|page| at(&format!("send {page}")) < at("read 1")), "{events:?}");
    }

    #[tokio::test]
    async fn no_more_than_eight_are_under_way_and_one_error_is_the_end() {
        let (under_way, most) = (RefCell::new(0), RefCell::new(0));
        let fetch = |page: usize| {
            let (under_way, most) = (&under_way, &most);
            async move {
                *under_way.borrow_mut() += 1;
                let now = *under_way.borrow();
                most.replace_with(|most| now.max(*most));
                tokio::task::yield_now().await;
                *under_way.borrow_mut() -= 1;
                let error = || vmbroker_core::Error::new(vmbroker_core::ErrorKind::Protocol, "bad page");
                if page == 20 { Err(error()) } else { Ok(page) }
            }
        };
        assert_eq!(fetch_pages(0..20, fetch).await.unwrap().len(), 20);
        assert_eq!(*most.borrow(), PAGES_SIDE_BY_SIDE);
        assert!(fetch_pages(0..21, fetch).await.is_err());
    }
}
