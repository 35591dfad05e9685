//! Translates an interaction from Discord's JSON into our own types.
//!
//! Only the fields that we use are read, so that an unreadable field of a person or message never prevents an answer. What a
//! permission depends on fails closed.

use std::collections::BTreeMap;

use super::channel::ChannelType;
use super::json::{Node, Unread, need};
use super::message;
use crate::commands::{Attachment, Context, Input, Invocation, Invoker, OptionValue};
use crate::discord::InteractionToken;
use crate::discord::permissions::{
    ADMINISTRATOR, MANAGE_CHANNELS, MANAGE_MESSAGES, MENTION_EVERYONE, UNREAD_ROLE,
};
use crate::i18n::Language;
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// The most options of a command, and the most values of a menu (reference, "Application command structure").
const MOST_OPTIONS: usize = 25;
/// The deepest nesting of a form's components: a field in a label, or in a row.
const MOST_NESTING: usize = 4;

/// A request that Discord sent.
#[derive(Debug)]
pub enum IncomingInteraction {
    /// Discord checks that our endpoint is there.
    Ping,
    /// A command, a press or a form.
    Asked(Box<Invocation>, InteractionToken),
}

/// Reads an interaction. The error says what is wrong with it, and contains nothing that somebody wrote.
pub fn read_interaction(json: &str) -> Result<IncomingInteraction, String> {
    let interaction = Node::parse(json).ok_or("an interaction that is not JSON")?;
    read(interaction).map_err(|Unread(key)| format!("an interaction whose `{key}` cannot be read"))
}

/// Reads the command and its input from the data, the message and the application of an interaction.
type ReadInput = fn(Node<'_>, Node<'_>, u64) -> Result<(String, Input), Unread>;

fn read(interaction: Node<'_>) -> Result<IncomingInteraction, Unread> {
    let [kind, id, application, token, data, message] =
        interaction.pick(["type", "id", "application_id", "token", "data", "message"]);
    // Reference, "Interaction type".
    let read_input: ReadInput = match kind.number() {
        Some(1) => return Ok(IncomingInteraction::Ping),
        Some(2) => |data, _, _| command(data),
        Some(3) => pressed,
        Some(4) => |data, _, _| typing(data),
        Some(5) => |data, _, _| form(data),
        _ => return Err(Unread("type".to_owned())),
    };
    let application = need(application.id(), "application_id")?;
    let id = InteractionId(need(id.id(), "id")?);
    let token =
        InteractionToken { id, application, token: need(token.text().filter(|it| !it.is_empty()), "token")? };
    let around = InteractionContext::read(interaction)?;
    let (command, mut input) = read_input(data, message, application)?;
    if let Input::MessageCommand { author, .. } = &mut input
        && author.0 == 0
    {
        // The author is unknown: the invoker is used, so that nobody else is blamed for a leaked secret.
        *author = around.invoker.id;
    }
    let invocation = Invocation {
        id,
        command,
        input,
        invoker: around.invoker,
        context: around.context,
        language: around.language,
        app_permissions: app_permissions(data),
    };
    Ok(IncomingInteraction::Asked(Box::new(invocation), token))
}

/// What all types of interactions have in common.
struct InteractionContext {
    invoker: Invoker,
    context: Context,
    language: Language,
}

impl InteractionContext {
    fn read(interaction: Node<'_>) -> Result<Self, Unread> {
        let [member, user, locale, guild_locale] =
            interaction.pick(["member", "user", "locale", "guild_locale"]);
        let guild_language = guild_locale.text().map(|tag| Language::nearest(&tag));
        let language = locale.text().map(|tag| Language::nearest(&tag)).or(guild_language);
        let [own, roles, permissions] = member.pick(["user", "roles", "permissions"]);
        let id = own.get("id").id().or_else(|| user.get("id").id());
        let may = permissions.bits().unwrap_or(0);
        let has = |bit| may & (ADMINISTRATOR | bit) != 0;
        let invoker = Invoker {
            id: UserId(need(id, if member.is_there() { "member.user.id" } else { "user.id" })?),
            roles: role_ids(roles),
            // No channel's overwrites grant it.
            administers: may & ADMINISTRATOR != 0,
            manages_channels: has(MANAGE_CHANNELS),
            manages_messages: has(MANAGE_MESSAGES),
            mentions_everyone: has(MENTION_EVERYONE),
        };
        let context = context(interaction, member.is_there(), guild_language)?;
        Ok(Self { invoker, context, language: language.unwrap_or(Language::ENGLISH) })
    }
}

/// Reads the roles of a member. An unreadable one may be a role that denies, so it is stored as [`UNREAD_ROLE`].
pub(super) fn role_ids(roles: Node<'_>) -> Vec<RoleId> {
    if !roles.is_there() {
        return Vec::new();
    }
    let Some(roles) = roles.try_list(usize::MAX) else { return vec![UNREAD_ROLE] };
    roles.into_iter().map(|role| role.id().map_or(UNREAD_ROLE, RoleId)).collect()
}

