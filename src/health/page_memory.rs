//! Stores what the status pages said, and draws the snapshot that commands answer from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::detector_state::DetectorState;
use super::probe_history::SourceHistory;
use super::{
    IncidentState, Level, MaintenanceState, Observation, Outcome, Page, PageView, Policy, ServiceCatalog,
    ServiceView, SourceName, SourceView, StatusSnapshot,
};

/// A status page as we last read it, and why it cannot be read now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PageMemory {
    page: Option<Page>,
    read: Option<Timestamp>,
    problem: Option<String>,
    #[serde(rename = "looked")]
    probed: Option<Timestamp>,
    took: Option<jiff::SignedDuration>,
    certificate_expires: Option<Timestamp>,
    refused_until: Option<Timestamp>,
}

impl PageMemory {
    pub(super) fn remember(&mut self, observation: &Observation, policy: &Policy) {
        self.probed = Some(observation.at);
        self.took = Some(observation.took);
        self.certificate_expires = observation.certificate_expires.or(self.certificate_expires);
        self.refused_until = None;
        self.problem = match &observation.seen {
            Outcome::Page(page) if page.copy_age > policy.page_stale_after => {
                Some(format!("the copy is {} old", super::assessment::span(page.copy_age)))
            }
            Outcome::Page(page) => {
                self.page = Some(open_only(page));
                self.read = observation.at.checked_sub(page.copy_age).ok();
                None
            }
            Outcome::Healthy => {
                self.read = Some(observation.at); // it answered that nothing changed since we read it
                None
            }
            Outcome::Failing(failure) | Outcome::Unreachable(failure) => Some(failure.brief()),
            Outcome::Unclear(why) => Some(why.clone()),
            Outcome::Refused { detail, until, .. } => {
                self.refused_until = *until;
                Some(format!("refused: {detail}"))
            }
        };
    }

    fn is_current(&self, policy: &Policy, now: Timestamp) -> bool {
        self.read.is_some_and(|read| now.duration_since(read) <= policy.page_stale_after)
    }

    fn view(&self, policy: &Policy, now: Timestamp) -> PageView {
        let page = self.page.clone().unwrap_or_default();
        let current = self.is_current(policy, now);
        let problem = self.problem.clone().or_else(|| (!current).then(|| "not read lately".to_owned()));
        PageView {
            name: page.name,
            url: page.url,
            level: if current { page.level } else { Level::Unknown },
            headline: page.headline,
            read: self.read,
            problem,
            incidents: page.incidents,
            maintenances: page.maintenances,
            components: page.components,
        }
    }

    fn source(&self, name: &SourceName) -> SourceView {
        SourceView {
            name: name.clone(),
            checked_at: self.probed,
            took: self.took,
            said: self.problem.clone().unwrap_or_else(|| "page".to_owned()),
            refused_until: self.refused_until,
            certificate_expires: self.certificate_expires,
        }
    }
}

/// Returns what people are shown of a page. What is over is left out, so that the stored page stays small.
fn open_only(page: &Page) -> Page {
    let mut page = page.clone();
    page.incidents.retain(|incident| incident.state != IncidentState::Resolved);
    page.maintenances.retain(|maintenance| maintenance.state != MaintenanceState::Completed);
    page
}

pub(super) fn draw(
    state: &DetectorState,
    assessment: &Assessment,
    catalog: &ServiceCatalog,
    policy: &Policy,
) -> StatusSnapshot {
    let now = assessment.at;
    let mut open: Vec<_> = state
        .tracked
        .iter()
        .map(|tracked| &tracked.outage)
        .filter(|outage| outage.is_open())
        .cloned()
        .collect();
    open.sort_by_key(|outage| std::cmp::Reverse(outage.since));
    let readable = catalog.pages.iter().filter_map(|page| state.pages.get(page));
    let page = readable.clone().find(|page| page.is_current(policy, now)).or_else(|| readable.clone().next());
    StatusSnapshot {
        at: now,
        display: catalog.display.clone(),
        location: catalog.location.clone(),
        services: services(state, assessment, catalog, policy),
        sources: sources(state, catalog),
        page: page.map(|page| page.view(policy, now)),
        open,
        own_network_down_since: assessment.own_network_down_since,
        reports: 0,
        next_check: None,
        interval: None,
        answered: state.pages.values().filter_map(|page| page.read).chain(state.probes.answered()).max(),
    }
}

