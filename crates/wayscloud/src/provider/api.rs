//! Their paths, and lists over all pages.

mod whole;

use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vmbroker_core::{Error, ErrorKind, Result};
use vmbroker_http::{Call, Channel, Header, Method, Nature, Reply, Url, read_pages};

use crate::wire::{Page, Row};

/// The most rows that a page may have. More is silently cut to this; the default is 10.
pub(super) const PAGE_SIZE: usize = 300;
/// More pages than this are no list any more: 3,000,000 rows.
const MOST_PAGES: usize = 10_000;

/// One query key and its value.
pub(super) type Pair = (&'static str, String);

/// The calls that everything else is made of. Every path ends in a slash: without it Waldur redirects, and a
/// redirected order is lost.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) channel: Channel,
    root: Url,
}

/// What one page of a list says of the others.
struct Read<T> {
    rows: Vec<Row<T>>,
    /// How many rows there are on all pages; absent where nothing tells.
    total: Option<usize>,
    /// Where the next page is; absent where none is named.
    next: Option<Url>,
    /// Whether anything tells of further pages at all.
    is_paged: bool,
    body: Vec<u8>,
}

/// Every page of a list.
#[derive(Debug)]
pub(super) struct Pages<T> {
    pub(super) pages: Vec<Vec<Row<T>>>,
    /// How many rows the provider counts with each page, where it counts.
    pub(super) totals: Vec<Option<usize>>,
}

impl<T> Pages<T> {
    /// Whether every row that is counted came, and can be read: only then a row that is not there is absent.
    pub(super) fn is_whole(&self) -> bool {
        let rows: usize = self.pages.iter().map(Vec::len).sum();
        let counted = self.totals.iter().flatten().all(|total| *total == rows);
        counted && self.pages.iter().flatten().all(|row| row.0.is_some())
    }

    pub(super) fn into_rows(self) -> impl Iterator<Item = T> {
        self.pages.into_iter().flatten().filter_map(|row| row.0)
    }
}

impl Api {
    pub(super) fn new(channel: Channel, root: Url) -> Self {
        Self { channel, root }
    }

    /// The URL that paths begin with.
    pub(super) fn root(&self) -> &Url {
        &self.root
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(&self, operation: &'static str, path: &[&str]) -> Result<T> {
        let call = self.call(operation, Nature::Read, Method::GET, path);
        let reply = self.channel.send(call).await?;
        reply.json::<Row<T>>()?.0.ok_or_else(|| reply.protocol("the answer is no object"))
    }

    /// Reads one thing; absent where the provider says that it does not know it.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
    ) -> Result<Option<T>> {
        match self.get(operation, path).await {
            Ok(thing) => Ok(Some(thing)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes something, where doing it twice is the same as once.
    pub(super) async fn change(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Reply> {
        let mut call = self.call(operation, Nature::Repeatable, method, path);
        if let Some(body) = body {
            call = call.json(body)?;
        }
        self.channel.send(call).await
    }

    /// Sends an order, once. What it holds of the machine's user data is shown nowhere.
    pub(super) async fn order(&self, body: &impl Serialize, user_data: Option<&str>) -> Result<Reply> {
        let call = self.call("create", Nature::Once, Method::POST, &["marketplace-orders"]).json(body)?;
        self.channel.send(call.hiding(user_data)).await
    }

    /// Reads a list over all its pages, side by side where the provider counts them.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
    ) -> Result<Pages<T>> {
        // On the heap: reading a list would stand in the future of every look-up that needs one.
        Box::pin(self.read_all(operation, path, query)).await
    }

    async fn read_all<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
    ) -> Result<Pages<T>> {
        let first = self.page(operation, self.list_url(path, query, 1)).await?;
        let size = first.rows.len();
        match first.total {
            Some(total) if total > size && size > 0 => {
                let last = total.div_ceil(size).min(MOST_PAGES);
                let urls = (2..=last).map(|page| self.list_url(path, query, page));
                let ask = |url| self.later(operation, url);
                let rest = read_pages(urls, ask, |reply| self.read_later(reply, Some(total)));
                Ok(gather(std::iter::once(first).chain(rest.await?)))
            }
            Some(_) => Ok(gather([first])),
            None => self.follow(operation, path, query, first).await,
        }
    }

    /// Follows `next` from page to page, or, where nothing tells of pages, asks until there is nothing new.
    async fn follow<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
        first: Read<T>,
    ) -> Result<Pages<T>> {
        let mut pages = vec![first];
        let mut asked = HashSet::new();
        while let Some(last) = pages.last() {
            let url = match &last.next {
                Some(next) => next.clone(),
                None if last.is_paged || last.rows.is_empty() => break,
                None => self.list_url(path, query, pages.len() + 1),
            };
            if !asked.insert(url.clone()) || pages.len() >= MOST_PAGES {
                return Err(self.broken(operation, "the list leads back to a page that was read"));
            }
            let page = self.later_page(operation, url, None).await?;
            // Whoever ignores the page's number answers the same page again: there is but one.
            if !page.is_paged && !last.is_paged && page.body == last.body {
                break;
            }
            pages.push(page);
        }
        Ok(gather(pages))
    }

    /// Reads the newest rows of a list, page by page, until `enough` says so or no page follows.
    pub(super) async fn newest<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[Pair],
        most_pages: usize,
        mut enough: impl FnMut(Vec<T>) -> bool + Send,
    ) -> Result<()> {
        let mut read = 0;
        for page in 1..=most_pages {
            let url = self.list_url(path, query, page);
            let answer = if page == 1 {
                self.page::<T>(operation, url).await?
            } else {
                self.later_page(operation, url, None).await?
            };
            read += answer.rows.len();
            let more = answer.next.is_some() || answer.total.is_some_and(|total| total > read);
            let rows: Vec<T> = answer.rows.into_iter().filter_map(|row| row.0).collect();
            if rows.is_empty() || enough(rows) || !more {
                break;
            }
        }
        Ok(())
    }

