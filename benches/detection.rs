//! The hot paths of the detector: one assessment, one snapshot, and a hundred thousand checks.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::health::{
    Detector, Failure, FailureKind, Observation, Outcome, Policy, ServiceCatalog, assess,
};
use healthy_upstream::probe::spotify::{catalog, specs};
use jiff::{SignedDuration, Timestamp};

const PROBES: u32 = 100_000;

fn watched() -> ServiceCatalog {
    catalog(&specs(&[]).unwrap_or_default(), "Frankfurt")
}

/// Returns the checks of six sources, one every 30 s each, with ten minutes of failures every six hours.
fn probes() -> Vec<Observation> {
    let sources = ["control", "web-api", "accounts", "accounts-discovery", "client-bootstrap", "web-player"];
    let failing = Outcome::Failing(Failure {
        class: FailureKind::NoHealthyUpstream,
        status: Some(503),
        detail: "no healthy upstream".to_owned(),
    });
    let observed = |n: u32| {
        let source = sources[n as usize % sources.len()];
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(n) * 5);
        let fails = source != "control" && at.as_second() % 21_600 < 600;
        Observation {
            source: source.into(),
            at,
            took: SignedDuration::from_millis(40),
            seen: if fails { failing.clone() } else { Outcome::Healthy },
            certificate_expires: None,
        }
    };
    (0..PROBES).map(observed).collect()
}

fn detection(criterion: &mut Criterion) {
    let (catalog, policy, probes) = (watched(), Policy::default(), probes());
    let mut detector = Detector::new(catalog.clone(), policy.clone());
    for probe in &probes {
        detector.take(probe);
    }
    let now = probes.last().map_or(Timestamp::UNIX_EPOCH, |probe| probe.at);
    criterion.bench_function("assess one check", |bencher| {
        bencher.iter(|| assess(black_box(&detector.tracker().probes), &catalog, &policy, now));
    });
    criterion
        .bench_function("take a snapshot", |bencher| bencher.iter(|| black_box(&detector).snapshot(now)));

    let mut many = criterion.benchmark_group("detect");
    many.throughput(Throughput::Elements(u64::from(PROBES))).sample_size(10);
    many.bench_function("100,000 checks", |bencher| {
        let fresh = || Detector::new(catalog.clone(), policy.clone());
        bencher.iter_batched(
            fresh,
            |mut detector| probes.iter().map(|probe| detector.take(probe).len()).sum::<usize>(),
            BatchSize::PerIteration,
        );
    });
    many.finish();
}

criterion_group!(benches, detection);
criterion_main!(benches);
