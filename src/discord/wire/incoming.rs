//! An interaction as Discord sends it, as our own types.
//!
//! Never: what is missing is not made up; an interaction that cannot be read is an error that says why.

use std::collections::BTreeMap;

use serde::Deserialize;
use serenity::all as discord;
use serenity::all::{CommandDataOptionValue as Given, ComponentInteractionDataKind as Chosen};

use crate::alerts::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId, Venue};
use crate::commands::{Asker, Input, Invocation, Pasted, Place, Value};
use crate::discord::Ticket;
use crate::discord::wire::unreadable;
use crate::words::Language;

/// What came in.
#[derive(Debug)]
pub enum Interaction {
    /// Discord asks whether our endpoint is there.
    Ping,
    /// Somebody asks something.
    Asked(Box<Invocation>, Ticket),
}

/// Where an interaction comes from; serenity's model of a form has not got these.
#[derive(Deserialize, Default)]
struct Origin {
    context: Option<u8>,
    #[serde(default)]
    authorizing_integration_owners: BTreeMap<String, String>,
}

/// Which kind of interaction it is, by Discord's number.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: u8,
}

/// Reads an interaction. The error says what is wrong with it, and holds nothing of what somebody wrote.
pub fn read_interaction(json: &str) -> Result<Interaction, String> {
    let read: discord::Interaction = serde_json::from_str(json).map_err(|_| unreadable(json))?;
    let origin: Origin = serde_json::from_str(json).unwrap_or_default();
    let (around, command, input) = match &read {
        discord::Interaction::Ping(_) => return Ok(Interaction::Ping),
        discord::Interaction::Command(asked) => {
            (around_command(asked), asked.data.name.clone(), command_input(&asked.data)?)
        }
        discord::Interaction::Autocomplete(asked) => {
            (around_command(asked), asked.data.name.clone(), typing_input(&asked.data)?)
        }
        discord::Interaction::Component(asked) => {
            let (command, action) = split(&asked.data.custom_id);
            (around_component(asked), command, component_input(asked, action))
        }
        discord::Interaction::Modal(asked) => {
            let (command, action) = split(&asked.data.custom_id);
            (around_modal(asked), command, Input::Filled { action, fields: fields(&asked.data) })
        }
        _ => return Err("an interaction of an unknown kind".into()),
    };
    let ticket = Ticket { id: around.id, application: around.application, token: around.token.to_owned() };
    let invocation = Invocation {
        id: around.id,
        command,
        input,
        asker: around.asker(),
        place: around.place(&origin),
        language: Language::nearest(around.locale),
    };
    Ok(Interaction::Asked(Box::new(invocation), ticket))
}

/// What could not be read: serenity reads the kind first and loses the way to the key on it, so that it is read once more by
/// its kind.
fn unreadable(json: &str) -> String {
    fn key<T: serde::de::DeserializeOwned>(json: &str) -> Option<String> {
        unreadable::read::<T>(json.as_bytes()).err()
    }
    let kind = unreadable::read::<Kind>(json.as_bytes());
    let why = match kind.as_ref().map(|it| it.kind) {
        Ok(2 | 4) => key::<discord::CommandInteraction>(json),
        Ok(3) => key::<discord::ComponentInteraction>(json),
        Ok(5) => key::<discord::ModalInteraction>(json),
        Ok(kind) => Some(format!("type {kind}")),
        Err(why) => Some(why.clone()),
    };
    format!("an interaction that cannot be read ({})", why.as_deref().unwrap_or("unknown key"))
}

/// What all kinds of interaction have.
struct Around<'a> {
    id: InteractionId,
    application: u64,
    token: &'a str,
    guild: Option<GuildId>,
    channel: ChannelId,
    user: UserId,
    parent: Option<ChannelId>,
    may: Option<discord::Permissions>,
    roles: &'a [discord::RoleId],
    app_may: Option<discord::Permissions>,
    locale: &'a str,
    guild_locale: Option<&'a str>,
}

macro_rules! around {
    ($asked:expr) => {
        Around {
            id: InteractionId($asked.id.get()),
            application: $asked.application_id.get(),
            token: &$asked.token,
            guild: $asked.guild_id.map(|id| GuildId(id.get())),
            channel: ChannelId($asked.channel_id.get()),
            user: UserId($asked.user.id.get()),
            parent: $asked.channel.as_ref().and_then(thread_parent),
            may: $asked.member.as_ref().and_then(|m| m.permissions),
            roles: $asked.member.as_ref().map_or(&[][..], |m| &m.roles),
            app_may: $asked.app_permissions,
            locale: &$asked.locale,
            guild_locale: $asked.guild_locale.as_deref(),
        }
    };
}

