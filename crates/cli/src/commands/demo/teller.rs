//! The words of the demonstration: short lines that also a pipe and a narrow terminal can take.

use vmbroker::printable;

use crate::failure::Failure;
use crate::table::Table;
use crate::terminal::Terminal;

/// As wide as text gets: what every terminal shows.
const COLUMNS: u16 = 80;

/// Tells the story to a person; programs get one document at the end instead.
#[derive(Clone, Debug)]
pub(crate) struct Teller(Terminal);

impl Teller {
    pub(crate) fn new(terminal: &Terminal) -> Self {
        Self(terminal.clone())
    }

    pub(crate) fn terminal(&self) -> &Terminal {
        &self.0
    }

    /// The beginning of a part.
    pub(crate) fn part(&self, number: u32, text: &str) -> Result<(), Failure> {
        let head = format!("{number}. ");
        self.print(&format!("{}{}", if number == 1 { "" } else { "\n" }, wrapped(&head, text)))
    }

    /// A paragraph below it.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        self.print(&wrapped("   ", text))
    }

    /// Something that happened, with what stands before it: further lines begin below the text.
    pub(crate) fn line(&self, before: &str, text: &str) -> Result<(), Failure> {
        self.print(&wrapped(before, text))
    }

    /// A table below a part. What does not fit is left out, and is in the document for programs.
    pub(crate) fn table(&self, table: &Table) -> Result<(), Failure> {
        let (text, _) = table.render(Some(self.0.width().unwrap_or(COLUMNS).saturating_sub(3)));
        let lines: String = text.lines().map(|line| format!("   {line}\n")).collect();
        self.print(&lines)
    }

    fn print(&self, text: &str) -> Result<(), Failure> {
        if self.0.is_json() { Ok(()) } else { self.0.print(text) }
    }
}

/// The text in lines of at most 80 columns, the first after `before`, the others below its text. A word that is
/// longer than a line stands on one of its own.
fn wrapped(before: &str, text: &str) -> String {
    let indent = " ".repeat(before.chars().count());
    let mut out = String::new();
    let mut line = before.to_owned();
    let mut is_empty = true;
    for word in printable(text).split(' ').filter(|word| !word.is_empty()) {
        let wide = line.chars().count() + word.chars().count() + usize::from(!is_empty);
        if !is_empty && wide > usize::from(COLUMNS) {
            out.push_str(line.trim_end());
            out.push('\n');
            line.clone_from(&indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal_and_nothing_drives_it() {
        let text = "a sentence that goes on and on ".repeat(9) + "\u{1b}[2J";
        let told = wrapped("   12 s  ", &text);
        assert!(told.lines().count() > 3 && told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(told.lines().skip(1).all(|line| line.starts_with("         ")), "{told}");
        assert!(!told.contains('\u{1b}'));
        let joined: Vec<&str> = told.split_whitespace().skip(2).collect();
        let words = printable(&text);
        assert_eq!(joined, words.split_whitespace().collect::<Vec<_>>(), "no word is lost");
        let long = "x".repeat(100);
        assert_eq!(wrapped("- ", &format!("a {long} b")), format!("- a\n  {long}\n  b\n"));
    }
}
