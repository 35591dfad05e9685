//! Simulated users who type, press, choose and fill in forms.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use tokio::sync::oneshot;

use super::{Inner, Simulator, TranscriptChange, Waiting};
use crate::alerts::ChannelKind;
use crate::chat::message::MenuKind;
use crate::chat::{ActionRow, Button, Choice, Modal};
use crate::commands::{Attachment, Context, Input, Invocation, Invoker};
use crate::discord::command_line::{self, NameResolver};
use crate::discord::permissions;
use crate::discord::simulator::rules::RulesChannelKind;
use crate::discord::{Incoming, InteractionResponse, InteractionToken};
use crate::i18n::Language;
use crate::ids::{ChannelId, InteractionId, MessageId, RoleId, UserId};

/// After this, Discord's client shows that the application did not respond: 3 s for the first answer; a deferred one may take
/// longer.
const TIMEOUTS: SignedDuration = SignedDuration::from_mins(15);
const NO_ANSWER: &str = "The application did not respond";

/// A user of the simulator.
#[derive(Clone)]
pub struct Person {
    discord: Simulator,
    pub id: UserId,
    moderates: bool,
    elsewhere: bool,
    language: Language,
}

impl Simulator {
    /// Returns a user by name, who may read and write; creates the user if needed.
    pub fn person(&self, name: &str) -> Person {
        let now = self.clock.now();
        let name = name.trim_start_matches('@');
        let mut inner = self.lock();
        let known = inner.model.people.iter().find(|(_, n)| *n == name).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| inner.model.add_person(name, now));
        Person { discord: self.clone(), id, moderates: false, elsewhere: false, language: Language::ENGLISH }
    }

    /// Returns "you", an administrator of the home server.
    pub fn you(&self) -> Person {
        let id = self.lock().you;
        Person { discord: self.clone(), id, moderates: true, elsewhere: false, language: Language::ENGLISH }
    }

    /// Types a command as "you". Returns the answer, or why there is none.
    pub async fn types(&self, channel: &str, text: &str) -> Result<InteractionResponse, String> {
        self.you().types(channel, text).await
    }

    /// Presses the button with `label`, or the nth one (`"2"`), under the last visible message with buttons, as "you".
    pub async fn presses(&self, channel: &str, label: &str) -> Result<InteractionResponse, String> {
        self.you().presses(channel, label).await
    }
}

impl Person {
    /// Makes the user an administrator of the server.
    #[must_use]
    pub fn who_moderates(self) -> Self {
        Self { moderates: true, ..self }
    }

    /// Makes the user a user-install: they use the bot where it is no member.
    #[must_use]
    pub fn who_installed_it(self) -> Self {
        Self { elsewhere: true, ..self }
    }

    /// Sets the language of the user's Discord: `de`.
    #[must_use]
    pub fn who_speaks(self, tag: &str) -> Self {
        Self { language: Language::nearest(tag), ..self }
    }

