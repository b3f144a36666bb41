//! What was tried, counted over all tests of one witness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vmbroker_tests::proof;

/// What was tried so far. A clone is the same tally.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    fields: AtomicU64,
    machines: AtomicU64,
    doubles: AtomicU64,
}

impl Tally {
    /// One call was answered, and these fields of the answer were looked at.
    pub(crate) fn call(&self, fields: u64) {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        self.0.fields.fetch_add(fields, Ordering::SeqCst);
    }

    /// Client, adapter and ledger told the same of a machine.
    pub(crate) fn agreed(&self) {
        self.0.machines.fetch_add(1, Ordering::SeqCst);
    }

    /// A face that is wrong was found out.
    pub(crate) fn found_out(&self) {
        self.0.doubles.fetch_add(1, Ordering::SeqCst);
    }

    /// Says it for the table of proofs; nothing where nothing was tried.
    pub(crate) fn say(&self, what: &str) {
        let Counts { calls, fields, machines, doubles } = &*self.0;
        let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
        if of(calls) > 0 {
            let counts = [
                ("calls of the client", of(calls)),
                ("fields that it read", of(fields)),
                ("looks at a machine that agreed", of(machines)),
                ("wrong faces found out", of(doubles)),
            ];
            proof::tried(what, &counts, "");
        }
    }
}
