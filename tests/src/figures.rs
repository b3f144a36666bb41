//! The figures that a benchmark measured, each said at its end in a line that a program can read.

use serde_json::{Value, json};

/// What one benchmark measured. Said at the end, below what it printed for people: a table of figures quotes these
/// lines and nothing else.
#[derive(Debug, Default)]
pub struct Figures(Vec<Value>);

impl Figures {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps one figure. `name` stays the same from run to run: what was measured, from the general to the special, such
    /// as `listing 10,000, zenlayer, CPU`. `value` is rounded to three digits after the point. `bound` is what it must
    /// not exceed; absent: it is only told. `of` says what the value is a multiple of, or what it counts.
    pub fn keep(&mut self, name: &str, value: f64, bound: Option<f64>, of: &str) {
        let value = (value * 1_000.0).round() / 1_000.0;
        self.0.push(json!({ "name": name, "value": value, "bound": bound, "of": of }));
    }

    /// Takes the figures out of what another process of this benchmark printed, and returns the rest of it.
    ///
    /// # Panics
    /// Where a figure's line holds none.
    #[must_use]
    pub fn gather(&mut self, printed: &str) -> String {
        let (mut rest, prefix) = (String::new(), "bench: ");
        for line in printed.lines() {
            match line.strip_prefix(prefix) {
                Some(figure) => self.0.push(serde_json::from_str(figure).unwrap()),
                None => rest.extend([line, "\n"]),
            }
        }
        rest
    }

    /// Prints one line for each figure, in the order in which they were kept.
    #[expect(clippy::print_stdout, reason = "it is the benchmark's result")]
    pub fn say(&self) {
        for figure in &self.0 {
            println!("bench: {figure}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_another_process_are_told_apart_from_its_table() {
        let mut theirs = Figures::new();
        theirs.keep("listing, CPU", 1.23456, Some(1.3), "plain CPU");
        theirs.keep("signing", 2.0, None, "hashes");
        let printed = format!("a row\nbench: {}\nanother\nbench: {}\n", theirs.0[0], theirs.0[1]);
        let mut ours = Figures::new();
        assert_eq!(ours.gather(&printed), "a row\nanother\n");
        assert_eq!(ours.0, theirs.0);
        assert_eq!(ours.0[0]["value"], 1.235);
        assert_eq!(ours.0[1]["bound"], Value::Null);
    }
}
