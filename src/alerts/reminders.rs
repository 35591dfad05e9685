//! When an outage is reminded of: the first time after an hour, each gap twice the former, five times in all (31 hours).

use jiff::{SignedDuration, Timestamp};

use crate::health::Outage;

/// More would be noise: whoever has not looked after five will not.
const MOST: u32 = 5;

/// When the n-th reminder (from 1) of an outage is due; none beyond the last.
pub fn due(outage: &Outage, turn: u32) -> Option<Timestamp> {
    let hours = (1_i64 << turn.min(MOST)) - 1;
    (1..=MOST).contains(&turn).then(|| outage.since + SignedDuration::from_hours(hours))
}

/// The newest reminder that is due by `now`; none before the first.
pub fn turn_at(outage: &Outage, now: Timestamp) -> Option<u32> {
    (1..=MOST).rev().find(|turn| due(outage, *turn).is_some_and(|due| due <= now))
}
