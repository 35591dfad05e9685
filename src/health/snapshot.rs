//! The read model of the commands: what was believed at one instant, with the age of each voice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Component, Failure, Level, Outage, PageIncident, PageMaintenance, ServiceName, SourceName};

/// What was believed at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusSnapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// The name of the catalog as people say it: "Spotify".
    pub display: String,
    /// Where we check from; empty if the operator named no location.
    pub location: String,
    /// The services, in display order.
    pub services: Vec<ServiceView>,
    /// The sources, for `/about`, `status` and the operator.
    pub sources: Vec<SourceView>,
    /// What the status page says; `None` before it was first read.
    pub page: Option<PageView>,
    /// Open outages and maintenances, newest first.
    pub open: Vec<Outage>,
    /// Since when our own network is at fault, so that our checks show nothing.
    pub own_network_down_since: Option<Timestamp>,
    /// How many people reported failures in the last 15 minutes.
    pub reports: u32,
    /// When the next check is due.
    pub next_check: Option<Timestamp>,
    /// How often each service is checked while no check is in doubt.
    #[serde(default)]
    pub interval: Option<SignedDuration>,
    /// When any source last answered, in whatever way.
    #[serde(default, rename = "answered_at")]
    pub answered: Option<Timestamp>,
}

impl StatusSnapshot {
    /// Returns the worst level of all services and open outages.
    pub fn level(&self) -> Level {
        let services = self.services.iter().map(|s| s.level);
        services.chain(self.open.iter().map(|o| o.level)).max().unwrap_or_default()
    }

    /// Returns the view of one service.
    pub fn service(&self, name: &ServiceName) -> Option<&ServiceView> {
        self.services.iter().find(|s| s.name == *name)
    }

    /// Returns the newest open outage that affects a service, or any service if none is named.
    pub fn outage(&self, service: Option<&ServiceName>) -> Option<&Outage> {
        let hits = |o: &&Outage| service.is_none_or(|s| o.services.contains_key(s));
        self.open.iter().filter(|o| o.kind == super::OutageKind::Outage).find(hits)
    }

    /// Whether we saw an outage, now know nothing of any service that it affects, and the page does not report it.
    pub fn is_unchecked(&self, outage: &Outage) -> bool {
        let mut hits = outage.services.iter().filter(|(_, hit)| hit.until.is_none()).peekable();
        let unknown = |name: &ServiceName| self.service(name).is_some_and(|it| it.level == Level::Unknown);
        let page_speaks = outage.page.iter().any(|report| report.closed.is_none());
        outage.seen.is_some() && !page_speaks && hits.peek().is_some() && hits.all(|(name, _)| unknown(name))
    }

    /// Returns until when we are rate limited, if no service can be checked because of it.
    pub fn rate_limited_until(&self) -> Option<Timestamp> {
        let blind = self.services.iter().all(|service| service.level == Level::Unknown);
        let until = self.sources.iter().filter_map(|source| source.refused_until).filter(|it| *it > self.at);
        until.min().filter(|_| blind)
    }

    /// Returns since when no source has answered, if that is longer than a passing fault: then nothing is known. `began` is when
    /// checking began.
    pub fn blind_since(&self, began: Timestamp) -> Option<Timestamp> {
        let since = self.answered.map_or(began, |answered| answered.max(began));
        // If no checks are made at all, that is the fault, and it is reported elsewhere.
        let tried = self.checked_at()?;
        (tried.duration_since(since) >= BLIND_AFTER).then_some(since)
    }

    /// Returns when the newest check of any service was made.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.services.iter().filter_map(|s| s.checked_at).max()
    }
}

/// Six rounds of checks of all sources without one answer.
pub const BLIND_AFTER: SignedDuration = SignedDuration::from_mins(3);

/// One service, as our checks see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceView {
    pub name: ServiceName,
    /// Its name for people.
    pub display: String,
    pub level: Level,
    /// Since when it has been at that level, if known.
    pub since: Option<Timestamp>,
    /// When it was last checked.
    pub checked_at: Option<Timestamp>,
    /// How long the last successful check took.
    pub took: Option<SignedDuration>,
    /// The share of successful checks in the last hour, 0.0 to 1.0; `None` without checks.
    pub good_share: Option<f64>,
    /// The newest failure, while the service is degraded or down.
    #[serde(rename = "symptom")]
    pub failure: Option<Failure>,
    /// The reasons for the level, for people who read logs.
    pub reasons: Vec<String>,
}

/// One source, for the operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceView {
    pub name: SourceName,
    /// When it was last checked.
    pub checked_at: Option<Timestamp>,
    /// How long that took.
    pub took: Option<SignedDuration>,
    /// Its last result in short: `healthy`, `503 no healthy upstream`, `refused: 429 QUOTA_EXCEEDED`.
    pub said: String,
    /// Until when our requests are rejected, while they are.
    pub refused_until: Option<Timestamp>,
    /// When its certificate expires, if a check showed it.
    pub certificate_expires: Option<Timestamp>,
}

/// The status page, as we last read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageView {
    pub name: String,
    /// Its address for people.
    pub url: String,
    /// The state by the page; `Unknown` if it could not be read recently.
    pub level: Level,
    /// Its headline: text from outside, not escaped.
    pub headline: String,
    /// When we last read it, minus the age of the copy; `None` if it was never readable.
    pub read: Option<Timestamp>,
    /// Why it cannot be read now.
    pub problem: Option<String>,
    /// Its unresolved incidents, newest first.
    pub incidents: Vec<PageIncident>,
    /// Its maintenances that are not over.
    pub maintenances: Vec<PageMaintenance>,
    pub components: Vec<Component>,
}
