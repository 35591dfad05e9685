//! How many checks of the last hour were good, in thirteen numbers.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds of one bucket: five minutes, fine enough for a share that people read as a whole per cent.
const BUCKET_S: i64 = 300;
/// Buckets that make an hour, and the one that is being filled.
const BUCKETS: u8 = 13;

/// Good and failed checks of about the last hour.
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

    /// Takes one failed check back: it was our own network's.
    pub fn forget_bad(&mut self, at: Timestamp) {
        if let Some(bucket) = self.buckets.iter_mut().find(|bucket| bucket.number == number(at)) {
            bucket.bad = bucket.bad.saturating_sub(1);
        }
    }

    /// Good and all checks of the hour before `now`.
    pub fn good_of(&self, now: Timestamp) -> (u64, u64) {
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
