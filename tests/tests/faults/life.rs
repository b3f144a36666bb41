//! One life of the program. It may end in the middle of anything, and then does nothing any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// One life of the program.
#[derive(Debug, Default)]
pub(crate) struct Life {
    over: AtomicBool,
    /// A write failed, and the program was told.
    stumbled: AtomicBool,
    ended: Notify,
}

impl Life {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.ended.notify_waiters();
    }

    /// Notes that a write failed.
    pub(crate) fn stumble(&self) {
        self.stumbled.store(true, Ordering::SeqCst);
    }

    /// Whether the program has a reason to end with an error.
    pub(crate) fn may_fail(&self) -> bool {
        self.is_over() || self.stumbled.load(Ordering::SeqCst)
    }

    /// What comes of this; absent where the program ended first.
    pub(crate) async fn lives<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let ended = self.ended.notified();
        if self.is_over() {
            return None;
        }
        tokio::select! {
            biased;
            () = ended => None,
            done = work => Some(done),
        }
    }
}
