//! How long it takes to classify responses: one body, one status page, and a recording of many checks.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::probe::classify::classify;
use healthy_upstream::probe::spotify::specs;
use healthy_upstream::probe::{Classifier, Classifiers, Exchange, HttpResponse, RecordingReader};
use jiff::{SignedDuration, Timestamp};

fn one_body(c: &mut Criterion) {
    let specs = specs(&[]).expect("the built-in catalog");
    let expect =
        |name: &str| specs.iter().find(|s| s.name.as_str() == name).expect("a source").expect.clone();
    let exchange = |name: &str, answer| {
        Exchange::answered(&name.into(), Timestamp::UNIX_EPOCH, SignedDuration::from_millis(40), answer)
    };
    let api = expect("web-api");
    let phrase = exchange("web-api", HttpResponse::text(503, "no healthy upstream"));
    c.bench_function("classify: 503 no healthy upstream", |b| b.iter(|| classify(black_box(&phrase), &api)));
    let healthy = exchange(
        "web-api",
        HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#),
    );
    c.bench_function("classify: a healthy 401", |b| b.iter(|| classify(black_box(&healthy), &api)));
    let page = format!("<!doctype html><title>502</title>{}", "<p>x</p>".repeat(8_000));
    let page = exchange("web-api", HttpResponse::html(502, &page));
    c.bench_function("classify: 64 KiB of HTML", |b| b.iter(|| classify(black_box(&page), &api)));

    let spec = specs.iter().find(|s| s.name.as_str() == "status-page").expect("a page");
    let summary = include_str!("../tests/data/spotify/statuspage-summary.json");
    let summary = exchange("status-page", HttpResponse::json(200, summary));
    let mut classifier = Classifier::new(spec);
    c.bench_function("classify: a status page", |b| b.iter(|| classifier.read(black_box(&summary))));
}

fn a_recording(c: &mut Criterion) {
    const PROBES: i64 = 10_000;
    let specs = specs(&[]).expect("the built-in catalog");
    let mut text = String::new();
    for nth in 0..PROBES {
        let at = Timestamp::from_second(1_744_800_000 + nth).expect("an instant");
        let answer = HttpResponse::json(401, r#"{"error":{"status":401,"message":"No token provided"}}"#)
            .with("server", "envoy");
        let exchange = Exchange::answered(&"web-api".into(), at, SignedDuration::from_millis(41), answer);
        writeln!(text, "{}", serde_json::to_string(&exchange).expect("JSON")).expect("written");
    }
    let mut group = c.benchmark_group("recording");
    group.throughput(Throughput::Elements(PROBES.unsigned_abs()));
    group.bench_function("read and classify", |b| {
        b.iter(|| {
            let mut classifiers = Classifiers::new(&specs);
            let names: Vec<_> = classifiers.names().cloned().collect();
            let lines = RecordingReader::new(text.as_bytes(), "bench", names);
            lines.filter_map(|line| classifiers.read(&line.ok()?)).count()
        });
    });
    group.finish();
}

criterion_group!(benches, one_body, a_recording);
criterion_main!(benches);
