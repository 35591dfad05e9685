//! How much of a period a service was without an outage.

use jiff::{SignedDuration, Timestamp};

use super::{Level, Outage, OutageKind, ServiceName};

/// How a service did in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Uptime {
    /// The length of the period.
    pub whole: SignedDuration,
    /// How much of it the service was down.
    pub down: SignedDuration,
    /// How much of it the service was degraded, but not down.
    pub trouble: SignedDuration,
    /// Outages and slowdowns that overlap the period.
    pub outages: u64,
}

impl Uptime {
    /// Returns the share of the period without an outage, 0.0 to 1.0; 1.0 for an empty period.
    pub fn share(&self) -> f64 {
        if self.whole.is_zero() { 1.0 } else { 1.0 - self.down.as_secs_f64() / self.whole.as_secs_f64() }
    }
}

/// Returns how a service did from `from` until `until`, by the outages that overlap this period. A flapping outage counts
/// from its start to its end. Maintenance does not count.
pub fn uptime(outages: &[Outage], service: &ServiceName, from: Timestamp, until: Timestamp) -> Uptime {
    let hits = outages.iter().filter(|outage| outage.kind == OutageKind::Outage);
    let hits = hits.filter_map(|outage| Some((outage, outage.services.get(service)?)));
    let mut spans: Vec<(Timestamp, Timestamp, Level)> = hits
        .map(|(outage, hit)| {
            (hit.since.max(from), hit.until.or(outage.until).unwrap_or(until).min(until), hit.worst)
        })
        .filter(|(begin, end, _)| begin < end)
        .collect();
    spans.sort_unstable();
    let covered = |bad: &dyn Fn(Level) -> bool| {
        let mut sum = SignedDuration::ZERO;
        let mut reached = from;
        for (begin, end, _) in spans.iter().filter(|(_, _, level)| bad(*level)) {
            sum += end.duration_since(*begin.max(&reached)).max(SignedDuration::ZERO);
            reached = reached.max(*end);
        }
        sum
    };
    let down = covered(&|level| level == Level::Outage);
    Uptime {
        whole: until.duration_since(from).max(SignedDuration::ZERO),
        down,
        trouble: covered(&Level::is_bad) - down,
        outages: u64::try_from(spans.len()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{OutageId, ServiceImpact};

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn outage(from: i64, until: Option<i64>, worst: Level) -> Outage {
        let hit = ServiceImpact {
            level: worst,
            worst,
            since: at(from),
            until: until.map(at),
            failure: None,
            failed_probes: 3,
            part: None,
            slow: None,
            flaps: 0,
        };
        Outage {
            id: OutageId(format!("web-api-{from}")),
            kind: OutageKind::Outage,
            level: worst,
            worst,
            since: at(from),
            until: until.map(at),
            services: [(ServiceName::from("web-api"), hit)].into(),
            seen: Some(at(from)),
            page: Vec::new(),
            flaps: 0,
            flapping: false,
            ongoing_at_first_probe: false,
            timeline: Vec::new(),
            revision: 0,
        }
    }

    #[test]
    fn overlap_counts_once_and_open_outage_counts_until_now() {
        let outages = [
            outage(-5, Some(2), Level::Outage),
            outage(1, Some(3), Level::Outage),
            outage(2, Some(5), Level::Degraded),
            outage(20, None, Level::Outage),
        ];
        let fared = uptime(&outages, &"web-api".into(), at(0), at(24));
        assert_eq!(
            (fared.down, fared.trouble),
            (SignedDuration::from_hours(7), SignedDuration::from_hours(2))
        );
        assert_eq!(fared.outages, 4);
        assert!((fared.share() - 17.0 / 24.0).abs() < 1e-9);
        assert_eq!(uptime(&outages, &"login".into(), at(0), at(24)).share().to_string(), "1");
    }
}
