//! Announced work by the status page: scheduled work is shown, running work is an event.
//!
//! Work excuses only the services that it names, and only inside its own window. Work on components that are not in the
//! catalog is shown as the page's line and affects nothing.

use jiff::{SignedDuration, Timestamp};

use super::detector_state::PageIncidentState;
use super::incident::{CLOCKS_APART, cut};
use super::transition::{PagePoll, Transition};
use super::{
    IncidentState, Level, MaintenanceState, OutageKind, PageMaintenance, PageReport, ServiceImpact,
    ServiceName, SourceName,
};

/// Work without an announced end excuses failures for 4 hours. An assumption: longer windows are announced with an end.
const UNENDED: SignedDuration = SignedDuration::from_hours(4);

impl Transition<'_> {
    pub(super) fn apply_maintenance(
        &mut self,
        work: &PageMaintenance,
        probe: PagePoll<'_>,
        first_read: bool,
    ) {
        let known = self.notice(probe, OutageKind::Maintenance, &work.id);
        if let Some(index) = known {
            let incident_state = &mut self.state.incident_states[index];
            incident_state.last_seen = probe.at;
            incident_state.missed_polls = 0;
            incident_state.absent_since = None;
        }
        let running = known.filter(|index| !self.state.incident_states[*index].closed);
        match (work.state, running) {
            (MaintenanceState::Running, Some(index)) => self.follow_work(work, probe, index),
            (MaintenanceState::Running, None) => self.start_work(work, probe, first_read, known),
            (MaintenanceState::Completed, Some(index)) => {
                self.state.incident_states[index].closed = true;
                self.end_work(index, probe.at, "completed");
            }
            _ => {}
        }
    }

    /// Returns the services that work names; none if it names no component, or only unknown ones.
    fn named_by(&self, work: &PageMaintenance, source: &SourceName) -> Vec<ServiceName> {
        if work.components.is_empty() { Vec::new() } else { self.services_of(source, &work.components) }
    }

    /// Updates running work: its window may move, and its text may change.
    fn follow_work(&mut self, work: &PageMaintenance, probe: PagePoll<'_>, index: usize) {
        let services = self.named_by(work, probe.source);
        let incident_state = &mut self.state.incident_states[index];
        incident_state.services = services;
        incident_state.until = work.until;
        let id = incident_state.outage.clone();
        let tracked = self.state.tracked.iter_mut().filter(|tracked| tracked.outage.is_open());
        for tracked in tracked {
            let own = id.as_ref() == Some(&tracked.outage.id);
            let voices = tracked.outage.page.iter_mut();
            for known in voices.filter(|known| known.incident == work.id && (own || is_of_work(known))) {
                let first_said = known.first_said;
                *known = report_of(work, first_said, probe.at);
            }
        }
    }

    fn start_work(
        &mut self,
        work: &PageMaintenance,
        probe: PagePoll<'_>,
        first_read: bool,
        known: Option<usize>,
    ) {
        let named = self.named_by(work, probe.source);
        let elsewhere = named.is_empty() && !work.components.is_empty();
        let is_to_begin = work.from.is_some_and(|from| from.duration_since(probe.at) > CLOCKS_APART);
        // The page forgot to close it: its own window is over.
        let is_over = work.until.is_some_and(|until| until <= probe.at);
        if elsewhere || is_to_begin || (is_over && known.is_none()) {
            return;
        }
        let whole = self.catalog.whole_of(probe.source).clone();
        let services = if named.is_empty() { vec![whole] } else { named.clone() };
        // Work that runs again after it was completed begins now, not when it was first scheduled.
        let planned = work.from.filter(|_| known.is_none()).unwrap_or(probe.at);
        let since = planned.min(self.now);
        let tracked = self.begin(OutageKind::Maintenance, &services[0].clone(), since);
        let old = first_read && self.now.duration_since(since) > self.policy.first_probe_limit;
        let state = &mut self.state.tracked[tracked];
        state.announced = !old;
        state.outage.ongoing_at_first_probe = first_read;
        state.outage.page.push(report_of(work, since, probe.at));
        for service in &services {
            let hit = ServiceImpact {
                level: Level::Maintenance,
                worst: Level::Maintenance,
                since,
                until: None,
                failure: None,
                failed_probes: 0,
                part: None,
                slow: None,
                flaps: 0,
            };
            state.outage.services.insert(service.clone(), hit);
        }
        let incident_state = PageIncidentState {
            source: probe.source.clone(),
            kind: OutageKind::Maintenance,
            id: work.id.clone(),
            print: 0,
            state: IncidentState::Unknown,
            level: Level::Maintenance,
            services: named,
            from: Some(since),
            until: work.until,
            outage: Some(state.outage.id.clone()),
            missed_polls: 0,
            absent_since: None,
            closed: false,
            last_seen: probe.at,
        };
        match known {
            Some(index) => self.state.incident_states[index] = incident_state,
            None => self.state.incident_states.push(incident_state),
        }
        let why = format!("{}: \"{}\" in progress", probe.source, work.name);
        self.change(tracked).why.push(why);
    }

    /// Returns the announced work that covers a failure of a service since `since`, in the page's current words.
    pub(super) fn work_on(&self, service: &ServiceName, since: Timestamp) -> Option<PageReport> {
        let covers = |incident_state: &&PageIncidentState| {
            let whole = || incident_state.services.contains(self.catalog.whole_of(&incident_state.source));
            let kin = || self.catalog.are_related(service, self.catalog.whole_of(&incident_state.source));
            incident_state.kind == OutageKind::Maintenance
                && !incident_state.closed
                && (incident_state.services.contains(service) || (whole() && kin()))
                && is_within(incident_state, since)
                && is_within(incident_state, self.now)
        };
        let incident_state = self.state.incident_states.iter().find(covers)?;
        let tracked = self.state.of_id(incident_state.outage.as_ref()?)?;
        self.state.tracked[tracked].outage.page.first().cloned()
    }

    pub(super) fn end_work(&mut self, index: usize, at: Timestamp, word: &str) {
        let incident_state = self.state.incident_states[index].clone();
        // Outages that began meanwhile quote the work: that report is closed too.
        for tracked in &mut self.state.tracked {
            let voices = tracked.outage.page.iter_mut();
            for report in voices.filter(|report| report.incident == incident_state.id && is_of_work(report)) {
                report.closed = Some(at.max(report.first_said));
            }
        }
        let Some(tracked) = incident_state.outage.as_ref().and_then(|id| self.state.of_id(id)) else {
            return;
        };
        let state = &mut self.state.tracked[tracked];
        let Some(report) = state.outage.page.first_mut() else { return };
        report.closed = Some(at.max(report.first_said));
        report.state = IncidentState::Resolved;
        let why = format!("{}: \"{}\" {word}", incident_state.source, report.name);
        self.change(tracked).why.push(why);
        self.page_is_done(tracked, &incident_state, at);
    }
}

/// Whether a report is about announced work.
fn is_of_work(report: &PageReport) -> bool {
    matches!(report.state, IncidentState::InProgress | IncidentState::Verifying)
}

/// Whether an instant is in the window of announced work.
fn is_within(incident_state: &PageIncidentState, at: Timestamp) -> bool {
    let Some(from) = incident_state.from else { return false };
    let until = incident_state.until.or_else(|| from.checked_add(UNENDED).ok());
    from <= at && until.is_some_and(|until| at <= until)
}

/// Returns the page's report about its work: its words, and since when.
fn report_of(work: &PageMaintenance, since: Timestamp, probed: Timestamp) -> PageReport {
    let said_state = Some(work.word).filter(|state| *state != IncidentState::Unknown);
    PageReport {
        incident: work.id.clone(),
        name: work.name.chars().take(200).collect(),
        state: said_state.unwrap_or(IncidentState::InProgress),
        text: cut(&work.text),
        first_said: since,
        last_said: work.said.unwrap_or(probed).min(probed).max(since),
        closed: None,
        withdrawn: false,
        link: work.link.clone(),
    }
}
