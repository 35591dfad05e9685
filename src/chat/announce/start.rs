//! The post that tells of a start, as it is first sent and as it is kept up to date.
//!
//! Never: an edit pings nobody; the roles stay named, so that nobody wonders who pinged them.

use super::{Draft, EndPost, Part, Telling, headline, people_too, service_lines};
use crate::alerts::Mode;
use crate::chat::message::Message;
use crate::chat::{escape, sign, time, voices};
use crate::health::{Hit, Level, Outage, ServiceName};

/// The new post that tells of a start, or of an outage that a channel hears of while it goes on. Pings the roles.
pub fn start(outage: &Outage, telling: &Telling<'_>) -> Message {
    if !outage.is_open() {
        return super::came_and_went(outage, telling);
    }
    open(outage, telling)
}

/// The same post as it reads now: kept up to date while the outage goes on, green once it is over. Pings nobody.
pub fn current(outage: &Outage, telling: &Telling<'_>) -> Message {
    let mut message = if outage.is_open() { open(outage, telling) } else { ended(outage, telling) };
    message.mentions.roles.clear();
    message
}

fn open(outage: &Outage, telling: &Telling<'_>) -> Message {
    let foot = match telling.mode {
        Mode::Edit => "foot-edit",
        Mode::Posts => "foot-posts",
        Mode::Thread => "foot-thread",
    };
    // The message that counts says how it is; this one would call it green, or red, too often.
    let first = if outage.folded { comes_and_goes(outage, telling) } else { first_line(outage, telling) };
    Draft::new(telling, first)
        .lines(if outage.services.len() > 1 { service_lines(outage, telling) } else { Vec::new() })
        .line(we_see(outage, telling))
        .line(super::part_of_checks(outage, telling))
        .line(super::during_work(outage, telling))
        .line(voices::page_says_of(outage, telling.profile, telling.page(), telling.language))
        .line(still_answering(outage, telling))
        .line(outage.seen.map(|_| telling.say("do-and-dont", &[])))
        .small(telling.say(foot, &[]))
        .fact(people_too(telling))
        .pinging()
        .buttons()
        .post(outage, Part::Start)
}

/// Not a copy of the end: it keeps its own facts, and says where the end is.
fn ended(outage: &Outage, telling: &Telling<'_>) -> Message {
    let ago = outage.until.map(time::relative).unwrap_or_default();
    let foot = match telling.end_post {
        EndPost::Below => Some("foot-ended"),
        EndPost::InThread => Some("foot-ended-thread"),
        EndPost::Nowhere => None,
    };
    Draft::new(telling, resolved(outage, telling))
        .line(voices::checks_failed(outage, &telling.profile.place, telling.language))
        .lines(if outage.services.len() > 1 { resolved_services(outage, telling) } else { Vec::new() })
        .line(super::during_work(outage, telling))
        .line(voices::page_said(outage, telling.profile, telling.language))
        .small(foot.map(|foot| telling.say(foot, &[("ago", (&ago).into())])))
        .pinging()
        .post(outage, Part::Start)
}

/// `🟢 **Resolved**: Spotify Web API was down for 3 h 25 min`.
fn resolved(outage: &Outage, telling: &Telling<'_>) -> String {
    let services = outage.services.keys();
    let subject = if outage.seen.is_some() { telling.subject(services) } else { telling.short(services) };
    let message = match (outage.seen, outage.worst) {
        (None, _) if super::shows_red(outage) => "resolved-page-shown",
        (None, _) => "resolved-page",
        (Some(_), _) if outage.flaps > 1 => "resolved-flapping",
        (_, Level::Outage) => "resolved-down",
        _ if outage.slowness().is_some() => "resolved-slow",
        _ => "resolved-trouble",
    };
    let parts = [
        ("subject", (&subject.names).into()),
        ("n", subject.count.into()),
        ("span", telling.lasting(outage.duration(telling.now)).into()),
        ("whole", telling.whole().into()),
        ("times", outage.times().into()),
    ];
    telling.say(message, &parts)
}

/// What failed of each service and when.
fn resolved_services(outage: &Outage, telling: &Telling<'_>) -> Vec<String> {
    let over = outage.until.unwrap_or(telling.now);
    let line = |(name, hit): (&ServiceName, &Hit)| {
        let evidence = match (&hit.symptom, hit.slow) {
            (Some(symptom), _) => sign::evidence(symptom, telling.language),
            (None, Some(took)) => time::took(took, telling.language),
            (None, None) => sign::word(hit.worst, telling.language),
        };
        let parts = [
            ("service", escape::plain(telling.profile.display_of(name), 60).into()),
            ("evidence", (&evidence).into()),
            ("from", time::clock(hit.since).into()),
            ("until", time::clock(hit.until.unwrap_or(over)).into()),
        ];
        telling.say("resolved-service", &parts)
    };
    super::in_order(outage, telling).map(line).collect()
}

/// `🔴 **Spotify Web API comes and goes**`.
fn comes_and_goes(outage: &Outage, telling: &Telling<'_>) -> String {
    format!("{} {}", sign::symbol(outage.worst), super::change::comes_and_goes(outage, telling))
}

/// `🔴 **Spotify Web API is down**: 503 "no healthy upstream"`.
pub(super) fn first_line(outage: &Outage, telling: &Telling<'_>) -> String {
    let headline = format!("{} {}", sign::symbol(outage.level), headline(outage, telling));
    let worst = outage.services.values().filter(|hit| hit.until.is_none() && hit.symptom.is_some());
    let shown = worst
        .max_by_key(|hit| (hit.level, std::cmp::Reverse(hit.since)))
        .and_then(|hit| hit.symptom.as_ref());
    let evidence = match shown {
        Some(symptom) => sign::evidence(symptom, telling.language),
        // Of an outage that only the page told of, its title is the evidence.
        None if outage.slowness().is_some() => {
            outage.slowness().map(|took| time::took(took, telling.language)).unwrap_or_default()
        }
        None if super::shows_red(outage) => String::new(),
        None => outage.page.first().map_or_else(String::new, |voice| escape::quoted(&voice.name, 120)),
    };
    if evidence.is_empty() {
        return headline;
    }
    telling.say("headline-evidence", &[("headline", (&headline).into()), ("evidence", (&evidence).into())])
}

/// Our voice. Of an outage that only the page told of, we say that our looks get through only if all of them do.
pub(super) fn we_see(outage: &Outage, telling: &Telling<'_>) -> Option<String> {
    let through = |picture: &crate::health::Picture| {
        picture.own_network_down_since.is_none()
            && !voices::is_stale(picture, telling.now)
            && picture.services.iter().all(|service| service.level == Level::Up)
    };
    let say = outage.seen.is_some() || telling.picture.is_some_and(through);
    say.then(|| voices::we_see_outage(outage, &telling.profile.place, telling.language))
}

/// The services that our looks still reach.
fn still_answering(outage: &Outage, telling: &Telling<'_>) -> Option<String> {
    outage.seen?;
    let picture = telling.picture?;
    let well = picture.services.iter().filter(|service| service.level == Level::Up);
    let well: Vec<_> =
        well.map(|service| &service.name).filter(|name| !outage.services.contains_key(*name)).collect();
    if well.is_empty() {
        return None;
    }
    let services = sign::Subject::short(telling.profile, well, telling.language);
    Some(telling.say("still-answering", &[("services", (&services.names).into())]))
}
