//! The output for spreadsheets, as RFC 4180 says: comma, double quotes, and a header line. Lines end with `\n`.

use rust_decimal::Decimal;
use vmbroker::{clip, printable};

/// A table of values. Provider text in it is harmless to a terminal and is no formula to a spreadsheet.
#[derive(Debug)]
pub(crate) struct Csv(String);

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(Decimal),
    Empty,
}

impl Cell {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// The text, or nothing where it is absent.
    pub(crate) fn maybe(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }
}

impl Csv {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self(headings.join(",") + "\n")
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        let cells = cells.map(|cell| match cell {
            Cell::Text(text) => quoted(&text),
            Cell::Number(number) => number.normalize().to_string(),
            Cell::Empty => String::new(),
        });
        self.0.push_str(&cells.join(","));
        self.0.push('\n');
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// A spreadsheet takes a text that begins like this for a formula, whose result may do anything.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// The most characters of a value: as many as spreadsheets take.
const LONGEST: usize = 32_767;

fn quoted(text: &str) -> String {
    let mut text = clip(&printable(&clip(text, LONGEST)), LONGEST - 2);
    if text.starts_with(FORMULA) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_needed_and_never_formulas() {
        let mut csv = Csv::new(&["a", "b", "c"]);
        csv.row([Cell::text("one, two"), Cell::text("say \"hi\""), Cell::Empty]);
        csv.row([
            Cell::text("=cmd|'/c'!A1"),
            Cell::Number("0.30698000".parse().unwrap()),
            Cell::maybe(Some(7)),
        ]);
        csv.row([Cell::text("\u{1b}[2J\nx"), Cell::Number("-1".parse().unwrap()), Cell::maybe(None::<u8>)]);
        assert_eq!(
            csv.into_text(),
            "a,b,c\n\"one, two\",\"say \"\"hi\"\"\",\n'=cmd|'/c'!A1,0.30698,7\n\\u{1b}[2J\\u{a}x,-1,\n"
        );
    }
}