    /// Types a command in a channel (`#ops`, or `@me` for a direct conversation).
    pub async fn types(&self, channel: &str, text: &str) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        let (command, input) = {
            let inner = self.discord.lock();
            command_line::parse(text, &inner.specs, &*inner)?
        };
        let now = self.discord.clock.now();
        {
            let mut inner = self.discord.lock();
            let said = crate::chat::Message::text(text);
            let id = MessageId(inner.model.make_id(now));
            inner.note(now, place, id, TranscriptChange::Said(self.id), Some(&said));
        }
        self.asks(place, command, input, None).await
    }

    /// Types without sending. Returns the suggestions that the user sees.
    pub async fn is_typing(&self, channel: &str, text: &str) -> Result<Vec<Choice>, String> {
        let place = self.place(channel)?;
        let (command, input) = command_line::parse_typing(text, &self.discord.lock().specs)?;
        match self.asks(place, command, input, None).await? {
            InteractionResponse::Suggestions(choices) => Ok(choices),
            other => Err(format!("suggestions were wanted, not {other:?}")),
        }
    }

    /// Presses the button with `label`, or the nth one (`"2"`), under the last message with buttons that the user sees.
    pub async fn presses(&self, channel: &str, label: &str) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        let (message, rows) =
            self.discord.lock().last_rows(place, self.id).ok_or("there is nothing to press")?;
        let asks = rows.iter().flat_map(|row| match row {
            ActionRow::Buttons(buttons) => buttons.as_slice(),
            ActionRow::Menu(_) => &[],
        });
        let buttons: Vec<(&String, &String, bool)> = asks
            .filter_map(|b| match b {
                Button::Ask { label, action, disabled, .. } => Some((label, action, *disabled)),
                Button::Link { .. } => None,
            })
            .collect();
        let nth = label.parse::<usize>().ok().and_then(|n| buttons.get(n.checked_sub(1)?));
        let (said, action, disabled) = nth
            .or_else(|| buttons.iter().find(|(l, ..)| *l == label))
            .or_else(|| buttons.iter().find(|(l, ..)| l.contains(label)))
            .ok_or_else(|| {
                let all: Vec<&str> = buttons.iter().map(|(l, ..)| l.as_str()).collect();
                format!("there is no button {label:?}; there are {}", all.join(", "))
            })?;
        if *disabled {
            return Err(format!("{said:?} cannot be pressed now"));
        }
        self.acts(place, message, action, Vec::new()).await
    }

    /// Chooses values (or roles, `@ops`) from the menu whose hint or action contains `menu`.
    pub async fn chooses(
        &self,
        channel: &str,
        menu: &str,
        lines: &[&str],
    ) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        let (message, rows) = self.discord.lock().last_rows(place, self.id).ok_or("there is no menu")?;
        let menus = rows.iter().filter_map(|row| match row {
            ActionRow::Menu(menu) => Some(menu),
            ActionRow::Buttons(_) => None,
        });
        let found = menus.clone().find(|m| m.action.contains(menu) || m.hint.contains(menu));
        let found = found.ok_or_else(|| {
            format!(
                "there is no menu {menu:?}; there are {}",
                menus.map(|m| m.hint.as_str()).collect::<Vec<_>>().join(", ")
            )
        })?;
        let value = |line: &&str| match &found.of {
            MenuKind::Choices(all) => {
                all.iter().find(|c| c.value == *line || c.label.contains(*line)).map(|c| c.value.clone())
            }
            MenuKind::Roles(_) => self.discord.lock().role(line).map(|(id, _)| id.to_string()),
        };
        let values: Option<Vec<String>> = lines.iter().map(value).collect();
        let values = values.ok_or("that cannot be chosen there")?;
        let (least, most) = (usize::from(found.count.0), usize::from(found.count.1));
        if !(least..=most).contains(&values.len()) {
            return Err(format!("from {least} to {most} can be chosen"));
        }
        self.acts(place, message, &found.action, values).await
    }

    /// Fills in a form and sends it.
    pub async fn fills(
        &self,
        channel: &str,
        form: &Modal,
        texts: &[(&str, &str)],
    ) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        let fields: BTreeMap<String, String> =
            texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        if let Some(unknown) = fields.keys().find(|name| !form.fields.iter().any(|f| f.name == **name)) {
            return Err(format!("the form has no field {unknown:?}"));
        }
        let (command, action) = form.action.split_once(':').unwrap_or((&form.action, ""));
        let input = Input::ModalSubmit { action: action.to_owned(), fields };
        self.asks(place, command.to_owned(), input, None).await
    }

    /// Right-clicks a message and chooses a message command.
    pub async fn right_clicks(
        &self,
        channel: &str,
        command: &str,
        author: &Self,
        text: &str,
    ) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        let now = self.discord.clock.now();
        let message = self.discord.lock().model.say(place, author.id, text, now);
        let (text, more) = (text.to_owned(), Vec::new());
        let input = Input::MessageCommand { message, text, author: author.id, more, files: Vec::new() };
        self.asks(place, command.to_owned(), input, Some(message)).await
    }

    /// Sends a forged custom id, as an attacker might.
    pub async fn forges(
        &self,
        channel: &str,
        action: &str,
        values: Vec<String>,
    ) -> Result<InteractionResponse, String> {
        let place = self.place(channel)?;
        self.acts(place, MessageId(1), action, values).await
    }

    fn place(&self, channel: &str) -> Result<ChannelId, String> {
        let now = self.discord.clock.now();
        let mut inner = self.discord.lock();
        if channel == "@me" {
            return inner.model.open_direct(self.id, now).map_err(|r| r.message.to_owned());
        }
        let home = inner.home;
        inner.model.channel_named(home, channel).ok_or_else(|| format!("there is no channel {channel}"))
    }

    async fn acts(
        &self,
        place: ChannelId,
        message: MessageId,
        action: &str,
        values: Vec<String>,
    ) -> Result<InteractionResponse, String> {
        let (command, action) = action.split_once(':').unwrap_or((action, ""));
        let stored = self.discord.probe(|model| {
            let stored = model.channels.get(&place)?.messages.get(&message)?;
            Some((stored.author == model.me.user, stored.asked_by))
        });
        let (ours, asked_by) = stored.unwrap_or((false, None));
        let input = Input::Component {
            action: action.to_owned(),
            mentionable: self.mentionable(place, &values),
            values,
            message: Some(message),
            ours,
            asked_by,
        };
        self.asks(place, command.to_owned(), input, Some(message)).await
    }

    /// Returns the chosen roles that anybody may mention, as Discord reports with the choice.
    fn mentionable(&self, place: ChannelId, chosen: &[String]) -> Vec<RoleId> {
        self.discord.probe(|model| {
            let guild = model.channels.get(&place).and_then(|c| c.guild).and_then(|g| model.guilds.get(&g));
            let roles = guild.map(|guild| guild.roles.as_slice()).unwrap_or_default().iter();
            let chosen = roles.filter(|r| r.mentionable && chosen.contains(&r.id.to_string()));
            chosen.map(|role| role.id).collect()
        })
    }

    /// Sends an interaction, and waits for its answer.
    async fn asks(
        &self,
        channel: ChannelId,
        command: String,
        input: Input,
        on: Option<MessageId>,
    ) -> Result<InteractionResponse, String> {
        let (answered, answer) = oneshot::channel();
        let now = self.discord.clock.now();
        let (invocation, token) = {
            let mut inner = self.discord.lock();
            let (id, token) = inner.model.ask(channel, self.id, on, now);
            inner.waiting.insert(id.0, Waiting { answered, private: false });
            let token = InteractionToken { id, application: inner.model.me.application, token };
            (self.invocation(&inner, id, channel, command, input), token)
        };
        let id = token.id;
        self.discord.sends(Incoming::Interaction(Box::new(invocation), token)).await;
        let answered = self.discord.clock.timeout(TIMEOUTS, answer).await;
        self.discord.lock().waiting.remove(&id.0);
        answered.and_then(Result::ok).ok_or_else(|| NO_ANSWER.to_owned())
    }

    fn invocation(
        &self,
        inner: &Inner,
        id: InteractionId,
        channel: ChannelId,
        command: String,
        input: Input,
    ) -> Invocation {
        let found = inner.model.channels.get(&channel);
        let context = match found.and_then(|c| c.guild) {
            Some(guild) => {
                let locale = inner.model.guilds.get(&guild).map(|g| g.locale.as_str());
                Context::Server {
                    guild,
                    channel,
                    parent: found.and_then(|c| c.parent),
                    may: inner.model.may(channel),
                    member: inner.model.guilds.contains_key(&guild),
                    language: locale.map(Language::nearest),
                }
            }
            None => Context::Direct(channel),
        };
        let context = if self.elsewhere { Context::Elsewhere(channel) } else { context };
        let guild = found.and_then(|c| c.guild).and_then(|guild| inner.model.guilds.get(&guild));
        let may = guild.map_or(0, |_| inner.model.member_may(channel, self.id));
        let has = |bits| self.moderates || may & bits == bits;
        let invoker = Invoker {
            id: self.id,
            roles: guild.and_then(|guild| guild.members.get(&self.id)).cloned().unwrap_or_default(),
            administers: self.moderates,
            manages_channels: has(permissions::MANAGE_CHANNELS),
            manages_messages: has(permissions::MANAGE_MESSAGES),
            mentions_everyone: has(permissions::MENTION_EVERYONE),
        };
        Invocation {
            id,
            command,
            input,
            invoker,
            context,
            language: self.language,
            app_permissions: BTreeMap::new(),
        }
    }
}