fn context(interaction: Node<'_>, has_member: bool, language: Option<Language>) -> Result<Context, Unread> {
    let [guild_id, guild, channel_id, channel, context, may, owners] = interaction.pick([
        "guild_id",
        "guild",
        "channel_id",
        "channel",
        "context",
        "app_permissions",
        "authorizing_integration_owners",
    ]);
    let here = channel_id.id().or_else(|| channel.get("id").id());
    let here = ChannelId(need(here, "channel_id")?);
    let Some(guild) = guild_id.id().or_else(|| guild.get("id").id()).map(GuildId) else {
        if guild_id.is_there() || has_member {
            return Err(Unread("guild_id".to_owned()));
        }
        // Reference, "Interaction context types": 1 is the bot's own direct conversation, 2 one of others.
        let elsewhere = context.number() == Some(2);
        return Ok(if elsewhere { Context::Elsewhere(here) } else { Context::Direct(here) });
    };
    // Reference, "Authorizing integration owners": "0" is present if the bot was invited to this server.
    let is_member = match owners.entries(MOST_OPTIONS) {
        owners_by_kind if owners_by_kind.is_empty() => !owners.is_there() || owners.raw() == "{}",
        owners_by_kind => owners_by_kind.iter().any(|(kind, id)| kind == "0" && id.id() == Some(guild.0)),
    };
    let [kind, parent] = channel.pick(["type", "parent_id"]);
    // The parent of a channel that is no thread is a category, which has no use here.
    let parent = parent.id().filter(|_| ChannelType::read(kind).is_thread());
    Ok(Context::Server {
        guild,
        channel: here,
        parent: parent.map(ChannelId),
        may: may.bits().unwrap_or(0),
        member: is_member,
        language,
    })
}

fn command(data: Node<'_>) -> Result<(String, Input), Unread> {
    let [name, kind, options, resolved] = data.pick(["name", "type", "options", "resolved"]);
    let name = need(name.text(), "data.name")?;
    // Reference, "Application command types": 3 is a message's.
    if kind.number() == Some(3) {
        return Ok((name, on_message(data)?));
    }
    let (subcommand, given, path) = subcommand(options);
    // In a burst, hundreds of these wait: the exact capacity saves memory.
    let mut read = Vec::with_capacity(given.len());
    for (n, option) in given.into_iter().enumerate() {
        let [name, kind, value] = option.pick(["name", "type", "value"]);
        let path = format!("{path}[{n}]");
        let name = need(name.text(), &format!("{path}.name"))?;
        read.push((name, self::value(kind.number(), value, resolved, &path)?));
    }
    Ok((name, Input::Command { subcommand, options: read }))
}

fn typing(data: Node<'_>) -> Result<(String, Input), Unread> {
    let [name, options] = data.pick(["name", "options"]);
    let (subcommand, given, path) = subcommand(options);
    let focused = given.into_iter().find(|option| option.get("focused").flag() == Some(true));
    let [option, text] = need(focused, &format!("{path}[].focused"))?.pick(["name", "value"]);
    let option = need(option.text(), &format!("{path}[].name"))?;
    // A number that is being typed may arrive as a number.
    let text = text.text().unwrap_or_else(|| text.raw().trim_matches('"').to_owned());
    Ok((need(name.text(), "data.name")?, Input::Autocomplete { subcommand, option, text }))
}

/// Returns the subcommand if there is one, the options that were given, and their path.
fn subcommand(options: Node<'_>) -> (Option<String>, Vec<Node<'_>>, &'static str) {
    let options = options.list(MOST_OPTIONS);
    if let Some(first) = options.first() {
        let [name, kind, inner] = first.pick(["name", "type", "options"]);
        // Reference, "Application command option type": 1 is a subcommand.
        if let (Some(name), Some(1)) = (name.text(), kind.number()) {
            return (Some(name), inner.list(MOST_OPTIONS), "data.options[0].options");
        }
    }
    (None, options, "data.options")
}

/// Reference, "Application command option type".
fn value(kind: Option<i64>, given: Node<'_>, resolved: Node<'_>, path: &str) -> Result<OptionValue, Unread> {
    let unread = || Unread(format!("{path}.value"));
    let resolved = |what: &str, id: u64| resolved.get(what).get(&id.to_string());
    Ok(match kind {
        Some(3) => OptionValue::Text(given.text().ok_or_else(unread)?),
        Some(4) => OptionValue::Number(given.number().ok_or_else(unread)?),
        Some(5) => OptionValue::Flag(given.flag().ok_or_else(unread)?),
        Some(6) => OptionValue::Person(UserId(given.id().ok_or_else(unread)?)),
        Some(7) => {
            let id = given.id().ok_or_else(unread)?;
            let kind = ChannelType::read(resolved("channels", id).get("type"));
            OptionValue::Channel(ChannelId(id), kind.venue())
        }
        Some(8) => {
            let id = given.id().ok_or_else(unread)?;
            let mentionable = resolved("roles", id).get("mentionable").flag() == Some(true);
            OptionValue::Role { id: RoleId(id), mentionable }
        }
        Some(11) => {
            let id = given.id().ok_or_else(unread)?;
            let file = pasted(resolved("attachments", id));
            OptionValue::File(need(file, &format!("data.resolved.attachments.{id}.url"))?)
        }
        _ => return Err(Unread(format!("{path}.type"))),
    })
}

