//! Every post in every mode, language and state, with hostile texts from the status page: Discord accepts its body as a post,
//! as an edit, as a forum post and as the name of a thread.

use healthy_upstream::alerts::{Delay, UpdateMode};
use healthy_upstream::chat::announce::{self, RenderContext, WeeklyReport};
use healthy_upstream::chat::{Message, limits};
use healthy_upstream::discord::{Post, codec};
use healthy_upstream::health::{
    EventKind, Failure, IncidentState, Level, Outage, OutageEvent, OutageKind, ServiceCatalog, Update,
};
use healthy_upstream::i18n::Language;
use healthy_upstream::ids::{ChannelId, MessageId, RoleId, UserId};
use jiff::SignedDuration;

use crate::fixtures::{at, catalog, during, ended, hits_too, outage, page_spoke, well};
use crate::openapi::check_body;

/// What a status page or a server may say about itself.
fn words() -> [String; 3] {
    let hostile = "@everyone <@&20> ``` **x** [x](https://a.b) <t:1:R> \u{202e} 👩‍👩‍👧‍👦 discord.gg/x \\ ";
    ["no healthy upstream".into(), hostile.into(), hostile.repeat(60)]
}

fn outages(words: &str) -> Vec<Outage> {
    let mut seen = page_spoke(outage(), IncidentState::Identified);
    seen.page[0].text = words.into();
    seen.page[0].name = words.into();
    for hit in seen.services.values_mut() {
        hit.failure = hit.failure.take().map(|failure| Failure { detail: words.into(), ..failure });
    }
    let wide = hits_too(seen.clone(), "login", Level::Degraded, "12:41:00");
    let page_only = Outage { seen: None, ..seen.clone() };
    let work = Outage { kind: OutageKind::Maintenance, level: Level::Maintenance, ..seen.clone() };
    let flapping = Outage { flaps: 5, ..seen.clone() };
    let over = ended(wide.clone(), "15:45:00");
    vec![seen, wide, page_only, work, flapping, over]
}

fn kinds() -> Vec<EventKind> {
    let updates = [
        Update::ServiceAffected(vec!["login".into()]),
        Update::ServiceRecovered(vec!["web-api".into()]),
        Update::Worse,
        Update::Better,
        Update::Reopened,
        Update::PageSpoke,
        Update::Confirmed,
        Update::PageClosed,
        Update::FlapCount,
    ];
    let others = [
        EventKind::Started,
        EventKind::Ended,
        EventKind::MaintenanceStarted,
        EventKind::MaintenanceEnded,
        EventKind::Flapping,
    ];
    updates.map(EventKind::Updated).into_iter().chain(others).collect()
}

/// Every message that one outage may become in a channel.
fn messages(outage: &Outage, context: &RenderContext<'_>) -> Vec<Message> {
    let event = |kind| OutageEvent { at: context.now, kind, outage: outage.clone(), why: Vec::new() };
    let mut all: Vec<Message> =
        kinds().into_iter().map(|kind| announce::notify(&event(kind), context)).collect();
    all.push(announce::current(outage, context));
    all.push(announce::came_and_went(outage, context));
    all.push(announce::reminder(outage, 3, context));
    all.push(announce::back(outage, context.people, 0, context));
    all.push(announce::live_message(&during(outage, "13:32:05"), context));
    let outages = vec![outage.clone(); 12];
    let week = WeeklyReport { from: at("00:00:00"), until: at("18:00:00"), outages: &outages };
    all.push(announce::weekly(&week, context));
    all
}

fn check(message: &Message, name: &str, wrong: &mut Vec<String>) -> usize {
    wrong.extend(limits::broken(message));
    let post = |reply_to| {
        let (message, nonce) = (message.clone(), "n".repeat(25));
        codec::post_body(&Post { channel: ChannelId(1), message, nonce, reply_to })
    };
    let bodies = [
        ("POST", "/channels/{channel_id}/messages", post(None)),
        ("POST", "/channels/{channel_id}/messages", post(Some(MessageId(3)))),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}", codec::edit_body(message)),
        ("POST", "/channels/{channel_id}/threads", codec::forum_post_body(name, message)),
        ("POST", "/channels/{channel_id}/messages/{message_id}/threads", codec::thread_body(name)),
    ];
    for (method, template, body) in &bodies {
        wrong.extend(
            check_body(method, template, body).into_iter().map(|it| format!("{template}: {it}: {body}")),
        );
    }
    bodies.len()
}

#[test]
fn every_post_is_valid_in_every_mode_and_language() {
    let catalog: ServiceCatalog = catalog();
    let snapshot = well("12:46:00");
    let roles: Vec<RoleId> = (0..25).map(|n| RoleId(u64::MAX - n)).collect();
    let people: Vec<UserId> = (0..100).map(|n| UserId(u64::MAX - n)).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for language in Language::all() {
        for mode in [UpdateMode::Edit, UpdateMode::Posts, UpdateMode::Thread] {
            for preview in [false, true] {
                let context = RenderContext {
                    mode,
                    preview,
                    late: Some(Delay { known: at("12:20:50"), by: SignedDuration::from_mins(220) }),
                    roles: &roles,
                    people: &people,
                    snapshot: Some(&snapshot),
                    ..RenderContext::new(&catalog, language, at("16:00:00"))
                };
                for outage in words().iter().flat_map(|words| outages(words)) {
                    let name = announce::thread_name(&outage, &context);
                    for message in messages(&outage, &context) {
                        count += check(&message, &name, &mut wrong);
                    }
                }
            }
        }
    }
    wrong.truncate(5);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{count} bodies");
}
