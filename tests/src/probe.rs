//! Where the program under test is stopped: crash points that only this crate's build of it knows.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;

use vmbroker::journal::{Point, Probe};

/// Names a file to which each persist point is written as it is passed, a line each.
pub const NOTE_POINTS: &str = "NOTE_POINTS";
/// `before:sending` or `after:sending#2`: the program ends there, at the first or the nth passing, as if killed.
pub const DIE_AT: &str = "CRASH_AT";
/// `before:sending` or `after:sending#2`: the program panics there.
pub const PANIC_AT: &str = "PANIC_AT";
/// `before:sending` or `before:accepted#2`: the disk takes nothing there, up to this passing.
pub const FULL_AT: &str = "FULL_AT";
/// `after:sending`: the program says `waiting` on standard error there, and waits until it is killed.
pub const WAIT_AT: &str = "WAIT_AT";

/// The probe that this environment asks for; absent: none.
#[must_use]
pub fn probe(env: &BTreeMap<String, OsString>) -> Option<Probe> {
    let text = |name: &str| env.get(name).and_then(|value| value.to_str()).map(str::to_owned);
    let note = env.get(NOTE_POINTS).map(PathBuf::from);
    let [die, panics, full, wait] =
        [DIE_AT, PANIC_AT, FULL_AT, WAIT_AT].map(|name| text(name).map(|it| Moment::of(&it)));
    if note.is_none() && die.is_none() && panics.is_none() && full.is_none() && wait.is_none() {
        return None;
    }
    Some(Probe::new(move |point| {
        if let Some(file) = &note {
            writeln!(OpenOptions::new().append(true).create(true).open(file)?, "{point}")?;
        }
        if die.as_ref().is_some_and(Moment::is_now(point)) {
            std::process::abort();
        }
        assert!(!panics.as_ref().is_some_and(Moment::is_now(point)), "a panic at {point}, as was asked for");
        if full.as_ref().is_some_and(Moment::is_not_over(point)) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        if wait.as_ref().is_some_and(Moment::is_now(point)) {
            io::stderr().write_all(b"waiting\n")?;
            loop {
                std::thread::park();
            }
        }
        Ok(())
    }))
}

/// The nth passing of a point.
struct Moment {
    point: String,
    nth: u32,
    passed: Mutex<u32>,
}

impl Moment {
    fn of(text: &str) -> Self {
        let (point, nth) = text.split_once('#').unwrap_or((text, "1"));
        Self { point: point.to_owned(), nth: nth.parse().unwrap(), passed: Mutex::new(0) }
    }

    /// How often this point was passed, now included; 0 at any other.
    fn pass(&self, point: Point) -> u32 {
        if self.point != point.to_string() {
            return 0;
        }
        let mut passed = self.passed.lock().unwrap();
        *passed += 1;
        *passed
    }

    fn is_now(point: Point) -> impl Fn(&Self) -> bool {
        move |moment| moment.pass(point) == moment.nth
    }

    fn is_not_over(point: Point) -> impl Fn(&Self) -> bool {
        move |moment| (1..=moment.nth).contains(&moment.pass(point))
    }
}
