//! Looks, counted for uptime and the strip of the day: each by the seconds that it stands for, for looks are denser in an outage.
//!
//! Never: a minute of a statistic is not worth holding when the store is away.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::health::assessment::nearest_second;
use crate::health::{Judge, Observation, Seen, ServiceName, SourceName, tally};
use crate::store::Store;

/// Tallies of looks are kept this often.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A store that takes longer is away: looking does not wait for a statistic.
const KEEPS_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// The looks since tallies were kept last.
pub(super) struct Tallying {
    store: Arc<dyn Store>,
    clock: Clock,
    looks: BTreeMap<ServiceName, tally::Looks>,
    /// When each source was last looked at.
    last: BTreeMap<SourceName, Timestamp>,
    kept_at: Timestamp,
}

impl Tallying {
    pub(super) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, kept_at: clock.now(), clock, looks: BTreeMap::new(), last: BTreeMap::new() }
    }

    /// Counts a look for its service.
    pub(super) fn count(&mut self, observation: &Observation, judge: &Judge, own_network_down: bool) {
        let Some(service) = judge.profile().service_of(&observation.source) else { return };
        let every = judge.policy().every.max(SignedDuration::from_secs(1));
        let before = self.last.insert(observation.source.clone(), observation.at);
        // A look stands for the time since the one before it; after a pause nobody knows what was in between.
        let since = before.map_or(every, |before| observation.at.duration_since(before));
        let since = since.clamp(SignedDuration::ZERO, every.saturating_mul(2));
        // The sources of a service that are looked at tell of the same time.
        let sources = service.sources.iter().filter(|source| self.last.contains_key(*source)).count().max(1);
        let sources = i64::try_from(sources).unwrap_or(1);
        let seconds = u32::try_from((nearest_second(since) + sources / 2) / sources).unwrap_or(u32::MAX);
        let counted = self.looks.entry(service.name.clone()).or_default();
        let kind = match &observation.seen {
            Seen::Healthy if observation.took > judge.policy().slow => &mut counted.degraded,
            Seen::Healthy => &mut counted.good,
            Seen::Failing(_) => &mut counted.bad,
            Seen::Unreachable(_) if !own_network_down => &mut counted.bad,
            _ => &mut counted.unknown,
        };
        *kind = kind.saturating_add(seconds);
    }

    /// Keeps what was counted, if it is time or the end.
    pub(super) async fn keep(&mut self, at_all: bool) {
        let now = self.clock.now();
        if self.looks.is_empty() || (!at_all && now.duration_since(self.kept_at) < EVERY) {
            return;
        }
        let looks: Vec<_> = std::mem::take(&mut self.looks).into_iter().collect();
        self.kept_at = now;
        match self.clock.timeout(KEEPS_WITHIN, self.store.note_looks(now, &looks)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(%error, "a minute of looks is missing from the tallies"),
            None => tracing::warn!("a minute of looks is perhaps missing from the tallies"),
        }
    }

    /// Drops what was counted.
    pub(super) fn clear(&mut self) {
        self.looks.clear();
    }
}
