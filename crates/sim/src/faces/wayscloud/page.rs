//! Lists: pages, their headers or envelope, and the trimming of objects.

use std::ops::Range;

use serde_json::{Value, json};

use super::desk::Desk;
use super::refuse::detail;
use crate::Answer;

/// The rows of a page where no size is asked for.
const DEFAULT_SIZE: usize = 10;
/// The most rows of a page: more is silently cut to it.
const SIZE_CAP: usize = 300;

/// One page of a list.
pub(super) struct Page {
    /// Which rows are on it.
    pub(super) rows: Range<usize>,
    number: usize,
    pages: usize,
    count: usize,
}

/// The page that is asked for, of a list of so many rows.
pub(super) fn cut(desk: &Desk<'_>, count: usize) -> Result<Page, Answer> {
    let last = |key: &str| desk.request.query_values(key).pop();
    let asked = last("page_size").and_then(|text| text.parse().ok()).filter(|size| *size > 0);
    let cap = desk.account.profile.page_cap.unwrap_or(SIZE_CAP).clamp(1, SIZE_CAP);
    let size = asked.unwrap_or(DEFAULT_SIZE).min(cap);
    let pages = count.div_ceil(size).max(1);
    let number = match last("page") {
        None => Some(1),
        Some(text) if text == "last" => Some(pages),
        Some(text) => text.parse().ok(),
    };
    match number.filter(|number| (1..=pages).contains(number)) {
        Some(number) => {
            let start = (number - 1) * size;
            Ok(Page { rows: start..(start + size).min(count), number, pages, count })
        }
        None => Err(detail(404, "Invalid page.")),
    }
}

/// A bare array, with its count and its neighbours in headers.
pub(super) fn array(desk: &Desk<'_>, page: &Page, rows: Vec<Value>) -> Answer {
    let mut links = vec![(1, "first")];
    if page.number > 1 {
        links.push((page.number - 1, "prev"));
    }
    if page.number < page.pages {
        links.push((page.number + 1, "next"));
    }
    links.push((page.pages, "last"));
    let link = |(number, rel): &(usize, &str)| format!("<{}>; rel=\"{rel}\"", url(desk, *number));
    let links: Vec<String> = links.iter().map(link).collect();
    let rows: Vec<Value> = rows.into_iter().map(|row| trim(desk, row)).collect();
    Answer::json(200, &Value::Array(rows))
        .with_header("x-result-count", page.count.to_string())
        .with_header("link", links.join(", "))
}

/// An envelope, as the documents' pages show it.
pub(super) fn envelope(desk: &Desk<'_>, page: &Page, rows: Vec<Value>) -> Answer {
    let next = (page.number < page.pages).then(|| url(desk, page.number + 1));
    let previous = (page.number > 1).then(|| url(desk, page.number - 1));
    let rows: Vec<Value> = rows.into_iter().map(|row| trim(desk, row)).collect();
    Answer::json(200, &json!({ "next": next, "previous": previous, "count": page.count, "results": rows }))
}

/// An object with only the fields that are asked for; all where none is named.
pub(super) fn trim(desk: &Desk<'_>, row: Value) -> Value {
    let wanted = desk.request.query_values("field");
    match row {
        Value::Object(mut row) if !wanted.is_empty() => {
            row.retain(|key, _| wanted.contains(key));
            Value::Object(row)
        }
        row => row,
    }
}

fn url(desk: &Desk<'_>, number: usize) -> String {
    let pairs = desk.request.query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<String> =
        pairs.filter(|pair| pair.split('=').next() != Some("page")).map(str::to_owned).collect();
    if number > 1 {
        pairs.push(format!("page={number}"));
    }
    pairs.sort_by_key(|pair| pair.split('=').next().map(str::to_owned));
    desk.url_of_request(&pairs.join("&"))
}
