//! The post about a recovery, with the times that people want to know afterwards.

use super::{PostDraft, RenderContext};
use crate::alerts::plan::{MessageKind, back_marker};
use crate::chat::limits::{self, length};
use crate::chat::message::Message;
use crate::chat::{symbols, time};
use crate::health::{IncidentState, Level, Outage, PageReport, ServiceImpact, ServiceName, TimelineEvent};
use crate::ids::UserId;

/// How many stretches of a reopened outage are listed, at most.
const MOST_STRETCHES: usize = 4;

/// The new post about a recovery; it replies to the start post. Pings as many of the people who asked for it as fit. The
/// message's mentions hold who was pinged; [`back`] mentions the others.
pub fn end(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let draft = PostDraft::new(context, first_line(outage, context)).lines(bullets(outage, context));
    naming(draft.post(outage, MessageKind::End.marker(outage)), context.people, context)
}

/// Start and end in one post: the start was never posted, or the outage came and went between two checks.
pub fn came_and_went(outage: &Outage, context: &RenderContext<'_>) -> Message {
    let services = outage.services.keys();
    let subject = if outage.seen.is_some() { context.subject(services) } else { context.short(services) };
    let span = context.lasting(outage.duration(context.now));
    let whole = context.whole();
    let message = match (outage.seen, outage.worst) {
        (None, _) => "end-once-page",
        (_, Level::Outage) => "end-once-down",
        _ => "end-once-trouble",
    };
    let first = context.say(
        message,
        &[
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("span", (&span).into()),
            ("whole", (&whole).into()),
        ],
    );
    let draft = PostDraft::new(context, first)
        .lines(bullets(outage, context))
        .small(context.say("end-once-foot", &[]));
    naming(draft.post(outage, MessageKind::End.marker(outage)), context.people, context)
}

/// Mentions as many as fit of the people who asked for it and whom no message mentioned yet. This is needed in channels without
/// subscription, in direct messages, and if the end post had no room. `before` people were mentioned earlier.
pub fn back(outage: &Outage, people: &[UserId], before: u32, context: &RenderContext<'_>) -> Message {
    let draft = PostDraft::new(context, first_line(outage, context));
    naming(draft.post(outage, back_marker(outage, before)), people, context)
}

/// Mentions as many of these people as fit, above the small print.
fn naming(mut message: Message, people: &[UserId], context: &RenderContext<'_>) -> Message {
    let people = people.get(..limits::MENTIONS).unwrap_or(people);
    let frame = context.say("recovery-subscribers", &[("people", "".into())]);
    let mut room = limits::MESSAGE.saturating_sub(length(&message.text) + length(&frame) + 1);
    let mut named = Vec::new();
    for person in people {
        let mention = format!("<@{person}>");
        let Some(left) = room.checked_sub(length(&mention) + 1) else { break };
        room = left;
        named.push(mention);
        message.mentions.people.push(*person);
    }
    if named.is_empty() || context.preview {
        message.mentions.people.clear();
        return message;
    }
    let line = context.say("recovery-subscribers", &[("people", (&named.join(" ")).into())]);
    let (body, small) = message.text.split_once("\n-# ").unwrap_or((&message.text, ""));
    message.text = format!("{body}\n{line}\n-# {small}");
    message
}

/// `🟢 **Spotify Web API is back.** It was down for 3 h 25 min.`
pub(in super::super) fn first_line(outage: &Outage, context: &RenderContext<'_>) -> String {
    let services = outage.services.keys();
    let subject = if outage.seen.is_some() { context.subject(services) } else { context.short(services) };
    let span = context.lasting(outage.duration(context.now));
    let whole = context.whole();
    let withdrawn = outage.page.iter().any(|voice| voice.withdrawn);
    let message = match (outage.seen, outage.worst) {
        (None, _) if super::shows_red(outage) => "end-page-shown",
        (None, _) if withdrawn => "end-page-withdrawn",
        (None, _) => "end-page",
        (Some(_), _) if outage.flaps > 1 => "end-flapping",
        (_, Level::Outage) => "end-down",
        _ if outage.slowness().is_some() => "end-slow",
        _ => "end-trouble",
    };
    context.say(
        message,
        &[
            ("subject", (&subject.names).into()),
            ("n", subject.count.into()),
            ("span", (&span).into()),
            ("whole", (&whole).into()),
            ("times", outage.times().into()),
        ],
    )
}

