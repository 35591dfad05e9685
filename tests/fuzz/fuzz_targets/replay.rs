//! Grouping and assessing arbitrary exchanges in arbitrary order never panics, and every end has its start.
//!
//! The input is a sequence of exchanges, each behind a byte 0xFF: source, status, kind of body, time since the previous one, then
//! the body. They take the path of a replay: probes are grouped and assessed, and a snapshot is taken.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use healthy_upstream::health::{Detector, EventKind, Policy};
use healthy_upstream::probe::spotify::{catalog, specs};
use healthy_upstream::probe::{Classifiers, Exchange, HttpResponse, Replay, SourceSpec, TransportError};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;

static SPECS: LazyLock<Vec<SourceSpec>> = LazyLock::new(|| specs(&[]).expect("the built-in catalog"));
const STATUSES: [u16; 8] = [200, 200, 304, 401, 429, 500, 503, 404];
const KINDS: [&str; 4] = ["application/json", "text/html", "text/plain", "application/atom+xml"];
/// Seconds between two exchanges: side by side, a recheck, a check, a stale one, a long silence.
const STEPS: [i64; 8] = [0, 1, 15, 30, 30, 60, 400, 7_200];

fn exchanges(data: &[u8]) -> impl Iterator<Item = Exchange> + '_ {
    let mut at = Timestamp::from_second(1_744_800_000).expect("an instant");
    data.split(|byte| *byte == 0xFF).filter_map(move |part| {
        let [source, status, kind, step, body @ ..] = part else { return None };
        let pick = |from: usize, byte: u8| usize::from(byte) % from;
        at += SignedDuration::from_secs(STEPS[pick(STEPS.len(), *step)]);
        // Half of the exchanges belong to the status page, because it has the most to parse.
        let spec = if source & 1 == 0 { &SPECS[0] } else { &SPECS[pick(SPECS.len(), source >> 1)] };
        if status & 0x80 != 0 {
            let errors = [TransportError::Dns, TransportError::Connect, TransportError::Timeout, TransportError::TlsExpired];
            let error = errors[pick(errors.len(), *status)];
            return Some(Exchange::failed(&spec.name, at, SignedDuration::from_millis(8), error));
        }
        let kind = KINDS[pick(KINDS.len(), *kind)];
        let headers = [("content-type", kind), ("server", "envoy"), ("age", "7")].into_iter().collect();
        let status = STATUSES[pick(STATUSES.len(), *status)];
        let answer = HttpResponse { status, headers, body: body.to_vec(), truncated: false };
        Some(Exchange::answered(&spec.name, at, SignedDuration::from_millis(40), answer))
    })
}

fuzz_target!(|data: &[u8]| {
    let mut detector = Detector::new(catalog(&SPECS, "Frankfurt"), Policy::default());
    let mut started = BTreeSet::new();
    let lines = exchanges(data).map(Ok::<_, std::convert::Infallible>);
    for probe in Replay::new(lines, Classifiers::new(&SPECS)) {
        let Ok(probe) = probe;
        for event in detector.take(&probe) {
            match event.kind {
                EventKind::Started | EventKind::MaintenanceStarted => {
                    started.insert(event.outage.id);
                }
                EventKind::Ended | EventKind::MaintenanceEnded => assert!(started.contains(&event.outage.id)),
                _ => {}
            }
        }
        let snapshot = detector.snapshot(probe.at);
        assert!(detector.due().is_none_or(|due| due > detector.assessment().at));
        assert_eq!(snapshot.services.len(), 4);
    }
});
