//! Draws the picture that commands answer from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::memory::SourceMemory;
use super::tracker::Tracker;
use super::{
    IncidentState, Level, MaintenanceState, Observation, Page, PageView, Picture, Policy, Profile, Seen,
    ServiceView, SourceName, SourceView,
};

/// A status page as we last read it, and why it cannot be read now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PageSeen {
    page: Option<Page>,
    read: Option<Timestamp>,
    problem: Option<String>,
    looked: Option<Timestamp>,
    took: Option<jiff::SignedDuration>,
    certificate_expires: Option<Timestamp>,
    refused_until: Option<Timestamp>,
}

impl PageSeen {
    pub(super) fn remember(&mut self, observation: &Observation, policy: &Policy) {
        self.looked = Some(observation.at);
        self.took = Some(observation.took);
        self.certificate_expires = observation.certificate_expires.or(self.certificate_expires);
        self.refused_until = None;
        self.problem = match &observation.seen {
            Seen::Page(page) if page.copy_age > policy.page_stale_after => {
                Some(format!("the copy is {} old", super::assessment::span(page.copy_age)))
            }
            Seen::Page(page) => {
                self.page = Some(open_only(page));
                self.read = observation.at.checked_sub(page.copy_age).ok();
                None
            }
            Seen::Healthy => {
                self.read = Some(observation.at); // it answered that nothing changed since we read it
                None
            }
            Seen::Failing(symptom) | Seen::Unreachable(symptom) => Some(symptom.brief()),
            Seen::Unclear(why) => Some(why.clone()),
            Seen::Refused { detail, until, .. } => {
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
            looked: self.looked,
            took: self.took,
            said: self.problem.clone().unwrap_or_else(|| "page".to_owned()),
            refused_until: self.refused_until,
            certificate_expires: self.certificate_expires,
        }
    }
}

/// What people are shown of a page: what is over is left out, so that what is kept stays small.
fn open_only(page: &Page) -> Page {
    let mut page = page.clone();
    page.incidents.retain(|incident| incident.state != IncidentState::Resolved);
    page.maintenances.retain(|maintenance| maintenance.state != MaintenanceState::Completed);
    page
}

pub(super) fn draw(
    tracker: &Tracker,
    assessment: &Assessment,
    profile: &Profile,
    policy: &Policy,
) -> Picture {
    let now = assessment.at;
    let mut open: Vec<_> =
        tracker.cases.iter().map(|case| &case.outage).filter(|outage| outage.is_open()).cloned().collect();
    open.sort_by_key(|outage| std::cmp::Reverse(outage.since));
    let readable = profile.pages.iter().filter_map(|page| tracker.pages.get(page));
    let page = readable.clone().find(|page| page.is_current(policy, now)).or_else(|| readable.clone().next());
    Picture {
        at: now,
        display: profile.display.clone(),
        place: profile.place.clone(),
        services: services(tracker, assessment, profile, policy),
        sources: sources(tracker, profile),
        page: page.map(|page| page.view(policy, now)),
        open,
        own_network_down_since: assessment.own_network_down_since,
        reports: 0,
        next_look: None,
        every: None,
    }
}

fn services(
    tracker: &Tracker,
    assessment: &Assessment,
    profile: &Profile,
    policy: &Policy,
) -> Vec<ServiceView> {
    let now = assessment.at;
    let view = |service: &super::Service| {
        let memories = || service.sources.iter().filter_map(|source| tracker.looks.of(source));
        let finding = assessment.of(&service.name);
        let hit = tracker.cases.iter().find(|case| case.sees(&service.name));
        let hit = hit.and_then(|case| case.outage.services.get(&service.name));
        let blind = finding.is_none_or(|finding| finding.level == Level::Unknown);
        let level = match hit {
            _ if blind || assessment.own_network_down_since.is_some() => Level::Unknown,
            Some(hit) => hit.level,
            None => finding.map_or(Level::Unknown, |finding| finding.level),
        };
        let since = tracker.levels.get(&service.name).filter(|(known, _)| *known == level);
        let (good, all) =
            memories().map(|memory| memory.hour.good_of(now)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let newest = memories().max_by_key(|memory| memory.looked);
        let mut reasons = vec![];
        if let Some(finding) = finding {
            let bad = finding.bad.as_ref().or(finding.failing.as_ref());
            reasons.extend(bad.map(ToString::to_string));
            reasons.extend(finding.good.as_ref().filter(|_| bad.is_none()).map(ToString::to_string));
        }
        let symptom = hit.and_then(|hit| hit.symptom.clone());
        let symptom =
            symptom.or_else(|| finding?.bad.as_ref().or(finding?.failing.as_ref())?.symptom.clone());
        ServiceView {
            name: service.name.clone(),
            display: service.display.clone(),
            level,
            since: hit.map(|hit| hit.since).or(since.map(|(_, since)| *since)),
            looked: newest.and_then(|memory| memory.looked),
            took: memories()
                .filter(|memory| memory.is_fresh(policy, now))
                .max_by_key(|memory| memory.newest().map(|mark| mark.at))
                .and_then(|memory| memory.took_good),
            #[expect(clippy::cast_precision_loss, reason = "an hour of looks is far below 2^52")]
            good_share: (all > 0).then(|| good as f64 / all as f64),
            symptom: symptom.filter(|_| level.is_bad()),
            reasons,
        }
    };
    profile.services.iter().map(view).collect()
}

fn sources(tracker: &Tracker, profile: &Profile) -> Vec<SourceView> {
    let probe = |name: &SourceName, memory: &SourceMemory| SourceView {
        name: name.clone(),
        looked: memory.looked,
        took: memory.took,
        said: memory.said.clone(),
        refused_until: memory.refused_until,
        certificate_expires: memory.certificate_expires,
    };
    let pages = profile.pages.iter().filter_map(|name| Some(tracker.pages.get(name)?.source(name)));
    let probes = profile.services.iter().flat_map(|service| &service.sources).chain(&profile.control);
    pages.chain(probes.filter_map(|name| Some(probe(name, tracker.looks.of(name)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_page_memory_keeps_its_names() {
        let stored = r#"{"page":null,"read":null,"problem":"p","looked":null,"took":"PT1S","certificate_expires":null,"refused_until":null}"#;
        let seen: PageSeen = serde_json::from_str(stored).expect("what a page said");
        assert_eq!(serde_json::to_string(&seen).expect("JSON"), stored);
    }
}
