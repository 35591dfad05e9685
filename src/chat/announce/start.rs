//! The post that tells of a start, as it is first sent and as it is kept up to date.

use super::{PostDraft, PostPart, RenderContext, headline, people_too, service_lines};
use crate::alerts::UpdateMode;
use crate::chat::message::Message;
use crate::chat::{symbols, voices};
use crate::health::{Level, Outage};

/// The new post that tells of a start, or of an outage that a channel hears of while it goes on. Pings the roles.
pub fn start(outage: &Outage, context: &RenderContext<'_>) -> Message {
    if !outage.is_open() {
        return super::came_and_went(outage, context);
    }
    open(outage, context)
}

/// The same post as it reads now: kept up to date while the outage goes on, green once it is over. Pings nobody.
pub fn current(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let mut message = if outage.is_open() { open(outage, context) } else { ended(outage, context) };
    message.mentions.roles.clear();
    message
}

fn open(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let foot = match context.mode {
        UpdateMode::Edit => "foot-edit",
        UpdateMode::Posts => "foot-posts",
        UpdateMode::Thread => "foot-thread",
    };
    PostDraft::new(context, first_line(outage, context))
        .lines(if outage.services.len() > 1 { service_lines(outage, context) } else { Vec::new() })
        .line(we_see(outage, context))
        .line(voices::page_says_of(outage, context.catalog, context.page(), context.language))
        .line(still_answering(outage, context))
        .line(outage.seen.map(|_| context.say("do-and-dont", &[])))
        .small(context.say(foot, &[]))
        .fact(people_too(context))
        .pinging()
        .buttons()
        .post(outage, PostPart::Start)
}

fn ended(outage: &Outage, context: &RenderContext<'_>) -> Message {
    PostDraft::new(context, super::end::first_line(outage, context))
        .lines(super::end::bullets(outage, context))
        .small(context.say("foot-ended", &[]))
        .pinging()
        .post(outage, PostPart::Start)
}

/// `🔴 **Spotify Web API is down**: 503 "no healthy upstream"`.
pub(super) fn first_line(outage: &Outage, context: &RenderContext<'_>) -> String {
    let headline = format!("{} {}", symbols::symbol(outage.level), headline(outage, context));
    let worst = outage.services.values().filter(|hit| hit.until.is_none() && hit.failure.is_some());
    let shown = worst
        .max_by_key(|hit| (hit.level, std::cmp::Reverse(hit.since)))
        .and_then(|hit| hit.failure.as_ref());
    let evidence = match shown {
        Some(failure) => symbols::evidence(failure, context.language),
        // Of an outage that only the page told of, its title is the evidence.
        None => outage
            .page
            .first()
            .map_or_else(String::new, |voice| crate::chat::escape::quoted(&voice.name, 120)),
    };
    if evidence.is_empty() {
        return headline;
    }
    context.say("headline-evidence", &[("headline", (&headline).into()), ("evidence", (&evidence).into())])
}

/// Our voice. Of an outage that only the page told of, we say that our checks get through only if all of them do.
pub(super) fn we_see(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    let through = |snapshot: &crate::health::StatusSnapshot| {
        snapshot.own_network_down_since.is_none()
            && !voices::is_stale(snapshot, context.now)
            && snapshot.services.iter().all(|service| service.level == Level::Up)
    };
    let say = outage.seen.is_some() || context.snapshot.is_some_and(through);
    say.then(|| voices::we_see_outage(outage, &context.catalog.location, context.language))
}

/// The services that our checks still reach.
fn still_answering(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    outage.seen?;
    let snapshot = context.snapshot?;
    let well = snapshot.services.iter().filter(|service| service.level == Level::Up);
    let well: Vec<_> =
        well.map(|service| &service.name).filter(|name| !outage.services.contains_key(*name)).collect();
    if well.is_empty() {
        return None;
    }
    let services = symbols::Subject::short(context.catalog, well, context.language);
    Some(context.say("still-answering", &[("services", (&services.names).into())]))
}