/// The channel that a thread belongs to; a channel's own parent is a category, which is none.
fn thread_parent(channel: &discord::PartialChannel) -> Option<ChannelId> {
    let parent = channel.parent_id.filter(|_| venue(channel.kind) == Some(Venue::Thread))?;
    Some(ChannelId(parent.get()))
}

fn around_command(asked: &discord::CommandInteraction) -> Around<'_> {
    around!(asked)
}

fn around_component(asked: &discord::ComponentInteraction) -> Around<'_> {
    around!(asked)
}

fn around_modal(asked: &discord::ModalInteraction) -> Around<'_> {
    around!(asked)
}

impl Around<'_> {
    fn asker(&self) -> Asker {
        let has = |permission| self.may.is_some_and(|may| may.administrator() || may.contains(permission));
        Asker {
            id: self.user,
            roles: self.roles.iter().map(|id| RoleId(id.get())).collect(),
            // No channel's exceptions give it.
            administers: self.may.is_some_and(discord::Permissions::administrator),
            manages_channels: has(discord::Permissions::MANAGE_CHANNELS),
            manages_messages: has(discord::Permissions::MANAGE_MESSAGES),
            mentions_everyone: has(discord::Permissions::MENTION_EVERYONE),
        }
    }

    fn place(&self, origin: &Origin) -> Place {
        let Some(guild) = self.guild else {
            // Reference, "Interaction context types": 1 is the bot's own direct conversation, 2 one of others.
            let elsewhere = origin.context == Some(2);
            return if elsewhere { Place::Elsewhere(self.channel) } else { Place::Direct(self.channel) };
        };
        // Reference, "Authorizing integration owners": "0" is there where the bot was invited to this server.
        let owners = &origin.authorizing_integration_owners;
        let member = owners.is_empty() || owners.get("0").is_some_and(|id| *id == guild.to_string());
        Place::Server {
            guild,
            channel: self.channel,
            parent: self.parent,
            may: self.app_may.map_or(0, |may| may.bits()),
            member,
            language: self.guild_locale.map(Language::nearest),
        }
    }
}

fn command_input(data: &discord::CommandData) -> Result<Input, String> {
    if data.kind == discord::CommandType::Message {
        return on_message(data);
    }
    let (subcommand, given) = subcommand(&data.options);
    // In a burst hundreds of these wait: no room for more than was given.
    let mut options = Vec::with_capacity(given.len());
    for option in given {
        options.push((option.name.clone(), value(&option.value, &data.resolved)?));
    }
    Ok(Input::Typed { subcommand, options })
}

fn typing_input(data: &discord::CommandData) -> Result<Input, String> {
    let (subcommand, given) = subcommand(&data.options);
    let typing = given.iter().find_map(|option| match &option.value {
        Given::Autocomplete { value, .. } => Some((option.name.clone(), value.clone())),
        _ => None,
    });
    let (option, text) = typing.ok_or("suggestions are wanted, but for no option")?;
    Ok(Input::Typing { subcommand, option, text })
}

fn subcommand(options: &[discord::CommandDataOption]) -> (Option<String>, &[discord::CommandDataOption]) {
    match options.first().map(|first| (&first.name, &first.value)) {
        Some((name, Given::SubCommand(inner))) => (Some(name.clone()), inner),
        _ => (None, options),
    }
}

fn value(given: &Given, resolved: &discord::CommandDataResolved) -> Result<Value, String> {
    Ok(match given {
        Given::String(text) => Value::Text(text.clone()),
        Given::Integer(number) => Value::Number(*number),
        Given::Boolean(flag) => Value::Flag(*flag),
        Given::Channel(id) => {
            let kind = resolved.channels.get(id).map(|channel| channel.kind);
            Value::Channel(ChannelId(id.get()), kind.and_then(venue))
        }
        Given::Role(id) => {
            let mentionable = resolved.roles.get(id).is_some_and(|role| role.mentionable);
            Value::Role { id: RoleId(id.get()), mentionable }
        }
        Given::User(id) => Value::Person(UserId(id.get())),
        Given::Attachment(id) => Value::File(pasted(
            resolved.attachments.get(id).ok_or("an attachment that Discord did not resolve")?,
        )),
        other => return Err(format!("an option of a kind that we do not register ({:?})", other.kind())),
    })
}

