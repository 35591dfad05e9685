//! Maps REST requests to calls of the model.

use healthy_upstream::discord::simulator::rules::{ApiError, DiscordRules, LimitRoute};
use healthy_upstream::ids::{ChannelId, GuildId, InteractionId, MessageId, UserId};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{State, views};

pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Value,
}

impl Call {
    fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|p| !p.is_empty()).collect()
    }

    /// The token of an interaction authorises these calls.
    pub(super) fn needs_no_token(&self) -> bool {
        matches!(self.parts().first(), Some(&"interactions" | &"webhooks"))
    }

    fn asked(&self, key: &str) -> Option<u64> {
        self.query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
    }

    pub(super) fn route(&self) -> (LimitRoute, u64, Option<ChannelId>) {
        let parts = self.parts();
        let id = parts.get(1).and_then(|id| id.parse().ok()).unwrap_or(0);
        let channel = (parts.first() == Some(&"channels")).then_some(ChannelId(id));
        let route = match (self.method.as_str(), parts.as_slice()) {
            (_, ["interactions" | "webhooks", ..]) => LimitRoute::Interaction,
            (_, ["applications", _, .., "commands"] | ["applications", _, .., "commands", _]) => {
                LimitRoute::Commands
            }
            ("POST", ["channels", _, "messages"]) => LimitRoute::CreateMessage,
            ("GET", ["channels", _, "messages"]) => LimitRoute::ReadMessages,
            ("PATCH", ["channels", _, "messages", _]) => LimitRoute::EditMessage,
            ("DELETE", ["channels", _, "messages", _]) => LimitRoute::DeleteMessage,
            ("POST", ["channels", .., "crosspost"]) => LimitRoute::Crosspost,
            ("POST", ["channels", .., "threads"]) => LimitRoute::OpenThread,
            ("PATCH", ["channels", _]) => LimitRoute::Rename,
            _ => LimitRoute::Other,
        };
        (route, id, channel)
    }
}

