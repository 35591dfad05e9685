//! The three voices: what our checks see, what the status page says, what people report. Each has its age, and they are never
//! merged. If they disagree, the message says so.

use jiff::{SignedDuration, Timestamp};

use super::{escape, symbols, time};
use crate::health::{
    IncidentState, Level, Outage, PageView, ServiceCatalog, ServiceImpact, StatusSnapshot, TimelineEvent,
};
use crate::i18n::Language;

/// An older snapshot is not shown as current. Five checks at the slowest usual interval (one a minute).
pub const STALE: SignedDuration = SignedDuration::from_mins(5);

/// Length of the page's own words, at most, in characters.
const PAGE_TEXT: usize = 200;

/// `, from Frankfurt`, or nothing if the operator named no location.
pub fn from_location(location: &str, language: Language) -> String {
    let location = escape::plain(location, 60);
    if location.is_empty() {
        location
    } else {
        language.say_with("from-location", &[("location", (&location).into())])
    }
}

pub fn we_see_outage(outage: &Outage, location: &str, language: Language) -> String {
    let from = from_location(location, language);
    let Some(seen) = outage.seen else {
        return language.say_with("see-nothing-of-it", &[("from", (&from).into())]);
    };
    if !outage.fails_for_us() {
        let at = time::clock(seen);
        return language.say_with("see-passing-again", &[("at", (&at).into()), ("from", (&from).into())]);
    }
    // If the outage reopened, only the stretch that goes on counts.
    let stretches = outage.stretches(seen);
    let since = stretches.last().map_or(seen, |(from, _)| seen.max(*from));
    let (at, ago) = (time::clock(since), time::relative(since));
    let message = if outage.slowness().is_some() {
        "see-slow"
    } else if outage.ongoing_at_first_probe && stretches.len() == 1 {
        "see-failures-at-least"
    } else {
        failing(outage, stretches.len() > 1)
    };
    let parts = [("at", (&at).into()), ("ago", (&ago).into()), ("from", (&from).into())];
    language.say_with(message, &parts)
}

/// How our checks fail: all of them all the time, only some, or those of several services, each with its own times.
fn failing(outage: &Outage, reopened: bool) -> &'static str {
    let mut hits = outage.services.values();
    let (Some(hit), None) = (hits.next(), hits.next()) else { return "see-failures" };
    // The service was back for a time while the outage went on.
    if hit.flaps > 0 && !reopened {
        return "see-failures";
    }
    if hit.level == Level::Outage && hit.part.is_none() { "see-failing" } else { "see-failing-partly" }
}

/// What our checks saw of a past outage, or `None` if they saw nothing of it.
pub fn checks_failed(outage: &Outage, location: &str, language: Language) -> Option<String> {
    let (seen, until) = (outage.seen?, outage.until?);
    let (from, at, until) = (from_location(location, language), time::clock(seen), time::clock(until));
    let mut hits = outage.services.values();
    let (message, evidence) = match (outage.slowness(), hits.next(), hits.next()) {
        (Some(took), ..) => ("see-was-slow", time::took(took, language)),
        (None, Some(ServiceImpact { failure: Some(failure), worst, .. }), None) => {
            let whole = *worst == Level::Outage;
            let message = if whole { "see-failed" } else { "see-failed-partly" };
            (message, symbols::evidence(failure, language))
        }
        _ => ("see-failed-several", String::new()),
    };
    let parts = [
        ("at", (&at).into()),
        ("until", (&until).into()),
        ("from", (&from).into()),
        ("evidence", (&evidence).into()),
    ];
    Some(language.say_with(message, &parts))
}

