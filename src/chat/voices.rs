//! The three voices: what we see, what the status page says, what people report. Each with its age, never merged; where
//! they disagree, it is said.
//!
//! Never: no voice is weighed against another; that was done in `health`.

use jiff::{SignedDuration, Timestamp};

use super::{escape, sign, time};
use crate::health::{Hit, IncidentState, Level, Outage, PageView, Picture, Profile, What};
use crate::words::Language;

/// A picture older than this is not shown as what is: five looks of the slowest usual rhythm (a look a minute).
pub const STALE: SignedDuration = SignedDuration::from_mins(5);

/// Characters of the page's own words, at most.
const PAGE_TEXT: usize = 200;

/// `, from Frankfurt`, or nothing when the operator named no place.
pub fn from_place(place: &str, language: Language) -> String {
    let place = escape::plain(place, 60);
    if place.is_empty() { place } else { language.say_with("from-place", &[("place", (&place).into())]) }
}

/// What we see of an outage.
pub fn we_see_outage(outage: &Outage, place: &str, language: Language) -> String {
    let from = from_place(place, language);
    let Some(seen) = outage.seen else {
        return language.say_with("see-nothing-of-it", &[("from", (&from).into())]);
    };
    if !outage.fails_for_us() {
        let at = time::clock(seen);
        return language.say_with("see-well-again", &[("at", (&at).into()), ("from", (&from).into())]);
    }
    // Of what was over meanwhile, the stretch that goes on counts.
    let stretches = outage.stretches(seen);
    let since = stretches.last().map_or(seen, |(from, _)| seen.max(*from));
    let (at, ago) = (time::clock(since), time::relative(since));
    let message = if outage.slowness().is_some() {
        "see-slow"
    } else if outage.ongoing_at_first_look && stretches.len() == 1 {
        "see-failures-at-least"
    } else {
        failing(outage, stretches.len() > 1)
    };
    let parts = [("at", (&at).into()), ("ago", (&ago).into()), ("from", (&from).into())];
    language.say_with(message, &parts)
}

/// How our checks fail: all of them the whole time, some of them, or of several services, each with its own times.
fn failing(outage: &Outage, reopened: bool) -> &'static str {
    let mut hits = outage.services.values();
    let (Some(hit), None) = (hits.next(), hits.next()) else { return "see-failures" };
    // It was back while the outage went on.
    if hit.flaps > 0 && !reopened {
        return "see-failures";
    }
    if hit.level == Level::Outage && hit.part.is_none() { "see-failing" } else { "see-failing-partly" }
}

