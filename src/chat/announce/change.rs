//! Messages of their own about an outage that goes on: it got worse or better, the page spoke, it comes and goes, it
//! still goes on.

use super::{Draft, Part, Telling, headline, people_too, service_lines, start};
use crate::alerts::UpdateMode;
use crate::chat::message::Message;
use crate::chat::{sign, time, voices};
use crate::health::{Level, Outage, ServiceName, Update};

/// A change, as a message of its own: the short reply to a start, or a post where each change is one.
pub fn update(outage: &Outage, change: &Update, telling: &Telling<'_>) -> Message {
    let (first, lines) = match change {
        Update::ServiceAffected(services) => joined(outage, services, telling),
        Update::ServiceRecovered(services) => back(outage, services, telling),
        Update::Worse | Update::Better | Update::Reopened => moved(outage, change, telling),
        Update::PageSpoke => page_spoke(outage, telling),
        Update::Confirmed => confirmed(outage, telling),
        Update::PageClosed => page_closed(outage, telling),
        Update::FlapCount => return flapping(outage, telling),
    };
    let mut draft = Draft::new(telling, first).lines(lines);
    if change.is_worsening() {
        draft = draft.fact(people_too(telling));
    }
    let message = draft.post(outage, Part::Change(outage.revision));
    // Where the start is kept up to date, a change is a silent reply to it.
    Message { quiet: telling.quiet || telling.mode == UpdateMode::Edit, ..message }
}

