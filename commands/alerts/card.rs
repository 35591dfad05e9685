//! The settings card: its menus and switches.

use super::Asking;
use crate::alerts::{
    ChannelKind, EventFilter, ServiceFilter, Severity, Subscription, SubscriptionEdit, UpdateMode,
};
use crate::chat::Reply;
use crate::commands::{Decision, Facts, Misuse, Need, permissions};
use crate::health::ServiceName;
use crate::ids::RoleId;

pub(super) fn needs(desk: &Asking<'_>) -> Vec<Need> {
    let posts = desk.what == "test" || desk.what.starts_with("set-") || desk.what.starts_with("toggle-");
    let looked = match desk.channel() {
        Some((channel, _)) if posts => Some(desk.needs_channel(channel)),
        _ => desk.needs_theirs(),
    };
    std::iter::once(Need::Subscriptions(desk.guild)).chain(looked).collect()
}

pub(super) fn answer(desk: &Asking<'_>, facts: &Facts) -> Result<Decision, Misuse> {
    let known = desk.subscription(facts)?;
    desk.refuse_others_channel(known.channel, facts)?;
    let may = desk.may(known.channel, facts)?;
    let Some(wanted) = changed(desk, facts, known, may)? else { return Err(desk.asked.unknown()) };
    if wanted.mode != known.mode {
        let needed = permissions::needed(wanted.channel_kind, wanted.mode);
        desk.refuse_lacking((wanted.channel, may), facts, needed)?;
    }
    let caution = !permissions::holds(may, permissions::MENTION);
    let card = Reply::in_place(desk.desk(facts).card(&wanted, false, caution));
    if wanted == *known {
        return Ok(Decision::Say(card));
    }
    let mut decision = desk.change(SubscriptionEdit::Subscribe(Box::new(wanted)), card.message.clone(), None);
    if let Decision::Change(asked) = &mut decision {
        asked.kept = card;
    }
    Ok(decision)
}

/// The subscription as the press wants it; none for a press that the card does not have.
fn changed(
    desk: &Asking<'_>,
    facts: &Facts,
    known: &Subscription,
    may: u64,
) -> Result<Option<Subscription>, Misuse> {
    let mut wanted = known.clone();
    let chosen = desk.asked.chosen();
    match desk.what {
        "set-services" => wanted.services = services(chosen, facts),
        "set-events" => set_events(&mut wanted, chosen),
        "set-roles" => wanted.roles = roles(desk, facts, known, may)?,
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
    let known = facts.profile.services.iter().map(|service| &service.name);
    let only: std::collections::BTreeSet<ServiceName> =
        known.filter(|name| chosen.iter().any(|it| it == name.as_str())).cloned().collect();
    if only.is_empty() || only.len() == facts.profile.services.len() {
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
fn roles(desk: &Asking<'_>, facts: &Facts, known: &Subscription, may: u64) -> Result<Vec<RoleId>, Misuse> {
    let mut roles: Vec<RoleId> = Vec::new();
    for role in desk.asked.chosen().iter().filter_map(|id| RoleId::read(id)) {
        if !known.roles.contains(&role) {
            desk.refuse_unpingable((role, desk.asked.is_mentionable(role)), (known.channel, may), facts)?;
        }
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}
