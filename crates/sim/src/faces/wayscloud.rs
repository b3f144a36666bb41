//! Wayscloud: not written yet; answers 404 to everything.

use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

/// The face.
#[derive(Debug)]
pub(crate) struct Wayscloud;
impl Face for Wayscloud {
    fn operation(&self, _: &Request) -> &'static str {
        "other"
    }
    fn answer(&self, _: &Cloud, _: &Request, _: Option<&FaultKind>) -> Answer {
        Answer::empty(404)
    }
    fn refusal(&self, _: Refusal) -> Answer {
        Answer::empty(404)
    }
    fn throttled(&self) -> Answer {
        Answer::empty(429)
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    Documented,
    Waldur,
}
impl Wayscloud {
    pub(crate) fn new(_: Speech) -> Self {
        Self
    }
}
/// Fills a new cloud with what this provider keeps besides machines.
pub(crate) fn furnish(_: &Cloud) {}
