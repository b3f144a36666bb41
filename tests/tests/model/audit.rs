//! What went over the wire, as an onlooker who believes nobody would note it. The laws are judged from this and from
//! the world, never from what the controller thinks.

use crate::rules::{Ticks, Timing};

/// Something that must not happen, at the moment it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Breach {
    /// A create was sent of which nothing is written.
    SentUnwritten,
    /// A leg sent a second create before the grace was over, or without two complete lists that did not show it.
    SentTooEarly,
    /// A leg sent a third create.
    SentTooOften,
    /// A leg was started while another of its intent may have a machine.
    StartedTooEarly,
    /// A machine was deleted that was handed over and is wanted.
    DeletedHandedOver,
    /// A create was sent after its sender's lease.
    SentAfterLease,
}

/// The creates of one leg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Audit {
    /// How many creates were sent that were not refused.
    pub(crate) posts: u8,
    /// When the last one's connection was closed; absent: it is open, or there was none.
    pub(crate) closed_at: Option<Ticks>,
    /// How many complete lists, asked for after the grace, did not show a machine; up to two.
    pub(crate) absent_lists: u8,
}

impl Audit {
    /// A create is sent; what is wrong with it.
    pub(crate) fn post(&mut self, rules: Timing, now: Ticks) -> Option<Breach> {
        let early = self.posts > 0
            && (self.absent_lists < 2 || self.closed_at.is_none_or(|at| now < at + rules.grace()));
        self.posts += 1;
        self.closed_at = None;
        self.absent_lists = 0;
        if self.posts > 2 {
            return Some(Breach::SentTooOften);
        }
        early.then_some(Breach::SentTooEarly)
    }

    /// The create was refused, or never left.
    pub(crate) fn refuse(&mut self) {
        self.posts -= 1;
    }

    /// Nobody waits for its answer any more.
    pub(crate) fn close(&mut self, now: Ticks) {
        if self.posts > 0 {
            self.closed_at.get_or_insert(now);
        }
    }

    /// A complete list, asked for then, did not show a machine of it.
    pub(crate) fn absent(&mut self, rules: Timing, asked_at: Ticks) {
        if self.closed_at.is_some_and(|at| asked_at >= at + rules.grace()) {
            self.absent_lists = (self.absent_lists + 1).min(2);
        }
    }
}
