//! What the status page says, joined to what we see.
//!
//! Incidents are keyed by the page's id and by a hash of all that they say, never by a clock: a page shows updates late,
//! backdates them and edits them a day later.

use jiff::Timestamp;

use super::incident::state_word;
use super::step::{Home, PageLook, Round, apart};
use super::tracker::Notice;
use super::{Hit, Kind, Level, Page, PageIncident, PageVoice, ServiceName, What};

/// Incidents, and maintenances, read of one page at most; Statuspage lists 50.
pub(super) const MOST_READ: usize = 100;
/// Voices kept for one outage at most.
const MOST_VOICES: usize = 20;

impl Round<'_> {
    pub(super) fn hear_page(&mut self, look: PageLook<'_>) {
        let page = look.page;
        let read = look.at.checked_sub(page.copy_age).unwrap_or(look.at);
        let last = self.tracker.pages_read.get(look.source).copied();
        // An old copy of a page is no news, and a copy older than what we read already would undo it.
        let older = last.is_some_and(|last| read < last && apart(last, read) < self.policy.page_old_after);
        if page.copy_age > self.policy.page_stale_after || older {
            return;
        }
        self.tracker.pages_read.insert(look.source.clone(), read);
        for (n, incident) in page.incidents.iter().take(MOST_READ).enumerate() {
            if page.incidents[..n].iter().any(|newer| newer.id == incident.id) {
                continue; // listed twice: the newer one counts
            }
            match self.notice(look, Kind::Outage, &incident.id) {
                Some(index) => self.hear_again(index, incident, look),
                None => self.meet(incident, look, last),
            }
        }
        for maintenance in page.maintenances.iter().take(MOST_READ) {
            self.hear_maintenance(maintenance, look, last.is_none());
        }
        self.miss_the_gone(look);
    }

    pub(super) fn notice(&self, look: PageLook<'_>, kind: Kind, id: &str) -> Option<usize> {
        self.tracker.notices.iter().position(|n| n.kind == kind && n.id == id && n.source == *look.source)
    }

    /// The services that components of the page mean; the whole, where they mean none that we know.
    pub(super) fn services_of(&self, components: &[String]) -> Vec<ServiceName> {
        let ignored = |name: &str| self.profile.ignored_components.iter().any(|ignored| same(ignored, name));
        let names = || components.iter().filter(|name| !ignored(name));
        let means = |service: &super::Service, name: &str| {
            same(service.name.as_str(), name)
                || same(&service.display, name)
                || service.components.iter().any(|component| same(component, name))
        };
        let matched = self.profile.services.iter().filter(|service| names().any(|name| means(service, name)));
        let matched: Vec<_> = matched.map(|service| service.name.clone()).collect();
        if matched.is_empty() { vec![self.profile.whole.clone()] } else { matched }
    }

    /// An incident that we have not met before.
    fn meet(&mut self, incident: &PageIncident, look: PageLook<'_>, last_read: Option<Timestamp>) {
        let (now, policy) = (self.now, self.policy);
        let services = self.services_of(&incident.components);
        let said = incident.first_said(look.at).min(now);
        let began = incident.began.unwrap_or(said).min(now);
        let mut notice = incident.notice(look, services);
        if let Some(ended) = incident.ended(look.at) {
            let ended = ended.clamp(began, now.max(began));
            notice.closed = true;
            let between_looks =
                last_read.is_some_and(|last| began >= last) && apart(now, ended) < policy.page_old_after;
            let elsewhere = notice.services.iter().any(|service| self.tracker.open_on(service).is_some());
            if let Some(case) = self.of_same_stretch(&notice, began, ended) {
                self.join(case, &mut notice, incident, look);
            } else if between_looks && !elsewhere {
                let case = self.begin(Kind::Outage, &notice.services[0].clone(), began);
                self.join(case, &mut notice, incident, look);
            }
            self.tracker.notices.push(notice);
            return;
        }
        let old = now.duration_since(said) > policy.page_old_after
            || (last_read.is_none() && now.duration_since(began) > policy.first_look_limit);
        let (case, is_new) = self.house(&notice, began, said);
        if is_new {
            self.tracker.cases[case].announced = !old;
            self.tracker.cases[case].outage.ongoing_at_first_look = last_read.is_none();
        }
        self.join(case, &mut notice, incident, look);
        self.tracker.notices.push(notice);
    }

    /// The outage of an unresolved incident, begun anew where it belongs to none.
    fn house(&mut self, notice: &Notice, began: Timestamp, said: Timestamp) -> (usize, bool) {
        match self.home_of_page(notice, began, said) {
            Home::Open(case) => (case, false),
            Home::Ended(case) => {
                if self.tracker.cases[case].sighted.is_empty() {
                    self.reopen(case, said);
                }
                (case, false)
            }
            Home::New => (self.begin(Kind::Outage, &notice.services[0].clone(), began), true),
        }
    }

    /// Where an unresolved incident belongs: to what is open, or, as a late word, to what ended lately.
    fn home_of_page(&self, notice: &Notice, began: Timestamp, said: Timestamp) -> Home {
        let tracker = &self.tracker;
        let whole = |services: &[ServiceName]| services.contains(&self.profile.whole);
        let open = notice.services.iter().find_map(|service| tracker.open_on(service));
        let open =
            open.or_else(|| tracker.position(|case| case.is_open_outage() && !case.sighted.is_empty()));
        let open = open.or_else(|| {
            tracker.position(|case| {
                let near = self.now.duration_since(case.outage.since) <= self.policy.first_look_limit;
                case.is_open_outage() && (near || whole(&notice.services) || case.is_hit(&self.profile.whole))
            })
        });
        if let Some(index) = open {
            return Home::Open(index);
        }
        let shares = |case: &super::tracker::Case| {
            case.sighted.is_empty()
                || whole(&notice.services)
                || notice.services.iter().any(|service| case.outage.services.contains_key(service))
        };
        self.ended_lately(began.min(said), shares).map_or(Home::New, Home::Ended)
    }

    /// The outage, open or ended lately, of a resolved incident that we had not met: one that it overlaps.
    fn of_same_stretch(&self, notice: &Notice, began: Timestamp, ended: Timestamp) -> Option<usize> {
        match self.home_of_page(notice, began, began) {
            Home::Open(case) | Home::Ended(case) => {
                Some(case).filter(|case| self.tracker.cases[*case].outage.since <= ended)
            }
            Home::New => None,
        }
    }

    /// Makes an incident a voice of an outage.
    fn join(&mut self, index: usize, notice: &mut Notice, incident: &PageIncident, look: PageLook<'_>) {
        notice.outage = Some(self.tracker.cases[index].outage.id.clone());
        let voice = incident.voice(look.at, self.now);
        let case = &mut self.tracker.cases[index];
        case.outage
            .remember(voice.first_said, What::PageSaid { state: voice.state, text: voice.text.clone() });
        let why = format!("{}: \"{}\" {}", look.source, voice.name, state_word(voice.state));
        let voices = &mut case.outage.page;
        if let Some(known) = voices.iter().position(|known| known.incident == voice.incident) {
            voices[known] = voice;
        } else {
            if voices.len() >= MOST_VOICES {
                let least = voices.iter().position(|known| known.closed.is_some()).unwrap_or(0);
                voices.remove(least);
            }
            voices.push(voice);
        }
        let change = self.change(index);
        change.why.push(why);
        change.page_spoke = true;
        self.name_services(index, notice, incident.began.unwrap_or(look.at).min(self.now));
    }

    /// Services that the page names are hit too, by its word. The whole is not, where we know better.
    fn name_services(&mut self, index: usize, notice: &Notice, since: Timestamp) {
        if !self.tracker.cases[index].outage.is_open() {
            return;
        }
        for service in &notice.services {
            let knows_better =
                *service == self.profile.whole && !self.tracker.cases[index].outage.services.is_empty();
            let elsewhere = self.tracker.open_on(service).is_some_and(|open| open != index);
            if elsewhere || (knows_better && !self.tracker.cases[index].outage.services.contains_key(service))
            {
                continue;
            }
            let case = &mut self.tracker.cases[index];
            let sighted = case.sighted.contains(service);
            let since = since.max(case.outage.since);
            let known = case.outage.services.contains_key(service);
            let hit = case.outage.services.entry(service.clone()).or_insert_with(|| Hit {
                level: notice.level,
                worst: notice.level,
                since,
                until: None,
                symptom: None,
                failed_looks: 0,
            });
            if sighted {
                continue; // our looks decide about what they see
            }
            hit.until = None;
            hit.level = notice.level;
            hit.worst = hit.worst.max(notice.level);
            if !known {
                self.change(index).joined.push(service.clone());
            }
        }
    }

    /// An incident that we know.
    fn hear_again(&mut self, index: usize, incident: &PageIncident, look: PageLook<'_>) {
        let services = self.services_of(&incident.components);
        let mut now = incident.notice(look, services);
        let notice = &mut self.tracker.notices[index];
        notice.last_seen = look.at;
        notice.absent = 0;
        let gone_before = notice.absent_since.take().is_some();
        let (changed, was_closed) = (notice.print != now.print, notice.closed);
        let ended = incident.ended(look.at);
        let came_back = gone_before && was_closed && ended.is_none();
        if !changed && !came_back {
            return;
        }
        now.outage = notice.outage.clone();
        now.closed = ended.is_some();
        let case = now.outage.as_ref().and_then(|id| self.tracker.of_id(id));
        self.tracker.notices[index] = now.clone();
        match (case, was_closed, ended) {
            // Resolved, then a postmortem, then resolved again; or gone, and then found among the resolved: nobody is told.
            (Some(case), true, Some(_)) => {
                let voices = &mut self.tracker.cases[case].outage.page;
                if let Some(voice) = voices.iter_mut().find(|voice| voice.incident == incident.id) {
                    *voice = PageVoice { closed: voice.closed, ..incident.voice(look.at, self.now) };
                }
            }
            (None, true, Some(_)) | (None, false, _) => {}
            (_, true, None) => self.unresolve(index, incident, look),
            (Some(case), false, _) => self.update_voice(case, &now, incident, look),
        }
    }

    fn update_voice(&mut self, index: usize, notice: &Notice, incident: &PageIncident, look: PageLook<'_>) {
        let new = incident.voice(look.at, self.now);
        let case = &mut self.tracker.cases[index];
        let Some(voice) = case.outage.page.iter_mut().find(|voice| voice.incident == incident.id) else {
            return;
        };
        let said_more = voice.text != new.text || voice.state != new.state;
        let moment = What::PageSaid { state: new.state, text: new.text.clone() };
        let why = format!("{}: \"{}\" {}", look.source, new.name, state_word(new.state));
        let (said, closed) = (new.last_said, new.closed);
        *voice = PageVoice { first_said: voice.first_said, last_said: said.max(voice.last_said), ..new };
        if said_more {
            case.outage.remember(said, moment);
        }
        let change = self.change(index);
        change.page_spoke = true;
        change.page_closed = closed.is_some();
        change.why.push(why);
        match closed {
            Some(at) => self.page_is_done(index, notice, at),
            None => self.name_services(index, notice, look.at),
        }
    }

    /// The page took its "resolved" back.
    fn unresolve(&mut self, index: usize, incident: &PageIncident, look: PageLook<'_>) {
        let mut notice = self.tracker.notices[index].clone();
        let case = notice.outage.as_ref().and_then(|id| self.tracker.of_id(id));
        let lately = |until: Timestamp| look.at.duration_since(until) <= self.policy.reopen_within;
        match case {
            Some(case) if self.tracker.cases[case].outage.is_open() => {}
            Some(case) if !self.tracker.cases[case].sighted.is_empty() => {}
            Some(case) if self.tracker.cases[case].outage.until.is_some_and(lately) => {
                self.reopen(case, look.at);
            }
            // Long over, or history when we met it: what goes on now is another one.
            _ => {
                let (case, _) = self.house(&notice, look.at, look.at);
                self.join(case, &mut notice, incident, look);
                self.tracker.notices[index] = notice;
                return;
            }
        }
        if let Some(case) = case {
            self.update_voice(case, &notice, incident, look);
        }
    }

    /// Incidents that the page no longer lists: after a few looks they are over.
    fn miss_the_gone(&mut self, look: PageLook<'_>) {
        let close_after = self.policy.close_after;
        let mut gone = vec![];
        for (index, notice) in self.tracker.notices.iter_mut().enumerate() {
            if notice.source != *look.source || lists(look.page, notice) {
                continue;
            }
            notice.absent = notice.absent.saturating_add(1);
            let since = *notice.absent_since.get_or_insert(look.at);
            if notice.absent >= close_after && !notice.closed {
                notice.closed = true;
                gone.push((index, since));
            }
        }
        for (index, since) in gone {
            let notice = self.tracker.notices[index].clone();
            if notice.kind == Kind::Maintenance {
                self.end_work(index, since, "no longer listed");
                continue;
            }
            let Some(case) = notice.outage.as_ref().and_then(|id| self.tracker.of_id(id)) else { continue };
            let outage = &mut self.tracker.cases[case].outage;
            outage.remember(since, What::PageWithdrew);
            if let Some(voice) = outage.page.iter_mut().find(|voice| voice.incident == notice.id) {
                voice.closed = Some(since.max(voice.first_said));
                voice.withdrawn = true;
            }
            let why = format!("{}: no longer lists it ({close_after} checks)", notice.source);
            let change = self.change(case);
            change.page_closed = true;
            change.why.push(why);
            self.page_is_done(case, &notice, since);
        }
    }

    /// What only this incident named is back by the page's word, unless another one still names it.
    pub(super) fn page_is_done(&mut self, index: usize, notice: &Notice, at: Timestamp) {
        let id = notice.outage.clone();
        let still = |service: &ServiceName| {
            self.tracker.notices.iter().any(|n| !n.closed && n.outage == id && n.services.contains(service))
        };
        let free: Vec<_> = notice.services.iter().filter(|service| !still(service)).cloned().collect();
        let case = &mut self.tracker.cases[index];
        for service in free {
            if case.sighted.contains(&service) {
                continue;
            }
            if let Some(hit) = case.outage.services.get_mut(&service).filter(|hit| hit.until.is_none()) {
                hit.until = Some(at.max(hit.since));
                hit.level = Level::Up;
            }
        }
    }
}

fn lists(page: &Page, notice: &Notice) -> bool {
    match notice.kind {
        Kind::Outage => page.incidents.iter().take(MOST_READ).any(|incident| incident.id == notice.id),
        Kind::Maintenance => page.maintenances.iter().take(MOST_READ).any(|m| m.id == notice.id),
    }
}

/// Whether two names of a component are the same, case and punctuation aside.
fn same(a: &str, b: &str) -> bool {
    let letters =
        |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}
