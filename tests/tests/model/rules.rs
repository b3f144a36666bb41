//! What is believed of a provider, what is true of it, and what may go wrong.

/// A moment or a time, in ticks.
pub(crate) type Ticks = u8;

/// What to do when a create's outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnUncertain {
    /// Send again, or try elsewhere, once absence is proven.
    Proceed,
    /// Ask a person.
    Ask,
}

/// What the controller believes of an account, or what is true of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// D: how long after its last byte a create may still be applied.
    pub(crate) applies_within: Ticks,
    /// S: how old an answer may be. At least one tick: within a tick the order is open.
    pub(crate) lists_lag: Ticks,
    /// How long a new machine may be invisible.
    pub(crate) visible_within: Ticks,
}

impl Timing {
    pub(crate) const fn new(applies_within: Ticks, lists_lag: Ticks, visible_within: Ticks) -> Self {
        Self { applies_within, lists_lag, visible_within }
    }

    /// From how long after the last byte on a listing without the machine proves that there is none: by then the
    /// create was applied, or never is, and what it made is shown.
    pub(crate) fn grace(self) -> Ticks {
        self.applies_within + self.visible_within + self.lists_lag
    }

    /// How long to look before a person is asked although nothing was proven: looks may fail.
    pub(crate) fn patience(self) -> Ticks {
        self.grace() + 2
    }
}

/// A safeguard of the protocol, so that it can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Absence counts only after the whole grace; without it, one tick earlier.
    Grace,
    /// A list may be stale; without it, what it does not show is believed not to be there.
    ListsAreStale,
    /// Absence counts only when it was seen twice.
    SecondSighting,
    /// Both sightings count only after the grace; without it, the first counts when the create can no longer be
    /// applied, although a list may not show it yet.
    BothAfterGrace,
    /// A look that fails says nothing; without it, it is an empty list.
    FailedLookSaysNothing,
    /// The row is committed before the create is sent; without it, after.
    IntentFirst,
    /// The machine bears the marker of its leg.
    Marker,
    /// A leg never sends more than two creates whose outcome was unknown.
    CapOnCreates,
    /// A machine is gone only when two looks say so; without it, when the delete was accepted.
    ProofBeforeGone,
    /// A machine that is not found may be too new to be seen.
    NewMachinesHide,
    /// A machine counts as seen when the answer came; without it, when it was asked for.
    SeenWhenAnswered,
    /// The next leg starts only when the one before can have no machine.
    OneLegAtATime,
    /// A machine that comes after its absence was proven is looked for.
    LateWatch,
    /// The late watch counts from the last create, not from the first that was believed absent.
    WatchOutlastsCreates,
    /// While a create is on its way, lists say nothing of its leg: the answer comes first.
    AnswerFirst,
    /// Of two controllers the one whose version is current writes.
    Claim,
    /// A claim holds until its lease ends, and no longer.
    Lease,
    /// The send guard: nothing is sent after one's own lease.
    SendInTime,
}

/// What may go wrong besides delays and stale lists, before the quiet begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// The answer to a create is lost.
    pub(crate) lost_answers: bool,
    /// A look at a list fails.
    pub(crate) failed_looks: bool,
    /// The controller ends at any point, and starts again.
    pub(crate) crashes: bool,
    /// A machine fails while it comes up, and costs.
    pub(crate) failed_machines: bool,
    /// A delete fails, or is accepted and nothing happens.
    pub(crate) idle_deletes: bool,
    /// The machine is no longer wanted.
    pub(crate) dropped: bool,
    /// How many complete lists miss a machine that is neither new nor gone.
    pub(crate) wrong_lists: u8,
}

impl Faults {
    /// Everything that the promises allow.
    pub(crate) fn all() -> Self {
        Self {
            lost_answers: true,
            failed_looks: true,
            crashes: true,
            failed_machines: true,
            idle_deletes: true,
            dropped: true,
            wrong_lists: 0,
        }
    }

    /// What it takes for a create of unknown outcome.
    pub(crate) fn few() -> Self {
        Self { lost_answers: true, failed_looks: true, crashes: true, ..Self::default() }
    }
}

/// What one run of the model is about.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// What the controller believes.
    pub(crate) rules: Timing,
    /// What is true.
    pub(crate) truth: Timing,
    pub(crate) on_uncertain: OnUncertain,
    /// How many machines are wanted.
    pub(crate) intents: u8,
    /// How many accounts there are to rent them at.
    pub(crate) accounts: u8,
    /// How long a call may stay without an answer.
    pub(crate) calls_take: Ticks,
    /// How long a machine that comes too late is looked for.
    pub(crate) late_watch: Ticks,
    pub(crate) faults: Faults,
    /// From when on nothing more goes wrong, and the controller is quick.
    pub(crate) quiet_at: Ticks,
    /// When every intent must have ended, or ask.
    pub(crate) end_at: Ticks,
    /// The safeguard that is taken out.
    pub(crate) without: Option<Guard>,
}

impl Setting {
    /// One intent at two accounts whose truth is what is believed of them.
    pub(crate) fn honest(timing: Timing, quiet_at: Ticks) -> Self {
        Self {
            rules: timing,
            truth: timing,
            on_uncertain: OnUncertain::Proceed,
            intents: 1,
            accounts: 2,
            calls_take: 0,
            late_watch: 1,
            faults: Faults::few(),
            quiet_at,
            end_at: quiet_at + timing.patience() + timing.grace(),
            without: None,
        }
    }

    pub(crate) fn without(self, guard: Guard) -> Self {
        Self { without: Some(guard), ..self }
    }

    /// Whether the safeguard is in place.
    pub(crate) fn holds(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }

    /// From how long after the last byte on the first listing without the machine counts.
    pub(crate) fn first_sighting_after(&self) -> Ticks {
        let lag = if self.holds(Guard::BothAfterGrace) { 0 } else { self.rules.lists_lag };
        self.grace() - lag
    }

    /// The grace of this controller: broken, where that is what the run is about.
    pub(crate) fn grace(&self) -> Ticks {
        let whole = self.rules.grace();
        match self.without {
            Some(Guard::Grace) => whole - 1,
            Some(Guard::ListsAreStale) => whole - self.rules.lists_lag,
            _ => whole,
        }
    }
}
