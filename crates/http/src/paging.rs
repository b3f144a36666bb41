//! Pages fetched side by side.

use futures_util::{StreamExt, TryStreamExt, stream};
use vmbroker_core::Result;

/// How many pages of one list are asked for at the same time.
pub const PAGES_SIDE_BY_SIDE: usize = 8;

/// Fetches these pages, a few at a time, and returns them in order.
///
/// # Errors
/// The first error of any page: a part of a list is never returned.
pub async fn fetch_pages<P, T, F, Fut>(pages: impl IntoIterator<Item = P>, fetch: F) -> Result<Vec<T>>
where
    F: Fn(P) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    // On the heap: the futures of all these pages would stand in every caller's.
    Box::pin(stream::iter(pages).map(fetch).buffered(PAGES_SIDE_BY_SIDE).try_collect()).await
}
