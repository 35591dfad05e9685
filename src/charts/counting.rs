//! Turns uptime buckets into the columns of a chart.

use jiff::Timestamp;

use super::chart::ROWS;
use crate::health::{BucketSize, Percentage, ProbeCounts, ServiceCatalog, ServiceName, UptimeBucket};

/// The services of the catalog that were counted, in its order, then those that the catalog no longer has.
pub(super) fn named<'a>(
    uptime_buckets: &'a [(ServiceName, Vec<UptimeBucket>)],
    catalog: &ServiceCatalog,
) -> Vec<(&'a ServiceName, &'a [UptimeBucket])> {
    let order = |name: &ServiceName| catalog.services.iter().position(|service| service.name == *name);
    let mut named: Vec<_> =
        uptime_buckets.iter().map(|(name, uptime_buckets)| (name, uptime_buckets.as_slice())).collect();
    named.sort_by_key(|(name, _)| order(name).unwrap_or(usize::MAX));
    named.truncate(ROWS);
    named
}

/// The checks in each of `n` spans from `first` on; a span without bucket has none.
pub(super) fn spread(
    uptime_buckets: &[UptimeBucket],
    span: BucketSize,
    first: Timestamp,
    n: usize,
) -> Vec<ProbeCounts> {
    let mut probes = vec![ProbeCounts::default(); n];
    for uptime_bucket in uptime_buckets.iter().filter(|uptime_bucket| uptime_bucket.span == span) {
        let after = uptime_bucket.from.duration_since(first).as_secs().div_euclid(span.length().as_secs());
        if let Some(slot) = usize::try_from(after).ok().and_then(|at| probes.get_mut(at)) {
            *slot = slot.plus(uptime_bucket.probes);
        }
    }
    probes
}

/// The share of checks that succeeded, or `None` if no check had a result.
pub(super) fn share(probes: &[ProbeCounts]) -> Option<Percentage> {
    probes.iter().fold(ProbeCounts::default(), |sum, probes| sum.plus(*probes)).got_through()
}
