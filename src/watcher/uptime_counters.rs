//! Counts checks for uptime and the 24-hour chart. Each counts for the seconds that it covers, because checks are denser in
//! an outage.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::health::assessment::nearest_second;
use crate::health::{Detector, Observation, Outcome, ServiceName, SourceName, uptime_bucket};
use crate::store::Stats;

/// How often counted checks are stored.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The longest write. After that the store counts as unavailable: probing does not wait for a statistic.
const KEEPS_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// The checks since counts were last stored.
pub(super) struct UptimeCounters {
    store: Arc<dyn Stats>,
    clock: Clock,
    probes: BTreeMap<ServiceName, uptime_bucket::ProbeCounts>,
    /// When each source was last checked.
    last: BTreeMap<SourceName, Timestamp>,
    stored_at: Timestamp,
}

impl UptimeCounters {
    pub(super) fn new(store: Arc<dyn Stats>, clock: Clock) -> Self {
        Self { store, stored_at: clock.now(), clock, probes: BTreeMap::new(), last: BTreeMap::new() }
    }

    /// Counts a check for its service.
    pub(super) fn count(&mut self, observation: &Observation, detector: &Detector, own_network_down: bool) {
        let Some(service) = detector.catalog().service_of(&observation.source) else { return };
        let every = detector.policy().interval.max(SignedDuration::from_secs(1));
        let before = self.last.insert(observation.source.clone(), observation.at);
        // A check covers the time since the one before it. After a pause the time in between is unknown.
        let since = before.map_or(every, |before| observation.at.duration_since(before));
        let since = since.clamp(SignedDuration::ZERO, every.saturating_mul(2));
        // The checked sources of a service cover the same time.
        let sources = service.sources.iter().filter(|source| self.last.contains_key(*source)).count().max(1);
        let sources = i64::try_from(sources).unwrap_or(1);
        let seconds = u32::try_from((nearest_second(since) + sources / 2) / sources).unwrap_or(u32::MAX);
        let counted = self.probes.entry(service.name.clone()).or_default();
        let kind = match &observation.seen {
            Outcome::Healthy if observation.took > detector.policy().slow => &mut counted.degraded,
            Outcome::Healthy => &mut counted.good,
            Outcome::Failing(_) => &mut counted.bad,
            Outcome::Unreachable(_) if !own_network_down => &mut counted.bad,
            _ => &mut counted.unknown,
        };
        *kind = kind.saturating_add(seconds);
    }

    /// Stores what was counted, if it is time or `at_all` is set.
    pub(super) async fn save(&mut self, at_all: bool) {
        let now = self.clock.now();
        if self.probes.is_empty() || (!at_all && now.duration_since(self.stored_at) < EVERY) {
            return;
        }
        let probes: Vec<_> = std::mem::take(&mut self.probes).into_iter().collect();
        self.stored_at = now;
        match self.clock.timeout(KEEPS_WITHIN, self.store.record_probes(now, &probes)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "a minute of checks is missing from the uptime counts");
            }
            None => tracing::warn!("a minute of checks may be missing from the uptime counts"),
        }
    }

    /// Drops what was counted.
    pub(super) fn clear(&mut self) {
        self.probes.clear();
    }
}
