//! One table of a file, read key by key: whatever is wrong names the field, what was given and what is allowed.

use std::time::Duration;

use toml::{Table, Value};
use vmbroker::{clip, printable};

use crate::config::unknown_key;
use crate::failure::Failure;

/// A table that holds known keys only.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    shown: &'a str,
    /// Its path in the file; empty at the top.
    path: &'a str,
    table: Table,
}

impl<'a> Fields<'a> {
    /// Refuses a table with any other key, before anything is said of what is missing.
    pub(super) fn new(shown: &'a str, path: &'a str, known: &[&str], table: Table) -> Result<Self, Failure> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(Self { shown, path, table }),
            Some(unknown) => Err(unknown_key(shown, path, "", unknown, known.iter().copied())),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.table.remove(key)
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn missing(&self, key: &str, needed: &str) -> Failure {
        Failure::configuration(format!("{}`{}` is missing: {needed}", self.shown, self.full(key)))
    }

    pub(super) fn wrong(&self, key: &str, given: &str, allowed: &str) -> Failure {
        let given = clip(&printable(given.trim_matches('"')), 80);
        let (shown, full) = (self.shown, self.full(key));
        Failure::configuration(format!("{shown}`{full}` is `{given}`, but {allowed}"))
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, Failure> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, &other.to_string(), "it must be a text in quotes")),
        }
    }

    /// A text with a meaning; what is wrong with it is one sentence.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        read(&text).map(Some).map_err(|allowed| self.wrong(key, &text, &allowed))
    }

    /// A text that is one of these words.
    pub(super) fn one_of<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, Failure> {
        let names: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let allowed = format!("it must be one of {}", names.join(", "));
        self.word(key, |text| {
            words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or(allowed.clone())
        })
    }

    pub(super) fn whole(&mut self, key: &str, least: u32, most: u32) -> Result<Option<u32>, Failure> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let fits = value.as_integer().and_then(|number| u32::try_from(number).ok());
        fits.filter(|number| (least..=most).contains(number)).map(Some).ok_or_else(|| {
            let allowed = format!("it must be a whole number from {least} to {most}");
            self.wrong(key, &value.to_string(), &allowed)
        })
    }

    pub(super) fn truth(&mut self, key: &str) -> Result<Option<bool>, Failure> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Boolean(truth)) => Ok(Some(truth)),
            Some(other) => Err(self.wrong(key, &other.to_string(), "it must be true or false")),
        }
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<Duration, String>,
    ) -> Result<Option<Duration>, Failure> {
        self.word(key, read)
    }

    /// A list of texts with a meaning; one text alone is a list of one.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, Failure> {
        let items = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
        };
        let one = |item: Value| match item {
            Value::String(text) => read(&text).map_err(|allowed| self.wrong(key, &text, &allowed)),
            other => Err(self.wrong(key, &other.to_string(), "it must be a list of texts in quotes")),
        };
        items.into_iter().map(one).collect()
    }

    pub(super) fn table(&mut self, key: &str) -> Result<Option<Table>, Failure> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(table)),
            Some(other) => {
                let allowed = format!("it must be a table: it begins with `[{}]`", self.full(key));
                Err(self.wrong(key, &other.to_string(), &allowed))
            }
        }
    }

    /// A table whose keys are names, each with a text.
    pub(super) fn pairs(&mut self, key: &str) -> Result<Vec<(String, String)>, Failure> {
        let table = self.table(key)?.unwrap_or_default();
        let pair = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok((name, text)),
            other => Err(self.wrong(
                &format!("{key}.{}", printable(&name)),
                &other.to_string(),
                "it must be a text in quotes",
            )),
        };
        table.into_iter().map(pair).collect()
    }
}
