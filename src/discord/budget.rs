//! How fast we may ask Discord: the global limit, each route's bucket as its headers teach it, and a guard against the
//! ban for invalid requests.
//!
//! A route's first request goes alone: nothing is known of its bucket, and a first burst would meet 429s. A bucket is
//! named by its hash and the route's major id (reference, "Rate limits").
//!
//! Never: no request is made here, and no interaction waits here: their endpoints are outside the global limit.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::PostError;
use crate::clock::Clock;
use crate::throttle::{Allowance, Budget};

/// Discord bans an address for an hour at 10,000 invalid requests in 10 minutes (reference, "Invalid request limit"); we
/// stop at a tenth of that, since other bots may share the address.
const INVALID_MOST: usize = 1_000;
const INVALID_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// Longer than this we do not hold a request back: the caller's claim on it would run out. It is told how long instead.
const MOST_WAIT: SignedDuration = SignedDuration::from_secs(20);
/// Buckets that nobody asked for this long are forgotten; Discord tells them again.
const FORGET_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Looked for in so many requests.
const FORGET_EVERY: u64 = 1024;

/// Which bucket a request counts in, as far as we can tell before its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Method and path with the ids left out: `POST /channels/{}/messages`.
    pub name: &'static str,
    /// The channel or server in the path: each has buckets of its own.
    pub major: u64,
}

