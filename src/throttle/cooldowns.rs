//! Cooldowns of users and servers: too many commands are answered with when to come back.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::SignedDuration;

use super::rate_limiter::{RequestQuota, Ticks};
use crate::clock::Clock;

/// Keys whose cooldown is over are removed this often: governor removes none without a call.
const SWEEP_EVERY_NANOS: u64 = 60_000_000_000;
/// More keys than this at once are an attack or a bug. A million keys take 50 MB, so this is 5 MB.
const MOST_KEYS: usize = 100_000;

/// How long to wait before asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub SignedDuration);

/// Cooldowns per user and per server. `"5 in 10s"` is five at once, and one more each two seconds.
#[derive(Debug)]
pub struct Cooldowns {
    person: Keyed,
    server: Keyed,
}

impl Cooldowns {
    pub fn new(clock: &Clock, person: RequestQuota, server: RequestQuota) -> Self {
        Self { person: Keyed::new(clock, person, MOST_KEYS), server: Keyed::new(clock, server, MOST_KEYS) }
    }

    /// Counts a command of this user, in this server if there is one. Returns an error if it has to wait.
    pub fn ask(&self, person: u64, server: Option<u64>) -> Result<(), RetryAfter> {
        self.person.ask(person)?;
        server.map_or(Ok(()), |server| self.server.ask(server))
    }

    /// Returns how many users and servers are remembered now.
    pub fn remembered(&self) -> usize {
        self.person.limiter.len() + self.server.limiter.len()
    }
}

#[derive(Debug)]
struct Keyed {
    ticks: Ticks,
    limiter: RateLimiter<u64, DashMapStateStore<u64>, Ticks, NoOpMiddleware<Nanos>>,
    swept: AtomicU64,
    most: usize,
}

impl Keyed {
    fn new(clock: &Clock, allowance: RequestQuota, most: usize) -> Self {
        let ticks = Ticks::new(clock);
        let period = (allowance.span() / allowance.times.get()).max(std::time::Duration::from_nanos(1));
        let quota = Quota::with_period(period)
            .map_or_else(|| Quota::per_second(NonZeroU32::MIN), |q| q.allow_burst(allowance.times));
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), ticks.clone());
        Self { ticks, limiter, swept: AtomicU64::new(0), most }
    }

    fn ask(&self, key: u64) -> Result<(), RetryAfter> {
        let now = self.ticks.now().as_u64();
        let swept = self.swept.load(Ordering::Acquire);
        let full = self.limiter.len() >= self.most;
        // Of concurrent callers, one sweeps; a full table is swept at most once a second.
        let due = now.saturating_sub(swept) >= if full { SWEEP_EVERY_NANOS / 60 } else { SWEEP_EVERY_NANOS };
        if due && self.swept.compare_exchange(swept, now, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        if self.limiter.len() >= self.most {
            return Err(RetryAfter(SignedDuration::from_secs(1)));
        }
        self.limiter.check_key(&key).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.ticks.now());
            RetryAfter(SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_secs(1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_table_refuses_for_a_moment_and_is_swept() {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        let keyed = Keyed::new(&clock, RequestQuota::new(1, SignedDuration::from_secs(10)), 3);
        clock.sleep(SignedDuration::from_secs(5)).await;
        for key in 0..3 {
            keyed.ask(key).unwrap();
        }
        assert_eq!(keyed.ask(3), Err(RetryAfter(SignedDuration::from_secs(1))));
        clock.sleep(SignedDuration::from_secs(21)).await;
        assert_eq!(keyed.ask(3), Ok(()));
        assert_eq!(keyed.limiter.len(), 1);
    }
}
