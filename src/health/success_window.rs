//! How many checks of the last hour passed, in thirteen buckets.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds of one bucket: five minutes, fine enough for a share that people read as a whole per cent.
const BUCKET_S: i64 = 300;
/// Buckets in an hour (12), plus the one that is being filled.
const BUCKETS: u8 = 13;

/// Passed and failed checks of about the last hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessWindow {
    buckets: VecDeque<Bucket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bucket {
    number: i64,
    good: u32,
    bad: u32,
}

impl SuccessWindow {
    /// Counts one check.
    pub fn count(&mut self, at: Timestamp, bad: bool) {
        let number = number(at);
        if self.buckets.back().is_some_and(|newest| newest.number > number.saturating_add(1)) {
            self.buckets.clear(); // the clock was set back
        }
        if !self.buckets.iter().any(|bucket| bucket.number == number) {
            let place = self.buckets.partition_point(|bucket| bucket.number < number);
            self.buckets.insert(place, Bucket { number, good: 0, bad: 0 });
        }
        if let Some(bucket) = self.buckets.iter_mut().find(|bucket| bucket.number == number) {
            let counter = if bad { &mut bucket.bad } else { &mut bucket.good };
            *counter = counter.saturating_add(1);
        }
        while self.buckets.len() > usize::from(BUCKETS) {
            self.buckets.pop_front();
        }
    }

    /// Removes one failed check, because our own network was at fault.
    pub fn forget_bad(&mut self, at: Timestamp) {
        if let Some(bucket) = self.buckets.iter_mut().find(|bucket| bucket.number == number(at)) {
            bucket.bad = bucket.bad.saturating_sub(1);
        }
    }

    /// Returns the passed and all checks of the hour before `now`; (0, 0) until about an hour has been observed.
    pub fn good_of(&self, now: Timestamp) -> (u64, u64) {
        let enough = number(now).saturating_sub(i64::from(BUCKETS) - 2);
        if self.buckets.front().is_none_or(|first| first.number > enough) {
            return (0, 0);
        }
        let oldest = number(now).saturating_sub(i64::from(BUCKETS) - 1);
        self.buckets.iter().filter(|bucket| bucket.number >= oldest).fold((0, 0), |(good, all), bucket| {
            let (g, b) = (u64::from(bucket.good), u64::from(bucket.bad));
            (good + g, all + g + b)
        })
    }
}

fn number(at: Timestamp) -> i64 {
    at.as_second().div_euclid(BUCKET_S)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    /// "20 % good in the last hour" was said after 45 seconds.
    #[test]
    fn share_of_the_last_hour_needs_an_hour() {
        let (mut hour, begun) = (SuccessWindow::default(), Timestamp::UNIX_EPOCH);
        let mut first_said = None;
        for probes in 0..180 {
            let now = begun + SignedDuration::from_secs(30 * probes);
            hour.count(now, probes % 4 == 0);
            if hour.good_of(now) != (0, 0) && first_said.is_none() {
                first_said = Some(now.duration_since(begun));
            }
        }
        let first_said = first_said.expect("it is said in the end");
        assert!((55..=60).contains(&first_said.as_mins()), "{first_said}");
        let (good, all) = hour.good_of(begun + SignedDuration::from_mins(90));
        assert_eq!(good * 4, all * 3);
        assert!((110..=130).contains(&all), "about an hour of looks: {all}");
    }

    #[test]
    fn what_was_not_checked_for_an_hour_has_no_share() {
        let (mut hour, begun) = (SuccessWindow::default(), Timestamp::UNIX_EPOCH);
        (0..120).for_each(|probes| hour.count(begun + SignedDuration::from_secs(30 * probes), false));
        assert_eq!(hour.good_of(begun + SignedDuration::from_hours(5)).1, 0);
    }
}
