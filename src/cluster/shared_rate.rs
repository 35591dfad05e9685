//! The rate of requests to Discord that the instances share: slots, reserved a few at a time, each used at its own time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::SharedLimits;
use crate::clock::Clock;
use crate::throttle::{RequestBudget, RequestQuota};

const RATE: &str = "discord";
/// After this many slow answers in a row, this instance stops reserving for a while.
const MOST_SLOW: u32 = 3;
/// The most slots that are reserved at once: a fifth of a second of the whole rate, so that no instance waits long.
const AT_ONCE: u32 = 10;
/// An instance that cannot reserve uses this part of the rate, one request a second. It cannot know whether the others can.
const ALONE: u32 = 50;
/// The part of the rate that is never reserved, for those instances: five of them may be cut off while the others go on.
const FOR_THE_CUT_OFF: u32 = 10;
/// If an answer takes this much longer than usual, the time of its slots is uncertain, and they are left unused.
const UNSURE: Duration = Duration::from_millis(50);
/// The same applies to an answer that takes longer than this, however usual it is.
const MOST_UNSURE: Duration = Duration::from_millis(150);
/// Delay before a failed reservation is retried.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// A slower answer counts as none.
const ANSWERS_WITHIN: SignedDuration = SignedDuration::from_secs(1);

/// The shared rate, as this instance uses it.
pub struct SharedRate {
    clock: Clock,
    shared_limits: Arc<dyn SharedLimits>,
    every: SignedDuration,
    /// Serves callers in FIFO order.
    line: Mutex<Slots>,
    waiting: AtomicU32,
    alone: RequestBudget,
}

#[derive(Default)]
struct Slots {
    /// The times of our slots, in ticks.
    ours: VecDeque<Duration>,
    alone_until: Duration,
    /// The usual duration of an answer.
    usual: Option<Duration>,
    /// Slow answers in a row.
    slow: u32,
}

impl Slots {
    /// Returns whether the time of the slots is certain after an answer that took this long.
    fn is_sure(&mut self, took: Duration) -> bool {
        let usual = *self.usual.get_or_insert(took);
        // A latency that rises is adopted gradually, a lower one at once.
        self.usual = Some(if took < usual { took } else { usual + took.saturating_sub(usual) / 8 });
        took <= (usual + UNSURE).min(MOST_UNSURE)
    }
}

impl fmt::Debug for SharedRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRate").field("every", &self.every).finish_non_exhaustive()
    }
}

impl SharedRate {
    /// Shares `per_second` slots among all instances. A fiftieth is reserved for varying latency, besides the part for instances
    /// that are cut off.
    pub fn new(clock: &Clock, shared_limits: Arc<dyn SharedLimits>, per_second: u32) -> Self {
        let left_over = (per_second / 50).max(1) + per_second / FOR_THE_CUT_OFF;
        let used = per_second.saturating_sub(left_over).max(1);
        let second = SignedDuration::from_secs(1);
        let alone = RequestQuota::new((per_second / ALONE).max(1), second);
        Self {
            shared_limits,
            every: second / i32::try_from(used).unwrap_or(i32::MAX),
            line: Mutex::default(),
            waiting: AtomicU32::new(0),
            alone: RequestBudget::new(clock, alone, 1),
            clock: clock.clone(),
        }
    }

    /// Waits for a slot and uses it.
    pub async fn turn(&self) {
        let _waits = Waits::one_of(&self.waiting);
        let mut slots = self.line.lock().await;
        let every = Duration::try_from(self.every).unwrap_or_default();
        loop {
            let now = self.clock.ticks();
            while slots.ours.front().is_some_and(|at| *at + every < now) {
                slots.ours.pop_front();
            }
            if let Some(at) = slots.ours.pop_front() {
                let wait = SignedDuration::try_from(at.saturating_sub(now)).unwrap_or_default();
                return self.clock.sleep(wait).await;
            }
            if now < slots.alone_until {
                return self.alone.turn().await;
            }
            let many = self.waiting.load(Ordering::Relaxed).clamp(1, AT_ONCE);
            let asked = self.shared_limits.reserve(RATE, many, self.every);
            let answer = self.clock.timeout(ANSWERS_WITHIN, asked).await;
            let took = self.clock.ticks().saturating_sub(now);
            match answer {
                Some(Ok(wait)) if slots.is_sure(took) => {
                    // It was reserved at some time between the request and the answer.
                    let first = now + took / 2 + Duration::try_from(wait).unwrap_or_default();
                    slots.ours.extend((0..many).map(|nth| first + every * nth));
                    slots.slow = 0;
                }
                Some(Ok(_)) if slots.slow < MOST_SLOW => slots.slow += 1,
                failed => {
                    slots.slow = 0;
                    let why =
                        failed.and_then(Result::err).unwrap_or_else(|| "it answers too slowly".to_owned());
                    tracing::warn!(why, "the shared rate cannot be reserved; this instance slows down");
                    slots.alone_until = self.clock.ticks() + ASK_AGAIN;
                }
            }
        }
    }
}

/// Counts a waiting caller while it lives.
struct Waits<'a>(&'a AtomicU32);

impl<'a> Waits<'a> {
    fn one_of(waiting: &'a AtomicU32) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
