//! The table of all that was tried.

use std::time::Duration;

use super::tally::Tally;

/// What a run found.
pub(super) struct Found<'a> {
    pub(super) tally: &'a Tally,
    pub(super) took: Duration,
    /// When, of what and where.
    pub(super) setting: String,
}

impl Found<'_> {
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
            "{}, {minutes} minutes. {held}\n\n| tried | how often | failed | seeds |\n|---|---|---|---|\n",
            self.setting
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn a_failure_is_said_first() {
        let mut tally = Tally::default();
        tally.fail("flood");
        let found = Found { tally: &tally, took: Duration::ZERO, setting: String::new() };
        assert!(found.text().contains("**Failed:** flood."), "{}", found.text());
    }
}
