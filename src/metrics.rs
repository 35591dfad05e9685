//! What is counted while the bot runs: probes, deliveries, answers, connections. `/metrics` prints it, `/readyz` reads
//! it.
//!
//! Names are part of the product: dashboards and alert rules rely on them.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// All metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    registry: Registry,
    probes: Family<ProbeLabels, Counter>,
    probe_seconds: Family<Source, Histogram>,
    interactions: Family<Command, Counter>,
    interaction_seconds: Family<Command, Histogram>,
    unreadable: Counter,
    probe_panics: Counter,
    watching: Gauge,
    passed_over: Counter,
    connected: Gauge,
    reconnects: Counter,
    identifies: Gauge,
    identifies_most: Gauge,
    /// The shards whose connection was lost and has not stayed up since.
    unsteady: Mutex<BTreeSet<u32>>,
    outages_open: Gauge,
    deliveries: Family<Outcome, Counter>,
    delivery_oddities: Family<Kind, Counter>,
    delivery_lag: Histogram,
    probe_age: Family<Source, Gauge<f64, AtomicU64>>,
    budget_left: Family<Host, Gauge<f64, AtomicU64>>,
    rate_limited: Family<Host, Gauge>,
    records: Family<Kind, Gauge>,
    store_bytes: Family<Kind, Gauge>,
    backed_up: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProbeLabels {
    source: String,
    result: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Source {
    source: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Command {
    command: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Host {
    host: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: String,
}

fn histogram() -> Histogram {
    // 1 ms to 16 s: a check ends at 8 s, an answer must come within 3 s.
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

fn seconds(span: SignedDuration) -> f64 {
    span.as_secs_f64().max(0.0)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("healthy_upstream");
        let counted = Counted {
            probes: Family::default(),
            probe_seconds: Family::new_with_constructor(histogram),
            interactions: Family::default(),
            interaction_seconds: Family::new_with_constructor(histogram),
            unreadable: Counter::default(),
            probe_panics: Counter::default(),
            watching: Gauge::default(),
            passed_over: Counter::default(),
            connected: Gauge::default(),
            reconnects: Counter::default(),
            identifies: Gauge::default(),
            identifies_most: Gauge::default(),
            unsteady: Mutex::default(),
            outages_open: Gauge::default(),
            deliveries: Family::default(),
            delivery_oddities: Family::default(),
            delivery_lag: Histogram::new(exponential_buckets(0.1, 2.0, 18)), // 0.1 s to 3.6 h
            probe_age: Family::default(),
            budget_left: Family::default(),
            rate_limited: Family::default(),
            records: Family::default(),
            store_bytes: Family::default(),
            backed_up: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("probes", "Probes by source and result", counted.probes.clone());
        let seconds = Unit::Seconds;
        registry.register_with_unit(
            "probe_duration",
            "Duration of probes",
            seconds,
            counted.probe_seconds.clone(),
        );
        registry.register("interactions", "Answers by command", counted.interactions.clone());
        let latency = counted.interaction_seconds.clone();
        registry.register_with_unit(
            "interaction",
            "From an interaction's arrival to its answer",
            Unit::Seconds,
            latency,
        );
        registry.register(
            "interactions_unreadable",
            "Interactions that could not be read",
            counted.unreadable.clone(),
        );
        registry.register("probe_panics", "Checks that panicked", counted.probe_panics.clone());
        registry.register(
            "leader",
            "1 while this instance is the leader, which checks the sources; 0 while it follows",
            counted.watching.clone(),
        );
        registry.register(
            "interactions_dropped",
            "Interactions left unanswered: their user had been asked to slow down, or too many waited",
            counted.passed_over.clone(),
        );
        registry.register("gateway_connected", "1 while connected to Discord", counted.connected.clone());
        registry.register(
            "gateway_reconnects",
            "Connections to Discord that were lost or failed",
            counted.reconnects.clone(),
        );
        registry.register(
            "gateway_identifies",
            "Sessions started with Discord in the last 24 hours",
            counted.identifies.clone(),
        );
        registry.register(
            "gateway_identifies_most",
            "Sessions that may be started with Discord in 24 hours; beyond them a few each hour",
            counted.identifies_most.clone(),
        );
        registry.register("outages_open", "Open outages", counted.outages_open.clone());
        registry.register("deliveries", "Deliveries by outcome", counted.deliveries.clone());
        registry.register(
            "delivery_anomalies",
            "Deliveries that were shortened, perhaps sent twice, or not published",
            counted.delivery_oddities.clone(),
        );
        let lag = counted.delivery_lag.clone();
        registry.register_with_unit("delivery_lag", "From an event to its post", Unit::Seconds, lag);
        let age = counted.probe_age.clone();
        registry.register_with_unit("probe_age", "Since the newest check of a source", Unit::Seconds, age);
        registry.register("budget_left", "Requests left in a host's budget", counted.budget_left.clone());
        registry.register("rate_limited", "1 while a host rate-limits us", counted.rate_limited.clone());
        registry.register("store_records", "Stored records by kind", counted.records.clone());
        let bytes = counted.store_bytes.clone();
        registry.register_with_unit("store", "Bytes that the store uses and has free", Unit::Bytes, bytes);
        let backed_up = counted.backed_up.clone();
        let help = "When the newest backup was made, in seconds since 1970; 0 if there is none";
        registry.register_with_unit("backup_timestamp", help, Unit::Seconds, backed_up);
        Self(Arc::new(Counted { registry, ..counted }))
    }
}

impl Metrics {
    /// Sets whether this instance is the leader, which checks the sources, or follows.
    pub fn watching(&self, watches: bool) {
        self.0.watching.set(i64::from(watches));
    }

    /// Counts a finished probe; `result` is a word such as `healthy`, `failing`, `refused`.
    pub fn probed(&self, source: &str, result: &str, took: SignedDuration) {
        self.0
            .probes
            .get_or_create(&ProbeLabels { source: source.to_owned(), result: result.to_owned() })
            .inc();
        self.0.probe_seconds.get_or_create(&Source { source: source.to_owned() }).observe(seconds(took));
    }

    /// Counts an answered interaction.
    pub fn answered(&self, command: &str, took: SignedDuration) {
        let command = Command { command: command.to_owned() };
        self.0.interactions.get_or_create(&command).inc();
        self.0.interaction_seconds.get_or_create(&command).observe(seconds(took));
    }

    /// Counts an interaction that could not be read.
    pub fn unreadable(&self) {
        self.0.unreadable.inc();
    }

    /// Counts a check that panicked.
    pub fn probe_panicked(&self) {
        self.0.probe_panics.inc();
    }

    /// Returns how many checks have panicked so far.
    pub fn probe_panics_so_far(&self) -> u64 {
        self.0.probe_panics.get()
    }

    /// Counts an interaction that was left unanswered.
    pub fn passed_over(&self) {
        self.0.passed_over.inc();
    }

    /// Returns how many interactions could not be read so far.
    pub fn unreadable_so_far(&self) -> u64 {
        self.0.unreadable.get()
    }

    /// Sets whether Discord is connected.
    pub fn connected(&self, now: bool) {
        self.0.connected.set(i64::from(now));
    }

    /// Counts a shard's connection that was lost or failed.
    pub fn lost(&self, shard: u32) {
        self.0.reconnects.inc();
        self.0.unsteady.lock().unwrap_or_else(PoisonError::into_inner).insert(shard);
    }

    /// Marks a shard's connection as stable.
    pub fn steady(&self, shard: u32) {
        self.0.unsteady.lock().unwrap_or_else(PoisonError::into_inner).remove(&shard);
    }

    /// Whether Discord is connected and every shard's connection is stable.
    pub fn is_steady(&self) -> bool {
        self.is_connected() && self.0.unsteady.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Sets how many sessions were started in the last 24 hours, and how many are allowed.
    pub fn identified(&self, sent: u32, most: u32) {
        self.0.identifies.set(i64::from(sent));
        self.0.identifies_most.set(i64::from(most));
    }

    /// Returns how many sessions were started in the last 24 hours, and how many are allowed; `None` without a gateway.
    pub fn identifies(&self) -> Option<(u32, u32)> {
        let number = |gauge: &Gauge| u32::try_from(gauge.get()).unwrap_or(u32::MAX);
        Some((number(&self.0.identifies), number(&self.0.identifies_most))).filter(|(_, most)| *most > 0)
    }

    pub fn is_connected(&self) -> bool {
        self.0.connected.get() == 1
    }

    /// Counts a delivery by its outcome.
    pub fn delivered(&self, outcome: &str) {
        self.0.deliveries.get_or_create(&Outcome { outcome: outcome.to_owned() }).inc();
    }

    /// Counts a delivery that was made, but not as it should be.
    pub fn odd_delivery(&self, kind: &str) {
        self.0.delivery_oddities.get_or_create(&Kind { kind: kind.to_owned() }).inc();
    }

    /// Records the time between an event and its post.
    pub fn lagged(&self, lag: SignedDuration) {
        self.0.delivery_lag.observe(seconds(lag));
    }

    /// Sets the number of open outages.
    pub fn outages_open(&self, count: usize) {
        self.0.outages_open.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Sets how long ago a source was last checked.
    pub fn probe_age(&self, source: &str, age: SignedDuration) {
        self.0.probe_age.get_or_create(&Source { source: source.to_owned() }).set(seconds(age));
    }

    /// Sets the requests left in a host's budget, and whether the host rate-limits us.
    pub fn budget(&self, host: &str, left: f64, rate_limited: bool) {
        let host = Host { host: host.to_owned() };
        self.0.budget_left.get_or_create(&host).set(left);
        self.0.rate_limited.get_or_create(&host).set(i64::from(rate_limited));
    }

    /// Sets the number of stored records of a kind.
    pub fn records(&self, kind: &str, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.0.records.get_or_create(&Kind { kind: kind.to_owned() }).set(count);
    }

    /// Sets the bytes that the store uses and has free; `None` if unknown.
    pub fn usage(&self, used: Option<u64>, free: Option<u64>) {
        for (kind, bytes) in [("used", used), ("free", free)] {
            if let Some(bytes) = bytes {
                let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                self.0.store_bytes.get_or_create(&Kind { kind: kind.to_owned() }).set(bytes);
            }
        }
    }

    /// Sets when the newest backup was made.
    pub fn backed_up(&self, at: Timestamp) {
        self.0.backed_up.set(at.as_second());
    }

    /// Returns when the newest backup was made.
    pub fn backed_up_at(&self) -> Option<Timestamp> {
        Some(self.0.backed_up.get()).filter(|at| *at > 0).and_then(|at| Timestamp::from_second(at).ok())
    }

    /// Returns all metrics in Prometheus' text format.
    pub fn print(&self) -> String {
        let mut text = String::new();
        // Cannot fail: writing to a String does not.
        let _ = encode(&mut text, &self.0.registry);
        text
    }
}
