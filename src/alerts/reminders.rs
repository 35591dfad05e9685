//! When reminders of an outage are due: the first after an hour, each gap twice the former, five in all (31 hours).

use jiff::{SignedDuration, Timestamp};

use crate::health::Outage;

/// More would be noise: a reader who ignored five ignores the sixth.
const MOST: u32 = 5;

/// Returns when the n-th reminder (from 1) of an outage is due; `None` beyond the last.
pub fn due(outage: &Outage, turn: u32) -> Option<Timestamp> {
    let hours = (1_i64 << turn.min(MOST)) - 1;
    (1..=MOST).contains(&turn).then(|| outage.since + SignedDuration::from_hours(hours))
}

/// Returns the newest reminder that is due by `now`; `None` before the first.
pub fn turn_at(outage: &Outage, now: Timestamp) -> Option<u32> {
    (1..=MOST).rev().find(|turn| due(outage, *turn).is_some_and(|due| due <= now))
}
