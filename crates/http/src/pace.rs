//! How fast an account may be called.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vmbroker_core::Clock;

/// How fast an account may be called: one call `every` so often, with `burst` calls saved up at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The time one call takes from the account's allowance; zero: no limit.
    pub every: Duration,
    /// How many calls may follow each other at once after a rest; at least 1.
    pub burst: u32,
}

impl Pace {
    /// No limit.
    pub const OFF: Self = Self { every: Duration::ZERO, burst: 1 };
}

/// An allowance that is used up and grows back with time.
#[derive(Debug)]
pub(crate) struct Allowance {
    pace: Pace,
    clock: Clock,
    /// When the allowance would be whole again, on the clock's own count.
    whole_at: Mutex<Duration>,
}

impl Allowance {
    pub(crate) fn new(pace: Pace, clock: Clock) -> Self {
        Self { pace, clock, whole_at: Mutex::new(Duration::ZERO) }
    }

    /// Waits until one more call is allowed.
    pub(crate) async fn wait(&self) {
        let pause = self.take();
        if !pause.is_zero() {
            self.clock.sleep(pause).await;
        }
    }

    fn take(&self) -> Duration {
        let now = self.clock.elapsed();
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        // An account may set any pace: one that is slower than time itself waits for ever, and that is all.
        *whole_at = (*whole_at).max(now).saturating_add(self.pace.every);
        let saved = self.pace.every.saturating_mul(self.pace.burst.max(1));
        whole_at.saturating_sub(saved).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_slowest_pace_that_can_be_written_waits_and_does_not_overflow() {
        let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap(), 1);
        let allowance = Allowance::new(Pace { every: Duration::MAX, burst: 3 }, clock);
        assert_eq!([(); 4].map(|()| allowance.take()), [Duration::ZERO; 4]);
        let slow = Allowance::new(Pace { every: Duration::MAX / 2, burst: 1 }, allowance.clock);
        assert!(slow.take().is_zero() && slow.take() > Duration::from_secs(1 << 60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_pace() {
        let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap(), 1);
        let allowance = Allowance::new(Pace { every: Duration::from_secs(1), burst: 3 }, clock.clone());
        for _ in 0..10 {
            allowance.wait().await;
        }
        assert_eq!(clock.elapsed(), Duration::from_secs(7));
        clock.sleep(Duration::from_secs(60)).await;
        let rested = clock.elapsed();
        for _ in 0..3 {
            allowance.wait().await;
        }
        assert_eq!(clock.elapsed(), rested);
    }
}
