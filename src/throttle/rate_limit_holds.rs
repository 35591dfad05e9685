//! Bans that we were given: until when who stays away from which host.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// No ban that we were given was longer than a day; one of more than a week is a mistake of the far side or of a clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// More bans than this are not kept: sources are a dozen.
const MOST: usize = 256;

/// A ban, as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimitHold {
    /// The host that gave it.
    pub host: String,
    /// The credential that it is for, by a name that is no secret; none for looks without one.
    pub credential: Option<String>,
    /// The source whose look it was given to.
    pub source: String,
    pub until: Timestamp,
    /// What was said: `429 QUOTA_EXCEEDED`.
    pub why: String,
}

/// The bans in force, each with its end in ticks: setting the system's time neither ends nor prolongs one.
#[derive(Debug, Default)]
pub(super) struct RateLimitHolds(Vec<(RateLimitHold, Duration)>);

impl RateLimitHolds {
    /// Adds a ban, or prolongs one; never shortens one. Whether anything changed.
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

    /// The ban that `wanted` picks, where one is in force; the longest.
    pub(super) fn find(
        &self,
        ticks: Duration,
        wanted: impl Fn(&RateLimitHold) -> bool,
    ) -> Option<&RateLimitHold> {
        let in_force = self.0.iter().filter(|(hold, end)| *end > ticks && wanted(hold));
        in_force.max_by_key(|(_, end)| *end).map(|(hold, _)| hold)
    }

    /// Those in force.
    pub(super) fn all(&self, ticks: Duration) -> Vec<RateLimitHold> {
        self.0.iter().filter(|(_, end)| *end > ticks).map(|(hold, _)| hold.clone()).collect()
    }

    fn drop_past(&mut self, ticks: Duration) {
        self.0.retain(|(_, end)| *end > ticks);
    }
}
