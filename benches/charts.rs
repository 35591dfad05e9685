//! How long it takes to render a chart. A chart is rendered once for all requests of the same five minutes.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use healthy_upstream::charts;
use healthy_upstream::health::{
    BucketSize, Failure, FailureKind, IncidentState, Level, Outage, OutageId, OutageKind, ProbeCounts,
    Service, ServiceCatalog, ServiceImpact, ServiceName, TimelineEvent, UptimeBucket,
};
use healthy_upstream::i18n::Language;
use jiff::{SignedDuration, Timestamp};

fn catalog() -> ServiceCatalog {
    let service = |name: &str, display: &str| Service {
        name: name.into(),
        display: display.into(),
        sources: Vec::new(),
        components: Vec::new(),
        needs: None,
    };
    ServiceCatalog {
        display: "Spotify".into(),
        whole: "spotify".into(),
        services: vec![
            service("web-api", "Web API"),
            service("login", "Login & tokens"),
            service("apps", "Desktop & mobile apps"),
            service("web-player", "Web player"),
        ],
        pages: Vec::new(),
        connectivity_checks: None,
        ignored_components: Vec::new(),
        location: "Frankfurt".into(),
        page_hosts: vec!["spotify.statuspage.io".into()],
        vendors: vec![],
        more_controls: vec![],
    }
}

/// Returns uptime buckets until now; in every twentieth some checks failed.
fn uptime_buckets(
    catalog: &ServiceCatalog,
    span: BucketSize,
    count: i32,
    now: Timestamp,
) -> Vec<(ServiceName, Vec<UptimeBucket>)> {
    let uptime_bucket = |service: &ServiceName, n: i32| UptimeBucket {
        service: service.clone(),
        span,
        from: span.begin(now) - span.length() * n,
        probes: ProbeCounts { good: 10, bad: u32::from(n % 20 == 3) * 4, ..ProbeCounts::default() },
    };
    let all = |service: &Service| (0..count).rev().map(|n| uptime_bucket(&service.name, n)).collect();
    catalog.services.iter().map(|service| (service.name.clone(), all(service))).collect()
}

fn outage(now: Timestamp) -> Outage {
    let failure = Failure {
        class: FailureKind::NoHealthyUpstream,
        status: Some(503),
        detail: "no healthy upstream".into(),
    };
    let since = now - SignedDuration::from_hours(5);
    let until = now - SignedDuration::from_hours(1);
    let hit = ServiceImpact {
        level: Level::Up,
        worst: Level::Outage,
        since,
        until: Some(until),
        failure: Some(failure.clone()),
        failed_probes: 3,
        part: None,
        slow: None,
        flaps: 0,
    };
    let mut outage = Outage {
        id: OutageId("web-api-1".into()),
        kind: OutageKind::Outage,
        level: Level::Up,
        worst: Level::Outage,
        since,
        until: Some(until),
        services: BTreeMap::from([("web-api".into(), hit.clone()), ("web-player".into(), hit)]),
        seen: Some(since),
        page: Vec::new(),
        flaps: 0,
        flapping: false,
        ongoing_at_first_probe: false,
        timeline: Vec::new(),
        revision: 2,
    };
    outage.remember(since, TimelineEvent::FirstFailedProbe { service: "web-api".into(), failure });
    for (minutes, state) in [(25, IncidentState::Investigating), (90, IncidentState::Monitoring)] {
        let at = since + SignedDuration::from_mins(minutes);
        outage.remember(at, TimelineEvent::PageSaid { state, text: String::new() });
    }
    outage.remember(until, TimelineEvent::FirstGoodProbe { service: "web-api".into() });
    outage
}

fn drawing(c: &mut Criterion) {
    let now: Timestamp = "2025-04-16T17:03:10Z".parse().expect("an instant");
    let (catalog, english) = (catalog(), Language::ENGLISH);
    let slots = uptime_buckets(&catalog, BucketSize::Slot, 288, now);
    let days = uptime_buckets(&catalog, BucketSize::Day, 90, now);
    let outage = outage(now);
    let strip = charts::strip(&slots, &catalog, now, english);
    let uptime = charts::uptime(&days, &catalog, "90d", 90, now, english);
    let timeline = charts::timeline(&outage, &catalog, "4 h 0 min", now, english);
    c.bench_function("strip: text alternative", |b| {
        b.iter(|| charts::strip(black_box(&slots), &catalog, now, english));
    });
    for (name, drawing) in [("strip", &strip), ("90 days", &uptime), ("timeline", &timeline)] {
        let bytes = drawing.png().map_or(0, |png| png.len());
        c.bench_function(&format!("render: {name}, {bytes} bytes"), |b| b.iter(|| black_box(drawing).png()));
    }
}

criterion_group!(benches, drawing);
criterion_main!(benches);
