//! The only reader of time: the system's, or one that a test or the demo owns.
//!
//! Everything that runs asks a [`Clock`]; everything that is pure is handed a [`Timestamp`]. An owned clock stands on
//! tokio's time, which a test pauses: then an hour's outage runs in a millisecond and no test sleeps. The demo's clock
//! runs sixty times as fast.
//!
//! Never: nothing outside this file reads the system's time or sleeps.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Reads and waits for time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System { start: tokio::time::Instant },
    Owned { origin: Timestamp, start: tokio::time::Instant, rate: u32 },
}

/// A system clock may be stepped while we wait for an instant: look again at least this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

#[allow(clippy::disallowed_methods, reason = "this is the one place that reads and waits for time")]
impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Kind::System { start: tokio::time::Instant::now() })
    }

    /// A clock that shows `origin` now and runs with tokio's time, which a test may pause.
    pub fn owned(origin: Timestamp) -> Self {
        Self::fast(origin, 1)
    }

    /// A clock that shows `origin` now and runs `rate` times as fast as tokio's time. A rate of 0 counts as 1.
    pub fn fast(origin: Timestamp, rate: u32) -> Self {
        Self(Kind::Owned { origin, start: tokio::time::Instant::now(), rate: rate.max(1) })
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System { .. } => Timestamp::now(),
            Kind::Owned { origin, start, rate } => {
                let elapsed = start.elapsed().saturating_mul(*rate);
                let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
                origin.checked_add(elapsed).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// How much of this clock's time has run since it was made. It never steps, whatever is done to the system's time:
    /// budgets and bans are counted in it.
    pub fn ticks(&self) -> Duration {
        match &self.0 {
            Kind::System { start } => start.elapsed(),
            Kind::Owned { start, rate, .. } => start.elapsed().saturating_mul(*rate),
        }
    }

    /// Waits until this clock shows `at`; at once if it already does.
    pub async fn sleep_until(&self, at: Timestamp) {
        loop {
            let left = at.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            match &self.0 {
                Kind::System { .. } => tokio::time::sleep(left.min(LOOK_AGAIN)).await,
                Kind::Owned { rate, .. } => tokio::time::sleep(left / *rate + Duration::from_nanos(1)).await,
            }
        }
    }

    /// Waits for `span` of this clock's time; setting the system's time does not change how long that is.
    pub async fn sleep(&self, span: SignedDuration) {
        let Ok(span) = Duration::try_from(span) else { return };
        match &self.0 {
            _ if span.is_zero() => {}
            Kind::System { .. } => tokio::time::sleep(span).await,
            Kind::Owned { rate, .. } => tokio::time::sleep(span / *rate + Duration::from_nanos(1)).await,
        }
    }

    /// Runs `work` for at most `span` of this clock's time; `None` if it was not done by then.
    pub async fn timeout<T>(&self, span: SignedDuration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(span) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_owned_clock_shows_its_own_time_and_a_fast_one_runs_ahead() {
        let nine: Timestamp = "2025-04-16T09:00:00Z".parse().expect("an instant");
        let (owned, fast) = (Clock::owned(nine), Clock::fast(nine, 60));
        owned.sleep(SignedDuration::from_mins(1)).await;
        assert!(owned.now() >= nine + SignedDuration::from_mins(1));
        assert!(fast.now() >= nine + SignedDuration::from_hours(1));
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_run_with_the_clock_and_a_negative_wait_is_none() {
        let clock = Clock::fast(Timestamp::UNIX_EPOCH, 60);
        clock.sleep(SignedDuration::from_mins(-5)).await;
        assert_eq!(clock.ticks(), Duration::ZERO);
        clock.sleep(SignedDuration::from_mins(5)).await;
        assert!((300..301).contains(&clock.ticks().as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_runs_on_the_clock_and_gives_nothing_when_it_is_over() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.timeout(SignedDuration::from_secs(1), std::future::pending::<()>()).await, None);
        assert_eq!(clock.timeout(SignedDuration::from_secs(1), async { 7 }).await, Some(7));
        clock.sleep_until(Timestamp::UNIX_EPOCH).await;
    }
}
