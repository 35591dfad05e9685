//! Tallies as the columns of a picture.

use jiff::Timestamp;

use super::chart::ROWS;
use crate::health::{BucketSize, Percentage, ProbeCounts, ServiceCatalog, ServiceName, UptimeBucket};

/// The services of the profile that were counted, in its order; then what it no longer names.
pub(super) fn named<'a>(
    tallies: &'a [(ServiceName, Vec<UptimeBucket>)],
    profile: &ServiceCatalog,
) -> Vec<(&'a ServiceName, &'a [UptimeBucket])> {
    let order = |name: &ServiceName| profile.services.iter().position(|service| service.name == *name);
    let mut named: Vec<_> = tallies.iter().map(|(name, tallies)| (name, tallies.as_slice())).collect();
    named.sort_by_key(|(name, _)| order(name).unwrap_or(usize::MAX));
    named.truncate(ROWS);
    named
}

/// The looks of each of `n` spans from `first` on; nothing counted where there is no tally.
pub(super) fn spread(
    tallies: &[UptimeBucket],
    span: BucketSize,
    first: Timestamp,
    n: usize,
) -> Vec<ProbeCounts> {
    let mut looks = vec![ProbeCounts::default(); n];
    for tally in tallies.iter().filter(|tally| tally.span == span) {
        let after = tally.from.duration_since(first).as_secs().div_euclid(span.length().as_secs());
        if let Some(slot) = usize::try_from(after).ok().and_then(|at| looks.get_mut(at)) {
            *slot = slot.plus(tally.probes);
        }
    }
    looks
}

/// The share of looks that got through; none where no look told anything.
pub(super) fn share(looks: &[ProbeCounts]) -> Option<Percentage> {
    looks.iter().fold(ProbeCounts::default(), |sum, looks| sum.plus(*looks)).got_through()
}
