//! Classifying an arbitrary response never panics.
//!
//! The first bytes choose the status, the source and the kind of body; the rest is the body, which is also read as a
//! recording.
#![no_main]

use std::sync::LazyLock;

use healthy_upstream::health::{FailureKind, Outcome};
use healthy_upstream::probe::spotify::specs;
use healthy_upstream::probe::{Classifier, Exchange, HttpResponse, RecordingReader, SourceSpec};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;

static SPECS: LazyLock<Vec<SourceSpec>> = LazyLock::new(|| specs(&[]).expect("the built-in catalog"));
const STATUSES: [u16; 16] = [200, 200, 204, 301, 304, 400, 401, 403, 404, 429, 500, 502, 503, 504, 511, 530];
const KINDS: [&str; 4] = ["application/json", "text/html", "text/plain", "application/atom+xml"];

fuzz_target!(|data: &[u8]| {
    let [status, source, kind, body @ ..] = data else { return };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let spec = &SPECS[usize::from(*source) % SPECS.len()];
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let headers = [("content-type", kind), ("server", "envoy"), ("retry-after", "7")].into_iter().collect();
    let answer = HttpResponse { status, headers, body: body.to_vec(), truncated: source & 0x80 != 0 };
    let exchange = Exchange::answered(&spec.name, Timestamp::UNIX_EPOCH, SignedDuration::ZERO, answer);
    let mut classifier = Classifier::new(spec);
    let outcome = classifier.read(&exchange);
    let _ = classifier.read(&exchange);
    if let Outcome::Failing(failure) = outcome {
        assert!((500..600).contains(&status) || failure.class == FailureKind::Empty);
    }
    for line in RecordingReader::new(body, "fuzz", SPECS.iter().map(|s| s.name.clone())) {
        let _ = line;
    }
});
