//! Combines what the status page says with what our checks see.
//!
//! Incidents are keyed by the page's id and by a hash of all that they say, never by a clock. A page shows updates late,
//! backdates them and edits them a day later.

use jiff::Timestamp;

use super::detector_state::{PageIncidentState, RedComponent, TrackedOutage};
use super::transition::{MatchedOutage, PagePoll, Transition, apart};
use super::{
    IncidentState, Level, MaintenanceState, OutageKind, Page, PageIncident, PageReport, ServiceImpact,
    ServiceName, SourceName, TimelineEvent,
};

/// How many incidents, and how many maintenances, are read from one page at most; Statuspage lists 50.
pub(super) const MOST_READ: usize = 100;
/// How many red components are read from one page at most.
const MOST_RED: usize = 50;
/// How many page reports are stored for one outage at most.
const MOST_VOICES: usize = 20;

impl Transition<'_> {
    pub(super) fn apply_page(&mut self, probe: PagePoll<'_>) {
        let page = probe.page;
        let read = probe.at.checked_sub(page.copy_age).unwrap_or(probe.at);
        let last = self.state.pages_read.get(probe.source).copied();
        // An old copy of a page is no news. A copy older than the last one read would undo it.
        let older = last.is_some_and(|last| read < last && apart(last, read) < self.policy.page_old_after);
        if page.copy_age > self.policy.page_stale_after || older {
            return;
        }
        self.state.pages_read.insert(probe.source.clone(), read);
        let shown = self.red_components(probe);
        let with_shown;
        let probe = if shown.is_empty() {
            probe
        } else {
            let incidents = page.incidents.iter().take(MOST_READ).cloned().chain(shown).collect();
            with_shown = Page { incidents, ..page.clone() };
            PagePoll { page: &with_shown, ..probe }
        };
        let page = probe.page;
        for (n, incident) in page.incidents.iter().take(MOST_READ + MOST_RED).enumerate() {
            if page.incidents[..n].iter().any(|newer| newer.id == incident.id) {
                continue; // listed twice: the newer one counts
            }
            match self.notice(probe, OutageKind::Outage, &incident.id) {
                Some(index) => self.hear_again(index, incident, probe),
                None if self.concerns_nobody(incident, probe) => {}
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

    /// Whether an incident opens no outage: it affects no service of the catalog, has not begun, or says nothing clear.
    fn concerns_nobody(&self, incident: &PageIncident, probe: PagePoll<'_>) -> bool {
        incident.is_to_begin(probe.at)
            || incident.is_unclear()
            || self.services_of(probe.source, &incident.components).is_empty()
    }

    /// Returns the services that page components map to: the whole if none is named, nothing if only unknown ones are.
    pub(super) fn services_of(&self, source: &SourceName, components: &[String]) -> Vec<ServiceName> {
        let catalog = self.catalog;
        let whole = || vec![catalog.whole_of(source).clone()];
        let ignored = |name: &str| catalog.ignored_components.iter().any(|ignored| same(ignored, name));
        let names = || components.iter().filter(|name| !ignored(name));
        if names().next().is_none() {
            return whole();
        }
        let display = catalog.display_of(catalog.whole_of(source));
        // "Spotify Web API" is the Web API of Spotify.
        let own =
            |name: &str| name.get(display.len()..).filter(|_| name.starts_with(display)).map(str::to_owned);
        let is = |name: &str, wanted: &str| {
            same(name, wanted) || own(name).is_some_and(|rest| !rest.trim().is_empty() && same(&rest, wanted))
        };
        let means = |service: &super::Service, name: &str| {
            is(name, service.name.as_str())
                || is(name, &service.display)
                || service.components.iter().any(|component| is(name, component))
        };
        if names().any(|name| same(name, display) || same(name, catalog.whole_of(source).as_str())) {
            return whole();
        }
        let services = catalog.services_on(source);
        let matched = services.filter(|service| names().any(|name| means(service, name)));
        matched.map(|service| service.name.clone()).collect()
    }

    /// Returns an artificial incident for each component that the page has shown red for some consecutive checks, if no
    /// incident or maintenance names it.
    fn red_components(&mut self, probe: PagePoll<'_>) -> Vec<PageIncident> {
        let page = probe.page;
        let unresolved = || page.incidents.iter().filter(|it| it.state != IncidentState::Resolved);
        let working = || page.maintenances.iter().filter(|work| work.state == MaintenanceState::Running);
        let is_named = |name: &str| {
            let names = |components: &[String]| components.iter().any(|component| same(component, name));
            unresolved().any(|it| it.components.is_empty() || names(&it.components))
                || working().any(|work| names(&work.components))
        };
        let is_red = |level: Level| level == Level::Outage;
        let red: Vec<_> =
            page.components.iter().filter(|it| is_red(it.level) && !is_named(&it.name)).collect();
        self.state
            .red
            .retain(|known| known.source != *probe.source || red.iter().any(|it| it.id == known.id));
        let mut shown = vec![];
        for component in red.into_iter().take(MOST_RED) {
            let names = [component.name.clone()];
            if self.services_of(probe.source, &names).is_empty() {
                continue;
            }
            let known = |it: &&mut RedComponent| it.source == *probe.source && it.id == component.id;
            let (since, probes) = if let Some(known) = self.state.red.iter_mut().find(known) {
                known.probes = known.probes.saturating_add(1);
                (known.since, known.probes)
            } else {
                let (source, id) = (probe.source.clone(), component.id.clone());
                self.state.red.push(RedComponent { source, id, since: probe.at, probes: 1 });
                (probe.at, 1)
            };
            let id = format!("component-{}", component.id);
            let is_told = self
                .notice(probe, OutageKind::Outage, &id)
                .is_some_and(|index| !self.state.incident_states[index].closed);
            if probes < self.policy.failure_threshold && !is_told {
                continue;
            }
            shown.push(PageIncident {
                id,
                name: component.name.clone(),
                state: IncidentState::Shown,
                impact: component.level,
                began: Some(since),
                resolved: None,
                updates: Vec::new(),
                components: names.into(),
                link: None,
            });
        }
        shown
    }

    /// Takes in an incident that we have not seen before.
    fn meet(&mut self, incident: &PageIncident, probe: PagePoll<'_>, last_read: Option<Timestamp>) {
        let (now, policy) = (self.now, self.policy);
        let services = self.services_of(probe.source, &incident.components);
        let said = incident.first_said(probe.at).min(now);
        let began = incident.began.unwrap_or(said).min(now);
        let mut incident_state = incident.notice(probe, services);
        if let Some(ended) = incident.ended(probe.at) {
            let ended = ended.clamp(began, now.max(began));
            incident_state.closed = true;
            let between_probes =
                last_read.is_some_and(|last| began >= last) && apart(now, ended) < policy.page_old_after;
            let elsewhere =
                incident_state.services.iter().any(|service| self.state.current_on(service).is_some());
            if let Some(tracked) = self.of_same_stretch(&incident_state, began, ended) {
                self.join(tracked, &mut incident_state, incident, probe);
            } else if between_probes && !elsewhere && !incident.is_harmless() {
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

    /// Returns the outage of an unresolved incident and whether it is new. Begins one if the incident belongs to none.
    fn house(
        &mut self,
        incident_state: &PageIncidentState,
        began: Timestamp,
        said: Timestamp,
    ) -> (usize, bool) {
        match self.home_of_page(incident_state, began, said) {
            MatchedOutage::Open(index) => {
                // A flapping outage stays open between two incidents: the next incident is a comeback.
                let tracked = &self.state.tracked[index];
                let voices = &tracked.outage.page;
                let was_over = !voices.is_empty() && voices.iter().all(|report| report.closed.is_some());
                if tracked.flapping && tracked.sighted.is_empty() && was_over {
                    self.change(index).comeback = true;
                }
                (index, false)
            }
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

    /// Matches an unresolved incident with an open outage or, as a late report, with one that ended recently.
    fn home_of_page(
        &self,
        incident_state: &PageIncidentState,
        began: Timestamp,
        said: Timestamp,
    ) -> MatchedOutage {
        let state = &self.state;
        let whole = |services: &[ServiceName]| services.iter().any(|it| self.catalog.is_whole(it));
        let is_open = |tracked: &TrackedOutage| {
            tracked.is_open_outage()
                && !tracked.is_history()
                && self.is_kin(tracked, incident_state.services.first())
        };
        let open = incident_state.services.iter().find_map(|service| state.current_on(service));
        let open = open.or_else(|| state.position(|tracked| is_open(tracked) && !tracked.sighted.is_empty()));
        let open = open.or_else(|| {
            state.position(|tracked| {
                let near = self.now.duration_since(tracked.outage.since) <= self.policy.first_probe_limit;
                is_open(tracked) && (near || whole(&incident_state.services) || self.hits_whole(tracked))
            })
        });
        // A flapping outage takes in every incident about its services, for as long as it flaps.
        let open = open.or_else(|| {
            let covers = |tracked: &TrackedOutage| {
                incident_state.services.iter().any(|it| tracked.outage.services.contains_key(it))
            };
            state.position(|tracked| is_open(tracked) && tracked.flapping && covers(tracked))
        });
        if let Some(index) = open {
            return MatchedOutage::Open(index);
        }
        // What the page begins to investigate after we saw an end is another outage, not a late report about the ended one.
        let is_new = |tracked: &TrackedOutage| {
            let investigates =
                matches!(incident_state.state, IncidentState::Investigating | IncidentState::Identified);
            investigates
                && !tracked.sighted.is_empty()
                && tracked.outage.until.is_some_and(|until| began > until)
        };
        let shares = |tracked: &TrackedOutage| {
            self.is_kin(tracked, incident_state.services.first())
                && !is_new(tracked)
                && (tracked.sighted.is_empty()
                    || whole(&incident_state.services)
                    || incident_state
                        .services
                        .iter()
                        .any(|service| tracked.outage.services.contains_key(service)))
        };
        self.ended_lately(began.min(said), shares).map_or(MatchedOutage::New, MatchedOutage::Ended)
    }

    /// Returns the outage, open or ended recently, that a resolved incident overlaps. The incident was not seen before.
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

    /// Adds an incident to the page reports of an outage.
    fn join(
        &mut self,
        index: usize,
        incident_state: &mut PageIncidentState,
        incident: &PageIncident,
        probe: PagePoll<'_>,
    ) {
        incident_state.outage = Some(self.state.tracked[index].outage.id.clone());
        self.close_what_went(index, probe);
        let report = incident.voice(probe.at, self.now);
        let tracked = &mut self.state.tracked[index];
        tracked.outage.remember(
            report.first_said,
            TimelineEvent::PageSaid { state: report.state, text: report.text.clone() },
        );
        let why = format!("{}: \"{}\" {}", probe.source, report.name, report.state.as_str());
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

    /// Closes the unlisted incidents of an outage that only the page reports, when a new incident joins it. The outage ended and
    /// began again, but was not over for long enough to be reported as over.
    fn close_what_went(&mut self, index: usize, probe: PagePoll<'_>) {
        let tracked = &self.state.tracked[index];
        if !tracked.sighted.is_empty() || !tracked.is_open_outage() {
            return;
        }
        let id = Some(tracked.outage.id.clone());
        let mut gone = vec![];
        for (at, incident_state) in self.state.incident_states.iter().enumerate() {
            if incident_state.outage != id
                || incident_state.closed
                || incident_state.kind != OutageKind::Outage
            {
                continue;
            }
            match incident_state.absent_since {
                Some(since)
                    if incident_state.source == *probe.source && !lists(probe.page, incident_state) =>
                {
                    gone.push((at, since));
                }
                _ => return,
            }
        }
        if gone.is_empty() {
            return;
        }
        for (at, since) in gone {
            self.state.incident_states[at].closed = true;
            let incident_state = self.state.incident_states[at].clone();
            let voices = &mut self.state.tracked[index].outage.page;
            if let Some(report) = voices.iter_mut().find(|report| report.incident == incident_state.id) {
                report.closed = Some(since.max(report.first_said));
                report.withdrawn = incident_state.state != IncidentState::Shown;
            }
            self.page_is_done(index, &incident_state, since);
        }
        self.state.tracked[index].outage.remember(probe.at, TimelineEvent::Reopened);
        let change = self.change(index);
        change.reopened = true;
        change.comeback = true;
    }

    /// Marks the services that the page names as affected. Skips the whole if single services are known already.
    fn name_services(&mut self, index: usize, incident_state: &PageIncidentState, since: Timestamp) {
        if !self.state.tracked[index].outage.is_open() {
            return;
        }
        for service in &incident_state.services {
            let knows_better =
                self.catalog.is_whole(service) && !self.state.tracked[index].outage.services.is_empty();
            let elsewhere = self.state.current_on(service).is_some_and(|open| open != index);
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
                part: None,
                slow: None,
                flaps: 0,
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

    /// Takes in an incident that we know.
    fn hear_again(&mut self, index: usize, incident: &PageIncident, probe: PagePoll<'_>) {
        let services = self.services_of(probe.source, &incident.components);
        let mut now = incident.notice(probe, services);
        let incident_state = &mut self.state.incident_states[index];
        if now.services.is_empty() {
            now.services.clone_from(&incident_state.services);
        }
        if now.state == IncidentState::Unknown {
            now.level = now.level.max(incident_state.level); // an unknown state never lowers the level
        }
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
            // Resolved, then a postmortem, then resolved again; or gone, and then listed among the resolved: nobody is alerted.
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
        let why = format!("{}: \"{}\" {}", probe.source, new.name, new.state.as_str());
        let (said, closed) = (new.last_said, new.closed);
        *report = PageReport { first_said: report.first_said, last_said: said.max(report.last_said), ..new };
        if said_more {
            tracked.outage.remember(said, moment);
        }
        let still_speaks = self.still_speaks(index);
        let change = self.change(index);
        change.page_spoke = true;
        change.page_closed |= closed.is_some() && !still_speaks;
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
            // Long over, or history when we first saw it: what goes on now is another outage.
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

    /// Closes incidents that the page has not listed for some checks.
    fn miss_the_gone(&mut self, probe: PagePoll<'_>) {
        let (failure_threshold, success_threshold) =
            (self.policy.failure_threshold, self.policy.success_threshold);
        let mut gone = vec![];
        for (index, incident_state) in self.state.incident_states.iter_mut().enumerate() {
            if incident_state.source != *probe.source || lists(probe.page, incident_state) {
                continue;
            }
            incident_state.missed_polls = incident_state.missed_polls.saturating_add(1);
            let since = *incident_state.absent_since.get_or_insert(probe.at);
            // A component that is shown as up again is a fact; that an unlisted incident is over is only a guess.
            let enough = if incident_state.state == IncidentState::Shown {
                failure_threshold
            } else {
                success_threshold
            };
            if incident_state.missed_polls >= enough && !incident_state.closed {
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
            // A component that is no longer red is up; it was never a report that could be withdrawn.
            let is_report = incident_state.state != IncidentState::Shown;
            if is_report {
                outage.remember(since, TimelineEvent::PageWithdrew);
            }
            if let Some(report) = outage.page.iter_mut().find(|report| report.incident == incident_state.id) {
                report.closed = Some(since.max(report.first_said));
                report.withdrawn = is_report;
            }
            let word = if is_report { "no longer lists it" } else { "no longer shows it red" };
            let why = format!("{}: {word} ({} checks)", incident_state.source, incident_state.missed_polls);
            let still_speaks = self.still_speaks(tracked);
            let change = self.change(tracked);
            change.page_closed |= !still_speaks;
            change.page_spoke |= still_speaks;
            change.why.push(why);
            self.page_is_done(tracked, &incident_state, since);
        }
    }

    /// Whether the page still reports an outage: if so, one closed incident is not its last word.
    fn still_speaks(&self, index: usize) -> bool {
        self.state.tracked[index].outage.page.iter().any(|report| report.closed.is_none())
    }

    /// Whether an outage affects all that one page covers.
    fn hits_whole(&self, tracked: &TrackedOutage) -> bool {
        tracked
            .outage
            .services
            .keys()
            .any(|service| self.catalog.is_whole(service) && tracked.is_hit(service))
    }

    /// Whether an outage and a service belong to one vendor.
    pub(super) fn is_kin(&self, tracked: &TrackedOutage, service: Option<&ServiceName>) -> bool {
        let own = tracked.outage.services.keys().next();
        own.zip(service).is_none_or(|(own, service)| self.catalog.are_related(own, service))
    }

    /// Marks services that only this incident named as recovered by the page, unless another open incident still names them.
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
            page.incidents.iter().take(MOST_READ + MOST_RED).any(|incident| incident.id == incident_state.id)
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
