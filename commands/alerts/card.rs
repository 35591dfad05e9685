//! The settings card: its menus and switches.

use super::ModeratorRequest;
use crate::alerts::{
    ChannelKind, EventFilter, ServiceFilter, Severity, Subscription, SubscriptionEdit, UpdateMode,
};
use crate::chat::Reply;
use crate::commands::{Facts, Need, Response, UserError, permissions};
use crate::health::ServiceName;
use crate::ids::RoleId;

pub(super) fn needs(interactions: &ModeratorRequest<'_>) -> Vec<Need> {
    let posts = interactions.what == "test"
        || interactions.what.starts_with("set-")
        || interactions.what.starts_with("toggle-");
    let probed = match interactions.channel() {
        Some((channel, _)) if posts => Some(interactions.needs_channel(channel)),
        _ => interactions.needs_theirs(),
    };
    std::iter::once(Need::Subscriptions(interactions.guild)).chain(probed).collect()
}

pub(super) fn answer(interactions: &ModeratorRequest<'_>, facts: &Facts) -> Result<Response, UserError> {
    let known = interactions.subscription(facts)?;
    interactions.refuse_others_channel(known.channel, facts)?;
    let may = interactions.may(known.channel, facts)?;
    let Some(wanted) = changed(interactions, facts, known, may)? else {
        return Err(interactions.asked.unknown());
    };
    if wanted.mode != known.mode {
        let needed = permissions::needed(wanted.channel_kind, wanted.mode);
        interactions.refuse_lacking((wanted.channel, may), facts, needed)?;
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = Reply::in_place(interactions.card(facts).card(&wanted, false, caution));
    if wanted == *known {
        return Ok(Response::Say(card));
    }
    let mut decision =
        interactions.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card.message.clone(), None);
    if let Response::Change(asked) = &mut decision {
        asked.stored = card;
    }
    Ok(decision)
}

/// The subscription as the press wants it; none for a press that the card does not have.
fn changed(
    interactions: &ModeratorRequest<'_>,
    facts: &Facts,
    known: &Subscription,
    may: u64,
) -> Result<Option<Subscription>, UserError> {
    let mut wanted = known.clone();
    let chosen = interactions.asked.chosen();
    match interactions.what {
        "set-services" => wanted.services = services(chosen, facts),
        "set-events" => set_events(&mut wanted, chosen),
        "set-roles" => wanted.roles = roles(interactions, facts, known, may)?,
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

/// None chosen, or all: everything, also what is added later.
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

/// The chosen roles. Those that were chosen before stay, whoever may mention them now.
fn roles(
    interactions: &ModeratorRequest<'_>,
    facts: &Facts,
    known: &Subscription,
    may: u64,
) -> Result<Vec<RoleId>, UserError> {
    let mut roles: Vec<RoleId> = Vec::new();
    for role in interactions.asked.chosen().iter().filter_map(|id| RoleId::read(id)) {
        if !known.roles.contains(&role) {
            interactions.refuse_unpingable(
                (role, interactions.asked.is_mentionable(role)),
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
