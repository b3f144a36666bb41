//! How many rows a list has, and whether a machine is in it: a second, plain reading of the same answers.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use vmbroker_core::{Handle, exact};
use vmbroker_sim::Dialect;

use super::super::canned::Served;
use super::is_success;

/// How many rows the pages of the last reading of a list have, where they can be counted here; what they say of their
/// number must be true of all of them.
pub(super) fn rows_of_list(dialect: Dialect, served: &[Served]) -> Option<usize> {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => {
            let last = served.iter().rfind(|call| is_list(call))?;
            Some(serde_json::from_slice::<Vec<&RawValue>>(&last.body).ok()?.len())
        }
        Dialect::Zenlayer => rows_of_zenlayer(served),
        Dialect::Wayscloud | Dialect::Waldur => rows_of_waldur(served),
    }
}

fn is_list(call: &Served) -> bool {
    is_success(call) && matches!(call.name.trim_end(), "GET /vms/v2" | "GET /vms/v3")
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Option<Paged<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paged<'a> {
    total_count: Option<Value>,
    #[serde(borrow)]
    data_set: Option<Vec<&'a RawValue>>,
}

/// A count in any form that is taken for one.
fn count(value: &Value) -> Option<usize> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let amount = exact(&text).ok()?.normalize();
    (amount.scale() == 0).then(|| usize::try_from(amount.mantissa()).ok()).flatten()
}

fn rows_of_zenlayer(served: &[Served]) -> Option<usize> {
    let page = |call: &&Served| is_success(call) && call.name.ends_with("DescribeInstances");
    let calls: Vec<&Served> = served.iter().filter(page).collect();
    let first = |call: &&&Served| String::from_utf8_lossy(&call.sent).contains("\"pageNum\":1}");
    let from = calls.iter().rposition(|call| first(&call))?;
    let pages: Option<Vec<Envelope<'_>>> =
        calls[from..].iter().map(|call| serde_json::from_slice(&call.body).ok()).collect();
    let pages: Vec<Paged<'_>> = pages?.into_iter().filter_map(|page| page.response).collect();
    let rows = pages.iter().map(|page| page.data_set.as_ref().map_or(0, Vec::len)).sum();
    for page in &pages {
        let total = page.total_count.as_ref().and_then(count);
        assert!(total == Some(rows), "{rows} rows came of {total:?}: this is not the whole list");
    }
    Some(rows)
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

fn rows_of_waldur(served: &[Served]) -> Option<usize> {
    let page = |call: &&Served| {
        call.name.starts_with("GET /api/marketplace-resources/?") && !call.name.contains("state=Terminated")
    };
    let calls: Vec<&Served> = served.iter().filter(page).collect();
    // A page that a link leads to may be asked for by anything; a list begins with a question of the adapter's own.
    let begins = |call: &&Served| call.name.contains("page_size=") && !call.name.contains("&page=");
    let from = calls.iter().rposition(begins)?;
    let counted = |call: &Served| {
        let header = call.headers.iter().find(|(name, _)| name == "x-result-count");
        header.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let total = calls[from..].iter().find_map(|call| counted(call))?;
    let (mut rows, mut changed) = (0, false);
    for call in calls[from..].iter().filter(|call| is_success(call)) {
        changed |= counted(call).is_some_and(|count| count != total);
        let bare = serde_json::from_slice::<Vec<&RawValue>>(&call.body).ok();
        let enveloped = || serde_json::from_slice::<Results<'_>>(&call.body).ok().map(|page| page.results);
        rows += bare.or_else(enveloped)?.len();
    }
    // Where another page counts otherwise, machines came or went meanwhile. Pages of several sizes share rows.
    let size = |call: &&Served| call.name.split("page_size=").nth(1)?.split('&').next().map(str::to_owned);
    let sizes: BTreeSet<String> = calls[from..].iter().filter_map(size).collect();
    let is_whole = rows == total || (sizes.len() > 1 && rows > total);
    assert!(changed || is_whole, "{rows} rows came of {total}: this is not the whole list");
    Some(rows)
}

/// Whether a machine that is told as not found stands in the only answer.
pub(super) fn is_shown(dialect: Dialect, handle: &Handle, served: &[Served]) -> bool {
    let rows = |call: &Served, path: &str| {
        let value: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        value.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    match (dialect, served) {
        (Dialect::Fluence202504 | Dialect::Fluence202505, [call]) if is_list(call) => rows(call, "")
            .iter()
            .filter_map(|row| row.get("id")?.as_str())
            .any(|id| id.eq_ignore_ascii_case(handle.id())),
        (Dialect::Zenlayer, [call]) if is_success(call) => rows(call, "/response/dataSet")
            .iter()
            .any(|row| row.get("instanceId").and_then(Value::as_str) == Some(handle.id())),
        (Dialect::Wayscloud | Dialect::Waldur, served) => {
            let path = format!("/api/marketplace-resources/{}/", handle.id());
            let last = served.iter().rfind(|call| call.name.trim_end() == format!("GET {path}"));
            last.is_some_and(|call| {
                is_success(call) && serde_json::from_slice::<Value>(&call.body).is_ok_and(|it| it.is_object())
            })
        }
        _ => false,
    }
}
