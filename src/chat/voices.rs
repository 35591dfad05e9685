//! The three voices: what we see, what the status page says, what people report. Each with its age, never merged; where
//! they disagree, it is said.

use jiff::{SignedDuration, Timestamp};

use super::{escape, symbols, time};
use crate::health::{IncidentState, Level, Outage, PageView, ServiceCatalog, StatusSnapshot};
use crate::i18n::Language;

/// A picture older than this is not shown as what is: five looks of the slowest usual rhythm (a check a minute).
pub const STALE: SignedDuration = SignedDuration::from_mins(5);

/// Characters of the page's own words, at most.
const PAGE_TEXT: usize = 200;

/// `, from Frankfurt`, or nothing when the operator named no place.
pub fn from_place(place: &str, language: Language) -> String {
    let place = escape::plain(place, 60);
    if place.is_empty() { place } else { language.say_with("from-place", &[("place", (&place).into())]) }
}

pub fn we_see_outage(outage: &Outage, place: &str, language: Language) -> String {
    let from = from_place(place, language);
    let Some(seen) = outage.seen else {
        return language.say_with("see-nothing-of-it", &[("from", (&from).into())]);
    };
    let (at, ago) = (time::clock(seen), time::relative(seen));
    let probes =
        outage.services.values().filter(|hit| hit.failure.is_some()).map(|hit| hit.failed_probes).max();
    let parts = |n: u64| {
        [
            ("n", n.into()),
            ("at", at.as_str().into()),
            ("ago", ago.as_str().into()),
            ("from", from.as_str().into()),
        ]
    };
    match probes {
        _ if outage.ongoing_at_first_probe => language.say_with("see-failures-at-least", &parts(0)),
        Some(probes) if probes > 0 && outage.services.len() == 1 => {
            language.say_with("see-looks-failed", &parts(probes.into()))
        }
        _ => language.say_with("see-failures", &parts(0)),
    }
}

/// What we see, as a whole.
pub fn we_see(snapshot: &StatusSnapshot, now: Timestamp, language: Language) -> String {
    let from = from_place(&snapshot.location, language);
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
        let parts = [("at", time::clock(until).into()), ("ago", time::relative(until).into())];
        return language.say_with("see-rate-limited", &parts);
    }
    let seen = snapshot.outage(None).filter(|outage| outage.seen.is_some() && !snapshot.is_unchecked(outage));
    if let Some(outage) = seen {
        return we_see_outage(outage, &snapshot.location, language);
    }
    let through = snapshot.services.iter().filter(|service| service.level == Level::Up).count();
    if through == snapshot.services.len() {
        let n = u64::try_from(through).unwrap_or(u64::MAX);
        let parts = [("n", n.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-looks-through", &parts);
    }
    if !snapshot.services.iter().any(|service| service.level.is_bad()) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (n, all) = (count(through), count(snapshot.services.len()));
        let parts = [("n", n.into()), ("all", all.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-looks-some", &parts);
    }
    language.say_with("see-partly", &[("from", (&from).into()), ("ago", (&ago).into())])
}

/// Whether a picture is too old to be told as what is.
pub fn is_stale(snapshot: &StatusSnapshot, now: Timestamp) -> bool {
    let newest = snapshot.checked_at().map_or(snapshot.at, |inspected| inspected.max(snapshot.at));
    now.duration_since(newest) > STALE
}

/// What the page says about an outage; `page_tracker` is how it was last read.
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
    let said = incident(voice.state, &voice.text, voice.last_said, language);
    let links = voice.link.as_deref().into_iter().chain(page.map(|page| page.url.as_str()));
    says(whole, &with_link(said, links, catalog, language), language)
}

/// What the page says, as a whole.
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

/// The first of the page's links that may be shown, beside its words.
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

/// Whether the page is silent about what we see: said, because people look there first.
pub fn page_is_behind(outage: &Outage, page: Option<&PageView>) -> bool {
    let silent =
        |page: &PageView| page.problem.is_none() && page.incidents.is_empty() && !page.level.is_bad();
    outage.seen.is_some() && outage.page.is_empty() && page.is_some_and(silent)
}

/// What people report while we see nothing; nothing to say when nobody does.
pub fn people_report(reports: u32, we_see_it_too: bool, language: Language) -> Option<String> {
    let message = if we_see_it_too { "people-report" } else { "people-report-alone" };
    (reports > 0).then(|| language.say_with(message, &[("n", u64::from(reports).into())]))
}

/// "12 people see it too", for a last line in small print.
pub fn people_too(reports: u32, language: Language) -> Option<String> {
    (reports > 0).then(|| language.say_with("people-too", &[("n", u64::from(reports).into())]))
}