/// What our checks saw of an outage that is over; `None` if they saw nothing of it.
pub fn checks_failed(outage: &Outage, place: &str, language: Language) -> Option<String> {
    let (seen, until) = (outage.seen?, outage.until?);
    let (from, at, until) = (from_place(place, language), time::clock(seen), time::clock(until));
    let mut hits = outage.services.values();
    let (message, evidence) = match (outage.slowness(), hits.next(), hits.next()) {
        (Some(took), ..) => ("see-was-slow", time::took(took, language)),
        (None, Some(Hit { symptom: Some(symptom), worst, .. }), None) => {
            let whole = *worst == Level::Outage;
            let message = if whole { "see-failed" } else { "see-failed-partly" };
            (message, sign::evidence(symptom, language))
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

/// What the page said about an outage that is over, each with its time; `None` if it said nothing.
pub fn page_said(outage: &Outage, profile: &Profile, language: Language) -> Option<String> {
    let mut states: Vec<(IncidentState, Timestamp)> = Vec::new();
    for moment in &outage.timeline {
        match moment.what {
            What::PageSaid { state, .. }
                if state != IncidentState::Shown && states.last().is_none_or(|(last, _)| *last != state) =>
            {
                states.push((state, moment.at));
            }
            _ => {}
        }
    }
    let say = |(state, at): &(IncidentState, Timestamp)| {
        let (state, at) = (sign::state(*state, language), time::clock(*at));
        language.say_with("page-said-at", &[("state", (&state).into()), ("at", (&at).into())])
    };
    let said: Vec<String> = states.iter().map(say).collect();
    let (whole, list) = (escape::plain(&profile.display, 40), sign::list(&said, language));
    let parts = [("whole", (&whole).into()), ("said", (&list).into())];
    (!said.is_empty()).then(|| language.say_with("page-said", &parts))
}

/// What we see, as a whole.
pub fn we_see(picture: &Picture, now: Timestamp, language: Language) -> String {
    let from = from_place(&picture.place, language);
    if let Some(since) = picture.own_network_down_since {
        let whole = escape::plain(&picture.display, 40);
        return language
            .say_with("see-blind", &[("at", time::clock(since).into()), ("whole", (&whole).into())]);
    }
    let Some(looked) = picture.looked() else { return language.say("see-nothing-yet") };
    let ago = time::relative(looked);
    if is_stale(picture, now) {
        return language.say_with("see-stale", &[("ago", (&ago).into())]);
    }
    if let Some(until) = picture.rate_limited_until() {
        return language.say_with("see-rate-limited", &[("at", time::date(until).into())]);
    }
    let seen = picture.outage(None).filter(|outage| outage.seen.is_some() && !picture.is_unchecked(outage));
    if let Some(outage) = seen {
        return we_see_outage(outage, &picture.place, language);
    }
    let through = picture.services.iter().filter(|service| service.level == Level::Up).count();
    if through == picture.services.len() {
        let n = u64::try_from(through).unwrap_or(u64::MAX);
        let parts = [("n", n.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-looks-through", &parts);
    }
    if !picture.services.iter().any(|service| service.level.is_bad()) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (n, all) = (count(through), count(picture.services.len()));
        let parts = [("n", n.into()), ("all", all.into()), ("from", (&from).into()), ("ago", (&ago).into())];
        return language.say_with("see-looks-some", &parts);
    }
    language.say_with("see-partly", &[("from", (&from).into()), ("ago", (&ago).into())])
}

/// Whether a picture is too old to be told as what is.
pub fn is_stale(picture: &Picture, now: Timestamp) -> bool {
    let newest = picture.looked().map_or(picture.at, |looked| looked.max(picture.at));
    now.duration_since(newest) > STALE
}

/// What the page says about an outage; `page` is how it was last read.
pub fn page_says_of(
    outage: &Outage,
    profile: &Profile,
    page: Option<&PageView>,
    language: Language,
) -> String {
    let whole = profile.display.as_str();
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
        return with_link(language.say_with("page-shows-red", &parts), links, profile, language);
    }
    let said = incident(voice.state, &voice.text, voice.last_said, language);
    let links = voice.link.as_deref().into_iter().chain(page.map(|page| page.url.as_str()));
    says(whole, &with_link(said, links, profile, language), language)
}

/// What the page says, as a whole.
pub fn page_says(picture: &Picture, profile: &Profile, language: Language) -> String {
    let Some(page) = &picture.page else {
        return says(&picture.display, &language.say("page-never-read"), language);
    };
    let url = page.url.as_str();
    if page.problem.is_some() || page.read.is_none() {
        return says(
            &picture.display,
            &with_link(unreadable(page, language), [url], profile, language),
            language,
        );
    }
    let unresolved = page.incidents.iter().filter(|incident| incident.state != IncidentState::Resolved);
    let said = match unresolved.clone().next() {
        Some(newest) => {
            let update = newest.updates.first();
            let at = update.and_then(|update| update.at).or(newest.began).or(page.read).unwrap_or(picture.at);
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
    says(&picture.display, &with_link(said, [url], profile, language), language)
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
    let (state, ago) = (sign::state(state, language), time::relative(at));
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
    profile: &Profile,
    language: Language,
) -> String {
    let Some(url) = links.into_iter().find(|url| profile.leads_to_page(url)) else { return what };
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
