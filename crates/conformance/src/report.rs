//! All laws at once.

use std::fmt;

use crate::{LAWS, Law, Outcome, Subject, Verdict};

/// What each law came to.
#[derive(Debug)]
pub struct Report {
    /// One entry for each law, in the order of [`LAWS`].
    pub entries: Vec<Entry>,
}

/// What one law came to.
#[derive(Debug)]
pub struct Entry {
    /// Which law.
    pub law: &'static Law,
    /// What it came to.
    pub outcome: Outcome,
}

/// Runs every law, one after the other, and cleans up after each.
pub async fn run_all(subject: &Subject) -> Report {
    let mut entries = Vec::with_capacity(LAWS.len());
    for law in LAWS {
        subject.world().disarm().await;
        let outcome = law.run(subject).await;
        subject.clean().await;
        entries.push(Entry { law, outcome });
    }
    Report { entries }
}

impl Report {
    /// The laws that were kept.
    pub fn kept(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome == Ok(Verdict::Kept))
    }

    /// The laws that could not be tried, wholly or in part.
    pub fn not_applicable(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.outcome, Ok(Verdict::NotApplicable(_))))
    }

    /// The laws that were broken.
    pub fn broken(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome.is_err())
    }

    /// Whether no law was broken and exactly these were not applicable: an adapter's own test names what its
    /// cloud cannot show, so that nothing is skipped unnoticed.
    ///
    /// # Errors
    /// What is broken, what was not applicable without being named, what was named and could be tried, and
    /// names that are no law's.
    pub fn only_not_applicable(self, named: &[&str]) -> Result<(), Shortfall> {
        let mut complaints = Vec::new();
        for entry in &self.entries {
            let name = entry.law.name;
            match (&entry.outcome, named.contains(&name)) {
                (Err(violation), _) => complaints.push(violation.to_string()),
                (Ok(Verdict::NotApplicable(why)), false) => {
                    complaints.push(format!("law `{name}` could not be tried: {why}"));
                }
                (Ok(Verdict::Kept), true) => {
                    complaints.push(format!("law `{name}` is named as not applicable, but was kept"));
                }
                (Ok(Verdict::Kept), false) | (Ok(Verdict::NotApplicable(_)), true) => {}
            }
        }
        for name in named {
            if !LAWS.iter().any(|law| law.name == *name) {
                complaints.push(format!("`{name}` is no law"));
            }
        }
        if complaints.is_empty() { Ok(()) } else { Err(Shortfall { complaints }) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            match &entry.outcome {
                Ok(Verdict::Kept) => writeln!(f, "kept            {}", entry.law.name)?,
                Ok(Verdict::NotApplicable(why)) => writeln!(f, "not applicable  {}: {why}", entry.law.name)?,
                Err(violation) => writeln!(f, "broken          {}: {violation}", entry.law.name)?,
            }
        }
        Ok(())
    }
}

/// Why a report is not what it should be. `Debug` is the readable form too, so that a test that unwraps shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// One sentence each; never empty.
    pub complaints: Vec<String>,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} laws fall short:", self.complaints.len())?;
        for complaint in &self.complaints {
            write!(f, "\n- {complaint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Shortfall {}
