//! A check that panics is a bug in the bot: it is counted and reported, and its source is checked again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use expect_test::expect;
use healthy_upstream::clock::Clock;
use healthy_upstream::cluster::LeaseManager;
use healthy_upstream::health::{Detector, Level, Observation, Outcome, Policy, SourceName};
use healthy_upstream::metrics::Metrics;
use healthy_upstream::operator::self_checks::{SelfCheckDeps, SelfChecks};
use healthy_upstream::probe::Source;
use healthy_upstream::store::{MemoryStore, Store};
use healthy_upstream::throttle::Jitter;
use healthy_upstream::watcher::{Deps, Watcher};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::fixtures::{at, catalog};

/// Panics at its first two checks, and is healthy after them.
struct Panics {
    name: SourceName,
    checks: AtomicU32,
    clock: Clock,
}

#[async_trait]
impl Source for Panics {
    fn name(&self) -> &SourceName {
        &self.name
    }

    fn host(&self) -> &'static str {
        "api.example"
    }

    fn at_most_every(&self) -> Option<SignedDuration> {
        None
    }

    async fn probe(&self) -> Observation {
        assert!(self.checks.fetch_add(1, Ordering::Relaxed) >= 2, "a bug of ours");
        Observation {
            source: self.name.clone(),
            at: self.clock.now(),
            took: SignedDuration::from_millis(40),
            seen: Outcome::Healthy,
            certificate_expires: None,
        }
    }

    async fn probe_if_budget(&self) -> Option<Observation> {
        Some(self.probe().await)
    }
}

#[tokio::test(start_paused = true)]
async fn panicked_probe_is_repeated_and_reported_to_the_operator() {
    let clock = Clock::owned(at("09:00"));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default().open().expect("opens"));
    let roles =
        LeaseManager::new(store.clone(), clock.clone(), SignedDuration::from_hours(24)).expect("a name");
    let (_standby, leadership) = roles.campaign().await.expect("alone");
    let detector = Detector::new(catalog(), Policy::default());
    let (sender, snapshot) = watch::channel(Arc::new(detector.snapshot(clock.now())));
    let source = Arc::new(Panics { name: "web-api".into(), checks: AtomicU32::new(0), clock: clock.clone() });
    let metrics = Metrics::default();
    let watching =
        SelfCheckDeps { certificate_warning: SignedDuration::ZERO, questions: false, backups: false };
    metrics.connected(true);
    let mut self_checks = SelfChecks::new(Arc::clone(&store), metrics.clone(), snapshot.clone(), watching);
    let watcher = Watcher::new(Deps {
        clock: clock.clone(),
        store,
        detector,
        leadership,
        sources: vec![Arc::clone(&source) as Arc<dyn Source>],
        jitter: Jitter::none(),
        snapshot: sender,
        pending: Arc::new(|| {}),
        metrics: metrics.clone(),
    });
    let (_reports, reported) = watch::channel(0);
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(watcher.run(reported, stopping));

    clock.sleep(SignedDuration::from_mins(10)).await;
    assert!(source.checks.load(Ordering::Relaxed) > 10, "it is checked at its usual pace");
    let view = snapshot.borrow().service(&"web-api".into()).cloned().expect("watched");
    assert_eq!(view.level, Level::Up, "a panicked check says nothing; the next one counts");
    assert!(metrics.print().contains("healthy_upstream_probe_panics_total 2"), "{}", metrics.print());
    let posted: Vec<String> =
        self_checks.inspect_this_instance(clock.now()).iter().map(ToString::to_string).collect();
    expect!["A check panicked (2×): a bug in the bot. Its source is checked again; see the log."]
        .assert_eq(&posted.join("\n"));
    assert!(self_checks.inspect_this_instance(clock.now()).is_empty(), "it is reported once");
    stop.send_replace(true);
    running.await.expect("ends in order");
}
