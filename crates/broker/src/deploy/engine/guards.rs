//! The safeguards, so that tests can take one out and see what it was for.

/// One safeguard of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Absence counts only after the create can no longer be applied or be invisible.
    Grace,
    /// Absence counts only when it was seen twice.
    SecondSighting,
    /// A leg never sends more than two creates whose outcome was unknown.
    CapOnCreates,
    /// A machine is gone only when two looks say so.
    ProofBeforeGone,
    /// The next leg starts only when the one before can have no machine.
    OneLegAtATime,
    /// The send and the first write after it are in a task of their own.
    OwnTask,
}

/// Whether the safeguard is in place: always, but in tests of its absence.
#[cfg(not(test))]
pub(crate) const fn holds(_: Guard) -> bool {
    true
}

#[cfg(test)]
pub(crate) use without::{holds, without};

#[cfg(test)]
mod without {
    use std::cell::Cell;

    use super::Guard;

    thread_local! {
        static REMOVED: Cell<Option<Guard>> = const { Cell::new(None) };
    }

    pub(crate) fn holds(guard: Guard) -> bool {
        REMOVED.get() != Some(guard)
    }

    /// Takes the safeguard out on this thread, until what is returned is dropped.
    pub(crate) fn without(guard: Guard) -> Removed {
        REMOVED.set(Some(guard));
        Removed
    }

    #[derive(Debug)]
    pub(crate) struct Removed;

    impl Drop for Removed {
        fn drop(&mut self) {
            REMOVED.set(None);
        }
    }
}
