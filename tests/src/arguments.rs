//! The command line of a test without the standard harness: its own options, and what the harness understands.

/// What follows the program's name.
#[derive(Clone, Debug)]
pub struct Arguments {
    all: Vec<String>,
    /// The options that a value follows.
    valued: &'static [&'static str],
}

impl Arguments {
    /// Of this process. A value follows each of these options.
    #[must_use]
    pub fn with(valued: &'static [&'static str]) -> Self {
        Self { all: std::env::args().skip(1).collect(), valued }
    }

    /// Whether this flag is given.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.all.iter().any(|arg| arg == flag)
    }

    /// What follows this option; absent: it is not given.
    ///
    /// # Panics
    /// When it is the last word.
    #[must_use]
    pub fn text(&self, option: &str) -> Option<&str> {
        assert!(self.valued.contains(&option), "{option} takes no value");
        let at = self.all.iter().position(|arg| arg == option)?;
        Some(self.all.get(at + 1).unwrap_or_else(|| panic!("something must follow {option}")))
    }

    /// The number that follows this option; absent: it is not given.
    ///
    /// # Panics
    /// When no number follows it.
    #[must_use]
    pub fn number(&self, option: &str) -> Option<u64> {
        let text = self.text(option)?;
        Some(text.parse().unwrap_or_else(|_| panic!("{option} {text}: this is no number")))
    }

    /// Whether the test of this name is asked for, as the standard harness reads it: without names all are, else those
    /// that hold one of them; those that hold what follows a `--skip` are not. Other options of it mean nothing.
    #[must_use]
    pub fn ask_for(&self, test: &str) -> bool {
        let (mut names, mut left_out) = (Vec::new(), false);
        let mut words = self.all.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if word == "--skip" {
                left_out |= words.next().is_some_and(|part| test.contains(part));
            } else if self.valued.contains(&word) {
                words.next();
            } else if !word.starts_with("--") {
                names.push(word);
            }
        }
        !left_out && (names.is_empty() || names.iter().any(|name| test.contains(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments { all: line.split_whitespace().map(str::to_owned).collect(), valued: &["--seed"] }
    }

    #[test]
    fn a_test_is_asked_for_as_in_the_standard_harness() {
        for line in ["", "--nocapture", "whole", "other flood", "--seed 7", "--skip whole::fuzz"] {
            assert!(arguments(line).ask_for("whole::flood"), "{line}");
        }
        for line in ["other", "--skip whole", "flood --skip whole::flood", "--seed 7 other"] {
            assert!(!arguments(line).ask_for("whole::flood"), "{line}");
        }
    }

    #[test]
    fn values_are_read_by_their_option() {
        let given = arguments("--wide --seed 7");
        assert_eq!((given.number("--seed"), given.has("--wide")), (Some(7), true));
        assert_eq!(arguments("7").number("--seed"), None);
    }

    #[test]
    #[should_panic(expected = "--seed x: this is no number")]
    fn a_value_that_is_no_number_is_said() {
        let _ = arguments("--seed x").number("--seed");
    }
}
