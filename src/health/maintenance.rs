//! Announced work, as the status page tells it: scheduled work is shown, running work is an event.
//!
//! Work excuses only the services that it names, and only inside its own window. Work on components that nobody watches is
//! the page's own line.
//!
//! Never: work never starts or ends an outage; it only makes a failure that begins during it milder.

use jiff::{SignedDuration, Timestamp};

use super::incident::{CLOCKS_APART, cut};
use super::step::{PageLook, Round};
use super::tracker::Notice;
use super::{
    Hit, IncidentState, Kind, Level, MaintenanceState, PageMaintenance, PageVoice, ServiceName, SourceName,
};

/// Work whose end the page does not give excuses failures for so long. An assumption: longer windows are announced with an end.
const UNENDED: SignedDuration = SignedDuration::from_hours(4);

impl Round<'_> {
    pub(super) fn hear_maintenance(&mut self, work: &PageMaintenance, look: PageLook<'_>, first_read: bool) {
        let known = self.notice(look, Kind::Maintenance, &work.id);
        if let Some(index) = known {
            let notice = &mut self.tracker.notices[index];
            notice.last_seen = look.at;
            notice.absent = 0;
            notice.absent_since = None;
        }
        let running = known.filter(|index| !self.tracker.notices[*index].closed);
        match (work.state, running) {
            (MaintenanceState::Running, Some(index)) => self.follow_work(work, look, index),
            (MaintenanceState::Running, None) => self.start_work(work, look, first_read, known),
            (MaintenanceState::Completed, Some(index)) => {
                self.tracker.notices[index].closed = true;
                self.end_work(index, look.at, "completed");
            }
            _ => {}
        }
    }

    /// The services that work names; none where it names none, or only what nobody watches.
    fn named_by(&self, work: &PageMaintenance, source: &SourceName) -> Vec<ServiceName> {
        if work.components.is_empty() { Vec::new() } else { self.services_of(source, &work.components) }
    }

    /// Work that goes on: its window may be moved, and its text may change.
    fn follow_work(&mut self, work: &PageMaintenance, look: PageLook<'_>, index: usize) {
        let services = self.named_by(work, look.source);
        let notice = &mut self.tracker.notices[index];
        notice.services = services;
        notice.until = work.until;
        let id = notice.outage.clone();
        let cases = self.tracker.cases.iter_mut().filter(|case| case.outage.is_open());
        for case in cases {
            let own = id.as_ref() == Some(&case.outage.id);
            let voices = case.outage.page.iter_mut();
            for known in voices.filter(|known| known.incident == work.id && (own || is_of_work(known))) {
                let first_said = known.first_said;
                *known = voice(work, first_said, look.at);
            }
        }
    }

    fn start_work(
        &mut self,
        work: &PageMaintenance,
        look: PageLook<'_>,
        first_read: bool,
        known: Option<usize>,
    ) {
        let named = self.named_by(work, look.source);
        let elsewhere = named.is_empty() && !work.components.is_empty();
        let is_to_begin = work.from.is_some_and(|from| from.duration_since(look.at) > CLOCKS_APART);
        // Forgotten by the page: its own window is over.
        let is_over = work.until.is_some_and(|until| until <= look.at);
        if elsewhere || is_to_begin || (is_over && known.is_none()) {
            return;
        }
        let whole = self.profile.whole_of(look.source).clone();
        let services = if named.is_empty() { vec![whole] } else { named.clone() };
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
                part: None,
                slow: None,
                flaps: 0,
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
            services: named,
            from: Some(since),
            until: work.until,
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

    /// The announced work that covers a failure of a service that began at `since`, as the page words it now.
    pub(super) fn work_on(&self, service: &ServiceName, since: Timestamp) -> Option<PageVoice> {
        let covers = |notice: &&Notice| {
            let whole = || notice.services.contains(self.profile.whole_of(&notice.source));
            let kin = || self.profile.are_related(service, self.profile.whole_of(&notice.source));
            notice.kind == Kind::Maintenance
                && !notice.closed
                && (notice.services.contains(service) || (whole() && kin()))
                && is_within(notice, since)
                && is_within(notice, self.now)
        };
        let notice = self.tracker.notices.iter().find(covers)?;
        let case = self.tracker.of_id(notice.outage.as_ref()?)?;
        self.tracker.cases[case].outage.page.first().cloned()
    }

    pub(super) fn end_work(&mut self, index: usize, at: Timestamp, word: &str) {
        let notice = self.tracker.notices[index].clone();
        // What failed meanwhile quotes it: that voice is over too.
        for case in &mut self.tracker.cases {
            let voices = case.outage.page.iter_mut();
            for voice in voices.filter(|voice| voice.incident == notice.id && is_of_work(voice)) {
                voice.closed = Some(at.max(voice.first_said));
            }
        }
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

/// Whether a voice is about announced work.
fn is_of_work(voice: &PageVoice) -> bool {
    matches!(voice.state, IncidentState::InProgress | IncidentState::Verifying)
}

/// Whether an instant lies in the window of announced work.
fn is_within(notice: &Notice, at: Timestamp) -> bool {
    let Some(from) = notice.from else { return false };
    let until = notice.until.or_else(|| from.checked_add(UNENDED).ok());
    from <= at && until.is_some_and(|until| at <= until)
}

/// The page's voice about its work: what it calls it, and since when.
fn voice(work: &PageMaintenance, since: Timestamp, looked: Timestamp) -> PageVoice {
    let said_state = Some(work.word).filter(|state| *state != IncidentState::Unknown);
    PageVoice {
        incident: work.id.clone(),
        name: work.name.chars().take(200).collect(),
        state: said_state.unwrap_or(IncidentState::InProgress),
        text: cut(&work.text),
        first_said: since,
        last_said: work.said.unwrap_or(looked).min(looked).max(since),
        closed: None,
        withdrawn: false,
        link: work.link.clone(),
    }
}
