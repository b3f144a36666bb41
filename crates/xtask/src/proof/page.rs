//! The part of PROOF.md that a run writes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::tally::Tally;

const BEGIN: &str = "<!-- written by `cargo xtask proof`: begin -->";
const END: &str = "<!-- written by `cargo xtask proof`: end -->";

/// What a run found.
pub(super) struct Page<'a> {
    pub(super) tally: &'a Tally,
    pub(super) took: Duration,
    pub(super) machine: String,
    pub(super) code: String,
}

impl Page<'_> {
    /// The table, with when, where and of what it was made.
    pub(super) fn text(&self) -> String {
        let failed = self.tally.failures();
        let held = if failed.is_empty() {
            "Nothing failed: 0 lost, 0 doubled, every bill with a known price inside its receipt.".to_owned()
        } else {
            format!("**Failed:** {}.", failed.join("; "))
        };
        let minutes = self.took.as_secs().div_ceil(60);
        let mut text = format!(
            "{}, {}, {}, {minutes} minutes. {held}\n\n| tried | how often | failed | seeds |\n|---|---|---|---|\n",
            today(),
            self.code,
            self.machine
        );
        for row in self.tally.rows() {
            let is_failure = |count: &&(String, u64)| count.0 == "failed";
            let failures: u64 = row.counts.iter().filter(is_failure).map(|count| count.1).sum();
            let counts = row.counts.iter().filter(|count| !is_failure(count));
            let counts: Vec<String> =
                counts.map(|(unit, number)| format!("{} {unit}", grouped(*number))).collect();
            let seeds = if row.seeds.is_empty() { "none".to_owned() } else { row.seeds.join(", ") };
            text.push_str(&format!("| {} | {} | {failures} | {seeds} |\n", row.what, counts.join(", ")));
        }
        text
    }

    /// Puts the text between the marks of this file.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let old = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let new = between_the_marks(&old, &self.text())
            .with_context(|| format!("{} lacks the marks between which the table stands", file.display()))?;
        fs::write(file, new).with_context(|| format!("{} cannot be written", file.display()))
    }
}

fn between_the_marks(old: &str, text: &str) -> Option<String> {
    let (head, rest) = old.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n\n{text}\n{END}{tail}"))
}

/// Thousands apart, as people read them.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the day on which a person ran it")]
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The machine in a few words, as far as it tells.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|it| it.1));
    let model = model.map(|model| format!(" of {model}")).unwrap_or_default();
    format!("{cores} cores{model}, {}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written_anew() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let new = between_the_marks(&page, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(between_the_marks("no marks", "new"), None);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn a_failure_is_said_first() {
        let mut tally = Tally::default();
        tally.fail("flood");
        let page = Page { tally: &tally, took: Duration::ZERO, machine: String::new(), code: String::new() };
        assert!(page.text().contains("**Failed:** flood."), "{}", page.text());
    }
}
