//! What may reach a terminal, a spreadsheet, a browser or another program: our own reading of Unicode, not the product's.

use serde_json::Value;

/// A line that only a provider would write.
pub(crate) const FORGED: &str = "forged-line";
/// More than any line of ours has, but for JSON and CSV, which are cut nowhere and at a cell.
const LONGEST_LINE: usize = 10_000;
/// The most marks on one character.
const MOST_MARKS: usize = 4;

/// Whether a terminal takes this character for a command or hides it: control characters (C0, DEL, C1), and the
/// characters of Unicode's classes Cf, Zl and Zp that reorder, hide or join, with the fillers and variation selectors
/// that show nothing.
fn drives(c: char) -> bool {
    let at = u32::from(c);
    const RANGES: [(u32, u32); 21] = [
        (0x00, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180e),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x2064),
        (0x2066, 0x206f),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff9, 0xfffb),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0001, 0xe007f),
        (0xe0100, 0xe01ef),
    ];
    RANGES.iter().any(|(first, last)| (*first..=*last).contains(&at))
}

/// Whether it stands on the character before it: the blocks of combining marks, and those of Thai.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What is wrong with a text on a terminal; absent: nothing.
pub(crate) fn complaint(text: &str, is_long: bool) -> Option<String> {
    for line in text.split('\n') {
        if !is_long && line.chars().count() > LONGEST_LINE {
            return Some(format!("a line of {} characters", line.chars().count()));
        }
        if line.trim_start().starts_with(FORGED) {
            return Some(format!("a line that we did not write: {line}"));
        }
        let mut marks = 0;
        for c in line.chars() {
            if drives(c) {
                return Some(format!("{} in `{}`", c.escape_unicode(), line.escape_debug()));
            }
            marks = if is_mark(c) { marks + 1 } else { 0 };
            if marks > MOST_MARKS {
                return Some(format!("{marks} marks on one character"));
            }
        }
    }
    None
}

/// What is wrong with an output for programs.
pub(crate) fn json_complaint(text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => complaint(text, true),
        Err(error) => Some(format!("no JSON: {error}")),
    }
}

/// What is wrong with an output for spreadsheets: each record has as many values as the first (RFC 4180), and none of
/// them is a formula.
pub(crate) fn csv_complaint(text: &str) -> Option<String> {
    let mut records = text.lines().map(values);
    let columns = records.next()?.len();
    for record in records {
        if record.len() != columns {
            return Some(format!("{} values under {columns} headings: {record:?}", record.len()));
        }
        let number = |value: &str| value.parse::<f64>().is_ok();
        if let Some(formula) = record.iter().find(|it| it.starts_with(['=', '+', '-', '@']) && !number(it)) {
            return Some(format!("a formula: {formula}"));
        }
    }
    complaint(text, true)
}

fn values(line: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            _ => values.last_mut().unwrap().push(c),
        }
    }
    values
}

/// What is wrong with a picture: no well-formed XML, a script in it, or text that drives something.
pub(crate) fn svg_complaint(text: &str) -> Option<String> {
    let document = match roxmltree::Document::parse(text) {
        Ok(document) => document,
        Err(error) => return Some(format!("no XML: {error}")),
    };
    for node in document.descendants() {
        let allowed = ["svg", "title", "desc", "style", "rect", "line", "path", "circle", "text", "g"];
        if node.is_element() && !allowed.contains(&node.tag_name().name()) {
            return Some(format!("an element `{}`", node.tag_name().name()));
        }
        let attributes = node.attributes().map(|attribute| attribute.name());
        if let Some(name) =
            attributes.into_iter().find(|name| name.starts_with("on") || name.contains("href"))
        {
            return Some(format!("an attribute `{name}`"));
        }
        if let Some(wrong) = node.text().and_then(|text| complaint(text, false)) {
            return Some(wrong);
        }
    }
    None
}