/// What a channel is for us; none where no message can stand.
pub fn venue(kind: discord::ChannelType) -> Option<Venue> {
    use discord::ChannelType as Kind;
    match kind {
        Kind::Text | Kind::Voice | Kind::Stage | Kind::Private | Kind::GroupDm => Some(Venue::Text),
        Kind::News => Some(Venue::Announcement),
        Kind::NewsThread | Kind::PublicThread | Kind::PrivateThread => Some(Venue::Thread),
        // 16: a media channel, which behaves as a forum does (reference, "Channel types").
        Kind::Forum | Kind::Unknown(16) => Some(Venue::Forum),
        _ => None,
    }
}

fn pasted(attachment: &discord::Attachment) -> Pasted {
    Pasted {
        url: attachment.url.clone(),
        name: attachment.filename.clone(),
        size: u64::from(attachment.size),
        kind: attachment.content_type.clone(),
    }
}

fn on_message(data: &discord::CommandData) -> Result<Input, String> {
    let Some(discord::ResolvedTarget::Message(message)) = data.target() else {
        return Err("a message command without its message".into());
    };
    Ok(Input::OnMessage {
        message: MessageId(message.id.get()),
        text: message.content.clone(),
        author: UserId(message.author.id.get()),
        file: message.attachments.iter().find(|a| is_text(a)).map(pasted),
    })
}

/// Whether a file is worth reading: Discord gives the type of most, and a log's ending tells the rest.
fn is_text(attachment: &discord::Attachment) -> bool {
    let kind = attachment.content_type.as_deref().unwrap_or_default();
    let ending = attachment.filename.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.starts_with("application/json")
        || matches!(ending.as_str(), "log" | "txt" | "json" | "md" | "out" | "err" | "har" | "yaml" | "yml")
}

fn component_input(asked: &discord::ComponentInteraction, action: String) -> Input {
    let ids = |ids: Vec<u64>| ids.iter().map(u64::to_string).collect();
    let values = match &asked.data.kind {
        Chosen::StringSelect { values } => values.clone(),
        Chosen::UserSelect { values } => ids(values.iter().map(|id| id.get()).collect()),
        Chosen::RoleSelect { values } => ids(values.iter().map(|id| id.get()).collect()),
        Chosen::MentionableSelect { values } => ids(values.iter().map(|id| id.get()).collect()),
        Chosen::ChannelSelect { values } => ids(values.iter().map(|id| id.get()).collect()),
        Chosen::Button | Chosen::Unknown(_) => Vec::new(),
    };
    let roles = asked.data.resolved.roles.iter().filter(|(_, role)| role.mentionable);
    let message = &asked.message;
    // A bot's user and its application share an id, but for applications from before 2016, which answer with
    // `application_id` on the message.
    let application = asked.application_id.get();
    let ours = message.author.id.get() == application
        || message.application_id.is_some_and(|id| id.get() == application);
    let asked_by = message.interaction_metadata.as_deref().and_then(|metadata| match metadata {
        discord::MessageInteractionMetadata::Command(m) => Some(m.user.id),
        discord::MessageInteractionMetadata::Component(m) => Some(m.user.id),
        discord::MessageInteractionMetadata::ModalSubmit(m) => Some(m.user.id),
        _ => None,
    });
    Input::Pressed {
        action,
        values,
        mentionable: roles.map(|(id, _)| RoleId(id.get())).collect(),
        message: Some(MessageId(message.id.get())),
        ours,
        asked_by: asked_by.map(|id| UserId(id.get())),
    }
}

fn fields(data: &discord::ModalInteractionData) -> BTreeMap<String, String> {
    let inputs = data.components.iter().flat_map(|row| &row.components);
    inputs
        .filter_map(|component| match component {
            discord::ActionRowComponent::InputText(text) => {
                Some((text.custom_id.clone(), text.value.clone().unwrap_or_default()))
            }
            _ => None,
        })
        .collect()
}

/// `status:refresh` is `refresh` of `status`.
fn split(custom_id: &str) -> (String, String) {
    let (command, action) = custom_id.split_once(':').unwrap_or((custom_id, ""));
    (command.to_owned(), action.to_owned())
}
