//! Follows a status page over many checks: its last copy, older copies, and incidents that vanish.
//!
//! A summary lists only unresolved incidents. A vanished one is searched in the past incidents, to tell "resolved" from
//! "withdrawn". This also finds incidents that opened and closed between two checks. An Instatus page does not contain its
//! components, so they are requested with every check.

use jiff::{SignedDuration, Timestamp};

use super::classify::{self, shorten};
use super::exchange::{Exchange, HttpResponse};
use super::spotify;
use super::status_page::{self, PageEndpoint, PageFormat, ParsedPage};
use crate::health::{IncidentState, Outcome, Page, PageIncident, leads_to};

/// A CDN may serve an hour-old copy (`stale-if-error=3600`). If the copy stays old for longer, it is the page itself.
const STALE_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A resolved incident remains on the page for this long after it vanished, so that its end is not missed.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// After this many failed attempts the past incidents are no longer requested: then the incident counts as gone. Components
/// are requested again after [`TRY_AGAIN_AFTER`].
const MOST_TRIES: u8 = 10;
/// A page without components now may have them later: an hour costs one request in 120.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What is known of one status page from earlier checks.
#[derive(Clone, Debug)]
pub struct StatusPageTracker {
    host: String,
    /// The page's own URL, used if a page gives another one.
    home: String,
    ignored: Vec<String>,
    last: Option<Last>,
    /// Incidents that the summary no longer lists, as the past incidents had them, each with the time of that check.
    past: Vec<(Timestamp, PageIncident)>,
    /// How many more times the past incidents may be requested; 0 if nothing can be learned from them.
    tries: u8,
    components: Components,
}

/// Whether the components of an Instatus page must be requested.
#[derive(Clone, Debug, Default)]
struct Components {
    /// The page was read, but its components were not yet.
    due: bool,
    /// How many requests for them failed in a row.
    missed: u8,
    /// Until when they are not requested.
    resting_until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Last {
    page: Page,
    changed: Option<Timestamp>,
    page_format: PageFormat,
    /// When this copy arrived.
    at: Timestamp,
    /// When the previous check's copy arrived: incidents that began since then are news.
    before: Timestamp,
    /// Unresolved incidents that vanished with this copy.
    vanished: Vec<PageIncident>,
}

impl StatusPageTracker {
    /// Returns a tracker of the page at this URL; `ignored` are names of components without meaning.
    pub fn new(url: &str, ignored: &[String]) -> Self {
        Self {
            host: spotify::host_of(url).unwrap_or_default(),
            home: spotify::home_of(url),
            ignored: ignored.to_vec(),
            last: None,
            past: Vec::new(),
            tries: 0,
            components: Components::default(),
        }
    }

    /// Returns what this exchange means after all earlier ones.
    pub fn read(&mut self, exchange: &Exchange) -> Outcome {
        let Some(answer) = exchange.answer() else { return classify::classify_unreadable(exchange) };
        match answer.status {
            200 => match status_page::read(answer, &self.ignored) {
                Ok(mut reading) => {
                    self.keep_own_links(&mut reading.page);
                    match reading.part {
                        PageEndpoint::Whole => self.read_summary(reading, exchange.at),
                        PageEndpoint::Past => self.read_past(reading, exchange.at),
                        PageEndpoint::Components => self.read_components(reading),
                    }
                }
                Err(why) => Outcome::Unclear(why),
            },
            304 => self.read_unchanged(answer, exchange.at),
            300..=399 => self.read_redirect(answer, exchange),
            _ => classify::classify_unreadable(exchange),
        }
    }

    /// Returns the format in which the page was last read.
    pub fn page_format(&self) -> Option<PageFormat> {
        self.last.as_ref().map(|last| last.page_format)
    }

    /// Returns what else must be requested in the same check, besides the page's state.
    pub fn wants(&self) -> Option<PageEndpoint> {
        if self.tries > 0 {
            return Some(PageEndpoint::Past);
        }
        self.components.due.then_some(PageEndpoint::Components)
    }

    /// Takes in the response to what it [`wants`](Self::wants), which completes the check. `None` if it is not that.
    pub fn read_further(&mut self, exchange: &Exchange) -> Option<Outcome> {
        let wanted = self.wants()?;
        let answer = exchange.answer().filter(|answer| answer.status == 200);
        let is_wanted = |answer: &HttpResponse| {
            status_page::read(answer, &self.ignored).is_ok_and(|reading| reading.part == wanted)
        };
        if answer.is_some_and(is_wanted) {
            return Some(self.read(exchange));
        }
        self.missed();
        None
    }

    /// Records that what it wants could not be read this time.
    pub fn missed(&mut self) {
        if self.tries > 0 {
            self.tries -= 1;
            return;
        }
        self.components.due = false;
        self.components.missed = self.components.missed.saturating_add(1);
        if let Some(last) = self.last.as_mut().filter(|_| self.components.missed >= MOST_TRIES) {
            last.page.components.clear(); // components that are no longer confirmed are unknown
            self.components.resting_until = last.at.checked_add(TRY_AGAIN_AFTER).ok();
        }
    }

    /// Whether a response is about the page's state, and not the response to what it wants.
    pub fn is_whole(&self, exchange: &Exchange) -> bool {
        exchange.answer().is_some_and(|answer| match answer.status {
            200 => status_page::read(answer, &self.ignored)
                .is_ok_and(|reading| reading.part == PageEndpoint::Whole),
            status => status == 304,
        })
    }

