//! A request budget: never more than a number of calls within a time span.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// A number of calls within a time span: `"5 in 10s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestQuota {
    pub times: NonZeroU32,
    pub within: SignedDuration,
}

/// A text that is not a [`RequestQuota`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a quota; write it as \"5 in 10s\"")]
pub struct RequestQuotaError(String);

impl RequestQuota {
    /// Creates a quota. A time span that is not positive counts as a second, 0 calls count as 1.
    pub fn new(times: u32, within: SignedDuration) -> Self {
        let within = if within > SignedDuration::ZERO { within } else { SignedDuration::from_secs(1) };
        Self { times: NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN), within }
    }

    /// Creates a quota of calls a minute.
    pub fn per_minute(times: u32) -> Self {
        Self::new(times, SignedDuration::from_mins(1))
    }

    pub(super) fn span(self) -> Duration {
        Duration::try_from(self.within).unwrap_or(Duration::from_secs(1))
    }
}

impl FromStr for RequestQuota {
    type Err = RequestQuotaError;

    fn from_str(text: &str) -> Result<Self, RequestQuotaError> {
        let wrong = || RequestQuotaError(text.to_owned());
        let (times, within) = text.split_once(" in ").ok_or_else(wrong)?;
        let times: NonZeroU32 = times.trim().parse().map_err(|_| wrong())?;
        let within: SignedDuration = within.trim().parse().map_err(|_| wrong())?;
        if within <= SignedDuration::ZERO {
            return Err(wrong());
        }
        Ok(Self { times, within })
    }
}

impl TryFrom<String> for RequestQuota {
    type Error = RequestQuotaError;

    fn try_from(text: String) -> Result<Self, RequestQuotaError> {
        text.parse()
    }
}

impl From<RequestQuota> for String {
    fn from(allowance: RequestQuota) -> Self {
        allowance.to_string()
    }
}

impl fmt::Display for RequestQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:#}", self.times, self.within)
    }
}

/// A source of ticks: our clock, or in tests one that returns anything.
pub(super) trait TickSource: Clone {
    /// Returns the ticks in nanoseconds.
    fn shows(&self) -> u64;
}

