//! How each total was made, line by line, to the last digit.

use vmbroker::{Total, clip, printable};

use super::super::{place_cell, size_cell};
use super::view::{Row, View, known};

/// No line is so long that it must be wrapped where there is no terminal.
const ANY: usize = usize::MAX;

/// The most characters of what is charged for: all lines of an offer stand as far to the right as its longest.
const LONGEST_ITEM: usize = 80;

/// The most characters of a line before it is wrapped.
const LONGEST: usize = 2_000;

/// All totals, each with its lines. Long lines are wrapped at this width; absent: never.
pub(super) fn explain(view: &View<'_>, width: Option<u16>) -> String {
    let width = width.map_or(ANY, usize::from);
    let mut text = String::new();
    for (at, row) in view.rows.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for line in lines(row, view) {
            wrap(&mut text, &line, width);
        }
    }
    text
}

/// A line, and how far what does not fit is moved in.
struct Line {
    text: String,
    indent: usize,
}

/// The words for the sum of a row.
fn total_words(total: Total) -> String {
    match total {
        Total::Exact(money) => money.to_string(),
        Total::AtLeast(money) => format!("at least {money}"),
        Total::Unknown => "unknown".to_owned(),
    }
}

fn lines(row: &Row<'_>, view: &View<'_>) -> Vec<Line> {
    let offer = row.offer;
    let head = format!(
        "{} {} {}: {} ({}, {})",
        row.rank.map_or("-".to_owned(), |rank| format!("{rank}.")),
        offer.provider,
        clip(&offer.id.0, LONGEST_ITEM),
        total_words(row.total),
        size_cell(offer.size),
        place_cell(&offer.location)
    );
    let quote = view.comparison.explain(offer);
    let mut rows: Vec<(String, String, String)> = quote
        .lines
        .iter()
        .map(|line| (clip(&line.item, LONGEST_ITEM), line.amount.to_string(), line.how.clone()))
        .collect();
    if rows.len() > 1 {
        rows.push(("together".to_owned(), total_words(quote.total), String::new()));
    }
    let conversion = offer.price.currency().and_then(|from| view.comparison.conversion(from));
    if let (Some(conversion), Some(money)) = (conversion, known(row.total)) {
        rows.push((format!("in {}", money.currency), total_words(row.total), conversion.to_string()));
    }
    rows.extend(row.doubt.iter().map(|why| ("not sure".to_owned(), String::new(), why.clone())));
    let asked = format!("at {}", row.seen.at.strftime("%Y-%m-%d %H:%M:%S UTC"));
    let cached = if row.seen.cached { ", kept since; `--refresh` asks again" } else { "" };
    rows.push(("asked".to_owned(), String::new(), asked + cached));
    let widest = |of: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0)
    };
    let (item, amount) = (widest(|row| &row.0), widest(|row| &row.1));
    let line = |(name, sum, how): &(String, String, String)| Line {
        text: if amount == 0 {
            format!("   {name:<item$}  {how}")
        } else {
            format!("   {name:<item$}  {sum:<amount$}  {how}")
        },
        indent: 3 + item + 2,
    };
    let head = Line { text: head, indent: 3 };
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

/// Writes the line; what does not fit goes on the next lines, moved in.
fn wrap(out: &mut String, line: &Line, width: usize) {
    let text = clip(&printable(&clip(line.text.trim_end(), LONGEST)), LONGEST);
    if text.chars().count() <= width {
        out.push_str(&text);
        out.push('\n');
        return;
    }
    let first = text.chars().take_while(|c| *c == ' ').count();
    let indent = line.indent.min(width / 3);
    let mut at = first;
    let mut written = " ".repeat(first);
    let mut empty = true;
    for word in text.trim_start().split_inclusive(' ') {
        let length = word.trim_end().chars().count();
        if !empty && at + length > width {
            out.push_str(written.trim_end());
            out.push('\n');
            written = " ".repeat(indent);
            at = indent;
            empty = true;
            if word.trim().is_empty() {
                continue;
            }
        }
        written.push_str(word);
        at += word.chars().count();
        empty &= word.trim().is_empty();
    }
    out.push_str(written.trim_end());
    out.push('\n');
}
