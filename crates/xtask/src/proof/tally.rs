//! What the runs say of themselves: lines that begin with `proof: `, and the closing lines of test binaries.

use anyhow::Context;
use serde::Deserialize;

/// One line of a test about what it tried.
#[derive(Deserialize)]
struct Said {
    what: String,
    counts: Vec<(String, u64)>,
    seeds: String,
}

/// One row of the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) counts: Vec<(String, u64)>,
    pub(super) seeds: Vec<String>,
}

/// All rows, in the order in which they were first heard of.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: Vec<Row>,
    failures: Vec<String>,
}

/// What test binaries of the standard harness are counted as.
const TESTS: &str = "tests with a name";

impl Tally {
    /// Adds what is said in this text.
    ///
    /// # Errors
    /// When a line that begins as ours does cannot be read: a count would be missing.
    pub(super) fn read(&mut self, text: &str) -> anyhow::Result<()> {
        for line in text.lines() {
            // Before it may stand the name of its test.
            if let Some(at) = line.find("proof: {") {
                let json = line.get(at + "proof: ".len()..).unwrap_or_default();
                let said: Said =
                    serde_json::from_str(json).with_context(|| format!("no evidence: {line}"))?;
                self.add(&said.what, &said.counts, &said.seeds);
            }
            if let Some(counts) = line.strip_prefix("test result: ").and_then(closing) {
                self.add(TESTS, &counts, "");
            }
        }
        Ok(())
    }

    fn add(&mut self, what: &str, counts: &[(String, u64)], seeds: &str) {
        let place = self.rows.iter().position(|row| row.what == what).unwrap_or_else(|| {
            self.rows.push(Row { what: what.to_owned(), ..Row::default() });
            self.rows.len() - 1
        });
        let Some(row) = self.rows.get_mut(place) else { return };
        for (unit, number) in counts {
            match row.counts.iter_mut().find(|count| count.0 == *unit) {
                Some(count) => count.1 += number,
                None => row.counts.push((unit.clone(), *number)),
            }
        }
        if !seeds.is_empty() && !row.seeds.iter().any(|known| known == seeds) {
            row.seeds.push(seeds.to_owned());
        }
    }

    /// Notes that this did not hold.
    pub(super) fn fail(&mut self, why: &str) {
        self.failures.push(why.to_owned());
    }

    /// Fails where less was tried than this.
    pub(super) fn demand(&mut self, least: &[(&str, u64)]) {
        for (unit, least) in least {
            let all = self.rows.iter().flat_map(|row| &row.counts).filter(|count| count.0 == *unit);
            let sum: u64 = all.map(|count| count.1).sum();
            if sum < *least {
                self.failures.push(format!("{sum} {unit}, at least {least} were to be tried"));
            }
        }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn failures(&self) -> &[String] {
        &self.failures
    }
}

/// The counts of a closing line, such as `ok. 12 passed; 0 failed; 1 ignored; 0 measured; …`.
fn closing(line: &str) -> Option<Vec<(String, u64)>> {
    let (_, counts) = line.split_once(". ")?;
    let wanted = ["passed", "failed", "ignored"];
    let count = |part: &str| {
        let (number, word) = part.trim().split_once(' ')?;
        let word = wanted.into_iter().find(|wanted| *wanted == word)?;
        Some((word.to_owned(), number.parse().ok()?))
    };
    Some(counts.split(';').filter_map(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(text: &str) -> Tally {
        let mut tally = Tally::default();
        tally.read(text).unwrap();
        tally
    }

    #[test]
    fn counts_of_the_same_kind_are_added_up() {
        let tally = tally(
            "noise\nproof: {\"what\":\"w\",\"counts\":[[\"a\",1],[\"b\",2]],\"seeds\":\"0 to 3\"}\n\
             test x ... proof: {\"what\":\"w\",\"counts\":[[\"b\",5]],\"seeds\":\"\"}\n\
             test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
        );
        let counts = |place: usize| {
            tally.rows()[place].counts.iter().map(|it| (it.0.as_str(), it.1)).collect::<Vec<_>>()
        };
        assert_eq!(counts(0), [("a", 1), ("b", 7)]);
        assert_eq!(tally.rows()[0].seeds, ["0 to 3"]);
        assert_eq!(counts(1), [("passed", 15), ("failed", 2), ("ignored", 1)]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_an_error_and_not_a_count_less() {
        assert!(Tally::default().read("proof: {\"what\":1}").is_err());
    }

    #[test]
    fn who_tried_too_little_has_failed() {
        let mut tally = tally("proof: {\"what\":\"w\",\"counts\":[[\"a\",9]],\"seeds\":\"\"}");
        tally.demand(&[("a", 9)]);
        assert!(tally.failures().is_empty());
        tally.demand(&[("a", 10), ("b", 1)]);
        assert_eq!(
            tally.failures(),
            ["9 a, at least 10 were to be tried", "0 b, at least 1 were to be tried"]
        );
    }
}
