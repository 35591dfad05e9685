//! Understanding a status page over many checks: its last copy, older copies, and incidents that vanish.
//!
//! A summary lists unresolved incidents only. One that is gone is looked up among the past ones, so that "resolved" and
//! "withdrawn" are told apart, and one that opened and closed between two checks is not missed. An Instatus page does not hold its
//! components, so they are asked for with every check.

use jiff::{SignedDuration, Timestamp};

use super::classify::{self, shorten};
use super::exchange::{Exchange, HttpResponse};
use super::page_format::{self, PageEndpoint, PageFormat, ParsedPage};
use super::spotify;
use crate::health::{IncidentState, Outcome, Page, PageIncident, leads_to};

/// A CDN may serve a copy that is an hour old (`stale-if-error=3600`); an older one after that is the page itself.
const STALE_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A resolved incident is kept on the page for this long after it vanished, so that nobody misses how it ended.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// After so many tries in vain the past incidents are not asked for any more: then it is only gone. Components are asked for again
/// after [`TRY_AGAIN_AFTER`].
const MOST_TRIES: u8 = 10;
/// A page that does not tell its components now may later: an hour costs one call in 120.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What is known of one status page from the checks so far.
#[derive(Clone, Debug)]
pub struct StatusPageTracker {
    host: String,
    /// The page's own address, for a page that names another.
    home: String,
    ignored: Vec<String>,
    last: Option<Last>,
    /// Incidents that the summary does not list any more, as the past ones told, each with when.
    past: Vec<(Timestamp, PageIncident)>,
    /// How often the past incidents may still be asked for; 0 when nothing is to be known from them.
    tries: u8,
    components: Components,
}

/// Whether the components of an Instatus page are to be asked for.
#[derive(Clone, Debug, Default)]
struct Components {
    /// The page was read, and its components were not yet.
    due: bool,
    /// How often in a row they were asked for in vain.
    missed: u8,
    /// Until when they are not asked for.
    resting_until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Last {
    page: Page,
    changed: Option<Timestamp>,
    page_format: PageFormat,
    /// When this copy came.
    at: Timestamp,
    /// When the check before it came: incidents that began since then are news.
    before: Timestamp,
    /// Unresolved incidents that vanished with this copy.
    vanished: Vec<PageIncident>,
}

impl StatusPageTracker {
    /// A page at this address; `ignored` are names of components that mean nothing.
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

    /// What this exchange means after all before it.
    pub fn read(&mut self, exchange: &Exchange) -> Outcome {
        let Some(answer) = exchange.answer() else { return classify::recognise_unreadable(exchange) };
        match answer.status {
            200 => match page_format::read(answer, &self.ignored) {
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
            _ => classify::recognise_unreadable(exchange),
        }
    }

    /// The dialect in which the page was last read.
    pub fn page_format(&self) -> Option<PageFormat> {
        self.last.as_ref().map(|last| last.page_format)
    }

    /// What of the page is to be asked for besides its state, in the same check.
    pub fn wants(&self) -> Option<PageEndpoint> {
        if self.tries > 0 {
            return Some(PageEndpoint::Past);
        }
        self.components.due.then_some(PageEndpoint::Components)
    }

    /// The answer to what it [`wants`](Self::wants), which completes the check; none where it is not that.
    pub fn read_further(&mut self, exchange: &Exchange) -> Option<Outcome> {
        let wanted = self.wants()?;
        let answer = exchange.answer().filter(|answer| answer.status == 200);
        let is_wanted = |answer: &HttpResponse| {
            page_format::read(answer, &self.ignored).is_ok_and(|reading| reading.part == wanted)
        };
        if answer.is_some_and(is_wanted) {
            return Some(self.read(exchange));
        }
        self.missed();
        None
    }

    /// What it wants could not be read this time.
    pub fn missed(&mut self) {
        if self.tries > 0 {
            self.tries -= 1;
            return;
        }
        self.components.due = false;
        self.components.missed = self.components.missed.saturating_add(1);
        if let Some(last) = self.last.as_mut().filter(|_| self.components.missed >= MOST_TRIES) {
            last.page.components.clear(); // what nobody confirms any more is not known
            self.components.resting_until = last.at.checked_add(TRY_AGAIN_AFTER).ok();
        }
    }

    /// Whether an answer is one about the page's state, and not the answer to what it wants.
    pub fn is_whole(&self, exchange: &Exchange) -> bool {
        exchange.answer().is_some_and(|answer| match answer.status {
            200 => page_format::read(answer, &self.ignored)
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
            // An older copy than the one we had: what we had, with its age.
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
            page.components = std::mem::take(&mut last.page.components); // as they were, until they are read
        }
        self.last = Some(Last { page: page.clone(), changed, page_format, at, before, vanished });
        self.want_components(at);
        self.page(page)
    }

    /// Drops links that lead to another site: whoever can write on the page must not choose where people go.
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

    /// Incidents that were unresolved and are not listed any more.
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
            // It opened and closed between two checks, or is older than our copy knows.
            let news = incident.began.is_some_and(|began| began >= last.before && last.before < last.at);
            if !listed && (vanished || news) {
                self.past.retain(|(_, known)| known.id != incident.id);
                self.past.push((at, incident));
            }
        }
        let vanished = std::mem::take(&mut last.vanished);
        // What vanished and is not among the past ones was withdrawn.
        self.past.retain(|(reported, known)| *reported == at || vanished.iter().all(|i| i.id != known.id));
        let page = last.page.clone();
        self.page(page)
    }

    fn read_unchanged(&mut self, answer: &HttpResponse, at: Timestamp) -> Outcome {
        self.want_components(at);
        match &self.last {
            Some(last) => {
                let copy_age = page_format::copy_age(answer);
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
            _ => classify::recognise_unreadable(exchange),
        }
    }

    /// The page with what the past incidents told, worst of both.
    fn page(&self, mut page: Page) -> Outcome {
        for (_, incident) in self.past.iter().rev() {
            if page.incidents.iter().all(|i| i.id != incident.id) {
                page.incidents.push(incident.clone());
            }
        }
        let unresolved =
            page.incidents.iter().filter(|i| i.state != IncidentState::Resolved).map(|i| i.impact);
        let components = page.components.iter().map(|c| c.level);
        page.level = page_format::worst(std::iter::once(page.level).chain(unresolved).chain(components));
        Outcome::Page(Box::new(page))
    }
}

#[cfg(test)]
#[path = "page_tracker_tests.rs"]
mod tests;
