//! What can go wrong at one point of a run. One table; each kind has a word, by which a set is written and read.

use std::fmt;

use vmbroker_sim::{FaultKind, Refusal};

/// What a point of a run is: what can go wrong there, and what that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A create arrives.
    Create,
    /// A list or a look at a machine arrives.
    Look,
    /// A step towards a machine's end arrives.
    Delete,
    /// Anything else arrives: look-ups before a create, keys, switching off.
    Ask,
    /// The journal writes.
    Commit,
}

impl Class {
    /// The class of this operation of a simulated cloud; `commit` is the journal's.
    pub(crate) fn of(operation: &str) -> Self {
        match operation {
            "create" => Self::Create,
            "list" | "status" => Self::Look,
            "delete" | "release" => Self::Delete,
            "commit" => Self::Commit,
            _ => Self::Ask,
        }
    }
}

/// How much further a kind widens the sets: up to what size sets have it depends on how long may be tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// One of each meaning.
    #[default]
    Core,
    /// Nearly the same as one of those, but for what it leaves behind or how it is told.
    More,
    /// Everything else that was seen on wires.
    All,
}

/// What a provider promises, in seconds: the worst that still keeps it is what goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promises {
    /// D: how late a create may be applied.
    pub(crate) late: u64,
    /// How long a new machine may be hidden; 0: it never is.
    pub(crate) hidden: u64,
    /// S: how old an answer may be; 0: none is.
    pub(crate) old: u64,
    /// Whether an order may have to wait for a person, and can be withdrawn then.
    pub(crate) approval: bool,
}

/// One kind of fault at one class of points.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Where it can be.
    pub(crate) class: Class,
    /// In which sets it is.
    pub(crate) rank: Rank,
    /// Its word, alone in its class.
    pub(crate) word: &'static str,
    /// What is done.
    pub(crate) act: Act,
}

/// What is done where a fault is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// This strikes the call at the cloud.
    Strikes(fn(&Promises) -> FaultKind),
    /// The same, and what it makes is hidden as long as it may be.
    Hides(fn(&Promises) -> FaultKind),
    /// The connection ends at once; the create is applied as late as it may be, and its machine then hidden as long.
    Late,
    /// This operation is answered with an internal error for [`FAILS_FOR`], repeats included.
    Fails,
    /// It is done, and the program ends before an answer comes.
    Dies,
    /// The program ends before it arrives.
    DiesUnsent,
    /// The program ends before the commit.
    DiesBefore,
    /// The program ends after the commit.
    DiesAfter,
    /// Nothing is written, and the program is told so: the disk is full.
    NotWritten,
}

/// How long an operation fails: longer than a call repeats itself, and shorter than the pause to the next look.
pub(crate) const FAILS_FOR: std::time::Duration = std::time::Duration::from_secs(10);

