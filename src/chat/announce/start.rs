//! The post that tells of a start, as it is first sent and as it is kept up to date.

use super::{Draft, Part, Telling, headline, people_too, service_lines};
use crate::alerts::UpdateMode;
use crate::chat::message::Message;
use crate::chat::{sign, voices};
use crate::health::{Level, Outage};

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
        UpdateMode::Edit => "foot-edit",
        UpdateMode::Posts => "foot-posts",
        UpdateMode::Thread => "foot-thread",
    };
    Draft::new(telling, first_line(outage, telling))
        .lines(if outage.services.len() > 1 { service_lines(outage, telling) } else { Vec::new() })
        .line(we_see(outage, telling))
        .line(voices::page_says_of(outage, telling.profile, telling.page(), telling.language))
        .line(still_answering(outage, telling))
        .line(outage.seen.map(|_| telling.say("do-and-dont", &[])))
        .small(telling.say(foot, &[]))
        .fact(people_too(telling))
        .pinging()
        .buttons()
        .post(outage, Part::Start)
}

fn ended(outage: &Outage, telling: &Telling<'_>) -> Message {
    Draft::new(telling, super::end::first_line(outage, telling))
        .lines(super::end::bullets(outage, telling))
        .small(telling.say("foot-ended", &[]))
        .pinging()
        .post(outage, Part::Start)
}

/// `🔴 **Spotify Web API is down**: 503 "no healthy upstream"`.
pub(super) fn first_line(outage: &Outage, telling: &Telling<'_>) -> String {
    let headline = format!("{} {}", sign::symbol(outage.level), headline(outage, telling));
    let worst = outage.services.values().filter(|hit| hit.until.is_none() && hit.failure.is_some());
    let shown = worst
        .max_by_key(|hit| (hit.level, std::cmp::Reverse(hit.since)))
        .and_then(|hit| hit.failure.as_ref());
    let evidence = match shown {
        Some(symptom) => sign::evidence(symptom, telling.language),
        // Of an outage that only the page told of, its title is the evidence.
        None => outage
            .page
            .first()
            .map_or_else(String::new, |voice| crate::chat::escape::quoted(&voice.name, 120)),
    };
    if evidence.is_empty() {
        return headline;
    }
    telling.say("headline-evidence", &[("headline", (&headline).into()), ("evidence", (&evidence).into())])
}

/// Our voice. Of an outage that only the page told of, we say that our looks get through only if all of them do.
pub(super) fn we_see(outage: &Outage, telling: &Telling<'_>) -> Option<String> {
    let through = |picture: &crate::health::StatusSnapshot| {
        picture.own_network_down_since.is_none()
            && !voices::is_stale(picture, telling.now)
            && picture.services.iter().all(|service| service.level == Level::Up)
    };
    let say = outage.seen.is_some() || telling.picture.is_some_and(through);
    say.then(|| voices::we_see_outage(outage, &telling.profile.location, telling.language))
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