impl TickSource for Clock {
    fn shows(&self) -> u64 {
        u64::try_from(self.ticks().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A tick source as a governor clock. It never runs backwards, whatever the source returns.
#[derive(Clone, Debug)]
pub(super) struct Ticks<D = Clock> {
    dial: D,
    latest: Arc<AtomicU64>,
}

impl<D: TickSource> Ticks<D> {
    pub(super) fn new(dial: &D) -> Self {
        Self { dial: dial.clone(), latest: Arc::default() }
    }
}

impl<D: TickSource> GovernorClock for Ticks<D> {
    type Instant = Nanos;

    /// Returns the latest reading of all: a reading that went back counts as the one before it.
    fn now(&self) -> Nanos {
        let now = self.dial.shows();
        Nanos::from(self.latest.fetch_max(now, Ordering::AcqRel).max(now))
    }
}

/// Returns the governor quota that holds an allowance in *every* window of its length: a burst and one more per period, so
/// that both together are at most `times`. (`Quota::per_second(50)` allows 99 calls in its worst second.)
fn quota(allowance: RequestQuota, burst: NonZeroU32) -> Quota {
    let burst = burst.min(allowance.times);
    let steady = allowance.times.get().saturating_sub(burst.get()).max(1);
    let period = (allowance.span() / steady).max(Duration::from_nanos(1));
    Quota::with_period(period).map_or_else(|| Quota::per_second(NonZeroU32::MIN), |q| q.allow_burst(burst))
}

/// A request budget: never more than its allowance in any window of its length.
pub struct RequestBudget {
    clock: Clock,
    bucket: TokenBucket<Clock>,
    /// Serves callers in FIFO order: without it, heavy callers starve.
    line: tokio::sync::Mutex<()>,
}

/// The limiter, and the calls of the last window.
struct TokenBucket<D: TickSource> {
    ticks: Ticks<D>,
    allowance: RequestQuota,
    limiter: RateLimiter<NotKeyed, InMemoryState, Ticks<D>, NoOpMiddleware<Nanos>>,
    /// When the calls of the last window were allowed, to answer how many are left.
    spent: Mutex<VecDeque<u64>>,
}

impl fmt::Debug for RequestBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBudget")
            .field("allowance", &self.allowance())
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}

impl RequestBudget {
    /// Creates a budget of `allowance`, of which `burst` calls may come at once (at least 1, at most all).
    pub fn new(clock: &Clock, allowance: RequestQuota, burst: u32) -> Self {
        let bucket = TokenBucket::new(clock, allowance, burst);
        Self { clock: clock.clone(), bucket, line: tokio::sync::Mutex::default() }
    }

    pub fn allowance(&self) -> RequestQuota {
        self.bucket.allowance
    }

    /// Waits for a turn and takes it, first come first served.
    pub async fn turn(&self) {
        let _place = self.line.lock().await;
        while let Err(wait) = self.bucket.take() {
            self.clock.sleep(wait).await;
        }
    }

    /// Takes a turn if one is free now and nobody waits for it; otherwise returns how long to wait.
    pub fn try_turn(&self) -> Result<(), SignedDuration> {
        match self.line.try_lock() {
            Ok(_place) => self.bucket.take(),
            Err(_) => Err(self.bucket.allowance.within),
        }
    }

    /// Returns how many of the allowance's calls are not spent in the window that ends now.
    pub fn left(&self) -> u32 {
        self.bucket.left()
    }
}

impl<D: TickSource> TokenBucket<D> {
    fn new(dial: &D, allowance: RequestQuota, burst: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let ticks = Ticks::new(dial);
        let limiter = RateLimiter::direct_with_clock(quota(allowance, burst), ticks.clone());
        Self { ticks, allowance, limiter, spent: Mutex::default() }
    }

    fn take(&self) -> Result<(), SignedDuration> {
        match self.limiter.check() {
            Ok(()) => {
                let now = self.ticks.now().as_u64();
                self.in_window(now).push_back(now);
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.ticks.now());
                // At least one microsecond, so that every wait makes progress.
                Err(SignedDuration::try_from(wait.max(Duration::from_micros(1)))
                    .unwrap_or(self.allowance.within))
            }
        }
    }

    fn left(&self) -> u32 {
        let spent = self.in_window(self.ticks.now().as_u64()).len();
        self.allowance.times.get().saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX))
    }

    fn in_window(&self, now: u64) -> std::sync::MutexGuard<'_, VecDeque<u64>> {
        let window = u64::try_from(self.allowance.span().as_nanos()).unwrap_or(u64::MAX);
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        while spent.front().is_some_and(|at| now.saturating_sub(*at) >= window) {
            spent.pop_front();
        }
        spent
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quota_is_written_as_count_in_duration() {
        let allowance: RequestQuota = "5 in 10s".parse().unwrap();
        assert_eq!(allowance, RequestQuota::new(5, SignedDuration::from_secs(10)));
        assert_eq!(allowance.to_string(), "5 in 10s");
        for wrong in ["", "5", "0 in 10s", "5 in -10s", "5 in 0s", "five in 10s", "5 per 10s", "5 in soon"] {
            assert!(wrong.parse::<RequestQuota>().is_err(), "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_comes_back_with_time() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let budget = RequestBudget::new(&clock, RequestQuota::per_minute(6), 2);
        budget.turn().await;
        budget.turn().await;
        assert_eq!((budget.left(), budget.try_turn().is_err()), (4, true));
        budget.turn().await;
        assert!(clock.ticks() >= Duration::from_secs(15), "two at once, then one each 15 s");
        clock.sleep(SignedDuration::from_mins(2)).await;
        assert_eq!(budget.left(), 6);
    }

    /// A clock that returns anything.
    #[derive(Clone, Default, Debug)]
    struct Hostile(Arc<AtomicU64>);

    impl TickSource for Hostile {
        fn shows(&self) -> u64 {
            self.0.load(Ordering::Acquire)
        }
    }

    proptest! {
        /// Whatever the clock returns and whenever calls come: no window of the budget's length has more calls than it allows.
        #[test]
        fn request_budget_is_never_exceeded_under_any_schedule(
            times in 1u32..40,
            burst in 1u32..40,
            within_ms in 1u64..100_000,
            moves in proptest::collection::vec((prop_oneof![
                3 => 0i64..2_000_000_000,
                1 => -90_000_000_000i64..0,
                1 => 0i64..400_000_000_000,
            ], 0usize..60), 1..60),
        ) {
            let within = Duration::from_millis(within_ms);
            let allowance = RequestQuota::new(times, SignedDuration::try_from(within).unwrap());
            let clock = Hostile::default();
            let bucket = TokenBucket::new(&clock, allowance, burst);
            let mut let_through = Vec::new();
            for (step, asks) in moves {
                clock.0.store(clock.shows().saturating_add_signed(step), Ordering::Release);
                for _ in 0..asks {
                    let before = bucket.left();
                    if bucket.take().is_ok() {
                        prop_assert!(before > 0, "a call was allowed, and none was left");
                        let_through.push(bucket.ticks.now().as_u64());
                    }
                }
            }
            let window = u64::try_from(within.as_nanos()).unwrap();
            for (nth, start) in let_through.iter().enumerate() {
                let inside = let_through.iter().skip(nth).take_while(|at| **at - start < window).count();
                prop_assert!(inside <= times as usize, "{inside} of {times} within {within:?}");
            }
        }
    }
}