impl Kind {
    /// The kind with this word at this class.
    pub(crate) fn find(class: Class, word: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.class == class && kind.word == word)
    }

    /// Those that keep these promises, at this class.
    pub(crate) fn at(class: Class, promises: Promises) -> impl Iterator<Item = &'static Self> {
        KINDS.iter().filter(move |kind| kind.class == class && kind.keeps(promises))
    }

    fn keeps(&self, promises: Promises) -> bool {
        match (self.word, self.act) {
            ("hidden", _) | (_, Act::Hides(_)) => promises.hidden > 0,
            ("old", _) => promises.old > 0,
            ("awaits-approval", _) => promises.approval,
            _ => true,
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        (self.class, self.word) == (other.class, other.word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

const fn row(class: Class, rank: Rank, word: &'static str, act: Act) -> Kind {
    Kind { class, rank, word, act }
}

const fn strikes(class: Class, rank: Rank, word: &'static str, kind: fn(&Promises) -> FaultKind) -> Kind {
    row(class, rank, word, Act::Strikes(kind))
}

/// Every kind.
pub(crate) static KINDS: &[Kind] = &[
    strikes(Class::Create, Rank::Core, "sold-out", |_| FaultKind::Refuse(Refusal::SoldOut)),
    strikes(Class::Create, Rank::Core, "lost", |_| FaultKind::LoseAnswer),
    strikes(Class::Create, Rank::Core, "reset", |_| FaultKind::Reset),
    row(Class::Create, Rank::Core, "late", Act::Late),
    strikes(Class::Create, Rank::Core, "hidden", |promises| FaultKind::Hide(promises.hidden - 1)),
    strikes(Class::Create, Rank::Core, "fails-later", |_| FaultKind::FailLater("no valid host".to_owned())),
    row(Class::Create, Rank::Core, "dies", Act::Dies),
    row(Class::Create, Rank::More, "lost-hidden", Act::Hides(|_| FaultKind::LoseAnswer)),
    row(Class::Create, Rank::More, "dies-unsent", Act::DiesUnsent),
    strikes(Class::Create, Rank::More, "denied", |_| FaultKind::Refuse(Refusal::Credentials)),
    strikes(Class::Create, Rank::All, "quota", |_| FaultKind::Refuse(Refusal::Quota)),
    strikes(Class::Create, Rank::All, "funds", |_| FaultKind::Refuse(Refusal::Funds)),
    strikes(Class::Create, Rank::All, "unavailable", |_| FaultKind::Refuse(Refusal::Unavailable)),
    strikes(Class::Create, Rank::All, "internal", |_| FaultKind::Refuse(Refusal::Internal)),
    strikes(Class::Create, Rank::All, "incompatible", |_| FaultKind::Refuse(Refusal::Incompatible)),
    strikes(Class::Create, Rank::All, "echo", |_| FaultKind::Echo),
    strikes(Class::Create, Rank::All, "throttled", |_| FaultKind::Throttle { retry_after: None }),
    strikes(Class::Create, Rank::All, "throttled-told", told),
    strikes(Class::Create, Rank::All, "hangs", |_| FaultKind::Hang),
    strikes(Class::Create, Rank::All, "late-hangs", |promises| FaultKind::ApplyLate(promises.late - 1)),
    strikes(Class::Create, Rank::All, "slow", |_| FaultKind::Slow(5_000)),
    strikes(Class::Create, Rank::All, "too-slow", |_| FaultKind::Slow(150_000)),
    strikes(Class::Create, Rank::All, "endless", |_| FaultKind::Endless),
    strikes(Class::Create, Rank::All, "cut", |_| FaultKind::TruncateAnswer),
    strikes(Class::Create, Rank::All, "after-202", |_| FaultKind::StatusAfter(202)),
    strikes(Class::Create, Rank::All, "after-409", |_| FaultKind::StatusAfter(409)),
    strikes(Class::Create, Rank::All, "after-500", |_| FaultKind::StatusAfter(500)),
    strikes(Class::Create, Rank::All, "after-502", |_| FaultKind::StatusAfter(502)),
    strikes(Class::Create, Rank::All, "after-504", |_| FaultKind::StatusAfter(504)),
    strikes(Class::Create, Rank::All, "body-object", |_| FaultKind::BodyAfter("{}".to_owned())),
    strikes(Class::Create, Rank::All, "body-list", |_| FaultKind::BodyAfter("[]".to_owned())),
    strikes(Class::Create, Rank::All, "body-null", |_| FaultKind::BodyAfter("null".to_owned())),
    strikes(Class::Create, Rank::All, "body-none", |_| FaultKind::BodyAfter(String::new())),
    strikes(Class::Create, Rank::All, "body-page", |_| FaultKind::BodyAfter("<html>".to_owned())),
    strikes(Class::Create, Rank::All, "page-200", |_| FaultKind::HtmlSuccess),
    strikes(Class::Create, Rank::All, "page-502", |_| FaultKind::Html(502)),
    strikes(Class::Create, Rank::All, "page-503", |_| FaultKind::Html(503)),
    strikes(Class::Create, Rank::All, "redirect", |_| FaultKind::Redirect),
    // Longer than a machine may take to come up.
    strikes(Class::Create, Rank::All, "delayed", |_| FaultKind::Delay(1_500)),
    strikes(Class::Create, Rank::All, "awaits-approval", |_| FaultKind::AwaitApproval),
    row(Class::Look, Rank::Core, "fails", Act::Fails),
    strikes(Class::Look, Rank::Core, "old", |promises| FaultKind::Stale(promises.old - 1)),
    strikes(Class::Look, Rank::More, "denied", |_| FaultKind::Refuse(Refusal::Credentials)),
    strikes(Class::Look, Rank::All, "internal", |_| FaultKind::Refuse(Refusal::Internal)),
    strikes(Class::Look, Rank::All, "lost", |_| FaultKind::LoseAnswer),
    strikes(Class::Look, Rank::All, "cut", |_| FaultKind::TruncateAnswer),
    strikes(Class::Look, Rank::All, "hangs", |_| FaultKind::Hang),
    strikes(Class::Look, Rank::All, "page-200", |_| FaultKind::HtmlSuccess),
    strikes(Class::Look, Rank::All, "page-502", |_| FaultKind::Html(502)),
    strikes(Class::Look, Rank::All, "throttled-told", told),
    strikes(Class::Look, Rank::All, "after-503", |_| FaultKind::StatusAfter(503)),
    row(Class::Ask, Rank::Core, "fails", Act::Fails),
    strikes(Class::Ask, Rank::More, "denied", |_| FaultKind::Refuse(Refusal::Credentials)),
    strikes(Class::Ask, Rank::More, "lost", |_| FaultKind::LoseAnswer),
    strikes(Class::Ask, Rank::All, "cut", |_| FaultKind::TruncateAnswer),
    strikes(Class::Ask, Rank::All, "hangs", |_| FaultKind::Hang),
    strikes(Class::Ask, Rank::All, "page-200", |_| FaultKind::HtmlSuccess),
    strikes(Class::Ask, Rank::All, "throttled-told", told),
    strikes(Class::Delete, Rank::Core, "lost", |_| FaultKind::LoseAnswer),
    strikes(Class::Delete, Rank::Core, "reverts", |_| FaultKind::Revert),
    row(Class::Delete, Rank::Core, "fails", Act::Fails),
    row(Class::Delete, Rank::Core, "dies", Act::Dies),
    strikes(Class::Delete, Rank::More, "forbidden", |_| FaultKind::Refuse(Refusal::Permission)),
    strikes(Class::Delete, Rank::More, "denied", |_| FaultKind::Refuse(Refusal::Credentials)),
    row(Class::Delete, Rank::All, "dies-unsent", Act::DiesUnsent),
    strikes(Class::Delete, Rank::All, "internal", |_| FaultKind::Refuse(Refusal::Internal)),
    strikes(Class::Delete, Rank::All, "reset", |_| FaultKind::Reset),
    strikes(Class::Delete, Rank::All, "cut", |_| FaultKind::TruncateAnswer),
    strikes(Class::Delete, Rank::All, "hangs", |_| FaultKind::Hang),
    strikes(Class::Delete, Rank::All, "page-200", |_| FaultKind::HtmlSuccess),
    strikes(Class::Delete, Rank::All, "page-502", |_| FaultKind::Html(502)),
    strikes(Class::Delete, Rank::All, "throttled-told", told),
    strikes(Class::Delete, Rank::All, "after-500", |_| FaultKind::StatusAfter(500)),
    strikes(Class::Delete, Rank::All, "after-503", |_| FaultKind::StatusAfter(503)),
    row(Class::Commit, Rank::Core, "dies-after", Act::DiesAfter),
    row(Class::Commit, Rank::More, "dies-before", Act::DiesBefore),
    row(Class::Commit, Rank::More, "not-written", Act::NotWritten),
];

fn told(_: &Promises) -> FaultKind {
    FaultKind::Throttle { retry_after: Some("20".to_owned()) }
}
