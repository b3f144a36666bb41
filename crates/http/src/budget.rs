//! How many repeats reads may cost.

use std::sync::atomic::{AtomicI64, Ordering};

/// Repeats that are left, in tenths of a call: each first try earns one tenth, each repeat costs ten.
///
/// When a provider answers nothing but errors, calls so rise by a tenth at most, not fourfold.
#[derive(Debug)]
pub(crate) struct Budget(AtomicI64);

/// Ten repeats to start with: enough for an account's first bad minute.
const MOST: i64 = 100;
const COST: i64 = 10;

impl Budget {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(MOST))
    }

    pub(crate) fn earn(&self) {
        let _ =
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left < MOST).then_some(left + 1));
    }

    /// Whether one more repeat may be made; takes it from the budget.
    pub(crate) fn spend(&self) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left >= COST).then_some(left - COST))
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_costs_a_tenth_more_calls_at_most() {
        let budget = Budget::new();
        let repeats = (0..1_000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert!((100..=111).contains(&repeats.count()));
    }

    #[test]
    fn calls_without_trouble_save_up_ten_repeats_and_not_a_tenth_more() {
        let budget = Budget::new();
        (0..1_000).for_each(|_| budget.earn());
        assert_eq!((0..20).filter(|_| budget.spend()).count(), 10);
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.spend(), "nine calls are no repeat");
        budget.earn();
        assert!(budget.spend());
    }
}
