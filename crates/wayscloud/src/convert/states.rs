//! Every word of theirs for a state, and what it means. Compared without letter case and separators, because the
//! spellings changed between versions.

use vmbroker_core::State;

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A person, or a date, must release it first.
    Awaiting,
    /// It is being worked on.
    Working,
    /// It is fulfilled.
    Done,
    /// It failed; what it made may remain.
    Failed,
    /// It was withdrawn or refused; it made nothing.
    Ended,
    /// A word we do not know: neither success nor the end.
    Unknown,
}

/// Where a resource is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its order is not done.
    Creating,
    /// It was built: its machine's own state says more.
    Ok,
    /// It is being changed.
    Updating,
    /// It failed.
    Erred,
    /// It is being ended.
    Terminating,
    /// It ended; its row stays for ever.
    Terminated,
    /// A word we do not know.
    Unknown,
}

/// Words for orders: the documented ones and those of every known version of Waldur.
pub(crate) const ORDERS: &[(&str, Phase)] = &[
    ("pending-consumer", Phase::Awaiting),
    ("pending-project", Phase::Awaiting),
    ("pending-provider", Phase::Awaiting),
    ("pending-start-date", Phase::Awaiting),
    ("pending", Phase::Awaiting),
    ("requested for approval", Phase::Awaiting),
    ("created", Phase::Awaiting),
    ("Creating", Phase::Working),
    ("executing", Phase::Working),
    ("in progress", Phase::Working),
    ("Success", Phase::Done),
    ("Succeeded", Phase::Done),
    ("done", Phase::Done),
    ("completed", Phase::Done),
    ("Erred", Phase::Failed),
    ("error", Phase::Failed),
    ("failed", Phase::Failed),
    ("canceled", Phase::Ended),
    ("cancelled", Phase::Ended),
    ("rejected", Phase::Ended),
    ("terminated", Phase::Ended),
];

/// Words for resources.
pub(crate) const RESOURCES: &[(&str, Stage)] = &[
    ("Creating", Stage::Creating),
    ("OK", Stage::Ok),
    ("Updating", Stage::Updating),
    ("Erred", Stage::Erred),
    ("Terminating", Stage::Terminating),
    ("Terminated", Stage::Terminated),
];

/// Words for machines that were built: OpenStack's, and those of WAYSCloud's pages.
pub(crate) const MACHINES: &[(&str, State)] = &[
    ("ACTIVE", State::Running),
    ("online", State::Running),
    ("SHUTOFF", State::Stopped),
    ("PAUSED", State::Stopped),
    ("SUSPENDED", State::Stopped),
    ("BUILDING", State::Provisioning),
    ("BUILD", State::Provisioning),
    ("REBOOT", State::Provisioning),
    ("HARD_REBOOT", State::Provisioning),
    ("ERROR", State::Failed),
    ("UNKNOWN", State::Unrecognised),
];

/// Words for machines at `/api/openstack-instances/` and in what a resource mirrors of them.
pub(crate) const INSTANCES: &[(&str, Stage)] = &[
    ("Creation Scheduled", Stage::Creating),
    ("Creating", Stage::Creating),
    ("OK", Stage::Ok),
    ("Erred", Stage::Erred),
    ("Update Scheduled", Stage::Updating),
    ("Updating", Stage::Updating),
    ("Deletion Scheduled", Stage::Terminating),
    ("Deleting", Stage::Terminating),
    ("Deleted", Stage::Terminated),
];

impl Phase {
    pub(crate) fn of(word: &str) -> Self {
        let awaits_something_new = || {
            let start = word.trim_start().as_bytes().get(..8);
            start.is_some_and(|start| start.eq_ignore_ascii_case(b"pending-"))
        };
        match find(ORDERS, word) {
            Some(phase) => phase,
            None if awaits_something_new() => Self::Awaiting,
            None => Self::Unknown,
        }
    }

    /// Whether something may still come of it.
    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::Awaiting | Self::Working | Self::Unknown => true,
            Self::Done | Self::Failed | Self::Ended => false,
        }
    }
}

impl Stage {
    pub(crate) fn of(word: &str) -> Self {
        find(RESOURCES, word).unwrap_or(Self::Unknown)
    }

    /// The same of a machine's own state.
    pub(crate) fn of_instance(word: &str) -> Self {
        find(INSTANCES, word).unwrap_or(Self::Unknown)
    }
}

/// The state of a machine that was built.
pub(crate) fn of_runtime(word: &str) -> State {
    find(MACHINES, word).unwrap_or(State::Unrecognised)
}

/// Whether two words are the same but for letter case and separators.
pub(crate) fn same_word(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    // Nearly always the word is spelt as in the table, and lists have thousands.
    let exact = table.iter().find(|(known, _)| *known == word);
    exact.or_else(|| table.iter().find(|(known, _)| same_word(known, word))).map(|(_, meaning)| *meaning)
}

fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_its_row_in_any_spelling() {
        for (word, phase) in ORDERS {
            for spelling in [word.to_lowercase(), word.to_uppercase(), word.replace(['-', ' '], "_")] {
                assert_eq!(Phase::of(&spelling), *phase, "{spelling}");
            }
        }
        for (word, stage) in RESOURCES {
            assert_eq!(Stage::of(&word.to_lowercase()), *stage, "{word}");
        }
        for (word, stage) in INSTANCES {
            assert_eq!(Stage::of_instance(&word.to_uppercase().replace(' ', "_")), *stage, "{word}");
        }
        for (word, state) in MACHINES {
            assert_eq!(of_runtime(&word.to_lowercase()), *state, "{word}");
        }
    }

    /// What each word of the documents and of every known version means, written down a second time.
    #[test]
    fn every_documented_word_has_its_meaning() {
        use Phase::{Awaiting, Done, Ended, Failed, Working};
        let orders = [
            (
                Awaiting,
                &["pending-consumer", "pending-project", "pending-provider", "pending-start-date"][..],
            ),
            (Awaiting, &["pending", "requested for approval", "requestedforapproval", "created"]),
            (Working, &["Creating", "executing", "in progress", "inprogress"]),
            (Done, &["Success", "Succeeded", "done", "completed"]),
            (Failed, &["Erred", "error", "failed"]),
            (Ended, &["canceled", "cancelled", "rejected", "terminated"]),
        ];
        for (phase, words) in orders {
            words.iter().for_each(|word| assert_eq!(Phase::of(word), phase, "{word}"));
        }
        let resources = [
            ("Creating", Stage::Creating),
            ("OK", Stage::Ok),
            ("Erred", Stage::Erred),
            ("Updating", Stage::Updating),
            ("Terminating", Stage::Terminating),
            ("Terminated", Stage::Terminated),
        ];
        resources.iter().for_each(|(word, stage)| assert_eq!(Stage::of(word), *stage, "{word}"));
        let instances = [
            (Stage::Creating, &["Creation Scheduled", "CREATION_SCHEDULED", "Creating", "CREATING"][..]),
            (Stage::Ok, &["OK"]),
            (Stage::Erred, &["Erred", "ERRED"]),
            (Stage::Updating, &["Update Scheduled", "UPDATE_SCHEDULED", "Updating", "UPDATING"]),
            (Stage::Terminating, &["Deletion Scheduled", "DELETION_SCHEDULED", "Deleting", "DELETING"]),
            (Stage::Terminated, &["Deleted"]),
        ];
        for (stage, words) in instances {
            words.iter().for_each(|word| assert_eq!(Stage::of_instance(word), stage, "{word}"));
        }
        let machines = [
            (State::Running, &["ACTIVE", "active", "online"][..]),
            (State::Stopped, &["SHUTOFF", "PAUSED", "SUSPENDED"]),
            (State::Provisioning, &["BUILDING", "BUILD", "REBOOT", "HARD_REBOOT"]),
            (State::Failed, &["ERROR"]),
            (State::Unrecognised, &["UNKNOWN", "SHELVED"]),
        ];
        for (state, words) in machines {
            words.iter().for_each(|word| assert_eq!(of_runtime(word), state, "{word}"));
        }
        // None of the tables has a word that is missing here.
        let counted = |words: usize, table: usize| assert!(words >= table, "{words} of {table}");
        counted(orders.iter().map(|row| row.1.len()).sum(), ORDERS.len());
        counted(resources.len(), RESOURCES.len());
        counted(machines.iter().map(|row| row.1.len()).sum(), MACHINES.len());
    }

    #[test]
    fn no_word_stands_twice() {
        let words = |table: &[&str]| {
            let mut plain: Vec<String> = table.iter().map(|word| letters(word).collect()).collect();
            plain.sort();
            assert!(plain.windows(2).all(|pair| pair[0] != pair[1]), "{plain:?}");
        };
        words(&ORDERS.iter().map(|row| row.0).collect::<Vec<_>>());
        words(&RESOURCES.iter().map(|row| row.0).collect::<Vec<_>>());
        words(&MACHINES.iter().map(|row| row.0).collect::<Vec<_>>());
        words(&INSTANCES.iter().map(|row| row.0).collect::<Vec<_>>());
    }

    #[test]
    fn an_unknown_word_is_neither_success_nor_the_end() {
        for word in ["", "weird", "donee", "ok", "\u{1b}[31m", "成功"] {
            assert_eq!(Phase::of(word), Phase::Unknown, "{word}");
            assert!(Phase::of(word).is_open());
        }
        assert_eq!(Phase::of("pending-something-new"), Phase::Awaiting);
        assert_eq!(Stage::of("Frozen"), Stage::Unknown);
        assert_eq!(of_runtime("MIGRATING"), State::Unrecognised);
    }
}
