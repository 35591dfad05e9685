//! What the status page says, joined to what we see.
//!
//! Incidents are keyed by the page's id and by a hash of all that they say, never by a clock: a page shows updates late,
//! backdates them and edits them a day later.
//!
//! Never: no dialect of a page; `spotify` translates.

use jiff::Timestamp;

use super::step::{Home, PageLook, Round, apart};
use super::tracker::{Case, Notice, RedComponent};
use super::{
    Hit, IncidentState, Kind, Level, MaintenanceState, Page, PageIncident, PageVoice, ServiceName,
    SourceName, What,
};

/// Incidents, and maintenances, read of one page at most; Statuspage lists 50.
pub(super) const MOST_READ: usize = 100;
/// Components read as red of one page at most.
const MOST_RED: usize = 50;
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
        let shown = self.red_components(look);
        let with_shown;
        let look = if shown.is_empty() {
            look
        } else {
            let incidents = page.incidents.iter().take(MOST_READ).cloned().chain(shown).collect();
            with_shown = Page { incidents, ..page.clone() };
            PageLook { page: &with_shown, ..look }
        };
        let page = look.page;
        for (n, incident) in page.incidents.iter().take(MOST_READ + MOST_RED).enumerate() {
            if page.incidents[..n].iter().any(|newer| newer.id == incident.id) {
                continue; // listed twice: the newer one counts
            }
            match self.notice(look, Kind::Outage, &incident.id) {
                Some(index) => self.hear_again(index, incident, look),
                None if self.concerns_nobody(incident, look) => {}
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

    /// Whether an incident is only the page's own line: it names what nobody watches, is to begin, or says nothing clear.
    fn concerns_nobody(&self, incident: &PageIncident, look: PageLook<'_>) -> bool {
        incident.is_to_begin(look.at)
            || incident.is_unclear()
            || self.services_of(look.source, &incident.components).is_empty()
    }

    /// The services that components of the page mean: the whole where it names none, and nothing where it names what nobody watches.
    pub(super) fn services_of(&self, source: &SourceName, components: &[String]) -> Vec<ServiceName> {
        let profile = self.profile;
        let whole = || vec![profile.whole_of(source).clone()];
        let ignored = |name: &str| profile.ignored_components.iter().any(|ignored| same(ignored, name));
        let names = || components.iter().filter(|name| !ignored(name));
        if names().next().is_none() {
            return whole();
        }
        let display = profile.display_of(profile.whole_of(source));
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
        if names().any(|name| same(name, display) || same(name, profile.whole_of(source).as_str())) {
            return whole();
        }
        let services = profile.services_on(source);
        let matched = services.filter(|service| names().any(|name| means(service, name)));
        matched.map(|service| service.name.clone()).collect()
    }

    /// Components that the page has shown red for some looks in a row, without an incident or work that names them: each as an
    /// incident of the page's own.
    fn red_components(&mut self, look: PageLook<'_>) -> Vec<PageIncident> {
        let page = look.page;
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
        self.tracker
            .red
            .retain(|known| known.source != *look.source || red.iter().any(|it| it.id == known.id));
        let mut shown = vec![];
        for component in red.into_iter().take(MOST_RED) {
            let names = [component.name.clone()];
            if self.services_of(look.source, &names).is_empty() {
                continue;
            }
            let known = |it: &&mut RedComponent| it.source == *look.source && it.id == component.id;
            let (since, looks) = if let Some(known) = self.tracker.red.iter_mut().find(known) {
                known.looks = known.looks.saturating_add(1);
                (known.since, known.looks)
            } else {
                let (source, id) = (look.source.clone(), component.id.clone());
                self.tracker.red.push(RedComponent { source, id, since: look.at, looks: 1 });
                (look.at, 1)
            };
            let id = format!("component-{}", component.id);
            let is_told =
                self.notice(look, Kind::Outage, &id).is_some_and(|index| !self.tracker.notices[index].closed);
            if looks < self.policy.open_after && !is_told {
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

    /// An incident that we have not met before.
    fn meet(&mut self, incident: &PageIncident, look: PageLook<'_>, last_read: Option<Timestamp>) {
        let (now, policy) = (self.now, self.policy);
        let services = self.services_of(look.source, &incident.components);
        let said = incident.first_said(look.at).min(now);
        let began = incident.began.unwrap_or(said).min(now);
        let mut notice = incident.notice(look, services);
        if let Some(ended) = incident.ended(look.at) {
            let ended = ended.clamp(began, now.max(began));
            notice.closed = true;
            let between_looks =
                last_read.is_some_and(|last| began >= last) && apart(now, ended) < policy.page_old_after;
            let elsewhere = notice.services.iter().any(|service| self.tracker.told_on(service).is_some());
            if let Some(case) = self.of_same_stretch(&notice, began, ended) {
                self.join(case, &mut notice, incident, look);
            } else if between_looks && !elsewhere && !incident.is_harmless() {
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
            Home::Open(index) => {
                // One that comes and goes stays open between two incidents: the next one is a comeback.
                let case = &self.tracker.cases[index];
                let voices = &case.outage.page;
                let was_over = !voices.is_empty() && voices.iter().all(|voice| voice.closed.is_some());
                if case.folded && case.sighted.is_empty() && was_over {
                    self.change(index).comeback = true;
                }
                (index, false)
            }
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
        let whole = |services: &[ServiceName]| services.iter().any(|it| self.profile.is_whole(it));
        let is_open = |case: &Case| {
            case.is_open_outage() && !case.is_history() && self.is_kin(case, notice.services.first())
        };
        let open = notice.services.iter().find_map(|service| tracker.told_on(service));
        let open = open.or_else(|| tracker.position(|case| is_open(case) && !case.sighted.is_empty()));
        let open = open.or_else(|| {
            tracker.position(|case| {
                let near = self.now.duration_since(case.outage.since) <= self.policy.first_look_limit;
                is_open(case) && (near || whole(&notice.services) || self.hits_whole(case))
            })
        });
        // One that comes and goes is the home of what it is about, for however long it does.
        let open = open.or_else(|| {
            let covers = |case: &Case| notice.services.iter().any(|it| case.outage.services.contains_key(it));
            tracker.position(|case| is_open(case) && case.folded && covers(case))
        });
        if let Some(index) = open {
            return Home::Open(index);
        }
        // What the page begins to look into after we saw an end is another outage, not a late word about the one that is over.
        let is_new = |case: &Case| {
            let looks_into = matches!(notice.state, IncidentState::Investigating | IncidentState::Identified);
            looks_into && !case.sighted.is_empty() && case.outage.until.is_some_and(|until| began > until)
        };
        let shares = |case: &Case| {
            self.is_kin(case, notice.services.first())
                && !is_new(case)
                && (case.sighted.is_empty()
                    || whole(&notice.services)
                    || notice.services.iter().any(|service| case.outage.services.contains_key(service)))
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
        self.close_what_went(index, look);
        let voice = incident.voice(look.at, self.now);
        let case = &mut self.tracker.cases[index];
        case.outage
            .remember(voice.first_said, What::PageSaid { state: voice.state, text: voice.text.clone() });
        let why = format!("{}: \"{}\" {}", look.source, voice.name, voice.state.as_str());
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

    /// A new incident of an outage that only the page tells of, after looks that found nothing of it: it went and came again, though
    /// not for long enough to be told as over.
    fn close_what_went(&mut self, index: usize, look: PageLook<'_>) {
        let case = &self.tracker.cases[index];
        if !case.sighted.is_empty() || !case.is_open_outage() {
            return;
        }
        let id = Some(case.outage.id.clone());
        let mut gone = vec![];
        for (at, notice) in self.tracker.notices.iter().enumerate() {
            if notice.outage != id || notice.closed || notice.kind != Kind::Outage {
                continue;
            }
            match notice.absent_since {
                Some(since) if notice.source == *look.source && !lists(look.page, notice) => {
                    gone.push((at, since));
                }
                _ => return,
            }
        }
        if gone.is_empty() {
            return;
        }
        for (at, since) in gone {
            self.tracker.notices[at].closed = true;
            let notice = self.tracker.notices[at].clone();
            let voices = &mut self.tracker.cases[index].outage.page;
            if let Some(voice) = voices.iter_mut().find(|voice| voice.incident == notice.id) {
                voice.closed = Some(since.max(voice.first_said));
                voice.withdrawn = notice.state != IncidentState::Shown;
            }
            self.page_is_done(index, &notice, since);
        }
        self.tracker.cases[index].outage.remember(look.at, What::Reopened);
        let change = self.change(index);
        change.reopened = true;
        change.comeback = true;
    }

    /// Services that the page names are hit too, by its word. The whole is not, where we know better.
    fn name_services(&mut self, index: usize, notice: &Notice, since: Timestamp) {
        if !self.tracker.cases[index].outage.is_open() {
            return;
        }
        for service in &notice.services {
            let knows_better =
                self.profile.is_whole(service) && !self.tracker.cases[index].outage.services.is_empty();
            let elsewhere = self.tracker.told_on(service).is_some_and(|open| open != index);
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
                part: None,
                slow: None,
                flaps: 0,
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
        let services = self.services_of(look.source, &incident.components);
        let mut now = incident.notice(look, services);
        let notice = &mut self.tracker.notices[index];
        if now.services.is_empty() {
            now.services.clone_from(&notice.services);
        }
        if now.state == IncidentState::Unknown {
            now.level = now.level.max(notice.level); // a word that we do not know makes nothing better
        }
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
        let why = format!("{}: \"{}\" {}", look.source, new.name, new.state.as_str());
        let (said, closed) = (new.last_said, new.closed);
        *voice = PageVoice { first_said: voice.first_said, last_said: said.max(voice.last_said), ..new };
        if said_more {
            case.outage.remember(said, moment);
        }
        let still_speaks = self.still_speaks(index);
        let change = self.change(index);
        change.page_spoke = true;
        change.page_closed |= closed.is_some() && !still_speaks;
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
        let (open_after, close_after) = (self.policy.open_after, self.policy.close_after);
        let mut gone = vec![];
        for (index, notice) in self.tracker.notices.iter_mut().enumerate() {
            if notice.source != *look.source || lists(look.page, notice) {
                continue;
            }
            notice.absent = notice.absent.saturating_add(1);
            let since = *notice.absent_since.get_or_insert(look.at);
            // A component that is shown well again is seen so; that an incident is gone is only guessed.
            let enough = if notice.state == IncidentState::Shown { open_after } else { close_after };
            if notice.absent >= enough && !notice.closed {
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
            // A component that is no longer red is well; it was never a report that could be taken back.
            let is_report = notice.state != IncidentState::Shown;
            if is_report {
                outage.remember(since, What::PageWithdrew);
            }
            if let Some(voice) = outage.page.iter_mut().find(|voice| voice.incident == notice.id) {
                voice.closed = Some(since.max(voice.first_said));
                voice.withdrawn = is_report;
            }
            let word = if is_report { "no longer lists it" } else { "no longer shows it red" };
            let why = format!("{}: {word} ({} checks)", notice.source, notice.absent);
            let still_speaks = self.still_speaks(case);
            let change = self.change(case);
            change.page_closed |= !still_speaks;
            change.page_spoke |= still_speaks;
            change.why.push(why);
            self.page_is_done(case, &notice, since);
        }
    }

    /// Whether the page still says something of an outage: one incident that closes is not its last word then.
    fn still_speaks(&self, index: usize) -> bool {
        self.tracker.cases[index].outage.page.iter().any(|voice| voice.closed.is_none())
    }

    /// Whether a case hits all that one page speaks of.
    fn hits_whole(&self, case: &Case) -> bool {
        case.outage.services.keys().any(|service| self.profile.is_whole(service) && case.is_hit(service))
    }

    /// Whether a case and a service are of one vendor.
    pub(super) fn is_kin(&self, case: &Case, service: Option<&ServiceName>) -> bool {
        let own = case.outage.services.keys().next();
        own.zip(service).is_none_or(|(own, service)| self.profile.are_related(own, service))
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
        Kind::Outage => {
            page.incidents.iter().take(MOST_READ + MOST_RED).any(|incident| incident.id == notice.id)
        }
        Kind::Maintenance => page.maintenances.iter().take(MOST_READ).any(|m| m.id == notice.id),
    }
}

/// Whether two names of a component are the same, case and punctuation aside.
fn same(a: &str, b: &str) -> bool {
    let letters =
        |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}
