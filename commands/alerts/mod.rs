//! `/alerts`: what moderators let their channels receive. One file per subcommand.
//!
//! Everything here needs Manage Channels, even if Discord allowed the interaction. The permission counts in the affected channel
//! (not the one of the invocation) or in the whole server. Only the buttons for members on an outage's post need none.

mod card;
mod delete_data;
mod doctor;
mod export_data;
mod list;
mod live;
mod posts;
mod subscribe;
mod test;
mod unsubscribe;

use super::{
    Command, CommandContexts, Context, Facts, Invocation, Need, OptionKind, OptionSpec, OptionValue,
    PendingChange, Response, Spec, Subcommand, UserError, permissions,
};
use crate::alerts::{ChannelKind, Reason, Subscription, SubscriptionEdit};
use crate::chat::reason::reason;
use crate::chat::replies::notes;
use crate::chat::replies::settings::SettingsCard;
use crate::chat::{Message, Reply};
use crate::ids::{ChannelId, GuildId, RoleId};

pub(super) struct AlertsCommand;

impl Command for AlertsCommand {
    fn spec(&self) -> Spec {
        let channel = || OptionSpec::required("channel", OptionKind::Channel);
        let subcommand = |name, options| Subcommand { name, options };
        Spec {
            name: "alerts",
            subcommands: vec![
                subcommand("subscribe", vec![channel(), OptionSpec::optional("role", OptionKind::Role)]),
                subcommand("list", vec![]),
                subcommand("unsubscribe", vec![channel()]),
                subcommand("test", vec![channel()]),
                subcommand("doctor", vec![]),
                subcommand(
                    "live",
                    vec![
                        OptionSpec::optional("channel", OptionKind::Channel),
                        OptionSpec::optional("off", OptionKind::Flag),
                    ],
                ),
                subcommand("export-data", vec![]),
                subcommand("delete-data", vec![]),
            ],
            managers_only: true,
            contexts: CommandContexts::Servers,
            ..Spec::default()
        }
    }

    fn needs(&self, asked: &Invocation) -> Vec<Need> {
        if let Some(needs) = posts::needs(asked) {
            return needs;
        }
        let Ok(request) = ModeratorRequest::of(asked) else { return Vec::new() };
        match request.what {
            "subscribe" => subscribe::needs(&request),
            "list" => list::needs(&request),
            "doctor" => doctor::needs(&request),
            "post-now" => doctor::needs_to_post(&request),
            "live" => live::needs(&request),
            "export-data" => export_data::needs(&request),
            "delete-data" => delete_data::needs(&request),
            _ => card::needs(&request),
        }
    }

    fn answer(&self, asked: &Invocation, facts: &Facts) -> Result<Response, UserError> {
        if asked.is_forged() {
            return Ok(Response::Nothing);
        }
        if let Some(answer) = posts::answer(asked, facts) {
            return answer;
        }
        let request = ModeratorRequest::of(asked)?;
        match request.what {
            "subscribe" => subscribe::answer(&request, facts),
            "list" => Ok(list::answer(&request, facts)),
            "unsubscribe" => unsubscribe::answer(&request, facts),
            "test" => test::answer(&request, facts),
            "doctor" => Ok(doctor::answer(&request, facts)),
            "post-now" => doctor::post_now(&request, facts),
            "live" => live::answer(&request, facts),
            "export-data" => export_data::answer(&request, facts),
            "delete-data" => delete_data::answer(&request, facts),
            _ => card::answer(&request, facts),
        }
    }
}

/// A moderator's request, after the check that the invoker is one.
struct ModeratorRequest<'a> {
    asked: &'a Invocation,
    guild: GuildId,
    /// The subcommand, or the action of a button or menu.
    what: &'a str,
    /// The part after the action.
    rest: &'a str,
}

