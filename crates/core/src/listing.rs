//! A complete list: the only thing from which absence may be concluded.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::{Error, ErrorKind, Instance, Marker, Result, Retry};

/// Every instance of an account at one moment, over all pages.
///
/// Cannot be made from a part of the pages: [`Pages::finish`] is the only way to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    instances: Vec<Instance>,
    at: Timestamp,
}

impl Listing {
    /// The instances, in the provider's order.
    #[must_use]
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// The instances themselves.
    #[must_use]
    pub fn into_instances(self) -> Vec<Instance> {
        self.instances
    }

    /// When the last page was read. What came to be while the pages were read may be missing: of what was there before
    /// the list was asked for, and still is, nothing is.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Every instance with this marker: none, one, or, where a create was doubled, more.
    pub fn with_marker(&self, marker: Marker) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(move |instance| instance.marker == Some(marker))
    }
}

/// Pages being gathered into a [`Listing`].
#[derive(Debug, Default)]
pub struct Pages {
    instances: Vec<Instance>,
    total: Option<usize>,
    disagreement: Option<(usize, usize)>,
    rows: usize,
    last_page_read: bool,
}

impl Pages {
    /// No page yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No page yet, with room for this many instances: a list of 10,000 that grows page by page moves each several times.
    #[must_use]
    pub fn with_capacity(instances: usize) -> Self {
        Self { instances: Vec::with_capacity(instances), ..Self::default() }
    }

    /// Adds one page: its instances, the total the provider named with it (absent where it names none), and
    /// whether the provider says that no page follows.
    ///
    /// Rows of the account that are no instances (orders, ended machines) are not given here, but count
    /// towards the total: say how many with `other_rows`.
    pub fn add(&mut self, instances: Vec<Instance>, other_rows: usize, total: Option<usize>, is_last: bool) {
        self.rows += instances.len() + other_rows;
        if self.instances.capacity() == 0 {
            self.instances = instances;
        } else {
            self.instances.extend(instances);
        }
        match (self.total, total) {
            (Some(before), Some(now)) if before != now => self.disagreement = Some((before, now)),
            (None, Some(now)) => self.total = Some(now),
            _ => {}
        }
        self.last_page_read |= is_last;
    }

    /// The complete list.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`], to be tried again, where the last page was not read, fewer or more rows
    /// came than the provider counts, its count changed from page to page, or one instance came twice: the account
    /// changed while it was read.
    pub fn finish(self, at: Timestamp) -> Result<Listing> {
        let complaint = if !self.last_page_read {
            Some("the last page was not read".to_owned())
        } else if let Some((before, now)) = self.disagreement {
            Some(format!("the count changed from {before} to {now} while the pages were read"))
        } else if self.total.is_some_and(|total| self.rows != total) {
            // More than are counted: the count that said which page is the last cannot be believed.
            Some(format!("{} of {} rows came", self.rows, self.total.unwrap_or_default()))
        } else {
            // Its id is the provider's text, and may be anything: a megabyte, or what we sent.
            self.has_one_twice().then(|| "one machine stands on two pages".to_owned())
        };
        match complaint {
            None => Ok(Listing { instances: self.instances, at }),
            Some(complaint) => {
                let message = format!("the list is not complete: {}", crate::printable(&complaint));
                Err(Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Backoff))
            }
        }
    }

    fn has_one_twice(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.instances.len());
        self.instances.iter().any(|instance| !seen.insert(instance.handle.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Handle, State};

    fn instance(id: &str) -> Instance {
        Instance::new(Handle::of_instance(&"p".parse().unwrap(), id), id, State::Running, "RUNNING")
    }

    fn finish(pages: Pages) -> Result<usize> {
        pages.finish(Timestamp::UNIX_EPOCH).map(|listing| listing.instances().len())
    }

    #[test]
    fn all_pages_make_a_listing() {
        let mut pages = Pages::new();
        pages.add(vec![instance("a"), instance("b")], 0, Some(4), false);
        pages.add(vec![instance("c")], 1, Some(4), true);
        assert_eq!(finish(pages).unwrap(), 3);
        let mut empty = Pages::new();
        empty.add(vec![], 0, Some(0), true);
        assert_eq!(finish(empty).unwrap(), 0);
    }

    #[test]
    fn a_part_of_the_pages_is_never_a_listing() {
        let mut no_last = Pages::new();
        no_last.add(vec![instance("a")], 0, None, false);
        let mut short = Pages::new();
        short.add(vec![instance("a")], 0, Some(2), true);
        let mut moved = Pages::new();
        moved.add(vec![instance("a")], 0, Some(2), false);
        moved.add(vec![instance("b")], 0, Some(3), true);
        let mut repeated = Pages::new();
        repeated.add(vec![instance("a")], 0, Some(2), false);
        repeated.add(vec![instance("a")], 0, Some(2), true);
        let mut more = Pages::new();
        more.add(vec![instance("a"), instance("b")], 0, Some(1), true);
        for pages in [Pages::new(), no_last, short, moved, repeated, more] {
            let error = finish(pages).unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
        }
    }
}