fn joined(outage: &Outage, services: &[ServiceName], telling: &Telling<'_>) -> (String, Vec<String>) {
    let subject = telling.subject(services);
    let hits = || services.iter().filter_map(|service| outage.services.get(service));
    let level = hits().map(|hit| hit.level).max().unwrap_or(outage.level);
    let first = telling.say(
        "joined",
        &[
            ("symbol", sign::symbol(level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
        ],
    );
    let evidence =
        hits().find_map(|hit| hit.failure.as_ref()).map(|symptom| sign::evidence(symptom, telling.language));
    (with_evidence(first, evidence, telling), service_lines(outage, telling))
}

fn back(outage: &Outage, services: &[ServiceName], telling: &Telling<'_>) -> (String, Vec<String>) {
    let subject = telling.subject(services);
    let open = outage.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name);
    let rest = sign::Subject::short(telling.profile, open, telling.language);
    let parts =
        [("subject", (&subject.names).into()), ("n", subject.count.into()), ("rest", (&rest.names).into())];
    (telling.say("back-partly", &parts), service_lines(outage, telling))
}

fn moved(outage: &Outage, change: &Update, telling: &Telling<'_>) -> (String, Vec<String>) {
    let open = outage.services.iter().filter(|(_, hit)| hit.until.is_none());
    let subject = telling.subject(open.clone().map(|(name, _)| name));
    let span = telling.lasting(outage.duration(telling.now));
    let message = match (change, outage.level) {
        (Update::Reopened, _) => "reopened",
        (Update::Better, _) => "better",
        (_, Level::Outage) => "worse-down",
        _ => "worse-trouble",
    };
    let first = telling.say(
        message,
        &[
            ("symbol", sign::symbol(outage.level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("span", (&span).into()),
        ],
    );
    let symptom = open.filter(|(_, hit)| hit.level == outage.level).find_map(|(_, hit)| hit.failure.as_ref());
    let evidence = symptom.map(|symptom| sign::evidence(symptom, telling.language));
    let first = if message == "reopened" { first } else { with_evidence(first, evidence, telling) };
    (first, vec![since(outage, telling)])
}

fn page_spoke(outage: &Outage, telling: &Telling<'_>) -> (String, Vec<String>) {
    let subject = telling.short(outage.services.keys());
    let newest = outage.page.iter().max_by_key(|voice| (voice.closed.is_none(), voice.last_said));
    let state = newest.map_or_else(String::new, |voice| sign::state(voice.state, telling.language));
    let whole = telling.whole();
    let first = telling.say(
        "page-spoke",
        &[
            ("symbol", sign::symbol(outage.level).into()),
            ("whole", (&whole).into()),
            ("state", (&state).into()),
            ("subject", (&subject.names).into()),
        ],
    );
    let says = voices::page_says_of(outage, telling.profile, telling.page(), telling.language);
    (first, start::we_see(outage, telling).into_iter().chain([says]).collect())
}

fn confirmed(outage: &Outage, telling: &Telling<'_>) -> (String, Vec<String>) {
    let first = start::first_line(outage, telling);
    let says = voices::page_says_of(outage, telling.profile, telling.page(), telling.language);
    let confirmed = telling.say("confirmed", &[("whole", telling.whole().into())]);
    (first, [Some(confirmed), start::we_see(outage, telling), Some(says)].into_iter().flatten().collect())
}

fn page_closed(outage: &Outage, telling: &Telling<'_>) -> (String, Vec<String>) {
    let subject = telling.short(outage.services.keys());
    let closed = outage.page.iter().filter_map(|voice| voice.closed).max();
    let (message, span) = match (outage.until, closed) {
        (Some(until), closed) => {
            let after = closed.unwrap_or(telling.now).duration_since(until);
            ("page-closed-after", time::roughly(after, telling.language))
        }
        (None, _) => ("page-closed-open", String::new()),
    };
    let whole = telling.whole();
    let first = telling.say(
        message,
        &[
            ("symbol", sign::symbol(outage.level).into()),
            ("whole", (&whole).into()),
            ("subject", (&subject.names).into()),
            ("span", (&span).into()),
        ],
    );
    (first, if outage.is_open() { vec![since(outage, telling)] } else { Vec::new() })
}

/// The one message of an outage that comes and goes: its count, kept current by edits. Pings nobody.
pub fn flapping(outage: &Outage, telling: &Telling<'_>) -> Message {
    let subject = telling.subject(outage.services.keys());
    let parts = [("subject", (&subject.names).into()), ("n", subject.count.into())];
    let headline = telling.say("outage-flapping", &parts);
    let level = if outage.is_open() { outage.level } else { Level::Up };
    let span = telling.lasting(outage.duration(telling.now));
    let first = telling.say(
        "flapping-count",
        &[
            ("symbol", sign::symbol(level).into()),
            ("headline", (&headline).into()),
            ("n", u64::from(outage.flaps.max(1)).into()),
            ("span", (&span).into()),
        ],
    );
    Draft::new(telling, first)
        .line(start::we_see(outage, telling))
        .line(voices::page_says_of(outage, telling.profile, telling.page(), telling.language))
        .small(telling.say("flapping-foot", &[]))
        .fact(people_too(telling))
        .post(outage, Part::Flapping)
}

/// A reminder that an outage still goes on, the n-th from 1. Pings nobody.
pub fn reminder(outage: &Outage, n: u32, telling: &Telling<'_>) -> Message {
    let subject =
        telling.subject(outage.services.iter().filter(|(_, hit)| hit.until.is_none()).map(|(name, _)| name));
    let (level, span) =
        (sign::word(outage.level, telling.language), telling.lasting(outage.duration(telling.now)));
    let first = telling.say(
        "reminder",
        &[
            ("symbol", sign::symbol(outage.level).into()),
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("level", (&level).into()),
            ("span", (&span).into()),
        ],
    );
    Draft::new(telling, first)
        .line(start::we_see(outage, telling))
        .line(voices::page_says_of(outage, telling.profile, telling.page(), telling.language))
        .small(telling.say("reminder-foot", &[("n", u64::from(n).into())]))
        .fact(people_too(telling))
        .post(outage, Part::Reminder(n))
}

fn with_evidence(first: String, evidence: Option<String>, telling: &Telling<'_>) -> String {
    let Some(evidence) = evidence else { return first };
    telling.say("headline-evidence", &[("headline", (&first).into()), ("evidence", (&evidence).into())])
}

/// `Since 12:20 · 🔴 Spotify Web API is down`, so that a reply can be read without what it replies to.
fn since(outage: &Outage, telling: &Telling<'_>) -> String {
    let rest = headline(outage, telling).replace("**", "");
    telling.say("since-part", &[("at", time::clock(outage.since).into()), ("rest", (&rest).into())])
}
