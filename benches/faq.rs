//! The hot paths of the FAQ: one question, one pasted megabyte, and reading every entry at the start.

use std::{fmt::Write as _, hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use healthy_upstream::faq::Faq;

/// Returns a mebibyte of access log: mostly successes, some errors, with ids, colours and tracebacks.
fn log_of_a_mebibyte() -> String {
    let mut log = String::new();
    let mut n = 0_u64;
    while log.len() < 1 << 20 {
        n += 1;
        let id = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let fine = if n.is_multiple_of(40) { "503 UH no_healthy_upstream" } else { "200 - via_upstream" };
        let _ = writeln!(
            log,
            "[2026-11-20T10:{:02}:{:02}.429Z] \"GET /v1/tracks/{id:016x} HTTP/2\" {fine} - \"-\" 0 19 {} - \"10.0.0.{}\" \
             \"okhttp/4.9.3\" \"{id:016x}-429\" \"api.example.org\" \"10.1.2.3:8080\" outbound|80||api.default.svc",
            n / 60 % 60,
            n % 60,
            n % 503,
            n % 250,
        );
        if n.is_multiple_of(500) {
            log.push_str("\u{1b}[31mERROR\u{1b}[0m spotipy.exceptions.SpotifyException: http status: 429, code:-1 - \
                          https://api.spotify.com/v1/me:\n Max Retries, reason: too many 503 error responses\n");
        }
    }
    log
}

fn faq(c: &mut Criterion) {
    let book = Faq::builtin();
    c.bench_function("one short question (bar: 1 ms)", |b| {
        b.iter(|| book.search(black_box("spotify 503 no helthy upstream")));
    });
    let story = "Hi all, since this morning our little discord bot cannot fetch anything from the Spotify Web API, it worked \
                 for two years and nobody changed the code. We get 403 for every playlist and in the log it only says \
                 Check settings on developer.spotify.com/dashboard, the user may not be registered. Any idea? thanks!!";
    c.bench_function("one long question (bar: 1 ms)", |b| b.iter(|| book.search(black_box(story))));
    c.bench_function("autocomplete", |b| b.iter(|| book.suggest(black_box("no healthy up"))));
    let log = log_of_a_mebibyte();
    let mut group = c.benchmark_group("log");
    group
        .throughput(Throughput::Bytes(log.len() as u64))
        .measurement_time(Duration::from_secs(5))
        .sample_size(20);
    group.bench_function("diagnose 1 MiB (bar: 50 ms)", |b| b.iter(|| book.diagnose(black_box(&log))));
    group.finish();
    c.bench_function("read every entry (bar: 20 ms)", |b| {
        b.iter(|| Faq::read(Faq::builtin_files()));
    });
}

criterion_group!(benches, faq);
criterion_main!(benches);