    /// A page after the first.
    async fn later_page<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        url: Url,
        total: Option<usize>,
    ) -> Result<Read<T>> {
        let reply = self.later(operation, url).await?;
        self.read_later(reply, total)
    }

    /// The answer for a page after the first; absent where it is past the end.
    async fn later(&self, operation: &'static str, url: Url) -> Result<Option<Reply>> {
        match self.page_reply(operation, url).await {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What stands on a page after the first: one past the end is empty.
    fn read_later<T: DeserializeOwned>(&self, reply: Option<Reply>, total: Option<usize>) -> Result<Read<T>> {
        match reply {
            Some(reply) => self.read_page(&reply),
            None => Ok(Read { rows: Vec::new(), total, next: None, is_paged: true, body: Vec::new() }),
        }
    }

    async fn page<T: DeserializeOwned>(&self, operation: &'static str, url: Url) -> Result<Read<T>> {
        let reply = self.page_reply(operation, url).await?;
        self.read_page(&reply)
    }

    async fn page_reply(&self, operation: &'static str, url: Url) -> Result<Reply> {
        let mut call = Call::new(operation, Nature::Read, Method::GET, url).listing();
        call.headers.push(Header::new("accept", "application/json"));
        self.channel.send(call).await
    }

    fn read_page<T: DeserializeOwned>(&self, reply: &Reply) -> Result<Read<T>> {
        let page: Page<T> = reply.json()?;
        let answer = reply.answer();
        let counted = answer.header("x-result-count").and_then(|count| count.trim().parse().ok());
        let total = counted.or(page.count.and_then(|count| usize::try_from(count).ok()));
        let link = answer.header("link");
        let next = page.next.as_deref().or(link.and_then(next_link)).and_then(|next| self.own(next));
        let is_paged = link.is_some() || total.is_some() || next.is_some();
        let body = if is_paged { Vec::new() } else { answer.body.clone() };
        Ok(Read { rows: page.rows, total, next, is_paged, body })
    }

    /// A URL that the provider gave, at our own host: the token goes nowhere else.
    fn own(&self, given: &str) -> Option<Url> {
        let given = self.root.join(given).ok()?;
        let mut url = self.root.clone();
        url.set_path(given.path());
        url.set_query(given.query());
        Some(url)
    }

    fn list_url(&self, path: &[&str], query: &[Pair], page: usize) -> Url {
        self.page_url(path, query, PAGE_SIZE, page)
    }

    fn page_url(&self, path: &[&str], query: &[Pair], size: usize, page: usize) -> Url {
        let mut url = self.url(path);
        {
            let mut pairs = url.query_pairs_mut();
            for (key, value) in query {
                pairs.append_pair(key, value);
            }
            pairs.append_pair("page_size", &size.to_string());
            if page > 1 {
                pairs.append_pair("page", &page.to_string());
            }
        }
        url
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.root.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path).push("");
        }
        url
    }

    fn call(&self, operation: &'static str, nature: Nature, method: Method, path: &[&str]) -> Call {
        let mut call = Call::new(operation, nature, method, self.url(path));
        call.headers.push(Header::new("accept", "application/json"));
        call
    }

    /// An answer that makes no sense.
    pub(super) fn broken(&self, operation: &'static str, why: &str) -> Error {
        Error::new(ErrorKind::Protocol, why).at(self.channel.provider(), operation)
    }
}

fn gather<T>(read: impl IntoIterator<Item = Read<T>>) -> Pages<T> {
    let mut all = Pages { pages: Vec::new(), totals: Vec::new() };
    for page in read {
        all.totals.push(page.total);
        all.pages.push(page.rows);
    }
    all
}

/// The target with `rel="next"` of a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>')?;
        let target = &rest[start + 1..end];
        // Parameters end where the next target begins; a comma inside quotes is never followed by `<`.
        let after = &rest[end + 1..];
        let stop = after.find('<').unwrap_or(after.len());
        let is_next = after[..stop].split([';', ',']).any(|parameter| {
            let (key, value) = parameter.split_once('=').unwrap_or_default();
            let value = value.trim().trim_matches('"');
            key.trim().eq_ignore_ascii_case("rel")
                && value.split_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = &after[stop..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_the_others() {
        let all = r#"<http://w/api/x/?page_size=3>; rel="first", <http://w/api/x/?page=2&page_size=3>; rel="next", <http://w/api/x/?page=5>; rel="last""#;
        let rows = [
            (all, Some("http://w/api/x/?page=2&page_size=3")),
            (r#"<a>; rel="first", <b>; rel="last""#, None),
            (r#"<a>; REL=next"#, Some("a")),
            (r#"<a>; title="next"; rel="prev""#, None),
            (r#"<a,b>; rel="prev next""#, Some("a,b")),
            ("<a", None),
            ("", None),
        ];
        for (header, next) in rows {
            assert_eq!(next_link(header), next, "{header}");
        }
    }
}
