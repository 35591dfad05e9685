//! Renders the model as Discord's JSON.

use healthy_upstream::discord::permissions::OverwriteTarget;
use healthy_upstream::discord::simulator::rules::{DiscordRules, RulesChannel};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use serde_json::{Value, json};

pub(super) fn application(model: &DiscordRules) -> Value {
    json!({ "id": model.me.application.to_string(), "name": model.me.name, "description": "",
        "bot": user(model, model.me.user) })
}

pub(super) fn user(model: &DiscordRules, id: UserId) -> Value {
    let name = model.people.get(&id).map_or("somebody", String::as_str);
    json!({ "id": id.to_string(), "username": name, "discriminator": "0", "global_name": null, "avatar": null,
        "bot": id == model.me.user, "public_flags": 0 })
}

pub(super) fn message(model: &DiscordRules, channel: ChannelId, id: MessageId) -> Value {
    let stored = &model.channels[&channel].messages[&id];
    let at = stored.at.to_string();
    let mut view = json!({
        "id": id.to_string(), "channel_id": channel.to_string(), "type": if stored.reply_to.is_some() { 19 } else { 0 },
        "author": user(model, stored.author), "content": stored.text(), "timestamp": at,
        "edited_timestamp": stored.edited.map(|at| at.to_string()), "tts": false, "mention_everyone": false,
        "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": false,
        "components": stored.body.get("components").cloned().unwrap_or_else(|| json!([])),
        "flags": stored.body["flags"].as_u64().unwrap_or(0),
    });
    if let Some(nonce) = stored.body.get("nonce") {
        view["nonce"] = nonce.clone();
    }
    if let Some(by) = stored.asked_by {
        view["application_id"] = json!(model.me.application.to_string());
        view["interaction_metadata"] = json!({ "id": "1", "type": 2, "user": user(model, by),
            "authorizing_integration_owners": {} });
    }
    view
}

pub(super) fn channel(model: &DiscordRules, id: ChannelId) -> Value {
    let channel = &model.channels[&id];
    let overwrites: Vec<Value> = channel
        .overwrites
        .iter()
        .map(|o| {
            let (kind, whose) = match o.whose {
                OverwriteTarget::Role(role) => (0, role.0),
                OverwriteTarget::Member(user) => (1, user.0),
            };
            json!({ "id": whose.to_string(), "type": kind, "allow": o.allow.to_string(), "deny": o.deny.to_string() })
        })
        .collect();
    json!({ "id": id.to_string(), "type": channel.kind.number(), "name": channel.name,
        "guild_id": channel.guild.map(|g| g.to_string()), "parent_id": channel.parent.map(|p| p.to_string()),
        "permission_overwrites": overwrites, "flags": if channel.must_tag { 1 << 4 } else { 0 } })
}

/// The open threads of a server.
pub(super) fn open_threads(model: &DiscordRules, guild: GuildId) -> Value {
    threads(model, |it| it.guild == Some(guild) && !it.locked)
}

/// The closed threads of a channel.
pub(super) fn closed_threads(model: &DiscordRules, of: ChannelId) -> Value {
    let mut list = threads(model, |it| it.parent == Some(of) && it.locked);
    list["has_more"] = json!(false);
    list
}

fn threads(model: &DiscordRules, which: impl Fn(&RulesChannel) -> bool) -> Value {
    let threads = model.channels.iter().filter(|(_, it)| it.parent.is_some() && which(it));
    let threads: Vec<Value> = threads
        .map(|(id, thread)| {
            let mut view = channel(model, *id);
            let owner = thread.messages.values().next().map_or(model.me.user, |first| first.author);
            view["owner_id"] = json!(owner.to_string());
            view
        })
        .collect();
    json!({ "threads": threads, "members": [] })
}

pub(super) fn guild(model: &DiscordRules, id: GuildId) -> Option<Value> {
    let guild = model.guilds.get(&id)?;
    let roles: Vec<Value> = guild
        .roles
        .iter()
        .map(|r| {
            json!({ "id": r.id.to_string(), "name": r.name, "permissions": r.permissions.to_string(),
                "mentionable": r.mentionable, "color": 0, "hoist": false, "managed": false, "position": 0 })
        })
        .collect();
    Some(
        json!({ "id": id.to_string(), "name": guild.name, "owner_id": guild.owner.to_string(), "roles": roles }),
    )
}

pub(super) fn own_member(model: &DiscordRules, id: GuildId) -> Option<Value> {
    let roles = model.guilds.get(&id)?.members.get(&model.me.user);
    let roles: Vec<String> = roles.into_iter().flatten().map(ToString::to_string).collect();
    let timed_out = model.guilds[&id].timed_out.contains(&model.me.user);
    // Discord does not clear a timeout that has passed.
    let until =
        if timed_out { "2999-01-01T00:00:00.000000+00:00" } else { "2025-01-01T00:00:00.000000+00:00" };
    Some(json!({ "user": user(model, model.me.user), "roles": roles, "joined_at": "2025-01-01T00:00:00Z",
        "deaf": false, "mute": false, "flags": 0, "communication_disabled_until": until }))
}

/// An interaction as Discord sends it: `data` of a kind (2 command, 3 component, 4 autocomplete, 5 modal), from a user with the
/// permissions `may` in a channel.
pub(crate) fn interaction(
    model: &DiscordRules,
    (id, token): (InteractionId, &str),
    kind: u8,
    (channel_id, by, may): (ChannelId, UserId, u64),
    data: &Value,
    on: Option<MessageId>,
) -> Value {
    let found = &model.channels[&channel_id];
    let mut view = json!({
        "id": id.to_string(), "application_id": model.me.application.to_string(), "type": kind, "token": token,
        "version": 1, "data": data, "channel_id": channel_id.to_string(), "locale": "de",
        "app_permissions": model.may(channel_id).to_string(), "entitlements": [], "attachment_size_limit": 10_485_760,
        "channel": { "id": channel_id.to_string(), "type": found.kind.number(), "name": found.name },
    });
    if let Some(guild) = found.guild {
        view["guild_id"] = json!(guild.to_string());
        view["guild_locale"] = json!("en-US");
        view["context"] = json!(0);
        view["authorizing_integration_owners"] = json!({ "0": guild.to_string() });
        let roles = model.guilds.get(&guild).and_then(|guild| guild.members.get(&by));
        let roles: Vec<String> = roles.into_iter().flatten().map(ToString::to_string).collect();
        view["member"] = json!({ "user": user(model, by), "roles": roles, "joined_at": "2025-01-01T00:00:00Z",
            "deaf": false, "mute": false, "flags": 0, "permissions": may.to_string() });
    } else {
        view["user"] = user(model, by);
        view["context"] = json!(1);
        view["authorizing_integration_owners"] = json!({ "0": "0" });
    }
    if let Some(on) = on {
        view["message"] = message(model, channel_id, on);
    }
    view
}
