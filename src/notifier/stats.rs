//! Counts what the notifier did.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::SignedDuration;

use crate::metrics::Metrics;

/// Counts since this process started. Each is read separately; together they are no consistent snapshot.
#[derive(Debug, Default)]
pub struct NotifierStats {
    metrics: Metrics,
    delivered: AtomicU64,
    nothing: AtomicU64,
    later: AtomicU64,
    paused: AtomicU64,
    gone: AtomicU64,
    given_up: AtomicU64,
    shortened: AtomicU64,
    doubled_perhaps: AtomicU64,
    unpublished: AtomicU64,
    lag_ms: AtomicU64,
    worst_lag_ms: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotifierCount {
    Delivered,
    Nothing,
    Later,
    Paused,
    Gone,
    GivenUp,
    Shortened,
    DoubledPerhaps,
    Unpublished,
}

impl NotifierStats {
    /// Counts that are also exported at `/metrics`.
    pub(super) fn shown_in(metrics: Metrics) -> Self {
        Self { metrics, ..Self::default() }
    }

    /// Returns every count with its name, in the order in which people read them.
    pub fn read(&self) -> [(&'static str, u64); 11] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("delivered", read(&self.delivered)),
            ("noop", read(&self.nothing)),
            ("retried", read(&self.later)),
            ("paused", read(&self.paused)),
            ("gone", read(&self.gone)),
            ("given_up", read(&self.given_up)),
            ("shortened", read(&self.shortened)),
            ("possible_duplicate", read(&self.doubled_perhaps)),
            ("unpublished", read(&self.unpublished)),
            ("lag_ms", read(&self.lag_ms)),
            ("worst_lag_ms", read(&self.worst_lag_ms)),
        ]
    }

    /// Returns one count by its name; 0 for an unknown name.
    pub fn of(&self, name: &str) -> u64 {
        self.read().iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count)
    }

    pub(super) fn count(&self, what: NotifierCount) {
        let (count, name) = match what {
            NotifierCount::Delivered => (&self.delivered, "delivered"),
            NotifierCount::Nothing => (&self.nothing, "noop"),
            NotifierCount::Later => (&self.later, "retried"),
            NotifierCount::Paused => (&self.paused, "paused"),
            NotifierCount::Gone => (&self.gone, "gone"),
            NotifierCount::GivenUp => (&self.given_up, "given_up"),
            NotifierCount::Shortened => (&self.shortened, "shortened"),
            NotifierCount::DoubledPerhaps => (&self.doubled_perhaps, "possible_duplicate"),
            NotifierCount::Unpublished => (&self.unpublished, "unpublished"),
        };
        count.fetch_add(1, Ordering::Relaxed);
        match what {
            NotifierCount::Shortened | NotifierCount::DoubledPerhaps | NotifierCount::Unpublished => {
                self.metrics.odd_delivery(name);
            }
            _ => self.metrics.delivered(name),
        }
    }

    /// Records how long after the event the newest message was sent.
    pub(super) fn lag(&self, lag: SignedDuration) {
        let millis = u64::try_from(lag.as_millis()).unwrap_or(0);
        self.lag_ms.store(millis, Ordering::Relaxed);
        self.worst_lag_ms.fetch_max(millis, Ordering::Relaxed);
        self.metrics.lagged(lag);
    }
}
