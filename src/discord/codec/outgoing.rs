//! Translates our messages into Discord's JSON.
//!
//! Every body has `allowed_mentions` with `parse: []` and only the chosen ids: text from outside can never ping.

use serde_json::{Value, json};
use serenity::all as discord;
use serenity::builder::{
    AutocompleteChoice, CreateActionRow, CreateAllowedMentions, CreateAttachment, CreateAutocompleteResponse,
    CreateButton, CreateForumPost, CreateInputText, CreateInteractionResponse,
    CreateInteractionResponseFollowup, CreateInteractionResponseMessage, CreateMessage, CreateModal,
    CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, CreateThread, EditAttachments,
    EditInteractionResponse, EditMessage,
};

use crate::chat::message::MenuKind;
use crate::chat::{ActionRow, Button, ButtonStyle, Mentions, Menu, Message, Modal, Visibility};
use crate::discord::{InteractionResponse, Post};
use crate::ids::{ChannelId, MessageId};

/// A thread is archived after a week without a message: long enough for any outage that we know of.
const THREAD_LASTS: discord::AutoArchiveDuration = discord::AutoArchiveDuration::OneWeek;

/// `POST /channels/{channel}/messages`.
pub fn post_body(post: &Post) -> Value {
    let mut create =
        create(&post.message).nonce(discord::Nonce::String(post.nonce.clone())).enforce_nonce(true);
    if let Some(id) = post.reply_to {
        create = create.reference_message(reference(post.channel, id));
    }
    body(&create)
}

/// `PATCH /channels/{channel}/messages/{message}`: all of the message is replaced, charts too.
pub fn edit_body(message: &Message) -> Value {
    let edit = EditMessage::new()
        .content(&message.text)
        .components(rows(&message.rows))
        .allowed_mentions(mentions(&message.mentions))
        .suppress_embeds(true)
        .attachments(attachments(message));
    body(&edit)
}

/// `PATCH /webhooks/{application}/{token}/messages/@original`.
pub fn edit_answer_body(message: &Message) -> Value {
    let edit = EditInteractionResponse::new()
        .content(&message.text)
        .components(rows(&message.rows))
        .allowed_mentions(mentions(&message.mentions))
        .flags(discord::MessageFlags::SUPPRESS_EMBEDS)
        .attachments(attachments(message));
    body(&edit)
}

/// `POST /channels/{channel}/messages/{message}/threads`.
pub fn thread_body(name: &str) -> Value {
    body(&CreateThread::new(name).auto_archive_duration(THREAD_LASTS))
}

/// `POST /channels/{forum}/threads`.
pub fn forum_post_body(name: &str, message: &Message) -> Value {
    let mut body = body(&CreateForumPost::new(name, create(message)).auto_archive_duration(THREAD_LASTS));
    repair_ids(&mut body["message"]);
    // The message of a forum's post takes neither a nonce nor `tts`: Discord documents no such fields there.
    if let Some(message) = body["message"].as_object_mut() {
        message.remove("tts");
        message.remove("enforce_nonce");
    }
    body
}

/// `POST /interactions/{id}/{token}/callback`, and the body of an answer over HTTP.
pub fn answer_body(answer: &InteractionResponse) -> Value {
    let response = match answer {
        InteractionResponse::Reply(reply) => {
            let message = response(&reply.message).ephemeral(reply.visibility == Visibility::Private);
            let message = message.flags(flags(&reply.message, reply.visibility));
            match reply.visibility {
                // An update without `attachments` would leave the old charts; ours replaces them.
                Visibility::InPlace => CreateInteractionResponse::UpdateMessage(message),
                Visibility::Public | Visibility::Private => CreateInteractionResponse::Message(message),
            }
        }
        InteractionResponse::Form(form) => CreateInteractionResponse::Modal(modal(form)),
        InteractionResponse::Suggestions(choices) => {
            let choices =
                choices.iter().map(|c| AutocompleteChoice::new(&c.label, c.value.as_str())).collect();
            CreateInteractionResponse::Autocomplete(CreateAutocompleteResponse::new().set_choices(choices))
        }
        InteractionResponse::Deferred { private } => {
            CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(*private))
        }
        InteractionResponse::DeferredUpdate | InteractionResponse::Deleted => {
            CreateInteractionResponse::Acknowledge
        }
    };
    let mut body = body(&response);
    if matches!(answer, InteractionResponse::Reply(_)) {
        repair_ids(&mut body["data"]);
    } else if matches!(answer, InteractionResponse::Deferred { .. }) {
        // Only the flags matter in a deferred answer.
        body["data"] = json!({ "flags": body["data"]["flags"] });
    }
    body
}

/// `POST /webhooks/{application}/{token}`.
pub fn follow_up_body(reply: &crate::chat::Reply) -> Value {
    let message = &reply.message;
    let follow_up = CreateInteractionResponseFollowup::new()
        .content(&message.text)
        .components(rows(&message.rows))
        .allowed_mentions(mentions(&message.mentions))
        .files(files(message));
    let mut body = body(&follow_up);
    body["flags"] = flags_value(message, reply.visibility);
    body
}

fn create(message: &Message) -> CreateMessage {
    let mut flags = discord::MessageFlags::SUPPRESS_EMBEDS;
    if message.quiet {
        flags |= discord::MessageFlags::SUPPRESS_NOTIFICATIONS;
    }
    CreateMessage::new()
        .content(&message.text)
        .components(rows(&message.rows))
        .allowed_mentions(mentions(&message.mentions))
        .flags(flags)
        .files(files(message))
}