/// Carries out a request. `Null` becomes status 204.
pub(super) fn carry_out(
    state: &State,
    model: &mut DiscordRules,
    call: &Call,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let parts = call.parts();
    let id = |at: usize| parts.get(at).and_then(|id| id.parse::<u64>().ok()).unwrap_or(0);
    let (channel, message) = (ChannelId(id(1)), MessageId(id(3)));
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["gateway"]) => Ok(json!({ "url": state.gateway_url })),
        ("GET", ["gateway", "bot"]) => Ok(state.hub.bot_info(&state.gateway_url)),
        ("GET", ["applications", "@me"]) => Ok(views::application(model)),
        ("POST", ["channels", _, "messages"]) => {
            let id = model.create_message(channel, &call.body, now)?;
            Ok(views::message(model, channel, id))
        }
        ("GET", ["channels", _, "messages"]) => {
            let most = usize::try_from(call.asked("limit").unwrap_or(50)).unwrap_or(50);
            let found = model.messages_after(channel, call.asked("after").unwrap_or(0), most)?;
            let ids: Vec<MessageId> = found.iter().map(|(id, _)| *id).rev().collect();
            Ok(ids.into_iter().map(|id| views::message(model, channel, id)).collect())
        }
        ("PATCH", ["channels", _, "messages", _]) => {
            model.edit_message(channel, message, &call.body, now)?;
            Ok(views::message(model, channel, message))
        }
        ("DELETE", ["channels", _, "messages", _]) => {
            model.delete_message(channel, message).map(|()| Value::Null)
        }
        ("POST", ["channels", _, "messages", _, "crosspost"]) => {
            model.crosspost(channel, message)?;
            Ok(views::message(model, channel, message))
        }
        ("POST", ["channels", _, "messages", _, "threads"]) => {
            let thread = model.open_thread(channel, message, &call.body, now)?;
            Ok(views::channel(model, thread))
        }
        ("POST", ["channels", _, "threads"]) => {
            let thread = model.open_forum_post(channel, &call.body, now)?;
            let mut view = views::channel(model, thread);
            view["message"] = views::message(model, thread, MessageId(thread.0));
            Ok(view)
        }
        ("PATCH", ["channels", _]) => {
            model.rename_thread(channel, &call.body)?;
            Ok(views::channel(model, channel))
        }
        ("GET", ["channels", _]) if model.channels.contains_key(&channel) => {
            Ok(views::channel(model, channel))
        }
        ("GET", ["channels", _]) => Err(ApiError::UNKNOWN_CHANNEL),
        ("GET", ["guilds", _, "threads", "active"]) => Ok(views::open_threads(model, GuildId(id(1)))),
        ("GET", ["channels", _, "threads", "archived", "public"]) => {
            Ok(views::closed_threads(model, channel))
        }
        ("GET", ["guilds", _]) => views::guild(model, GuildId(id(1))).ok_or(ApiError::MISSING_ACCESS),
        ("GET", ["guilds", _, "members", _]) => {
            views::own_member(model, GuildId(id(1))).ok_or(ApiError::MISSING_ACCESS)
        }
        ("POST", ["users", "@me", "channels"]) => {
            let person = call.body["recipient_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0);
            let channel = model.open_direct(UserId(person), now)?;
            Ok(views::channel(model, channel))
        }
        ("POST", ["interactions", _, token, "callback"]) => {
            let done = model.call_back(InteractionId(id(1)), token, &call.body, now)?;
            let Some(message) = done.message.filter(|_| call.query.contains("with_response=true")) else {
                return Ok(Value::Null);
            };
            let asked = model.asked(InteractionId(id(1))).ok_or(ApiError::UNKNOWN_INTERACTION)?;
            let view = views::message(model, asked.channel, message);
            Ok(
                json!({ "interaction": { "id": parts[1], "type": 2 }, "resource": { "type": 4, "message": view } }),
            )
        }
        ("POST", ["webhooks", _, token]) => {
            let (channel, message) = model.follow_up(token, &call.body, now)?;
            Ok(views::message(model, channel, message))
        }
        ("PATCH", ["webhooks", _, token, "messages", "@original"]) => {
            let (channel, message) = model.edit_original(token, &call.body, now)?;
            Ok(views::message(model, channel, message))
        }
        ("DELETE", ["webhooks", _, token, "messages", "@original"]) => {
            model.delete_original(token, now).map(|_| Value::Null)
        }
        (method, ["applications", _, rest @ ..]) => match state.refused_command(&call.body) {
            Some(refused) => Err(refused),
            None => commands(model, method, rest, &call.body, now),
        },
        _ => Err(ApiError::plain(404, 0, "404: Not Found")),
    }
}

fn commands(
    model: &mut DiscordRules,
    method: &str,
    rest: &[&str],
    body: &Value,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let (guild, rest) = match rest {
        ["guilds", id, rest @ ..] => (id.parse().ok().map(GuildId), rest),
        _ => (None, rest),
    };
    let application = model.me.application.to_string();
    let made = |model: &mut DiscordRules, body: &Value| {
        let mut command = body.clone();
        command["id"] = json!(model.make_id(now).to_string());
        command["version"] = command["id"].clone();
        command["application_id"] = json!(application);
        command
    };
    match (method, rest) {
        ("GET", ["commands"]) => Ok(json!(model.commands.entry(guild).or_default())),
        ("PUT", ["commands"]) => {
            let all: Vec<Value> =
                body.as_array().into_iter().flatten().map(|command| made(model, command)).collect();
            model.commands.insert(guild, all.clone());
            Ok(json!(all))
        }
        ("POST", ["commands"]) => {
            // A command of the same name and kind is overwritten (reference, "Making a global command").
            let command = made(model, body);
            let all = model.commands.entry(guild).or_default();
            let kind = |command: &Value| command["type"].as_u64().unwrap_or(1);
            all.retain(|it| it["name"] != command["name"] || kind(it) != kind(&command));
            all.push(command.clone());
            Ok(command)
        }
        ("PATCH" | "DELETE", ["commands", id]) => {
            let mut command = made(model, body);
            command["id"] = json!(id);
            let all = model.commands.entry(guild).or_default();
            let at = all.iter().position(|c| c["id"] == *id).ok_or(ApiError::plain(
                404,
                10063,
                "Unknown command",
            ))?;
            if method == "DELETE" {
                all.remove(at);
                return Ok(Value::Null);
            }
            all[at] = command.clone();
            Ok(command)
        }
        _ => Err(ApiError::plain(404, 0, "404: Not Found")),
    }
}
