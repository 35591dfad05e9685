//! Discord's rate limits: buckets per route, the global limit, and the ban for invalid requests.
//!
//! Discord documents the global limit (50/s) and the ban (10,000 invalid requests in 10 minutes). Limits per route are only in
//! headers; those here were observed (message create 5 in 5 s, crosspost 10 an hour).

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::refused::{ApiError, RateLimitScope};

/// Invalid requests (401, 403, 429 except for shared limits) until the ban, in [`INVALID_WINDOW`].
const INVALID_MOST: usize = 10_000;
const INVALID_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// The bucket in which a request counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitRoute {
    /// `POST /channels/{}/messages`
    CreateMessage,
    /// `PATCH /channels/{}/messages/{}`
    EditMessage,
    /// `DELETE /channels/{}/messages/{}`
    DeleteMessage,
    /// `GET /channels/{}/messages`
    ReadMessages,
    Crosspost,
    OpenThread,
    /// `PATCH /channels/{}` with a name: two in ten minutes, which is undocumented but commonly observed.
    Rename,
    Commands,
    /// Interaction callbacks and follow-ups: outside the global limit.
    Interaction,
    Other,
}

impl LimitRoute {
    /// Returns how many requests are allowed in how many seconds.
    pub fn window(self) -> (u32, i64) {
        match self {
            Self::CreateMessage | Self::EditMessage | Self::ReadMessages | Self::DeleteMessage => (5, 5),
            Self::Crosspost => (10, 3600),
            Self::OpenThread => (50, 300),
            Self::Rename => (2, 600),
            Self::Commands => (20, 20),
            Self::Interaction => (1000, 1),
            Self::Other => (50, 1),
        }
    }

    /// Returns the bucket's name in the header: the same for routes that share one.
    pub fn bucket(self) -> String {
        let name = format!("{self:?}").to_lowercase();
        format!("b{:016x}", name.bytes().fold(7_u64, |h, b| h.wrapping_mul(1_099_511_628_211) ^ u64::from(b)))
    }
}

/// The rate-limit headers of an admitted request.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// `X-RateLimit-Limit`
    pub limit: u32,
    /// `X-RateLimit-Remaining`
    pub remaining: u32,
    /// `X-RateLimit-Reset-After`, in seconds.
    pub reset_after: f64,
    /// `X-RateLimit-Bucket`
    pub bucket: String,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    ends: Timestamp,
}

/// The limits and their current use.
#[derive(Debug)]
pub struct RateLimits {
    /// Requests in a second, without interactions; 0 turns every limit off.
    pub global: u32,
    global_used: Option<Window>,
    buckets: HashMap<(LimitRoute, u64), Window>,
    invalid: VecDeque<Timestamp>,
    /// How many requests were refused with 429 since the start.
    pub refused: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { global: 50, global_used: None, buckets: HashMap::new(), invalid: VecDeque::new(), refused: 0 }
    }
}

impl RateLimits {
    /// Counts a request, or returns the 429.
    pub fn admit(&mut self, route: LimitRoute, major: u64, now: Timestamp) -> Result<Quota, ApiError> {
        let (limit, seconds) = route.window();
        if self.global == 0 {
            return Ok(Quota { limit, remaining: limit, reset_after: 0.0, bucket: route.bucket() });
        }
        if let Some(wait) = self.wait(route, major, now) {
            self.refused += 1;
            let scope = if self.bucket_is_full(route, major, now) {
                RateLimitScope::User
            } else {
                RateLimitScope::Global
            };
            return Err(ApiError::limited(wait.as_secs_f64(), scope));
        }
        if route != LimitRoute::Interaction {
            let window = current(self.global_used, now, 1);
            self.global_used = Some(Window { used: window.used + 1, ..window });
        }
        let window = current(self.buckets.get(&(route, major)).copied(), now, seconds);
        let window = Window { used: window.used + 1, ..window };
        self.buckets.insert((route, major), window);
        Ok(Quota {
            limit,
            remaining: limit - window.used.min(limit),
            reset_after: window.ends.duration_since(now).as_secs_f64(),
            bucket: route.bucket(),
        })
    }

    /// Returns how long a request would have to wait now.
    pub fn wait(&self, route: LimitRoute, major: u64, now: Timestamp) -> Option<SignedDuration> {
        if self.global == 0 {
            return None;
        }
        let global = (route != LimitRoute::Interaction)
            .then(|| self.global_used.filter(|w| w.ends > now && w.used >= self.global))
            .flatten();
        let bucket = self.buckets.get(&(route, major)).filter(|w| w.ends > now && w.used >= route.window().0);
        let end = [global.as_ref(), bucket].into_iter().flatten().map(|w| w.ends).max()?;
        Some(end.duration_since(now))
    }

    fn bucket_is_full(&self, route: LimitRoute, major: u64, now: Timestamp) -> bool {
        self.buckets.get(&(route, major)).is_some_and(|w| w.ends > now && w.used >= route.window().0)
    }

    /// Counts a response that Discord calls invalid.
    pub fn note(&mut self, refused: &ApiError, now: Timestamp) {
        let shared = matches!(refused.limit, Some((_, RateLimitScope::Shared)));
        if matches!(refused.status, 401 | 403 | 429) && !shared {
            self.invalid.push_back(now);
        }
    }

    /// Returns how many invalid requests there were in the last 10 minutes.
    pub fn invalid(&mut self, now: Timestamp) -> usize {
        while self.invalid.front().is_some_and(|at| now.duration_since(*at) > INVALID_WINDOW) {
            self.invalid.pop_front();
        }
        self.invalid.len()
    }

    /// Returns whether this address is banned for too many of them.
    pub fn rate_limited(&mut self, now: Timestamp) -> bool {
        self.invalid(now) >= INVALID_MOST
    }
}

fn current(window: Option<Window>, now: Timestamp, seconds: i64) -> Window {
    window.filter(|w| w.ends > now).unwrap_or_else(|| Window {
        used: 0,
        ends: now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now),
    })
}
