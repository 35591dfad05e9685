//! Limits our requests to Discord: the global limit, each route's bucket as its headers describe it, and a guard against the
//! ban for invalid requests.
//!
//! A route's first request is sent alone: nothing is known of its bucket, and a first burst would get 429s. A bucket is
//! identified by its hash and the route's major id (reference, "Rate limits").

mod bucket_table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::DiscordError;
use crate::alerts::Reason;
use crate::clock::Clock;
use crate::cluster::{SharedLimits, SharedRate};
use crate::throttle::{RequestBudget, RequestQuota};
use bucket_table::{BucketAdmission, BucketKey, BucketTable};

/// The longest wait for a permit: the caller's claim would expire. Beyond it, the caller gets the wait as an error.
const MOST_WAIT: SignedDuration = SignedDuration::from_secs(20);
/// The bucket in which a request counts, as far as that is known before its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketRoute {
    /// Method and path without ids: `POST /channels/{}/messages`.
    pub name: &'static str,
    /// The channel or server in the path: each has buckets of its own.
    pub major: u64,
}

/// What a response's headers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimitHeaders {
    /// `X-RateLimit-Bucket`
    pub bucket: Option<String>,
    /// `X-RateLimit-Limit`
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset-After`
    pub reset_after: Option<SignedDuration>,
    pub retry_after: Option<SignedDuration>,
    /// The limit is shared by all bots on this resource, and does not count as invalid.
    pub shared: bool,
    /// The limit is the bot's global one.
    pub global: bool,
}

/// Limits the requests of this process to Discord.
#[derive(Debug)]
pub struct RateLimiter {
    clock: Clock,
    global: Global,
    known: Mutex<BucketTable>,
}

/// The limit over all routes: this instance's alone, or shared with others.
#[allow(clippy::large_enum_variant, reason = "a process has one")]
#[derive(Debug)]
enum Global {
    Own(RequestBudget),
    Common(Box<SharedRate>),
}

impl Global {
    async fn turn(&self) {
        match self {
            Self::Own(budget) => budget.turn().await,
            Self::Common(common) => common.turn().await,
        }
    }
}

/// Permission for one request. It is given back with the response's headers, or when it is dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    limiter: &'a RateLimiter,
    key: BucketKey,
    route: BucketRoute,
    returned: bool,
}

impl RateLimiter {
    /// Creates a limiter with a global limit of `per_second` requests over all routes.
    pub fn new(clock: &Clock, per_second: u32) -> Self {
        // A twenty-fifth is reserved for varying latency: requests that are sent a second apart may arrive a little closer.
        let allowance = RequestQuota::new(per_second - per_second / 25, SignedDuration::from_secs(1));
        // A burst of a fiftieth makes up for a late timer, and no second ever has more than Discord allows.
        let burst = (per_second / 50).max(2);
        let global = Global::Own(RequestBudget::new(clock, allowance, burst));
        Self { clock: clock.clone(), global, known: Mutex::default() }
    }

    /// Creates a limiter with a global limit of `per_second` requests over all routes and all instances of the bot.
    pub fn shared(clock: &Clock, per_second: u32, shared_limits: Arc<dyn SharedLimits>) -> Self {
        let global = Global::Common(Box::new(SharedRate::new(clock, shared_limits, per_second)));
        Self { clock: clock.clone(), global, known: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BucketTable> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may be made. Returns an error with the wait if that is too long.
    pub async fn acquire(&self, route: BucketRoute) -> Result<Permit<'_>, DiscordError> {
        self.turn_in(route, async {}).await.map(|(permit, ())| permit)
    }

    /// Does the same for a request that also needs a concurrency slot. The slot comes before the global limit, so that the
    /// request is sent as soon as the limit allows it. Otherwise allowed requests would pile up while slow answers hold all
    /// slots, and be sent as one burst.
    pub async fn turn_in<P>(
        &self,
        route: BucketRoute,
        slot: impl Future<Output = P>,
    ) -> Result<(Permit<'_>, P), DiscordError> {
        let permit = self.clock.timeout(MOST_WAIT, self.take(route, slot)).await;
        permit.unwrap_or_else(|| Err(later(None)))
    }

    async fn take<P>(
        &self,
        route: BucketRoute,
        slot: impl Future<Output = P>,
    ) -> Result<(Permit<'_>, P), DiscordError> {
        let permit = self.take_of_bucket(route).await?;
        let slot = slot.await;
        self.global.turn().await;
        // A pause that began while this one waited applies too.
        while let Some(until) = self.paused(self.clock.now())? {
            self.clock.sleep_until(until).await;
        }
        Ok((permit, slot))
    }

    async fn take_of_bucket(&self, route: BucketRoute) -> Result<Permit<'_>, DiscordError> {
        loop {
            let now = self.clock.now();
            if let Some(until) = self.paused(now)? {
                self.clock.sleep_until(until).await;
                continue;
            }
            let (key, admission) = self.lock().try_acquire(route, now);
            match admission {
                BucketAdmission::Open => return Ok(Permit { limiter: self, key, route, returned: false }),
                BucketAdmission::Until(at) => {
                    let wait = at.duration_since(now);
                    if wait > MOST_WAIT {
                        return Err(later(Some(wait)));
                    }
                    self.clock.sleep_until(at).await;
                }
                BucketAdmission::Freed(freed) => freed.await,
            }
        }
    }

    /// Returns until when everything waits, or an error if that is too long.
    fn paused(&self, now: Timestamp) -> Result<Option<Timestamp>, DiscordError> {
        let mut known = self.lock();
        if let Some(free) = known.guard(now) {
            return Err(DiscordError::Transient {
                after: Some(free.duration_since(now)),
                why: Reason::TooManyInvalid,
                perhaps_done: false,
                unreached: false,
            });
        }
        let Some(until) = known.paused_until.filter(|until| *until > now) else { return Ok(None) };
        let wait = until.duration_since(now);
        if wait > MOST_WAIT { Err(later(Some(wait))) } else { Ok(Some(until)) }
    }

    /// Updates the limits from a response outside any bucket (an interaction's).
    pub fn note(&self, status: u16, headers: &RateLimitHeaders) {
        let now = self.clock.now();
        self.lock().note(status, headers, now);
    }

    /// Returns how many requests were invalid in the last 10 minutes.
    pub fn invalid(&self) -> usize {
        let now = self.clock.now();
        let mut known = self.lock();
        known.guard(now);
        known.invalid.len()
    }
}

impl Permit<'_> {
    /// Gives the permit back with the response's headers.
    pub fn complete(mut self, status: u16, headers: &RateLimitHeaders) {
        let now = self.limiter.clock.now();
        let mut known = self.limiter.lock();
        known.note(status, headers, now);
        known.complete(&self.key, self.route, status, headers, now);
        self.returned = true;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.returned {
            self.limiter.lock().give_back(&self.key);
        }
    }
}

fn later(after: Option<SignedDuration>) -> DiscordError {
    DiscordError::Transient { after, why: Reason::OwnLimit, perhaps_done: false, unreached: false }
}

#[cfg(test)]
mod tests {
    use super::bucket_table::{INVALID_MOST, INVALID_WINDOW};
    use super::*;

    const POST: &str = "POST /channels/{}/messages";

    fn answered(remaining: u32) -> RateLimitHeaders {
        RateLimitHeaders {
            bucket: Some("abc".into()),
            limit: Some(5),
            remaining: Some(remaining),
            reset_after: Some(SignedDuration::from_secs(5)),
            ..RateLimitHeaders::default()
        }
    }

    fn pace() -> (Arc<RateLimiter>, Clock) {
        let clock = Clock::owned(Timestamp::UNIX_EPOCH);
        (Arc::new(RateLimiter::new(&clock, 50)), clock)
    }

    #[tokio::test(start_paused = true)]
    async fn many_channels_take_at_most_a_tenth_longer_than_allowed() {
        let (limiter, clock) = pace();
        let mut all = tokio::task::JoinSet::new();
        // As the notifier does: a bounded number in parallel, the next when one is done.
        let slots = Arc::new(tokio::sync::Semaphore::new(64));
        for channel in 0..2_000 {
            let (limiter, slots) = (Arc::clone(&limiter), Arc::clone(&slots));
            all.spawn(async move {
                let _slot = slots.acquire().await.expect("open");
                let permit =
                    limiter.acquire(BucketRoute { name: POST, major: channel }).await.expect("a turn");
                permit.complete(200, &answered(4));
            });
        }
        while let Some(done) = all.join_next().await {
            done.expect("no panic");
        }
        let took = clock.now().duration_since(Timestamp::UNIX_EPOCH).as_secs_f64();
        assert!((39.0..=44.0).contains(&took), "2,000 at 50/s are 40 s: {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_responses_never_release_waiting_requests_as_a_burst() {
        let (limiter, clock) = pace();
        let slots = Arc::new(tokio::sync::Semaphore::new(32));
        let mut all = tokio::task::JoinSet::new();
        for channel in 0..150 {
            let (limiter, slots, clock) = (Arc::clone(&limiter), Arc::clone(&slots), clock.clone());
            all.spawn(async move {
                clock.sleep(SignedDuration::from_millis(i64::try_from(channel).expect("small") * 25)).await;
                let route = BucketRoute { name: POST, major: channel };
                let (permit, _slot) = limiter.turn_in(route, slots.acquire()).await.expect("a turn");
                let sent = clock.now();
                // Discord stalls for four seconds, and then answers all at one instant.
                clock.sleep_until(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(4)).await;
                clock.sleep(SignedDuration::from_millis(100)).await;
                permit.complete(200, &answered(4));
                sent
            });
        }
        let mut sent = all.join_all().await;
        sent.sort_unstable();
        let second = SignedDuration::from_secs(1);
        let within = |from: &Timestamp| sent.iter().filter(|at| (*from..*from + second).contains(at)).count();
        let most = sent.iter().map(within).max().expect("some");
        assert!(most <= 50, "{most} in a second");
    }

    #[tokio::test(start_paused = true)]
    async fn unknown_route_runs_alone_and_spent_bucket_is_awaited() {
        let (limiter, clock) = pace();
        let route = BucketRoute { name: POST, major: 1 };
        let first = limiter.acquire(route).await.expect("a turn");
        let second = clock.timeout(SignedDuration::from_secs(1), limiter.acquire(route)).await;
        assert!(second.is_none(), "the first has not been answered");
        first.complete(200, &answered(1));
        limiter.acquire(route).await.expect("one is left").complete(200, &answered(0));
        let begun = clock.now();
        limiter.acquire(route).await.expect("in the next window").complete(200, &answered(4));
        assert!(clock.now().duration_since(begun) >= SignedDuration::from_secs(4));
        // The bucket of another channel is another, although its hash is the same.
        let other = clock
            .timeout(SignedDuration::from_secs(1), limiter.acquire(BucketRoute { major: 2, ..route }))
            .await;
        assert!(other.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn too_long_wait_is_returned_instead_of_slept() {
        let (limiter, clock) = pace();
        let route = BucketRoute { name: "POST /channels/{}/messages/{}/crosspost", major: 1 };
        let hour = SignedDuration::from_hours(1);
        let retry_hint = RateLimitHeaders { retry_after: Some(hour), ..RateLimitHeaders::default() };
        limiter.acquire(route).await.expect("a turn").complete(429, &retry_hint);
        let begun = clock.now();
        let reported = limiter.acquire(route).await.expect_err("too long");
        let DiscordError::Transient { after: Some(after), perhaps_done: false, .. } = reported else {
            panic!("{reported}")
        };
        assert!(after > hour - SignedDuration::from_secs(1), "{after}");
        assert!(clock.now().duration_since(begun) < SignedDuration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn thousand_invalid_requests_stop_us_until_the_window_ends() {
        let (limiter, clock) = pace();
        for nth in 0..INVALID_MOST {
            let shared = RateLimitHeaders { shared: true, ..RateLimitHeaders::default() };
            limiter.note(429, &shared);
            limiter.note(if nth % 2 == 0 { 403 } else { 401 }, &RateLimitHeaders::default());
        }
        let route = BucketRoute { name: POST, major: 1 };
        let stopped = limiter.acquire(route).await.expect_err("stopped");
        assert!(stopped.to_string().contains("before Discord bans us"), "{stopped}");
        clock.sleep(INVALID_WINDOW).await;
        assert!(limiter.acquire(route).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_never_used_is_given_back() {
        let (limiter, clock) = pace();
        let route = BucketRoute { name: POST, major: 1 };
        drop(limiter.acquire(route).await.expect("a turn"));
        let next = clock.timeout(SignedDuration::from_secs(1), limiter.acquire(route)).await;
        assert!(next.is_some_and(|permit| permit.is_ok()));
    }
}