fn services(
    state: &DetectorState,
    assessment: &Assessment,
    catalog: &ServiceCatalog,
    policy: &Policy,
) -> Vec<ServiceView> {
    let now = assessment.at;
    let view = |service: &super::Service| {
        let histories = || service.sources.iter().filter_map(|source| state.probes.of(source));
        let assessed = assessment.of(&service.name);
        let hit = state.tracked.iter().find(|tracked| tracked.sees(&service.name));
        let hit = hit.and_then(|tracked| tracked.outage.services.get(&service.name));
        let blind = assessed.is_none_or(|assessed| assessed.level == Level::Unknown);
        let level = match hit {
            _ if blind || assessment.own_network_down_since.is_some() => Level::Unknown,
            Some(hit) => hit.level,
            None => assessed.map_or(Level::Unknown, |assessed| assessed.level),
        };
        let since = state.levels.get(&service.name).filter(|(known, _)| *known == level);
        let (good, all) =
            histories().map(|history| history.hour.good_of(now)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let newest = histories().max_by_key(|history| history.probed);
        let mut reasons = vec![];
        if let Some(assessed) = assessed {
            let bad = assessed.bad.as_ref().or(assessed.failing.as_ref());
            reasons.extend(bad.map(ToString::to_string));
            reasons.extend(assessed.good.as_ref().filter(|_| bad.is_none()).map(ToString::to_string));
        }
        let failure = hit.and_then(|hit| hit.failure.clone());
        let failure =
            failure.or_else(|| assessed?.bad.as_ref().or(assessed?.failing.as_ref())?.failure.clone());
        ServiceView {
            name: service.name.clone(),
            display: service.display.clone(),
            level,
            since: hit.map(|hit| hit.since).or(since.map(|(_, since)| *since)),
            checked_at: newest.and_then(|history| history.probed),
            took: histories()
                .filter(|history| history.is_fresh(policy, now))
                .max_by_key(|history| history.newest().map(|sample| sample.at))
                .and_then(|history| history.took_good),
            #[expect(clippy::cast_precision_loss, reason = "an hour of checks is far below 2^52")]
            good_share: (all > 0).then(|| good as f64 / all as f64),
            failure: failure.filter(|_| level.is_bad()),
            reasons,
        }
    };
    catalog.services.iter().map(view).collect()
}

fn sources(state: &DetectorState, catalog: &ServiceCatalog) -> Vec<SourceView> {
    let probe = |name: &SourceName, history: &SourceHistory| SourceView {
        name: name.clone(),
        checked_at: history.probed,
        took: history.took,
        said: history.said.clone(),
        refused_until: history.refused_until,
        certificate_expires: history.certificate_expires,
    };
    let pages = catalog.pages.iter().filter_map(|name| Some(state.pages.get(name)?.source(name)));
    let probes = catalog.services.iter().flat_map(|service| &service.sources).chain(catalog.controls());
    pages.chain(probes.filter_map(|name| Some(probe(name, state.probes.of(name)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_page_memory_format_is_pinned() {
        let stored = r#"{"page":null,"read":null,"problem":"p","looked":null,"took":"PT1S","certificate_expires":null,"refused_until":null}"#;
        let seen: PageMemory = serde_json::from_str(stored).expect("what a page said");
        assert_eq!(serde_json::to_string(&seen).expect("JSON"), stored);
    }
}
