//! Time is given, not taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The one source of time: the wall clock, or a simulated one that runs faster, or only when told.
///
/// A clone is the same clock. All waiting goes through [`sleep`](Self::sleep), so that hours of simulated
/// provisioning pass in seconds, and under tokio's paused time in no time at all.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    /// Absent: the operating system's clock.
    simulated_from: Option<Timestamp>,
    speed: u32,
    stepped_nanos: AtomicI64,
}

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::build(None, 1)
    }

    /// A clock that shows `from` now and runs `speed` times as fast as real time (at least once as fast).
    ///
    /// Under tokio's paused time it moves only when every task waits.
    #[must_use]
    pub fn simulated(from: Timestamp, speed: u32) -> Self {
        Self::build(Some(from), speed.max(1))
    }

    fn build(simulated_from: Option<Timestamp>, speed: u32) -> Self {
        let stepped_nanos = AtomicI64::new(0);
        Self(Arc::new(Inner { start: Instant::now(), simulated_from, speed, stepped_nanos }))
    }

    /// What the clock shows.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the operating system's clock"
    )]
    pub fn now(&self) -> Timestamp {
        let base = match self.0.simulated_from {
            None => Timestamp::now(),
            Some(from) => from.saturating_add(signed(self.running())).unwrap_or(Timestamp::MAX),
        };
        let stepped = SignedDuration::from_nanos(self.0.stepped_nanos.load(Ordering::SeqCst));
        base.saturating_add(stepped).unwrap_or(Timestamp::MAX)
    }

    /// How long this clock has run: never goes back, whatever happens to the wall clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let stepped = u64::try_from(self.0.stepped_nanos.load(Ordering::SeqCst)).unwrap_or(0);
        self.running().saturating_add(Duration::from_nanos(stepped))
    }

    /// Waits this long on this clock.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / self.0.speed).await;
    }

    /// Moves a simulated clock forward at once; the operating system's clock is not moved.
    ///
    /// Sleepers are not woken early: what is stepped is what [`now`](Self::now) shows.
    pub fn step(&self, duration: Duration) {
        if self.0.simulated_from.is_some() {
            let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
            self.0.stepped_nanos.fetch_add(nanos, Ordering::SeqCst);
        }
    }

    /// How many of this clock's seconds pass in one real second.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.0.speed
    }

    fn running(&self) -> Duration {
        self.0.start.elapsed().saturating_mul(self.0.speed)
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_runs_at_its_speed_and_can_be_stepped() {
        let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::simulated(from, 60);
        clock.sleep(Duration::from_secs(120)).await;
        assert_eq!(clock.now(), "2026-01-01T00:02:00Z".parse().unwrap());
        clock.step(Duration::from_secs(60));
        assert_eq!(clock.now(), "2026-01-01T00:03:00Z".parse().unwrap());
        assert_eq!(clock.elapsed(), Duration::from_secs(180));
    }

    #[tokio::test]
    async fn the_system_clock_is_not_stepped() {
        let clock = Clock::system();
        clock.step(Duration::from_secs(3_600));
        assert!(clock.elapsed() < Duration::from_secs(60));
    }
}