impl<'a> ModeratorRequest<'a> {
    fn of(asked: &'a Invocation) -> Result<Self, UserError> {
        let Some(guild) = asked.context.guild() else {
            return Err(UserError(asked.language.say("misuse-needs-server")));
        };
        if !asked.invoker.manages_channels {
            return Err(UserError(asked.language.say("misuse-needs-manage-channels")));
        }
        let (what, rest) = asked.action().or(asked.subcommand().map(|name| (name, ""))).unwrap_or_default();
        Ok(Self { asked, guild, what, rest })
    }

    fn card<'f>(&self, facts: &'f Facts) -> SettingsCard<'f> {
        SettingsCard { catalog: &facts.catalog, language: self.asked.language }
    }

    /// The channel that was named, with its kind, or the one whose card was pressed, without.
    fn channel(&self) -> Option<(ChannelId, Option<ChannelKind>)> {
        match self.asked.option("channel") {
            Some(OptionValue::Channel(channel, channel_kind)) => Some((*channel, *channel_kind)),
            _ => ChannelId::read(self.rest).map(|id| (id, None)),
        }
    }

    fn named_channel(&self) -> Result<ChannelId, UserError> {
        self.channel().map(|(channel, _)| channel).ok_or_else(|| self.misuse("misuse-not-a-channel"))
    }

    fn misuse(&self, message: &str) -> UserError {
        UserError(self.asked.language.say(message))
    }

    fn misuse_about(&self, message: &str, parts: &[(&str, String)]) -> UserError {
        let parts: Vec<_> = parts.iter().map(|(name, part)| (*name, part.into())).collect();
        UserError(self.asked.language.say_with(message, &parts))
    }

    /// The subscription of the channel that was named or pressed.
    fn subscription<'f>(&self, facts: &'f Facts) -> Result<&'f Subscription, UserError> {
        let channel = self.named_channel()?;
        let found = facts.subscriptions.iter().find(|it| it.guild == self.guild && it.channel == channel);
        found.ok_or_else(|| self.misuse_about("misuse-not-subscribed", &[("channel", channel.to_string())]))
    }

    /// What the bot may do in a channel. Two sources must both allow it. Discord computed the permissions that came with the
    /// interaction. The fetched ones know whether the bot is timed out and whether it is a voice channel.
    fn may(&self, channel: ChannelId, facts: &Facts) -> Result<u64, UserError> {
        let here = match &self.asked.context {
            Context::Server { channel: here, may, .. } if *here == channel => Some(*may),
            _ => None,
        };
        let named = self.asked.app_permissions.get(&channel).copied();
        let said = match (here, named) {
            (Some(here), Some(named)) => Some(permissions::both(here, named)),
            (here, named) => here.or(named),
        };
        match (said, &facts.channel) {
            (Some(said), Some(Ok(inspected))) => Ok(permissions::both(said, inspected.may)),
            (None, Some(Ok(inspected))) => Ok(inspected.may),
            // A channel that the bot may not see cannot be checked: View Channel is then what is missing.
            (Some(said), Some(Err(_))) if !permissions::holds(said, permissions::VIEW) => Ok(said),
            (_, Some(Err(why))) => Err(self.unknown_channel(channel, why)),
            (said, None) => Ok(said.unwrap_or(0)),
        }
    }

    /// What must be fetched to know that.
    fn needs_channel(&self, channel: ChannelId) -> Need {
        Need::Channel(self.guild, channel)
    }

    /// What must be fetched to know whether the invoker may decide about the channel that was named or pressed.
    fn needs_theirs(&self) -> Option<Need> {
        let (channel, _) = self.channel().filter(|_| !self.asked.invoker.administers)?;
        (!self.is_here(channel)).then(|| self.needs_channel(channel))
    }

    /// What must be fetched to know whether the invoker may decide about the whole server.
    fn needs_server(&self) -> Option<Need> {
        (!self.asked.invoker.administers).then_some(Need::Server(self.guild))
    }

    fn is_here(&self, channel: ChannelId) -> bool {
        self.asked.context.channel() == Some(channel)
    }

    fn unknown_channel(&self, channel: ChannelId, why: &Reason) -> UserError {
        let why = reason(why, 200, self.asked.language);
        self.misuse_about("misuse-channel-unknown", &[("channel", channel.to_string()), ("why", why)])
    }

    /// Refuses changes to a channel that the invoker does not manage. The channel of the invocation was checked before.
    fn refuse_others_channel(&self, channel: ChannelId, facts: &Facts) -> Result<(), UserError> {
        if self.asked.invoker.administers || self.is_here(channel) {
            return Ok(());
        }
        match &facts.channel {
            Some(Ok(inspected)) if permissions::manages_channels(inspected.theirs) => Ok(()),
            Some(Err(why)) => Err(self.unknown_channel(channel, why)),
            _ => {
                Err(self
                    .misuse_about("misuse-needs-manage-channels-there", &[("channel", channel.to_string())]))
            }
        }
    }

    /// Refuses changes to the whole server if the invoker manages only some of its channels.
    fn refuse_others_server(&self, facts: &Facts) -> Result<(), UserError> {
        match &facts.server {
            _ if self.asked.invoker.administers => Ok(()),
            Some(Ok(theirs)) if permissions::manages_channels(*theirs) => Ok(()),
            Some(Err(why)) => {
                let why = reason(why, 200, self.asked.language);
                Err(self.misuse_about("misuse-server-unknown", &[("why", why)]))
            }
            _ => Err(self.misuse("misuse-needs-manage-channels-everywhere")),
        }
    }

    /// Returns whether the invoker may mention any role in a channel.
    fn mentions_everyone(&self, channel: ChannelId, facts: &Facts) -> bool {
        let invoker = &self.asked.invoker;
        if self.is_here(channel) {
            return invoker.administers || invoker.mentions_everyone;
        }
        let inspected = facts.channel.as_ref().and_then(|inspected| inspected.as_ref().ok());
        invoker.administers || inspected.is_some_and(|it| permissions::holds(it.theirs, permissions::MENTION))
    }

    /// Refuses the request if the bot lacks needed permissions, and names them.
    fn refuse_lacking(
        &self,
        (channel, may): (ChannelId, u64),
        facts: &Facts,
        mut needed: Vec<permissions::Permission>,
    ) -> Result<(), UserError> {
        let inspected = facts.channel.as_ref().and_then(|inspected| inspected.as_ref().ok());
        if inspected.is_some_and(|inspected| inspected.voice) {
            needed.insert(1, permissions::CONNECT);
        }
        let lacking = permissions::lacking(may, &needed);
        if lacking.is_empty() {
            return Ok(());
        }
        let names = permissions::names(&lacking, self.asked.language);
        Err(self.misuse_about("misuse-lacking", &[("channel", channel.to_string()), ("permissions", names)]))
    }

    /// Refuses a role that cannot be pinged: @everyone, and roles that the bot or the invoker may not mention there.
    fn refuse_unpingable(
        &self,
        (role, mentionable): (RoleId, bool),
        (channel, may): (ChannelId, u64),
        facts: &Facts,
    ) -> Result<(), UserError> {
        // The role @everyone has the id of its server.
        if role.0 == self.guild.0 {
            return Err(self.misuse("misuse-everyone"));
        }
        let named = [("role", role.to_string())];
        if !mentionable && !self.mentions_everyone(channel, facts) {
            return Err(self.misuse_about("misuse-role-not-yours", &named));
        }
        if !mentionable && !permissions::holds(may, permissions::MENTION) {
            return Err(self.misuse_about("misuse-role-not-mentionable", &named));
        }
        Ok(())
    }

    /// A change, with the answers for when it was saved and for when there was nothing to change.
    fn change(&self, change: SubscriptionEdit, stored: Message, same: Option<Message>) -> Response {
        Response::Change(Box::new(PendingChange {
            change,
            stored: Reply::private(stored),
            same: same.map(Reply::private),
            undone: None,
            not_saved: Reply::private(notes::not_saved(self.asked.language)),
            in_doubt: Reply::private(notes::alerts_in_doubt(self.asked.language)),
        }))
    }
}