/// The times: our first failed check and how much later it was posted, the page's posts, our first successful check.
pub(super) fn bullets(outage: &Outage, context: &RenderContext<'_>) -> Vec<String> {
    let mut timed = Vec::new();
    if let Some(seen) = outage.seen {
        timed.push((seen, first_failed(outage, seen, context)));
    }
    if let Some(first) = outage.page.iter().min_by_key(|voice| voice.first_said) {
        timed.push((first.first_said, page_said(outage, first, context)));
    }
    if let Some(until) = outage.until {
        let at = time::clock(until);
        let message = match outage.seen {
            Some(_) => "end-first-good",
            None if super::shows_red(outage) => "end-page-up",
            None => "end-page-closed",
        };
        timed.push((until, context.say(message, &[("at", (&at).into()), ("whole", context.whole().into())])));
    }
    timed.sort_by_key(|(at, _)| *at);
    let mut lines: Vec<String> = timed.into_iter().map(|(_, line)| line).collect();
    if outage.services.len() > 1 {
        lines.extend(by_service(outage, context));
    }
    // If it came and went several times, the count is shown. If only the page reported it, the page's own words are shown.
    if outage.seen.is_some() && outage.flaps < 2 {
        lines.extend(stretches(outage, context));
    }
    if outage.flaps > 1 && outage.seen.is_none() {
        lines.push(context.say("end-flaps", &[("n", outage.times().into())]));
    }
    lines.extend(page_still(outage, context));
    lines
}

/// The stretches of an outage that reopened, at most [`MOST_STRETCHES`].
fn stretches(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    let all = outage.stretches(context.now);
    if all.len() < 2 {
        return None;
    }
    let say = |(from, until): &(jiff::Timestamp, jiff::Timestamp)| {
        let span = context.lasting(until.duration_since(*from));
        let (from, until) = (time::clock(*from), time::clock(*until));
        context.say(
            "end-stretch",
            &[("from", (&from).into()), ("until", (&until).into()), ("span", (&span).into())],
        )
    };
    let mut said: Vec<String> = all.iter().take(MOST_STRETCHES).map(say).collect();
    if all.len() > MOST_STRETCHES {
        said.push("…".to_owned());
    }
    let n = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Some(context.say("end-stretches", &[("n", n.into()), ("stretches", (&said.join(", ")).into())]))
}

fn first_failed(outage: &Outage, seen: jiff::Timestamp, context: &RenderContext<'_>) -> String {
    let reported =
        outage.timeline.iter().find(|moment| moment.what == TimelineEvent::Reported).map(|moment| {
            let span = time::roughly(moment.at.duration_since(seen), context.language);
            context.say("end-alert-after", &[("span", (&span).into())])
        });
    let reported = reported.unwrap_or_default();
    let message = if outage.slowness().is_some() { "end-first-slow" } else { "end-first-bad" };
    context.say(message, &[("at", time::clock(seen).into()), ("told", (&reported).into())])
}

fn page_said(outage: &Outage, voice: &PageReport, context: &RenderContext<'_>) -> String {
    let first_state = outage.timeline.iter().find_map(|moment| match &moment.what {
        TimelineEvent::PageSaid { state, .. } => Some(*state),
        _ => None,
    });
    let state = symbols::state(first_state.unwrap_or(voice.state), context.language);
    let apart = outage.seen.map(|seen| voice.first_said.duration_since(seen));
    let (message, span) = match apart {
        Some(apart) if apart.as_secs() >= 60 => ("end-page-said-after", apart),
        Some(apart) if apart.as_secs() <= -60 => ("end-page-said-before", apart.abs()),
        _ => ("end-page-said", jiff::SignedDuration::ZERO),
    };
    let span = time::roughly(span, context.language);
    context.say(
        message,
        &[
            ("at", time::clock(voice.first_said).into()),
            ("whole", context.whole().into()),
            ("state", (&state).into()),
            ("span", (&span).into()),
        ],
    )
}

fn by_service(outage: &Outage, context: &RenderContext<'_>) -> Vec<String> {
    let until = outage.until.unwrap_or(context.now);
    let line = |(name, hit): (&ServiceName, &ServiceImpact)| {
        let end = hit.until.unwrap_or(until);
        let parts = [
            ("service", crate::chat::escape::plain(context.catalog.display_of(name), 60).into()),
            ("from", time::clock(hit.since).into()),
            ("until", time::clock(end).into()),
            ("span", context.lasting(end.duration_since(hit.since)).into()),
        ];
        context.say("end-service", &parts)
    };
    super::in_order(outage, context).map(line).collect()
}

/// What the page says now that our checks succeed again, and whether it ever named a cause.
fn page_still(outage: &Outage, context: &RenderContext<'_>) -> Option<String> {
    outage.seen?;
    let whole = context.whole();
    let say = |message: &str, state: &str| {
        context.say(message, &[("whole", (&whole).into()), ("state", state.into())])
    };
    let Some(voice) = outage.page.iter().max_by_key(|voice| (voice.closed.is_none(), voice.last_said)) else {
        let readable = context.page().is_some_and(|page| page.problem.is_none() && page.read.is_some());
        return readable.then(|| say("end-page-silent", ""));
    };
    let now = match voice.closed {
        None => say("end-page-still", &symbols::state(voice.state, context.language)),
        Some(_) if voice.withdrawn => say("end-page-withdrew", ""),
        Some(_) => say("end-page-resolved", ""),
    };
    let identified = outage.timeline.iter().any(|moment| {
        matches!(
            moment.what,
            TimelineEvent::PageSaid { state: IncidentState::Identified | IncidentState::Resolved, .. }
        )
    });
    Some(if identified { now } else { format!("{now} {}", context.say("end-no-cause", &[])) })
}
