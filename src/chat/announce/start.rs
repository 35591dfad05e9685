//! The post about the start of an outage, as it is first sent and as it is edited later.

use super::{EndPost, PostDraft, RenderContext, headline, people_too, service_lines};
use crate::alerts::UpdateMode;
use crate::alerts::plan::MessageKind;
use crate::chat::message::Message;
use crate::chat::{escape, symbols, time, voices};
use crate::health::{Level, Outage, ServiceImpact, ServiceName};

/// The new post about a start, or about an open outage that the channel learns of late. Pings the roles.
pub fn start(outage: &Outage, context: &RenderContext<'_>) -> Message {
    if !outage.is_open() {
        return super::came_and_went(outage, context);
    }
    open(outage, context)
}

/// The same post as of now: kept current while the outage is open, green once it is over. Pings nobody.
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
    // The message with the count shows the current state. This post would change between green and red too often.
    let first = if outage.flapping { comes_and_goes(outage, context) } else { first_line(outage, context) };
    PostDraft::new(context, first)
        .lines(if outage.services.len() > 1 { service_lines(outage, context) } else { Vec::new() })
        .line(we_see(outage, context))
        .line(super::part_of_checks(outage, context))
        .line(super::during_work(outage, context))
        .line(voices::page_says_of(outage, context.catalog, context.page(), context.language))
        .line(still_answering(outage, context))
        .line(outage.seen.map(|_| context.say("do-and-dont", &[])))
        .small(context.say(foot, &[]))
        .fact(people_too(context))
        .pinging()
        .buttons()
        .post(outage, MessageKind::Start.marker(outage))
}

/// Does not repeat the end post: it stays with its own facts and says where the end was posted.
fn ended(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let ago = outage.until.map(time::relative).unwrap_or_default();
    let foot = match context.end_post {
        EndPost::Below => Some("foot-ended"),
        EndPost::InThread => Some("foot-ended-thread"),
        EndPost::Nowhere => None,
    };
    PostDraft::new(context, resolved(outage, context))
        .line(voices::checks_failed(outage, &context.catalog.location, context.language))
        .lines(if outage.services.len() > 1 { resolved_services(outage, context) } else { Vec::new() })
        .line(super::during_work(outage, context))
        .line(voices::page_said(outage, context.catalog, context.language))
        .small(foot.map(|foot| context.say(foot, &[("ago", (&ago).into())])))
        .pinging()
        .post(outage, MessageKind::Start.marker(outage))
}

/// `🟢 **Resolved**: Spotify Web API was down for 3 h 25 min`.
fn resolved(outage: &Outage, context: &RenderContext<'_>) -> String {
    let services = outage.services.keys();
    let subject = if outage.seen.is_some() { context.subject(services) } else { context.short(services) };
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
        ("span", context.lasting(outage.duration(context.now)).into()),
        ("whole", context.whole().into()),
        ("times", outage.times().into()),
    ];
    context.say(message, &parts)
}

/// What failed of each service, and when.
fn resolved_services(outage: &Outage, context: &RenderContext<'_>) -> Vec<String> {
    let over = outage.until.unwrap_or(context.now);
    let line = |(name, hit): (&ServiceName, &ServiceImpact)| {
        let evidence = match (&hit.failure, hit.slow) {
            (Some(failure), _) => symbols::evidence(failure, context.language),
            (None, Some(took)) => time::took(took, context.language),
            (None, None) => symbols::word(hit.worst, context.language),
        };
        let parts = [
            ("service", escape::plain(context.catalog.display_of(name), 60).into()),
            ("evidence", (&evidence).into()),
            ("from", time::clock(hit.since).into()),
            ("until", time::clock(hit.until.unwrap_or(over)).into()),
        ];
        context.say("resolved-service", &parts)
    };
    super::in_order(outage, context).map(line).collect()
}

/// `🔴 **Spotify Web API comes and goes**`.
fn comes_and_goes(outage: &Outage, context: &RenderContext<'_>) -> String {
    format!("{} {}", symbols::symbol(outage.worst), super::change::comes_and_goes(outage, context))
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
        // If only the page reported an outage, the incident's title is the evidence.
        None if outage.slowness().is_some() => {
            outage.slowness().map(|took| time::took(took, context.language)).unwrap_or_default()
        }
        None if super::shows_red(outage) => String::new(),
        None => outage.page.first().map_or_else(String::new, |voice| escape::quoted(&voice.name, 120)),
    };
    if evidence.is_empty() {
        return headline;
    }
    context.say("headline-evidence", &[("headline", (&headline).into()), ("evidence", (&evidence).into())])
}

/// Our voice. For an outage that only the page reported, it says that our checks succeed only if all of them do.
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
