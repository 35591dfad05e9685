//! Rate-limit holds that we were given: until when a source must not request a host.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// No hold that we were given was longer than a day; one of more than a week is a mistake of the host or of a clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Further holds are not stored: there are about a dozen sources.
const MOST: usize = 256;

/// A rate-limit hold, as stored over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimitHold {
    pub host: String,
    /// The credential that it applies to, by a non-secret name; `None` for checks without one.
    pub credential: Option<String>,
    /// The source whose check was rate limited.
    pub source: String,
    pub until: Timestamp,
    /// What the host answered: `429 QUOTA_EXCEEDED`.
    pub why: String,
}

/// The holds in force, each with its end in ticks: setting the system's time neither ends nor prolongs one.
#[derive(Debug, Default)]
pub(super) struct RateLimitHolds(Vec<(RateLimitHold, Duration)>);

impl RateLimitHolds {
    /// Adds a hold or prolongs one; never shortens one. Returns whether anything changed.
    pub(super) fn add(&mut self, mut hold: RateLimitHold, now: Timestamp, ticks: Duration) -> bool {
        self.drop_past(ticks);
        let left = hold.until.duration_since(now).min(LONGEST);
        let Ok(left) = Duration::try_from(left) else { return false };
        if left.is_zero() {
            return false;
        }
        hold.until = hold.until.min(now.checked_add(LONGEST).unwrap_or(Timestamp::MAX));
        let end = ticks.saturating_add(left);
        let same = |b: &RateLimitHold| {
            b.host == hold.host && b.credential == hold.credential && b.source == hold.source
        };
        if let Some(known) = self.0.iter_mut().find(|(b, _)| same(b)) {
            if known.1 >= end {
                return false;
            }
            *known = (hold, end);
        } else if self.0.len() < MOST {
            self.0.push((hold, end));
        }
        true
    }

    /// Returns the longest hold in force that `wanted` selects.
    pub(super) fn find(
        &self,
        ticks: Duration,
        wanted: impl Fn(&RateLimitHold) -> bool,
    ) -> Option<&RateLimitHold> {
        let in_force = self.0.iter().filter(|(hold, end)| *end > ticks && wanted(hold));
        in_force.max_by_key(|(_, end)| *end).map(|(hold, _)| hold)
    }

    /// Returns the holds in force.
    pub(super) fn all(&self, ticks: Duration) -> Vec<RateLimitHold> {
        self.0.iter().filter(|(_, end)| *end > ticks).map(|(hold, _)| hold.clone()).collect()
    }

    fn drop_past(&mut self, ticks: Duration) {
        self.0.retain(|(_, end)| *end > ticks);
    }
}
