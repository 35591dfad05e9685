//! How many checks of a service passed, counted by slot and by day. The source of uptime and of the 24-hour chart.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ServiceName;

/// Checks, counted by what they found. Each counts as many seconds as it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeCounts {
    /// Checks that passed.
    pub good: u32,
    /// Checks that passed slowly, or in part.
    pub degraded: u32,
    /// Checks that failed through the service's fault.
    pub bad: u32,
    /// Checks with no clear result.
    pub unknown: u32,
}

impl ProbeCounts {
    /// Returns the sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_add(other.good),
            degraded: self.degraded.saturating_add(other.degraded),
            bad: self.bad.saturating_add(other.bad),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }

    /// Returns the share of checks that passed, slow ones included, of those with a clear result. `None` if there are none.
    pub fn got_through(self) -> Option<Percentage> {
        let through = u64::from(self.good) + u64::from(self.degraded);
        let reported = through + u64::from(self.bad);
        Some(Percentage((through * 10_000).checked_div(reported)?))
    }

    /// Returns the sum over all kinds.
    pub fn all(self) -> u64 {
        u64::from(self.good) + u64::from(self.degraded) + u64::from(self.bad) + u64::from(self.unknown)
    }
}

/// A share in hundredths of a per cent, rounded down, so that no failure is rounded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentage(pub u64);

/// `99.85`, `99.9`, `100`.
impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole}"),
            (_, 0) => write!(f, "{whole}.{}", rest / 10),
            _ => write!(f, "{whole}.{rest:02}"),
        }
    }
}

/// How long one bucket lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketSize {
    /// Five minutes: one column of the 24-hour chart. Stored for 48 hours.
    Slot,
    /// One day, UTC. Stored for 400 days, so that a year can be compared with the month before it.
    Day,
}

impl BucketSize {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Slot, Self::Day];

    /// Returns how long a bucket of this size lasts.
    pub fn length(self) -> SignedDuration {
        match self {
            Self::Slot => SignedDuration::from_mins(5),
            Self::Day => SignedDuration::from_hours(24),
        }
    }

    /// Returns the bucket size that covers the last `days`, including the day of `now`, and when the first bucket began.
    /// A single day is covered by slots.
    pub fn covering(days: u16, now: Timestamp) -> (Self, Timestamp) {
        let (span, count) = if days <= 1 { (Self::Slot, 288) } else { (Self::Day, i32::from(days)) };
        let before = span.length() * (count - 1);
        (span, span.begin(now).checked_sub(before).unwrap_or(Timestamp::MIN))
    }

    /// Returns how long a bucket of this size is stored, from its start.
    pub fn retention(self) -> SignedDuration {
        match self {
            Self::Slot => SignedDuration::from_hours(48),
            Self::Day => SignedDuration::from_hours(400 * 24),
        }
    }

    /// Returns the start of the bucket that contains `at`.
    pub fn begin(self, at: Timestamp) -> Timestamp {
        let length = self.length().as_secs();
        let second = at.as_second();
        Timestamp::from_second(second - second.rem_euclid(length)).unwrap_or(Timestamp::MIN)
    }
}

/// The checks of one service in one bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UptimeBucket {
    pub service: ServiceName,
    /// How long it counts.
    pub span: BucketSize,
    pub from: Timestamp,
    #[serde(rename = "looks")]
    pub probes: ProbeCounts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_uses_slots_and_week_uses_days() {
        let at: Timestamp = "2025-04-16T12:23:59.9Z".parse().expect("an instant");
        let covering = |days| BucketSize::covering(days, at);
        assert_eq!(covering(1), (BucketSize::Slot, "2025-04-15T12:25:00Z".parse().expect("an instant")));
        assert_eq!(covering(7), (BucketSize::Day, "2025-04-10T00:00:00Z".parse().expect("an instant")));
    }

    #[test]
    fn a_share_never_hides_a_failure() {
        let share = |good, degraded, bad| {
            let probes = ProbeCounts { good, degraded, bad, unknown: 7 };
            probes.got_through().map_or_else(|| "none".to_owned(), |share| share.to_string())
        };
        assert_eq!(share(0, 0, 0), "none");
        assert_eq!(share(20_000, 159, 1), "99.99");
        assert_eq!((share(9, 0, 1), share(3, 2, 0), share(0, 0, 9)), ("90".into(), "100".into(), "0".into()));
        assert_eq!((share(1_997, 0, 3), share(999, 0, 1)), ("99.85".into(), "99.9".into()));
        assert_eq!(share(u32::MAX, u32::MAX, u32::MAX), "66.66");
    }

    #[test]
    fn probe_counts_in_its_slot_and_its_day() {
        let at: Timestamp = "2025-04-16T12:23:59.9Z".parse().expect("an instant");
        assert_eq!(BucketSize::Slot.begin(at).to_string(), "2025-04-16T12:20:00Z");
        assert_eq!(BucketSize::Day.begin(at).to_string(), "2025-04-16T00:00:00Z");
        let before_1970: Timestamp = "1969-12-31T23:59:59Z".parse().expect("an instant");
        assert_eq!(BucketSize::Slot.begin(before_1970).to_string(), "1969-12-31T23:55:00Z");
    }
}
