//! The settings card: its menus and switches.

use super::ModeratorRequest;
use crate::alerts::{
    ChannelKind, EventFilter, ServiceFilter, Severity, Subscription, SubscriptionEdit, UpdateMode,
};
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response, UserError, permissions};
use crate::health::ServiceName;
use crate::ids::RoleId;

pub(super) fn needs(request: &ModeratorRequest<'_>) -> Vec<Need> {
    let posts =
        request.what == "test" || request.what.starts_with("set-") || request.what.starts_with("toggle-");
    let inspected = match request.channel() {
        Some((channel, _)) if posts => Some(request.needs_channel(channel)),
        _ => request.needs_theirs(),
    };
    std::iter::once(Need::Subscriptions(request.guild)).chain(inspected).collect()
}

pub(super) fn answer(request: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let known = request.subscription(facts)?;
    request.refuse_others_channel(known.channel, facts)?;
    let may = request.may(known.channel, facts)?;
    let Some(wanted) = changed(request, facts, known, may)? else { return Err(request.asked.unknown()) };
    if wanted.mode != known.mode {
        let needed = permissions::needed(wanted.channel_kind, wanted.mode);
        request.refuse_lacking((wanted.channel, may), facts, needed)?;
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = Reply::in_place(request.card(facts).card(&wanted, false, caution));
    if wanted == *known {
        return Ok(Response::Say(card));
    }
    let mut decision =
        request.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card.message.clone(), None);
    if let Response::Change(asked) = &mut decision {
        asked.stored = card;
    }
    Ok(decision)
}

/// The subscription after the press, or `None` if the card has no such button or menu.
fn changed(
    request: &ModeratorRequest<'_>,
    facts: &Facts,
    known: &Subscription,
    may: u64,
) -> Result<Option<Subscription>, UserError> {
    let mut wanted = known.clone();
    let chosen = request.asked.chosen();
    match request.what {
        "set-services" => wanted.services = services(chosen, facts),
        "set-events" => set_events(&mut wanted, chosen),
        "set-roles" => wanted.roles = roles(request, facts, known, may)?,
        "set-mode" => {
            wanted.mode = match chosen.first().map(String::as_str) {
                Some("edit") => UpdateMode::Edit,
                Some("posts") => UpdateMode::Posts,
                Some("thread") => UpdateMode::Thread,
                _ => return Ok(None),
            }
        }
        "toggle-quiet" => wanted.quiet = !wanted.quiet,
        "toggle-reminders" => wanted.reminders = !wanted.reminders,
        "toggle-weekly" => wanted.weekly = !wanted.weekly,
        _ => return Ok(None),
    }
    Ok(Some(wanted))
}

/// Choosing none or all means everything, also services that are added later.
fn services(chosen: &[String], facts: &Facts) -> ServiceFilter {
    let known = facts.catalog.services.iter().map(|service| &service.name);
    let only: std::collections::BTreeSet<ServiceName> =
        known.filter(|name| chosen.iter().any(|it| it == name.as_str())).cloned().collect();
    if only.is_empty() || only.len() == facts.catalog.services.len() {
        ServiceFilter::All
    } else {
        ServiceFilter::Only(only)
    }
}

fn set_events(wanted: &mut Subscription, chosen: &[String]) {
    let on = |name: &str| chosen.iter().any(|it| it == name);
    wanted.events = EventFilter {
        start: on("start"),
        worse: on("worse"),
        end: on("end"),
        maintenance: on("maintenance"),
    };
    wanted.min_severity = if on("slowdowns") { Severity::Slowdowns } else { Severity::Outages };
    wanted.publish = on("publish") && wanted.channel_kind == ChannelKind::Announcement;
}

/// The chosen roles. Roles that were chosen before stay, even if the invoker may not mention them now.
fn roles(
    request: &ModeratorRequest<'_>,
    facts: &Facts,
    known: &Subscription,
    may: u64,
) -> Result<Vec<RoleId>, UserError> {
    let mut roles: Vec<RoleId> = Vec::new();
    for role in request.asked.chosen().iter().filter_map(|id| RoleId::read(id)) {
        if !known.roles.contains(&role) {
            request.refuse_unpingable(
                (role, request.asked.is_mentionable(role)),
                (known.channel, may),
                facts,
            )?;
        }
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}
