//! What each thread keeps from one execution to the next.

use std::cell::OnceCell;

use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use vmbroker_core::Clock;

thread_local! {
    static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
}

/// Carries this out on the thread's runtime, whose time passes only where everything waits.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    // Pauses between repeats are drawn: the same draw for the same input.
    fastrand::seed(7);
    RUNTIME.with(|runtime| {
        let runtime = runtime
            .get_or_init(|| Builder::new_current_thread().enable_all().start_paused(true).build().unwrap());
        runtime.block_on(future)
    })
}

/// A clock that shows the same at the start of each execution. Within [`block_on`] only.
pub(super) fn clock() -> Clock {
    Clock::simulated(now(), 1)
}

/// What [`clock`] shows first.
pub(super) fn now() -> Timestamp {
    Timestamp::constant(1_795_248_000, 0)
}
