//! Zenlayer: not written yet; answers 404 to everything.

use crate::{Answer, Cloud, Face, FaultKind, Refusal, Request};

/// The face.
#[derive(Debug)]
pub(crate) struct Zenlayer;
impl Face for Zenlayer {
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
/// Fills a new cloud with what this provider keeps besides machines.
pub(crate) fn furnish(_: &Cloud) {}
