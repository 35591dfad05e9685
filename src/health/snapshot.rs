//! The read model that commands answer from: what was believed at one instant, with the age of each voice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Component, Failure, Level, Outage, PageIncident, PageMaintenance, ServiceName, SourceName};

/// What was believed at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusSnapshot {
    /// When it was drawn.
    pub at: Timestamp,
    /// The whole of it, as people say it: "Spotify".
    pub display: String,
    /// Where we look from; empty when the operator named no place.
    pub location: String,
    /// The services, in the order in which people read them.
    pub services: Vec<ServiceView>,
    /// The sources, for `/about`, `status` and the operator.
    pub sources: Vec<SourceView>,
    /// What the status page says; none before it was read or asked for the first time.
    pub page: Option<PageView>,
    /// Open outages and maintenances, newest first.
    pub open: Vec<Outage>,
    /// Since when our own network is at fault, so that we see nothing.
    pub own_network_down_since: Option<Timestamp>,
    /// How many people reported failures in the last 15 minutes.
    pub reports: u32,
    /// When the next check comes.
    pub next_check: Option<Timestamp>,
    /// How often each service is checked while nothing is in doubt.
    #[serde(default)]
    pub interval: Option<SignedDuration>,
}

impl StatusSnapshot {
    /// The worst level over all services and open outages.
    pub fn level(&self) -> Level {
        let services = self.services.iter().map(|s| s.level);
        services.chain(self.open.iter().map(|o| o.level)).max().unwrap_or_default()
    }

    /// One service's view.
    pub fn service(&self, name: &ServiceName) -> Option<&ServiceView> {
        self.services.iter().find(|s| s.name == *name)
    }

    /// The newest open outage that hits a service, or hits anything when none is named.
    pub fn outage(&self, service: Option<&ServiceName>) -> Option<&Outage> {
        let hits = |o: &&Outage| service.is_none_or(|s| o.services.contains_key(s));
        self.open.iter().filter(|o| o.kind == super::OutageKind::Outage).find(hits)
    }

    /// Whether we saw an outage and now know nothing of any service that it hits, and the page does not speak of it.
    pub fn is_unchecked(&self, outage: &Outage) -> bool {
        let mut hits = outage.services.iter().filter(|(_, hit)| hit.until.is_none()).peekable();
        let unknown = |name: &ServiceName| self.service(name).is_some_and(|it| it.level == Level::Unknown);
        let page_speaks = outage.page.iter().any(|report| report.closed.is_none());
        outage.seen.is_some() && !page_speaks && hits.peek().is_some() && hits.all(|(name, _)| unknown(name))
    }

    /// Until when we are rate limited, where no service can be checked for it.
    pub fn rate_limited_until(&self) -> Option<Timestamp> {
        let blind = self.services.iter().all(|service| service.level == Level::Unknown);
        let until = self.sources.iter().filter_map(|source| source.refused_until).filter(|it| *it > self.at);
        until.min().filter(|_| blind)
    }

    /// When the newest check of any probe was made.
    pub fn checked_at(&self) -> Option<Timestamp> {
        self.services.iter().filter_map(|s| s.checked_at).max()
    }
}

/// One service, as we see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceView {
    pub name: ServiceName,
    /// What people read.
    pub display: String,
    /// How well it is.
    pub level: Level,
    /// Since when it is at that level, where known.
    pub since: Option<Timestamp>,
    /// When it was last checked.
    pub checked_at: Option<Timestamp>,
    /// How long the last successful check took.
    pub took: Option<SignedDuration>,
    /// The share of successful checks in the last hour, 0.0 to 1.0; none without looks.
    pub good_share: Option<f64>,
    /// The newest failure, while it is not well.
    #[serde(rename = "symptom")]
    pub failure: Option<Failure>,
    /// Why we believe it, for people who read logs.
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
    /// What it told, in short: `healthy`, `503 no healthy upstream`, `refused: 429 QUOTA_EXCEEDED`.
    pub said: String,
    /// Why we are refused, while we are.
    pub refused_until: Option<Timestamp>,
    /// When its certificate expires, where a check showed it.
    pub certificate_expires: Option<Timestamp>,
}

/// The status page, as we last read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageView {
    pub name: String,
    /// Its address for people.
    pub url: String,
    /// How it says it is; `Unknown` when it could not be read lately.
    pub level: Level,
    /// Its headline, unescaped text from outside.
    pub headline: String,
    /// When we last read it (minus the age of the copy); none when it was never readable.
    pub read: Option<Timestamp>,
    /// Why it cannot be read now.
    pub problem: Option<String>,
    /// Its unresolved incidents, newest first.
    pub incidents: Vec<PageIncident>,
    /// Its maintenances that are not over.
    pub maintenances: Vec<PageMaintenance>,
    pub components: Vec<Component>,
}
