//! An outage as one channel sees it: only the services of its subscription, with their own start and end.
//!
//! A channel that subscribed to the login gets its recovery when the login is back, however long another service of the
//! same outage is down.

use std::collections::BTreeSet;

use super::{ServiceFilter, Severity, Subscription};
use crate::health::{Level, Outage, OutageKind, ServiceName, TimelineEvent};

/// Returns the outage as a channel subscribed to `services` sees it, or `None` if it affects none of them. An incident of
/// the whole (`whole`) concerns every channel.
pub fn scope_to_subscription(
    outage: &Outage,
    services: &ServiceFilter,
    whole: &ServiceName,
) -> Option<Outage> {
    let ServiceFilter::Only(wanted) = services else { return Some(outage.clone()) };
    let mut seen = outage.clone();
    seen.services.retain(|name, _| wanted.contains(name) || name == whole);
    if seen.services.is_empty() {
        return None;
    }
    if seen.services.len() == outage.services.len() {
        return Some(seen);
    }
    let hits = || seen.services.values();
    seen.level = hits().map(|hit| hit.level).max().unwrap_or_default();
    seen.worst = hits().map(|hit| hit.worst).max().unwrap_or_default();
    seen.since = hits().map(|hit| hit.since).min().unwrap_or(outage.since);
    let of_ours = hits().filter(|hit| hit.failed_probes > 0).map(|hit| hit.since).min();
    seen.seen = outage.seen.and(of_ours);
    seen.flaps = hits().map(|hit| hit.flaps).max().unwrap_or_default();
    // While it is flapping, a service that is up is between two failures: its end is that of the whole outage.
    if seen.until.is_none() && !outage.flapping && hits().all(|hit| hit.until.is_some()) {
        seen.until = hits().filter_map(|hit| hit.until).max();
    }
    // Drops entries about other services, and the report from before this part of the outage began.
    let (since, services) = (seen.since, &seen.services);
    seen.timeline.retain(|moment| match &moment.what {
        TimelineEvent::FirstFailedProbe { service, .. }
        | TimelineEvent::Became { service, .. }
        | TimelineEvent::FirstGoodProbe { service } => services.contains_key(service),
        TimelineEvent::Reported => moment.at >= since,
        _ => true,
    });
    let hits = || seen.services.values();
    if seen.until.is_some() {
        seen.until = hits().filter_map(|hit| hit.until).max().or(seen.until);
        seen.level = Level::Up;
    }
    Some(seen)
}

/// Returns the services of an outage that are degraded or down now.
pub fn bad_services(outage: &Outage) -> BTreeSet<ServiceName> {
    let bad = outage.services.iter().filter(|(_, hit)| hit.until.is_none() && hit.level.is_bad());
    bad.map(|(name, _)| name.clone()).collect()
}

/// Returns which of the services that a channel was notified of have recovered.
pub fn services_back(outage: &Outage, log: &BTreeSet<ServiceName>) -> Vec<ServiceName> {
    let back = |name: &&ServiceName| outage.services.get(*name).is_some_and(|hit| hit.until.is_some());
    log.iter().filter(back).cloned().collect()
}

/// Returns a hash of all that the page has said of an outage; it changes when the page says something new. A correction of a
/// text keeps its time and does not change it, nor does what is said about an incident that is closed.
pub fn page_print(outage: &Outage) -> u64 {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        // The length goes first, so that no two lists of parts hash the same bytes.
        hash.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(bytes);
    };
    for voice in &outage.page {
        part(voice.incident.as_bytes());
        if voice.closed.is_some() {
            part(b"closed");
        } else {
            part(voice.name.as_bytes());
            part(voice.state.as_str().as_bytes());
            part(&voice.last_said.as_microsecond().to_le_bytes());
        }
    }
    let mut first = [0; 8];
    hash.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// Whether a level is bad enough for a subscription.
pub fn is_enough(level: Level, subscription: &Subscription) -> bool {
    match subscription.min_severity {
        Severity::Outages => level >= Level::Outage,
        Severity::Slowdowns => level.is_bad(),
    }
}

/// Whether it is announced work rather than an outage.
pub fn is_work(outage: &Outage) -> bool {
    outage.kind == OutageKind::Maintenance
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::health::{IncidentState, OutageId, PageReport};

    #[test]
    fn stored_page_hash_never_changes() {
        let at = Timestamp::UNIX_EPOCH;
        let voice = PageReport {
            incident: "abc".to_owned(),
            name: "Elevated errors".to_owned(),
            state: IncidentState::Investigating,
            text: "We are looking.".to_owned(),
            first_said: at,
            last_said: at,
            closed: None,
            withdrawn: false,
            link: None,
        };
        let outage = Outage {
            id: OutageId("web-api-1".to_owned()),
            kind: OutageKind::Outage,
            level: Level::Outage,
            worst: Level::Outage,
            since: at,
            until: None,
            services: std::collections::BTreeMap::new(),
            seen: None,
            page: vec![voice.clone()],
            flaps: 0,
            flapping: false,
            ongoing_at_first_probe: false,
            timeline: Vec::new(),
            revision: 0,
        };
        let closed = Outage { page: vec![PageReport { closed: Some(at), ..voice }], ..outage.clone() };
        let hashes = format!("{:016x} {:016x}", page_print(&outage), page_print(&closed));
        assert_eq!(hashes, "b6177f4ac9bbce6d 8602340c04c3967f");
    }
}
