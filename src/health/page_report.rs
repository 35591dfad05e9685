//! What the status page says, joined to what we see.
//!
//! Incidents are keyed by the page's id and by a hash of all that they say, never by a clock: a page shows updates late,
//! backdates them and edits them a day later.

use jiff::Timestamp;

use super::detector_state::PageIncidentState;
use super::incident::state_word;
use super::transition::{MatchedOutage, PagePoll, Transition, apart};
use super::{Level, OutageKind, Page, PageIncident, PageReport, ServiceImpact, ServiceName, TimelineEvent};

/// Incidents, and maintenances, read of one page at most; Statuspage lists 50.
pub(super) const MOST_READ: usize = 100;
/// Voices kept for one outage at most.
const MOST_VOICES: usize = 20;

impl Transition<'_> {
    pub(super) fn apply_page(&mut self, probe: PagePoll<'_>) {
        let page = probe.page;
        let read = probe.at.checked_sub(page.copy_age).unwrap_or(probe.at);
        let last = self.state.pages_read.get(probe.source).copied();
        // An old copy of a page is no news, and a copy older than what we read already would undo it.
        let older = last.is_some_and(|last| read < last && apart(last, read) < self.policy.page_old_after);
        if page.copy_age > self.policy.page_stale_after || older {
            return;
        }
        self.state.pages_read.insert(probe.source.clone(), read);
        for (n, incident) in page.incidents.iter().take(MOST_READ).enumerate() {
            if page.incidents[..n].iter().any(|newer| newer.id == incident.id) {
                continue; // listed twice: the newer one counts
            }
            match self.notice(probe, OutageKind::Outage, &incident.id) {
                Some(index) => self.hear_again(index, incident, probe),
                None => self.meet(incident, probe, last),
            }
        }
        for maintenance in page.maintenances.iter().take(MOST_READ) {
            self.apply_maintenance(maintenance, probe, last.is_none());
        }
        self.miss_the_gone(probe);
    }

    pub(super) fn notice(&self, probe: PagePoll<'_>, kind: OutageKind, id: &str) -> Option<usize> {
        self.state
            .incident_states
            .iter()
            .position(|n| n.kind == kind && n.id == id && n.source == *probe.source)
    }

    /// The services that components of the page mean; the whole, where they mean none that we know.
    pub(super) fn services_of(&self, components: &[String]) -> Vec<ServiceName> {
        let ignored = |name: &str| self.catalog.ignored_components.iter().any(|ignored| same(ignored, name));
        let names = || components.iter().filter(|name| !ignored(name));
        let means = |service: &super::Service, name: &str| {
            same(service.name.as_str(), name)
                || same(&service.display, name)
                || service.components.iter().any(|component| same(component, name))
        };
        let matched = self.catalog.services.iter().filter(|service| names().any(|name| means(service, name)));
        let matched: Vec<_> = matched.map(|service| service.name.clone()).collect();
        if matched.is_empty() { vec![self.catalog.whole.clone()] } else { matched }
    }

    /// An incident that we have not met before.
    fn meet(&mut self, incident: &PageIncident, probe: PagePoll<'_>, last_read: Option<Timestamp>) {
        let (now, policy) = (self.now, self.policy);
        let services = self.services_of(&incident.components);
        let said = incident.first_said(probe.at).min(now);
        let began = incident.began.unwrap_or(said).min(now);
        let mut incident_state = incident.notice(probe, services);
        if let Some(ended) = incident.ended(probe.at) {
            let ended = ended.clamp(began, now.max(began));
            incident_state.closed = true;
            let between_probes =
                last_read.is_some_and(|last| began >= last) && apart(now, ended) < policy.page_old_after;
            let elsewhere =
                incident_state.services.iter().any(|service| self.state.open_on(service).is_some());
            if let Some(tracked) = self.of_same_stretch(&incident_state, began, ended) {
                self.join(tracked, &mut incident_state, incident, probe);
            } else if between_probes && !elsewhere {
                let tracked = self.begin(OutageKind::Outage, &incident_state.services[0].clone(), began);
                self.join(tracked, &mut incident_state, incident, probe);
            }
            self.state.incident_states.push(incident_state);
            return;
        }
        let old = now.duration_since(said) > policy.page_old_after
            || (last_read.is_none() && now.duration_since(began) > policy.first_probe_limit);
        let (tracked, is_new) = self.house(&incident_state, began, said);
        if is_new {
            self.state.tracked[tracked].announced = !old;
            self.state.tracked[tracked].outage.ongoing_at_first_probe = last_read.is_none();
        }
        self.join(tracked, &mut incident_state, incident, probe);
        self.state.incident_states.push(incident_state);
    }

    /// The outage of an unresolved incident, begun anew where it belongs to none.
    fn house(
        &mut self,
        incident_state: &PageIncidentState,
        began: Timestamp,
        said: Timestamp,
    ) -> (usize, bool) {
        match self.home_of_page(incident_state, began, said) {
            MatchedOutage::Open(tracked) => (tracked, false),
            MatchedOutage::Ended(tracked) => {
                if self.state.tracked[tracked].sighted.is_empty() {
                    self.reopen(tracked, said);
                }
                (tracked, false)
            }
            MatchedOutage::New => {
                (self.begin(OutageKind::Outage, &incident_state.services[0].clone(), began), true)
            }
        }
    }

    /// Where an unresolved incident belongs: to what is open, or, as a late word, to what ended lately.
    fn home_of_page(
        &self,
        incident_state: &PageIncidentState,
        began: Timestamp,
        said: Timestamp,
    ) -> MatchedOutage {
        let state = &self.state;
        let whole = |services: &[ServiceName]| services.contains(&self.catalog.whole);
        let open = incident_state.services.iter().find_map(|service| state.open_on(service));
        let open = open
            .or_else(|| state.position(|tracked| tracked.is_open_outage() && !tracked.sighted.is_empty()));
        let open = open.or_else(|| {
            state.position(|tracked| {
                let near = self.now.duration_since(tracked.outage.since) <= self.policy.first_probe_limit;
                tracked.is_open_outage()
                    && (near || whole(&incident_state.services) || tracked.is_hit(&self.catalog.whole))
            })
        });
        if let Some(index) = open {
            return MatchedOutage::Open(index);
        }
        let shares = |tracked: &super::detector_state::TrackedOutage| {
            tracked.sighted.is_empty()
                || whole(&incident_state.services)
                || incident_state.services.iter().any(|service| tracked.outage.services.contains_key(service))
        };
        self.ended_lately(began.min(said), shares).map_or(MatchedOutage::New, MatchedOutage::Ended)
    }

    /// The outage, open or ended lately, of a resolved incident that we had not met: one that it overlaps.
    fn of_same_stretch(
        &self,
        incident_state: &PageIncidentState,
        began: Timestamp,
        ended: Timestamp,
    ) -> Option<usize> {
        match self.home_of_page(incident_state, began, began) {
            MatchedOutage::Open(tracked) | MatchedOutage::Ended(tracked) => {
                Some(tracked).filter(|tracked| self.state.tracked[*tracked].outage.since <= ended)
            }
            MatchedOutage::New => None,
        }
    }

    /// Makes an incident a voice of an outage.
    fn join(
        &mut self,
        index: usize,
        incident_state: &mut PageIncidentState,
        incident: &PageIncident,
        probe: PagePoll<'_>,
    ) {
        incident_state.outage = Some(self.state.tracked[index].outage.id.clone());
        let report = incident.voice(probe.at, self.now);
        let tracked = &mut self.state.tracked[index];
        tracked.outage.remember(
            report.first_said,
            TimelineEvent::PageSaid { state: report.state, text: report.text.clone() },
        );
        let why = format!("{}: \"{}\" {}", probe.source, report.name, state_word(report.state));
        let voices = &mut tracked.outage.page;
        if let Some(known) = voices.iter().position(|known| known.incident == report.incident) {
            voices[known] = report;
        } else {
            if voices.len() >= MOST_VOICES {
                let least = voices.iter().position(|known| known.closed.is_some()).unwrap_or(0);
                voices.remove(least);
            }
            voices.push(report);
        }
        let change = self.change(index);
        change.why.push(why);
        change.page_spoke = true;
        self.name_services(index, incident_state, incident.began.unwrap_or(probe.at).min(self.now));
    }

    /// Services that the page names are hit too, by its word. The whole is not, where we know better.
    fn name_services(&mut self, index: usize, incident_state: &PageIncidentState, since: Timestamp) {
        if !self.state.tracked[index].outage.is_open() {
            return;
        }
        for service in &incident_state.services {
            let knows_better =
                *service == self.catalog.whole && !self.state.tracked[index].outage.services.is_empty();
            let elsewhere = self.state.open_on(service).is_some_and(|open| open != index);
            if elsewhere || (knows_better && !self.state.tracked[index].outage.services.contains_key(service))
            {
                continue;
            }
            let tracked = &mut self.state.tracked[index];
            let sighted = tracked.sighted.contains(service);
            let since = since.max(tracked.outage.since);
            let known = tracked.outage.services.contains_key(service);
            let hit = tracked.outage.services.entry(service.clone()).or_insert_with(|| ServiceImpact {
                level: incident_state.level,
                worst: incident_state.level,
                since,
                until: None,
                failure: None,
                failed_probes: 0,
            });
            if sighted {
                continue; // our checks decide about what they see
            }
            hit.until = None;
            hit.level = incident_state.level;
            hit.worst = hit.worst.max(incident_state.level);
            if !known {
                self.change(index).joined.push(service.clone());
            }
        }
    }

    /// An incident that we know.
    fn hear_again(&mut self, index: usize, incident: &PageIncident, probe: PagePoll<'_>) {
        let services = self.services_of(&incident.components);
        let mut now = incident.notice(probe, services);
        let incident_state = &mut self.state.incident_states[index];
        incident_state.last_seen = probe.at;
        incident_state.missed_polls = 0;
        let gone_before = incident_state.absent_since.take().is_some();
        let (changed, was_closed) = (incident_state.print != now.print, incident_state.closed);
        let ended = incident.ended(probe.at);
        let came_back = gone_before && was_closed && ended.is_none();
        if !changed && !came_back {
            return;
        }
        now.outage = incident_state.outage.clone();
        now.closed = ended.is_some();
        let tracked = now.outage.as_ref().and_then(|id| self.state.of_id(id));
        self.state.incident_states[index] = now.clone();
        match (tracked, was_closed, ended) {
            // Resolved, then a postmortem, then resolved again; or gone, and then found among the resolved: nobody is told.
            (Some(tracked), true, Some(_)) => {
                let voices = &mut self.state.tracked[tracked].outage.page;
                if let Some(report) = voices.iter_mut().find(|report| report.incident == incident.id) {
                    *report = PageReport { closed: report.closed, ..incident.voice(probe.at, self.now) };
                }
            }
            (None, true, Some(_)) | (None, false, _) => {}
            (_, true, None) => self.unresolve(index, incident, probe),
            (Some(tracked), false, _) => self.update_voice(tracked, &now, incident, probe),
        }
    }

    fn update_voice(
        &mut self,
        index: usize,
        incident_state: &PageIncidentState,
        incident: &PageIncident,
        probe: PagePoll<'_>,
    ) {
        let new = incident.voice(probe.at, self.now);
        let tracked = &mut self.state.tracked[index];
        let Some(report) = tracked.outage.page.iter_mut().find(|report| report.incident == incident.id)
        else {
            return;
        };
        let said_more = report.text != new.text || report.state != new.state;
        let moment = TimelineEvent::PageSaid { state: new.state, text: new.text.clone() };
        let why = format!("{}: \"{}\" {}", probe.source, new.name, state_word(new.state));
        let (said, closed) = (new.last_said, new.closed);
        *report = PageReport { first_said: report.first_said, last_said: said.max(report.last_said), ..new };
        if said_more {
            tracked.outage.remember(said, moment);
        }
        let change = self.change(index);
        change.page_spoke = true;
        change.page_closed = closed.is_some();
        change.why.push(why);
        match closed {
            Some(at) => self.page_is_done(index, incident_state, at),
            None => self.name_services(index, incident_state, probe.at),
        }
    }

    /// The page took its "resolved" back.
    fn unresolve(&mut self, index: usize, incident: &PageIncident, probe: PagePoll<'_>) {
        let mut incident_state = self.state.incident_states[index].clone();
        let tracked = incident_state.outage.as_ref().and_then(|id| self.state.of_id(id));
        let lately = |until: Timestamp| probe.at.duration_since(until) <= self.policy.reopen_within;
        match tracked {
            Some(tracked) if self.state.tracked[tracked].outage.is_open() => {}
            Some(tracked) if !self.state.tracked[tracked].sighted.is_empty() => {}
            Some(tracked) if self.state.tracked[tracked].outage.until.is_some_and(lately) => {
                self.reopen(tracked, probe.at);
            }
            // Long over, or history when we met it: what goes on now is another one.
            _ => {
                let (tracked, _) = self.house(&incident_state, probe.at, probe.at);
                self.join(tracked, &mut incident_state, incident, probe);
                self.state.incident_states[index] = incident_state;
                return;
            }
        }
        if let Some(tracked) = tracked {
            self.update_voice(tracked, &incident_state, incident, probe);
        }
    }

    /// Incidents that the page no longer lists: after a few looks they are over.
    fn miss_the_gone(&mut self, probe: PagePoll<'_>) {
        let success_threshold = self.policy.success_threshold;
        let mut gone = vec![];
        for (index, incident_state) in self.state.incident_states.iter_mut().enumerate() {
            if incident_state.source != *probe.source || lists(probe.page, incident_state) {
                continue;
            }
            incident_state.missed_polls = incident_state.missed_polls.saturating_add(1);
            let since = *incident_state.absent_since.get_or_insert(probe.at);
            if incident_state.missed_polls >= success_threshold && !incident_state.closed {
                incident_state.closed = true;
                gone.push((index, since));
            }
        }
        for (index, since) in gone {
            let incident_state = self.state.incident_states[index].clone();
            if incident_state.kind == OutageKind::Maintenance {
                self.end_work(index, since, "no longer listed");
                continue;
            }
            let Some(tracked) = incident_state.outage.as_ref().and_then(|id| self.state.of_id(id)) else {
                continue;
            };
            let outage = &mut self.state.tracked[tracked].outage;
            outage.remember(since, TimelineEvent::PageWithdrew);
            if let Some(report) = outage.page.iter_mut().find(|report| report.incident == incident_state.id) {
                report.closed = Some(since.max(report.first_said));
                report.withdrawn = true;
            }
            let why = format!("{}: no longer lists it ({success_threshold} checks)", incident_state.source);
            let change = self.change(tracked);
            change.page_closed = true;
            change.why.push(why);
            self.page_is_done(tracked, &incident_state, since);
        }
    }

    /// What only this incident named is back by the page's word, unless another one still names it.
    pub(super) fn page_is_done(&mut self, index: usize, incident_state: &PageIncidentState, at: Timestamp) {
        let id = incident_state.outage.clone();
        let still = |service: &ServiceName| {
            self.state
                .incident_states
                .iter()
                .any(|n| !n.closed && n.outage == id && n.services.contains(service))
        };
        let free: Vec<_> =
            incident_state.services.iter().filter(|service| !still(service)).cloned().collect();
        let tracked = &mut self.state.tracked[index];
        for service in free {
            if tracked.sighted.contains(&service) {
                continue;
            }
            if let Some(hit) = tracked.outage.services.get_mut(&service).filter(|hit| hit.until.is_none()) {
                hit.until = Some(at.max(hit.since));
                hit.level = Level::Up;
            }
        }
    }
}

fn lists(page: &Page, incident_state: &PageIncidentState) -> bool {
    match incident_state.kind {
        OutageKind::Outage => {
            page.incidents.iter().take(MOST_READ).any(|incident| incident.id == incident_state.id)
        }
        OutageKind::Maintenance => {
            page.maintenances.iter().take(MOST_READ).any(|m| m.id == incident_state.id)
        }
    }
}

/// Whether two names of a component are the same, case and punctuation aside.
fn same(a: &str, b: &str) -> bool {
    let letters =
        |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}