fn response(message: &Message) -> CreateInteractionResponseMessage {
    CreateInteractionResponseMessage::new()
        .content(&message.text)
        .components(rows(&message.rows))
        .allowed_mentions(mentions(&message.mentions))
        .files(files(message))
}

/// Suppresses link previews: the first line must stay the message, not somebody's preview.
fn flags(message: &Message, visibility: Visibility) -> discord::InteractionResponseFlags {
    let bits = flags_value(message, visibility).as_u64().unwrap_or_default();
    discord::InteractionResponseFlags::from_bits_retain(bits)
}

fn flags_value(message: &Message, visibility: Visibility) -> Value {
    let mut flags = discord::MessageFlags::SUPPRESS_EMBEDS;
    if visibility == Visibility::Private {
        flags |= discord::MessageFlags::EPHEMERAL;
    }
    if message.quiet && visibility == Visibility::Public {
        flags |= discord::MessageFlags::SUPPRESS_NOTIFICATIONS;
    }
    json!(flags.bits())
}

fn reference(channel: ChannelId, id: MessageId) -> discord::MessageReference {
    discord::MessageReference::new(discord::MessageReferenceKind::Default, discord::ChannelId::new(channel.0))
        .message_id(discord::MessageId::new(id.0))
        .fail_if_not_exists(false)
}

fn mentions(who: &Mentions) -> CreateAllowedMentions {
    CreateAllowedMentions::new()
        .roles(who.roles.iter().map(|role| discord::RoleId::new(role.0)))
        .users(who.people.iter().map(|user| discord::UserId::new(user.0)))
        .replied_user(false)
}

fn rows(rows: &[ActionRow]) -> Vec<CreateActionRow> {
    rows.iter()
        .map(|row| match row {
            ActionRow::Buttons(buttons) => CreateActionRow::Buttons(buttons.iter().map(button).collect()),
            ActionRow::Menu(menu) => CreateActionRow::SelectMenu(select(menu)),
        })
        .collect()
}

fn button(button: &Button) -> CreateButton {
    match button {
        Button::Link { label, url } => CreateButton::new_link(url).label(label),
        Button::Ask { label, action, style, disabled } => {
            let style = match style {
                ButtonStyle::Plain => discord::ButtonStyle::Secondary,
                ButtonStyle::Main => discord::ButtonStyle::Primary,
                ButtonStyle::Good => discord::ButtonStyle::Success,
                ButtonStyle::Danger => discord::ButtonStyle::Danger,
            };
            CreateButton::new(action).label(label).style(style).disabled(*disabled)
        }
    }
}

fn select(menu: &Menu) -> CreateSelectMenu {
    let kind = match &menu.of {
        MenuKind::Choices(choices) => CreateSelectMenuKind::String {
            options: choices
                .iter()
                .map(|choice| {
                    let option = CreateSelectMenuOption::new(&choice.label, &choice.value);
                    let option = if choice.chosen { option.default_selection(true) } else { option };
                    if choice.about.is_empty() { option } else { option.description(&choice.about) }
                })
                .collect(),
        },
        MenuKind::Roles(chosen) => CreateSelectMenuKind::Role {
            default_roles: (!chosen.is_empty())
                .then(|| chosen.iter().map(|role| discord::RoleId::new(role.0)).collect()),
        },
    };
    let select = CreateSelectMenu::new(&menu.action, kind).min_values(menu.count.0).max_values(menu.count.1);
    if menu.hint.is_empty() { select } else { select.placeholder(&menu.hint) }
}

fn modal(form: &Modal) -> CreateModal {
    let rows = form
        .fields
        .iter()
        .map(|field| {
            let style = if field.paragraph {
                discord::InputTextStyle::Paragraph
            } else {
                discord::InputTextStyle::Short
            };
            let input = CreateInputText::new(style, &field.label, &field.name).max_length(field.most);
            let input = if field.hint.is_empty() { input } else { input.placeholder(&field.hint) };
            CreateActionRow::InputText(input)
        })
        .collect();
    CreateModal::new(&form.action, &form.title).components(rows)
}

fn files(message: &Message) -> Vec<CreateAttachment> {
    // The bytes are sent beside the JSON; the builder only needs to name them.
    let named = |name: &str| CreateAttachment::bytes(Vec::new(), name);
    let images = message.images.iter().map(|p| named(&p.name).description(&p.alt));
    images.chain(message.file.iter().map(|file| named(&file.name).description(&file.name))).collect()
}

fn attachments(message: &Message) -> EditAttachments {
    files(message).into_iter().fold(EditAttachments::new(), EditAttachments::add)
}

fn body(of: &impl serde::Serialize) -> Value {
    // cannot fail: the builders are plain data with text keys.
    let mut body = serde_json::to_value(of).unwrap_or_default();
    repair_ids(&mut body);
    body
}

/// Corrects ids where the builder's form differs from Discord's documentation: attachments are numbered in the order of the
/// files sent with them, and the roles already chosen in a menu are strings, as every id is.
fn repair_ids(body: &mut Value) {
    let files = body.get_mut("attachments").and_then(Value::as_array_mut);
    for (index, file) in files.into_iter().flatten().enumerate() {
        file["id"] = json!(index.to_string());
    }
    let menus = body.get_mut("components").and_then(Value::as_array_mut).into_iter().flatten();
    let menus = menus.filter_map(|row| row["components"].as_array_mut()).flatten();
    let chosen = menus.filter_map(|menu| menu.get_mut("default_values")?.as_array_mut()).flatten();
    for chosen in chosen {
        if let Some(id) = chosen["id"].as_u64() {
            chosen["id"] = json!(id.to_string());
        }
    }
}
