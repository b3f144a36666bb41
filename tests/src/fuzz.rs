//! Everything that reads what somebody else wrote, with what must hold whatever stands there: fuzz targets.
//!
//! Reading order: [`Target`] and [`targets`] (the table), [`Mark`] (what an execution came to), `script` and `canned`
//! (an input as the answers of a provider), `account` and `question` (who is asked what), `adapters` (what must hold of
//! an answer), then what needs no provider: `text`, `words`, `nouns`, `figures`, `times`, `money`, `wire`, `journal`,
//! `catalogue`, and `program` (the whole command line). [`mutate`] makes inputs of inputs, [`corpus`] holds the first
//! ones.
//!
//! Invariants of this room: an input decides everything, so that the same bytes are the same execution; nothing is sent
//! anywhere; files are written in a folder of the thread's own only; what is wrong panics with a sentence. Each target
//! has broken doubles: the same checks over something that does not keep them.
//!
//! `tests/tests/fuzz` drives these targets in seeded loops, `tests/fuzz` hands them to libFuzzer.

mod account;
mod adapters;
mod canned;
mod catalogue;
pub mod corpus;
mod figures;
mod harmless;
mod journal;
mod mark;
mod money;
pub mod mutate;
mod nouns;
mod program;
mod question;
mod script;
mod sentinels;
mod spans;
mod text;
mod thread;
mod times;
mod wire;
mod words;

pub use mark::Mark;

/// One execution. Panics where what must hold does not.
pub type Run = fn(&[u8]) -> Mark;

/// Something that reads what somebody else wrote.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and its corpus's: `[a-z0-9-]`.
    pub name: &'static str,
    /// What it belongs to, in the table of what was tried.
    pub group: &'static str,
    /// The corpora it starts from: folders of `tests/corpus`.
    pub corpora: &'static [&'static str],
    /// One execution.
    pub run: Run,
    /// The same checks over something that does not keep them.
    pub doubles: &'static [Double],
}

/// Something that does not keep what must hold: the loop has to find that out.
#[derive(Clone, Copy, Debug)]
pub struct Double {
    /// What is broken.
    pub lacks: &'static str,
    /// One execution.
    pub run: Run,
    /// A part of the sentence that must be said of it, so that the right check finds it out.
    pub says: &'static str,
}

/// Every target.
#[must_use]
pub fn targets() -> Vec<Target> {
    let rooms: [&[Target]; 11] = [
        adapters::TARGETS,
        text::TARGETS,
        words::TARGETS,
        nouns::TARGETS,
        figures::TARGETS,
        times::TARGETS,
        money::TARGETS,
        wire::TARGETS,
        journal::TARGETS,
        catalogue::TARGETS,
        program::TARGETS,
    ];
    rooms.concat()
}

/// Bugs that hide behind rare inputs: what [`mutate`] must be able to make. They are no targets.
#[must_use]
pub fn sentinels() -> &'static [Double] {
    sentinels::SENTINELS
}

/// One execution of the target with this name, for libFuzzer.
///
/// # Panics
/// Where no target has this name, and where what must hold does not.
pub fn run(name: &str, input: &[u8]) {
    let found = targets().into_iter().find(|target| target.name == name);
    assert!(found.is_some(), "no target is called `{name}`");
    if let Some(target) = found {
        (target.run)(input);
    }
}

#[cfg(test)]
mod tests;
