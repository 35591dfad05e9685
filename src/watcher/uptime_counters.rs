//! Looks, counted for uptime and the strip of the day.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::health::{Detector, Observation, Outcome, ServiceName, uptime_bucket};
use crate::store::Store;

/// Tallies of checks are kept this often.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A store that takes longer is away: looking does not wait for a statistic.
const KEEPS_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// The checks since tallies were kept last.
pub(super) struct UptimeCounters {
    store: Arc<dyn Store>,
    clock: Clock,
    probes: BTreeMap<ServiceName, uptime_bucket::ProbeCounts>,
    stored_at: Timestamp,
}

impl UptimeCounters {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, stored_at: clock.now(), clock, probes: BTreeMap::new() }
    }

    /// Counts a look for its service.
    pub(super) fn count(&mut self, observation: &Observation, detector: &Detector, own_network_down: bool) {
        let Some(service) = detector.catalog().service_of(&observation.source) else { return };
        let counted = self.probes.entry(service.name.clone()).or_default();
        let kind = match &observation.seen {
            Outcome::Healthy if observation.took > detector.policy().slow => &mut counted.degraded,
            Outcome::Healthy => &mut counted.good,
            Outcome::Failing(_) => &mut counted.bad,
            Outcome::Unreachable(_) if !own_network_down => &mut counted.bad,
            _ => &mut counted.unknown,
        };
        *kind = kind.saturating_add(1);
    }

    /// Keeps what was counted, if it is time or the end.
    pub(super) async fn save(&mut self, at_all: bool) {
        let now = self.clock.now();
        if self.probes.is_empty() || (!at_all && now.duration_since(self.stored_at) < EVERY) {
            return;
        }
        let probes: Vec<_> = std::mem::take(&mut self.probes).into_iter().collect();
        self.stored_at = now;
        match self.clock.timeout(KEEPS_WITHIN, self.store.record_probes(now, &probes)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(%error, "a minute of looks is missing from the tallies"),
            None => tracing::warn!("a minute of looks is perhaps missing from the tallies"),
        }
    }

    /// Drops what was counted.
    pub(super) fn clear(&mut self) {
        self.probes.clear();
    }
}
