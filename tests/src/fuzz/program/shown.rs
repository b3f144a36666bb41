//! Foreign text in tables, spreadsheets, JSON and pictures: it stays text.

use std::fs;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use vmbroker_core::{Instance, Offer};

use super::super::Mark;
use super::super::catalogue::Shop;
use super::super::harmless::check_lines;
use super::{Outcome, args, check, folder, run};

/// What an account shows, and how it is to be seen.
#[derive(Deserialize)]
struct Asked {
    how: String,
    #[serde(default)]
    offers: Vec<Offer>,
    #[serde(default)]
    machines: Option<Vec<Instance>>,
}

pub(super) fn shown(input: &[u8], spoil: impl Fn(String) -> String) -> Mark {
    let Ok(asked) = serde_json::from_slice::<Asked>(input) else { return Mark::refused() };
    let command = match asked.how.as_str() {
        "explain" => "offers --explain --excluded",
        "excluded" => "offers --excluded --max-total=0.01USD",
        "csv" => "--output=csv offers --explain --refresh",
        "json" => "--output=json offers --refresh",
        "chart" => "offers --refresh --chart costs.svg",
        "list" => "list",
        "list-json" => "--output=json list",
        _ => "offers --refresh",
    };
    let folder = folder();
    let picture = folder.join("costs.svg");
    let _ = fs::remove_file(&picture);
    let counts = (asked.offers.len().min(4), asked.machines.as_ref().map(|machines| machines.len().min(4)));
    let shop = Shop { id: "shop".parse().unwrap(), offers: asked.offers, list: asked.machines };
    let mut outcome = run(&folder, &args(command), vec![Arc::new(shop)]);
    outcome.out = spoil(outcome.out);
    check(&outcome);
    match asked.how.as_str() {
        "csv" => check_csv(&outcome),
        "json" | "list-json" => {
            let value = serde_json::from_str::<Value>(&outcome.out);
            assert!(value.is_ok() || outcome.out.is_empty(), "no JSON: {}", outcome.out);
        }
        _ => {}
    }
    if let Ok(text) = fs::read_to_string(&picture) {
        let text = spoil(text);
        check_lines("a picture", &text);
        check_xml(&text);
    }
    Mark::taken().and((asked.how, counts, outcome.code, picture.exists())).and_words(&outcome.err)
}

/// Each line has as many cells as the first, and no cell is a formula: a second reader of RFC 4180.
fn check_csv(outcome: &Outcome) {
    let mut wanted = None;
    for line in outcome.out.lines() {
        let cells = cells(line);
        let columns = *wanted.get_or_insert(cells.len());
        assert!(cells.len() == columns, "{} columns and not {columns}: {line}", cells.len());
        for cell in cells {
            let formula =
                cell.starts_with(['=', '+', '@', '\t']) || (cell.starts_with('-') && !is_number(&cell));
            assert!(!formula, "a cell is a formula: {line}");
        }
    }
}

fn is_number(cell: &str) -> bool {
    cell.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let last = cells.len() - 1;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cells[last].push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells[last].push(c),
        }
    }
    assert!(!quoted, "a cell does not end in its line, so the columns do not either: {line}");
    cells
}

/// Each element that begins ends, in order, and `<` and `&` stand for nothing else.
fn check_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        check_entities(&rest[..at]);
        let tag = rest[at + 1..].split('>').next().unwrap_or_default();
        rest = rest[at + 1 + tag.len()..].strip_prefix('>').unwrap_or("<");
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        if let Some(name) = tag.strip_prefix('/') {
            assert!(open.pop() == Some(name), "`</{name}>` ends what did not begin: this is no XML");
            continue;
        }
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(is_name && tag.matches('"').count().is_multiple_of(2), "`<{tag}>` is no XML");
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    check_entities(rest);
    assert!(open.is_empty(), "{open:?} do not end: this is no XML");
}

fn check_entities(text: &str) {
    for part in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|entity| part.starts_with(entity));
        assert!(known, "`&{part:.20}` is no XML");
    }
}
