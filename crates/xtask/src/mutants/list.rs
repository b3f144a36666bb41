//! The list of what was changed, and of the changes that no test notices, each with its explanation by a person.

use std::collections::{BTreeMap, BTreeSet};

/// What the last run over one file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) caught: usize,
    /// Noticed too: a test did not come to its end.
    pub(super) timed_out: usize,
    /// Does not compile.
    pub(super) unviable: usize,
    pub(super) missed: Vec<Survivor>,
    /// When, as `2026-11-27`.
    pub(super) day: String,
    /// Of cargo-mutants.
    pub(super) version: String,
    /// What `git hash-object` says of the file that was changed.
    pub(super) content: String,
}

/// A change that no test notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Survivor {
    pub(super) what: String,
    /// The line of code that is changed: a number would not outlive the next edit above it.
    pub(super) line: String,
    /// Why no test can or need notice it; empty: nobody said.
    pub(super) why: String,
}

/// The list, by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) files: BTreeMap<String, Found>,
}

const UNEXPLAINED: &str = "**Not explained.**";

const HEAD: &str = "# The mutation check

`cargo xtask mutants` changes the outcome table, the money and the engine in small ways, one at a time: a `<` becomes
`<=`, a function gives a simple answer, a condition is turned round. Then the tests of that crate run. A change that
they do not notice is *missed*: either a test is lacking, or the change makes no difference that matters, and then it
stands below with the reason. `.cargo/mutants.toml` says which files are changed. A whole run takes hours, so it is no
part of `cargo xtask proof`.

The command writes this page; only the reasons are written by hand, and it keeps them. A missed change without a reason
fails it. The last column is what `git hash-object` gave for the file then, to see whether it is still the same.
";

impl List {
    /// The list that this text holds: what [`text`](Self::text) wrote, and explanations since.
    pub(super) fn read(text: &str) -> Self {
        let mut list = Self::default();
        let mut file: Option<String> = None;
        for line in text.lines() {
            if let Some((name, found)) = line.strip_prefix("| crates/").and_then(row) {
                list.files.insert(name, found);
            } else if let Some(name) = line.strip_prefix("### ") {
                file = Some(name.to_owned());
            } else if let Some(found) = file.as_ref().and_then(|file| list.files.get_mut(file)) {
                survivor(&mut found.missed, line);
            }
        }
        list
    }

    /// Takes in what a run found in this file. Explanations go on where the same change of the same line is missed.
    pub(super) fn take(&mut self, file: String, mut found: Found) {
        if let Some(old) = self.files.get(&file) {
            for survivor in &mut found.missed {
                let known = |old: &&Survivor| (&old.what, &old.line) == (&survivor.what, &survivor.line);
                if let Some(old) = old.missed.iter().find(known) {
                    survivor.why.clone_from(&old.why);
                }
            }
        }
        self.files.insert(file, found);
    }

    /// The changes that nobody explained.
    pub(super) fn unexplained(&self) -> Vec<String> {
        let all = self.files.iter().flat_map(|(file, found)| found.missed.iter().map(move |it| (file, it)));
        all.filter(|(_, it)| it.why.is_empty())
            .map(|(file, it)| format!("{file}: {}: {}", it.what, it.line))
            .collect()
    }

    /// All files together, in a sentence.
    pub(super) fn sums(&self) -> String {
        let sum = |count: fn(&Found) -> usize| self.files.values().map(count).sum::<usize>();
        let (caught, timed_out) = (sum(|it| it.caught), sum(|it| it.timed_out));
        let (unviable, missed) = (sum(|it| it.unviable), sum(|it| it.missed.len()));
        format!(
            "{} changes in {} files: {caught} caught, {timed_out} timed out, {unviable} did not compile, {missed} missed.",
            caught + timed_out + unviable + missed,
            self.files.len()
        )
    }

    /// The page; `wanted` are the files that are to be changed, so that it says which were not yet,
    /// and `machine` is where they were.
    pub(super) fn text(&self, wanted: &BTreeSet<String>, machine: &str) -> String {
        let versions: BTreeSet<&str> = self.files.values().map(|found| found.version.as_str()).collect();
        let mut text = format!(
            "{HEAD}\n{} cargo-mutants {}, {machine}.\n",
            self.sums(),
            versions.into_iter().collect::<Vec<_>>().join(" and ")
        );
        let lacking: Vec<&str> =
            wanted.iter().filter(|file| !self.files.contains_key(*file)).map(String::as_str).collect();
        if !lacking.is_empty() {
            text.push_str(&format!("\nNot run yet: {}.\n", lacking.join(", ")));
        }
        text.push_str(
            "\n| file | changes | caught | timed out | does not compile | missed | day | by | of |\n",
        );
        text.push_str("|---|---|---|---|---|---|---|---|---|\n");
        for (file, found) in &self.files {
            let Found { caught, timed_out, unviable, missed, day, version, content } = found;
            let (missed, sum) = (missed.len(), caught + timed_out + unviable + missed.len());
            text.push_str(&format!(
                "| {file} | {sum} | {caught} | {timed_out} | {unviable} | {missed} | {day} | {version} | {content} |\n"
            ));
        }
        text.push_str("\n## What no test notices, and why\n");
        for (file, found) in self.files.iter().filter(|(_, found)| !found.missed.is_empty()) {
            text.push_str(&format!("\n### {file}\n\n"));
            for Survivor { what, line, why } in &found.missed {
                let why = if why.is_empty() { UNEXPLAINED } else { why };
                text.push_str(&format!("- `{what}`\n  `{line}`\n  {}\n", why.replace('\n', "\n  ")));
            }
        }
        text
    }
}

/// One row of the table, after the first word of its file.
fn row(line: &str) -> Option<(String, Found)> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [file, _, caught, timed_out, unviable, _, day, version, content, ""] = cells[..] else { return None };
    let found = Found {
        caught: caught.parse().ok()?,
        timed_out: timed_out.parse().ok()?,
        unviable: unviable.parse().ok()?,
        missed: Vec::new(),
        day: day.to_owned(),
        version: version.to_owned(),
        content: content.to_owned(),
    };
    Some((format!("crates/{file}"), found))
}

/// Adds one line of the second part to what is missed: a change, its line of code, or its explanation.
fn survivor(missed: &mut Vec<Survivor>, line: &str) {
    let code = |text: &str| {
        let text = text.strip_prefix('`').unwrap_or(text);
        text.strip_suffix('`').unwrap_or(text).to_owned()
    };
    if let Some(what) = line.strip_prefix("- ") {
        missed.push(Survivor { what: code(what), line: String::new(), why: String::new() });
    } else if let Some((text, last)) = line.strip_prefix("  ").zip(missed.last_mut()) {
        if last.line.is_empty() {
            last.line = code(text);
        } else if text != UNEXPLAINED {
            let between = if last.why.is_empty() { "" } else { "\n" };
            last.why = format!("{}{between}{text}", last.why);
        }
    }
}

#[cfg(test)]
mod tests;