/// What the page said about a past outage, each statement with its time, or `None` if it said nothing.
pub fn page_said(outage: &Outage, catalog: &ServiceCatalog, language: Language) -> Option<String> {
    let mut states: Vec<(IncidentState, Timestamp)> = Vec::new();
    for moment in &outage.timeline {
        match moment.what {
            TimelineEvent::PageSaid { state, .. }
                if state != IncidentState::Shown && states.last().is_none_or(|(last, _)| *last != state) =>
            {
                states.push((state, moment.at));
            }
            _ => {}
        }
    }
    let say = |(state, at): &(IncidentState, Timestamp)| {
        let (state, at) = (symbols::state(*state, language), time::clock(*at));
        language.say_with("page-said-at", &[("state", (&state).into()), ("at", (&at).into())])
    };
    let said: Vec<String> = states.iter().map(say).collect();
    let (whole, list) = (escape::plain(&catalog.display, 40), symbols::list(&said, language));
    let parts = [("whole", (&whole).into()), ("said", (&list).into())];
    (!said.is_empty()).then(|| language.say_with("page-said", &parts))
}

/// What our checks see, for all services together.
pub fn we_see(snapshot: &StatusSnapshot, now: Timestamp, language: Language) -> String {
    let from = from_location(&snapshot.location, language);
    if let Some(since) = snapshot.own_network_down_since {
        let whole = escape::plain(&snapshot.display, 40);
        return language
            .say_with("see-blind", &[("at", time::clock(since).into()), ("whole", (&whole).into())]);
    }
    let Some(inspected) = snapshot.checked_at() else { return language.say("see-nothing-yet") };
    let ago = time::relative(inspected);
    if is_stale(snapshot, now) {
        return language.say_with("see-stale", &[("ago", (&ago).into())]);
    }
    if let Some(until) = snapshot.rate_limited_until() {
        return language.say_with("see-rate-limited", &[("at", time::date(until).into())]);
    }
    let seen = snapshot.outage(None).filter(|outage| outage.seen.is_some() && !snapshot.is_unchecked(outage));
    if let Some(outage) = seen {
        return we_see_outage(outage, &snapshot.location, language);
    }
    let through = snapshot.services.iter().filter(|service| service.level == Level::Up).count();
    if through == snapshot.services.len() {
        let n = u64::try_from(through).unwrap_or(u64::MAX);
        let parts = [("n", n.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-checks-pass", &parts);
    }
    if !snapshot.services.iter().any(|service| service.level.is_bad()) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (n, all) = (count(through), count(snapshot.services.len()));
        let parts = [("n", n.into()), ("all", all.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-checks-some", &parts);
    }
    language.say_with("see-partly", &[("from", (&from).into()), ("ago", (&ago).into())])
}

/// Returns whether a snapshot is too old to be shown as current.
pub fn is_stale(snapshot: &StatusSnapshot, now: Timestamp) -> bool {
    let newest = snapshot.checked_at().map_or(snapshot.at, |inspected| inspected.max(snapshot.at));
    now.duration_since(newest) > STALE
}

/// What the page says about an outage; `page_tracker` is the page's last known state.
pub fn page_says_of(
    outage: &Outage,
    catalog: &ServiceCatalog,
    page: Option<&PageView>,
    language: Language,
) -> String {
    let whole = catalog.display.as_str();
    let open = outage.page.iter().filter(|voice| voice.closed.is_none()).max_by_key(|voice| voice.last_said);
    let newest = open.or_else(|| outage.page.iter().max_by_key(|voice| voice.last_said));
    let Some(voice) = newest else { return page_says_nothing(whole, page, language) };
    if voice.state == IncidentState::Shown {
        let parts = [
            ("whole", escape::plain(whole, 40).into()),
            ("name", escape::quoted(&voice.name, PAGE_TEXT).into()),
            ("ago", time::relative(voice.last_said).into()),
        ];
        let links = page.map(|page| page.url.as_str());
        return with_link(language.say_with("page-shows-red", &parts), links, catalog, language);
    }
    let said = incident(voice.state, &voice.text, voice.last_said, language);
    let said = if voice.withdrawn { format!("~~{said}~~") } else { said };
    let links = voice.link.as_deref().into_iter().chain(page.map(|page| page.url.as_str()));
    says(whole, &with_link(said, links, catalog, language), language)
}

/// What the page says, for all services together.
pub fn page_says(snapshot: &StatusSnapshot, catalog: &ServiceCatalog, language: Language) -> String {
    let Some(page) = &snapshot.page else {
        return says(&snapshot.display, &language.say("page-never-read"), language);
    };
    let url = page.url.as_str();
    if page.problem.is_some() || page.read.is_none() {
        return says(
            &snapshot.display,
            &with_link(unreadable(page, language), [url], catalog, language),
            language,
        );
    }
    let unresolved = page.incidents.iter().filter(|incident| incident.state != IncidentState::Resolved);
    let said = match unresolved.clone().next() {
        Some(newest) => {
            let update = newest.updates.first();
            let at =
                update.and_then(|update| update.at).or(newest.began).or(page.read).unwrap_or(snapshot.at);
            let text = update.map_or(newest.name.as_str(), |update| &update.text);
            incident(newest.state, text, at, language)
        }
        None => shows(page, language),
    };
    let more = u64::try_from(unresolved.count().saturating_sub(1)).unwrap_or(0);
    let said = match more {
        0 => said,
        n => format!("{said} {}", language.say_with("page-more", &[("n", n.into())])),
    };
    says(&snapshot.display, &with_link(said, [url], catalog, language), language)
}

fn page_says_nothing(whole: &str, page: Option<&PageView>, language: Language) -> String {
    let said = match page {
        Some(page) if page.problem.is_some() || page.read.is_none() => unreadable(page, language),
        Some(page) if !page.headline.trim().is_empty() => {
            let headline = escape::quoted(&page.headline, PAGE_TEXT);
            language.say_with("page-nothing-yet", &[("headline", (&headline).into())])
        }
        _ => language.say("page-nothing"),
    };
    says(whole, &said, language)
}

fn says(whole: &str, what: &str, language: Language) -> String {
    let whole = escape::plain(whole, 40);
    language.say_with("page-says", &[("whole", (&whole).into()), ("what", what.into())])
}

fn incident(state: IncidentState, text: &str, at: Timestamp, language: Language) -> String {
    let (state, ago) = (symbols::state(state, language), time::relative(at));
    let text = escape::quoted(text, PAGE_TEXT);
    let message = if text.is_empty() { "page-incident" } else { "page-incident-text" };
    language
        .say_with(message, &[("state", (&state).into()), ("text", (&text).into()), ("ago", (&ago).into())])
}

fn shows(page: &PageView, language: Language) -> String {
    let headline = escape::quoted(&page.headline, PAGE_TEXT);
    let headline = if headline.is_empty() { language.say("page-headline-unknown") } else { headline };
    let ago = page.read.map(time::relative).unwrap_or_default();
    language.say_with("page-shows", &[("headline", (&headline).into()), ("ago", (&ago).into())])
}

fn unreadable(page: &PageView, language: Language) -> String {
    match page.read {
        Some(read) => language.say_with("page-unreadable", &[("ago", time::relative(read).into())]),
        None => language.say("page-never-read"),
    }
}

/// The first of the page's links that may be shown beside its words.
fn with_link<'a>(
    what: String,
    links: impl IntoIterator<Item = &'a str>,
    catalog: &ServiceCatalog,
    language: Language,
) -> String {
    let Some(url) = links.into_iter().find(|url| catalog.leads_to_page(url)) else { return what };
    let link = language.say_with("page-link", &[("url", url.into())]);
    language.say_with("page-and-link", &[("what", (&what).into()), ("link", (&link).into())])
}

/// Returns whether the page does not report what our checks see. It is mentioned because people read the page first.
pub fn page_is_behind(outage: &Outage, page: Option<&PageView>) -> bool {
    let silent =
        |page: &PageView| page.problem.is_none() && page.incidents.is_empty() && !page.level.is_bad();
    outage.seen.is_some() && outage.page.is_empty() && page.is_some_and(silent)
}

/// How many people report failures, and whether our checks see them too. `None` if nobody reports.
pub fn people_report(reports: u32, we_see_it_too: bool, language: Language) -> Option<String> {
    let message = if we_see_it_too { "people-report" } else { "people-report-alone" };
    (reports > 0).then(|| language.say_with(message, &[("n", u64::from(reports).into())]))
}

/// "12 people see it too", for a last line in small print.
pub fn people_too(reports: u32, language: Language) -> Option<String> {
    (reports > 0).then(|| language.say_with("people-too", &[("n", u64::from(reports).into())]))
}
