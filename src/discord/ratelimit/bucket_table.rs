//! What responses say about limits: buckets by their hash, a global pause, and the count of invalid requests.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::{BucketRoute, RateLimitHeaders};

/// Discord bans an address for an hour at 10,000 invalid requests in 10 minutes (reference, "Invalid request limit"); we stop
/// at a tenth of that, since other bots may share the address.
pub(super) const INVALID_MOST: usize = 1_000;
pub(super) const INVALID_WINDOW: SignedDuration = SignedDuration::from_mins(10);
/// A bucket that is unused for this long is removed; Discord's headers describe it again.
const FORGET_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Unused buckets are removed once in this many requests.
const FORGET_EVERY: u64 = 1024;

#[derive(Debug, Default)]
pub(super) struct BucketTable {
    /// The hash of a route's bucket, from its headers.
    hashes: HashMap<&'static str, String>,
    buckets: HashMap<BucketKey, Bucket>,
    pub(super) paused_until: Option<Timestamp>,
    pub(super) invalid: VecDeque<Timestamp>,
    asked: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct BucketKey {
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

/// Whether a request may be sent now, and otherwise what it waits for.
pub(super) enum BucketAdmission {
    Open,
    Until(Timestamp),
    /// It was registered before the bucket was unlocked, so that no notification is missed.
    Freed(OwnedNotified),
}

impl BucketTable {
    fn key(&self, route: BucketRoute) -> BucketKey {
        let bucket = self.hashes.get(route.name).map_or_else(|| route.name.to_owned(), Clone::clone);
        BucketKey { bucket, major: route.major }
    }

    /// Takes a slot in the route's bucket, if one is free.
    pub(super) fn try_acquire(&mut self, route: BucketRoute, now: Timestamp) -> (BucketKey, BucketAdmission) {
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
        let admission = bucket.try_acquire(now);
        (key, admission)
    }

    pub(super) fn give_back(&mut self, key: &BucketKey) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.in_flight = bucket.in_flight.saturating_sub(1);
            bucket.freed.notify_waiters();
        }
    }

    pub(super) fn complete(
        &mut self,
        key: &BucketKey,
        route: BucketRoute,
        status: u16,
        headers: &RateLimitHeaders,
        now: Timestamp,
    ) {
        self.give_back(key);
        if let Some(hash) = &headers.bucket
            && self.hashes.get(route.name) != Some(hash)
        {
            self.hashes.insert(route.name, hash.clone());
        }
        // Permits of the unnamed bucket are given back there; the named one starts from the headers.
        let bucket = self.buckets.entry(self.key(route)).or_default();
        bucket.complete(status, headers, now);
        bucket.used = Some(now);
        bucket.freed.notify_waiters();
    }

    pub(super) fn note(&mut self, status: u16, headers: &RateLimitHeaders, now: Timestamp) {
        if matches!(status, 401 | 403 | 429) && !headers.shared {
            self.invalid.push_back(now);
        }
        if status == 429 && headers.global {
            let wait = headers.retry_after.unwrap_or(SignedDuration::from_secs(1));
            let until = now.saturating_add(wait).unwrap_or(now);
            self.paused_until = self.paused_until.max(Some(until));
        }
    }

    /// Returns when the guard lets requests through again, or `None` if it does now.
    pub(super) fn guard(&mut self, now: Timestamp) -> Option<Timestamp> {
        while self.invalid.front().is_some_and(|at| now.duration_since(*at) >= INVALID_WINDOW) {
            self.invalid.pop_front();
        }
        let first = self.invalid.get(self.invalid.len().checked_sub(INVALID_MOST)?)?;
        first.saturating_add(INVALID_WINDOW).ok()
    }
}

impl Bucket {
    fn try_acquire(&mut self, now: Timestamp) -> BucketAdmission {
        match &mut self.window {
            None if self.in_flight > 0 => {
                return BucketAdmission::Freed(Arc::clone(&self.freed).notified_owned());
            }
            None => {}
            Some(window) => {
                if window.ends <= now {
                    // A new window begins with its first request, which may be one of those in flight.
                    window.remaining = window.limit.saturating_sub(self.in_flight);
                    if window.remaining == 0 {
                        return BucketAdmission::Freed(Arc::clone(&self.freed).notified_owned());
                    }
                } else if window.remaining == 0 {
                    return BucketAdmission::Until(window.ends);
                }
                window.remaining -= 1;
            }
        }
        self.in_flight += 1;
        BucketAdmission::Open
    }

    fn complete(&mut self, status: u16, headers: &RateLimitHeaders, now: Timestamp) {
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
        // Responses arrive out of order: within one window the smallest count is correct.
        let left = match self.window {
            Some(old) if old.ends > now => old.remaining.min(remaining),
            _ => remaining.saturating_sub(self.in_flight),
        };
        let ends = self.window.filter(|w| w.ends > now).map_or(ends, |w| w.ends.max(ends));
        self.window = Some(Window { limit: limit.max(1), remaining: left, ends });
    }
}
