//! Announced work, as the status page tells it: scheduled work is shown, running work is an event.

use jiff::Timestamp;

use super::detector_state::PageIncidentState;
use super::transition::{PagePoll, Transition};
use super::{IncidentState, Level, MaintenanceState, OutageKind, PageMaintenance, PageReport, ServiceImpact};

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
        let running = known.is_some_and(|index| !self.state.incident_states[index].closed);
        match work.state {
            MaintenanceState::Running if !running => self.start_work(work, probe, first_read, known),
            MaintenanceState::Completed if running => {
                if let Some(index) = known {
                    self.state.incident_states[index].closed = true;
                    self.end_work(index, probe.at, "completed");
                }
            }
            _ => {}
        }
    }

    fn start_work(
        &mut self,
        work: &PageMaintenance,
        probe: PagePoll<'_>,
        first_read: bool,
        known: Option<usize>,
    ) {
        let services = self.services_of(&work.components);
        // Work that runs again after it was completed begins now, not when it was first planned.
        let planned = work.from.filter(|_| known.is_none()).unwrap_or(probe.at);
        let since = planned.min(self.now);
        let tracked = self.begin(OutageKind::Maintenance, &services[0].clone(), since);
        let old = first_read && self.now.duration_since(since) > self.policy.first_probe_limit;
        let state = &mut self.state.tracked[tracked];
        state.announced = !old;
        state.outage.ongoing_at_first_probe = first_read;
        state.outage.page.push(voice(work, since, probe.at));
        for service in &services {
            let hit = ServiceImpact {
                level: Level::Maintenance,
                worst: Level::Maintenance,
                since,
                until: None,
                failure: None,
                failed_probes: 0,
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
            services,
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

    pub(super) fn end_work(&mut self, index: usize, at: Timestamp, word: &str) {
        let incident_state = self.state.incident_states[index].clone();
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

/// The page's voice about its work: what it calls it, and since when.
fn voice(work: &PageMaintenance, since: Timestamp, probed: Timestamp) -> PageReport {
    PageReport {
        incident: work.id.clone(),
        name: work.name.chars().take(200).collect(),
        state: IncidentState::Unknown,
        text: String::new(),
        first_said: since,
        last_said: probed.max(since),
        closed: None,
        withdrawn: false,
        link: work.link.clone(),
    }
}
