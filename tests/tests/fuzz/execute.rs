//! One execution, and what it said where it failed.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

use cpu_time::ThreadTime;
use vmbroker_tests::fuzz::{Mark, Run};

/// More time of the processor than this is a way to keep the program busy. The longest input of 4 MiB takes a
/// twentieth of it without optimisation.
const MOST_SECONDS: u64 = 20;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From here on what an execution panics with is kept, and not printed.
pub(crate) fn quiet() {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !INSIDE.get() {
            return loud(info);
        }
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("?");
        SAID.set(format!("{text} ({place})"));
    }));
}

/// What an execution came to, or what was said where it failed; and the processor's time, in nanoseconds.
pub(crate) fn execute(run: Run, input: &[u8]) -> (Result<Mark, String>, u64) {
    INSIDE.set(true);
    let started = ThreadTime::now();
    let ended = panic::catch_unwind(AssertUnwindSafe(|| run(input)));
    let time = started.elapsed();
    INSIDE.set(false);
    let nanos = u64::try_from(time.as_nanos()).unwrap();
    let ended = ended.map_err(|_| SAID.take());
    let ended = ended.and_then(|mark| {
        if time.as_secs() < MOST_SECONDS { Ok(mark) } else { Err(format!("it took {} s", time.as_secs())) }
    });
    (ended, nanos)
}