/// What an answer's headers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers {
    /// `X-RateLimit-Bucket`
    pub bucket: Option<String>,
    /// `X-RateLimit-Limit`
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset-After`
    pub reset_after: Option<SignedDuration>,
    /// `Retry-After`
    pub retry_after: Option<SignedDuration>,
    /// The limit that was met is everybody's on this resource, and not counted as invalid.
    pub shared: bool,
    /// The limit that was met is the bot's as a whole.
    pub global: bool,
}

/// What we may still do.
#[derive(Debug)]
pub struct Pace {
    clock: Clock,
    global: Budget,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The hash of a route's bucket, as its headers taught it.
    hashes: HashMap<&'static str, String>,
    buckets: HashMap<Key, Bucket>,
    paused_until: Option<Timestamp>,
    invalid: VecDeque<Timestamp>,
    asked: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    bucket: String,
    major: u64,
}

#[derive(Debug, Default)]
struct Bucket {
    window: Option<Window>,
    in_flight: u32,
    used: Option<Timestamp>,
    freed: Arc<Notify>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    limit: u32,
    remaining: u32,
    ends: Timestamp,
}

/// What stands between a request and its turn.
enum Gate {
    Open,
    Until(Timestamp),
    /// It listens from before the bucket was let go of, so that nothing is missed.
    Freed(OwnedNotified),
}

/// A turn that was taken; it is given back with [`Pace::learn`], or when it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    pace: &'a Pace,
    key: Key,
    route: Route,
    returned: bool,
}

impl Pace {
    /// A pace of so many requests a second over all routes.
    pub fn new(clock: &Clock, per_second: u32) -> Self {
        let allowance = Allowance::new(per_second, SignedDuration::from_secs(1));
        // A fiftieth at once: it makes up for a late timer, and no second ever sees more than Discord allows.
        let burst = (per_second / 50).max(2);
        Self { clock: clock.clone(), global: Budget::new(clock, allowance, burst), known: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may be made; says how long to wait where that is too long.
    pub async fn turn(&self, route: Route) -> Result<Turn<'_>, PostError> {
        let turn = self.clock.timeout(MOST_WAIT, self.take(route)).await;
        turn.unwrap_or_else(|| Err(later(None, "our own budget is spent")))
    }

    async fn take(&self, route: Route) -> Result<Turn<'_>, PostError> {
        let turn = self.take_of_bucket(route).await?;
        self.global.turn().await;
        // What came in while this one waited for its turn counts too.
        while let Some(until) = self.paused(self.clock.now())? {
            self.clock.sleep_until(until).await;
        }
        Ok(turn)
    }

    async fn take_of_bucket(&self, route: Route) -> Result<Turn<'_>, PostError> {
        loop {
            let now = self.clock.now();
            if let Some(until) = self.paused(now)? {
                self.clock.sleep_until(until).await;
                continue;
            }
            let (key, gate) = self.lock().knock(route, now);
            match gate {
                Gate::Open => return Ok(Turn { pace: self, key, route, returned: false }),
                Gate::Until(at) => {
                    let wait = at.duration_since(now);
                    if wait > MOST_WAIT {
                        return Err(later(Some(wait), "this route's limit is spent"));
                    }
                    self.clock.sleep_until(at).await;
                }
                Gate::Freed(freed) => freed.await,
            }
        }
    }

    /// Until when everything waits, or an error where that is too long.
    fn paused(&self, now: Timestamp) -> Result<Option<Timestamp>, PostError> {
        let mut known = self.lock();
        if let Some(free) = known.guard(now) {
            return Err(later(
                Some(free.duration_since(now)),
                "too many invalid requests: we stop before Discord bans us",
            ));
        }
        let Some(until) = known.paused_until.filter(|until| *until > now) else { return Ok(None) };
        let wait = until.duration_since(now);
        if wait > MOST_WAIT { Err(later(Some(wait), "Discord's global limit")) } else { Ok(Some(until)) }
    }

    /// Learns from an answer outside any bucket (an interaction's).
    pub fn note(&self, status: u16, headers: &Headers) {
        let now = self.clock.now();
        self.lock().note(status, headers, now);
    }

    /// How many requests were invalid in the last 10 minutes.
    pub fn invalid(&self) -> usize {
        let now = self.clock.now();
        let mut known = self.lock();
        known.guard(now);
        known.invalid.len()
    }
}

impl Turn<'_> {
    /// Gives the turn back with what the answer taught.
    pub fn learn(mut self, status: u16, headers: &Headers) {
        let now = self.pace.clock.now();
        let mut known = self.pace.lock();
        known.note(status, headers, now);
        known.learn(&self.key, self.route, status, headers, now);
        self.returned = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.returned {
            self.pace.lock().give_back(&self.key);
        }
    }
}

impl Known {
    fn key(&self, route: Route) -> Key {
        let bucket = self.hashes.get(route.name).map_or_else(|| route.name.to_owned(), Clone::clone);
        Key { bucket, major: route.major }
    }

    /// Takes a place in the route's bucket, if one is free.
    fn knock(&mut self, route: Route, now: Timestamp) -> (Key, Gate) {
        self.asked += 1;
        if self.asked.is_multiple_of(FORGET_EVERY) {
            let fresh = |b: &Bucket| {
                b.in_flight > 0 || b.used.is_some_and(|at| now.duration_since(at) < FORGET_AFTER)
            };
            self.buckets.retain(|_, b| fresh(b) || b.window.is_some_and(|w| w.ends > now));
        }
        let key = self.key(route);
        let bucket = self.buckets.entry(key.clone()).or_default();
        bucket.used = Some(now);
        let gate = bucket.knock(now);
        (key, gate)
    }

    fn give_back(&mut self, key: &Key) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.in_flight = bucket.in_flight.saturating_sub(1);
            bucket.freed.notify_waiters();
        }
    }

    fn learn(&mut self, key: &Key, route: Route, status: u16, headers: &Headers, now: Timestamp) {
        self.give_back(key);
        if let Some(hash) = &headers.bucket
            && self.hashes.get(route.name) != Some(hash)
        {
            self.hashes.insert(route.name, hash.clone());
        }
        // Those who still hold a turn of the unnamed bucket give it back there; the named one starts from the headers.
        let bucket = self.buckets.entry(self.key(route)).or_default();
        bucket.learn(status, headers, now);
        bucket.used = Some(now);
        bucket.freed.notify_waiters();
    }

    fn note(&mut self, status: u16, headers: &Headers, now: Timestamp) {
        if matches!(status, 401 | 403 | 429) && !headers.shared {
            self.invalid.push_back(now);
        }
        if status == 429 && headers.global {
            let wait = headers.retry_after.unwrap_or(SignedDuration::from_secs(1));
            let until = now.saturating_add(wait).unwrap_or(now);
            self.paused_until = self.paused_until.max(Some(until));
        }
    }

    /// When the guard lets requests through again, if it does not now.
    fn guard(&mut self, now: Timestamp) -> Option<Timestamp> {
        while self.invalid.front().is_some_and(|at| now.duration_since(*at) >= INVALID_WINDOW) {
            self.invalid.pop_front();
        }
        let first = self.invalid.get(self.invalid.len().checked_sub(INVALID_MOST)?)?;
        first.saturating_add(INVALID_WINDOW).ok()
    }
}

impl Bucket {
    fn knock(&mut self, now: Timestamp) -> Gate {
        match &mut self.window {
            None if self.in_flight > 0 => return Gate::Freed(Arc::clone(&self.freed).notified_owned()),
            None => {}
            Some(window) => {
                if window.ends <= now {
                    // A new window begins with whichever request comes first in it: those in flight may be that.
                    window.remaining = window.limit.saturating_sub(self.in_flight);
                    if window.remaining == 0 {
                        return Gate::Freed(Arc::clone(&self.freed).notified_owned());
                    }
                } else if window.remaining == 0 {
                    return Gate::Until(window.ends);
                }
                window.remaining -= 1;
            }
        }
        self.in_flight += 1;
        Gate::Open
    }

    fn learn(&mut self, status: u16, headers: &Headers, now: Timestamp) {
        if status == 429 && !headers.global {
            let wait = headers.retry_after.or(headers.reset_after).unwrap_or(SignedDuration::from_secs(1));
            let ends = now.saturating_add(wait).unwrap_or(now);
            let limit = headers.limit.or(self.window.map(|w| w.limit)).unwrap_or(1).max(1);
            self.window = Some(Window { limit, remaining: 0, ends });
            return;
        }
        let (Some(limit), Some(remaining), Some(after)) =
            (headers.limit, headers.remaining, headers.reset_after)
        else {
            return;
        };
        let ends = now.saturating_add(after).unwrap_or(now);
        // Answers overtake each other: within one window the smallest count is the true one.
        let left = match self.window {
            Some(old) if old.ends > now => old.remaining.min(remaining),
            _ => remaining.saturating_sub(self.in_flight),
        };
        let ends = self.window.filter(|w| w.ends > now).map_or(ends, |w| w.ends.max(ends));
        self.window = Some(Window { limit: limit.max(1), remaining: left, ends });
    }
}

fn later(after: Option<SignedDuration>, why: &str) -> PostError {
    PostError::Later { after, why: why.to_owned(), perhaps_done: false }
}