impl Inner {
    /// Returns the last message with rows that a user sees in a channel: their own private one, or a public one.
    fn last_rows(&self, channel: ChannelId, person: UserId) -> Option<(MessageId, Vec<ActionRow>)> {
        let own = self.seen.get(&(channel, Some(person)));
        let public = self.seen.get(&(channel, None));
        let id = own.into_iter().chain(public).max()?;
        Some((*id, self.rows.get(id)?.clone()))
    }
}

impl NameResolver for Inner {
    fn channel(&self, name: &str) -> Option<(ChannelId, Option<ChannelKind>)> {
        let id = self.model.channel_named(self.home, name)?;
        Some((id, self.model.channels.get(&id).map_or(RulesChannelKind::Category, |c| c.kind).venue()))
    }

    fn role(&self, name: &str) -> Option<(RoleId, bool)> {
        self.model.role_named(self.home, name).map(|r| (r.id, r.mentionable))
    }

    fn person(&self, name: &str) -> Option<UserId> {
        let name = name.trim_start_matches('@');
        self.model.people.iter().find(|(_, n)| *n == name).map(|(id, _)| *id)
    }

    fn file(&self, name: &str) -> Option<Attachment> {
        let content = self.files.get(name)?;
        let url = format!("https://cdn.discordapp.com/attachments/1/2/{name}");
        let kind = Some("text/plain; charset=utf-8".to_owned());
        Some(Attachment { url, name: name.to_owned(), size: content.len() as u64, kind })
    }
}