    fn read_summary(&mut self, reading: ParsedPage, at: Timestamp) -> Outcome {
        let ParsedPage { page_format, mut page, changed, .. } = reading;
        if let Some(last) = &self.last
            && last.page_format == page_format
            && changed.zip(last.changed).is_some_and(|(new, old)| new < old)
            && at.duration_since(last.at) < STALE_FOR
        {
            // The copy is older than the previous one: returns the previous one, with its age.
            let copy_age = at.duration_since(last.at).max(page.copy_age);
            return self.page(Page { copy_age, ..last.page.clone() });
        }
        self.past.retain(|(reported, incident)| {
            at.duration_since(*reported) < REMEMBERED_FOR
                && page.incidents.iter().all(|i| i.id != incident.id)
        });
        let vanished = self.vanished(&page);
        let moved = self.last.as_ref().is_some_and(|l| l.changed.is_some() && l.changed != changed);
        let before = self.last.as_ref().map_or(at, |last| last.at);
        if page_format == PageFormat::Statuspage && (moved || !vanished.is_empty()) {
            self.tries = MOST_TRIES;
        }
        if page_format == PageFormat::Instatus
            && let Some(last) = self.last.as_mut().filter(|last| last.page_format == page_format)
            && page.components.is_empty()
        {
            page.components = std::mem::take(&mut last.page.components); // the old ones, until the new ones are read
        }
        self.last = Some(Last { page: page.clone(), changed, page_format, at, before, vanished });
        self.want_components(at);
        self.page(page)
    }

    /// Removes links to other sites: an author on the page must not choose where people go.
    fn keep_own_links(&self, page: &mut Page) {
        if !leads_to(&page.url, &self.host) {
            page.url.clone_from(&self.home);
        }
        let incidents = page.incidents.iter_mut().map(|incident| &mut incident.link);
        let links = incidents.chain(page.maintenances.iter_mut().map(|work| &mut work.link));
        for link in links {
            link.take_if(|link| !leads_to(link, &self.host));
        }
    }

    fn want_components(&mut self, at: Timestamp) {
        let speaks_instatus = self.page_format() == Some(PageFormat::Instatus);
        self.components.due =
            speaks_instatus && self.components.resting_until.is_none_or(|until| at >= until);
    }

    fn read_components(&mut self, reading: ParsedPage) -> Outcome {
        self.components = Components::default();
        match self.last.as_mut().filter(|last| last.page_format == PageFormat::Instatus) {
            Some(last) => {
                last.page.components = reading.page.components;
                let page = last.page.clone();
                self.page(page)
            }
            None => Outcome::Unclear("components without the page's state".to_owned()),
        }
    }

    /// Returns incidents that were unresolved and are no longer listed.
    fn vanished(&self, page: &Page) -> Vec<PageIncident> {
        let Some(last) = &self.last else { return Vec::new() };
        let waiting = last.vanished.iter().filter(|_| self.tries > 0);
        let known = last.page.incidents.iter().chain(waiting).chain(self.past.iter().map(|(_, i)| i));
        let mut vanished: Vec<PageIncident> = Vec::new();
        for incident in known.filter(|i| i.state != IncidentState::Resolved) {
            let listed = page.incidents.iter().chain(&vanished).any(|i| i.id == incident.id);
            if !listed {
                vanished.push(incident.clone());
            }
        }
        vanished
    }

    fn read_past(&mut self, history: ParsedPage, at: Timestamp) -> Outcome {
        let Some(last) = &mut self.last else {
            return Outcome::Unclear("past incidents without the page's state".to_owned());
        };
        self.tries = 0;
        for incident in history.page.incidents {
            let listed = last.page.incidents.iter().any(|i| i.id == incident.id);
            let vanished = last.vanished.iter().any(|i| i.id == incident.id);
            // It opened and closed between two checks, or is newer than the copy that we have.
            let news = incident.began.is_some_and(|began| began >= last.before && last.before < last.at);
            if !listed && (vanished || news) {
                self.past.retain(|(_, known)| known.id != incident.id);
                self.past.push((at, incident));
            }
        }
        let vanished = std::mem::take(&mut last.vanished);
        // A vanished incident that is not among the past ones was withdrawn.
        self.past.retain(|(reported, known)| *reported == at || vanished.iter().all(|i| i.id != known.id));
        let page = last.page.clone();
        self.page(page)
    }

    fn read_unchanged(&mut self, answer: &HttpResponse, at: Timestamp) -> Outcome {
        self.want_components(at);
        match &self.last {
            Some(last) => {
                let copy_age = status_page::copy_age(answer);
                self.page(Page { copy_age, ..last.page.clone() })
            }
            None => Outcome::Unclear("304 without a page before it".to_owned()),
        }
    }

    fn read_redirect(&self, answer: &HttpResponse, exchange: &Exchange) -> Outcome {
        let place = answer.headers.value("location").unwrap_or_default();
        match spotify::host_of(place) {
            Ok(host) if host != self.host => Outcome::Unclear(format!(
                "{}: the page redirects to another host, {}: if that is right, set it as the source's url",
                answer.status,
                shorten(place)
            )),
            _ => classify::classify_unreadable(exchange),
        }
    }

    /// Returns the page with its past incidents. Its level is the worst of all.
    fn page(&self, mut page: Page) -> Outcome {
        for (_, incident) in self.past.iter().rev() {
            if page.incidents.iter().all(|i| i.id != incident.id) {
                page.incidents.push(incident.clone());
            }
        }
        let unresolved =
            page.incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
        let components = page.components.iter().map(|c| c.level);
        page.level = status_page::worst(std::iter::once(page.level).chain(unresolved).chain(components));
        Outcome::Page(Box::new(page))
    }
}

#[cfg(test)]
#[path = "page_tracker_tests.rs"]
mod tests;
