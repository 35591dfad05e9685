//! Announced work, as the status page tells it: scheduled work is shown, running work is an event.

use jiff::Timestamp;

use super::step::{PageLook, Round};
use super::tracker::Notice;
use super::{Hit, IncidentState, Kind, Level, MaintenanceState, PageMaintenance, PageVoice};

impl Round<'_> {
    pub(super) fn hear_maintenance(&mut self, work: &PageMaintenance, look: PageLook<'_>, first_read: bool) {
        let known = self.notice(look, Kind::Maintenance, &work.id);
        if let Some(index) = known {
            let notice = &mut self.tracker.notices[index];
            notice.last_seen = look.at;
            notice.absent = 0;
            notice.absent_since = None;
        }
        let running = known.is_some_and(|index| !self.tracker.notices[index].closed);
        match work.state {
            MaintenanceState::Running if !running => self.start_work(work, look, first_read, known),
            MaintenanceState::Completed if running => {
                if let Some(index) = known {
                    self.tracker.notices[index].closed = true;
                    self.end_work(index, look.at, "completed");
                }
            }
            _ => {}
        }
    }

    fn start_work(
        &mut self,
        work: &PageMaintenance,
        look: PageLook<'_>,
        first_read: bool,
        known: Option<usize>,
    ) {
        let services = self.services_of(&work.components);
        // Work that runs again after it was completed begins now, not when it was first planned.
        let planned = work.from.filter(|_| known.is_none()).unwrap_or(look.at);
        let since = planned.min(self.now);
        let case = self.begin(Kind::Maintenance, &services[0].clone(), since);
        let old = first_read && self.now.duration_since(since) > self.policy.first_look_limit;
        let state = &mut self.tracker.cases[case];
        state.announced = !old;
        state.outage.ongoing_at_first_look = first_read;
        state.outage.page.push(voice(work, since, look.at));
        for service in &services {
            let hit = Hit {
                level: Level::Maintenance,
                worst: Level::Maintenance,
                since,
                until: None,
                symptom: None,
                failed_looks: 0,
            };
            state.outage.services.insert(service.clone(), hit);
        }
        let notice = Notice {
            source: look.source.clone(),
            kind: Kind::Maintenance,
            id: work.id.clone(),
            print: 0,
            state: IncidentState::Unknown,
            level: Level::Maintenance,
            services,
            outage: Some(state.outage.id.clone()),
            absent: 0,
            absent_since: None,
            closed: false,
            last_seen: look.at,
        };
        match known {
            Some(index) => self.tracker.notices[index] = notice,
            None => self.tracker.notices.push(notice),
        }
        let why = format!("{}: \"{}\" in progress", look.source, work.name);
        self.change(case).why.push(why);
    }

    pub(super) fn end_work(&mut self, index: usize, at: Timestamp, word: &str) {
        let notice = self.tracker.notices[index].clone();
        let Some(case) = notice.outage.as_ref().and_then(|id| self.tracker.of_id(id)) else { return };
        let state = &mut self.tracker.cases[case];
        let Some(voice) = state.outage.page.first_mut() else { return };
        voice.closed = Some(at.max(voice.first_said));
        voice.state = IncidentState::Resolved;
        let why = format!("{}: \"{}\" {word}", notice.source, voice.name);
        self.change(case).why.push(why);
        self.page_is_done(case, &notice, at);
    }
}

/// The page's voice about its work: what it calls it, and since when.
fn voice(work: &PageMaintenance, since: Timestamp, looked: Timestamp) -> PageVoice {
    PageVoice {
        incident: work.id.clone(),
        name: work.name.chars().take(200).collect(),
        state: IncidentState::Unknown,
        text: String::new(),
        first_said: since,
        last_said: looked.max(since),
        closed: None,
        withdrawn: false,
        link: work.link.clone(),
    }
}
