//! One run's course: the points it passes, and what goes wrong at them.

use std::sync::Mutex;
use std::time::Duration;

use vmbroker::Clock;

use crate::kind::{Act, Class, FAILS_FOR, Kind};
use crate::set::{FaultSet, Point};

/// A point that a run passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    pub(crate) point: Point,
    /// Whether it failed because of a fault at an earlier point: nothing else can go wrong there.
    pub(crate) fails: bool,
    /// What went wrong; absent: nothing.
    pub(crate) kind: Option<&'static Kind>,
}

/// What happens at a point.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    /// Nothing goes wrong.
    Nothing,
    /// It fails, as the calls of this operation before it did.
    Fails,
    /// This goes wrong.
    Kind(&'static Kind),
}

/// What one run passes and meets.
#[derive(Debug)]
pub(crate) struct Script {
    clock: Clock,
    /// Tells each point as it is passed.
    loud: bool,
    course: Mutex<Course>,
}

#[derive(Debug, Default)]
struct Course {
    set: FaultSet,
    counts: Vec<(&'static str, u32)>,
    failing: Vec<(&'static str, Duration)>,
    passed: Vec<Passed>,
}

impl Script {
    pub(crate) fn new(clock: Clock, set: FaultSet, loud: bool) -> Self {
        Self { clock, loud, course: Mutex::new(Course { set, ..Course::default() }) }
    }

    /// The run comes to one more point of this operation.
    pub(crate) fn pass(&self, operation: &'static str, remark: &str) -> Strike {
        let now = self.clock.elapsed();
        let mut course = self.course.lock().unwrap();
        let point = Point { operation, nth: course.count(operation) };
        let fails = course.failing.iter().any(|(it, until)| *it == operation && now < *until);
        let kind = course.set.at(point).filter(|_| !fails);
        if kind.is_some_and(|kind| matches!(kind.act, Act::Fails)) {
            course.failing.push((operation, now + FAILS_FOR));
        }
        course.passed.push(Passed { point, fails, kind });
        if self.loud {
            let wrong =
                kind.map_or(if fails { "fails".to_owned() } else { String::new() }, |it| it.to_string());
            println!("{:>9.2} s  {point:<12} {wrong:<14} {remark}", now.as_secs_f64());
        }
        match kind {
            Some(kind) => Strike::Kind(kind),
            None if fails => Strike::Fails,
            None => Strike::Nothing,
        }
    }

    /// Prints these lines, where each point is told.
    pub(crate) fn tell(&self, lines: impl FnOnce() -> Vec<String>) {
        if self.loud {
            lines().iter().for_each(|line| println!("{line}"));
        }
    }

    /// What was passed, in order. Every fault of the set must have been met: a run follows from its set.
    pub(crate) fn end(&self) -> Vec<Passed> {
        let mut course = self.course.lock().unwrap();
        let met = course.passed.iter().filter(|passed| passed.kind.is_some()).count();
        assert!(met == course.set.len(), "only {met} faults of `{}` were met", course.set);
        std::mem::take(&mut course.passed)
    }
}

impl Course {
    fn count(&mut self, operation: &'static str) -> u32 {
        match self.counts.iter_mut().find(|(it, _)| *it == operation) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.counts.push((operation, 1));
                1
            }
        }
    }
}

impl Passed {
    pub(crate) fn class(&self) -> Class {
        Class::of(self.point.operation)
    }
}