/// Returns what the bot may do in the channels that were named, if Discord says so (since 2026-07).
fn app_permissions(data: Node<'_>) -> BTreeMap<ChannelId, u64> {
    let channels = data.get("resolved").get("channels").entries(MOST_OPTIONS).into_iter();
    let said = channels.filter_map(|(id, channel)| {
        let said = channel.get("app_permissions");
        // A value that cannot be read grants nothing.
        Some((ChannelId(id.parse().ok()?), said.is_there().then(|| said.bits().unwrap_or(0))?))
    });
    said.collect()
}

/// Returns an attached file, or `None` if it has no URL.
pub(super) fn pasted(attachment: Node<'_>) -> Option<Attachment> {
    let [url, name, size, kind] = attachment.pick(["url", "filename", "size", "content_type"]);
    Some(Attachment {
        url: url.text()?,
        name: name.text_or_empty(),
        size: size.number().and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        kind: kind.text(),
    })
}

fn on_message(data: Node<'_>) -> Result<Input, Unread> {
    let [target, resolved] = data.pick(["target_id", "resolved"]);
    let messages = resolved.get("messages");
    let target_id = target.id();
    let named = target_id.map(|id| messages.get(&id.to_string())).filter(|message| message.is_there());
    let message = named.or_else(|| messages.entries(1).into_iter().next().map(|(_, message)| message));
    let message = need(message, "data.resolved.messages")?;
    let [id, content, author] = message.pick(["id", "content", "author"]);
    Ok(Input::MessageCommand {
        message: MessageId(need(target_id.or_else(|| id.id()), "data.target_id")?),
        text: content.text_or_empty(),
        author: UserId(author.get("id").id().unwrap_or(0)),
        more: message::passages(message),
        files: message::text_files(message),
    })
}

fn pressed(data: Node<'_>, message: Node<'_>, application: u64) -> Result<(String, Input), Unread> {
    let [custom_id, values, resolved] = data.pick(["custom_id", "values", "resolved"]);
    let (command, action) = split(&need(custom_id.text(), "data.custom_id")?);
    let mut chosen = Vec::new();
    for (n, value) in values.list(MOST_OPTIONS).into_iter().enumerate() {
        let value = value.text().or_else(|| value.id().map(|id| id.to_string()));
        chosen.push(need(value, &format!("data.values[{n}]"))?);
    }
    let roles = resolved.get("roles").entries(MOST_OPTIONS).into_iter();
    let mentionable = roles.filter(|(_, role)| role.get("mentionable").flag() == Some(true));
    let mentionable = mentionable.filter_map(|(id, _)| id.parse().ok().map(RoleId));
    let [id, author, answers_with, metadata] =
        message.pick(["id", "author", "application_id", "interaction_metadata"]);
    // A bot's user and its application have the same id, except for applications from before 2016, whose messages have
    // `application_id`.
    let ours = author.get("id").id() == Some(application) || answers_with.id() == Some(application);
    let input = Input::Component {
        action,
        values: chosen,
        mentionable: mentionable.collect(),
        message: id.id().map(MessageId),
        ours,
        asked_by: metadata.get("user").get("id").id().map(UserId),
    };
    Ok((command, input))
}

fn form(data: Node<'_>) -> Result<(String, Input), Unread> {
    let [custom_id, components] = data.pick(["custom_id", "components"]);
    let (command, action) = split(&need(custom_id.text(), "data.custom_id")?);
    let mut fields = BTreeMap::new();
    collect_fields(components, MOST_NESTING, &mut fields)?;
    Ok((command, Input::ModalSubmit { action, fields }))
}

/// Collects the text fields of a form, in rows or in labels.
fn collect_fields(
    components: Node<'_>,
    nesting: usize,
    found: &mut BTreeMap<String, String>,
) -> Result<(), Unread> {
    let Some(nesting) = nesting.checked_sub(1) else { return Ok(()) };
    for component in components.list(MOST_OPTIONS) {
        let [inner, one, kind] = component.pick(["components", "component", "type"]);
        collect_field(component, kind, found)?;
        collect_fields(inner, nesting, found)?;
        collect_field(one, one.get("type"), found)?;
    }
    Ok(())
}

/// Reference, "Component types": 4 is a text input.
fn collect_field(
    component: Node<'_>,
    kind: Node<'_>,
    found: &mut BTreeMap<String, String>,
) -> Result<(), Unread> {
    if kind.number() == Some(4) {
        let [name, value] = component.pick(["custom_id", "value"]);
        let name = need(name.text(), "data.components[].custom_id")?;
        let text = if value.is_there() {
            need(value.text(), &format!("data.components[].{name}"))?
        } else {
            String::new()
        };
        found.insert(name, text);
    }
    Ok(())
}

/// Splits a custom id: `status:refresh` is `refresh` of `status`.
fn split(custom_id: &str) -> (String, String) {
    let (command, action) = custom_id.split_once(':').unwrap_or((custom_id, ""));
    (command.to_owned(), action.to_owned())
}
