//! A list over several pages that is whole, though rows come and go while it is read.
//!
//! A Waldur cuts its pages anew for each answer. Where a row leaves the list (its machine ended, staff unlinked it or
//! moved it to another project), those behind it move up: the first row of a page that is yet to be read becomes the
//! last of one that was, and stands in neither answer. A row that comes meanwhile leaves the count as it was.
//!
//! So each page is asked for by a size of its own, which makes it begin some rows before the page in front of it ends,
//! and two neighbours must have a row in common. That is proof without any further call: an answer is one stretch of the
//! list as it was at one moment, and two rows never change places, because the list is sorted by the time of creation.
//! Whatever is listed all the while stands, for each two neighbours, before their common row in the front one or from it on
//! in the other. Nothing need be known of what came, went or moved, nor in which order the answers were given.

use serde::de::DeserializeOwned;
use vmbroker_core::{Error, ErrorKind, Result, Retry};
use vmbroker_http::read_pages;

use super::{Api, MOST_PAGES, Pages, Pair, Read, gather};
use crate::wire::Row;

/// One page: so many rows, and which one of its size it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) size: usize,
    pub(super) number: usize,
}

impl Cut {
    /// How many rows of the list stand before it.
    fn start(self) -> usize {
        self.size * (self.number - 1)
    }

    /// How many rows of the list stand before what follows it.
    fn end(self) -> usize {
        self.size * self.number
    }

    /// The page that reaches furthest behind this one, of at most so many rows, and has some rows of it. Absent where the
    /// sizes that are allowed make none: that happens with pages of a few rows only.
    fn next(self, most: usize) -> Option<Self> {
        let inside = self.end() - shared(most);
        let best =
            (1..=most).map(|size| Self { size, number: inside / size + 1 }).max_by_key(|cut| cut.end());
        best.filter(|cut| cut.end() > self.end())
    }
}

/// How many rows two neighbouring pages have in common while nothing changes: one fewer may leave the list between their
/// two answers before it has to be read again. More would cost more rows that are read twice.
fn shared(most: usize) -> usize {
    (most / 64).clamp(1, 4)
}

impl Api {
    /// Reads a list over all its pages, those after the first side by side, so that no row is missed that is listed all
    /// the while, whatever comes and goes. The query must sort by what never changes; `id` tells rows apart. Where
    /// nothing counts the rows, pages are followed as in [`all`](Self::all), without that promise.
    ///
    /// # Errors
    /// `Unavailable`, to be tried again, where so much changed that the answers prove nothing; `Protocol` where the
    /// provider's pages are so small (a few rows) that they cannot share any.
    pub(in crate::provider) async fn whole<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
        id: fn(&T) -> Option<&str>,
    ) -> Result<Pages<T>> {
        // On the heap: it would stand in the future of every list.
        Box::pin(self.read_whole(operation, path, query, id)).await
    }

    async fn read_whole<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
        id: fn(&T) -> Option<&str>,
    ) -> Result<Pages<T>> {
        let first: Read<T> = self.page(operation, self.list_url(path, query, 1)).await?;
        let Some(total) = first.total else { return self.follow(operation, path, query, first).await };
        // The provider may hold pages smaller than asked for.
        let most = first.rows.len();
        if most == 0 || most >= total {
            return Ok(gather([first]));
        }
        let hopeless = || {
            let why = format!("a list of {total} rows in pages of {most} cannot be read as a whole");
            self.broken(operation, &why)
        };
        let mut cuts = plan(most, total).ok_or_else(hopeless)?;
        let ask = |cut: Cut| self.later(operation, self.page_url(path, query, cut.size, cut.number));
        let rest = read_pages(cuts[1..].iter().copied(), ask, |reply| self.read_later(reply, None)).await?;
        let mut read: Vec<Read<T>> = std::iter::once(first).chain(rest).collect();
        // Where the list grew, it goes on; that the last page is full is not enough: whoever ignores its number fills it.
        while let (Some(cut), Some(page)) = (cuts.last().copied(), read.last())
            && page.rows.len() >= cut.size
            && page.total.is_some_and(|total| total >= cut.end())
        {
            let next = cut.next(most).filter(|_| cuts.len() < MOST_PAGES).ok_or_else(hopeless)?;
            read.push(self.read_later(ask(next).await?, None)?);
            cuts.push(next);
        }
        let pages = cuts.into_iter().zip(read).map(|(cut, page)| (cut, page.rows, page.total));
        match join(pages, id) {
            Some(pages) => {
                let totals = vec![None; pages.len()];
                Ok(Pages { pages, totals })
            }
            None => {
                let error =
                    Error::new(ErrorKind::Unavailable, "too much of the list changed while it was read");
                Err(error.with_retry(Retry::Backoff).at(self.channel.provider(), operation))
            }
        }
    }
}

/// The pages of a list of so many rows, of at most so many rows each. The last one is not full: that alone proves the
/// end. Absent where there are none, or too many to be believed.
fn plan(most: usize, total: usize) -> Option<Vec<Cut>> {
    let mut cut = Cut { size: most, number: 1 };
    let mut cuts = vec![cut];
    while cut.end() <= total {
        cut = cut.next(most).filter(|_| cuts.len() < MOST_PAGES)?;
        cuts.push(cut);
    }
    Some(cuts)
}

/// The pages without what stands on two of them, up to the first one that is not full; absent where they do not prove
/// that this is the whole list.
fn join<T>(
    read: impl IntoIterator<Item = (Cut, Vec<Row<T>>, Option<usize>)>,
    id: fn(&T) -> Option<&str>,
) -> Option<Vec<Vec<Row<T>>>> {
    let mut pages: Vec<Vec<Row<T>>> = Vec::new();
    for (cut, mut rows, total) in read {
        let came = rows.len();
        if let Some(before) = pages.last_mut() {
            let (kept, passed) = seam(before, &rows, id)?;
            before.truncate(kept);
            rows.drain(..passed);
        }
        pages.push(rows);
        if came < cut.size {
            // A page that is not full, of a list that is said to go on, is only a part of that page; and one that does not
            // say how long the list is by now says nothing of its end.
            return total.is_some_and(|total| total <= cut.start() + came).then_some(pages);
        }
    }
    None
}

/// How much of two neighbouring pages stands before their first common row: that one is kept of the second page, of
/// which mostly nothing has to be taken away.
fn seam<T>(before: &[Row<T>], after: &[Row<T>], id: fn(&T) -> Option<&str>) -> Option<(usize, usize)> {
    after.iter().enumerate().find_map(|(passed, row)| {
        let wanted = row.0.as_ref().and_then(id)?;
        let kept = before.iter().rposition(|row| row.0.as_ref().and_then(id) == Some(wanted))?;
        Some((kept, passed))
    })
}

#[cfg(test)]
mod tests;
